"""Bands in non-orthogonal orbitals, on matrices whose answers are known."""

import numpy as np
import pytest

from core.dft.lowdin import lowdin_bands
from core.electronic.diagonalise import solve_bands
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.kpath import build_path
from core.structure.sample import Sample

ORBITALS = 10


def matrices(stack: str, overlapping: float):
    """H, S, their slopes and phases along a path, from the tight-binding model; S = 1 + overlapping (H − 8 eV)."""
    crystal = Sample(stack, "Si").crystal()
    hamiltonian, path = build_hamiltonian(crystal), build_path(crystal, "G-L|X-G", 5)
    along = path.direction @ crystal.average_cell.T / (2 * np.pi)
    at = [hamiltonian.matrices(path.k_reduced + step * along) for step in (0.0, 1e-4, -1e-4)]
    slope = (at[1] - at[2]) / 2e-4
    unit = np.eye(at[0].shape[1])
    overlap = unit + overlapping * (at[0] - 8 * unit)
    phase = np.ones((len(path), len(crystal)))
    angular = np.array([0, 1, 1, 1, 2, 2, 2, 2, 2, 0])
    found = lowdin_bands(
        at[0] @ overlap if overlapping else at[0], overlap,
        slope @ overlap + overlapping * at[0] @ slope if overlapping else slope, overlapping * slope,
        phase, crystal.sublattice, angular,
    )  # fmt: skip
    return crystal, path, hamiltonian, found


@pytest.mark.parametrize("overlapping", [0.0, 0.004])
def test_sums_of_weights(overlapping):
    _, _, _, found = matrices("Si3Ge3", overlapping)
    np.testing.assert_allclose(found.unfolding_weight.sum(axis=1), 2 * ORBITALS, atol=1e-8)
    np.testing.assert_allclose(found.atom_weight.sum(axis=0), 1, atol=1e-8)
    assert found.atom_shell_weight.min() >= 0


@pytest.mark.parametrize("overlapping", [0.0, 0.004])
@pytest.mark.parametrize("stack", ["Si4", "Si1Ge3"])
def test_orthonormal_orbitals_give_what_the_exact_engine_gives(stack, overlapping):
    """With S a function of H, S^½ C are the eigenvectors of H, and H S C = S C E keeps its energies."""
    _, path, hamiltonian, found = matrices(stack, overlapping)
    exact = solve_bands(hamiltonian, path.k_reduced, path.direction, workers=1)
    np.testing.assert_allclose(found.energy, exact.energy, atol=2e-4)
    apart = np.diff(exact.energy, axis=1, prepend=-99, append=99)
    single = (apart[:, :-1] > 1e-3) & (apart[:, 1:] > 1e-3)
    np.testing.assert_allclose(found.unfolding_weight[single], exact.unfolding_weight[single], atol=1e-6)
    np.testing.assert_allclose(found.velocity[single], exact.velocity[single], atol=1e-4)
    np.testing.assert_allclose(found.atom_weight[:, single], exact.atom_weight[:, single], atol=1e-6)


def test_a_pristine_supercell_unfolds_onto_the_primitive_bands():
    _, _, _, found = matrices("Si4", 0.004)
    weight = found.unfolding_weight
    assert np.minimum(np.abs(weight), np.abs(1 - weight)).max() < 1e-6
    _, _, _, primitive = matrices("Si2", 0.004)
    for folded, seen, alone in zip(found.energy, weight, primitive.energy, strict=True):
        np.testing.assert_allclose(folded[seen > 0.5], alone, atol=2e-4)
