"""Band images on the one grid that the reverse model sees, freed of what an experiment adds smoothly."""

from functools import cache

import numpy as np
import xarray as xr
from scipy.ndimage import median_filter

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
_UNOCCUPIED = -0.3
"""eV against E_F: an image that begins above it shows no occupied bands."""

_K_REACH, _E_REACH = 8.0, 12.0
"""Pixels (0.2 1/Å, 0.75 eV): intensity that varies more slowly is taken for matrix elements and background."""

_NARROW, _WIDE = (1.5, 1.5), (5.0, 6.0)
"""Pixels (k, E) of the two local means whose difference is a ridge."""


_SPIKE = 3.0
"""A pixel that is so many times brighter than its neighbourhood is a hot one."""

_ROBUST, _ROBUST_NORMAL = 0.7, 1.0364
"""Noise is measured by this quantile of its size, which is so many standard deviations where it is normal."""

PEDESTAL = 1.0
"""Times the mean intensity, added before roots are taken for ridges."""


@cache
def _gaussian(count: int, width: float) -> np.ndarray:
    place = np.arange(count)
    return np.exp(-0.5 * ((place[:, None] - place) / width) ** 2).astype(np.float32)


def relative(images: np.ndarray) -> np.ndarray:
    """What the networks see: images relative to their smooth surroundings, (image, sign of k∥, half k, energy).

    Square roots, so that counting noise is even; divided by the local mean, so that a branch counts as much where
    matrix elements make it weak; of unit strength. NaN where nothing was measured.

    Args:
        images: (image, kx, eV) on KX and on EV or THEORY, NaN where nothing was measured.
    """
    root, seen, mean = _roots(images)
    around = _around(root, seen, _K_REACH, _E_REACH)
    found = (root / np.maximum(around + _FLOOR * mean, 1e-9) - 1 / (1 + _FLOOR)) * seen
    strength = np.sqrt((found**2).sum(axis=(1, 2), keepdims=True) / np.maximum(seen.sum((1, 2), keepdims=True), 1))
    found = np.clip(found / np.maximum(strength, 1e-6), -_STRONGEST, _STRONGEST)
    found[seen == 0] = np.nan
    return np.stack([found[:, _HALF:], found[:, _HALF::-1]], axis=1)


def ridges(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bands as ridges of images, symmetrised: (image, half k, energy), 0 where nothing was measured.

    The difference of a narrow and a wider local mean of the square roots, over the intensity around, keeps lines and
    drops steps and slopes of backgrounds and matrix elements; of unit strength; what was measured at both signs of k∥
    is averaged. A pedestal keeps what is hardly there from counting as much as the bands.

    Args:
        images: (image, kx, eV) on KX and on EV or THEORY, NaN where nothing was measured.

    Returns:
        The ridges, and (image, half k, energy) how much of each pixel was measured: 0, ½ or 1.
    """
    root, seen, mean = _roots(images, PEDESTAL)
    lines = _around(root, seen, *_NARROW) - _around(root, seen, *_WIDE)
    lines *= seen / np.maximum(_around(root, seen, _K_REACH, _E_REACH) + _FLOOR * mean, 1e-9)
    measured = (seen[:, _HALF:] + seen[:, _HALF::-1]) / 2
    both = (lines[:, _HALF:] + lines[:, _HALF::-1]) / 2 / np.maximum(measured, 0.5)
    used = np.maximum((measured > 0).sum(axis=(1, 2), keepdims=True), 1)
    strength = np.sqrt((both**2).sum(axis=(1, 2), keepdims=True) / used)
    return np.clip(both / np.maximum(strength, 1e-6), -_STRONGEST, _STRONGEST), measured


def despiked(image: np.ndarray) -> np.ndarray:
    """(kx, eV) image whose hot pixels have the median of their neighbourhood."""
    filled = np.where(np.isfinite(image), image, np.nanmedian(image) if np.isfinite(image).any() else 0.0)
    around = median_filter(filled, 3, mode="nearest")
    hot = filled > _SPIKE * np.maximum(around, 0.1 * filled.mean())
    return np.where(hot & np.isfinite(image), around, image).astype(np.float32)


def narrow_noise(image: np.ndarray, used: np.ndarray) -> float:
    """Share of the variance of an image's ridges that noise explains which is independent from pixel to pixel.

    The noise is measured by what the narrow local mean leaves of the square roots, robustly against lines.

    Args:
        image: (kx, eV), NaN where nothing was measured.
        used: (half k, eV) pixels whose ridges count.
    """
    root, seen, mean = _roots(image[None], PEDESTAL)
    scale = seen / np.maximum(_around(root, seen, _K_REACH, _E_REACH) + _FLOOR * mean, 1e-9)
    rough = (root - _around(root, seen, *_NARROW)) * scale
    lines = (_around(root, seen, *_NARROW) - _around(root, seen, *_WIDE)) * scale
    sides = seen[0, _HALF:] + seen[0, _HALF::-1]
    lines = (lines[0, _HALF:] + lines[0, _HALF::-1]) / np.maximum(sides, 1)
    size = np.sort(np.abs(rough[0, _HALF:][used]))
    spread = size[int(_ROBUST * len(size))] / _ROBUST_NORMAL if len(size) else 0.0
    (nk, ne), (wk, we) = _NARROW, _WIDE
    overlap = lambda k, e: 1 / (2 * np.pi * np.sqrt(k * e))  # noqa: E731
    narrow, wide = overlap(2 * nk**2, 2 * ne**2), overlap(2 * wk**2, 2 * we**2)
    kept = narrow + wide - 2 * overlap(nk**2 + wk**2, ne**2 + we**2)
    left = 1 - 2 * overlap(nk**2, ne**2) + narrow
    expected = spread**2 * kept / left / np.maximum(sides[used], 1).mean() if used.any() else 0.0
    return float(min(1.0, expected / max((lines[used] ** 2).mean() if used.any() else 0.0, 1e-12)))


def _roots(images: np.ndarray, pedestal: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Square roots without the brightest spots, where they were measured, and their mean (image, 1, 1).

    pedestal: times the mean intensity, added before.
    """
    seen = np.isfinite(images).astype(np.float32)
    measured = np.maximum(seen.sum(axis=(1, 2), keepdims=True), 1)
    counts = np.maximum(np.nan_to_num(images), 0.0)
    if pedestal:
        counts = counts + pedestal * counts.sum(axis=(1, 2), keepdims=True) / measured
    root = (np.sqrt(counts) * seen).astype(np.float32)
    mean = root.sum(axis=(1, 2), keepdims=True) / measured
    return np.minimum(root, _BRIGHTEST * mean), seen, mean


def _around(values: np.ndarray, seen: np.ndarray, k_reach: float, e_reach: float) -> np.ndarray:
    """Gaussian mean of what was measured around each pixel."""
    along_k, along_e = _gaussian(values.shape[1], k_reach), _gaussian(values.shape[2], e_reach)
    return (along_k @ values @ along_e) / np.maximum(along_k @ seen @ along_e, 1e-3)


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
        image: over (eV, kx) in eV against E_F and 1/Å, from `core.experiment.calibration.steps.calibrate`.

    Raises:
        InputError: too little of the image lies on the standard grid.
    """
    along_e, along_k = _weights(EV, image["eV"].values), _weights(KX, image["kx"].values)
    measured = np.isfinite(image.values)
    total = along_e @ np.where(measured, image.values, 0.0) @ along_k.T
    weight = along_e @ measured @ along_k.T
    reached = weight > _LEAST_WEIGHT
    if reached.mean() < _LEAST_SHARE:
        above = image["eV"].values[0] > _UNOCCUPIED
        why = (
            ": all of it lies above E_F, as in two-photon photoemission, and occupied states are read" if above else ""
        )
        raise InputError(
            f"The image spans {image['kx'].values.min():.2f} to {image['kx'].values.max():.2f} 1/Å and "
            f"{image['eV'].values.min():.1f} to {image['eV'].values.max():.1f} eV against E_F; too little of it lies "
            f"within ±{KX[-1]:.1f} 1/Å and {EV[0]:.0f} to {EV[-1]:.1f} eV{why}: check the calibration"
        )
    values = np.where(reached, total / np.maximum(weight, 1e-12), np.nan)
    return (values - min(0.0, float(np.nanmin(values)))).T.astype(np.float32)


def noise_share(image: xr.DataArray) -> float:
    """Variance of the noise of a `standard_image` over that of the image's own pixels, which it averages.

    Neighbours on the standard grid share pixels, so that their difference hides noise: it is not seen in them.
    """
    shares = []
    for target, name in ((EV, "eV"), (KX, "kx")):
        weight = _weights(target, image[name].values)
        weight = weight[weight.sum(axis=1) > _LEAST_WEIGHT]
        weight = weight / weight.sum(axis=1, keepdims=True)
        shares.append(float((weight**2).sum(axis=1).mean()))
    return shares[0] * shares[1]


def _weights(target: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(target, point) triangles around each target, as wide as the coarser of the two spacings, of unit sum inside."""
    reach = max(abs(target[1] - target[0]), float(np.abs(np.diff(points)).max()))
    weight = np.maximum(1 - np.abs(target[:, None] - points) / reach, 0.0)
    spacing = float(np.abs(np.diff(points)).mean())
    return weight * spacing / reach
