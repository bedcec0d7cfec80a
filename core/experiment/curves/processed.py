"""A calibrated image as it is looked at: normalised, as second derivative or curvature. Readings do not use it."""

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter

from core.experiment.calibration.smoothing import sigma_in_points

NORMALISATIONS = {"none": "none", "energy": "each energy", "momentum": "each momentum"}
"""Kind → what is brought to the same mean."""

DERIVATIVES = {
    "none": "none", "energy": "−∂²I/∂E²", "momentum": "−∂²I/∂k²", "curvature": "curvature along E",
}  # fmt: skip

SMOOTHED = {"eV": 0.06, "kx": 0.02}
"""Standard deviations in eV and 1/Å by which an image is smoothed before it is differentiated."""

CURVATURE_SHARE = 0.1
"""a₀ of the curvature, in units of the largest squared slope."""


def processed(image: xr.DataArray, normalisation: str = "none", derivative: str = "none") -> np.ndarray:
    """(eV, kx) values of an image over (eV, kx), NaN where nothing was measured.

    Derivatives keep what is positive, ridges, against the highest. The curvature is I″ / (a₀ + I′²)^(3/2), turned round
    (Zhang et al., Rev. Sci. Instrum. 82, 043712). Unknown kinds change nothing.
    """
    values = image.values
    if normalisation in ("energy", "momentum"):
        axis = 1 if normalisation == "energy" else 0
        mean = _mean(values, axis)
        least = 1e-3 * np.nanmax(np.abs(mean)) if np.isfinite(mean).any() else 1.0
        values = values / np.where(np.abs(mean) > least, mean, np.nan)
    if derivative not in DERIVATIVES or derivative == "none":
        return values
    smooth = _smoothed(values, [sigma_in_points(SMOOTHED[name], image[name].values) for name in ("eV", "kx")])
    axis, name = (1, "kx") if derivative == "momentum" else (0, "eV")
    slope = np.gradient(smooth, image[name].values, axis=axis)
    bend = np.gradient(slope, image[name].values, axis=axis)
    if derivative == "curvature":
        scale = CURVATURE_SHARE * np.nanmax(slope**2) if np.isfinite(slope).any() else 1.0
        bend = bend / (max(scale, 1e-30) + slope**2) ** 1.5
    ridges = np.maximum(-bend, 0.0)
    return ridges / max(float(np.nanmax(ridges)), 1e-30) if np.isfinite(ridges).any() else ridges


def _smoothed(values: np.ndarray, widths: list[float]) -> np.ndarray:
    """Gaussian means of what was measured; NaN stays."""
    measured = np.isfinite(values)
    share = gaussian_filter(measured.astype(float), widths)
    mean = gaussian_filter(np.where(measured, values, 0.0), widths) / np.maximum(share, 1e-9)
    return np.where(measured, mean, np.nan)


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    measured = np.isfinite(values)
    count = measured.sum(axis=axis, keepdims=True)
    return np.where(
        count > 0, np.where(measured, values, 0.0).sum(axis=axis, keepdims=True) / np.maximum(count, 1), np.nan
    )
