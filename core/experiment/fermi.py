"""The Fermi edge of a measured image, found and fitted."""

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import curve_fit
from scipy.special import erf

from core.errors import InputError

_WINDOW = 0.6
"""eV on either side of the steepest drop that take part in the fit."""


def fit_fermi_edge(image: xr.DataArray) -> tuple[float, float]:
    """Energy of the Fermi edge on the image's own axis, and its width σ, both in eV.

    The momentum-integrated spectrum is fitted near its last drop to almost nothing by an error function on a line.

    Args:
        image: over (eV, alpha or kx).

    Raises:
        InputError: no edge is found.
    """
    energy = image["eV"].values
    with np.errstate(invalid="ignore"):
        curve = np.nan_to_num(np.nanmean(image.values, axis=1))
    smooth = gaussian_filter1d(curve, max(1.0, 0.05 / abs(energy[1] - energy[0])))
    floor, peak = np.percentile(smooth, 5), np.percentile(smooth, 98)
    above = np.flatnonzero(smooth > floor + 0.1 * (peak - floor))
    if peak <= floor or not len(above):
        raise InputError("No Fermi edge is seen in this image: give the Fermi level, or photon energy and work function")
    near = np.abs(energy - energy[above[-1]]) < _WINDOW
    steepest = energy[near][np.argmin(np.gradient(smooth, energy)[near])]
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


def _edge(energy, level, width, height, slope, floor):
    return (height + slope * (energy - level)) * 0.5 * (1 - erf((energy - level) / (np.sqrt(2) * width))) + floor
