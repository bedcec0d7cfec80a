"""Eigenstates at single k-points with coefficients: orbital characters and effective masses by k·p theory."""

from dataclasses import dataclass

import numpy as np

from core.electronic.hamiltonian import Hamiltonian, angular_momentum_along_growth
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

    def light_hole_share(self, members: np.ndarray) -> np.ndarray:
        """How far each state of a degenerate group is a light or split-off rather than a heavy hole, 0 to 1.

        Without spin-orbit coupling the share of p_z in the p weight; with it ½ (1 − ⟨L_z σ_z⟩), which is 0 for the
        heavy hole |3/2, ±3/2⟩ and at least ½ for any mixture of |3/2, ±1/2⟩ and |1/2, ±1/2⟩, however strong the strain.
        Ascending, in the basis of the group that diagonalises it.
        """
        group = self.coefficient[:, :, members]
        on_p = self.hamiltonian.shell_of_orbital == _P_SHELL
        if self.hamiltonian.spin_orbit:
            operator = 0.5 * (np.diag(on_p) - angular_momentum_along_growth())
        else:
            operator = np.diag(np.arange(len(on_p)) == _PZ)
        light, p_weight = (np.einsum("aog,op,aph->gh", group.conj(), o, group) for o in (operator, np.diag(on_p)))
        values, basis = np.linalg.eigh(light)
        return values / np.einsum("gn,gh,hn->n", basis.conj(), p_weight, basis).real

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
        curvature = edge.conj().T @ second + 2 * coupling.conj().T @ (
            coupling / (centre - self.energy[others])[:, None]
        )
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
