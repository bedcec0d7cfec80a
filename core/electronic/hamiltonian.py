"""The sp3d5s* Bloch Hamiltonian of a four-bonded crystal, assembled from stacked bond blocks.

Parameters may join second neighbours too, which the published ones do not; pairs of these are bonds like others then.

Orbitals stand in the in-plane frame u = [110], w = [-110], z = [001], where the mirror planes of a [001] stack are u z
and w z, and orbitals odd under the two-fold rotation about z (p_u, p_w, d_wz, d_zu) carry a factor i; with spin-orbit
the spin is quantised along w and carries exp(±iπ/4). In this basis H(k) falls into blocks on the mirror planes and is
real at k_z = 0, both of which `core.electronic.diagonalise` finds and uses.

An empty site of an imperfect crystal keeps its place in the arrays: its hopping is 0 and its orbitals lie at FAR, out
of every window, which leaves the other atoms exactly what they are without it. On-site terms of its neighbours count
the bond to the empty place as if an atom were there. The four sp3 hybrids that point to it stay as they are, dangling,
or are passivated: raised by PASSIVATION, as S. Lee, F. Oyafuso, P. von Allmen and G. Klimeck do at surfaces,
Phys. Rev. B 69, 045316 (2004).

Bloch phases are those of the ideal sites, exp(i k·(r_j − r_i)): the unfolding projection is then a plain sum over the
atoms of a sublattice (see `core.electronic.diagonalise`).
"""

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from core.electronic.second_neighbours import second_neighbours
from core.electronic.slater_koster import SHELL_OF_ORBITAL, two_centre_blocks
from core.parameters.tight_binding import TightBindingParameters, tight_binding_parameters
from core.structure.crystal import Crystal

FAR = 1000.0
"""eV: where the orbitals of empty sites lie."""

PASSIVATION = 30.0
"""eV, added to the sp3 hybrids that point to an empty site which is passivated."""

_TO_UW = np.array([[1, 1, 0], [-1, 1, 0], [0, 0, np.sqrt(2)]]) / np.sqrt(2)
_TWOFOLD_ODD = np.array([1, 2, 5, 6])
_ORBITAL_PHASE = np.where(np.isin(np.arange(10), _TWOFOLD_ODD), 1j, 1.0)
_SPIN_PHASE = np.exp(1j * np.pi / 4 * np.array([1, -1]))


@dataclass(frozen=True, eq=False)
class Hamiltonian:
    """Blocks of H(k) for a crystal; assembly at any k is a sum of phases times blocks.

    Shapes and units:
        onsite: (atom, m, m) eV, m = 10 orbitals, or 20 with spin (spin-major).
        pair_atoms: (pair, 2), distinct bonded pairs, sublattice 0 first.
        hopping: (bond, m, m) eV, sorted by pair.
        hopping_site: (bond, 3), ideal bond vector in quarters of the average cell.
        pair_start: (pair,), first bond of each pair.
    """

    crystal: Crystal
    spin_orbit: bool
    onsite: np.ndarray
    pair_atoms: np.ndarray
    hopping: np.ndarray
    hopping_site: np.ndarray
    pair_start: np.ndarray

    @property
    def orbitals_per_atom(self) -> int:
        """10, or 20 with spin-orbit coupling."""
        return self.onsite.shape[1]

    @property
    def size(self) -> int:
        """Dimension of H(k)."""
        return len(self.crystal) * self.orbitals_per_atom

    @cached_property
    def shell_of_orbital(self) -> np.ndarray:
        """(m,) shell index (s, p, d, s*) of each orbital of an atom."""
        return np.tile(SHELL_OF_ORBITAL, self.orbitals_per_atom // 10)

    def pair_blocks(self, k_reduced: np.ndarray) -> np.ndarray:
        """(k, pair, m, m): the off-diagonal blocks ⟨first| H(k) |second⟩."""
        return self._summed(np.exp(0.5j * np.pi * k_reduced @ self.hopping_site.T))

    def velocity_blocks(self, k_reduced: np.ndarray, direction: np.ndarray, order: int = 1) -> np.ndarray:
        """(k, pair, m, m): derivative of `pair_blocks` of the given order along unit vectors.

        Args:
            k_reduced: (k, 3).
            direction: (k, 3) Cartesian unit vectors.
            order: 1 for eV Å, 2 for eV Å².
        """
        ideal = self.hopping_site @ (self.crystal.average_cell / 4)
        phase = np.exp(0.5j * np.pi * k_reduced @ self.hopping_site.T)
        return self._summed(phase * (1j * direction @ ideal.T) ** order)

    def matrices(self, k_reduced: np.ndarray) -> np.ndarray:
        """(k, n, n) dense Hermitian H(k) in eV."""
        k_reduced = np.atleast_2d(k_reduced)
        atoms, m = len(self.crystal), self.orbitals_per_atom
        dense = np.zeros((len(k_reduced), atoms, m, atoms, m), dtype=complex)
        first, second = self.pair_atoms.T
        blocks = self.pair_blocks(k_reduced).transpose(1, 0, 2, 3)
        dense[:, np.arange(atoms), :, np.arange(atoms), :] = self.onsite[:, None]
        dense[:, first, :, second, :] += blocks
        dense[:, second, :, first, :] += blocks.conj().transpose(0, 1, 3, 2)
        return dense.reshape(len(k_reduced), self.size, self.size)

    def _summed(self, phase: np.ndarray) -> np.ndarray:
        return np.add.reduceat(phase[:, :, None, None] * self.hopping, self.pair_start, axis=1)


def build_hamiltonian(
    crystal: Crystal, spin_orbit: bool = False, parameters: TightBindingParameters | None = None
) -> Hamiltonian:
    """Blocks of the Hamiltonian of a crystal, with the parameters of `core.parameters.tight_binding` or others.

    Virtual-crystal atoms (0 < Ge fraction < 1) take parameters linear in the fractions of the atoms they involve.
    """
    parameters = parameters or tight_binding_parameters()
    onsite = _onsite_blocks(crystal, parameters)
    bonds = bonds_of(crystal, parameters)
    hopping = _hopping_blocks(bonds)
    if crystal.empty_sites:
        _empty(crystal, onsite, hopping)
    if parameters.second_hopping.any():
        if crystal.empty_sites:
            raise ValueError("no second neighbours with empty sites")
        further = second_bonds_of(crystal, parameters)
        bonds, hopping = bonds.joined(further), np.concatenate([hopping, _hopping_blocks(further)])
    if spin_orbit:
        coupling = _spin_orbit_blocks(crystal, parameters) * ~crystal.vacant[:, None, None]
        onsite = np.kron(np.eye(2), onsite) + coupling
        hopping = np.kron(np.eye(2), hopping)
    gauge = _gauge(spin_orbit)
    pair_atoms, pair_of_bond = np.unique(bonds.atoms, axis=0, return_inverse=True)
    order = np.argsort(pair_of_bond, kind="stable")
    return Hamiltonian(
        crystal=crystal,
        spin_orbit=spin_orbit,
        onsite=onsite * gauge,
        pair_atoms=pair_atoms,
        hopping=(hopping * gauge)[order],
        hopping_site=bonds.site[order],
        pair_start=np.searchsorted(pair_of_bond[order], np.arange(len(pair_atoms))),
    )


def species_weight(crystal: Crystal) -> np.ndarray:
    """(atom, species): 1 − x and x."""
    return np.stack([1 - crystal.ge_fraction, crystal.ge_fraction], axis=1)


@dataclass(frozen=True, eq=False)
class Bonds:
    """Pairs of atoms that hopping joins, and its two-centre values.

    atoms: (bond, 2). site: (bond, 3) ideal vectors. direction: (bond, 3) unit vectors in the u, w, z frame.
    length: (bond,) Å. weight: (bond, species, species).
    hopping, exponent: (bond, shell, shell, symmetry) at the reference length. reference: (bond,) Å.
    """

    atoms: np.ndarray
    site: np.ndarray
    direction: np.ndarray
    length: np.ndarray
    weight: np.ndarray
    hopping: np.ndarray
    exponent: np.ndarray
    reference: np.ndarray

    @property
    def ratio(self) -> np.ndarray:
        """(bond,): reference length over length."""
        return self.reference / self.length

    def integrals(self) -> np.ndarray:
        """(bond, shell, shell, symmetry) eV."""
        return self.hopping * self.ratio[:, None, None, None] ** self.exponent

    def joined(self, other: "Bonds") -> "Bonds":
        """These bonds, then others."""
        return Bonds(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)))


def bonds_of(crystal: Crystal, tb: TightBindingParameters) -> Bonds:
    """The bonds of a crystal, from sublattice 0 to sublattice 1."""
    tables = tb.hopping, tb.exponent, tb.bond_length
    return _bonds(crystal, crystal.bond_atoms, crystal.bond_site, crystal.bond_vector, tables)


def second_bonds_of(crystal: Crystal, tb: TightBindingParameters) -> Bonds:
    """The pairs of second neighbours of a crystal, each once."""
    pairs = second_neighbours(crystal)
    tables = tb.second_hopping, tb.second_exponent, tb.second_length
    return _bonds(crystal, pairs.atoms, pairs.site, pairs.vector, tables)


def _bonds(crystal: Crystal, atoms: np.ndarray, site: np.ndarray, vector: np.ndarray, tables: tuple) -> Bonds:
    length = np.linalg.norm(vector, axis=1)
    share = species_weight(crystal)
    weight = share[atoms[:, 0], :, None] * share[atoms[:, 1], None, :]
    values = (np.einsum("bxy,xy...->b...", weight, table) for table in tables)
    return Bonds(atoms, site, vector @ _TO_UW.T / length[:, None], length, weight, *values)


def _hopping_blocks(bonds: Bonds) -> np.ndarray:
    """(bond, 10, 10) eV."""
    return two_centre_blocks(bonds.direction, bonds.integrals())


def _onsite_blocks(crystal: Crystal, tb: TightBindingParameters) -> np.ndarray:
    """(atom, 10, 10) eV with the strain terms of the four bonds of each atom."""
    bonds = bonds_of(crystal, tb)
    direction, elongation = bonds.direction, bonds.length / bonds.reference - 1
    weight = species_weight(crystal)
    blocks = np.zeros((len(crystal), 10, 10))
    volume_strain, unlike = np.zeros(len(crystal)), np.zeros((len(crystal), 2))
    for atom, other, sign in ((*crystal.bond_atoms.T, 1.0), (*crystal.bond_atoms.T[::-1], -1.0)):
        constant, slope = (
            np.einsum("bx,x...->b...", weight[atom], table) for table in (tb.beta_constant, tb.beta_slope)
        )
        integrals = constant + slope * elongation[:, None, None, None]
        np.add.at(blocks, atom, two_centre_blocks(sign * direction, integrals, same_atom=True))
        np.add.at(volume_strain, atom, 0.75 * elongation)
        np.add.at(unlike, atom, 0.25 * weight[atom] * weight[other, ::-1])
    shell_energy = weight @ tb.onsite + (weight @ tb.alpha) * volume_strain[:, None] + unlike @ tb.neighbour
    diagonal = np.arange(10)
    blocks[:, diagonal, diagonal] += shell_energy[:, SHELL_OF_ORBITAL]
    return blocks


def _empty(crystal: Crystal, onsite: np.ndarray, hopping: np.ndarray) -> None:
    """Take the orbitals of empty sites out of the blocks (atom, 10, 10) and (bond, 10, 10), in place."""
    first, second = crystal.bond_atoms.T
    if crystal.passivated:
        direction = crystal.bond_vector @ _TO_UW.T / crystal.bond_length[:, None]
        for atom, end, sign in ((first, second, 1.0), (second, first, -1.0)):
            bonds = np.flatnonzero(crystal.vacant[end])
            hybrid = np.zeros((len(bonds), 10))
            hybrid[:, 0] = 0.5
            hybrid[:, 1:4] = np.sqrt(0.75) * sign * direction[bonds]
            np.add.at(onsite, atom[bonds], PASSIVATION * hybrid[:, :, None] * hybrid[:, None, :])
    hopping[crystal.vacant[crystal.bond_atoms].any(axis=1)] = 0.0
    onsite[crystal.vacant] = FAR * np.eye(10)


def angular_momentum_along_growth() -> np.ndarray:
    """(20, 20): L_z σ_z of one atom on the p shell, in the orbitals of a Hamiltonian with spin; +1 for a heavy hole."""
    return _angular_spin()[2] * _gauge(spin_orbit=True)


def _spin_orbit_blocks(crystal: Crystal, tb: TightBindingParameters) -> np.ndarray:
    """(atom, 20, 20): λ L·σ on the p shell."""
    strength = species_weight(crystal) @ tb.spin_orbit
    return strength[:, None, None] * _angular_spin().sum(axis=0)


def _angular_spin() -> np.ndarray:
    """(axis, 20, 20): L_a σ_a for a = u, w, z; spin along w, so that (z, u, w) are the axes of the Pauli matrices."""
    levi_civita = np.zeros((3, 3, 3))
    levi_civita[[0, 1, 2], [1, 2, 0], [2, 0, 1]] = 1
    levi_civita[[0, 2, 1], [2, 1, 0], [1, 0, 2]] = -1
    angular = -1j * levi_civita
    pauli = np.array([[[0, -1j], [1j, 0]], [[1, 0], [0, -1]], [[0, 1], [1, 0]]])
    product = np.zeros((3, 2, 10, 2, 10), dtype=complex)
    product[:, :, 1:4, :, 1:4] = np.einsum("aij,ast->asitj", angular, pauli)
    return product.reshape(3, 20, 20)


def orbital_phase() -> np.ndarray:
    """(10,): what coefficients without spin are multiplied by to be those of real orbitals of the u, w, z frame."""
    return _ORBITAL_PHASE


def _gauge(spin_orbit: bool) -> np.ndarray:
    """(m, m) factors that bring blocks of real orbitals to the phases that this module's head describes."""
    phase = np.concatenate([spin * _ORBITAL_PHASE for spin in _SPIN_PHASE]) if spin_orbit else _ORBITAL_PHASE
    return phase.conj()[:, None] * phase
