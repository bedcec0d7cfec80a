"""Band images on the one grid that the reverse model sees, freed of what an experiment adds smoothly."""

import numpy as np

KX = np.linspace(-1.2, 1.2, 97)
"""1/Å."""

EV = np.linspace(-8.0, 0.9375, 144)
"""eV against the Fermi level."""

_HALF = len(KX) // 2
_FLOOR = 0.3
_BRIGHTEST = 4.0
_K_REACH, _E_REACH = 8.0, 12.0
"""Pixels (0.2 1/Å, 0.75 eV): intensity that varies more slowly is taken for matrix elements and background."""


def _gaussian(count: int, width: float) -> np.ndarray:
    place = np.arange(count)
    return np.exp(-0.5 * ((place[:, None] - place) / width) ** 2).astype(np.float32)


_ALONG_K, _ALONG_E = _gaussian(len(KX), _K_REACH), _gaussian(len(EV), _E_REACH)


def flattened(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images relative to their smooth surroundings, symmetrised: (image, half k, eV), 0 where nothing was measured.

    Square roots, so that counting noise is even; divided by the local mean, so that a branch counts as much where
    matrix elements make it weak; the two signs of k∥ averaged.

    Args:
        images: (image, kx, eV) on KX and EV, NaN where nothing was measured.

    Returns:
        The flattened images, and (image, half k, eV) how much of each pixel was measured: 0, ½ or 1.
    """
    seen = np.isfinite(images).astype(np.float32)
    root = np.sqrt(np.maximum(np.nan_to_num(images), 0.0)).astype(np.float32)
    mean = root.sum(axis=(1, 2), keepdims=True) / np.maximum(seen.sum(axis=(1, 2), keepdims=True), 1)
    root = np.minimum(root, _BRIGHTEST * mean)
    around = (_ALONG_K @ root @ _ALONG_E) / np.maximum(_ALONG_K @ seen @ _ALONG_E, 1e-3)
    relative = (root / (around + _FLOOR * mean) - 1 / (1 + _FLOOR)) * seen
    measured = (seen[:, _HALF:] + seen[:, _HALF::-1]) / 2
    both = (relative[:, _HALF:] + relative[:, _HALF::-1]) / 2
    return both / np.maximum(measured, 0.5), measured
