"""Figures of a sample against what a sweep changes about it."""

import math

import plotly.graph_objects as go

from components.theme import template_name
from core.design.sweep import ALONG, QUANTITIES, Point, Sweep, labelled

SYMBOLS = {"indirect": "circle", "pseudo-direct": "diamond-open", "direct": "star"}
DASHES = ("solid", "dot", "dash", "dashdot")
_TICKS = [digit * 10.0**power for power in range(-3, 5) for digit in (1, 2, 5)]
MARGIN = 0.03
"""Of the horizontal axis beyond its ends."""


def sweep_figure(
    sweep: Sweep, points: list[Point | None], quantity: str, scheme: str | None, links: list[str]
) -> go.Figure:
    """One quantity of QUANTITIES against what is changed; points that are not known yet leave their place empty.

    A point's mark says the kind of its gap; its `customdata` is the address that a click on it opens.
    """
    drawn, along = QUANTITIES[quantity], ALONG[sweep.along]
    figure = go.Figure(layout={"template": template_name(scheme), "hovermode": "closest", "uirevision": quantity})
    marks = [SYMBOLS[point.kind] if point else "circle" for point in points]
    for (name, label), dash in zip(drawn.series.items(), DASHES, strict=False):
        values = [_value(point, name, drawn.logarithmic) for point in points]
        figure.add_scatter(
            x=sweep.values, y=values, name=label, mode="lines+markers", connectgaps=True,
            line={"dash": dash, "width": 1.5}, marker={"symbol": marks, "size": 8}, customdata=links,
            text=[f"{point.kind} gap, CBM in {point.valley}" if point else "" for point in points],
            hovertemplate=f"%{{x:.6g}} {along.unit}: %{{y:.4g}} {drawn.unit}<br>%{{text}}<extra>{label}</extra>",
        )  # fmt: skip
    width = sweep.values[-1] - sweep.values[0]
    ends = [sweep.values[0] - MARGIN * width, sweep.values[-1] + MARGIN * width]
    figure.update_xaxes(title_text=labelled(along.label, along.unit), range=ends, zeroline=False)
    figure.update_yaxes(title_text=labelled(drawn.label, drawn.unit), zeroline=False)
    if drawn.logarithmic:
        figure.update_yaxes(type="log", tickvals=_TICKS, ticktext=[f"{tick:g}" for tick in _TICKS])
    figure.update_layout(showlegend=len(drawn.series) > 1)
    if not any(points):
        figure.update_yaxes(range=[-1, 1] if drawn.logarithmic else [0, 1], showticklabels=False)
    return figure


def _value(point: Point | None, name: str, logarithmic: bool) -> float | None:
    value = point.figures.get(name, math.nan) if point else math.nan
    return value if math.isfinite(value) and not (logarithmic and value <= 0) else None
