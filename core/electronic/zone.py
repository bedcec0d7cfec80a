"""Many k_z of a cut from one diagonalisation: a superlattice folds them onto each other.

The states at k are those at k + G for every reciprocal vector G of the superlattice; only the weight differs with which
each unfolds. A period of n primitive cells thus shows n values of k_z at once, 4/(number of planes) apart in 2π/c̄. A
two-fold axis along growth and time reversal make spectra even in k_z, which doubles their number.
"""

from collections.abc import Callable

import numpy as np

from core.electronic.calculation import check_size, energy_zero
from core.electronic.diagonalise import Bands, degenerate_members, dense_matrices, resolved_states
from core.electronic.hamiltonian import Hamiltonian, build_hamiltonian
from core.electronic.kpath import KPath
from core.electronic.spectral import Broadening, EnergyGrid
from core.parameters.tight_binding import TightBindingParameters
from core.structure.crystal import Crystal

PERIOD = 2.0
"""2π/c̄ after which k_z repeats."""

_SAME = 1e-7
_ZERO_COUPLING = 1e-11
_ALL_SHELLS = np.ones((1, 10))


def folded_spacing(crystal: Crystal) -> float:
    """2π/c̄ between values of k_z that fold onto each other: those of the period where the other vectors lie flat."""
    return PERIOD if crystal.site_cell[:2, 2].any() else 2 * PERIOD / abs(int(crystal.site_cell[2, 2]))


def folded_nodes(crystal: Crystal, low: float, high: float, farthest: float) -> np.ndarray:
    """(n,) evenly spaced values of k_z that reach over `low` to `high` and need the fewest diagonalisations.

    farthest: 2π/c̄ between neighbours at most.
    """
    spacing = folded_spacing(crystal)
    step = spacing / (2 * np.ceil(spacing / (2 * farthest)))
    return (np.arange(np.floor(low / step - 0.5), np.ceil(high / step - 0.5) + 1) + 0.5) * step


def classes(crystal: Crystal, kz: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which of many k_z are told by one diagonalisation.

    Args:
        crystal: in question.
        kz: (n,) 2π/c̄.

    Returns:
        k_z to diagonalise at (m,); for each of `kz` which of these tells it, and how many foldings away it lies (n,).
    """
    spacing = folded_spacing(crystal)
    kz = np.asarray(kz, float)
    place = kz % spacing
    if crystal.twofold_axis:
        turned = place > spacing / 2
        kz = np.where(turned, -kz, kz)
        place = np.where(turned, spacing - place, place)
    place = np.where(spacing - place < _SAME, 0.0, place)
    keys = np.round(place / _SAME).astype(np.int64)
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    points = place[first]
    foldings = np.round((kz - points[which]) / spacing).astype(int) % round(PERIOD / spacing)
    return points, which, foldings


def folded_totals(
    crystal: Crystal,
    path: KPath,
    foldings: np.ndarray,
    window: tuple[float, float],
    grid: EnergyGrid,
    broadening: Broadening,
    watch: Callable[[np.ndarray, slice], None] | None = None,
    parameters: TightBindingParameters | None = None,
    shift: Callable[[Bands, np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """(folding, k, energy) 1/eV: unfolded spectral functions along a path and along paths moved up by foldings of k_z.

    Args:
        crystal: up to the exact engine's limit.
        path: (k,) points.
        foldings: (folding,) integers, multiples of `folded_spacing`.
        window: eV of the states that count.
        grid: energies.
        broadening: σ and kind.
        watch: gets what is returned, and which k of it have just been added.
        parameters: others than those of the project; the zero of energy stays where the project's have it.
        shift: of bands, their shells summed over atoms, at k (k, 3) in units of the average cell: eV that each state
            (k, band) is raised by.
    """
    check_size(crystal)
    hamiltonian, zero = build_hamiltonian(crystal, parameters=parameters), energy_zero(False)
    by_shell = np.equal.outer(np.arange(4), hamiltonian.shell_of_orbital).astype(float)
    shells = _ALL_SHELLS if shift is None else by_shell
    up = np.array([0.0, 0.0, folded_spacing(crystal)])
    out = np.zeros((len(foldings), len(path), grid.points), np.float32)
    size = max(1, int(48e6 / (16 * hamiltonian.size**2)))
    for start in range(0, len(path), size):
        part = slice(start, start + size)
        k, direction = path.k_reduced[part], path.direction[part]
        energy, velocity, state = _states(hamiltonian, k, direction, (window[0] + zero, window[1] + zero))
        groups = degenerate_members(energy)
        whole = np.unique(np.concatenate([np.unique(points) for points, _ in groups])) if groups else np.array([], int)
        for number, folding in enumerate(foldings):
            moved = _refolded(hamiltonian, state, up * folding)
            weight, speed, level = _weights(hamiltonian, moved), velocity, energy
            character = None if shift is None else shells @ (state.real**2 + state.imag**2).sum(axis=1)
            if len(whole):
                slope = hamiltonian.velocity_blocks(k[whole] + up * folding, direction[whole])
                found = resolved_states(hamiltonian, energy[whole], moved[whole], slope, shells)
                level, speed = level.copy(), speed.copy()
                level[whole], weight[whole], speed[whole] = found[:3]
                if character is not None:
                    character[whole] = found[3].sum(axis=1)
            level = level - zero
            if shift is not None and character is not None:
                bands = Bands(level, weight, speed, character.transpose(1, 0, 2)[None])
                level = level + shift(bands, k + up * folding)
            out[number, part] = _drawn(level, weight, speed, path.step[part], grid, broadening)
        if watch:
            watch(out, part)
    return out


def _states(hamiltonian: Hamiltonian, k: np.ndarray, direction: np.ndarray, window: tuple[float, float]):
    """Energies (k, band), velocities (k, band) and coefficients (k, atom, orbital, band) of the states in a window."""
    pair, slope = hamiltonian.pair_blocks(k), hamiltonian.velocity_blocks(k, direction)
    real = max(np.abs(hamiltonian.onsite.imag).max(), np.abs(pair.imag).max()) < _ZERO_COUPLING
    energy, state = np.linalg.eigh(dense_matrices(hamiltonian.pair_atoms, hamiltonian.onsite, pair, real))
    kept = slice(int((energy < window[0]).sum(axis=1).min()), int((energy <= window[1]).sum(axis=1).max()))
    energy, state = energy[:, kept], state[..., kept]
    state = state.reshape(len(k), len(hamiltonian.crystal), hamiltonian.orbitals_per_atom, -1)
    first, second = hamiltonian.pair_atoms.T
    velocity = np.zeros(energy.shape)
    for pair_number in range(len(first)):
        moved = slope[:, pair_number] @ state[:, second[pair_number]]
        velocity += 2 * np.einsum("kon,kon->kn", state[:, first[pair_number]].conj(), moved).real
    return energy, velocity, state


def _refolded(hamiltonian: Hamiltonian, state: np.ndarray, up: np.ndarray) -> np.ndarray:
    """The same states in the phases of a momentum moved by a reciprocal vector of the superlattice."""
    if not up.any():
        return state
    phase = np.exp(-0.5j * np.pi * hamiltonian.crystal.site @ up)
    return state * phase[:, None, None]


def _weights(hamiltonian: Hamiltonian, state: np.ndarray) -> np.ndarray:
    """(k, band) unfolding weights."""
    sublattice = hamiltonian.crystal.sublattice
    sums = [state[:, sublattice == s].sum(axis=1) for s in (0, 1)]
    return sum((total.real**2 + total.imag**2).sum(axis=1) for total in sums) / (len(sublattice) / 2)


def _drawn(energy, weight, velocity, step, grid: EnergyGrid, broadening: Broadening) -> np.ndarray:
    """(k, energy) from energies, weights and velocities (k, band)."""
    variance = np.full(energy.shape, broadening.sigma**2)
    if broadening.smearing == "adaptive":
        variance = variance + (0.5 * velocity * step[:, None]) ** 2
    keep = weight > 1e-9
    k, band = np.nonzero(keep)
    spread = variance[k, band]
    offset = (grid.values - energy[k, band, None]).astype(np.float32)
    gaussian = np.exp(offset * offset * (-0.5 / spread[:, None]).astype(np.float32))
    gaussian *= (weight[k, band] / np.sqrt(2 * np.pi * spread))[:, None].astype(np.float32)
    starts = np.searchsorted(k, np.arange(len(energy)))
    out = np.add.reduceat(np.vstack([gaussian, np.zeros((1, grid.points), np.float32)]), starts, axis=0)
    out[np.bincount(k, minlength=len(energy)) == 0] = 0.0
    return out
