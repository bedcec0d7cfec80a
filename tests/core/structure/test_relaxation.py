from dataclasses import replace

import numpy as np
import pytest

from core.errors import InputError
from core.structure.imperfect import ImperfectSample
from core.structure.relaxation import BondEnergy, relaxed
from core.structure.sample import Sample
from core.structure.supercell import lateral_supercell


def shaken(crystal, size, seed=0):
    """The crystal with every atom moved at random, and its cell one per cent longer along growth."""
    move = size * np.random.default_rng(seed).standard_normal(crystal.positions.shape)
    first, second = crystal.bond_atoms.T
    stretch = np.diag([1.0, 1.0, 1.01])
    across = crystal.bond_vector - crystal.positions[second] + crystal.positions[first]
    positions = crystal.positions + move
    return replace(
        crystal,
        cell=crystal.cell @ stretch,
        positions=positions,
        bond_vector=positions[second] - positions[first] + across @ stretch,
    )


@pytest.fixture(scope="module")
def alloy():
    return shaken(ImperfectSample(Sample("Si2(Si0.5Ge0.5)2", "Si"), vacancies=(2,)).crystal(), 0.05)


def test_gradient_and_hessian_against_finite_differences(alloy):
    energy, vector, step = BondEnergy.of(alloy), np.array(alloy.bond_vector), 1e-5
    gradient, hessian = energy.gradient(vector).ravel(), energy.hessian(vector).toarray()
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-10)
    for place in np.random.default_rng(1).integers(0, vector.size, 25):
        shift = step * np.eye(1, vector.size, place).reshape(vector.shape)
        slope = (energy.value(vector + shift) - energy.value(vector - shift)) / (2 * step)
        assert gradient[place] == pytest.approx(slope, rel=1e-6, abs=1e-6)
        curvature = (energy.gradient(vector + shift) - energy.gradient(vector - shift)).ravel() / (2 * step)
        np.testing.assert_allclose(hessian[place], curvature, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("stack", ["Si3Ge2Si1Ge2", "Si3Ge3", "Si1Ge1"])
@pytest.mark.parametrize("lateral", [1, 2])
def test_a_perfect_stack_relaxes_as_its_planes_do(stack, lateral):
    crystal = lateral_supercell(Sample(stack, "Si0.5Ge0.5").crystal(), lateral)
    found = relaxed(shaken(crystal, 0.05))
    np.testing.assert_allclose(found.bond_vector, crystal.bond_vector, atol=1e-6)
    np.testing.assert_allclose(found.cell, crystal.cell, atol=1e-6)
    distance = found.positions - crystal.positions
    np.testing.assert_allclose(distance, np.broadcast_to(distance[0], distance.shape), atol=1e-6)


@pytest.mark.parametrize("cell", ["fixed", "growth", "free"])
def test_relaxed_atoms_feel_no_force_and_the_cell_moves_as_it_may(alloy, cell):
    found = relaxed(alloy, cell)
    pull = BondEnergy.of(found).gradient(found.bond_vector)
    force = np.zeros((len(found), 3))
    first, second = found.bond_atoms.T
    np.add.at(force, second, pull)
    np.add.at(force, first, -pull)
    assert np.abs(force).max() < 1e-9
    moved = np.abs(found.cell - alloy.cell)
    assert (moved.max() > 1e-3) == (cell != "fixed")
    assert (moved[:, :2].max() > 1e-3) == (cell == "free")
    across = (found.bond_vector - found.positions[second] + found.positions[first]) @ np.linalg.inv(found.cell)
    np.testing.assert_allclose(across, np.round(across), atol=1e-9)
    empty = alloy.empty_sites[0]
    around = np.where((first == empty)[:, None], found.bond_vector, 0) - np.where(
        (second == empty)[:, None], found.bond_vector, 0
    )
    np.testing.assert_allclose(around.sum(axis=0), 0, atol=1e-12)


def test_a_free_cubic_cell_takes_its_bulk_lattice_constant():
    """Bulk Si at a strained start: the whole cell goes back to 5.431 Å."""
    found = relaxed(lateral_supercell(Sample("Si4", "Si0.5Ge0.5").crystal(), 2), "free")
    np.testing.assert_allclose(np.linalg.norm(found.average_cell, axis=1), 5.431, atol=1e-6)


def test_hopeless_starts_are_refused(monkeypatch):
    monkeypatch.setattr("core.structure.relaxation.MAX_STEPS", 1)
    with pytest.raises(InputError, match="do not come to rest"):
        relaxed(shaken(Sample("Si4", "Si").crystal(), 0.1))
