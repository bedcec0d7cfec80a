"""Crystals, spectra and a brute-force reference that the tests of the exact engine share."""

from functools import cache

import numpy as np

from core.electronic.calculation import calculate_bands
from core.electronic.diagonalise import Bands
from core.electronic.hamiltonian import Hamiltonian, build_hamiltonian
from core.electronic.kpath import DEFAULT_PATH, KPath, build_path
from core.electronic.spectral import Broadening, EnergyGrid, spectral_function, total_spectral_function
from core.structure.build import build_crystal
from core.structure.crystal import Crystal
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

SMEARINGS = (Broadening(0.10, "adaptive"), Broadening(0.10, "fixed"))


@cache
def crystal(stack: str, substrate: str = "Si", mixing: float = 0.0) -> Crystal:
    return build_crystal(parse_stack(stack), parse_substrate(substrate), mixing)


@cache
def hamiltonian(stack: str, substrate: str = "Si", spin_orbit: bool = False) -> Hamiltonian:
    return build_hamiltonian(crystal(stack, substrate), spin_orbit)


def bands_and_path(sample: Crystal, spin_orbit: bool = False, points: int = 8) -> tuple[Bands, KPath]:
    """All bands along the default path, on the scale of bulk Si."""
    path = build_path(sample, DEFAULT_PATH, points)
    return calculate_bands(sample, path, spin_orbit).bands, path


def total(
    sample: Crystal, spin_orbit: bool = False, broadening: Broadening = SMEARINGS[0], points: int = 8
) -> np.ndarray:
    bands, path = bands_and_path(sample, spin_orbit, points)
    return total_spectral_function(bands, path.step, EnergyGrid(), broadening)


def by_atom(
    sample: Crystal, spin_orbit: bool = False, broadening: Broadening = SMEARINGS[0], points: int = 8
) -> np.ndarray:
    bands, path = bands_and_path(sample, spin_orbit, points)
    return spectral_function(bands, path.step, EnergyGrid(), broadening)


def reduced_per_length(sample: Crystal, direction: np.ndarray) -> np.ndarray:
    """Change of k_reduced for a step of 1/Å along Cartesian directions."""
    return direction @ sample.average_cell.T / (2 * np.pi)


def brute_force_bands(model: Hamiltonian, path: KPath, seed: int = 1) -> Bands:
    """Bands from dense matrices: NumPy's states, scrambled at random within degenerate groups, resolved as defined.

    No symmetry blocks, no real arithmetic; velocities from finite differences of the dense matrix.
    """
    random = np.random.default_rng(seed)
    rows = [
        _brute_force_point(model, k, slope, random)
        for k, slope in zip(path.k_reduced, reduced_per_length(model.crystal, path.direction), strict=True)
    ]
    energy, weight, velocity, share = (np.stack(arrays) for arrays in zip(*rows, strict=True))
    return Bands(energy, weight, velocity, share.transpose(1, 2, 0, 3))


def _brute_force_point(model, k, slope, random):
    atoms, m = len(model.crystal), model.orbitals_per_atom
    energy, state = np.linalg.eigh(model.matrices(k)[0])
    near, far = (model.matrices(np.stack([k + t * slope, k - t * slope])) for t in (1e-3, 2e-3))
    derivative = (8 * (near[0] - near[1]) - (far[0] - far[1])) / 12e-3
    bloch = np.zeros((2, m, atoms, m))
    for s in (0, 1):
        bloch[s][:, model.crystal.sublattice == s] = np.eye(m)[:, None] / np.sqrt(atoms / 2)
    bloch = bloch.reshape(2 * m, -1)
    for members in _runs(energy, 1e-6):
        group = state[:, members] @ _random_unitary(len(members), random)
        value, basis = np.linalg.eigh(group.conj().T @ bloch.T @ bloch @ group)
        group = group @ basis
        for tied in _runs(value, 1e-7):
            part = group[:, tied]
            group[:, tied] = part @ np.linalg.eigh(part.conj().T @ derivative @ part)[1]
        state[:, members] = group
    weight = (np.abs(bloch @ state) ** 2).sum(axis=0)
    velocity = np.einsum("in,ij,jn->n", state.conj(), derivative, state, optimize=True).real
    shells = np.equal.outer(np.arange(4), model.shell_of_orbital).astype(float)
    return energy, weight, velocity, shells @ (np.abs(state) ** 2).reshape(atoms, m, -1)


def _random_unitary(size, random):
    real, imaginary = random.normal(size=(2, size, size))
    return np.linalg.qr(real + 1j * imaginary)[0]


def _runs(values, tolerance):
    runs = np.split(np.arange(len(values)), np.flatnonzero(np.diff(values) > tolerance) + 1)
    return [run for run in runs if len(run) > 1]
