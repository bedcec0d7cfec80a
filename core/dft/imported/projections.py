"""Bands from projections of plane-wave states on orthonormal atomic orbitals: weights, unfolding, velocities.

With c the projections of a state on Löwdin orbitals, Bloch sums over lattice vectors, weights follow `core.dft.lowdin`:

    W_n(k) = Σ_{s,o} |Σ_{i∈s} c_{i,o,n} exp(−i k·R_i)|² / (primitive cells) / Σ_{i,o} |c_{i,o,n}|²

A plane-wave state lies partly outside of the orbitals. What lies inside counts as all of it, so that weights of atoms
add up to 1, and states of one degenerate group are made orthonormal inside first.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ase.units import Bohr, Hartree

from core.dft.lowdin import SHELLS
from core.dft.recipe import WEIGHT_TOLERANCE
from core.electronic.diagonalise import Bands, degenerate_members, resolving_basis

DEGENERACY_TOLERANCE = 1e-3
"""eV: states of a plane-wave code closer than this are one degenerate group; empty ones converge to about that."""

_NOTHING = 1e-12
_HALF = 0.5
_FASTEST = 1.2
"""Times the speed of a free electron of the same energy above the lowest band."""

_MARGIN = 2.0
"""eV that are added to that energy: the lowest band may be curved more than a free electron's."""


@dataclass(frozen=True, eq=False)
class Projections:
    """States on a list of k-points.

    k: (k, 3) 1/Å, of the lines that velocities are taken along.
    energy: (k, band) eV, ascending.
    coefficient: (k, atom, orbital, band), 0 where an atom has no such orbital.
    phase: (k, atom) exp(−i k·R) of the ideal sites.
    sublattice: (atom,) 0 or 1.
    angular: (orbital,) angular momentum, the same for all atoms.
    """

    k: np.ndarray
    energy: np.ndarray
    coefficient: np.ndarray
    phase: np.ndarray
    sublattice: np.ndarray
    angular: np.ndarray

    def inside(self) -> np.ndarray:
        """(k, band): what of each state lies in the orbitals, 1 for all."""
        return (np.abs(self.coefficient) ** 2).sum(axis=(1, 2))

    def bands(self) -> Bands:
        """All states as `Bands`; velocities are those of the projected Hamiltonian, from neighbours on the same line.

        Of a state that lies outside by more than half, or would be faster by _FASTEST than a free electron of its
        energy, as where a state above the highest band comes and goes, the slope is that of its band by order. Of the
        last degenerate group at a k-point members may be missing, and its weights then say nothing.
        """
        inside = np.maximum(self.inside(), _NOTHING)
        state = self.coefficient * self.phase[:, :, None, None]
        state = state.reshape(len(self.k), -1, state.shape[-1]) / np.sqrt(inside)[:, None]
        formulas = _difference_formulas(self.k)
        solved = [self._resolved(point, state, inside, formulas[point]) for point in range(len(self.k))]
        energy, weight, velocity, atom_shell = (np.stack(arrays) for arrays in zip(*solved, strict=True))
        free = np.sqrt(2 * Hartree * Bohr**2 * (energy - energy.min() + _MARGIN))
        unknown = (inside < _HALF) | (np.abs(velocity) > _FASTEST * free)
        velocity = np.where(unknown, slopes_by_order(energy, self.k), velocity)
        return Bands(energy, weight, velocity, atom_shell.transpose(1, 2, 0, 3))

    def _resolved(
        self, k: int, states: np.ndarray, inside: np.ndarray, formula: list[tuple[int, float]]
    ) -> tuple[np.ndarray, ...]:
        """Energy, weight, velocity (band,) and atom-shell weight (atom, shell, band) at one k-point.

        A slope is that of the mean energy of the states at a neighbour that a state here consists of.
        """
        energy, state, atoms = np.array(self.energy[k]), np.array(states[k]), len(self.sublattice)
        groups = [band for _, bands in degenerate_members(energy[None], DEGENERACY_TOLERANCE) for band in bands]
        for band in groups:
            state[:, band] = _orthonormal(state[:, band])
        overlaps = [state.conj().T @ (states[at] * np.sqrt(inside[at])) for at, _ in formula]
        across = [
            (overlap, (np.abs(overlap) ** 2).sum(axis=1), self.energy[at], factor)
            for overlap, (at, factor) in zip(overlaps, formula, strict=True)
        ]
        velocity = np.zeros_like(energy)
        for overlap, seen, beside, factor in across:
            velocity += factor * (np.abs(overlap) ** 2 @ beside / seen - energy)
        sums = self._sums(state)
        weight = (np.abs(sums) ** 2).sum(axis=0)
        for band in groups:
            slopes = np.zeros((len(band), len(band)), complex)
            for overlap, seen, beside, factor in across:
                part = overlap[band]
                slopes += factor / seen[band].mean() * (part * (beside - energy[band].mean())) @ part.conj().T
            projector = sums[:, band].conj().T @ sums[:, band]
            basis = resolving_basis(projector[None], slopes[None], WEIGHT_TOLERANCE)[0]
            state[:, band] = state[:, band] @ basis
            energy[band] = np.abs(basis.T) ** 2 @ energy[band]
            weight[band] = np.einsum("gn,gh,hn->n", basis.conj(), projector, basis).real
            velocity[band] = np.einsum("gn,gh,hn->n", basis.conj(), slopes, basis).real
        shells = np.equal.outer(np.arange(SHELLS), self.angular).astype(float)
        atom_shell = np.einsum("so,aon->asn", shells, np.abs(state.reshape(atoms, -1, len(energy))) ** 2)
        return energy, weight, velocity, atom_shell

    def _sums(self, state: np.ndarray) -> np.ndarray:
        """(2 orbitals, band) projections on the Bloch states of the average crystal."""
        placed = state.reshape(len(self.sublattice), -1, state.shape[-1])
        return np.concatenate([placed[self.sublattice == s].sum(axis=0) for s in (0, 1)]) / np.sqrt(len(placed) / 2)


def _orthonormal(states: np.ndarray) -> np.ndarray:
    """The orthonormal columns that are nearest to given ones."""
    left, _, right = np.linalg.svd(states, full_matrices=False)
    return left @ right


def lines(k: np.ndarray) -> Iterator[tuple[int, int]]:
    """Ranges (start, stop) of k-points (k, 3) that lie evenly on a straight line, one after the other."""
    step = np.diff(k, axis=0)
    moving = np.linalg.norm(step, axis=1)
    start = 0
    for place in range(1, len(k)):
        first = step[start]
        if moving[place - 1] < 1e-9 or np.abs(step[place - 1] - first).max() > 1e-4 * np.linalg.norm(first):
            yield start, place
            start = place
    yield start, len(k)


def slopes_by_order(energy: np.ndarray, k: np.ndarray) -> np.ndarray:
    """(k, band) eV Å: of bands by their order, along straight lines of k (k, 3) 1/Å; wrong where bands cross."""
    slopes = np.zeros_like(energy)
    for start, stop in lines(k):
        if stop - start > 1:
            slopes[start:stop] = np.gradient(energy[start:stop], float(np.linalg.norm(k[start + 1] - k[start])), axis=0)
    return slopes


def _difference_formulas(k: np.ndarray) -> list[list[tuple[int, float]]]:
    """K-points and their factors in the derivative along the line of each; none for a point alone."""
    formulas: list[list[tuple[int, float]]] = []
    for start, stop in lines(k):
        count = stop - start
        if count == 1:
            formulas.append([])
            continue
        step = float(np.linalg.norm(k[start + 1] - k[start]))
        for place in range(count):
            at = start + place
            if 0 < place < count - 1:
                formulas.append([(at - 1, -0.5 / step), (at + 1, 0.5 / step)])
                continue
            inward = 1 if place == 0 else -1
            if count == 2:
                formulas.append([(at, -inward / step), (at + inward, inward / step)])
            else:
                factors = (-1.5 * inward / step, 2 * inward / step, -0.5 * inward / step)
                formulas.append([(at + number * inward, factor) for number, factor in enumerate(factors)])
    return formulas
