import numpy as np
import pytest

from core.errors import InputError
from core.structure.build import build_crystal, crystal_of_planes
from core.structure.sites import TETRAHEDRON
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

STACKS = ("Si1Ge1", "Si4Ge4", "Si3Ge3", "Si3Ge2", "Si", "[Si2Ge2]3", "(Si0.7Ge0.3)4Ge3")


@pytest.fixture(params=STACKS)
def crystal(request):
    return build_crystal(parse_stack(request.param), parse_substrate("Si0.5Ge0.5"))


def test_average_cell_is_tetragonal(crystal):
    lattice = parse_substrate("Si0.5Ge0.5").lattice_constant
    expected = np.diag([lattice, lattice, 4 * crystal.plane_spacing.mean()])
    np.testing.assert_allclose(crystal.average_cell, expected, atol=1e-9)
    assert crystal.lattice_in_plane == pytest.approx(lattice, abs=1e-9)


def test_one_atom_a_plane_in_growth_order(crystal):
    np.testing.assert_array_equal(crystal.plane, np.arange(len(crystal)))
    np.testing.assert_array_equal(crystal.plane_ge_fraction, crystal.ge_fraction)
    np.testing.assert_array_equal(np.diff(crystal.positions[:, 2]) > 0, True)
    np.testing.assert_allclose(crystal.plane_spacing[:-1], np.diff(crystal.positions[:, 2]), atol=1e-12)


def test_bonds_close_on_sites_and_positions(crystal):
    """Bond = difference of the two atoms up to a lattice vector, the same one for sites and for positions."""
    first, second = crystal.bond_atoms.T
    assert np.all(crystal.sublattice[first] == 0)
    assert np.all(crystal.sublattice[second] == 1)
    residue = crystal.bond_site - (crystal.site[second] - crystal.site[first])
    image = np.linalg.solve(crystal.site_cell.T, residue.T).T
    np.testing.assert_allclose(image, np.round(image), atol=1e-9)
    expected = crystal.positions[second] - crystal.positions[first] + np.round(image) @ crystal.cell
    np.testing.assert_allclose(crystal.bond_vector, expected, atol=1e-12)


def test_every_atom_has_its_tetrahedron(crystal):
    for sublattice, column in ((0, 0), (1, 1)):
        for atom in np.flatnonzero(crystal.sublattice == sublattice):
            bonds = crystal.bond_site[crystal.bond_atoms[:, column] == atom]
            assert sorted(map(tuple, bonds)) == sorted(map(tuple, TETRAHEDRON))


def test_cell_is_right_handed_and_holds_one_atom_a_plane(crystal):
    assert np.linalg.det(crystal.cell) > 0
    assert round(np.linalg.det(crystal.site_cell)) == 8 * len(crystal)
    assert np.all(crystal.site_cell.sum(axis=1) % 4 == 0)


def test_unstrained_bulk_is_exact():
    for species, lattice in (("Si", 5.431), ("Ge", 5.658)):
        crystal = build_crystal(parse_stack(f"{species}4"), parse_substrate(species))
        np.testing.assert_allclose(crystal.bond_length, np.sqrt(3) / 4 * lattice, atol=1e-12)
        np.testing.assert_allclose(crystal.average_cell, lattice * np.eye(3), atol=1e-12)
        assert not crystal.interfacial.any()


def test_period_of_four_n_plus_two_planes_is_sheared():
    assert build_crystal(parse_stack("Si4Ge2"), parse_substrate("Si")).site_cell.tolist()[2] == [2, 0, 6]
    assert build_crystal(parse_stack("Si4Ge4"), parse_substrate("Si")).site_cell.tolist()[2] == [0, 0, 8]


def test_odd_stack_equals_its_double():
    odd, even = (build_crystal(parse_stack(s), parse_substrate("Si"), 1.5) for s in ("Si3Ge2", "[Si3Ge2]2"))
    np.testing.assert_allclose(odd.positions, even.positions, atol=1e-12)
    np.testing.assert_allclose(odd.ge_fraction, even.ge_fraction, atol=1e-12)
    assert any("doubled" in note for note in odd.notes)
    assert not any("doubled" in note for note in even.notes)


def test_growth_reversal_keeps_the_bond_lengths():
    stack, substrate = parse_stack("Si5Ge2Si1Ge4"), parse_substrate("Si0.8Ge0.2")
    one, other = build_crystal(stack, substrate, 0.7), build_crystal(stack.reversed(), substrate, 0.7)
    np.testing.assert_allclose(np.sort(one.bond_length), np.sort(other.bond_length), atol=1e-12)


def test_mixing_is_told():
    crystal = build_crystal(parse_stack("Si4Ge4"), parse_substrate("Si"), 1.0)
    assert "mixed over 1 ML" in crystal.label
    assert any("virtual-crystal" in note for note in crystal.notes)
    assert crystal.ge_fraction.mean() == pytest.approx(0.5, abs=1e-12)


def test_interfacial_atoms_of_a_superlattice():
    crystal = build_crystal(parse_stack("Si4Ge4"), parse_substrate("Si"))
    np.testing.assert_array_equal(crystal.interfacial, [True, False, False, True] * 2)


def test_refusals():
    with pytest.raises(InputError, match="strained"):
        build_crystal(parse_stack("Si4Ge4"), parse_substrate("6.0"))
    with pytest.raises(InputError, match="4096"):
        build_crystal(parse_stack("Si4095"), parse_substrate("Si"))
    with pytest.raises(InputError, match="width"):
        build_crystal(parse_stack("Si4Ge4"), parse_substrate("Si"), -1.0)
    with pytest.raises(ValueError, match="even number"):
        crystal_of_planes(np.zeros(3), np.ones(3), 5.4)
