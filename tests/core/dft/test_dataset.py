"""The data set without GPAW: planned, killed, resumed, packed and read back."""

import hashlib
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import core.dft.bulk as bulk
import core.dft.calculation as calculation
import core.dft.dataset as dataset
from core.cli.main import main
from core.dft.calculation import reference
from core.dft.dataset import LEAST_WEIGHT, generate, pack, read_folder, read_packed
from core.dft.plan import MOST_ATOMS, candidates, planned_samples
from core.dft.recipe import recipe_document
from core.dft.structure import functional_crystal
from core.errors import InputError
from tests.core.dft.made import Interrupted, refused, solve

COUNT = 4


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert generate(folder, COUNT, solve=solve) == (COUNT, 0)
    return folder


def contents(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.npz")}


def test_a_killed_run_goes_on_and_ends_with_the_same_content(whole, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path, COUNT, solve=Interrupted(after=2))
    assert len(contents(tmp_path)) == 2
    (tmp_path / "0001.npz").write_bytes((tmp_path / "0001.npz").read_bytes()[:2000])  # cut off by a full disk
    assert generate(tmp_path, COUNT, solve=solve) == (COUNT - 1, 0)
    assert contents(tmp_path) == contents(whole)
    assert generate(tmp_path, COUNT, solve=refused) == (0, 0)


def test_calculations_that_fail_are_told_counted_and_left_out(tmp_path):
    lines = []
    with pytest.raises(InputError, match="None of 1 structures .* did not converge"):
        generate(tmp_path, 1, lines.append, solve=refused)
    assert contents(tmp_path) == {}
    assert any("left out: did not converge" in line for line in lines)
    second = iter([solve, refused, solve])
    assert generate(tmp_path, 3, solve=lambda *task: next(second)(*task)) == (2, 1)
    assert sorted(contents(tmp_path)) == ["0000.npz", "0002.npz"]


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
        assert np.abs((a.atom_shell_weight - b.atom_shell_weight)[:, 0].sum(axis=0)).max() < 0.003
        np.testing.assert_allclose(after.result.shift, before.result.shift, atol=1e-12)
        np.testing.assert_allclose(after.result.k_reduced, before.result.k_reduced, atol=1e-12)
        np.testing.assert_allclose(after.result.crystal.positions, before.result.crystal.positions, atol=1e-9)


@pytest.fixture
def copied(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "copied"))


def test_a_file_of_another_sample_is_computed_again_and_not_packed(whole, copied):
    """As after a copy under the wrong name."""
    (copied / "0001.npz").write_bytes((copied / "0002.npz").read_bytes())
    with pytest.raises(InputError, match="0001.npz holds Si2Ge2 .* not what the plan has there"):
        pack(copied, copied / "packed.zip")
    assert not list(copied.glob("packed*"))
    assert generate(copied, COUNT, solve=solve) == (1, 0)
    assert contents(copied) == contents(whole)


def test_what_lies_beyond_the_plan_is_not_packed(copied):
    (copied / "0003.npz").rename(copied / "9999.npz")
    with pytest.raises(InputError, match="9999.npz"):
        pack(copied, copied / "packed.zip")


def test_only_what_the_recipe_made_is_packed(copied):
    text = (copied / "plan.json").read_text()
    (copied / "plan.json").write_text(text.replace("PBE", "LDA"))
    with pytest.raises(InputError, match="functional"):
        pack(copied, copied / "packed.zip")
    (copied / "plan.json").unlink()
    with pytest.raises(InputError, match="without a plan.json"):
        pack(copied, copied / "packed.zip")


def test_nothing_is_packed_from_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match="dft-dataset"):
        pack(tmp_path, tmp_path / "packed.zip")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/within"])
def test_a_folder_that_cannot_be_is_one_line(place, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(calculation, "is_installed", lambda: True)
    (tmp_path / "file").write_text("")
    assert main(["dft-dataset", "--structures", "1", "--folder", str(tmp_path / place)]) == 2
    assert f"{tmp_path / place} cannot be read or written" in capsys.readouterr().err


def test_places_that_cannot_be_written_to_are_one_line(whole, monkeypatch, tmp_path, capsys):
    """As of a package that an administrator installed."""
    monkeypatch.setattr(dataset, "pack", partial(pack, file=tmp_path / "gone" / "packed.zip"))
    assert main(["dft-dataset", "--pack", "--folder", str(whole)]) == 2
    monkeypatch.setattr(bulk, "REFERENCE_FILE", tmp_path / "gone" / "reference.json")
    monkeypatch.setattr(bulk, "bulk_document", reference)
    assert main(["dft-bulk", "--write"]) == 2
    assert capsys.readouterr().err.count("cannot be read or written: No such file or directory") == 2


def test_the_command_says_how_many_failed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(calculation, "is_installed", lambda: True)
    monkeypatch.setattr(dataset, "generate", partial(generate, solve=refused))
    task = ["dft-dataset", "--folder", str(tmp_path), "--structures"]
    assert main([*task, "2"]) == 2
    second = iter([solve, refused])
    monkeypatch.setattr(dataset, "generate", partial(generate, solve=lambda *task: next(second)(*task)))
    assert main([*task, "2"]) == 0
    assert capsys.readouterr().out == "1 structures computed, 1 left out\n"


@pytest.mark.parametrize("count", ["0", "1521"])
def test_no_more_structures_are_planned_than_there_are(count, capsys):
    assert len(set(candidates())) == 1520
    assert main(["dft-dataset", "--structures", count]) == 2
    assert f"{count} structures; 1 to 1520 can be planned" in capsys.readouterr().err


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
    assert len(entries) >= 400
    assert [entry.sample for entry in entries[:3]] == list(planned_samples(3))
    mixed: list[str] = []
    for entry in entries:
        bands = entry.result.aligned()
        assert recipe_document().items() <= entry.result.document.items()
        assert len(entry.result.potentials["correction"]) == len(entry.result.crystal)
        filled = bands.unfolding_weight[:, : entry.result.valence_bands].sum(axis=1)
        bare = entry.result.aligned(scissor=False).energy
        valence = entry.result.valence_bands
        gap = bare[:, valence].min() - bare[:, valence - 1].max()
        # Four bands of a primitive cell, which a small gap mixes with the empty ones.
        if gap > 0.12:
            assert np.abs(filled - 4).max() < 0.3
        elif gap > 0.05 and np.abs(filled - 4).max() > 0.4:
            mixed.append(entry.sample.stack)
        assert -0.2 < bands.energy[:, entry.result.valence_bands - 1].max() < 1.2
    assert len(mixed) <= 2, mixed
