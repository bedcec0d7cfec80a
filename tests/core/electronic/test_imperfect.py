"""Bands of lateral supercells and of crystals with missing atoms."""

import numpy as np
import pytest

from core.electronic.calculation import calculate_bands, energy_zero
from core.electronic.hamiltonian import FAR, build_hamiltonian
from core.electronic.kpath import build_path
from core.electronic.readouts import readouts_document
from core.electronic.spectral import Broadening, EnergyGrid, spectral_function
from core.electronic.states import solve_states
from core.errors import InputError
from core.structure.build import crystal_of_planes
from core.structure.imperfect import ImperfectSample
from core.structure.sample import Sample
from core.structure.supercell import lateral_supercell

GRID = EnergyGrid(-13, 8, 200)
SILICON = Sample("Si8", "Si")
GAP = (0.05, 1.1)
"""eV, inside the gap of bulk Si, 0 to 1.17 without spin-orbit coupling."""


def by_atom(crystal, spin_orbit=False, points=4):
    path = build_path(crystal, "Z-G-X|K-G-L", points)
    return spectral_function(calculate_bands(crystal, path, spin_orbit).bands, path.step, GRID, Broadening())


@pytest.mark.parametrize(
    ("stack", "lateral", "spin_orbit"),
    [("Si2Ge2", 2, False), ("Si3Ge3", 2, False), ("Si1Ge1", 3, False), ("Si1Ge1", 2, True)],
)
def test_a_perfect_supercell_unfolds_to_the_primitive_spectra_atom_by_atom(stack, lateral, spin_orbit):
    """At k where foldings meet too: the points of the path are symmetric, and their states degenerate."""
    crystal = Sample(stack, "Si0.5Ge0.5").crystal()
    primitive = by_atom(crystal, spin_orbit)
    unfolded = by_atom(lateral_supercell(crystal, lateral), spin_orbit)
    copies = lateral**2
    np.testing.assert_allclose(unfolded.sum(axis=0), primitive.sum(axis=0), atol=1e-8)
    np.testing.assert_allclose(copies * unfolded, np.repeat(primitive, copies, axis=0), atol=1e-8)


def test_foldings_along_growth_and_in_the_plane_unfold_together():
    crystal = Sample("Si1Ge1", "Ge").crystal()
    larger = lateral_supercell(
        crystal_of_planes(np.tile(crystal.ge_fraction, 2), np.tile(crystal.plane_spacing, 2), crystal.lattice_in_plane),
        2,
    )
    assert len(larger) == 8 * len(crystal)
    primitive, unfolded = by_atom(crystal), by_atom(larger)
    np.testing.assert_allclose(8 * unfolded, np.tile(np.repeat(primitive, 4, axis=0), (2, 1, 1)), atol=1e-8)


def test_a_relaxed_imperfect_sample_without_imperfections_is_the_stack():
    plain = Sample("Si2Ge2", "Si")
    np.testing.assert_allclose(
        by_atom(ImperfectSample(plain).crystal()).sum(axis=0), by_atom(plain.crystal()).sum(axis=0), atol=1e-8
    )


def test_sum_rules_of_a_random_alloy_with_every_defect():
    sample = Sample("(Si0.5Ge0.5)4", "Si0.5Ge0.5")
    crystal = ImperfectSample(sample, seed=3, antisites=(1,), vacancies=(3,), step=True).crystal()
    path = build_path(crystal, "Z-G-X", 3)
    bands = calculate_bands(crystal, path).bands
    np.testing.assert_allclose(bands.unfolding_weight.sum(axis=1), 20, atol=1e-8)
    np.testing.assert_allclose(bands.atom_weight.sum(axis=0), 1, atol=1e-10)
    assert bands.unfolding_weight.min() >= -1e-12
    split = (bands.unfolding_weight > 0.02).sum(axis=1)
    assert np.all(split > 20)


@pytest.mark.parametrize("spin_orbit", [False, True])
def test_an_empty_site_is_an_atom_less(spin_orbit):
    """The levels are those of the matrix without the rows and columns of the missing atom."""
    crystal = ImperfectSample(Sample("Si2Ge2", "Si"), vacancies=(3,)).crystal()
    model, k = build_hamiltonian(crystal, spin_orbit), np.array([0.2, -0.1, 0.4])
    matrix, m = model.matrices(k)[0], model.orbitals_per_atom
    kept = np.delete(np.arange(len(matrix)), crystal.empty_sites[0] * m + np.arange(m))
    levels = np.linalg.eigvalsh(matrix)
    np.testing.assert_allclose(levels[:-m], np.linalg.eigvalsh(matrix[np.ix_(kept, kept)]), atol=1e-9)
    np.testing.assert_allclose(levels[-m:], FAR, atol=1e-9)


def test_dangling_bonds_leave_a_level_in_the_gap_and_passivation_clears_it():
    def in_the_gap(**vacancy):
        crystal = ImperfectSample(SILICON, **vacancy).crystal()
        states = solve_states(build_hamiltonian(crystal), (0, 0, 0))
        energy = states.energy - energy_zero(False)
        return crystal, states, np.flatnonzero((energy > GAP[0]) & (energy < GAP[1])), (energy <= GAP[0]).sum()

    _, _, perfect, filled = in_the_gap()
    crystal, states, open_levels, _ = in_the_gap(vacancies=(3,))
    _, _, passivated, left = in_the_gap(vacancies=(3,), dangling="passivated")
    assert len(perfect) == len(passivated) == 0
    assert left == filled - 4  # two levels of the atom, and two of the four bonds that its neighbours no longer have
    assert len(open_levels) > 0
    around = crystal.neighbours[crystal.empty_sites[0]]
    weight = states.atom_weight(open_levels)
    assert weight[around].sum() > 0.3
    assert set(around) == set(np.argsort(weight)[-4:])


def test_edges_around_a_missing_atom_are_not_read():
    crystal = ImperfectSample(Sample("Si2", "Si"), vacancies=(1,)).crystal()
    with pytest.raises(InputError, match="cannot be read"):
        readouts_document(crystal)
