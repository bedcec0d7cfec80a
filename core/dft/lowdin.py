"""Bands from a Hamiltonian in non-orthogonal atomic orbitals: Löwdin weights and unfolding.

With S the overlap and C the eigenvectors of H C = S C E, the columns of S^½ C are those of S^−½ H S^−½: orthonormal,
and their squares are the weights of atoms and shells, which add up to 1 (P.-O. Löwdin, J. Chem. Phys. 18, 365 (1950)).
Unfolding and degenerate groups follow `core.electronic.diagonalise`, with the Löwdin orbitals of either element matched
one to one:

    W_n(k) = Σ_{s,o} |Σ_{i∈s} c_{i,o,n} exp(−i k·R_i)|² / (primitive cells),   Σ_n W_n(k) = 2 (orbitals an atom)

R_i are ideal sites, and c belongs to Bloch sums over lattice vectors.
"""

import numpy as np
from scipy.linalg import eigh

from core.dft.recipe import DEGENERACY_TOLERANCE, WEIGHT_TOLERANCE
from core.electronic.diagonalise import Bands, degenerate_members, resolving_basis

SHELLS = 4
"""s, p, d, and an empty s*, as the exact engine has them."""


def lowdin_bands(
    hamiltonian: np.ndarray,
    overlap: np.ndarray,
    slope_h: np.ndarray,
    slope_s: np.ndarray,
    phase: np.ndarray,
    sublattice: np.ndarray,
    angular: np.ndarray,
) -> Bands:
    """All bands of a set of k-points.

    Args:
        hamiltonian: (k, n, n) eV, n = atoms x orbitals, atom by atom.
        overlap: (k, n, n).
        slope_h: (k, n, n) eV Å, derivative along the direction of velocities.
        slope_s: (k, n, n) Å.
        phase: (k, atom) exp(−i k·R) of the ideal sites.
        sublattice: (atom,) 0 or 1.
        angular: (orbital,) angular momentum of an atom's orbitals, the same for all atoms.

    Returns:
        Bands (k, band) with all n bands.
    """
    solved = [
        _resolved(h, s, slope_of_h, slope_of_s, phase_a, sublattice, angular)
        for h, s, slope_of_h, slope_of_s, phase_a in zip(hamiltonian, overlap, slope_h, slope_s, phase, strict=True)
    ]
    energy, weight, velocity, atom_shell = (np.stack(arrays) for arrays in zip(*solved, strict=True))
    return Bands(energy, weight, velocity, atom_shell.transpose(1, 2, 0, 3))


def _resolved(hamiltonian, overlap, slope_h, slope_s, phase, sublattice, angular) -> tuple[np.ndarray, ...]:
    """Energy, weight, velocity (band,) and atom-shell weight (atom, shell, band) at one k-point."""
    values, vectors = eigh(overlap)
    inverse_root = (vectors / np.sqrt(values)) @ vectors.conj().T
    energy, orthonormal = eigh(inverse_root @ hamiltonian @ inverse_root)
    state = inverse_root @ orthonormal
    atoms = len(sublattice)
    placed = orthonormal.reshape(atoms, -1, len(energy)) * phase[:, None, None]
    sums = np.concatenate([placed[sublattice == s].sum(axis=0) for s in (0, 1)]) / np.sqrt(atoms / 2)
    moved_h, moved_s = slope_h @ state, slope_s @ state
    weight = (np.abs(sums) ** 2).sum(axis=0)
    velocity = _diagonal(state, moved_h) - energy * _diagonal(state, moved_s)
    for _, members in degenerate_members(energy[None], DEGENERACY_TOLERANCE):
        for band in members:
            slopes = state[:, band].conj().T @ (moved_h[:, band] - energy[band].mean() * moved_s[:, band])
            slopes = (slopes + slopes.conj().T) / 2
            projector = sums[:, band].conj().T @ sums[:, band]
            basis = resolving_basis(projector[None], slopes[None], WEIGHT_TOLERANCE)[0]
            placed[:, :, band] = placed[:, :, band] @ basis
            energy[band] = np.abs(basis.T) ** 2 @ energy[band]
            weight[band] = np.einsum("gn,gh,hn->n", basis.conj(), projector, basis).real
            velocity[band] = np.einsum("gn,gh,hn->n", basis.conj(), slopes, basis).real
    shells = np.equal.outer(np.arange(SHELLS), angular).astype(float)
    return energy, weight, velocity, np.einsum("so,aon->asn", shells, np.abs(placed) ** 2)


def _diagonal(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.einsum("mn,mn->n", left.conj(), right).real
