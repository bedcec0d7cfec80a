"""The loop of somebody's own data set: exported, imported, compared, packed; nothing mixed unseen."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.cli.main import main
from core.dft.dataset import generate, pack, read_folder, read_packed
from core.dft.imported.export import layout_dataset
from core.electronic.result_files import write_dataset
from core.errors import InputError
from tests.core.dft.imported.test_layout import made
from tests.core.dft.made import solve


@pytest.fixture(scope="module")
def entries():
    """On the standard path, and on one of fewer points."""
    return {"Si2": made("Si2", points=24), "Si3Ge1": made("Si3Ge1")}


@pytest.fixture
def files(entries, tmp_path):
    found = {}
    for stack, entry in entries.items():
        found[stack] = tmp_path / f"{stack}.nc"
        write_dataset(layout_dataset(entry).assign_attrs(code="Mine", code_version="1"), found[stack])
    return found


def command(capsys, *arguments) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err


def refused(capsys, says: str, *arguments) -> None:
    status, out, err = command(capsys, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1), err
    assert says in err


def test_the_loop_of_a_group(files, tmp_path, capsys):
    folder = tmp_path / "set"
    status, out, _ = command(capsys, "dft-import", *files.values(), "--into", folder)
    assert status == 0
    first, second = out.splitlines()
    assert first.startswith("Si2 on 5.5 Å: 96 k-points, 7 bands, 4 filled")
    assert first.endswith("0000.npz")
    assert second.endswith("0001.npz; not the standard path: no training data")
    assert json.loads((folder / "plan.json").read_text())["code"] == "Mine"

    status, out, _ = command(capsys, "dft-compare", "--folder", folder)
    assert status == 0
    assert out.splitlines()[0] == "Mine 1 (PBE)"
    assert [line.split()[0] for line in out.splitlines()[2:4]] == ["Si2", "Si3Ge1"]

    packed = tmp_path / "mine.zip"
    assert command(capsys, "dft-dataset", "--folder", folder, "--pack", "--out", packed)[0] == 0
    compared = [json.loads(command(capsys, "dft-compare", "--folder", f, "--json")[1]) for f in (folder, packed)]
    assert compared[0]["made_by"] == compared[1]["made_by"]
    for before, after in zip(*(document["structures"] for document in compared), strict=True):
        assert after["valence_error"] == pytest.approx(before["valence_error"], abs=1e-3)

    assert command(capsys, "dft-export", "Si3Ge1", "--folder", packed, "--out", tmp_path / "again.nc")[0] == 0
    status, out, _ = command(capsys, "dft-import", tmp_path / "again.nc", "--into", folder)
    assert status == 0
    assert "; replaced " in out
    assert len(list(read_folder(folder))) == 2


def test_what_was_packed_keeps_its_own_points_and_crystal(files, tmp_path, capsys):
    folder = tmp_path / "set"
    command(capsys, "dft-import", *files.values(), "--into", folder)
    pack(folder, tmp_path / "mine.zip")
    for before, after in zip(read_folder(folder), read_packed(tmp_path / "mine.zip"), strict=True):
        assert after.sample == before.sample
        assert after.result.document == before.result.document
        np.testing.assert_allclose(after.result.k_reduced, before.result.k_reduced)
        np.testing.assert_allclose(after.result.crystal.bond_vector, before.result.crystal.bond_vector)
        assert np.abs(after.result.aligned().energy - before.result.aligned().energy).max() < 2e-4


def test_the_scissor_is_that_of_the_file(entries, tmp_path, capsys):
    entry = entries["Si3Ge1"]
    data = layout_dataset(entry).assign_attrs(silicon_scissor_eV=1.0, germanium_scissor_eV=0.2)
    write_dataset(data, tmp_path / "mine.nc")
    command(capsys, "dft-import", tmp_path / "mine.nc", "--into", tmp_path / "set")
    (found,) = read_folder(tmp_path / "set")
    assert found.result.scissor == pytest.approx(0.8)
    raised = found.result.aligned().energy - found.result.aligned(scissor=False).energy
    assert raised[:, found.result.valence_bands] == pytest.approx(0.8, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "value"), [("functional", "LDA"), ("code_version", "2"), ("silicon_lattice_angstrom", 5.40)]
)
def test_other_origins_are_not_mixed(files, entries, tmp_path, capsys, name, value):
    folder = tmp_path / "set"
    command(capsys, "dft-import", files["Si2"], "--into", folder)
    other = tmp_path / "other.nc"
    data = layout_dataset(entries["Si3Ge1"]).assign_attrs(code="Mine", code_version="1").assign_attrs({name: value})
    write_dataset(data, other)
    refused(capsys, name, "dft-import", other, "--into", folder)
    assert len(list(read_folder(folder))) == 1
    command(capsys, "dft-import", other, "--into", tmp_path / "second")
    (folder / "0001.npz").write_bytes((tmp_path / "second" / "0000.npz").read_bytes())
    refused(capsys, f"0001.npz was not made as the files before it: {name}", "dft-compare", "--folder", folder)


def test_nothing_is_mixed_with_the_recipe(files, tmp_path, capsys):
    imported, own = tmp_path / "imported", tmp_path / "own"
    command(capsys, "dft-import", files["Si2"], "--into", imported)
    with pytest.raises(InputError, match="recipe_version"):
        generate(imported, 1, solve=solve)
    generate(own, 1, solve=solve)
    refused(capsys, "code", "dft-import", files["Si2"], "--into", own)
    refused(capsys, "give --out FILE.zip", "dft-dataset", "--folder", imported, "--pack")
    refused(capsys, "leave --write out", "dft-compare", "--folder", imported, "--write")
    (own / "0001.npz").write_bytes((imported / "0000.npz").read_bytes())
    refused(capsys, "differ", "dft-dataset", "--folder", own, "--pack", "--out", tmp_path / "x.zip")


def test_setups_of_an_element_are_not_mixed(files, tmp_path, capsys):
    from core.dft.imported.store import put_into

    command(capsys, "dft-import", files["Si2"], "--into", tmp_path / "set")
    (entry,) = read_folder(tmp_path / "set")

    def using(stack: str, setups: dict):
        result = replace(entry.result, document={**entry.result.document, "setups": setups})
        result.document["sample"] = {**result.document["sample"], "stack": stack}
        return replace(entry, sample=replace(entry.sample, stack=stack), result=result)

    assert put_into(tmp_path / "two", using("Si2", {"Si": "Si.a"})) == (0, False)
    with pytest.raises(InputError, match="with Si.b for Si, and Si2 with Si.a"):
        put_into(tmp_path / "two", using("Ge2", {"Ge": "Ge.a", "Si": "Si.b"}))
    assert put_into(tmp_path / "two", using("Ge2", {"Ge": "Ge.a"})) == (1, False)


def test_weights_that_cannot_be_unfolding_weights_are_refused(entries, tmp_path, capsys):
    data = layout_dataset(entries["Si3Ge1"])
    data["unfolding_weight"] = data["unfolding_weight"] * 0.5
    write_dataset(data, tmp_path / "half.nc")
    refused(capsys, "add up to 2.0", "dft-import", tmp_path / "half.nc", "--into", tmp_path / "set")
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("zero", [-30.0, 30.0])
def test_a_zero_of_another_scale_is_refused(entries, tmp_path, capsys, zero):
    """As where the maximum of silicon stands in other units, or relative to another potential."""
    write_dataset(layout_dataset(entries["Si3Ge1"]).assign_attrs(silicon_vbm_eV=zero), tmp_path / "off.nc")
    refused(capsys, "Si and Ge lie within 3 eV", "dft-import", tmp_path / "off.nc", "--into", tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_what_cannot_be_done_is_said(files, tmp_path, capsys):
    into = ("--into", tmp_path / "set")
    refused(capsys, "There is no", "dft-import", tmp_path / "none.nc", *into)
    refused(capsys, "holds no data-file-schema.xml", "dft-import", tmp_path, *into)
    refused(capsys, "says itself how", "dft-import", files["Si2"], "--silicon-vbm", "5.9", *into)
    (tmp_path / "text.nc").write_text("no bands")
    refused(capsys, "no NetCDF 4 file", "dft-import", tmp_path / "text.nc", *into)
    (tmp_path / "text.zip").write_text("no bands")
    refused(capsys, "cannot be read as a packed data set", "dft-compare", "--folder", tmp_path / "text.zip")
    refused(capsys, "holds no Si9Ge9", "dft-export", "Si9Ge9", "--out", tmp_path / "x.nc")
    refused(capsys, "no NetCDF name", "dft-export", "Si2", "--out", tmp_path / "x.txt")
    refused(capsys, "--out goes with --pack", "dft-dataset", "--out", tmp_path / "x.zip")


def test_the_path_of_a_structure_file_is_that_of_its_cell(tmp_path, capsys):
    """Times the reciprocal lattice of the file, in any orientation of it, the points lie where the path has them."""
    from core.electronic.kpath import build_path
    from core.structure.files import read_structure, write_structure
    from core.structure.sample import Sample

    crystal = Sample("Si3Ge1", "Si").crystal()
    file = tmp_path / "mine.vasp"
    write_structure(crystal, file)
    status, out, _ = command(capsys, "dft-path", file)
    head, count, *rows = out.splitlines()
    assert (status, head, count) == (0, "K_POINTS crystal", "96")
    reduced = np.array([row.split()[:3] for row in rows], float)
    cartesian = reduced @ (2 * np.pi * np.linalg.inv(crystal.cell).T)
    np.testing.assert_allclose(cartesian, build_path(read_structure(file)).k_cartesian, atol=1e-6)
