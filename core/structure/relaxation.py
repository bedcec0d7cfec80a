"""Relaxation of every atom in three dimensions in the Keating valence force field.

The energy is that of `core.structure.keating`, over explicit bonds and angles. Bond vectors are linear in the atoms'
positions and in the strain of the cell, r = D x, so that the gradient is Dᵀ g and the Hessian Dᵀ H D with g and H of
the bond vectors alone: Newton's method with sparse matrices. Empty sites have no bonds and no angles.
"""

from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, hstack, identity, kron
from scipy.sparse.linalg import spsolve

from core.errors import InputError
from core.parameters.keating import KeatingParameters, keating_parameters
from core.structure.crystal import Crystal

MAX_STEPS = 60
FreeCell = Literal["fixed", "growth", "free"]

_STRAINS = {
    "fixed": [],
    "growth": [(2, 2)],
    "free": [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2)],
}
_LONGEST_MOVE = 0.2
_HALVINGS = 20


@dataclass(frozen=True, eq=False)
class BondEnergy:
    """The Keating energy of a crystal as a function of its bond vectors (bond, 3) Å; empty sites are left out.

    alpha, length: (bond,) N/m and Å, alpha 0 at an empty site. beta: (angle,) N/m. one, two: (angle,) the bonds of
    each angle, which run from sublattice 0 to sublattice 1 on both sides of it.
    """

    alpha: np.ndarray
    length: np.ndarray
    beta: np.ndarray
    one: np.ndarray
    two: np.ndarray

    @classmethod
    def of(cls, crystal: Crystal, parameters: KeatingParameters | None = None) -> Self:
        """The bonds and angles of a crystal, with the project's parameters unless others are given."""
        parameters = parameters or keating_parameters()
        first, second = crystal.bond_atoms.T
        mean = crystal.ge_fraction[crystal.bond_atoms].mean(axis=1)
        alpha, beta = (v[0] + (v[1] - v[0]) * mean for v in (parameters.alpha, parameters.beta))
        kept = ~crystal.vacant[crystal.bond_atoms].any(axis=1)
        of_atom = [np.argsort(side, kind="stable").reshape(-1, 4) for side in _sides(crystal)]
        pairs = np.concatenate([four[:, np.stack(np.triu_indices(4, 1), axis=1)].reshape(-1, 2) for four in of_atom])
        one, two = pairs[kept[pairs].all(axis=1)].T
        length = parameters.bond_natural_length(crystal.ge_fraction[first], crystal.ge_fraction[second])
        return cls(alpha * kept, length, (beta[one] + beta[two]) / 2, one, two)

    def value(self, vector: np.ndarray) -> float:
        """N/m Å² (1 N/m Å² is 0.0624 eV) a cell."""
        stretched, bent = self._deviations(vector)
        return float((self._stretch * stretched**2).sum() + (self._bend * bent**2).sum())

    def gradient(self, vector: np.ndarray) -> np.ndarray:
        """(bond, 3) N/m Å: derivative by the bond vectors."""
        stretched, bent = self._deviations(vector)
        gradient = (4 * self._stretch * stretched)[:, None] * vector
        pull = (2 * self._bend * bent)[:, None]
        np.add.at(gradient, self.one, pull * vector[self.two])
        np.add.at(gradient, self.two, pull * vector[self.one])
        return gradient

    def hessian(self, vector: np.ndarray) -> csr_matrix:
        """(3 bond, 3 bond) N/m, sparse: second derivative by the bond vectors."""
        stretched, bent = self._deviations(vector)
        own = np.arange(len(vector))
        unit, first, second = np.eye(3), vector[self.one], vector[self.two]
        stretch, bend = self._stretch[:, None, None], self._bend[:, None, None]
        across = 2 * bend * (bent[:, None, None] * unit + second[:, :, None] * first[:, None, :])
        blocks = [
            (own, own, 4 * stretch * (stretched[:, None, None] * unit + 2 * vector[:, :, None] * vector[:, None, :])),
            (self.one, self.one, 2 * bend * second[:, :, None] * second[:, None, :]),
            (self.two, self.two, 2 * bend * first[:, :, None] * first[:, None, :]),
            (self.one, self.two, across),
            (self.two, self.one, across.transpose(0, 2, 1)),
        ]
        i, j, values = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        row = np.broadcast_to((3 * i[:, None] + np.arange(3))[:, :, None], values.shape)
        column = np.broadcast_to((3 * j[:, None] + np.arange(3))[:, None, :], values.shape)
        size = 3 * len(vector)
        return coo_matrix((values.ravel(), (row.ravel(), column.ravel())), shape=(size, size)).tocsr()

    @property
    def _stretch(self) -> np.ndarray:
        return 0.375 * self.alpha / self.length**2

    @property
    def _bend(self) -> np.ndarray:
        return 0.375 * self.beta / (self.length[self.one] * self.length[self.two])

    def _deviations(self, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        product = self.length[self.one] * self.length[self.two]
        bent = (vector[self.one] * vector[self.two]).sum(axis=1) + product / 3
        return (vector**2).sum(axis=1) - self.length**2, bent


def relaxed(crystal: Crystal, cell: FreeCell = "growth", parameters: KeatingParameters | None = None) -> Crystal:
    """The crystal with every atom at rest.

    Args:
        crystal: close to its equilibrium; an empty site ends at the mean of its four neighbours.
        cell: fixed; growth (as `build_crystal`: the plane of the substrate is fixed and the period along growth is
            free); free (all of it, without rotation).
        parameters: those of the project unless others are given.

    Raises:
        InputError: Newton's method does not converge.
    """
    energy = BondEnergy.of(crystal, parameters)
    moves = _moves(crystal, cell)
    vector, total = np.array(crystal.bond_vector), np.zeros(moves.shape[1])
    tolerance = 1e-13 * float(energy.alpha.max()) * crystal.lattice_in_plane
    for _ in range(MAX_STEPS):
        gradient = moves.T @ energy.gradient(vector).ravel()
        if np.abs(gradient).max() < tolerance:
            break
        step = _step(moves.T @ energy.hessian(vector) @ moves, gradient)
        step, vector = _shortened(energy, vector, moves, step, float(gradient @ step))
        total += step
    else:
        raise InputError(
            f"The atoms of {crystal.label or 'this crystal'} do not come to rest in {MAX_STEPS} steps; choose a "
            "substrate closer to the bulk lattice constants, 5.4 to 5.7 Å, or fewer empty sites"
        )
    return _moved(crystal, vector, total, cell)


def _sides(crystal: Crystal) -> tuple[np.ndarray, np.ndarray]:
    """(bond,) for either sublattice: the atom of each bond, counted within the sublattice."""
    place = np.zeros(len(crystal), dtype=int)
    for sublattice in (0, 1):
        members = crystal.sublattice == sublattice
        place[members] = np.arange(members.sum())
    first, second = crystal.bond_atoms.T
    return place[first], place[second]


def _moves(crystal: Crystal, cell: FreeCell) -> csr_matrix:
    """(3 bond, variable) sparse: how bond vectors follow the atoms that are free and the strains of the cell.

    The first atom that has neighbours is held, for the crystal as a whole may move; empty sites do not count.
    """
    first, second = crystal.bond_atoms.T
    bonds, row = len(first), np.arange(len(first))
    sign = np.repeat([-1.0, 1.0], bonds)
    ends = coo_matrix((sign, (np.tile(row, 2), np.concatenate([first, second]))), shape=(bonds, len(crystal))).tocsr()
    free = np.flatnonzero(~crystal.vacant)[1:]
    strained = _translations(crystal)
    columns = []
    for i, j in _STRAINS[cell]:
        strain = np.zeros((3, 3))
        strain[i, j] = strain[j, i] = 1.0
        columns.append((strained @ strain).ravel())
    atoms = kron(ends[:, free], identity(3), format="csr")
    return hstack([atoms, csr_matrix(np.array(columns).T)], format="csr") if columns else atoms


def _translations(crystal: Crystal) -> np.ndarray:
    """(bond, 3) Å: the lattice translation that each bond crosses."""
    first, second = crystal.bond_atoms.T
    return crystal.bond_vector - crystal.positions[second] + crystal.positions[first]


def _step(hessian: csr_matrix, gradient: np.ndarray) -> np.ndarray:
    """Newton's step, made a descent by a growing multiple of the unit matrix where the Hessian is not positive."""
    shift = 0.0
    for _ in range(_HALVINGS):
        step = spsolve((hessian + shift * identity(len(gradient))).tocsc(), -gradient)
        if np.isfinite(step).all() and gradient @ step < 0:
            break
        shift = max(4 * shift, 1e-3 * float(np.abs(hessian.diagonal()).max()))
    else:
        step = -gradient / float(np.abs(hessian.diagonal()).max())
    return step * min(1.0, _LONGEST_MOVE / float(np.abs(step).max()))


def _shortened(energy: BondEnergy, vector, moves, step, slope: float) -> tuple[np.ndarray, np.ndarray]:
    """The step, halved until the energy falls by a share of what its slope promises, and the bond vectors after it."""
    start = energy.value(vector)
    round_off = 1e-13 * abs(start) + 1e-14
    for _ in range(_HALVINGS):
        after = vector + (moves @ step).reshape(-1, 3)
        if energy.value(after) <= start + 1e-4 * slope + round_off:
            break
        step, slope = step / 2, slope / 2
    return step, after


def _moved(crystal: Crystal, vector: np.ndarray, total: np.ndarray, cell: FreeCell) -> Crystal:
    """The crystal after its variables have changed by `total`."""
    free = np.flatnonzero(~crystal.vacant)[1:]
    strain = np.zeros((3, 3))
    for value, (i, j) in zip(total[3 * len(free) :], _STRAINS[cell], strict=True):
        strain[i, j] = strain[j, i] = value
    positions = np.array(crystal.positions)
    positions[free] += total[: 3 * len(free)].reshape(-1, 3)
    after = np.array(vector)
    translation = _translations(crystal) @ (np.eye(3) + strain)
    first, second = crystal.bond_atoms.T
    for atom in np.flatnonzero(crystal.vacant):
        places = np.concatenate(
            [(positions[second] + translation)[first == atom], (positions[first] - translation)[second == atom]]
        )
        positions[atom] = places.mean(axis=0)
    empty = crystal.vacant[crystal.bond_atoms].any(axis=1)
    after[empty] = (positions[second] - positions[first] + translation)[empty]
    return replace(crystal, cell=crystal.cell @ (np.eye(3) + strain), positions=positions, bond_vector=after)
