"""Damaged shards of the data set are found and made again."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import h5py
import pytest

from core.errors import InputError
from core.learning import dataset
from core.learning.dataset import generate, read_records
from tests.core.learning.test_dataset import contents, small  # noqa: F401


def cut(file) -> None:
    file.write_bytes(file.read_bytes()[:-5000])


def emptied(file) -> None:
    file.write_bytes(b"")


def garbage(file) -> None:
    file.write_bytes(b"garbage " * 2000)


def without_a_dataset(file) -> None:
    with h5py.File(file, "r+") as content:
        del content["000"]["edges"]


def without_a_sample(file) -> None:
    with h5py.File(file, "r+") as content:
        del content["001"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def whole(small, made, tmp_path, monkeypatch):  # noqa: F811
    """A data set of one shard; what is made again is made in this process."""
    monkeypatch.setattr(dataset, "_executor", lambda scheduler: ThreadPoolExecutor(1))
    generate(made, 2, splits=())  # only the first time
    return shutil.copytree(made, tmp_path / "whole")


@pytest.mark.parametrize("damage", [cut, emptied, garbage, without_a_dataset, without_a_sample])
def test_a_damaged_shard_is_made_again(whole, damage):
    before, lines = contents(whole), []
    damage(whole / "train-00000.h5")
    assert generate(whole, 2, report=lines.append, splits=()) == 1
    assert sum("damaged" in line for line in lines) == 1
    assert contents(whole) == before
    assert generate(whole, 2, report=lines.append, splits=()) == 0
    assert sum("damaged" in line for line in lines) == 1


@pytest.mark.parametrize("name", ["path", "cut_x"])
def test_damaged_numbers_are_found_on_reading_and_made_again(whole, name):
    before, file = contents(whole), whole / "train-00000.h5"
    with h5py.File(file) as content:
        chunk = content["001"][name].id.get_chunk_info(0)
    with file.open("r+b") as damaged:
        damaged.seek(chunk.byte_offset + chunk.size // 2)
        damaged.write(b"garbage")
    with pytest.raises(InputError, match="damaged"):
        list(read_records(whole, "train"))
    assert generate(whole, 2, splits=()) == 1
    assert contents(whole) == before


def test_a_shard_that_cannot_be_opened_now_is_left_where_it_is(whole, monkeypatch):
    def refuse(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(OSError, match="Too many"):
        list(read_records(whole, "train"))
    assert (whole / "train-00000.h5").exists()


def test_a_damaged_plan_is_said_in_one_line(whole):
    (whole / "plan.json").write_bytes(b'{"schema')
    with pytest.raises(InputError, match=r"plan\.json is damaged"):
        generate(whole, 2, splits=())
    assert dataset.SHARD_SAMPLES == 2
