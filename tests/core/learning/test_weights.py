"""Weights: damaged ones are noticed wherever they are read, sound ones are read once."""

import json
import logging
import shutil
import threading

import numpy as np
import pytest

from core.forward.imperfect.model import WEIGHTS as IMPERFECT
from core.forward.model import Prediction, predict, spectrum_model, weights_file
from core.forward.taught.model import WEIGHTS as TAUGHT
from core.learning import versions, weights
from core.learning.weights import (
    SHIPPED_FILES,
    WeightsError,
    card_file,
    model,
    read_weights,
    save_weights,
    weights_sha256,
)
from core.reverse.model import reverse_model
from core.reverse.model import weights_file as reverse_file
from core.reverse.single_atom import WEIGHTS as SINGLE_ATOM
from core.reverse.standard import EV, KX
from core.storage import cache_directory
from core.structure.build import build_crystal
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

ARRAYS = {"a": np.arange(6.0, dtype=np.float32).reshape(2, 3), "names": np.array(["x", "y"])}


@pytest.fixture
def file(tmp_path):
    card = save_weights(ARRAYS, tmp_path / "w.npz", {"line": "path"})
    assert weights_sha256(tmp_path / "w.npz") == card["sha256"]
    return tmp_path / "w.npz"


def cut_short(file):
    file.write_bytes(file.read_bytes()[:-40])


def changed(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def without_checksum(file):
    card_file(file).write_text("{}")


def with_half_a_card(file):
    card_file(file).write_text('{"sha256": "00')


def gone(file):
    file.unlink()


DAMAGES = (cut_short, changed, without_checksum, with_half_a_card, gone)


def test_every_shipped_file_is_on_the_list():
    assert set(SHIPPED_FILES) == set(weights.CORE.glob("*/weights/*.npz"))
    forward = {weights_file("path"), weights_file("cuts"), TAUGHT, IMPERFECT}
    loaded = forward | {reverse_file("G-X"), reverse_file("G-K"), SINGLE_ATOM}
    assert set(SHIPPED_FILES) == loaded
    assert weights.weights_fault() == ""


def test_what_is_written_is_read(file):
    assert json.loads(card_file(file).read_text())["line"] == "path"
    found = read_weights(file)
    assert found.keys() == ARRAYS.keys()
    np.testing.assert_array_equal(found["a"], ARRAYS["a"])
    assert {path.name for path in file.parent.iterdir()} == {"w.npz", "w.json"}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_weights_are_refused_in_one_line(file, damage):
    damage(file)
    with pytest.raises(WeightsError, match=r"The weights .*w.npz .*install Bandloom again") as refused:
        model(file, dict, file)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_are_neither_written_nor_read(file, value):
    bad = {"a": np.array([1.0, value], np.float16)}
    with pytest.raises(WeightsError, match="no numbers, in a"):
        save_weights(bad, file, {})
    assert read_weights(file).keys() == ARRAYS.keys()
    np.savez(file, **bad)
    card_file(file).write_text(json.dumps({"sha256": weights.hashlib.sha256(file.read_bytes()).hexdigest()}))
    with pytest.raises(WeightsError, match="no numbers, in a"):
        read_weights(file)


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_fault_of_a_shipped_file_is_said_and_mended(tmp_path, monkeypatch, damage):
    copy = tmp_path / "path.npz"
    for source in (weights_file("path"), card_file(weights_file("path"))):
        shutil.copy(source, tmp_path)
    monkeypatch.setattr(weights, "SHIPPED_FILES", (weights_file("cuts"), copy))
    assert weights.weights_fault() == ""
    damage(copy)
    assert "path.npz" in weights.weights_fault()
    for source in (weights_file("path"), card_file(weights_file("path"))):
        shutil.copy2(source, tmp_path)
    assert weights.weights_fault() == ""


def test_many_threads_read_once_and_get_the_same(file):
    built, found, start = [], [], threading.Barrier(8)

    def build(arrays):
        built.append(arrays)
        return object()

    def ask():
        start.wait(20)
        found.append(model(file, build, file))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    assert len(set(map(id, found))) == 1


def test_a_damaged_version_gives_way_to_the_shipped_weights_with_one_line(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("BANDLOOM_CACHE", str(tmp_path))
    name = versions.keep({"path.npz": read_weights(weights_file("path"))}, {})
    versions.adopt(name)
    assert spectrum_model("path") is not spectrum_model("path", versions.SHIPPED)
    cut_short(cache_directory() / "models" / name / "path.npz")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert spectrum_model("path") is spectrum_model("path", versions.SHIPPED)
    assert [record.message for record in caplog.records] == [
        f"The weights models/{name}/path.npz are damaged: not those of path.json. The shipped weights are used"
    ]


@pytest.mark.parametrize("card", [b"", b"{", b"[]", b'{"version": "v0009"}', b"\xff\xfe"])
def test_a_version_with_a_damaged_card_is_left_out(tmp_path, monkeypatch, caplog, card):
    monkeypatch.setenv("BANDLOOM_CACHE", str(tmp_path))
    name = versions.keep({}, {})
    versions.adopt(name)
    (cache_directory() / "models" / name / "card.json").write_bytes(card)
    for _ in range(2):
        assert versions.in_force() == versions.SHIPPED
        assert versions.versions() == []
    assert len(caplog.records) == 1
    (cache_directory() / "models" / "current").write_bytes(b"\xff\x00")
    assert versions.in_force() == versions.SHIPPED


def test_predictions_that_are_no_numbers_are_not_shown():
    crystal = build_crystal(parse_stack("Si4Ge4"), parse_substrate("Si"), 0.0)
    found = predict(crystal)
    hidden = [np.full_like(part, np.nan) for part in found.hidden]
    bad = Prediction(found.model, found.site_class, hidden, found.features, found.part, found.mirrored)
    for ask in (bad.total, bad.atoms):
        with pytest.raises(WeightsError, match="nothing is shown"):
            ask()
    with pytest.raises(WeightsError, match="nothing is shown"):
        found.model.errors.typical(found.features * np.nan)
    reader = reverse_model("G-X")
    broken = type(reader)(**{**vars(reader), "centre": reader.centre * np.nan})
    with pytest.raises(WeightsError, match="nothing is shown"):
        broken.read(np.ones((1, len(KX), len(EV)), np.float32), np.zeros(1), np.ones(1))


@pytest.mark.parametrize("file", SHIPPED_FILES, ids=lambda file: file.stem)
def test_shipped_cards_say_what_made_the_weights_or_that_it_is_not_recorded(file):
    made_from = json.loads(card_file(file).read_text(encoding="utf-8"))["made_from"]
    assert {"engine_version", "parameters_sha256", "data_set_sha256"} <= set(made_from)
