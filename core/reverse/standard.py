"""Band images on the one grid that the reverse model sees, freed of what an experiment adds smoothly."""

from functools import cache

import numpy as np
import xarray as xr

from core.errors import InputError

KX = np.linspace(-1.2, 1.2, 97)
"""1/Å."""

EV = np.linspace(-8.0, 0.9375, 144)
"""eV against the Fermi level."""

THEORY = np.linspace(-6.96875, 0.96875, 128)
"""eV on the theory's scale, for images whose Fermi level is known or estimated."""

_HALF = len(KX) // 2
_FLOOR = 0.3
_BRIGHTEST = 4.0
_STRONGEST = 5.0
_LEAST_WEIGHT = 0.3
_LEAST_SHARE = 0.03
_K_REACH, _E_REACH = 8.0, 12.0
"""Pixels (0.2 1/Å, 0.75 eV): intensity that varies more slowly is taken for matrix elements and background."""


@cache
def _gaussian(count: int, width: float) -> np.ndarray:
    place = np.arange(count)
    return np.exp(-0.5 * ((place[:, None] - place) / width) ** 2).astype(np.float32)


def flattened(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images relative to their smooth surroundings, symmetrised: (image, half k, eV), 0 where nothing was measured.

    Square roots, so that counting noise is even; divided by the local mean, so that a branch counts as much where
    matrix elements make it weak; the two signs of k∥ averaged; of unit strength, so that a background does not count.

    Args:
        images: (image, kx, eV) on KX and on EV or THEORY, NaN where nothing was measured.

    Returns:
        The flattened images, and (image, half k, eV) how much of each pixel was measured: 0, ½ or 1.
    """
    seen = np.isfinite(images).astype(np.float32)
    root = np.sqrt(np.maximum(np.nan_to_num(images), 0.0)).astype(np.float32)
    mean = root.sum(axis=(1, 2), keepdims=True) / np.maximum(seen.sum(axis=(1, 2), keepdims=True), 1)
    root = np.minimum(root, _BRIGHTEST * mean)
    along_k, along_e = _gaussian(images.shape[1], _K_REACH), _gaussian(images.shape[2], _E_REACH)
    around = (along_k @ root @ along_e) / np.maximum(along_k @ seen @ along_e, 1e-3)
    relative = (root / np.maximum(around + _FLOOR * mean, 1e-9) - 1 / (1 + _FLOOR)) * seen
    measured = (seen[:, _HALF:] + seen[:, _HALF::-1]) / 2
    both = (relative[:, _HALF:] + relative[:, _HALF::-1]) / 2 / np.maximum(measured, 0.5)
    used = np.maximum((measured > 0).sum(axis=(1, 2), keepdims=True), 1)
    strength = np.sqrt((both**2).sum(axis=(1, 2), keepdims=True) / used)
    return np.clip(both / np.maximum(strength, 1e-6), -_STRONGEST, _STRONGEST), measured


def aligned(images: np.ndarray, fermi_level: np.ndarray) -> np.ndarray:
    """(image, kx, energy) standard images on THEORY instead of EV, by linear interpolation.

    Args:
        images: (image, kx, eV).
        fermi_level: (image,) eV on the theory's scale.
    """
    place = (THEORY[None] - np.asarray(fermi_level)[:, None] - EV[0]) / (EV[1] - EV[0])
    low = np.clip(np.floor(place), 0, len(EV) - 2).astype(int)
    part = (place - low).astype(np.float32)[:, None]
    low = low[:, None]
    shifted = np.take_along_axis(images, low, 2) * (1 - part) + np.take_along_axis(images, low + 1, 2) * part
    inside = (place >= 0) & (place <= len(EV) - 1)
    return np.where(inside[:, None], shifted, np.nan).astype(np.float32)


def standard_image(image: xr.DataArray) -> np.ndarray:
    """(kx, eV) of a calibrated image on KX and EV, NaN where it does not reach; finer pixels are averaged.

    Args:
        image: over (eV, kx) in eV against E_F and 1/Å, from `core.experiment.calibration.calibrate`.

    Raises:
        InputError: too little of the image lies on the standard grid.
    """
    along_e, along_k = _weights(EV, image["eV"].values), _weights(KX, image["kx"].values)
    measured = np.isfinite(image.values)
    total = along_e @ np.where(measured, image.values, 0.0) @ along_k.T
    weight = along_e @ measured @ along_k.T
    reached = weight > _LEAST_WEIGHT
    if reached.mean() < _LEAST_SHARE:
        raise InputError(
            f"The image spans {image['kx'].values.min():.2f} to {image['kx'].values.max():.2f} 1/Å and "
            f"{image['eV'].values.min():.1f} to {image['eV'].values.max():.1f} eV against E_F; too little of it lies "
            f"within ±{KX[-1]:.1f} 1/Å and {EV[0]:.0f} to {EV[-1]:.1f} eV: check the calibration"
        )
    values = np.where(reached, total / np.maximum(weight, 1e-12), np.nan)
    return (values - min(0.0, float(np.nanmin(values)))).T.astype(np.float32)


def _weights(target: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(target, point) triangles around each target, as wide as the coarser of the two spacings, of unit sum inside."""
    reach = max(abs(target[1] - target[0]), float(np.abs(np.diff(points)).max()))
    weight = np.maximum(1 - np.abs(target[:, None] - points) / reach, 0.0)
    spacing = float(np.abs(np.diff(points)).mean())
    return weight * spacing / reach
