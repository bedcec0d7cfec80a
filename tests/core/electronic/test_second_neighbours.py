"""Pairs of second neighbours, and a Hamiltonian that joins them."""

from dataclasses import replace

import numpy as np
import pytest

from core.electronic.calculation import calculate_bands
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.kpath import build_path
from core.electronic.second_neighbours import second_neighbours
from core.parameters.tight_binding import tight_binding_parameters
from core.structure.sample import Sample

RANDOM = np.random.default_rng(3)


@pytest.fixture(scope="module")
def joined():
    """Parameters with hopping between second neighbours, the same seen from either end."""
    tb = tight_binding_parameters()
    table = RANDOM.normal(0, 0.1, tb.second_hopping.shape) * (tb.hopping != 0)
    return replace(tb, second_hopping=(table + table.transpose(1, 0, 3, 2, 4)) / 2)


@pytest.mark.parametrize("stack", ["Si2", "Si3Ge1", "Si4Ge4", "Si5Ge1"])
def test_every_atom_has_twelve(stack):
    crystal = Sample(stack, "Si0.5Ge0.5").crystal()
    found = second_neighbours(crystal)
    assert len(found.atoms) == 6 * len(crystal)
    ends = np.bincount(found.atoms.ravel(), minlength=len(crystal))
    np.testing.assert_array_equal(ends, 12)
    assert (found.atoms[:, 0] <= found.atoms[:, 1]).all()
    np.testing.assert_array_equal(crystal.sublattice[found.atoms[:, 0]], crystal.sublattice[found.atoms[:, 1]])
    np.testing.assert_array_equal((found.site**2).sum(axis=1), 8)
    off = found.vector - found.site @ (crystal.average_cell / 4)
    assert np.abs(off).max() < 0.2


def test_pairs_of_cubic_silicon_lie_a_face_diagonal_apart():
    found = second_neighbours(Sample("Si2", "Si").crystal())
    np.testing.assert_allclose(np.linalg.norm(found.vector, axis=1), 5.431 / np.sqrt(2), atol=1e-3)
    both = np.concatenate([found.site, -found.site])
    for atom in (0, 1):
        mine = np.concatenate([found.site[found.atoms[:, 0] == atom], -found.site[found.atoms[:, 1] == atom]])
        assert len(np.unique(mine, axis=0)) == 12
    assert len(np.unique(both, axis=0)) == 12


def test_without_hopping_between_them_nothing_changes():
    crystal = Sample("Si3Ge1", "Si").crystal()
    bonds = build_hamiltonian(crystal)
    assert len(bonds.hopping) == 2 * len(crystal)
    np.testing.assert_array_equal(bonds.matrices([[0.1, 0.2, 0.3]]), build_hamiltonian(
        crystal, parameters=tight_binding_parameters()).matrices([[0.1, 0.2, 0.3]]))  # fmt: skip


def test_the_matrix_is_hermitian_and_that_of_the_diagonaliser(joined):
    crystal = Sample("Si3Ge1", "Si0.5Ge0.5").crystal()
    path = build_path(crystal, "Z-G-X", 4)
    matrices = build_hamiltonian(crystal, parameters=joined).matrices(path.k_reduced)
    np.testing.assert_allclose(matrices, matrices.conj().transpose(0, 2, 1), atol=1e-12)
    bands = calculate_bands(crystal, path, workers=1, parameters=joined).bands
    plain = calculate_bands(crystal, path, workers=1).bands
    zero = np.linalg.eigvalsh(build_hamiltonian(crystal).matrices(path.k_reduced)) - plain.energy
    np.testing.assert_allclose(bands.energy, np.linalg.eigvalsh(matrices) - zero.mean(), atol=1e-6)
    assert np.abs(bands.energy - plain.energy).max() > 0.1


def test_velocities_are_slopes(joined):
    crystal = Sample("Si3Ge1", "Si0.5Ge0.5").crystal()
    bands = calculate_bands(crystal, build_path(crystal, "G-X", 400), workers=1, parameters=joined).bands
    slope = (bands.energy[201] - bands.energy[199]) / (2 * build_path(crystal, "G-X", 400).step[200])
    apart = np.diff(bands.energy[200], prepend=-99, append=99)
    alone = np.minimum(apart[1:], apart[:-1]) > 0.3
    assert alone.sum() > 5
    np.testing.assert_allclose(slope[alone], bands.velocity[200, alone], atol=5e-3)


def test_a_pristine_supercell_unfolds_onto_the_primitive_bands(joined):
    small, large = (Sample(stack, "Si0.5Ge0.5").crystal() for stack in ("Si2", "Si8"))
    bands = [
        calculate_bands(crystal, build_path(crystal, "Z-G-X", 5), workers=1, parameters=joined).bands
        for crystal in (small, large)
    ]
    seen = bands[1].unfolding_weight > 0.5
    np.testing.assert_allclose(bands[1].unfolding_weight, seen, atol=1e-7)
    unfolded = np.stack([energy[kept] for energy, kept in zip(bands[1].energy, seen, strict=True)])
    np.testing.assert_allclose(unfolded, bands[0].energy, atol=1e-6)
