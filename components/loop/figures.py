"""Pictures of a run: the image under its reconstruction, the residual and the parameters against the step."""

from copy import deepcopy
from functools import lru_cache

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from components import theme
from components.figures import colour_maps
from components.figures.band_image import band_image_figure
from core.loop.frame import Frame
from core.loop.loop import guesses_of
from core.reverse.distance import Target
from core.reverse.guess import Predictor
from core.reverse.standard import EV, KX
from core.sessions import runs
from core.structure.stack import parse_stack

HALF = len(KX) // 2
LEAST_SPAN = {"mixing": 1.0, "level": 0.1, "kz": 0.05}
"""What a track shows at least, in its unit."""

BANDS = ("lattice", "ge")
"""Tracks with a 90 % interval."""

MOST_SIGMA = 5.0
"""Standard deviations at the ends of the colour bar of what is left."""

VIEWS = {"blend": "Blend", "contours": "Contours", "difference": "Difference"}
TRACKS = {
    "residual": "χ² a pixel",
    "lattice": "a∥ (Å)",
    "ge": "Ge fraction",
    "mixing": "Width (ML)",
    "level": "E<sub>F</sub> − E<sub>V</sub>(Si) (eV)",
    "kz": "k<sub>z</sub> (2π/c̄)",
}
"""What is followed: squares a pixel that are not explained, in units of noise, and parameters of the sample; E_F counts
from the valence band maximum of unstrained silicon."""


@lru_cache(maxsize=8)
def target_of(identity: str) -> Target:
    """The first image of a run."""
    return Target(runs.images(identity)[0])


def picture(
    identity: str, step: dict, view: str, blend: float, scheme: str | None, frame: Frame | None = None
) -> go.Figure:
    """Figure of the first image of a run and of its reconstruction.

    Args:
        identity: of the run.
        step: document of a step, whose best guess is predicted where no fit has been kept.
        view: of VIEWS.
        blend: opacity of the reconstruction, 0 to 1.
        scheme: "light" or "dark".
        frame: a fit, which draws the reconstruction with all that it knows of the measurement.
    """
    target = target_of(identity)
    if view == "difference":
        return _difference(target, step, scheme, frame)
    image, ends = even(target.image)
    predicted, _ = even(*((frame.expected, ends) if frame else (Predictor().picture(guesses_of(step)[0], 0), None)))
    if view == "contours":
        return band_image_figure(image.T, KX, EV, scheme, "√intensity", overlay=predicted.T, overlay_axes=(KX, EV))
    figure = band_image_figure(image.T, KX, EV, scheme, "√intensity")
    shown = np.where(np.isfinite(target.image), predicted, np.nan)
    figure.add_heatmap(
        x=KX.astype(np.float32), y=EV.astype(np.float32), z=shown.T.astype(np.float32), zmin=0.0, zmax=1.0,
        colorscale=colour_maps.scale("inferno"), showscale=False, hoverinfo="skip", opacity=blend,
        name="reconstruction",
    )  # fmt: skip
    return figure


def _difference(target: Target, step: dict, scheme: str | None, frame: Frame | None) -> go.Figure:
    """What is left: of a fit in standard deviations, else of ridges."""
    if frame:
        figure = band_image_figure(frame.pull.T, KX, EV, scheme, "(image − reconstruction) / σ", signed=True)
        return figure.update_traces(zmin=-MOST_SIGMA, zmax=MOST_SIGMA)
    left = np.full(target.used.shape, np.nan, np.float32)
    left[target.used] = target.seen - target.fitted(Predictor().picture(guesses_of(step)[0], 0))
    return band_image_figure(left.T, KX[HALF:], EV, scheme, "Image − prediction", signed=True)


def even(values: np.ndarray, ends: tuple[float, float] | None = None) -> tuple[np.ndarray, tuple[float, float]]:
    """Square roots between 0 and 1, so that noise is even, and the roots that became 0 and 1: given, or its own."""
    root = np.sqrt(np.maximum(values, 0.0))
    if ends is None:
        low, high = (float(end) for end in np.nanpercentile(root, [0.5, 99.5]))
        ends = low, max(high, low + 1e-9)
    return np.clip((root - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0), ends


def tracks(steps: list[dict], scheme: str | None) -> dict:
    """Small pictures of the residual and of parameters against the step, as a plain figure: it is drawn often."""
    rows = [track_values(step) for step in steps]
    figure = deepcopy(_empty_tracks(scheme))
    layout, numbers = figure["layout"], [step["step"] for step in steps]
    for number, name in enumerate(TRACKS, 1):
        values, end = [row[name][0] for row in rows], "" if number == 1 else str(number)
        figure["data"][number - 1] |= {"x": numbers, "y": values}
        if name in LEAST_SPAN and rows and max(values) - min(values) < LEAST_SPAN[name]:  # what hardly moves looks so
            middle = max((max(values) + min(values)) / 2, 0.5 * LEAST_SPAN[name] if name == "mixing" else -np.inf)
            ends = [middle - 0.55 * LEAST_SPAN[name], middle + 0.55 * LEAST_SPAN[name]]
            layout[f"yaxis{end}"] |= {"range": ends, "autorange": False}
    for place, name in enumerate(BANDS):
        for side in (1, 2):
            ends = {"x": numbers, "y": [row[name][side] for row in rows]}
            figure["data"][len(TRACKS) + 2 * place + side - 1] |= ends
    if steps:
        layout["shapes"] = [
            {
                "type": "line", "xref": "x domain", "x0": 0, "x1": 1, "yref": "y", "y0": steps[-1]["noise"],
                "y1": steps[-1]["noise"], "line": layout["meta"]["noise"],
            }
        ]  # fmt: skip
    return figure


@lru_cache(maxsize=2)
def _empty_tracks(scheme: str | None) -> dict:
    figure = make_subplots(rows=len(TRACKS), cols=1, shared_xaxes=True, vertical_spacing=0.03)
    colours = theme.COLOURS["dark" if scheme == "dark" else "light"]
    for number, label in enumerate(TRACKS.values(), 1):
        figure.add_scatter(
            row=number, col=1, name=label, mode="lines+markers", marker={"size": 4}, showlegend=False,
            line={"color": colours["accent"], "width": 1.5, "shape": "hv"},
            hovertemplate="step %{x}: %{y:.4g}<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(title={"text": label, "font": {"size": 11}}, row=number, col=1, nticks=4)
    for name in BANDS:
        for side, word in (("low", "from"), ("high", "to")):
            figure.add_scatter(
                row=list(TRACKS).index(name) + 1, col=1, mode="lines", showlegend=False, zorder=-1, name=side,
                line={"color": colours["accent"], "width": 0.5, "shape": "hv"}, fillcolor=colours["accent-soft"],
                fill="tonexty" if side == "high" else None, hovertemplate=f"{word} %{{y:.4g}} (90 %)<extra></extra>",
            )  # fmt: skip
    figure.update_yaxes(type="log", dtick=1, row=1, col=1)
    figure.update_xaxes(title="Step", row=len(TRACKS), col=1)
    figure.update_layout(
        template=theme.template_name(scheme), margin={"l": 64, "r": 8, "t": 8, "b": 40}, uirevision="tracks",
        meta={"noise": {"dash": "dot", "width": 1, "color": colours["muted"]}},
    )  # fmt: skip
    return figure.to_plotly_json()


def track_values(step: dict) -> dict[str, tuple[float, ...]]:
    """Values of the best guess of a step, and ends of the intervals of BANDS."""
    view, known = step["views"][0], step.get("intervals") or {}
    lattice, share = float(step["substrate"].split()[0]), float(parse_stack(step["stack"]).ge_fractions.mean())
    return {
        "residual": (step["residual"],),
        "lattice": (lattice, *known.get("lattice_in_plane", (lattice,) * 3)[1:]),
        "ge": (share, *known.get("ge_fraction", (share,) * 3)[1:]),
        "mixing": (step["mixing"],),
        "level": (view["level"],),
        "kz": (view["kz"],),
    }
