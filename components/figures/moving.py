"""The picture while controls move: levels for a canvas, a fifth of what a figure takes, and no work for plotly.

assets/compose-moving.js draws it over the last figure, on that figure's axes and colour scale.
"""

import base64

import numpy as np

from components.figures.spectrum import LOG_DECADES, Spectrum

LEVELS = 255


def moving_picture(spectrum: Spectrum, logarithmic: bool, cursor: tuple[int, int]) -> dict:
    """Levels (energy, k) of one byte each between `low` and `high`, and the curves at the cursor, as plain JSON.

    Args:
        spectrum: values and axes.
        logarithmic: `low` and `high` are powers of ten over three decades; ignored for a difference.
        cursor: indices of the k-point and of the energy of the curves.
    """
    k, e = (min(max(0, i), n - 1) for i, n in zip(cursor, spectrum.values.shape, strict=True))
    values = spectrum.values
    top = float(np.abs(values).max()) or 1.0
    low, high, shown = (-top if spectrum.difference else 0.0), top, values
    if logarithmic and not spectrum.difference:
        low, high = np.log10(top) - LOG_DECADES, np.log10(top)
        shown = np.log10(np.maximum(values, 10.0**low))
    levels = np.clip(np.round((shown.T - low) * (LEVELS / (high - low))), 0, LEVELS).astype(np.uint8)
    return {
        "levels": base64.b64encode(np.ascontiguousarray(levels)).decode(),
        "shape": list(levels.shape),
        "low": round(float(low), 6),
        "high": round(float(high), 6),
        "edc": values[k].round(4).tolist(),
        "mdc": values[:, e].round(4).tolist(),
    }
