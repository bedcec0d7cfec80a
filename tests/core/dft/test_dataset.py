"""The data set without GPAW: planned, killed, resumed, packed and read back."""

import hashlib

import numpy as np
import pytest

from core.dft.dataset import LEAST_WEIGHT, generate, pack, read_folder, read_packed
from core.dft.plan import MOST_ATOMS, planned_samples
from core.dft.structure import functional_crystal
from core.errors import InputError
from tests.core.dft.made import Interrupted, refused, solve

COUNT = 4


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert generate(folder, COUNT, solve=solve) == COUNT
    return folder


def contents(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.npz")}


def test_a_killed_run_goes_on_and_ends_with_the_same_content(whole, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path, COUNT, solve=Interrupted(after=2))
    assert len(contents(tmp_path)) == 2
    (tmp_path / "0001.npz").write_bytes((tmp_path / "0001.npz").read_bytes()[:2000])  # cut off by a full disk
    assert generate(tmp_path, COUNT, solve=solve) == COUNT - 1
    assert contents(tmp_path) == contents(whole)
    assert generate(tmp_path, COUNT, solve=refused) == 0


def test_a_calculation_that_fails_is_told_and_left_out(tmp_path):
    lines = []
    generate(tmp_path, 1, lines.append, solve=refused)
    assert contents(tmp_path) == {}
    assert any("did not converge" in line for line in lines)


def test_a_folder_of_another_plan_is_refused(whole, tmp_path):
    (tmp_path / "plan.json").write_text((whole / "plan.json").read_text().replace("PBE", "LDA"))
    with pytest.raises(InputError, match="functional"):
        generate(tmp_path, 1, solve=solve)


def test_what_is_packed_comes_back(whole, tmp_path):
    file = tmp_path / "packed.zip"
    assert pack(whole, file) == COUNT
    made, found = list(read_folder(whole)), list(read_packed(file))
    for before, after in zip(made, found, strict=True):
        assert after.sample == before.sample
        assert after.result.document == before.result.document
        a, b = before.result.bands, after.result.bands
        assert np.abs(a.energy - b.energy).max() < 2e-4
        assert np.abs(a.unfolding_weight - b.unfolding_weight).max() < 1e-3
        assert np.abs(a.velocity - b.velocity).max() < 0.02
        seen = a.unfolding_weight >= LEAST_WEIGHT
        assert np.abs((a.atom_weight - b.atom_weight)[:, seen]).max() < 0.006
        np.testing.assert_allclose(b.atom_weight.sum(axis=0), 1, atol=1e-12)
        np.testing.assert_allclose(after.result.shift, before.result.shift, atol=1e-12)
        np.testing.assert_allclose(after.result.k_reduced, before.result.k_reduced, atol=1e-12)
        np.testing.assert_allclose(after.result.crystal.positions, before.result.crystal.positions, atol=1e-9)


def test_nothing_is_packed_from_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match="dft-dataset"):
        pack(tmp_path, tmp_path / "packed.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_beginning_of_the_plan_is_the_plan_of_a_beginning():
    plan = planned_samples(60)
    assert plan[:20] == planned_samples(20)
    assert {"bulk", "pairs", "ordered"} <= {sample.family for sample in plan}
    atoms = [len(functional_crystal(sample.crystal())) for sample in plan]
    assert max(atoms) <= MOST_ATOMS
    assert np.mean(atoms[:20]) < np.mean(atoms[40:])
    lattices = [sample.lattice for sample in plan]
    assert min(lattices) < 5.42
    assert max(lattices) > 5.67


def test_what_the_project_brings_is_whole():
    entries = list(read_packed())
    assert len(entries) >= 30
    assert [entry.sample for entry in entries[:3]] == list(planned_samples(3))
    for entry in entries:
        bands = entry.result.aligned()
        assert entry.result.document["functional"] == "PBE"
        assert len(entry.result.potentials["correction"]) == len(entry.result.crystal)
        filled = bands.unfolding_weight[:, : entry.result.valence_bands].sum(axis=1)
        bare = entry.result.aligned(scissor=False).energy
        valence = entry.result.valence_bands
        if (
            bare[:, valence].min() - bare[:, valence - 1].max() > 0.05
        ):  # elsewhere filled and empty states change places
            assert np.abs(filled - 4).max() < 0.4  # four bands of a primitive cell
        assert -0.2 < bands.energy[:, entry.result.valence_bands - 1].max() < 1.2
