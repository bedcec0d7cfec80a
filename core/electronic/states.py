"""Eigenstates at single k-points with coefficients: orbital characters and effective masses by k·p theory."""

from dataclasses import dataclass

import numpy as np

from core.electronic.hamiltonian import Hamiltonian
from core.parameters.constants import HBAR2_OVER_ELECTRON_MASS

_PZ = 3
_P_SHELL = 1


@dataclass(frozen=True, eq=False)
class States:
    """Eigenstates at one k-point: energy (band,) eV; coefficient (atom, orbital, band)."""

    hamiltonian: Hamiltonian
    k_reduced: np.ndarray
    energy: np.ndarray
    coefficient: np.ndarray

    def atom_weight(self, members) -> np.ndarray:
        """(atom,): weight on each atom, averaged over the given states."""
        return (np.abs(self.coefficient[:, :, members]) ** 2).sum(axis=1).mean(axis=1)

    def unfolding_weight(self) -> np.ndarray:
        """(band,): W_n at this very k."""
        second = self.hamiltonian.crystal.sublattice == 1
        sums = [self.coefficient[part].sum(axis=0) for part in (~second, second)]
        return (np.abs(np.stack(sums)) ** 2).sum(axis=(0, 1)) * 2 / len(second)

    def pz_share(self, members: np.ndarray) -> np.ndarray:
        """Share of p_z in the p weight of a group of degenerate states, in the basis that diagonalises p_z; ascending."""
        p = np.flatnonzero(self.hamiltonian.shell_of_orbital == _P_SHELL)
        z = np.arange(_PZ, self.hamiltonian.orbitals_per_atom, 10)
        group = self.coefficient[:, :, members]
        gram = [np.einsum("aog,aoh->gh", group[:, rows].conj(), group[:, rows]) for rows in (z, p)]
        values, rotation = np.linalg.eigh(gram[0])
        return values / np.einsum("gn,gh,hn->n", rotation.conj(), gram[1], rotation).real

    def effective_mass(self, members: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Effective masses of a set of (nearly) degenerate states at an extremum, in free-electron masses.

        Second-order k·p perturbation theory with all other states: the eigenvalues of
        ⟨m|H″|m′⟩ + 2 Σ_l ⟨m|H′|l⟩⟨l|H′|m′⟩ / (E − E_l) are the curvatures d²E/dk².

        Args:
            members: indices of the set.
            direction: (3,) Cartesian.

        Returns:
            (len(members),) ħ²/(m₀ d²E/dk²), negative for hole-like curvature, ascending in |mass|.
        """
        direction = np.asarray(direction, float) / np.linalg.norm(direction)
        others = np.setdiff1d(np.arange(len(self.energy)), members)
        first = self._derivative(members, direction, order=1)
        second = self._derivative(members, direction, order=2)
        flat = self.coefficient.reshape(-1, len(self.energy))
        edge = flat[:, members]
        coupling = flat[:, others].conj().T @ first
        centre = self.energy[members].mean()
        curvature = edge.conj().T @ second + 2 * coupling.conj().T @ (coupling / (centre - self.energy[others])[:, None])
        mass = HBAR2_OVER_ELECTRON_MASS / np.linalg.eigvalsh(curvature)
        return mass[np.argsort(np.abs(mass))]

    def _derivative(self, members, direction, order) -> np.ndarray:
        """(n, member): dⁿH/dkⁿ along a direction, applied to states."""
        blocks = self.hamiltonian.velocity_blocks(self.k_reduced[None], direction[None], order)[0]
        first, second = self.hamiltonian.pair_atoms.T
        states = self.coefficient[:, :, members]
        out = np.zeros_like(states)
        np.add.at(out, first, blocks @ states[second])
        np.add.at(out, second, blocks.conj().transpose(0, 2, 1) @ states[first])
        return out.reshape(-1, out.shape[2])


def solve_states(hamiltonian: Hamiltonian, k_reduced) -> States:
    """All eigenstates at one k-point (3,) in units of the average cell."""
    k_reduced = np.asarray(k_reduced, float)
    energy, coefficient = np.linalg.eigh(hamiltonian.matrices(k_reduced)[0])
    shape = (len(hamiltonian.crystal), hamiltonian.orbitals_per_atom, -1)
    return States(hamiltonian, k_reduced, energy, coefficient.reshape(shape))
