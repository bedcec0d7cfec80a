"""The virtual crystal of a stack: a cheap first guess of its in-plane cuts, to which the network adds the difference.

Bands move by electronvolts with k_z. Two planes of the mean composition, strain and spacing, solved exactly, follow
them at a cost that does not depend on the number of layers; what is left to learn varies slowly with k_z.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from core.electronic.calculation import bare_matrices, calculate_bands, energy_zero
from core.electronic.diagonalise import Bands
from core.electronic.spectral import Broadening, EnergyGrid, total_spectral_function
from core.learning.dataset import half_cut
from core.structure.build import crystal_of_planes

_WINDOW = (-8.5, 5.5)


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

    Energies alone are solved for, and velocities taken from their differences along k∥: where bands cross, a pixel may
    be broadened a little differently.
    """
    fraction = min(max(ge_fraction, 0.0), 1.0)
    crystal = crystal_of_planes(np.full(2, fraction), np.full(2, spacing), lattice)
    paths = [half_cut(crystal, cut, float(value)) for value in kz]
    matrices = bare_matrices(crystal, replace(paths[0], k_reduced=np.concatenate([path.k_reduced for path in paths])))
    energy = np.linalg.eigvalsh(matrices).reshape(len(paths), -1, matrices.shape[1]) - energy_zero(False)
    velocity = np.gradient(energy, float(paths[0].step[0]), axis=1)
    kept = ((energy > _WINDOW[0]) & (energy < _WINDOW[1])).any(axis=(0, 1))
    energy, velocity = (values[..., kept].reshape(-1, kept.sum()) for values in (energy, velocity))
    bands = Bands(energy, np.ones_like(energy), velocity, np.empty((0, 4, *energy.shape)))
    step = np.tile(paths[0].step, len(paths))
    picture = total_spectral_function(bands, step, EnergyGrid(), Broadening()).astype(np.float32)
    return picture.reshape(len(paths), -1, picture.shape[1])
