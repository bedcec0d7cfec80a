"""All atoms' spectral functions as one small image: the browser cuts the thumbnails out of it."""

import base64
import io

import numpy as np
from PIL import Image

from components.figures import colour_maps

TILE_HEIGHT = 88
TILE_WIDTH = 96
"""Pixels of one thumbnail."""


def sprite(values: np.ndarray, colour_map: str, logarithmic: bool = False) -> str:
    """A PNG data URI with one tile below another, all on the same colour scale, energy upwards.

    Args:
        values: (atom, k, energy) with a multiple of TILE_HEIGHT energies; TILE_WIDTH of its k-points are shown.
        colour_map: one of `colour_maps.SEQUENTIAL`.
        logarithmic: three decades.
    """
    atoms, k, energies = values.shape
    values = values[:, np.round(np.linspace(0, k - 1, TILE_WIDTH)).astype(int)]
    tiles = values.reshape(atoms, TILE_WIDTH, TILE_HEIGHT, energies // TILE_HEIGHT).max(axis=3)
    level = tiles / (tiles.max() or 1.0)
    if logarithmic:
        level = 1 + np.log10(np.maximum(level, 1e-3)) / 3
    pixels = np.round(255 * level).astype(np.uint8).transpose(0, 2, 1)[:, ::-1].reshape(atoms * TILE_HEIGHT, TILE_WIDTH)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.putpalette(colour_maps.palette(colour_map))
    stream = io.BytesIO()
    image.save(stream, format="PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
