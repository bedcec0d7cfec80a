"""How alike simulated and measured images are: three figures that artefacts set, whatever the crystal."""

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

BLOCKS = (48, 64)
"""Points (k, E) on which images are compared."""

OCCUPIED = 0.25
"""Energies whose mean intensity is less than this share of the largest one are left out."""

FLOOR_PERCENT = 10
"""The intensity at an energy that so many percent of the momenta lie below counts as background."""


def likeness(image: np.ndarray) -> dict[str, float]:
    """Figures of an image (k, energy) of counts, NaN where nothing was measured.

    Returns:
        signal_to_background: mean of what stands above the background, over the background.
        asymmetry: half of |log(signal at k∥ > 0 / at k∥ < 0)|, the middle of the image being 0.
        brightest: the 99th percentile of signal over background.
    """
    seen = np.isfinite(image)
    part = np.nan_to_num(image[seen.any(axis=1)][:, seen.any(axis=0)])
    scale = np.array(BLOCKS) / part.shape
    blocks = zoom(gaussian_filter(part, 0.5 / scale), scale, order=1)
    occupied = blocks.mean(axis=0)
    blocks = blocks[:, occupied > OCCUPIED * occupied.max()]
    background = np.percentile(blocks, FLOOR_PERCENT, axis=0)
    signal = np.maximum(blocks - background, 0.0)
    left, right = (half.sum() for half in np.array_split(signal, 2))
    return {
        "signal_to_background": float(signal.mean() / max(background.mean(), 1e-12)),
        "asymmetry": float(abs(0.5 * np.log(max(right, 1e-12) / max(left, 1e-12)))),
        "brightest": float(np.percentile(signal / np.maximum(background, 1e-9), 99)),
    }
