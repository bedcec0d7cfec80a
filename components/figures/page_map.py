"""A heat map as an image between axes of the page's own text: it follows the colour scheme, prints, and costs little.

Where a page shows many maps, or one that follows a slider, a plotly figure each would be slow; the one with a cursor
is in `spectrum.py`.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from dash import html
from PIL import Image

from components.figures import colour_maps
from core.electronic.kpath import KPath

WIDTH = 360
"""Columns of the image; the browser smooths them."""


@dataclass(frozen=True)
class Axis:
    """An axis: its ends, ticks as (place, text), and title."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    title: str | list

    def share(self, place: float) -> str:
        """Where a place lies, in percent of the axis."""
        return f"{100 * (place - self.low) / (self.high - self.low):.2f}%"


@dataclass(frozen=True)
class Mark:
    """A labelled dot on a map: k in the axis' unit, energy in eV; `side` of the dot that its label stands on."""

    k: float
    energy: float
    text: str
    side: str = "right"


def energy_axis(low: float, high: float, zero: str = "VBM", of: str = "(Si)") -> Axis:
    """Round numbers, five at most; energies against a level."""
    step = next(s for s in (0.5, 1.0, 2.0, 5.0) if (high - low) / s <= 5.5)
    places = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step + 0.0
    ticks = tuple((float(place), f"{place:.3g}".replace("-", "−")) for place in places)
    return Axis(low, high, ticks, energy_title(zero, of))


def energy_title(zero: str, of: str = "") -> list:
    """E − E_zero in eV."""
    return ["E − E", html.Sub(zero), f"{of}, eV"]


def path_axis(path: KPath) -> Axis:
    """Labels of the high-symmetry points."""
    ticks = tuple((float(at), label.replace("G", "Γ")) for label, at in path.ticks)
    return Axis(float(path.distance[0]), float(path.distance[-1]), ticks, "wave vector k")


def momentum_axis(reach: float) -> Axis:
    """Both signs of k∥ in 1/Å."""
    return Axis(-reach, reach, ((-1.0, "−1"), (0.0, "0"), (1.0, "1")), "k∥, 1/Å")


def even_columns(values: np.ndarray, path: KPath, count: int = WIDTH) -> np.ndarray:
    """(column, energy): values (k, energy) along a path at even steps of its length, segments apart."""
    places = np.linspace(path.distance[0], path.distance[-1], count)
    columns = np.empty((count, values.shape[1]))
    for start, stop in path.segments:
        line = path.distance[start:stop]
        here = (places >= line[0] - 1e-9) & (places <= line[-1] + 1e-9)
        between = np.interp(places[here], line, np.arange(start, stop))
        low = np.minimum(between.astype(int), stop - 2)
        part = (between - low)[:, None]
        columns[here] = (1 - part) * values[low] + part * values[low + 1]
    return columns


def page_map(
    values: np.ndarray,
    across: Axis,
    upward: Axis,
    name: str,
    colour_map: str = colour_maps.DEFAULT,
    top: float | None = None,
    signed: bool = False,
    marks: Sequence[Mark] = (),
) -> html.Div:
    """The map with its axes.

    Args:
        values: (column, energy), evenly spaced; NaN where nothing was measured.
        across: axis of the columns.
        upward: axis of the energies.
        name: what a screen reader says of the image.
        colour_map: one of `colour_maps.SEQUENTIAL`; a signed map has a diverging one.
        top: value of the brightest colour; the greatest by default.
        signed: whether values have a sign.
        marks: labelled dots.
    """
    rules = [html.Span(className="rule", style={"left": across.share(at)}) for at, _ in across.ticks[1:-1]]
    dots = [
        html.Span(
            html.Span(mark.text),
            className=f"mark-dot {mark.side}",
            style={"left": across.share(mark.k), "bottom": upward.share(mark.energy)},
        )
        for mark in marks
        if upward.low <= mark.energy <= upward.high
    ]
    image = html.Img(src=_image(values, colour_map, top, signed), alt=name, className="map-image")
    return html.Div(
        [
            html.Span(upward.title, className="axis-title upward"),
            html.Div(
                [html.Span(text, style={"bottom": upward.share(at)}) for at, text in upward.ticks],
                className="ticks upward",
            ),
            html.Div([image, *rules, *dots], className="map-field"),
            html.Div(
                [html.Span(text, style={"left": across.share(at)}) for at, text in across.ticks],
                className="ticks across",
            ),
            html.Span(across.title, className="axis-title across"),
        ],
        className="page-map",
    )


def _image(values: np.ndarray, colour_map: str, top: float | None, signed: bool) -> str:
    """A data URI, energies upwards, transparent where nothing was measured."""
    measured = np.isfinite(values)
    top = top or float(np.abs(values[measured]).max(initial=0.0)) or 1.0
    level = np.clip(np.where(measured, values, 0.0) / top, -1.0 if signed else 0.0, 1.0)
    level = (level + 1) / 2 if signed else level
    pixels = np.round(255 * level).astype(np.uint8)
    colours = np.frombuffer(colour_maps.palette(colour_maps.DIVERGING if signed else colour_map), np.uint8)
    picture = colours.reshape(256, 3)[pixels]
    if not measured.all():
        picture = np.dstack([picture, np.where(measured, 255, 0).astype(np.uint8)])
    stream = io.BytesIO()
    shown = Image.fromarray(np.ascontiguousarray(picture.transpose(1, 0, 2)[::-1]))
    shown.save(stream, format="WEBP", quality=88, method=2)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode()
