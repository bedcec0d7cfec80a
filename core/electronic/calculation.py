"""One request from a stack (or a structure) to its unfolded bands: what pages and command line both call."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from core.electronic.diagonalise import Bands, solve_bands
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.kpath import KPath
from core.electronic.states import solve_states
from core.errors import InputError
from core.parameters.tight_binding import TightBindingParameters
from core.structure.build import build_crystal
from core.structure.crystal import Crystal
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

ENGINE_VERSION = "2"
"""Raised whenever results of the exact engine change: part of every cache key and result file."""

EXACT_ATOM_LIMIT = 256
"""Atoms that the exact engine takes; half as many with spin-orbit coupling, whose matrices are twice as large."""


@dataclass(frozen=True, eq=False)
class BandCalculation:
    """Bands of a crystal along a path, energies relative to the valence band maximum of unstrained bulk Si."""

    crystal: Crystal
    path: KPath
    spin_orbit: bool
    bands: Bands


@cache
def energy_zero(spin_orbit: bool) -> float:
    """Valence band maximum of unstrained bulk Si in the same model, on the parameters' scale (eV)."""
    silicon = build_crystal(parse_stack("Si2"), parse_substrate("Si"))
    energy = solve_states(build_hamiltonian(silicon, spin_orbit), (0, 0, 0)).energy
    return float(energy[4 * len(silicon) - 1 if spin_orbit else 2 * len(silicon) - 1])


def check_size(crystal: Crystal, spin_orbit: bool = False) -> None:
    """Refuse what the exact engine cannot do in reasonable time.

    Raises:
        InputError: more than EXACT_ATOM_LIMIT atoms, or than half of it with spin-orbit coupling.
    """
    limit = EXACT_ATOM_LIMIT // (2 if spin_orbit else 1)
    if len(crystal) > limit:
        raise InputError(
            f"{crystal.label or 'This structure'} has {len(crystal)} atoms and the exact engine takes at most {limit}"
            f"{' with spin-orbit coupling' if spin_orbit else ''}: use a shorter period (one repeat gives the same "
            "bands) or fewer monolayers"
        )


def calculate_bands(
    crystal: Crystal,
    path: KPath,
    spin_orbit: bool = False,
    window: tuple[float, float] | None = None,
    progress: Callable[[float], None] | None = None,
    workers: int | None = None,
    parameters: TightBindingParameters | None = None,
) -> BandCalculation:
    """Exact bands with unfolding and atomic weights along a path.

    Args:
        crystal: up to EXACT_ATOM_LIMIT atoms.
        path: from `core.electronic.kpath`.
        spin_orbit: include spin-orbit coupling; bands then count spin.
        window: (low, high) eV to keep, relative to the Si valence band maximum; None keeps all bands.
        progress: called with the fraction done; what it raises cancels the work.
        workers: threads.
        parameters: others than those of the project; the zero of energy stays where the project's have it.

    Raises:
        InputError: too many atoms.
    """
    check_size(crystal, spin_orbit)
    zero = energy_zero(spin_orbit)
    hamiltonian = build_hamiltonian(crystal, spin_orbit, parameters)
    shifted = None if window is None else (window[0] + zero, window[1] + zero)
    half = slice(len(path) // 2 if _is_its_own_image(crystal, path) else 0, None)
    bands = solve_bands(hamiltonian, path.k_reduced[half], path.direction[half], shifted, progress, workers)
    bands = _with_other_half(bands, len(path)) if half.start else bands
    return BandCalculation(crystal, path, spin_orbit, replace(bands, energy=bands.energy - zero))


def _is_its_own_image(crystal: Crystal, path: KPath) -> bool:
    """Whether half a turn about the growth axis leaves crystal and path as they are, as it does a cut of a stack."""
    turned = path.k_reduced[::-1] * [-1.0, -1.0, 1.0]
    return len(path.segments) == 1 and bool(np.abs(turned - path.k_reduced).max() < 1e-12) and crystal.twofold_axis


def _with_other_half(bands: Bands, count: int) -> Bands:
    """Bands of a path of `count` points from those of its second half: atoms and energies stay, velocities turn."""
    points, first = np.arange(count), count // 2
    solved = np.where(points < first, count - 1 - points, points) - first
    return Bands(
        energy=bands.energy[solved],
        unfolding_weight=bands.unfolding_weight[solved],
        velocity=bands.velocity[solved] * np.where(points < first, -1.0, 1.0)[:, None],
        atom_shell_weight=bands.atom_shell_weight[:, :, solved],
    )


def bare_matrices(crystal: Crystal, path: KPath, spin_orbit: bool = False) -> np.ndarray:
    """(k, n, n) dense H(k) in eV on the parameters' scale, for comparisons with a plain diagonaliser."""
    return build_hamiltonian(crystal, spin_orbit).matrices(path.k_reduced)
