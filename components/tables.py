"""Captioned tables that scroll sideways within their own box."""

import re
from collections.abc import Iterable, Sequence

import dash_mantine_components as dmc
from dash import html

_ABSENT = "–"
_NUMBER = re.compile(rf"−?\d+(\.\d+)?|{_ABSENT}")


def data_table(caption: str, head: Sequence[str], rows: Iterable[Sequence], note: str | None = None) -> html.Figure:
    """A table whose columns of numbers stand right; None is a dash.

    Numbers of a column get the same decimals; text made by `decimal` is taken as it is.
    """
    columns = [_shown(column) for column in zip(*rows, strict=True)]
    side = ["number" if all(_NUMBER.fullmatch(cell) for cell in column) else "" for column in columns]
    table = dmc.Table(
        [
            dmc.TableThead(dmc.TableTr([dmc.TableTh(text, className=c) for text, c in zip(head, side, strict=True)])),
            dmc.TableTbody(
                [
                    dmc.TableTr([dmc.TableTd(cell, className=c) for cell, c in zip(row, side, strict=True)])
                    for row in zip(*columns, strict=True)
                ]
            ),
        ],
        tabularNums=True,
        verticalSpacing=4,
        horizontalSpacing="sm",
    )
    # A box that scrolls must be reachable by keyboard.
    scroller = html.Div(table, className="table-scroll", tabIndex=0, role="group", **{"aria-label": caption})
    foot = [html.P(note, className="muted")] if note else []
    return html.Figure([html.Figcaption(caption), scroller, *foot], className="data-table")


def decimal(value: float | None, decimals: int) -> str | None:
    """The number with a true minus sign and the given decimals."""
    return None if value is None else f"{value:.{decimals}f}".replace("-", "−")


def _shown(column: Sequence) -> list[str]:
    numbers = [cell for cell in column if isinstance(cell, int | float)]
    decimals = max((len(f"{number:.6g}".partition(".")[2]) for number in numbers), default=0)
    texts = [decimal(cell, decimals) if isinstance(cell, int | float) else cell for cell in column]
    return [_ABSENT if text is None else str(text) for text in texts]
