"""Imperfections of Compose: what is drawn, with which seed, what it costs, and what the picture then means."""

import dash_mantine_components as dmc
from dash import html

from components.compose.controls import ids
from components.compose.hints import HINTS
from components.compose.link import ComposeLink
from core.sessions.imperfections import ASK_SECONDS, LATERAL_RANGE, MAX_CONFIGURATIONS, duration
from core.sessions.requests import Request, is_known
from core.structure.imperfect import MAX_SEED

NO_READOUTS = (
    "Gap, valleys and masses are worked out for perfect stacks. Here bands have a width, and a flaw puts levels into "
    "the gap: read edges from the picture."
)
_CAVEATS = (
    (
        "Unfolding.",
        "The cell holds n × n primitive ones. Its states are spread over the zone of the primitive cell with the "
        "weight that each has there: disorder blurs or splits bands, and a perfect cell gives the stack's own.",
    ),
    (
        "Drawn atoms.",
        "Planes of alloys and of mixed interfaces get single atoms, Si or Ge, in the place of virtual ones, as the "
        "seed has it. Totals are means of all configurations; atoms and structure are those of configuration 0.",
    ),
    (
        "Predicted.",
        "Until the exact result is there, and under Forward, the mean over drawn configurations is predicted, plane by "
        "plane: atoms of a plane look alike.",
    ),
    (
        "Flaws repeat.",
        "One antisite or vacancy in a cell of 2 × 2 is a quarter of its plane, and meets its own copies: far more "
        "than a grown crystal has.",
    ),
    (
        "Dangling bonds.",
        "Around a vacancy, open ones stay and bind to each other as they can, which leaves levels in the gap; "
        "passivated ones are raised out of reach, as by hydrogen. Charges do not rearrange in this model.",
    ),
)


def imperfection_panel(link: ComposeLink) -> html.Details:
    """A folded section: cell, seed, configurations, flaws; the cost, and what the picture means."""
    on = link.lateral > 1
    cells = [1, *range(LATERAL_RANGE[0], LATERAL_RANGE[1] + 1)]
    cell = dmc.SegmentedControl(
        id=ids("lateral"),
        data=[{"value": str(n), "label": f"{n} × {n}" if n > 1 else "1 × 1, perfect"} for n in cells],
        value=str(link.lateral),
        size="xs",
        fullWidth=True,
        attributes={"root": {"aria-label": "Lateral cell", "title": HINTS["lateral"]}},
    )
    dangling = dmc.SegmentedControl(
        id=ids("dangling"),
        data=[{"value": "open", "label": "Open"}, {"value": "passivated", "label": "Passivated"}],
        value=link.dangling,
        size="xs",
        fullWidth=True,
        attributes={"root": {"aria-label": "Dangling bonds of the vacancy", "title": HINTS["dangling"]}},
    )
    fields = [
        html.Div(
            [
                _number("seed", "Seed", link.seed, 0, MAX_SEED),
                _number("configurations", "Configurations", link.configurations, 1, MAX_CONFIGURATIONS),
                _number("antisite", "Antisite in plane", link.antisite or "", 1, None),
                _number("vacancy", "Vacancy in plane", link.vacancy or "", 1, None),
            ],
            className="imperfect-fields",
        ),
        html.Div([html.Span("Dangling bonds", className="field-label"), dangling], className="imperfect-dangling"),
        dmc.Switch(
            id=ids("step"), label="Monolayer step", checked=link.step, size="sm",
            attributes={"input": {"title": HINTS["step"]}},
        ),
        html.P(id=ids("imperfect-cost"), className="muted imperfect-note", role="status"),
        html.P(id=ids("imperfect-error"), className="field-error", role="alert"),
        html.Details(
            [
                html.Summary("What the picture then shows"),
                *(html.P([html.Strong(name), f" {text}"]) for name, text in _CAVEATS),
            ],
            className="imperfect-note",
        ),
    ]  # fmt: skip
    return html.Details(
        [
            html.Summary("Imperfections"),
            html.Div(
                [cell, html.Div(fields, id=ids("imperfect-box"), className="group", hidden=not on)], className="group"
            ),
        ],
        id=ids("imperfections"),
        className="imperfections",
        open=on,
    )


def offer(request: Request | None) -> str:
    """What a person is asked before a long calculation of an imperfect sample; empty where it begins by itself."""
    cost = request.cost if request else None
    if request is None or cost is None or request.by_dft or cost.seconds <= ASK_SECONDS or is_known(request):
        return ""
    return f"{cost.text[0].upper()}{cost.text[1:]}: press Compute to begin"


def cost_text(request: Request) -> str:
    """Below the switches: what the sample takes, or has taken."""
    cost = request.cost
    if cost is None:
        return ""
    begins = f"; above {duration(ASK_SECONDS).removeprefix('about ')} it begins when you press Compute"
    return cost.text + (begins if cost.seconds > ASK_SECONDS else "")


def _number(name: str, label: str, value, low: int, high: int | None) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=ids(name), label=label, value=value, min=low, max=high, allowDecimal=False, allowNegative=False,
        debounce=350, size="xs", placeholder="none", attributes={"root": {"title": HINTS[name]}},
    )  # fmt: skip
