"""Lateral supercells, drawn atoms, defects, steps, and the sample that describes them."""

import io
import json

import ase.io
import numpy as np
import pytest

from core.errors import InputError
from core.structure.files import structure_text
from core.structure.imperfect import ImperfectSample
from core.structure.sample import Sample
from core.structure.sites import crystal_from_atoms
from core.structure.supercell import lateral_supercell, random_atoms, stepped_planes

SAMPLE = Sample("(Si0.7Ge0.3)4Ge2", "Si0.5Ge0.5", 0.5)


@pytest.mark.parametrize("stack", ["Si3Ge3", "Si4Ge4", "Si2"])
@pytest.mark.parametrize("lateral", [2, 3])
def test_a_supercell_is_the_crystal_that_its_atoms_make(stack, lateral):
    """Against the bonds and sites that a reader of bare atoms finds."""
    crystal = lateral_supercell(Sample(stack, "Si").crystal(), lateral)
    found = crystal_from_atoms(crystal.cell, crystal.positions, crystal.ge_fraction)
    assert len(crystal) == lateral**2 * Sample(stack, "Si").crystal().plane_count
    np.testing.assert_array_equal(found.site_cell, crystal.site_cell)

    def bonds(of):
        order = np.lexsort([*of.bond_site.T, *of.bond_atoms.T])
        return of.bond_atoms[order], of.bond_site[order], of.bond_vector[order]

    for ours, theirs in zip(bonds(crystal), bonds(found), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_numbers_of_atoms_are_fair():
    fractions, draws = np.array([0.0, 0.3, 0.3, 0.1, 0.85, 1.0]), 400
    plane = stepped_planes(6, 2, step=False)
    drawn = np.array([random_atoms(fractions, plane, np.random.default_rng(seed)) for seed in range(draws)])
    assert set(np.unique(drawn)) == {0.0, 1.0}
    counts = np.stack([drawn[:, group].sum(axis=(1, 2)) for group in ([0], [1, 2], [3], [4], [5])], axis=1)
    shares = np.array([0.0, 2.4, 0.4, 3.4, 4.0])
    assert np.all((counts >= np.floor(shares)) & (counts <= np.ceil(shares)))
    assert np.abs(counts.mean(axis=0) - shares).max() < 0.1
    assert np.abs(np.cumsum(counts, axis=1) - np.cumsum(shares)).max() < 1
    everywhere = drawn[:, 1:3].reshape(draws, -1).mean(axis=0)
    assert np.abs(everywhere - 0.3).max() < 4 * np.sqrt(0.3 * 0.7 / draws)


def test_whole_shares_are_met_exactly():
    fractions = np.full(4, 0.5)
    for seed in range(50):
        assert random_atoms(fractions, stepped_planes(4, 3, False), np.random.default_rng(seed)).sum() == 18


def test_a_step_lifts_half_of_the_cell():
    crystal = ImperfectSample(Sample("Si4Ge4", "Si"), step=True).crystal()
    species = crystal.ge_fraction.reshape(8, 2, 2)
    flat = np.repeat([0.0, 1.0], 4)
    np.testing.assert_array_equal(species[:, 1], np.repeat(flat[:, None], 2, axis=1))
    np.testing.assert_array_equal(species[:, 0], np.repeat(np.roll(flat, 1)[:, None], 2, axis=1))
    odd = ImperfectSample(Sample("Si4Ge4", "Si"), lateral=3, step=True).crystal()
    assert any("1 of 3 columns" in note for note in odd.notes)


def test_antisites_and_vacancies_change_one_atom_each():
    plain = ImperfectSample(Sample("Si4Ge4", "Si"), seed=5).crystal()
    imperfect = ImperfectSample(Sample("Si4Ge4", "Si"), seed=5, antisites=(2, 7), vacancies=(2,)).crystal()
    changed = np.flatnonzero(imperfect.ge_fraction != plain.ge_fraction)
    assert list(imperfect.plane[changed]) == [1, 6]
    assert list(imperfect.ge_fraction[changed]) == [1.0, 0.0]
    (empty,) = imperfect.empty_sites
    assert imperfect.plane[empty] == 1
    assert empty not in changed
    assert imperfect.species[empty] == "vacancy"
    assert imperfect.plane_ge_fraction[1] == pytest.approx(1 / 3)
    for form, reader in (("xyz", "extxyz"), ("cif", "cif"), ("vasp", "vasp")):
        written = ase.io.read(io.StringIO(structure_text(imperfect, form)), format=reader)
        assert len(written) == 31
        assert written.get_chemical_symbols().count("Ge") == 16


def test_mixed_interfaces_get_atoms_and_say_so():
    crystal = ImperfectSample(SAMPLE, seed=2).crystal()
    assert set(crystal.ge_fraction) == {0.0, 1.0}
    assert any("of 24 sites are Ge where the stack asks for 12.80" in note for note in crystal.notes)
    odd = ImperfectSample(Sample("(Si0.5Ge0.5)3", "Si0.5Ge0.5")).crystal()
    assert len(odd) == 24
    assert any("doubled" in note for note in odd.notes)


def test_seed_and_configuration_fix_the_atoms():
    first, again = (ImperfectSample(SAMPLE, seed=4).crystal(1) for _ in range(2))
    np.testing.assert_array_equal(first.positions, again.positions)
    other = [ImperfectSample(SAMPLE, seed=4).crystal(0), ImperfectSample(SAMPLE, seed=5).crystal(1)]
    assert all(np.any(one.ge_fraction != first.ge_fraction) for one in other)
    assert "seed 4, configuration 1" in first.label


def test_document_and_key():
    imperfect = ImperfectSample(SAMPLE, 3, 7, antisites=[4, 2], vacancies=(5,), dangling="passivated", step=True)
    assert imperfect.antisites == (2, 4)
    assert ImperfectSample.from_document(json.loads(imperfect.key)) == imperfect
    assert imperfect.key != ImperfectSample(SAMPLE, 3, 8, (2, 4), (5,), "passivated", True).key
    assert SAMPLE.key == json.dumps([SAMPLE.stack, SAMPLE.substrate, SAMPLE.mixing])


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"lateral": 1}, "from 2 to 4"),
        ({"lateral": 2.0}, "whole number"),
        ({"lateral": True}, "whole number"),
        ({"seed": -1}, "A seed"),
        ({"antisites": [7]}, "from 1 to 6"),
        ({"vacancies": [0]}, "from 1 to 6"),
        ({"vacancies": "3"}, "list of planes"),
        ({"vacancies": [1, 1]}, "each once"),
        ({"antisites": [1, 2, 3, 4, 5]}, "up to 4"),
        ({"dangling": "hydrogen"}, "open, passivated"),
        ({"step": "yes"}, "true or false"),
        ({"sites": 3}, "nothing else"),
        ({"sample": {"stack": "Si4"}}, "nothing else"),
        ({"sample": None}, "nothing else"),
        ({"sample": Sample("Si200", "Si").document()}, "at most 1024"),
    ],
)
def test_forged_documents_are_refused(values, says):
    with pytest.raises(InputError, match=says):
        ImperfectSample.from_document(
            {"sample": SAMPLE.document()} | values | ({"lateral": 3} if "at most" in says else {})
        )


def test_strain_is_refused_as_for_a_stack():
    with pytest.raises(InputError, match="strained"):
        ImperfectSample(Sample("Si4Ge4", "5.2 Å")).crystal()
