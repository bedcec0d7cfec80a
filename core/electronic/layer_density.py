"""The density of states on every plane of a stack, with spin-orbit coupling, over the whole Brillouin zone.

A stack has two mirror planes along growth, (110) and (-110), and with time reversal its states at k_z are those at
−k_z: an eighth of the zone is sampled, evenly, and leaves every plane's weight as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from core.electronic.calculation import energy_zero
from core.electronic.hamiltonian import Hamiltonian, build_hamiltonian
from core.electronic.spectral import EnergyGrid
from core.errors import InputError
from core.structure.crystal import Crystal

GRID = EnergyGrid(-1.0, 2.0, 150)
SIGMA = 0.05
"""eV of the Gaussian in place of every state."""

MOST_PLANES = 48
IN_PLANE_POINTS = 24
"""Along each reciprocal vector of the plane."""

_ALONG_GROWTH = 24
_REACH = 5.0


@dataclass(frozen=True, eq=False)
class LayerDensity:
    """energy (energy,) eV over the VBM of unstrained bulk Si; density (plane, energy) states per eV, both spins."""

    energy: np.ndarray
    density: np.ndarray


def check_planes(crystal: Crystal) -> None:
    """Refuse what would take too long.

    Raises:
        InputError: more than MOST_PLANES planes.
    """
    if len(crystal) > MOST_PLANES:
        raise InputError(
            f"{crystal.label} has {len(crystal)} planes; along growth at most {MOST_PLANES} are computed: use a "
            "shorter period (one repeat gives the same bands)"
        )


def layer_density(
    crystal: Crystal,
    grid: EnergyGrid = GRID,
    sigma: float = SIGMA,
    points: int = IN_PLANE_POINTS,
    progress: Callable[[float], None] | None = None,
) -> LayerDensity:
    """Density of states of every plane.

    Args:
        crystal: one atom a plane.
        grid: energies.
        sigma: eV.
        points: k-points along each reciprocal vector of the plane, even.
        progress: called with the fraction done; an exception it raises cancels the work.

    Raises:
        InputError: as `check_planes`.
    """
    check_planes(crystal)
    hamiltonian, zero = build_hamiltonian(crystal, spin_orbit=True), energy_zero(True)
    order = np.argsort(crystal.positions[:, 2], kind="stable")
    mesh = zone_mesh(len(crystal), points)
    density = np.zeros((len(crystal), grid.points))
    for number, k in enumerate(mesh):
        energy, weight = _states(hamiltonian, k, (grid.low + zero, grid.high + zero), sigma)
        distance = (grid.values[None] - (energy[:, None] - zero)) / sigma
        density += weight[order] @ (np.exp(-0.5 * distance**2) / (sigma * np.sqrt(2 * np.pi)))
        if progress:
            progress((number + 1) / len(mesh))
    return LayerDensity(grid.values, density / len(mesh))


def zone_mesh(planes: int, points: int) -> np.ndarray:
    """(k, 3) kx, ky in 2π/a∥, kz in 2π/c̄: centres of equal parts of an eighth of the zone of a stack of planes."""
    along = max(1, round(_ALONG_GROWTH / planes / 2))
    part = (np.arange(points // 2) + 0.5) / points
    u, w, z = np.meshgrid(part, part, (np.arange(along) + 0.5) / along * 2.0 / planes, indexing="ij")
    return np.stack([u - w, u + w, z], axis=-1).reshape(-1, 3)


def _states(
    hamiltonian: Hamiltonian, k: np.ndarray, window: tuple[float, float], sigma: float
) -> tuple[np.ndarray, np.ndarray]:
    """Energies (state,) that reach into a window and weights (atom, state)."""
    low, high = window[0] - _REACH * sigma, window[1] + _REACH * sigma
    energy, states = scipy.linalg.eigh(
        hamiltonian.matrices(k)[0], subset_by_value=(low, high), driver="evr", overwrite_a=True, check_finite=False
    )
    shape = (len(hamiltonian.crystal), hamiltonian.orbitals_per_atom, len(energy))
    return energy, (np.abs(states.reshape(shape)) ** 2).sum(axis=1)
