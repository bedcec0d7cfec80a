"""Perceptually uniform colour maps, for plotly and for images drawn on the server."""

from functools import cache

import numpy as np
from plotly.colors import get_colorscale, sample_colorscale, unlabel_rgb

SEQUENTIAL = {"viridis": "Viridis", "cividis": "Cividis", "inferno": "Inferno", "magma": "Magma", "ice": "ice"}
"""Name in links → plotly name; matplotlib's four and cmocean's ice."""

DIVERGING = "balance"
"""cmocean's balance, for differences."""

DEFAULT = "viridis"


@cache
def colour_scale(name: str) -> list[list]:
    """A colour map by its plotly name as pairs of place and colour, as plotly.js wants those that it does not know."""
    return get_colorscale(name)


@cache
def palette(name: str) -> bytes:
    """256 RGB triplets of a colour map, as image palettes want them."""
    colours = sample_colorscale(get_colorscale(name), np.linspace(0, 1, 256).tolist())
    return bytes(np.clip([np.round(unlabel_rgb(c)) for c in colours], 0, 255).astype(np.uint8).ravel().tolist())
