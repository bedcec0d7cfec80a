"""Captioned tables that scroll sideways within their own box."""

from collections.abc import Iterable, Sequence

import dash_mantine_components as dmc
from dash import html


def data_table(caption: str, head: Sequence[str], rows: Iterable[Sequence], note: str | None = None) -> html.Figure:
    """A table: the first column names the row, numbers stand right with a true minus sign, None is a dash."""
    rows = [list(row) for row in rows]
    numeric = [any(isinstance(row[i], int | float) for row in rows) for i in range(len(head))]
    side = ["number" if is_number else "" for is_number in numeric]
    table = dmc.Table(
        [
            dmc.TableThead(dmc.TableTr([dmc.TableTh(text, className=c) for text, c in zip(head, side, strict=True)])),
            dmc.TableTbody(
                [
                    dmc.TableTr([dmc.TableTd(_shown(cell), className=c) for cell, c in zip(row, side, strict=True)])
                    for row in rows
                ]
            ),
        ],
        tabularNums=True,
        verticalSpacing=4,
        horizontalSpacing="md",
        attributes={"table": {"aria-label": caption}},
    )
    # A box that scrolls must be reachable by keyboard.
    scroller = html.Div(table, className="table-scroll", tabIndex=0, role="group", **{"aria-label": caption})
    foot = [html.P(note, className="muted")] if note else []
    return html.Figure([html.Figcaption(caption), scroller, *foot], className="data-table")


def _shown(cell):
    if cell is None:
        return "–"
    if isinstance(cell, int | float):
        return f"{cell:.6g}".replace("-", "−")
    return cell
