"""Which orbitals states are made of, for matrix elements: light of one polarisation sees some and misses others.

The states of the bulk virtual crystal of the same mean composition stand for those of a stack. Each of ten combinations
(s, p along the cut, p across it, p_z and d, on the two sublattices in phase or in antiphase) has a share of every
state; a measurement weights the shares, so that whole branches vanish, and others in the next zone.
"""

from functools import lru_cache
from itertools import product

import numpy as np

from core.electronic.calculation import energy_zero
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.kpath import build_cut
from core.structure.build import build_crystal
from core.structure.stack import Block, Stack
from core.structure.substrate import Substrate

COMBINATIONS = tuple(f"{name} {phase}" for name in ("s", "p∥", "p⊥", "p_z", "d") for phase in ("in", "anti"))

ENERGY = np.linspace(-10.5, 5.0, 63)
"""eV against the valence band maximum of Si, where shares are given."""

POINTS = 25
"""From k∥ = 0 to the end of the cut."""

REACH = 0.3
"""eV: between bands the nearest one counts, with exp(−distance/REACH)."""

_COMPOSITION, _LATTICE, _KZ = np.linspace(0, 1, 5), np.linspace(5.25, 5.85, 7), np.linspace(0, 1, 11)


def orbital_shares(ge_fraction: float, lattice: float, cut: str, kz: float) -> np.ndarray:
    """(k, energy, combination) shares of COMBINATIONS at POINTS momenta of a cut and at ENERGY; they add up to 1.

    Args:
        ge_fraction: mean of the stack; this, a∥ and k_z are taken to the nearest of a few values: shares change slowly.
        lattice: a∥ in Å.
        cut: `G-X` or `G-K`.
        kz: 2π/c̄.
    """
    nearest = (
        float(table[np.abs(table - value).argmin()])
        for table, value in ((_COMPOSITION, ge_fraction), (_LATTICE, lattice), (_KZ, kz))
    )
    return _shares(cut, *nearest)


def orbital_shares_between(ge_fraction: float, lattice: float, cut: str, kz: float) -> np.ndarray:
    """`orbital_shares` interpolated linearly between the few values, for fits: continuous in everything."""
    ends = []
    for table, value in ((_COMPOSITION, ge_fraction), (_LATTICE, lattice), (_KZ, kz)):
        place = float(np.clip(np.interp(value, table, np.arange(len(table))), 0, len(table) - 1.000001))
        low = int(place)
        ends.append([(float(table[low]), 1 - place + low), (float(table[low + 1]), place - low)])
    total = np.zeros(1, np.float32)
    for corner in product(*ends):
        part = float(np.prod([share for _, share in corner]))
        if part > 1e-9:
            total = total + np.float32(part) * _shares(cut, *(value for value, _ in corner))
    return total


@lru_cache(maxsize=1024)
def _shares(cut: str, ge_fraction: float, lattice: float, kz: float) -> np.ndarray:
    crystal = build_crystal(Stack((Block(ge_fraction, 2),)), Substrate(lattice, f"{lattice:.3f} Å"))
    path = build_cut(crystal, cut, kz, 2 * POINTS - 1)
    energy, states = np.linalg.eigh(build_hamiltonian(crystal).matrices(path.k_reduced[POINTS - 1 :]))
    parts = _combined(states.reshape(len(energy), 2, 10, -1), along_bond=cut == "G-K")
    distance = np.abs(ENERGY[:, None] - (energy - energy_zero(False))[:, None]) / REACH
    weight = np.exp(distance.min(axis=2, keepdims=True) - distance)
    weight /= weight.sum(axis=2, keepdims=True)
    return np.einsum("keb,kbc->kec", weight, parts).astype(np.float32)


def _combined(states: np.ndarray, along_bond: bool) -> np.ndarray:
    """(k, band, combination) squared amplitudes of states (k, sublattice, orbital, band) in the frame of the bonds."""
    in_phase, anti = states[:, 0] + states[:, 1], states[:, 0] - states[:, 1]
    found = []
    for sums in (in_phase, anti):
        u, w = sums[:, 1], sums[:, 2]
        along, across = (u, w) if along_bond else ((u - w) / np.sqrt(2), (u + w) / np.sqrt(2))
        groups = (sums[:, [0, 9]], along[:, None], across[:, None], sums[:, 3:4], sums[:, 4:9])
        found.append([(np.abs(group) ** 2).sum(axis=1) / 2 for group in groups])
    return np.stack([part for pair in zip(*found, strict=True) for part in pair], axis=-1)
