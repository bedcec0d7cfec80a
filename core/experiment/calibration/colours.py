"""Colours of a published figure back to intensities: known colour maps, or the figure's own colour bar."""

import numpy as np
from scipy.spatial import cKDTree

from core.errors import InputError

_SHADES = 256

_KNOTS = {
    "viridis": "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
    "magma": "000004 180f3d 440f76 721f81 9e2f7f cd4071 f1605d fd9668 feca8d fcfdbf",
    "inferno": "000004 1b0c41 4a0c6b 781c6d a52c60 cf4446 ed6925 fb9b06 f7d13d fcffa4",
    "plasma": "0d0887 46039f 7201a8 9c179e bd3786 d8576b ed7953 fb9f3a fdca26 f0f921",
    "cividis": "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838",
    "gray": "000000 ffffff",
    "blues": "f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b",
    "rainbow": "00007f 0000ff 007fff 00ffff 7fff7f ffff00 ff7f00 ff0000 7f0000",
}
"""Equally spaced colours of maps that figures use; `hot` is added as a formula and each map reversed as NAME_r."""

FAR = 0.12
"""Distance in red, green and blue (0 to 1) beyond which a pixel is a line, a letter or a mark and not data."""


def _table(knots: str) -> np.ndarray:
    colours = np.array([[int(c[i : i + 2], 16) / 255 for i in (0, 2, 4)] for c in knots.split()])
    place = np.linspace(0, len(colours) - 1, _SHADES)
    return np.column_stack([np.interp(place, range(len(colours)), column) for column in colours.T])


def _hot() -> np.ndarray:
    x = np.linspace(0, 1, _SHADES)[:, None]
    return np.clip(np.hstack([x / 0.375, (x - 0.375) / 0.375, (x - 0.75) / 0.25]), 0.0, 1.0)


_FORWARD = {name: _table(knots) for name, knots in _KNOTS.items()} | {"hot": _hot()}
COLOUR_MAPS = _FORWARD | {f"{name}_r": table[::-1] for name, table in _FORWARD.items()}
"""Name of a map: (shade, 3) colours between 0 and 1, from the lowest intensity to the highest."""


def intensities(pixels: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, float]:
    """(y, x) intensities 0 to 1 of (y, x, 3) pixels, NaN where a pixel is of no colour of the map.

    Also gives the share of pixels that the map explains.
    """
    flat = pixels.reshape(-1, 3)
    colours, back = np.unique(np.round(flat * 255).astype(np.uint8), axis=0, return_inverse=True)
    distance, index = cKDTree(table).query(colours / 255.0)
    shade = np.where(distance <= FAR, index / (len(table) - 1.0), np.nan)
    values = shade[back.ravel()].reshape(pixels.shape[:2])
    return values, float(np.isfinite(values).mean())


def recognised_map(pixels: np.ndarray) -> str:
    """Name of the map whose colours lie closest to (y, x, 3) pixels.

    Raises:
        InputError: no known map explains most of the picture.
    """
    sample = pixels.reshape(-1, 3)
    sample = sample[:: max(1, len(sample) // 20000)]
    if np.ptp(sample, axis=1).max() < 0.03:
        return "gray"
    mean = {
        name: np.minimum(cKDTree(table).query(sample)[0], 2 * FAR).mean()
        for name, table in COLOUR_MAPS.items()
        if not name.endswith("_r") or name == "blues_r"
    }
    best = min(mean, key=mean.get)
    if mean[best] > FAR:
        raise InputError(
            "The colours of this picture follow no known colour map: crop it to the data, or mark its colour bar. "
            f"Known: {', '.join(_FORWARD)}"
        )
    return best


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
