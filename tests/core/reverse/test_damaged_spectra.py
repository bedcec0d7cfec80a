"""Damaged shards of predicted spectra, and gathered exact ones, are made again."""

import shutil
from multiprocessing.pool import ThreadPool

import numpy as np
import pytest

from core.learning.dataset import compute_shard, plan_document
from core.learning.provenance import check_plan
from core.learning.samples import drawn_sample
from core.reverse import drawing
from core.reverse.drawing import SEVERITIES, exact_spectra, load_signals, make_signals


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def garbled(content: bytes) -> bytes:
    return content[:5000] + b"garbage " + content[5008:]


def other(content: bytes) -> bytes:
    return b"garbage " * 1000


@pytest.fixture(autouse=True)
def small_shards_of_this_process(monkeypatch):
    monkeypatch.setattr(drawing, "SHARD_STACKS", 2)
    monkeypatch.setattr(drawing, "single_thread_pool", lambda: ThreadPool(1))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with two shards, made by processes of their own."""
    folder = tmp_path_factory.mktemp("signals")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "SHARD_STACKS", 2)
        make_signals(folder, 4, lambda line: None, "bulk")
    return folder


@pytest.fixture
def signals(made, tmp_path):
    """A copy of them."""
    return shutil.copytree(made, tmp_path / "signals")


def values(folder) -> dict[str, np.ndarray]:
    return {name: spectra.signal for name, spectra in load_signals(folder, 4, "G-X", "bulk").items()}


@pytest.mark.parametrize("damage", [cut, other, lambda content: b""])
def test_a_damaged_shard_is_made_again(signals, damage):
    before, lines = values(signals), []
    file = signals / "bulk-0001.npz"
    file.write_bytes(damage(file.read_bytes()))
    make_signals(signals, 4, lines.append, "bulk")
    assert len(lines) == 2
    assert "1 shards are damaged" in lines[0]
    after = values(signals)
    assert all(np.array_equal(after[name], before[name]) for name in SEVERITIES)
    make_signals(signals, 4, lines.append, "bulk")
    assert len(lines) == 2


def test_damaged_numbers_are_found_on_reading_and_made_again(signals):
    before, lines = values(signals), []
    file = signals / "bulk-0000.npz"
    file.write_bytes(garbled(file.read_bytes()))
    after = load_signals(signals, 4, "G-X", "bulk", report=lines.append)
    assert lines == ["bulk-0000.npz is damaged and is made again"]
    assert all(np.array_equal(after[name].signal, before[name]) for name in SEVERITIES)


@pytest.mark.parametrize("damage", [cut, garbled, other])
def test_gathered_exact_spectra_are_gathered_again(tmp_path, damage):
    shard = compute_shard([drawn_sample("bulk", "Si2", 5.45, 0.0, kz) for kz in (0.1, 0.2)])
    check_plan(tmp_path, plan_document(1), "a data set")
    (tmp_path / "train-00000.h5").write_bytes(shard)
    lines = []
    before = exact_spectra(tmp_path / "kept", tmp_path, "train", "G-X", report=lines.append)
    assert lines == []
    (file,) = (tmp_path / "kept").glob("exact-train-*.npz")
    file.write_bytes(damage(file.read_bytes()))
    after = exact_spectra(tmp_path / "kept", tmp_path, "train", "G-X", report=lines.append)
    assert lines == [f"{file.name} is damaged and is made again"]
    assert np.array_equal(after.signal, before.signal)
