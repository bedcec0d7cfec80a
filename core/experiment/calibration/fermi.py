"""The Fermi edge of a measured image, found and fitted."""

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import curve_fit
from scipy.special import erf

from core.errors import InputError

_VISIBLE = 0.01
"""Share of the highest intensity below which a spectrum counts as empty."""

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
    smooth = gaussian_filter1d(curve, max(1.0, 0.05 / abs(energy[1] - energy[0])))
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


def _edge(energy, level, width, height, slope, floor):
    return (height + slope * (energy - level)) * 0.5 * (1 - erf((energy - level) / (np.sqrt(2) * width))) + floor
