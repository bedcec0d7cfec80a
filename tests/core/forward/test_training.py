"""Training from a small data set to a weights file that predicts, and the scores that measure it."""

import json

import numpy as np
import pytest

from core.errors import InputError
from core.forward import race, training
from core.forward.evaluation import scores
from core.forward.model import SpectrumModel
from core.forward.training import Settings, examples, joined, train
from core.learning import dataset
from core.learning.dataset import generate, read_records
from core.learning.samples import drawn_sample, profile_number

SMALL = Settings(group=4, coefficients=8, hidden=(32, 32), epochs=60, batch=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Small strained cells, a few a shard."""
    place = tmp_path_factory.mktemp("dataset")
    lattice = np.linspace(5.42, 5.68, 48)
    samples = [
        drawn_sample("bulk", ("Si1Ge1", "Ge2", "Si2Ge2")[n % 3], round(float(a), 4), 0.0, 0.02 * n)
        for n, a in enumerate(lattice)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "evaluation_set", lambda split: tuple(samples[2:5]))
        patch.setattr(dataset, "training_stream", lambda seed: iter(samples))
        patch.setattr(dataset, "SHARD_SAMPLES", 4)
        generate(place, 48)
    return place


@pytest.mark.parametrize("line", ["path", "cuts"])
def test_trained_weights_predict(folder, tmp_path, monkeypatch, line):
    pytest.importorskip("torch", reason="training needs requirements-train.txt")
    monkeypatch.setattr(training, "CALIBRATION_EVERY", 5)
    lines = []
    settings = SMALL if line == "path" else Settings(group=7, coefficients=8, hidden=(64, 64), epochs=50, batch=8)
    card = train(folder, line, tmp_path / "w.npz", settings, lines.append)
    assert card["data"]["training_shards"] == 12
    assert json.loads((tmp_path / "w.json").read_text(encoding="utf-8"))["line"] == line
    assert "epoch" in lines[-1]
    with np.load(tmp_path / "w.npz", allow_pickle=False) as file:
        model = SpectrumModel.from_arrays(dict(file), "model")
    files = sorted(folder.glob("train-*.h5"))
    seen = joined(list(examples(files, line == "cuts", training.is_used)))
    predicted = model.pictures(model.hidden(seen.features)) + seen.baseline
    before = seen.baseline if line == "cuts" else seen.pictures.mean(axis=0)
    error, untrained = (((guess - seen.pictures) ** 2).sum() for guess in (predicted, before))
    assert error < 0.5 * untrained
    assert np.all(model.errors.typical(seen.features) > 0)


def test_too_few_samples_are_said(folder, tmp_path):
    with pytest.raises(InputError, match="at least 16"):
        train(folder, "path", tmp_path / "w.npz", SMALL)


def test_no_profile_teaches_the_networks_and_their_error_bars(folder, monkeypatch):
    monkeypatch.setattr(training, "CALIBRATION_EVERY", 5)
    records = list(read_records(folder, "train"))
    used, kept = (
        {profile_number(record.sample.stack) for record in records if chosen(record.sample)}
        for chosen in (training.is_used, training.is_kept)
    )
    assert used
    assert kept
    assert not used & kept


def test_too_few_profiles_are_said(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "CALIBRATION_EVERY", 8)
    with pytest.raises(InputError, match="too few to keep one in 8"):
        train(folder, "path", tmp_path / "w.npz", SMALL)


def test_short_periods_count_like_others(folder):
    part = next(examples(sorted(folder.glob("train-*.h5")), False))
    _, counts = np.unique(part.stack, return_counts=True)
    total = np.bincount(part.stack, weights=part.repeats)
    assert set(total) == {training.LEAST_CLASSES}
    assert len(set(counts)) > 1


def test_scores():
    exact = np.arange(24.0).reshape(2, 3, 4)
    perfect = scores(exact, exact, np.full_like(exact, 0.1))
    assert (perfect["r2"], perfect["relative_l1"], perfect["coverage"]) == (1.0, 0.0, 1.0)
    half = scores(exact + np.where(exact < 12, 0.0, 1.0), exact, np.full_like(exact, 0.5))
    assert half["coverage"] == 0.5
    assert half["r2"] == pytest.approx(1 - 12 / ((exact - 11.5) ** 2).sum(), abs=1e-4)


def test_race_ranks_candidates(folder, monkeypatch):
    pytest.importorskip("torch", reason="training needs requirements-train.txt")
    monkeypatch.setattr(race, "EPOCHS", 3)
    monkeypatch.setattr(race, "HIDDEN", (16,))
    monkeypatch.setattr(race, "FAMILIES", ("bulk",))
    chosen = ("k-local components, one network (shipped design)", "residual against a virtual crystal")
    monkeypatch.setattr(race, "CANDIDATES", {name: race.CANDIDATES[name] for name in chosen})
    rows = race.run_race(folder, 40)
    assert [row["candidate"] for row in rows] == list(chosen)
    assert rows[1]["bulk"] > 0.8
    assert race.race_table(rows).count("\n") == 4
