"""Data sets that are damaged, or made to harm: one line says so, and nothing is left out unseen."""

import io
import json
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from core.cli.main import main
from core.dft.dataset import MOST_BYTES, PACKED_FILE, _packed, generate, pack, packed_entry, read_folder, read_packed
from core.errors import InputError
from tests.core.dft.made import solve


@pytest.fixture(scope="module")
def content():
    """Arrays of one structure of the packed file."""
    with zipfile.ZipFile(PACKED_FILE) as packed, np.load(io.BytesIO(packed.read("0000.npz"))) as found:
        return dict(found)


def written(file, *members: bytes):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, member in enumerate(members):
            packed.writestr(f"{number:04d}.npz", member)
    return file


def member(content: dict, **changes) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **content | changes)
    return buffer.getvalue()


def document(content: dict, **changes) -> np.ndarray:
    return np.array(json.dumps(json.loads(str(content["document"])) | changes))


WRONG = {
    "no object": lambda c: {"document": np.array("[1]")},
    "deep": lambda c: {"document": np.array("[" * 100_000)},
    "no origin": lambda c: {"document": document(c, origin={"code": "Mine"})},
    "no recipe": lambda c: {"document": document(c, recipe_version=None)},
    "no lowest band": lambda c: {"first_band": np.arange(3)},
    "no filled band": lambda c: {"first_band": np.array(10**6)},
    "not finite": lambda c: {"lowest": np.array(np.nan)},
    "zero not finite": lambda c: {"potential_neutral_atom": c["potential_neutral_atom"] * np.nan},
    "atoms nowhere": lambda c: {"positions": c["positions"] * np.nan},
    "few points": lambda c: {"energy": c["energy"][:5]},
    "one point": lambda c: {"energy": c["energy"][0]},
    "few bands": lambda c: {"unfolding_weight": c["unfolding_weight"][:, :3]},
    "few atoms": lambda c: {"atom_weight": c["atom_weight"][:1]},
    "complex": lambda c: {"energy": c["energy"] * 1j},
    "texts": lambda c: {"energy": c["energy"].astype(str)},
    "pickled": lambda c: {"energy": np.array([None, {}], object)},
    "unsorted": lambda c: {"energy": c["energy"][:, ::-1]},
    "bomb within": lambda c: {"s_weight": np.zeros(MOST_BYTES + 1, np.uint8)},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_packed_file_that_cannot_be_is_one_line(content, wrong, tmp_path, capsys):
    file = written(tmp_path / "mine.zip", member(content, **WRONG[wrong](content)))
    assert main(["train", "--line", "dft", "--structures", str(file), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "cannot be read as a packed data set" in said
    assert (said.count("\n"), len(said) < 400) == (1, True)


def test_a_packed_bomb_is_not_unpacked(tmp_path):
    with pytest.raises(InputError, match="more than 64 MB"):
        list(read_packed(written(tmp_path / "mine.zip", bytes(MOST_BYTES + 1))))


def test_what_was_not_made_alike_is_not_packed_together_unseen(content, tmp_path):
    other = member(content, document=document(content, recipe_version="1"))
    with pytest.raises(InputError, match="0001.npz was not made as the files before it: recipe_version differ"):
        list(read_packed(written(tmp_path / "mine.zip", member(content), other)))


def test_velocities_beyond_what_is_kept_keep_their_sign(content, tmp_path):
    result = packed_entry(0).result
    fast = replace(result, bands=replace(result.bands, velocity=result.bands.velocity + 400.0))
    (entry,) = read_packed(written(tmp_path / "mine.zip", _packed(fast)))
    assert entry.result.bands.velocity.min() > 300


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    generate(folder, 2, solve=solve)
    return folder


@pytest.mark.parametrize("damage", ["cut", "flipped", "NaN"])
def test_a_damaged_file_of_a_folder_is_named_and_computed_again(made, damage, tmp_path):
    folder = shutil.copytree(made, tmp_path / "set")
    file = folder / "0001.npz"
    whole = file.read_bytes()
    if damage == "cut":
        file.write_bytes(whole[:2000])
    elif damage == "flipped":  # within a compressed array
        with zipfile.ZipFile(file) as archive:
            start = archive.getinfo("energy.npy").header_offset + 100
        file.write_bytes(whole[:start] + bytes(byte ^ 0xFF for byte in whole[start : start + 40]) + whole[start + 40 :])
    else:
        entry = list(read_folder(folder))[1]
        bands = replace(entry.result.bands, energy=entry.result.bands.energy * np.nan)
        replace(entry.result, bands=bands).write(file, precise=False)
    for reads in (lambda: list(read_folder(folder)), lambda: pack(folder, tmp_path / "mine.zip")):
        with pytest.raises(InputError, match="0001.npz is damaged: remove it"):
            reads()
    assert generate(folder, 2, solve=solve) == (1, 0)
    assert file.read_bytes() == whole
