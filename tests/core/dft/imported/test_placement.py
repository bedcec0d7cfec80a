"""Atoms in any order, orientation and cell come back in planes, with the phases and k-points of where they were."""

import numpy as np
import pytest

from core.dft.imported.placement import placed
from core.dft.structure import functional_crystal
from core.electronic.diagonalise import solve_bands
from core.electronic.hamiltonian import build_hamiltonian
from core.errors import InputError
from core.structure.sample import Sample


def scrambled(stack: str, seed: int):
    """A crystal, and its cell, positions, symbols and some k-points as somebody else may have them."""
    random = np.random.default_rng(seed)
    crystal = functional_crystal(Sample(stack, "Si").crystal())
    angle = random.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    order = random.permutation(len(crystal))
    cells = random.integers(-2, 3, (len(crystal), 3))
    positions = ((crystal.positions + cells @ crystal.cell) @ turn + random.uniform(0, 5, 3))[order]
    k = random.uniform(-1, 1, (4, 3))
    to_cartesian = 2 * np.pi * np.linalg.inv(crystal.average_cell).T
    return crystal, crystal.cell @ turn, positions, [crystal.species[i] for i in order], k, k @ to_cartesian @ turn


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("stack", ["Si2", "Si4", "Si2Ge2", "Si3Ge1", "Si5Ge1", "Si1Ge1Si2Ge4"])
def test_a_scrambled_crystal_has_the_bands_that_it_had(stack, seed):
    crystal, cell, positions, symbols, k, k_cartesian = scrambled(stack, seed)
    found = placed(cell, positions, symbols)
    direction = np.tile([0.0, 0.0, 1.0], (len(k), 1))
    before = solve_bands(build_hamiltonian(crystal), k, direction, workers=1)
    after = solve_bands(build_hamiltonian(found.crystal), found.k_reduced(k_cartesian), direction, workers=1)
    np.testing.assert_allclose(after.energy, before.energy, atol=1e-6)
    np.testing.assert_allclose(after.unfolding_weight, before.unfolding_weight, atol=1e-5)
    assert [symbols[i] for i in found.order] == list(found.crystal.species)


@pytest.mark.parametrize("seed", range(3))
def test_sites_are_those_of_the_atoms_where_the_file_has_them(seed):
    _, cell, positions, symbols, _, _ = scrambled("Si3Ge3", seed)
    found = placed(cell, positions, symbols)
    step = np.linalg.solve(found.crystal.site_cell, found.crystal.cell)
    given = (positions[found.order] - positions[found.order[0]]) @ found.turn
    off = given - (found.site - found.site[0]) @ step
    assert np.abs(off).max() < 0.2  # of relaxation; another cell is 3.8 Å away


def test_a_period_begins_where_it_is_named_shortest():
    _, cell, positions, symbols, _, _ = scrambled("Si2Ge2", 1)
    assert placed(cell, positions, symbols).crystal.species == ("Si", "Si", "Ge", "Ge")


def test_a_period_has_one_name_however_its_atoms_are_listed():
    """Where two of its rotations have notations of equal length."""
    _, cell, positions, symbols, _, _ = scrambled("Si2Ge2Si2Ge4", 0)
    named = set()
    for seed in range(6):
        order = np.random.default_rng(seed).permutation(len(symbols))
        named.add(placed(cell, positions[order], [symbols[i] for i in order]).crystal.species)
    assert len(named) == 1


def test_what_is_no_stack_is_refused():
    _, cell, positions, symbols, _, _ = scrambled("Si4", 0)
    with pytest.raises(InputError, match="holds C; Si and Ge"):
        placed(cell, positions, ["C", *symbols[1:]])
    with pytest.raises(InputError, match="bonds"):
        placed(cell, positions + np.eye(4, 3), symbols)
    doubled = np.concatenate([positions, positions + cell[0]])
    with pytest.raises(InputError, match="one atom a plane"):
        placed(cell * [[2], [1], [1]], doubled, symbols * 2)
