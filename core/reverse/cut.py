"""One calibrated image of a sample, and what is known of its final state."""

import re
from dataclasses import dataclass

import numpy as np
import xarray as xr

from core.electronic.kpath import CUT_ENDS
from core.errors import InputError
from core.experiment.calibration.record import ImageRecord
from core.experiment.photoemission.final_state import INNER_POTENTIAL, WORK_FUNCTION, final_momentum, reduced_kz

_NAMED = {
    "G-K": re.compile(r"(?<![a-z0-9])(g|Γ|gamma)[-_– ]?k(?![a-z0-9])|\[110\]", re.IGNORECASE),
    "G-X": re.compile(r"(?<![a-z0-9])(g|Γ|gamma)[-_– ]?x(?![a-z0-9])|\[100\]", re.IGNORECASE),
}
"""Cut → how names of files speak of it: GK, Γ-K, gamma_k, [110]."""

TYPICAL_SPACING = 1.38
"""Å between planes, for k_z from a photon energy before the sample is known."""


@dataclass(frozen=True, eq=False)
class Cut:
    """One calibrated image, over (eV, kx).

    cut: `G-X` or `G-K`. kz: in 2π/c̄; None where it is to be inferred. radius: k_f in 1/Å where the photon energy is
    known, infinite otherwise. record: what was read from its file, where it came from one. noise_gain: variance of the
    noise over the mean on the standard grid, where that was found before and the image is not at hand.
    """

    image: xr.DataArray | None
    cut: str
    kz: float | None = None
    radius: float = np.inf
    record: ImageRecord | None = None
    noise_gain: float | None = None


def cut_name(text: str) -> str:
    """`G-X` or `G-K`; Γ, spaces and lower case are forgiven.

    Raises:
        InputError: another cut.
    """
    name = "".join(text.split()).replace("Γ", "G").upper()
    if name not in CUT_ENDS:
        raise InputError(f"Cut {text!r} is not known; allowed are {' ([100]) and '.join(CUT_ENDS)} ([110])")
    return name


def cut_in_name(name: str) -> str:
    """`G-X` or `G-K` where the name of a file speaks of one of them alone; else empty."""
    found = [cut for cut, pattern in _NAMED.items() if pattern.search(name)]
    return found[0] if len(found) == 1 else ""


def final_state_of(
    kz: str | None, photon_energy: float | None, inner_potential: float | None, work_function: float | None
) -> tuple[float | None, float]:
    """k_z in 2π/c̄ (None to infer it) and final-state momentum in 1/Å (infinite if not known).

    Raises:
        InputError: k_z is neither a number nor auto, or the photons free no electrons.
    """
    radius, known = np.inf, None
    if photon_energy is not None:
        phi = WORK_FUNCTION if work_function is None else work_function
        known, radius = kz_from_photons(photon_energy, inner_potential, phi)
    if kz is None:
        return known, radius
    if kz.strip().lower() == "auto":
        return None, radius
    try:
        value = float(kz)
    except ValueError:
        raise InputError(f"--kz {kz!r} is neither a number in 2π/c̄ nor auto") from None
    if not np.isfinite(value) or abs(value) > 100:
        raise InputError(f"--kz {kz} is not usable; give a number in 2π/c̄: 0 for the Γ plane, 1 for the Z plane")
    return abs((value + 1) % 2 - 1), radius


def kz_from_photons(photon_energy: float, inner_potential: float | None, work_function: float) -> tuple[float, float]:
    """k_z at k∥ = 0 in 2π/c̄, and the final-state momentum in 1/Å.

    Raises:
        InputError: the photons free no electrons.
    """
    potential = INNER_POTENTIAL["Si"] if inner_potential is None else inner_potential
    radius = final_momentum(photon_energy, potential, work_function)
    return float(reduced_kz(radius, TYPICAL_SPACING)), radius
