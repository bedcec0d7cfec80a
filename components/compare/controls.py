"""The controls of Compare: which part, the first sample, and the fields that every part is made of."""

import dash_mantine_components as dmc
from dash import dcc, html

from components import theme
from components.compare.link import MIXING_RANGE, PARTS, CompareLink
from components.ids import Ids
from components.terms import term
from core.errors import InputError
from core.sessions.requests import make_request
from core.structure.sample import Sample
from core.structure.stack import stack_and_substrate

ids = Ids("compare")


def part_control(link: CompareLink) -> dmc.SegmentedControl:
    """Which of the three parts is shown."""
    return choice("part", PARTS, link.part, "Part of the page", size="sm")


def choice(name: str, names: dict[str, str], value: str, label: str, size: str = "xs") -> dmc.SegmentedControl:
    """One of a few, all of them in sight."""
    return dmc.SegmentedControl(
        id=ids(name),
        data=[{"value": key, "label": text} for key, text in names.items()],
        value=value,
        size=size,
        attributes={"root": {"aria-label": label}},
    )


def selection(name: str, label: str, names: dict[str, str], value: str) -> dmc.Select:
    """One of many."""
    return dmc.Select(
        id=ids(name),
        label=label,
        data=[{"value": key, "label": text} for key, text in names.items()],
        value=value,
        size="xs",
        allowDeselect=False,
        checkIconPosition="right",
    )


def number(name: str, label, value: float, step: float = 1, low: float | None = None, high: float | None = None):
    """A number, taken when it is left or entered; the server says what it does not accept."""
    return dmc.NumberInput(
        id=ids(name), label=label, value=value, step=step, min=low, max=high, size="xs", debounce=True,
        clampBehavior="none", hideControls=True,
    )  # fmt: skip


def graph(name: str, class_name: str, label: str) -> html.Div:
    """A plot that is empty at first and fills a box of a height of its own."""
    plot = dcc.Graph(id=ids(name), figure=theme.EMPTY_FIGURE, config=theme.GRAPH_CONFIG, responsive=True)
    return html.Div(plot, className=class_name, role="group", **{"aria-label": label})


def sample_fields(title: str, stack: str, substrate: str, mixing: float, suffix: str = "") -> html.Div:
    """Stack, substrate and mixing of a sample, with its way to Compose and what is wrong with it."""
    name = f"sample{suffix}"
    return html.Div(
        [
            html.Div(
                [
                    html.H2(title),
                    dcc.Link("Open in Compose", href="/compose", id=ids(f"{name}-compose"), className="compare-open"),
                ],
                className="compare-sample-head",
            ),
            _notation(f"stack{suffix}", term("stack", "Stack, in growth order"), stack),
            _notation(f"substrate{suffix}", term("substrate", "Substrate"), substrate),
            number(f"mixing{suffix}", term("interface_width", "Interface mixing w (ML)"), mixing, 0.1, *MIXING_RANGE),
            html.P(id=ids(f"{name}-error"), className="field-error", role="alert"),
        ],
        className="compare-sample",
    )


def typed_sample(stack, substrate, mixing) -> Sample:
    """The sample in three fields; `Si4Ge4 on Ge` names both.

    Raises:
        InputError: there is none, and why.
    """
    stack, substrate = (text if isinstance(text, str) else "" for text in (stack, substrate))
    stack, on = stack_and_substrate(stack)
    width = mixing if isinstance(mixing, int | float) and not isinstance(mixing, bool) else 0.0
    sample = Sample(stack, on or substrate, checked_mixing(width))
    make_request(sample.stack, sample.substrate, sample.mixing)  # strained too far, or too long
    return sample


def checked_mixing(width: float) -> float:
    """An interface width that Compose takes too.

    Raises:
        InputError: it is none.
    """
    low, high = MIXING_RANGE
    if not low <= width <= high:
        raise InputError(f"An interface width of {width:g} ML is not accepted; give {low:g} to {high:g}")
    return float(width)


def _notation(name: str, label, value: str) -> dmc.TextInput:
    return dmc.TextInput(
        id=ids(name), label=label, value=value, debounce=True, spellCheck=False, autoComplete="off",
        size="xs", inputProps={"maxLength": 400}, classNames={"input": "mono"},
    )  # fmt: skip
