"""Perceptually uniform colour maps of matplotlib, for plotly and for images drawn on the server."""

from functools import cache

import numpy as np

SEQUENTIAL = ("viridis", "cividis", "inferno", "magma", "plasma")
"""Names in links, matplotlib's own."""

DIVERGING = "RdBu_r"
"""For differences."""

DEFAULT = "viridis"

_STOPS = 52
"""Of a scale for plotly, which draws straight lines between them: every fifth of matplotlib's 256 colours."""


@cache
def palette(name: str) -> bytes:
    """256 RGB triplets of a colour map, as image palettes want them."""
    return _colours(name).tobytes()


@cache
def scale(name: str, gamma: float = 1.0) -> list[list]:
    """[place between 0 and 1, colour] pairs of a colour map, as plotly wants them; gamma below 1 lifts what is dark."""
    places = np.linspace(0, 255, _STOPS).round().astype(int)
    return [[(place / 255) ** (1.0 / gamma), "#" + bytes(_colours(name)[place]).hex()] for place in places.tolist()]


@cache
def _colours(name: str) -> np.ndarray:
    """(256, 3) 8-bit colours."""
    from matplotlib import colormaps  # here, because it would add to the start of the server

    return colormaps[name](np.arange(256), bytes=True)[:, :3].copy()
