"""The Fermi edge of a measured image, found and fitted."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import curve_fit
from scipy.special import erf

from core.errors import InputError
from core.experiment.calibration.smoothing import sigma_in_points

_RISE = 0.02
"""Share of a spectrum's height above its floor at which the search for a step begins."""

_DEEPER = (0.3, 0.5)
"""eV below a step where the intensity is that of states beside those that the step cuts."""

_STEP = 0.15
"""A metal's step is at least this share of the intensity there: bands cross the Fermi level. In a measured cut of
graphene it is 0.20, in one of a metal 1; where only a background lies between a valence band and E_F, 0.09."""

_WIDEST = 0.1
"""eV: σ of a Fermi edge at room temperature and moderate resolution; tops of valence bands are wider."""

_COLUMNS = 8
"""Parts of the momenta in which the step has to be at one energy."""

_LEAST_COLUMNS = 3
"""Parts that must show it."""

_SEEN = 0.2
"""Share of the mean step that a part must have to be asked where its own is."""

_FLAT = 0.03
"""eV by which the parts may scatter (median deviation)."""

_LEAST_ERROR = 0.005
"""eV: temperature and resolution move a fitted step by about as much."""

_VISIBLE = 0.01
"""Share of the highest intensity below which a spectrum counts as empty."""

_CLEARLY = 0.1
"""Share of a spectrum's range above its lowest value; dark counts and higher orders of light stay below."""

_WINDOW = 0.6
"""eV on either side of the steepest drop that take part in the fit."""


def fit_fermi_edge(image: xr.DataArray) -> tuple[float, float]:
    """Energy of the Fermi edge on the image's own axis, and its width σ, both in eV.

    The momentum-integrated spectrum is fitted by an error function on a line, where it falls by the largest factor.

    Args:
        image: over (eV, alpha or kx).

    Raises:
        InputError: no edge is found.
    """
    energy = image["eV"].values
    with np.errstate(invalid="ignore"):
        curve = np.nan_to_num(np.nanmean(image.values, axis=1))
    smooth = gaussian_filter1d(curve, sigma_in_points(0.05, energy, 1.0))
    floor, peak = np.percentile(smooth, 5), np.percentile(smooth, 98)
    if peak <= floor:
        raise InputError("No Fermi edge is seen: give the Fermi level, or photon energy and work function, in eV")
    fall = np.gradient(np.log(np.maximum(smooth - floor, 0.0) + _VISIBLE * (peak - floor)), energy)
    steepest = energy[np.argmin(fall)]
    part = np.abs(energy - steepest) < _WINDOW
    scale = max(float(curve[part].max()), 1e-12)
    try:
        found, _ = curve_fit(
            _edge, energy[part], curve[part] / scale, p0=(steepest, 0.05, 0.8, 0.0, 0.02),
            bounds=((steepest - _WINDOW, 1e-3, 0.0, -5.0, -1.0), (steepest + _WINDOW, 0.5, 5.0, 5.0, 1.0)),
        )  # fmt: skip
    except (RuntimeError, ValueError, TypeError):
        raise InputError("The Fermi edge of this image cannot be fitted: give the Fermi level in eV") from None
    return float(found[0]), float(found[1])


@dataclass(frozen=True)
class Edge:
    """A visible Fermi edge on an image's own axis: its energy, the uncertainty of it, and its width σ, in eV."""

    level: float
    uncertainty: float
    width: float


def metallic_edge(image: xr.DataArray) -> Edge | None:
    """The Fermi edge of a metal, where one is seen: the highest step of the spectrum, the same at all momenta.

    The valence band's top of a semiconductor is none (it disperses, or only a background lies above it), nor is the end
    of a detector (a cut within a pixel, below which the values are not empty but missing or all the same).

    Args:
        image: over (eV, alpha or kx).
    """
    energy, values = image["eV"].values, image.values
    spacing = float(np.median(np.diff(energy)))
    curve = _mean(values)
    start = _highest_step(energy, curve)
    if start is None:
        return None
    whole = _fitted(energy, curve, start)
    if whole is None:
        return None
    level, width, error, height = whole
    if width > _WIDEST:
        return None
    below = (energy > level - _DEEPER[1]) & (energy < level - _DEEPER[0])
    above = curve[energy > level + 3 * width + spacing]
    if below.sum() < 2 or len(above) < 2 or height < _STEP * (curve[below].mean() - above.mean()):
        return None
    if width < 0.5 * spacing and np.ptp(above) == 0 and above[0] == 0:
        return None
    parts = [_mean(part) for part in np.array_split(values, _COLUMNS, axis=1)]
    fits = [fit for part in parts if part.any() and (fit := _fitted(energy, part, level)) is not None]
    good = [fit for fit in fits if fit[3] > _SEEN * height and fit[1] < _WIDEST and fit[2] < _FLAT]
    levels = np.array([fit[0] for fit in good])
    if len(levels) < _LEAST_COLUMNS:
        return None
    spread = float(np.median(np.abs(levels - np.median(levels))))
    if spread > max(_FLAT, spacing):
        return None
    # 1.48 median deviations are a standard deviation
    scatter = 1.48 * spread / np.sqrt(len(levels))
    return Edge(float(level), float(np.hypot(max(error, scatter), _LEAST_ERROR)), float(width))


def fitted_edge(energy: np.ndarray, curve: np.ndarray) -> tuple[Edge, np.ndarray] | None:
    """The edge of a spectrum where it falls most steeply, and the fit to it (point,); None where there is none.

    Args:
        energy: (point,) eV, rising.
        curve: (point,) intensity.
    """
    smooth = gaussian_filter1d(curve, sigma_in_points(0.03, energy, 1.0))
    scale = max(float(np.abs(curve).max()), 1e-12)
    start = float(energy[np.argmin(np.gradient(smooth, energy))])
    try:
        found, covariance = curve_fit(
            _edge, energy, curve / scale, p0=(start, 0.05, 0.5, 0.0, 0.02),
            bounds=((energy[0], 1e-3, 0.0, -20.0, -1.0), (energy[-1], 0.5, 5.0, 20.0, 1.0)),
        )  # fmt: skip
    except (RuntimeError, ValueError, TypeError):
        return None
    error, noise = float(np.sqrt(covariance[0, 0])), float(np.std(curve / scale - _edge(energy, *found)))
    inside = energy[0] + 2 * found[1] < found[0] < energy[-1] - 2 * found[1]
    if not (np.isfinite(error) and inside and found[2] > 3 * noise):
        return None
    return Edge(float(found[0]), error, float(found[1])), _edge(energy, *found) * scale


def highest_electrons(image: xr.DataArray) -> float:
    """The highest energy on the image's own axis, eV, at which it is clearly brighter than at its darkest."""
    energy, curve = image["eV"].values, _mean(image.values)
    smooth = gaussian_filter1d(curve, sigma_in_points(0.05, energy, 1.0))
    bright = np.flatnonzero(smooth > smooth.min() + _CLEARLY * np.ptp(smooth))
    return float(energy[bright[-1]]) if len(bright) else float(energy[0])


def _mean(values: np.ndarray) -> np.ndarray:
    """(energy,) mean of what was measured."""
    measured = np.isfinite(values)
    return np.where(measured, values, 0.0).sum(axis=1) / np.maximum(measured.sum(axis=1), 1)


def _highest_step(energy: np.ndarray, curve: np.ndarray) -> float | None:
    """Where a spectrum rises from its floor, coming from high energies; None where it ends before it is empty."""
    smooth = gaussian_filter1d(curve, sigma_in_points(0.02, energy, 1.0))
    tail = max(3, len(curve) // 40)
    floor, top = float(np.median(smooth[-tail:])), float(np.percentile(smooth, 98))
    if not top > floor:
        return None
    noise = float(np.std(np.diff(curve[-tail:])))
    raised = np.flatnonzero(smooth > floor + max(_RISE * (top - floor), 3 * noise))
    if not len(raised) or raised[-1] >= len(curve) - 2:
        return None
    return float(energy[raised[-1]])


def _fitted(energy: np.ndarray, curve: np.ndarray, start: float) -> tuple[float, float, float, float] | None:
    """Level, width, error of the level and height of a step near an energy; None where none fits."""
    part = (energy > start - 0.35) & (energy < start + 0.25)
    if part.sum() < 5:
        return None
    scale = max(float(np.abs(curve[part]).max()), 1e-12)
    try:
        found, covariance = curve_fit(
            _edge, energy[part], curve[part] / scale, p0=(start, 0.04, 0.5, -0.5, 0.02),
            bounds=((start - 0.2, 1e-3, 0.0, -20.0, -1.0), (start + 0.15, 0.25, 5.0, 20.0, 1.0)),
        )  # fmt: skip
    except (RuntimeError, ValueError, TypeError):
        return None
    error = float(np.sqrt(covariance[0, 0])) if np.isfinite(covariance[0, 0]) else 0.1
    return float(found[0]), float(found[1]), error, float(found[2]) * scale


def _edge(energy, level, width, height, slope, floor):
    return (height + slope * (energy - level)) * 0.5 * (1 - erf((energy - level) / (np.sqrt(2) * width))) + floor
