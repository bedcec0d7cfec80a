"""Levels of a crystal and how they answer to the parameters of the Hamiltonian, dE_n/dp = ⟨n| dH/dp |n⟩.

All that is fitted enters through two-centre values in the frames of the bonds, of hopping and of the on-site terms. So
what is needed of a state is its products of orbitals in these frames (R. P. Feynman, Phys. Rev. 56, 340 (1939)).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from core.electronic.hamiltonian import (
    Bonds,
    bonds_of,
    build_hamiltonian,
    orbital_phase,
    second_bonds_of,
    species_weight,
)
from core.electronic.slater_koster import SHELL_OF_ORBITAL, orbital_rotation, two_centre_entries
from core.forward.taught.parameters import directions, field_changes, taught_parameters
from core.structure.crystal import Crystal


@dataclass(frozen=True, eq=False)
class Levels:
    """Levels at k-points, and how they answer.

    energy: (k, band) eV on the scale of the parameters. weight: (k, band) unfolding weights.
    slope: (k, band, direction) of `core.forward.taught.parameters.directions`.
    """

    energy: np.ndarray
    weight: np.ndarray
    slope: np.ndarray


def level_energies(crystal: Crystal, k_reduced: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(k, band) eV: as of `levels`, all of them and nothing else."""
    return np.linalg.eigvalsh(build_hamiltonian(crystal, parameters=taught_parameters(values)).matrices(k_reduced))


def levels(crystal: Crystal, k_reduced: np.ndarray, values: np.ndarray, bands: int, every: int = 1) -> Levels:
    """The lowest levels with (direction,) values of the parameters.

    Args:
        crystal: of the functional.
        k_reduced: (k, 3) in units of the average cell.
        values: (direction,).
        bands: how many.
        every: only so manieth of them, from the lowest.
    """
    hamiltonian = build_hamiltonian(crystal, parameters=taught_parameters(values))
    energy, state = np.linalg.eigh(hamiltonian.matrices(k_reduced))
    energy, state = energy[:, :bands:every], state[:, :, :bands:every]
    state = state.reshape(*state.shape[:1], len(crystal), 10, -1)
    sublattice, cells = crystal.sublattice, len(crystal) / 2
    sums = [np.abs(state[:, sublattice == s].sum(axis=1)) ** 2 for s in (0, 1)]
    weight = sum(part.sum(axis=1) for part in sums) / cells
    return Levels(energy, weight, _slopes(crystal, k_reduced, values, state))


def _slopes(crystal: Crystal, k_reduced: np.ndarray, values: np.ndarray, state: np.ndarray) -> np.ndarray:
    """(k, band, direction) from coefficients (k, atom, orbital, band)."""
    tb = taught_parameters(values)
    state = (state * orbital_phase()[:, None]).astype(np.complex64)
    out = np.zeros((len(k_reduced), state.shape[3], len(values)))
    bonds = bonds_of(crystal, tb)
    for kind, prefix in ((bonds, ""), (second_bonds_of(crystal, tb), "second_")):
        rotation = orbital_rotation(kind.direction).astype(np.float32)
        one, two = (rotation @ state[:, atom] for atom in kind.atoms.T)
        phase = np.exp(0.5j * np.pi * k_reduced @ kind.site.T)[:, :, None, None].astype(np.complex64)
        hops = _products(phase.conj() * one, two) * _signs("parity")[:, None]
        _add(out, 2 * hops, hopping_slopes(kind, prefix))
        if not prefix:
            which, first, second = strain_slopes(crystal, kind)
            _add(out, _products(one, one), (which, first))
            _add(out, _products(two, two) * _signs("inversion")[:, None], (which, second))
    shells = (state.real**2 + state.imag**2).transpose(0, 3, 1, 2)
    shells = np.stack([shells[..., shell == SHELL_OF_ORBITAL].sum(axis=-1) for shell in range(4)], axis=-1)
    which, table = _shell_slopes(crystal, bonds.length / bonds.reference - 1)
    out[:, :, which] += np.tensordot(shells, table, axes=2)
    return out


def _products(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """(k, bond, entry, band): Re(one* two) of the orbitals that each entry joins, from (k, bond, orbital, band)."""
    first, second, start = _orbitals()
    total = one.real[:, :, first] * two.real[:, :, second]
    total += one.imag[:, :, first] * two.imag[:, :, second]
    return np.add.reduceat(total, start, axis=2)


def _add(out: np.ndarray, products: np.ndarray, slopes: tuple[np.ndarray, np.ndarray]) -> None:
    """Add products (k, bond, entry, band) times (bond, entry, direction) to derivatives (k, band, all directions)."""
    which, table = slopes
    flat = products.reshape(len(products), -1, products.shape[3]).transpose(0, 2, 1)
    out[:, :, which] += flat @ table.reshape(-1, len(which)).astype(np.float32)


@cache
def _orbitals() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Orbitals of either atom, pair after pair, and where each entry's pairs start."""
    pairs = [pair for entry in two_centre_entries() for pair in entry.orbitals]
    start = np.cumsum([0, *(len(entry.orbitals) for entry in two_centre_entries())])[:-1]
    return np.array([i for i, _ in pairs]), np.array([j for _, j in pairs]), start


@cache
def _signs(name: str) -> np.ndarray:
    """(entry,): parity or inversion of each."""
    return np.array([getattr(entry, name) for entry in two_centre_entries()], np.float32)


@cache
def _changes(field: str) -> tuple[np.ndarray, np.ndarray]:
    """Directions of a field, and what each changes: (direction, species…, entry)."""
    which, change = field_changes()[field]
    return which, change[(..., *np.array([entry.place for entry in two_centre_entries()]).T)]


def _placed(table: np.ndarray) -> np.ndarray:
    """(bond, entry) of (bond, shell, shell, symmetry)."""
    return table[(slice(None), *np.array([entry.place for entry in two_centre_entries()]).T)]


def hopping_slopes(bonds: Bonds, prefix: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Directions that two-centre values of bonds of one kind answer to, and (bond, entry, direction) by how much.

    prefix: of the fields of that kind.
    """
    decay = bonds.ratio[:, None] ** _placed(bonds.exponent)
    stretched = _placed(bonds.hopping) * decay * np.log(bonds.ratio)[:, None]
    parts = []
    for field, factor in ((f"{prefix}hopping", decay), (f"{prefix}exponent", stretched)):
        which, change = _changes(field)
        parts.append((which, np.einsum("bxy,dxye->bed", bonds.weight, change, optimize=True) * factor[:, :, None]))
    return np.concatenate([which for which, _ in parts]), np.concatenate([table for _, table in parts], axis=2)


def strain_slopes(crystal: Crystal, bonds: Bonds) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Directions that on-site values answer to, and (bond, entry, direction) at the first and at the second atom."""
    elongation, share = bonds.length / bonds.reference - 1, species_weight(crystal)
    constant, slope = _changes("beta_constant"), _changes("beta_slope")
    first, second = (
        np.concatenate(
            [
                np.einsum("bx,dxe->bed", share[atom], constant[1]),
                np.einsum("bx,dxe->bed", share[atom], slope[1]) * elongation[:, None, None],
            ],
            axis=2,
        )
        for atom in bonds.atoms.T
    )
    return np.concatenate([constant[0], slope[0]]), first, second


def _shell_slopes(crystal: Crystal, elongation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    weight, atoms = species_weight(crystal), len(crystal)
    volume, unlike = np.zeros(atoms), np.zeros((atoms, 2))
    for atom, other in (crystal.bond_atoms.T, crystal.bond_atoms.T[::-1]):
        np.add.at(volume, atom, 0.75 * elongation)
        np.add.at(unlike, atom, 0.25 * weight[atom] * weight[other, ::-1])
    by_field = {"onsite": weight, "alpha": weight * volume[:, None], "neighbour": unlike}
    chosen = [(n, d) for n, d in enumerate(directions()) if d.field in by_field]
    table = np.stack([by_field[d.field] @ d.change for _, d in chosen], axis=-1)
    return np.array([n for n, _ in chosen]), table
