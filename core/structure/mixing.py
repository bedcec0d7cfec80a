"""Interdiffusion at the interfaces of a periodic stack."""

import numpy as np
from scipy.special import erf

from core.errors import InputError

MAX_WIDTH = 20.0
"""Monolayers."""

_ROUND_OFF = 1e-13
_REACH = 7.0
"""In widths: erf(7) is 1 in double precision."""


def mix_profile(ge_fractions: np.ndarray, width: float) -> np.ndarray:
    """(monolayer,) Ge fractions after erf interdiffusion of `width` monolayers, in growth order.

    A single sharp interface at z = 0 becomes x(z) = ½ [1 + erf(z/w)], z in monolayers with planes at half-integers:

        x_j = Σ_m x_m ½ [erf((j − m + ½)/w) − erf((j − m − ½)/w)],

    summed over all periodic images. The mean is conserved; w = 0 returns the profile unchanged. Raises InputError for
    a width that is negative, not a number or above MAX_WIDTH.
    """
    profile = np.array(ge_fractions, dtype=float)
    if profile.ndim != 1 or not len(profile):
        raise InputError(f"A profile is a list of Ge fractions, one a monolayer; given was shape {profile.shape}")
    if not 0.0 <= width <= MAX_WIDTH:
        raise InputError(f"Interface width {width:g} ML is not accepted; give 0 (sharp) to {MAX_WIDTH:g} monolayers")
    if width == 0.0:
        return profile
    reach = int(np.ceil(_REACH * width)) + 1
    distance = np.arange(-reach, reach + 1)
    weight = 0.5 * (erf((distance + 0.5) / width) - erf((distance - 0.5) / width))
    kernel = np.bincount(distance % len(profile), weights=weight, minlength=len(profile))
    mixed = np.fft.irfft(np.fft.rfft(profile) * np.fft.rfft(kernel / kernel.sum()), n=len(profile))
    mixed[mixed < _ROUND_OFF] = 0.0
    mixed[mixed > 1.0 - _ROUND_OFF] = 1.0
    return mixed
