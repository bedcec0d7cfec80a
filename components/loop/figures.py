"""Pictures of a run: the image under its reconstruction, the residual and the parameters against the step."""

from copy import deepcopy
from functools import lru_cache

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from components import theme
from components.figures import colour_maps
from components.figures.band_image import band_image_figure
from core.loop.loop import guesses_of
from core.reverse.distance import Target
from core.reverse.guess import Predictor
from core.reverse.standard import EV, KX
from core.sessions import runs

HALF = len(KX) // 2
LEAST_SPAN = {"lattice": 0.02, "mixing": 1.0, "level": 0.1, "kz": 0.05}
"""What a track shows at least, in its unit."""

VIEWS = {"blend": "Blend", "contours": "Contours", "difference": "Difference"}
TRACKS = {
    "residual": "Residual (noise)",
    "lattice": "a∥ (Å)",
    "mixing": "Width (ML)",
    "level": "E<sub>F</sub> (eV)",
    "kz": "k<sub>z</sub> (2π/c̄)",
}
"""What is followed: squares a pixel that are not explained, in units of noise, and parameters of the best guess."""


@lru_cache(maxsize=8)
def _target(identity: str) -> Target:
    return Target(runs.images(identity)[0])


def picture(identity: str, step: dict, view: str, blend: float, scheme: str | None) -> go.Figure:
    """Figure of the first image of a run and of what the best guess of a step predicts.

    Args:
        identity: of the run.
        step: document of a step.
        view: of VIEWS.
        blend: opacity of the reconstruction, 0 to 1.
        scheme: "light" or "dark".
    """
    target = _target(identity)
    predicted = Predictor().picture(guesses_of(step)[0], 0)
    if view == "difference":
        left = np.full(target.used.shape, np.nan, np.float32)
        left[target.used] = target.seen - target.fitted(predicted)
        return band_image_figure(left.T, KX[HALF:], EV, scheme, "Image − prediction", signed=True)
    image = _even(target.image)
    if view == "contours":
        return band_image_figure(
            image.T, KX, EV, scheme, "√intensity", overlay=_even(predicted).T, overlay_axes=(KX, EV)
        )
    figure = band_image_figure(image.T, KX, EV, scheme, "√intensity")
    shown = np.where(np.isfinite(target.image), _even(predicted), np.nan)
    figure.add_heatmap(
        x=KX.astype(np.float32), y=EV.astype(np.float32), z=shown.T.astype(np.float32), zmin=0.0, zmax=1.0,
        colorscale=colour_maps.scale("inferno"), showscale=False, hoverinfo="skip", opacity=blend,
        name="reconstruction",
    )  # fmt: skip
    return figure


def _even(values: np.ndarray) -> np.ndarray:
    """Square roots between 0 and 1, so that noise is even and images of any brightness compare."""
    root = np.sqrt(np.maximum(values, 0.0))
    low, high = np.nanpercentile(root, [0.5, 99.5])
    return np.clip((root - low) / max(high - low, 1e-9), 0.0, 1.0)


def tracks(steps: list[dict], scheme: str | None) -> dict:
    """Small pictures of the residual and of parameters against the step, as a plain figure: it is drawn often."""
    rows = [_values(step) for step in steps]
    figure = deepcopy(_empty_tracks(scheme))
    layout = figure["layout"]
    for number, name in enumerate(TRACKS, 1):
        values, end = [row[name] for row in rows], "" if number == 1 else str(number)
        figure["data"][number - 1] |= {"x": [step["step"] for step in steps], "y": values}
        if name in LEAST_SPAN and rows and max(values) - min(values) < LEAST_SPAN[name]:  # what hardly moves looks so
            middle = max((max(values) + min(values)) / 2, 0.5 * LEAST_SPAN[name] if name == "mixing" else -np.inf)
            ends = [middle - 0.55 * LEAST_SPAN[name], middle + 0.55 * LEAST_SPAN[name]]
            layout[f"yaxis{end}"] |= {"range": ends, "autorange": False}
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
    figure = make_subplots(rows=len(TRACKS), cols=1, shared_xaxes=True, vertical_spacing=0.035)
    colours = theme.COLOURS["dark" if scheme == "dark" else "light"]
    for number, label in enumerate(TRACKS.values(), 1):
        figure.add_scatter(
            row=number, col=1, name=label, mode="lines+markers", marker={"size": 4}, showlegend=False,
            line={"color": colours["accent"], "width": 1.5, "shape": "hv"},
            hovertemplate="step %{x}: %{y:.4g}<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(title={"text": label, "font": {"size": 11}}, row=number, col=1, nticks=4)
    figure.update_yaxes(type="log", dtick=1, row=1, col=1)
    figure.update_xaxes(title="Step", row=len(TRACKS), col=1)
    figure.update_layout(
        template=theme.template_name(scheme), margin={"l": 64, "r": 8, "t": 8, "b": 40}, uirevision="tracks",
        meta={"noise": {"dash": "dot", "width": 1, "color": colours["muted"]}},
    )  # fmt: skip
    return figure.to_plotly_json()


def _values(step: dict) -> dict[str, float]:
    view = step["views"][0]
    return {
        "residual": step["residual"],
        "lattice": float(step["substrate"].split()[0]),
        "mixing": step["mixing"],
        "level": view["level"],
        "kz": view["kz"],
    }
