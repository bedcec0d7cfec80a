"""The picture of an answer on Design, on which a band is drawn."""

import re

import numpy as np
import plotly.graph_objects as go

from components.figures import colour_maps
from components.figures.spectrum import pixel_edges
from components.theme import COLOURS, template_name
from core.design.curve import Curve
from core.electronic.kpath import build_path
from core.electronic.spectral import EnergyGrid
from core.errors import InputError
from core.forward.model import predict
from core.structure.sample import Sample

NOTHING = Sample("Si4", "Si")
"""What is shown before there are answers."""

SHOWN = (-4.0, 3.0)
"""eV: where bands are drawn."""

_LONGEST_PATH = 100_000
_POINT = re.compile(r"[ML](-?\d+(?:\.\d+)?(?:e[-+]?\d+)?),(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)")


def picture_figure(sample: Sample, curve: Curve | None, scheme: str | None) -> go.Figure:
    """A(k, E) of all atoms, predicted, with the drawn band; a pen draws another one."""
    crystal = sample.crystal()
    path, grid, total = build_path(crystal), EnergyGrid(), predict(crystal).total()
    colour = COLOURS["dark" if scheme == "dark" else "light"]
    figure = go.Figure(
        go.Heatmap(
            x=pixel_edges(path), y=grid.values, z=total.T, zmin=0,
            colorscale=colour_maps.scale(colour_maps.DEFAULT, 0.7),
            colorbar={"title": {"text": "A (1/eV)", "side": "right"}, "thickness": 10, "outlinewidth": 0},
            hovertemplate="%{y:.2f} eV<extra></extra>",
        )
    )  # fmt: skip
    pen = {"line": {"color": colour["germanium"], "width": 3}, "opacity": 1}
    figure.update_layout(
        template=template_name(scheme), dragmode="drawopenpath", newshape=pen, uirevision="picture",
        margin={"l": 52, "r": 8, "t": 8, "b": 44},
        shapes=[] if curve is None else [pen | {"type": "path", "path": _drawn_path(curve, path.distance)}],
    )  # fmt: skip
    for _, at in path.ticks[1:-1]:
        figure.add_vline(at, line={"color": "rgba(255,255,255,0.35)", "width": 1})
    figure.update_xaxes(
        tickvals=[at for _, at in path.ticks], showgrid=False, zeroline=False,
        title_text="wave vector k (1/Å, to scale)",
        ticktext=[label.replace("G", "Γ").replace("|", " | ") for label, _ in path.ticks],
        range=[float(path.distance[0]), float(path.distance[-1])],
    )  # fmt: skip
    figure.update_yaxes(title_text="E − E<sub>VBM</sub>(Si) (eV)", range=SHOWN, showgrid=False, zeroline=False)
    return figure


def drawn_curve(relayout, sample: Sample) -> Curve | None:
    """The band in what plotly says after a drawing on a sample's picture; None where all was erased.

    Raises:
        LookupError: nothing was drawn or erased.
        InputError: no path that a pen draws on the picture.
    """
    if not isinstance(relayout, dict):
        raise LookupError
    if "shapes" in relayout:
        shapes = relayout["shapes"] if isinstance(relayout["shapes"], list) else [None]
        paths = [one.get("path") if isinstance(one, dict) else None for one in shapes if not _is_line(one)]
        if not paths:
            return None
        text = paths[-1]
    else:
        edits = [value for name, value in relayout.items() if re.fullmatch(r"shapes\[\d+\]\.path", str(name))]
        if not edits:
            raise LookupError
        text = edits[-1]
    if not isinstance(text, str) or len(text) > _LONGEST_PATH:
        raise InputError("What was drawn is no line; draw it again")
    points = np.array(_POINT.findall(text), float).reshape(-1, 2)
    distance = build_path(sample.crystal()).distance
    return Curve.drawn(_points_of(points[:, 0], distance), points[:, 1])


def _points_of(at: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Numbers of k-points, fractional, at lengths of the path; outside it beyond its ends."""
    inside = np.interp(at, distance, np.arange(len(distance)))
    return np.where(at < distance[0], -1.0, np.where(at > distance[-1], len(distance), inside))


def _drawn_path(curve: Curve, distance: np.ndarray) -> str:
    k, energy = np.array(curve.corners).T
    at = np.interp(k, np.arange(len(distance)), distance)
    return "M" + "L".join(f"{x:.5f},{y:.4f}" for x, y in zip(at, energy, strict=True))


def _is_line(shape) -> bool:
    return isinstance(shape, dict) and shape.get("type") == "line"
