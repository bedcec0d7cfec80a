"""A sample along growth: local band edges plane by plane, and the density of states on every plane."""

import numpy as np
import plotly.graph_objects as go

from components import theme
from components.figures import colour_maps
from components.theme import template_name
from core.design.sweep import Point
from core.electronic.layer_density import LayerDensity
from core.electronic.local_edges import CONDUCTION, EdgeProfile

DASHES = {"Δ2": "solid", "Δ4": "dash", "L": "dot", "Γ": "dashdot", "HH": "solid", "LH": "dash", "SO": "dot"}
NAMES = {"HH": "Heavy hole", "LH": "Light hole", "SO": "Split-off"}
_GERMANIUM = 0.16
"""Opacity of the ground behind a plane of germanium."""


def profile_figure(profile: EdgeProfile, point: Point | None, scheme: str | None) -> go.Figure:
    """Local edges (eV) against the plane number, over a ground that shows germanium; the stack's own edges across."""
    colours = theme.COLOURS["dark" if scheme == "dark" else "light"]
    figure = go.Figure(layout={"template": template_name(scheme), "hovermode": "closest"})
    for edge, dash in DASHES.items():
        electron = edge in CONDUCTION
        x, y = _steps(profile.of(edge))
        figure.add_scatter(
            x=x, y=y, name=NAMES.get(edge, edge), mode="lines",
            line={"color": colours["silicon" if electron else "germanium"], "dash": dash, "width": 1.75},
            visible="legendonly" if edge == "Γ" else True,
            hovertemplate=f"%{{y:.3f}} eV<extra>{NAMES.get(edge, edge)}</extra>",
        )  # fmt: skip
    if point:
        _own_edges(figure, point, len(profile.ge_fraction), colours["text"], colours["page"])
    for plane, fraction in enumerate(profile.ge_fraction, 1):
        if fraction:
            figure.add_vrect(plane - 0.5, plane + 0.5, fillcolor=colours["germanium"], opacity=_GERMANIUM * fraction,
                             line_width=0, layer="below")  # fmt: skip
    _axes(figure, len(profile.ge_fraction))
    return figure


def density_figure(profile: EdgeProfile, found: LayerDensity, point: Point, scheme: str | None) -> go.Figure:
    """Density of states against energy and plane number, with the highest and lowest local edge and the stack's own."""
    planes = np.arange(1, len(found.density) + 1)
    figure = go.Figure(
        go.Heatmap(
            x=planes, y=found.energy.astype(np.float32), z=found.density.T.astype(np.float32), zmin=0.0,
            zmax=float(np.quantile(found.density, 0.995)), colorscale=colour_maps.scale(colour_maps.DEFAULT, 0.6),
            colorbar={"title": {"text": "states (1/eV a plane)", "side": "right"}, "thickness": 10, "outlinewidth": 0,
                      "x": 1.01},
            hovertemplate="plane %{x}, %{y:.2f} eV: %{z:.3f} 1/eV<extra></extra>", name="density",
        ),
        layout={"template": template_name(scheme), "hovermode": "closest", "showlegend": False},
    )  # fmt: skip
    for edge in (profile.conduction, profile.valence):
        x, y = _steps(edge)
        figure.add_scatter(x=x, y=y, mode="lines", line={"color": "#ffffff", "width": 1.5, "dash": "dot"},
                           hovertemplate="local edge %{y:.3f} eV<extra></extra>")  # fmt: skip
    _own_edges(figure, point, len(planes), "#ffffff", "rgba(0,0,0,0.55)")
    _axes(figure, len(planes))
    half = (found.energy[1] - found.energy[0]) / 2
    figure.update_yaxes(range=[float(found.energy[0] - half), float(found.energy[-1] + half)], showgrid=False)
    figure.update_xaxes(showgrid=False)
    return figure


def _own_edges(figure: go.Figure, point: Point, planes: int, colour: str, ground: str) -> None:
    """The edges of the stack as a whole, which no plane has for itself."""
    for name, label, anchor in (("cbm", "CBM", "bottom"), ("vbm", "VBM", "top")):
        value = point.figures[name]
        figure.add_shape(
            type="line", x0=0.5, x1=planes + 0.5, y0=value, y1=value, line={"color": colour, "width": 1.25}
        )
        figure.add_annotation(
            x=planes + 0.5, y=value, xanchor="right", yanchor=anchor, showarrow=False, bgcolor=ground,
            text=f"{label} of the stack {value:+.3f} eV".replace("-", "−"), font={"size": 11, "color": colour},
        )  # fmt: skip


def _steps(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A line that is level across every plane and jumps between two."""
    planes = np.arange(1, len(values) + 1)
    return np.stack([planes - 0.5, planes + 0.5], axis=1).ravel(), np.repeat(values, 2)


def _axes(figure: go.Figure, planes: int) -> None:
    figure.update_xaxes(
        title_text="plane number, in growth order", range=[0.5, planes + 0.5], dtick=max(1, round(planes / 12)),
        tick0=1, zeroline=False,
    )  # fmt: skip
    figure.update_yaxes(title_text="E − E<sub>VBM</sub>(Si) (eV)", zeroline=False)
