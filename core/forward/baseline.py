"""The virtual crystal of a stack: a cheap first guess of its in-plane cuts, to which the network adds the difference.

Bands move by electronvolts with k_z. Two planes of the mean composition, strain and spacing, solved exactly, follow
them at a cost that does not depend on the number of layers; what is left to learn varies slowly with k_z.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline

from core.electronic.calculation import bare_matrices, calculate_bands, energy_zero
from core.electronic.spectral import Broadening, EnergyGrid, total_spectral_function
from core.learning.dataset import half_cut
from core.structure.build import crystal_of_planes

_WINDOW = (-8.5, 5.5)
_EVERY = 2
"""Momenta of a cut from one that is solved for to the next, in `virtual_cuts`."""


@lru_cache(maxsize=1024)
def virtual_cut(ge_fraction: float, lattice: float, spacing: float, cut: str, kz: float) -> np.ndarray:
    """(k, energy) 1/eV, read-only: A(k, E) of the virtual crystal on the outward half of a cut.

    Args:
        ge_fraction: mean over the stack.
        lattice: a∥ in Å.
        spacing: mean plane spacing in Å.
        cut: `G-X` or `G-K`.
        kz: in 2π/c̄.
    """
    fraction = min(max(ge_fraction, 0.0), 1.0)
    crystal = crystal_of_planes(np.full(2, fraction), np.full(2, spacing), lattice)
    path = half_cut(crystal, cut, kz)
    bands = calculate_bands(crystal, path, window=_WINDOW, workers=1).bands
    picture = total_spectral_function(bands, path.step, EnergyGrid(), Broadening()).astype(np.float32)
    picture.flags.writeable = False
    return picture


def virtual_cuts(ge_fraction: float, lattice: float, spacing: float, cut: str, kz: np.ndarray) -> np.ndarray:
    """(kz, k, energy) 1/eV: `virtual_cut` at many k_z (n,), faster, for where small errors do not count.

    Energies alone are solved for, at every second momentum; a cubic spline along k∥ gives the others and the
    velocities. Where bands cross, a pixel may be placed and broadened a little differently.
    """
    fraction = min(max(ge_fraction, 0.0), 1.0)
    crystal = crystal_of_planes(np.full(2, fraction), np.full(2, spacing), lattice)
    flat, raised = (half_cut(crystal, cut, value) for value in (0.0, 1.0))
    up = (raised.k_reduced - flat.k_reduced)[None, ::_EVERY]
    points = flat.k_reduced[None, ::_EVERY] + np.asarray(kz, float)[:, None, None] * up
    matrices = bare_matrices(crystal, replace(flat, k_reduced=points.reshape(-1, 3)))
    energy = np.linalg.eigvalsh(matrices).reshape(*points.shape[:2], -1) - energy_zero(False)
    kept = ((energy > _WINDOW[0]) & (energy < _WINDOW[1])).any(axis=(0, 1))
    number = np.arange(len(flat))
    spline = CubicSpline(number[::_EVERY], energy[..., kept], axis=1)
    energy, crossed = spline(number).astype(np.float32), spline(number, 1).astype(np.float32)
    grid, sigma = EnergyGrid(), Broadening().sigma
    precision = 1 / (sigma**2 + (0.5 * crossed) ** 2)
    picture = np.zeros((*energy.shape[:2], grid.points), np.float32)
    for band in range(energy.shape[2]):
        gaussian = grid.values.astype(np.float32) - energy[..., band, None]
        gaussian *= gaussian
        gaussian *= -0.5 * precision[..., band, None]
        np.exp(gaussian, out=gaussian)
        gaussian *= np.sqrt(precision[..., band, None] / (2 * np.pi))
        picture += gaussian
    return picture
