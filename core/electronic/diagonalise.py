"""Exact bands of a crystal with unfolding weights and atomic weights, vectorised over k-points.

H(k) is split into the blocks that symmetry leaves uncoupled and made real where it can be; both are read off the assembled
matrix, nothing is assumed of the crystal. With the phases of the ideal sites, the projection of a state on the Bloch states
of the average primitive cell at k is the plain sum of its coefficients over a sublattice, per orbital:

    W_n(k) = Σ_{s,o} |Σ_{i∈s} c_{i,o,n}|² / (number of primitive cells),   Σ_n W_n(k) = 20 (40 with spin).

Within a degenerate group, states are rotated so that they diagonalise the unfolding projector, and where that leaves a
choice, the velocity along the path: the spectral function is then independent of the diagonaliser.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import connected_components

from core.electronic.hamiltonian import Hamiltonian

DEGENERACY_TOLERANCE = 1e-6
"""eV: states closer than this are one degenerate group."""

_ZERO_COUPLING = 1e-11
_VELOCITY_TIE_BREAK = 1e-9
_WORKING_MEMORY = 192e6


@dataclass(frozen=True, eq=False)
class Bands:
    """Raw eigenstates on a list of k-points, before any broadening.

    Shapes and units:
        energy: (k, band) eV on the common scale of the parameters, ascending; padding is +inf.
        unfolding_weight: (k, band) W_n(k), 0 for padding.
        velocity: (k, band) eV Å, dE/ds along the given directions.
        atom_shell_weight: (atom, shell, k, band), P_i,n by shell s, p, d, s*; sums to 1 over atoms and shells.
    """

    energy: np.ndarray
    unfolding_weight: np.ndarray
    velocity: np.ndarray
    atom_shell_weight: np.ndarray

    @property
    def atom_weight(self) -> np.ndarray:
        """(atom, k, band): P_i,n."""
        return self.atom_shell_weight.sum(axis=1)


def solve_bands(
    hamiltonian: Hamiltonian,
    k_reduced: np.ndarray,
    direction: np.ndarray,
    window: tuple[float, float] | None = None,
    progress: Callable[[float], None] | None = None,
    workers: int | None = None,
) -> Bands:
    """Diagonalise H(k) at every k-point.

    Args:
        hamiltonian: blocks of H(k).
        k_reduced: (k, 3) in units of the average cell.
        direction: (k, 3) Cartesian unit vectors along which velocities are taken.
        window: keep only states with energy in this range (eV); None keeps all.
        progress: called with the fraction done after each batch; an exception it raises cancels the work.
        workers: threads; the number of cores by default.

    Returns:
        Bands; with a window the band axis is as long as the fullest k-point needs.
    """
    k_reduced, direction = np.atleast_2d(k_reduced), np.atleast_2d(direction)
    batches = list(_batches(hamiltonian, k_reduced))
    pieces: list[list[tuple]] = [[] for _ in k_reduced]
    cost = [len(index) * sum(len(block) ** 3 for block in blocks) * (1 if real else 3) for index, blocks, real in batches]
    done = 0.0
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        running = {
            pool.submit(_solve_batch, hamiltonian, k_reduced[index], direction[index], blocks, real, window): number
            for number, (index, blocks, real) in enumerate(batches)
        }
        try:
            for future in as_completed(running):
                number = running[future]
                for k, piece in zip(batches[number][0], future.result(), strict=True):
                    pieces[k] = piece
                done += cost[number]
                if progress is not None:
                    progress(done / sum(cost))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return _merged(pieces, len(hamiltonian.crystal))


def _batches(hamiltonian: Hamiltonian, k_reduced: np.ndarray):
    """(k indices, orbital blocks, real?) such that all k of a batch share the block structure, within bounded memory."""
    patterns: dict[tuple, list[int]] = {}
    onsite = np.abs(hamiltonian.onsite).max(axis=0)
    onsite_real = np.abs(hamiltonian.onsite.imag).max() < _ZERO_COUPLING
    blocks_at_once = max(1, int(_WORKING_MEMORY / (32 * hamiltonian.hopping.size)))
    for start in range(0, len(k_reduced), blocks_at_once):
        blocks = hamiltonian.pair_blocks(k_reduced[start : start + blocks_at_once])
        coupling = np.abs(blocks).max(axis=1)
        real = onsite_real & (np.abs(blocks.imag).max(axis=(1, 2, 3)) < _ZERO_COUPLING)
        for offset in range(len(blocks)):
            coupled = np.maximum(coupling[offset], onsite) > _ZERO_COUPLING
            _, label = connected_components(coupled, directed=False)
            patterns.setdefault((label.tobytes(), bool(real[offset])), []).append(start + offset)
    largest = max(1, int(_WORKING_MEMORY / (6 * 16 * hamiltonian.size**2 * max(1, os.cpu_count() or 1))))
    for (label_bytes, real), members in patterns.items():
        label = np.frombuffer(label_bytes, dtype=np.int32)
        orbital_blocks = [np.flatnonzero(label == value) for value in np.unique(label)]
        size = min(largest, max(1, -(-len(members) // 8)))
        for start in range(0, len(members), size):
            yield members[start : start + size], orbital_blocks, real


def _solve_batch(hamiltonian, k_reduced, direction, blocks, real, window) -> list[list[tuple]]:
    """For each k a list over blocks of (energy, unfolding weight, velocity, atom-shell weight)."""
    pair = hamiltonian.pair_blocks(k_reduced)
    slope = hamiltonian.velocity_blocks(k_reduced, direction)
    out: list[list[tuple]] = [[] for _ in k_reduced]
    for orbitals in blocks:
        select = np.ix_(range(len(k_reduced)), range(pair.shape[1]), orbitals, orbitals)
        onsite = hamiltonian.onsite[:, orbitals[:, None], orbitals]
        energy, state = np.linalg.eigh(_dense(hamiltonian.pair_atoms, onsite, pair[select], real))
        shells = np.equal.outer(np.arange(4), hamiltonian.shell_of_orbital[orbitals]).astype(float)
        for k in range(len(k_reduced)):
            keep = slice(None) if window is None else slice(*np.searchsorted(energy[k], window))
            coefficient = state[k][:, keep].reshape(len(hamiltonian.crystal), len(orbitals), -1)
            out[k].append(_weights(hamiltonian, energy[k, keep], coefficient, slope[select][k], shells))
    return out


def _dense(pair_atoms: np.ndarray, onsite: np.ndarray, pair: np.ndarray, real: bool) -> np.ndarray:
    """(k, n, n) matrices from on-site and pair blocks of a subset of the orbitals."""
    atoms, m = onsite.shape[:2]
    first, second = pair_atoms.T
    dense = np.zeros((len(pair), atoms, m, atoms, m), dtype=float if real else complex)
    dense[:, np.arange(atoms), :, np.arange(atoms), :] = (onsite.real if real else onsite)[:, None]
    pair = (pair.real if real else pair).transpose(1, 0, 2, 3)
    dense[:, first, :, second, :] = pair
    dense[:, second, :, first, :] = pair.conj().transpose(0, 1, 3, 2)
    return dense.reshape(len(dense), atoms * m, atoms * m)


def _weights(hamiltonian, energy, coefficient, slope, shells) -> tuple:
    """Unfolding weight, velocity and atom-shell weight of the states of one block at one k.

    Args:
        hamiltonian: for the pairs and the sublattices.
        energy: (band,) eV.
        coefficient: (atom, orbital, band).
        slope: (pair, orbital, orbital) derivative of the pair blocks.
        shells: (shell, orbital) membership.
    """
    first, second = hamiltonian.pair_atoms.T
    on_second = hamiltonian.crystal.sublattice == 1
    cells = len(on_second) / 2
    moved = slope @ coefficient[second]
    groups = _degenerate_groups(energy)
    if groups:
        coefficient = coefficient.astype(complex)
        for members in groups:
            states = coefficient[:, :, members]
            sums = np.stack([states[~on_second].sum(axis=0), states[on_second].sum(axis=0)]).reshape(-1, len(members))
            overlap = np.einsum("pog,poh->gh", states[first].conj(), moved[:, :, members])
            velocity = overlap + overlap.conj().T
            projector = sums.conj().T @ sums / cells
            _, rotation = np.linalg.eigh(projector + _VELOCITY_TIE_BREAK * velocity)
            coefficient[:, :, members] = states @ rotation
            moved[:, :, members] = moved[:, :, members] @ rotation
    sums = np.stack([coefficient[~on_second].sum(axis=0), coefficient[on_second].sum(axis=0)])
    weight = (np.abs(sums) ** 2).sum(axis=(0, 1)) / cells
    velocity = 2 * np.einsum("pon,pon->n", coefficient[first].conj(), moved, optimize=True).real
    return energy, weight, velocity, shells @ (coefficient.real**2 + coefficient.imag**2)


def _degenerate_groups(energy: np.ndarray) -> list[slice]:
    """Runs of at least two states of ascending energy, each within the tolerance of its neighbour."""
    joined = np.concatenate([[False], np.diff(energy) < DEGENERACY_TOLERANCE, [False]])
    starts = np.flatnonzero(~joined[:-1] & joined[1:])
    stops = np.flatnonzero(joined[:-1] & ~joined[1:])
    return [np.arange(a, b + 1) for a, b in zip(starts, stops, strict=True)]


def _merged(pieces: list[list[tuple]], atoms: int) -> Bands:
    """Blocks of each k side by side, sorted by energy, padded to a common number of bands."""
    counts = [sum(len(block[0]) for block in piece) for piece in pieces]
    shape = (len(pieces), max(counts))
    energy, weight, velocity = np.full(shape, np.inf), np.zeros(shape), np.zeros(shape)
    atom_shell = np.zeros((atoms, 4, *shape))
    for k, piece in enumerate(pieces):
        order = np.argsort(np.concatenate([block[0] for block in piece]), kind="stable")
        for target, position in ((energy, 0), (weight, 1), (velocity, 2)):
            target[k, : counts[k]] = np.concatenate([block[position] for block in piece])[order]
        atom_shell[:, :, k, : counts[k]] = np.concatenate([block[3] for block in piece], axis=2)[:, :, order]
        pieces[k] = []
    return Bands(energy, weight, velocity, atom_shell)
