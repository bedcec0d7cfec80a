"""Colours of a published figure back to intensities: known colour maps, or the figure's own colour bar."""

from functools import cache

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import skew

from core.errors import InputError

_SHADES = 256
_SAMPLE = 8000
"""Pixels that are compared with the maps."""

HOT_MATLAB = "hot_matlab"
"""MATLAB's `hot`, which many published figures have: its steps lie at 3/8 and 3/4, matplotlib's at 0.365 and 0.746."""

_FORWARD = (
    "viridis", "plasma", "inferno", "magma", "cividis", "gray", "hot", "afmhot", "bone", "Blues", "jet", "turbo",
    "rainbow", "terrain", "RdBu", "coolwarm", "seismic", HOT_MATLAB, "Greens", "Reds", "Oranges", "Purples", "YlOrRd",
    "YlGnBu", "BuPu", "PuBu", "GnBu", "copper", "gist_heat", "gist_earth", "CMRmap", "gnuplot", "gnuplot2", "cubehelix",
    "nipy_spectral", "Spectral", "RdYlBu", "bwr", "twilight", "cool", "summer", "winter", "autumn", "spring", "ocean",
)  # fmt: skip
COLOUR_MAPS = (*_FORWARD, *(f"{name}_r" for name in _FORWARD))
"""Those of matplotlib that figures of bands use, and HOT_MATLAB; NAME_r is reversed."""

FAR = 0.12
"""Distance in red, green and blue (0 to 1) beyond which a pixel is a line, a letter or a mark and not data."""

REVERSED_SKEWNESS = -0.85
"""Bands are bright lines on dark ground. Measured images, with up to 15 % of their pixels saturated and as square roots
too, have skewnesses from -0.8 to 3.7; one below this is taken for an image whose high values have the low colours."""


@cache
def colour_table(name: str) -> np.ndarray:
    """(shade, 3) colours between 0 and 1 of one of COLOUR_MAPS, from the lowest intensity to the highest; read-only."""
    shade = np.linspace(0, 1, _SHADES)
    if name.startswith(HOT_MATLAB):
        shade = shade[::-1, None] if name.endswith("_r") else shade[:, None]
        table = np.clip(np.hstack([shade / 0.375, (shade - 0.375) / 0.375, (shade - 0.75) / 0.25]), 0.0, 1.0)
    else:
        from matplotlib import colormaps  # here, because it would add to the start of the server

        table = colormaps[name](shade)[:, :3]
    table.flags.writeable = False
    return table


def intensities(pixels: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, float]:
    """(y, x) intensities 0 to 1 of (y, x, 3) pixels, NaN where a pixel is of no colour of the map.

    Also gives the share of pixels that the map explains.
    """
    if (deep := _grey_values(pixels, table)) is not None:
        return deep, float(np.isfinite(deep).mean())
    flat = pixels.reshape(-1, 3)
    colours, back = np.unique(np.round(flat * 255).astype(np.uint8), axis=0, return_inverse=True)
    distance, index = cKDTree(table).query(colours / 255.0)
    shade = np.where(distance <= FAR, index / (len(table) - 1.0), np.nan)
    values = shade[back.ravel()].reshape(pixels.shape[:2])
    return values, float(np.isfinite(values).mean())


def _grey_values(pixels: np.ndarray, table: np.ndarray) -> np.ndarray | None:
    """(y, x) levels of a picture in grey, with all the digits that it has; None for other pictures or maps."""
    even = np.linspace(0, 1, len(table))[:, None]
    rising = np.abs(table - even).max() < 0.01
    if not (rising or np.abs(table - even[::-1]).max() < 0.01) or np.ptp(pixels, axis=2).max() > 1e-6:
        return None
    return pixels[..., 0].astype(np.float64) if rising else 1.0 - pixels[..., 0].astype(np.float64)


def recognised_map(pixels: np.ndarray) -> str:
    """Name of the map whose colours lie closest to (y, x, 3) pixels.

    A map and its reverse have the same colours: the reverse is taken where most of the picture would be bright, and its
    border, much of it above the Fermi level or beyond the bands, brighter than the rest.

    Raises:
        InputError: no known map explains most of the picture.
    """
    sample = pixels.reshape(-1, 3)
    sample = sample[:: max(1, len(sample) // _SAMPLE)]
    if np.ptp(sample, axis=1).max() < 0.03:
        best = "gray"
    else:
        distance = {name: np.minimum(cKDTree(colour_table(name)).query(sample)[0], 2 * FAR) for name in _FORWARD}
        mean = {name: values.mean() for name, values in distance.items()}
        best = min(mean, key=mean.get)
        if mean[best] > FAR:
            raise InputError(
                "The colours of this picture follow no known colour map: crop it to the data, or mark its colour bar. "
                f"Known: {', '.join(_FORWARD)}"
            )
    table = colour_table(best)
    values = intensities(sample[None], table)[0]
    if skew(values, axis=None, nan_policy="omit") > REVERSED_SKEWNESS:
        return best
    border = np.vstack([edge.reshape(-1, 3) for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])])
    brighter = np.nanmean(intensities(border[None], table)[0]) > np.nanmean(values)
    return f"{best}_r" if brighter else best


def table_from_bar(pixels: np.ndarray) -> np.ndarray:
    """(shade, 3) colours of a colour bar cut out of a figure, its low end at the bottom or at the left.

    Raises:
        InputError: too small, or of one colour.
    """
    height, width = pixels.shape[:2]
    if max(height, width) < 8 or min(height, width) < 1:
        raise InputError(f"The colour bar has {width} x {height} pixels; mark one of 8 or more along its length")
    line = np.median(pixels, axis=1)[::-1] if height >= width else np.median(pixels, axis=0)
    if np.ptp(line, axis=0).max() < 0.1:
        raise InputError("The marked colour bar has one colour only; mark the bar itself")
    place = np.linspace(0, len(line) - 1, _SHADES)
    return np.column_stack([np.interp(place, range(len(line)), column) for column in line.T])
