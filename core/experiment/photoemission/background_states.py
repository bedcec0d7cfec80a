"""The density of states that electrons leave behind which lost their momentum: the background of a band image.

Phonons, defects and overlayers scatter photoelectrons between momenta; what they add to an image follows the density of
states of the whole zone, not that of the cut. That of the bulk virtual crystal of the same mean composition stands for
a stack's.
"""

from functools import lru_cache

import numpy as np

from core.electronic.calculation import energy_zero
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.spectral import EnergyGrid
from core.structure.build import build_crystal
from core.structure.stack import Block, Stack
from core.structure.substrate import Substrate

POINTS = 14
"""Momenta along each edge of an eighth of the cube that stands for the zone."""

SIGMA = 0.15
"""eV: Gaussian broadening."""

COMPOSITION, LATTICE = np.linspace(0, 1, 6), np.linspace(5.25, 5.85, 7)
"""Ge fractions and a∥ (Å) between which densities of states are interpolated."""


def background_states(ge_fraction: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    """(sample, energy) densities of states on the default energy grid, of unit mean.

    Args:
        ge_fraction: (sample,) mean of the stack.
        lattice: (sample,) a∥ in Å.
    """
    found = []
    for x, a in zip(np.atleast_1d(ge_fraction), np.atleast_1d(lattice), strict=True):
        (low, part), (left, share) = _between(COMPOSITION, float(x)), _between(LATTICE, float(a))
        weights = np.outer([1 - part, part], [1 - share, share])
        found.append(sum(w * _states(low + i, left + j) for (i, j), w in np.ndenumerate(weights)))
    return np.stack(found)


def _between(table: np.ndarray, value: float) -> tuple[int, float]:
    """Index below a value, and how far it is on the way to the next."""
    place = float(np.clip((value - table[0]) / (table[1] - table[0]), 0, len(table) - 1))
    low = min(int(place), len(table) - 2)
    return low, place - low


@lru_cache(maxsize=len(COMPOSITION) * len(LATTICE))
def _states(composition: int, lattice: int) -> np.ndarray:
    x, a = float(COMPOSITION[composition]), float(LATTICE[lattice])
    crystal = build_crystal(Stack((Block(x, 2),)), Substrate(a, f"{a:.3f} Å"))
    axis = (np.arange(POINTS) + 0.5) / POINTS
    kx, ky, kz = (part.ravel() for part in np.meshgrid(axis, axis, axis, indexing="ij"))
    half = kx >= ky
    matrices = build_hamiltonian(crystal).matrices(np.column_stack([kx, ky, kz])[half])
    levels = np.linalg.eigvalsh(matrices) - energy_zero(False)
    weight = np.where(kx[half] > ky[half], 2.0, 1.0)[:, None].repeat(levels.shape[1], 1)
    grid = EnergyGrid()
    fine = np.arange(grid.low - 1, grid.high + 1, 0.02)
    counted = np.histogram(levels, np.append(fine, fine[-1] + 0.02), weights=weight)[0]
    gauss = np.exp(-0.5 * ((grid.values[:, None] - fine - 0.01) / SIGMA) ** 2)
    found = (gauss @ counted).astype(np.float32)
    return found / found.mean()
