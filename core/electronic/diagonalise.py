"""Exact bands of a crystal with unfolding weights and atomic weights, vectorised over k-points.

H(k) is split into the blocks that symmetry leaves uncoupled and made real where it can be; both are read off the
assembled matrix, nothing is assumed of the crystal. With the phases of the ideal sites, the projection of a state on
the Bloch states of the average primitive cell at k is the plain sum of its coefficients over a sublattice, per orbital:

    W_n(k) = Σ_{s,o} |Σ_{i∈s} c_{i,o,n}|² / (number of primitive cells),   Σ_n W_n(k) = 20 (40 with spin).

Within a degenerate group, states are rotated so that they diagonalise the unfolding projector, and where that leaves a
choice, the velocity along the path: the spectral function is then independent of the diagonaliser. Their energies
become the expectation values in that basis, which differ by less than the tolerance.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import connected_components

from core.electronic.hamiltonian import Hamiltonian

DEGENERACY_TOLERANCE = 1e-6
"""eV: states closer than this are one degenerate group."""

WEIGHT_TOLERANCE = 1e-7
"""Degenerate states whose unfolding weights differ by less count as of equal weight."""

_ZERO_COUPLING = 1e-11
_WORKING_MEMORY = 192e6
_ARRAYS_OF_STATES = 10
_BATCHES = 8
_WORTHWHILE_COST = 2e7
_WINDOW_SLACK = 1e-3


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
    batches = list(_batches(hamiltonian, k_reduced, direction))
    cost = [
        len(index) * sum(len(block) ** 3 for block in blocks) * (1 if real else 3) for index, blocks, real in batches
    ]
    pieces: list[Bands | None] = [None] * len(batches)
    tasks = [(hamiltonian, k_reduced[index], direction[index], blocks, real, window) for index, blocks, real in batches]
    done = 0
    for number, piece in _solved(tasks, workers):
        pieces[number] = piece
        done += cost[number]
        if progress is not None:
            progress(done / sum(cost))
    return _merged([index for index, _, _ in batches], pieces)


def _solved(tasks: list[tuple], workers: int | None) -> Iterator[tuple[int, Bands]]:
    """Number and bands of each batch as they get ready; without threads where these could not help."""
    if workers == 1 or len(tasks) == 1:
        yield from ((number, _solve_batch(*task)) for number, task in enumerate(tasks))
        return
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        running = {pool.submit(_solve_batch, *task): number for number, task in enumerate(tasks)}
        try:
            for future in as_completed(running):
                yield running.pop(future), future.result()
        except BaseException:  # among them the end of a generator whose reader was cancelled
            pool.shutdown(cancel_futures=True)
            raise


def _batches(hamiltonian: Hamiltonian, k_reduced: np.ndarray, direction: np.ndarray):
    """(k indices, orbital blocks, real?) such that all k of a batch share the block structure, within bounded memory.

    The velocity along the path has to respect the blocks too, so that degenerate states are never split between them.
    """
    members: dict[tuple, list[int]] = {}
    onsite = np.abs(hamiltonian.onsite).max(axis=0)
    onsite_real = np.abs(hamiltonian.onsite.imag).max() < _ZERO_COUPLING
    at_once = max(1, int(_WORKING_MEMORY / (64 * hamiltonian.hopping.size)))
    for start in range(0, len(k_reduced), at_once):
        part = slice(start, start + at_once)
        blocks = hamiltonian.pair_blocks(k_reduced[part])
        slope = hamiltonian.velocity_blocks(k_reduced[part], direction[part])
        strongest = np.maximum(np.abs(blocks).max(axis=1), np.abs(slope).max(axis=1))
        coupled = np.maximum(strongest, onsite) > _ZERO_COUPLING
        real = onsite_real & (np.abs(blocks.imag).max(axis=(1, 2, 3)) < _ZERO_COUPLING)
        for offset in range(len(blocks)):
            members.setdefault((coupled[offset].tobytes(), bool(real[offset])), []).append(start + offset)
    at_once = max(1, int(_WORKING_MEMORY / (_ARRAYS_OF_STATES * 16 * hamiltonian.size**2 * (os.cpu_count() or 1))))
    for (coupled, real), index in members.items():
        label = connected_components(np.frombuffer(coupled, dtype=bool).reshape(onsite.shape), directed=False)[1]
        orbitals = [np.flatnonzero(label == value) for value in np.unique(label)]
        worthwhile = _WORTHWHILE_COST / sum((len(hamiltonian.crystal) * len(block)) ** 3 for block in orbitals)
        size = min(at_once, max(-(-len(index) // _BATCHES), int(worthwhile)))
        for start in range(0, len(index), size):
            yield index[start : start + size], orbitals, real


def _solve_batch(hamiltonian, k_reduced, direction, blocks, real, window) -> Bands:
    """Bands of k-points that share their orbital blocks, merged; states outside the window are padding."""
    pair = hamiltonian.pair_blocks(k_reduced)
    slope = hamiltonian.velocity_blocks(k_reduced, direction)
    parts = []
    for orbitals in blocks:
        select = np.ix_(range(len(k_reduced)), range(pair.shape[1]), orbitals, orbitals)
        onsite = hamiltonian.onsite[:, orbitals[:, None], orbitals]
        energy, state = np.linalg.eigh(dense_matrices(hamiltonian.pair_atoms, onsite, pair[select], real))
        kept = _kept(energy, window)
        state = state.reshape(len(k_reduced), len(hamiltonian.crystal), len(orbitals), -1)[..., kept]
        shells = np.equal.outer(np.arange(4), hamiltonian.shell_of_orbital[orbitals]).astype(float)
        parts.append(resolved_states(hamiltonian, energy[:, kept], state, slope[select], shells))
    energy, weight, velocity, atom_shell = (np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True))
    if window is not None:
        energy = np.where((energy >= window[0]) & (energy <= window[1]), energy, np.inf)
    order = np.argsort(energy, axis=1, kind="stable")[:, : int(np.isfinite(energy).sum(axis=1).max(initial=0))]
    energy, weight, velocity = (np.take_along_axis(array, order, axis=1) for array in (energy, weight, velocity))
    atom_shell = np.take_along_axis(atom_shell, order[:, None, None], axis=3)
    inside = np.isfinite(energy)
    return Bands(energy, weight * inside, velocity * inside, (atom_shell * inside[:, None, None]).transpose(1, 2, 0, 3))


def dense_matrices(pair_atoms: np.ndarray, onsite: np.ndarray, pair: np.ndarray, real: bool) -> np.ndarray:
    """(k, n, n) matrices from on-site and pair blocks of a subset of the orbitals."""
    atoms, m = onsite.shape[:2]
    first, second = pair_atoms.T
    dense = np.zeros((len(pair), atoms, m, atoms, m), dtype=float if real else complex)
    dense[:, np.arange(atoms), :, np.arange(atoms), :] = (onsite.real if real else onsite)[:, None]
    pair = (pair.real if real else pair).transpose(1, 0, 2, 3)
    dense[:, first, :, second, :] += pair
    dense[:, second, :, first, :] += pair.conj().transpose(0, 1, 3, 2)
    return dense.reshape(len(dense), atoms * m, atoms * m)


def _kept(energy: np.ndarray, window: tuple[float, float] | None) -> slice:
    """The bands that lie in the window at any k; the slack keeps degenerate groups at its edges whole."""
    if window is None:
        return slice(None)
    low, high = window[0] - _WINDOW_SLACK, window[1] + _WINDOW_SLACK
    return slice(int((energy < low).sum(axis=1).min()), int((energy <= high).sum(axis=1).max()))


def resolved_states(
    hamiltonian: Hamiltonian, energy: np.ndarray, state: np.ndarray, slope: np.ndarray, shells: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Energy, unfolding weight, velocity (k, band) and atom-shell weight (k, atom, shell, band) of a block's states.

    Args:
        hamiltonian: for the pairs and the sublattices.
        energy: (k, band) eV.
        state: (k, atom, orbital, band) coefficients.
        slope: (k, pair, orbital, orbital) derivative of the pair blocks.
        shells: (shell, orbital) membership.
    """
    first, second = hamiltonian.pair_atoms.T
    sublattice = hamiltonian.crystal.sublattice
    cells = len(sublattice) / 2
    moved = slope @ state[:, second]
    weight = sum((np.abs(state[:, sublattice == s].sum(axis=1)) ** 2).sum(axis=1) for s in (0, 1)) / cells
    velocity = 2 * np.einsum("kpon,kpon->kn", state[:, first].conj(), moved).real
    atom_shell = shells @ (state.real**2 + state.imag**2)
    energy = np.array(energy)
    for k, band in degenerate_members(energy):
        group, group_moved = state[k, :, :, band], moved[k, :, :, band]
        overlap = group[:, :, first].conj().reshape(*band.shape, -1) @ _columns(group_moved)
        slopes = overlap + overlap.conj().transpose(0, 2, 1)
        sums = np.concatenate([group[:, :, sublattice == s].sum(axis=2) for s in (0, 1)], axis=2)
        projector = sums.conj() @ _columns(sums) / cells
        basis = resolving_basis(projector, slopes)
        rotated = np.einsum("xgn,xgao->xnao", basis, group)
        energy[k, band] = np.einsum("xgn,xg->xn", np.abs(basis) ** 2, energy[k, band])
        weight[k, band] = np.einsum("xgn,xgh,xhn->xn", basis.conj(), projector, basis).real
        velocity[k, band] = np.einsum("xgn,xgh,xhn->xn", basis.conj(), slopes, basis).real
        atom_shell[k, :, :, band] = (rotated.real**2 + rotated.imag**2) @ shells.T
    return energy, weight, velocity, atom_shell


def resolving_basis(
    projector: np.ndarray, slopes: np.ndarray, weight_tolerance: float = WEIGHT_TOLERANCE
) -> np.ndarray:
    """(group, member, state): eigenvectors of the projectors, and of the velocity among those of equal weight."""
    weight, basis = np.linalg.eigh(projector)
    step = np.diff(weight, axis=1, prepend=weight[:, :1]) > weight_tolerance
    level = np.cumsum(step, axis=1)
    tied = level[:, :, None] == level[:, None, :]
    slopes = np.where(tied, basis.conj().transpose(0, 2, 1) @ slopes @ basis, 0)
    apart = 2 * np.abs(slopes).sum(axis=2).max(axis=1) + 1
    ladder = (level * apart[:, None])[:, :, None] * np.eye(basis.shape[2])
    return basis @ np.linalg.eigh(ladder + slopes)[1]


def _columns(vectors: np.ndarray) -> np.ndarray:
    """(group, component, member) from vectors (group, member, …)."""
    return vectors.reshape(*vectors.shape[:2], -1).transpose(0, 2, 1)


def degenerate_members(
    energy: np.ndarray, tolerance: float = DEGENERACY_TOLERANCE
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Degenerate groups by size, as indices (group, 1) of k and (group, member) of bands.

    A group is a run of at least two states of ascending energy (k, band), each within the tolerance of its neighbour.
    """
    edge = np.zeros((len(energy), 1), dtype=bool)
    joined = np.hstack([edge, np.diff(energy, axis=1) < tolerance, edge])
    k, start = np.nonzero(~joined[:, :-1] & joined[:, 1:])
    stop = np.nonzero(joined[:, :-1] & ~joined[:, 1:])[1] + 1
    sizes = stop - start
    return [
        (k[sizes == size, None], start[sizes == size, None] + np.arange(size)) for size in np.unique(sizes).tolist()
    ]


def _merged(indices: list[list[int]], pieces: list[Bands | None]) -> Bands:
    """The batches in the order of k, padded to a common number of bands; each piece is given up once it is copied."""
    count = max((piece.energy.shape[1] for piece in pieces), default=0)
    atoms, shells = pieces[0].atom_shell_weight.shape[:2]
    shape = (sum(map(len, indices)), count)
    energy, weight, velocity = np.full(shape, np.inf), np.zeros(shape), np.zeros(shape)
    atom_shell = np.zeros((atoms, shells, *shape))
    for number, index in enumerate(indices):
        piece, pieces[number] = pieces[number], None
        filled = piece.energy.shape[1]
        energy[index, :filled] = piece.energy
        weight[index, :filled] = piece.unfolding_weight
        velocity[index, :filled] = piece.velocity
        atom_shell[:, :, index, :filled] = piece.atom_shell_weight
    return Bands(energy, weight, velocity, atom_shell)
