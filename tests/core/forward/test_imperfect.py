"""The forward model of imperfect samples: what it sees, what it adds, where it stops; its data set and training."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from core.errors import InputError
from core.forward.imperfect import dataset, evaluation, training
from core.forward.imperfect.dataset import ImperfectRecord, generate_imperfect, plane_spectra, read_imperfect
from core.forward.imperfect.features import flaw_features, mean_profile, seen_planes
from core.forward.imperfect.model import WEIGHTS, ImperfectModel, imperfect_model, predict_imperfect
from core.forward.imperfect.response import KNOTS, Response, hats, operated, strengths
from core.forward.imperfect.samples import (
    PLANES_TRAINED,
    DrawnImperfect,
    configurations_differ,
    imperfect_stream,
    split_of,
)
from core.forward.model import predict, spectrum_model
from core.learning.samples import profile_key
from core.learning.weights import WeightsError, read_weights
from core.structure.imperfect import ImperfectSample
from core.structure.sample import Sample

SI4GE4 = Sample("Si4Ge4", "Si0.5Ge0.5")
MANY = list(islice(imperfect_stream(1), 300))


def test_the_stream_is_reproducible_and_keeps_to_what_is_said_of_it():
    assert list(islice(imperfect_stream(1), 40)) == MANY[:40]
    for drawn in MANY:
        low, high = PLANES_TRAINED[drawn.imperfect.lateral]
        assert low <= drawn.imperfect.planes <= high
    splits = {}
    for drawn in MANY:
        splits.setdefault(profile_key(drawn.imperfect.sample.layers), set()).add(drawn.split)
    assert all(len(found) == 1 for found in splits.values()), "a profile is in one split whatever its flaws"
    assert sum(drawn.split == "test" for drawn in MANY) >= 50
    assert {drawn.configurations for drawn in MANY if drawn.split == "test"} == {1, 3, 8}


@pytest.mark.parametrize("drawn", [drawn for drawn in MANY[:60] if not configurations_differ(drawn.imperfect)][:6])
def test_where_configurations_are_alike_the_model_sees_the_same(drawn):
    one, other = (seen_planes(drawn.imperfect, [number]) for number in (0, 7))
    assert np.allclose(one.flaws, other.flaws, atol=1e-6)
    assert np.allclose(one.layers, other.layers)


def test_one_flaw_alone_gives_the_same_spectra_wherever_it_lies():
    alone = ImperfectSample(Sample("Si2", "Si"), 2, 3, antisites=(1,))
    assert not configurations_differ(alone)
    assert np.abs(plane_spectra(alone, 0) - plane_spectra(alone, 1)).max() < 1e-6
    assert configurations_differ(replace(alone, vacancies=(2,)))
    assert configurations_differ(ImperfectSample(Sample("Si2Ge2", "Si", 1.0)))


def test_drawn_atoms_are_those_of_the_crystal():
    imperfect = ImperfectSample(Sample("Si2Ge2", "Si", 1.0), 2, 4, (1,), (3,), step=True)
    for number in (0, 5):
        atoms, crystal = imperfect.drawn_atoms(number), imperfect.crystal(number)
        assert np.array_equal(atoms.ge_fraction.ravel(), crystal.ge_fraction)
        assert (atoms.antisites, atoms.vacancies) == (crystal.antisites, crystal.empty_sites)


def test_what_is_seen_of_flaws():
    perfect = ImperfectSample(SI4GE4)
    assert np.all(flaw_features(perfect, perfect.drawn_atoms()) == 0)
    assert np.allclose(mean_profile(replace(perfect, antisites=(2,))), [0, 0.25, 0, 0, 1, 1, 1, 1])
    assert np.allclose(mean_profile(replace(perfect, step=True)), [0.5, 0, 0, 0, 0.5, 1, 1, 1])
    missing = replace(perfect, vacancies=(2,), dangling="passivated")
    seen = flaw_features(missing, missing.drawn_atoms())
    assert np.allclose(seen[1, 13:26], 0), "none are open"
    assert np.allclose(seen[[1, 0], [26 + 6, 26 + 7]], 0.25), "of plane 2 in itself, and one plane up in plane 1"
    ordered = ImperfectSample(Sample("(Si0.5Ge0.5)4", "Si"), 2, 1)
    rows = np.concatenate([flaw_features(ordered, ordered.drawn_atoms(number)) for number in range(400)])
    assert abs(rows[:, 39:51].mean()) < 0.03, "random atoms have no order on average"


def test_the_response_is_linear_in_the_flaws_and_the_picture():
    assert np.allclose(hats().sum(axis=0), 1)
    random = np.random.default_rng(0)
    virtual = random.random((4, 96, 176)).astype(np.float32)
    response = Response(random.normal(size=(10, len(operated(virtual)), KNOTS)).astype(np.float32))
    imperfect = ImperfectSample(Sample("Si2Ge2", "Si"), 2, 1, (2,), (3,))
    flaws = flaw_features(imperfect, imperfect.drawn_atoms())
    once = response(virtual, flaws)
    assert np.abs(once).max() > 0
    assert np.allclose(response(virtual, 2 * flaws), 2 * once, atol=1e-3)
    assert np.allclose(response(3 * virtual, flaws), 3 * once, atol=1e-3)
    assert np.all(response(virtual, 0 * flaws) == 0)
    assert strengths(flaws)[2, 0] == 0.25, "one of four atoms of plane 3 is missing"


def test_without_flaws_it_is_the_forward_model():
    for stack in ("Si4Ge4", "Si3Ge1Si2"):
        sample = Sample(stack, "Si0.5Ge0.5")
        prediction = predict_imperfect(ImperfectSample(sample, 2))
        assert prediction.configurations == 1
        exact = predict(sample.crystal())
        assert np.abs(prediction.planes() - exact.atoms()).max() < 1e-4
        assert np.abs(prediction.total() - exact.total()).max() < 1e-3


@pytest.mark.parametrize("flaw", [{"antisites": (2,)}, {"vacancies": (3,)}])
def test_growth_reversed_gives_the_same_total(flaw):
    """Inversion turns growth round; the crystal is the same."""
    turned = {name: tuple(9 - plane for plane in planes) for name, planes in flaw.items()}
    one = predict_imperfect(ImperfectSample(Sample("Si3Ge2Si1Ge2", "Si"), **flaw))
    other = predict_imperfect(ImperfectSample(Sample("Ge2Si1Ge2Si3", "Si"), **turned))
    assert np.abs(one.total() - other.total()).max() < 1e-3 * one.total().max()


def test_planes_add_up_and_have_bars():
    prediction = predict_imperfect(ImperfectSample(Sample("Si2Ge2", "Si", 1.0), 2, 3, (1,)), 16)
    assert prediction.configurations == 16
    assert prediction.planes().min() >= 0
    beyond = np.abs(prediction.planes().sum(axis=0) - prediction.total())
    assert beyond.mean() < 0.01 * prediction.total().mean(), "but for what is cut off below 0"
    assert prediction.plane_error().shape == prediction.planes().shape
    assert prediction.total_error().min() > 0
    assert np.array_equal(prediction.total(), predict_imperfect(prediction.imperfect, 16).total())


def test_flaws_widen_the_bars_and_vacancies_most():
    perfect = predict_imperfect(ImperfectSample(SI4GE4))
    antisite = predict_imperfect(ImperfectSample(SI4GE4, antisites=(4,)))
    vacancy = predict_imperfect(ImperfectSample(SI4GE4, vacancies=(4,)))
    assert vacancy.total_error().mean() > 1.5 * antisite.total_error().mean()
    assert np.abs(antisite.total() - perfect.total()).max() > 0.05


@pytest.mark.parametrize(
    ("given", "words"),
    [({"lateral": 4}, "cells of 2 × 2 and 3 × 3"), ({"sample": Sample("Si8Ge8", "Si")}, "4 to 12 planes"),
     ({"sample": Sample("Si2", "Si")}, "this one has 2"), ({"lateral": 3}, "4 to 6 planes")],
)  # fmt: skip
def test_cells_that_taught_nothing_are_refused(given, words):
    with pytest.raises(InputError, match=words):
        predict_imperfect(ImperfectSample(**{"sample": SI4GE4} | given))


def test_the_domain_ends_with_the_substrates_and_the_number_of_flaws():
    inside = predict_imperfect(ImperfectSample(SI4GE4, antisites=(2,))).score
    assert inside.inside
    assert inside.reason == ""
    far = predict_imperfect(ImperfectSample(Sample("Si4Ge4", "5.75"), antisites=(2,))).score
    assert not far.inside
    assert "substrate" in far.reason
    many = predict_imperfect(ImperfectSample(SI4GE4, vacancies=(1, 4))).score
    assert not many.inside
    assert "more flaws" in many.reason


def test_weights_of_another_forward_model_are_refused(monkeypatch):
    mark = "core.forward.imperfect.model.mark_of"
    monkeypatch.setattr(mark, lambda basis: b"another")
    with pytest.raises(WeightsError, match="--line imperfect"):
        imperfect_model()


def test_weights_come_back_as_they_were_written():
    arrays = read_weights(WEIGHTS)
    again = ImperfectModel.from_arrays(arrays).arrays()
    assert again.keys() == arrays.keys()
    assert all(np.array_equal(again[name], arrays[name]) for name in arrays)
    assert WEIGHTS.stat().st_size < 1e6


@pytest.fixture
def tiny(monkeypatch):
    """A stream of cells of eight atoms."""
    some = [
        DrawnImperfect(ImperfectSample(Sample("(Si0.5Ge0.5)2", "Si"), 2, seed), "alloy", 1 + seed % 2)
        for seed in range(6)
    ]
    monkeypatch.setattr(dataset, "imperfect_stream", lambda seed: iter(some))
    monkeypatch.setattr(dataset, "SHARD_SAMPLES", 2)
    return some


def test_a_data_set_goes_on_where_it_stood(tiny, tmp_path):
    assert generate_imperfect(tmp_path, 2) == 1
    assert generate_imperfect(tmp_path, 4) == 1
    assert generate_imperfect(tmp_path, 4) == 0
    records = list(read_imperfect(tmp_path))
    assert [record.drawn for record in records] == tiny[:4]
    assert records[1].planes.shape == (2, 2, 96, 176)
    exact = plane_spectra(tiny[1].imperfect, 1)
    assert np.abs(records[1].planes[1] - exact).max() < 1e-3 * exact.max()
    assert list(read_imperfect(tmp_path, split_of("(Si0.5Ge0.5)2")))
    with pytest.raises(InputError, match="other seed"):
        generate_imperfect(tmp_path, 4, seed=2)
    shard = tmp_path / "imperfect-00000.h5"
    shard.write_bytes(shard.read_bytes()[:2000])
    with pytest.raises(InputError, match="set aside"):
        list(read_imperfect(tmp_path))
    assert generate_imperfect(tmp_path, 4) == 1


def fake_record(drawn: DrawnImperfect) -> ImperfectRecord:
    """Spectra that lose weight in proportion to the wrong and the missing atoms of their plane."""
    known, planes = spectrum_model("path"), drawn.imperfect.planes
    seen = seen_planes(drawn.imperfect, range(drawn.configurations))
    virtual = np.maximum(known.pictures(known.hidden(seen.layers)), 0.0)
    lost = seen.flaws[:, [6, 13 + 6, 26 + 6]].sum(axis=1)
    exact = virtual * (1 - lost)[:, None, None] / planes
    return ImperfectRecord(drawn, exact.reshape(-1, planes, *exact.shape[1:]).astype(np.float16))


@pytest.mark.slow
def test_training_learns_what_flaws_take(monkeypatch, tmp_path):
    small = [drawn for drawn in MANY if drawn.imperfect.planes <= 6]
    lessons = [drawn for drawn in small if drawn.split != "test"][:60]
    (tmp_path / "plan.json").write_text("{}")
    monkeypatch.setattr(training, "read_imperfect", lambda folder: map(fake_record, lessons))
    out = tmp_path / "imperfect.npz"
    settings = training.Settings(references=200, kept=12)
    card = training.train_imperfect(tmp_path, out, settings, report=lambda line: None)
    assert sum(card["data"]["samples"].values()) == 60
    assert card["made_from"]["path_sha256"]
    found = ImperfectModel.from_arrays(read_weights(out))
    monkeypatch.setattr("core.forward.imperfect.model.imperfect_model", lambda: found)
    unseen = [fake_record(drawn) for drawn in small if drawn.split == "test"][:8]
    monkeypatch.setattr(evaluation, "generate_imperfect", lambda *given, **more: 0)
    monkeypatch.setattr(
        evaluation, "read_imperfect", lambda folder, split: unseen if split else map(fake_record, lessons[:40])
    )
    monkeypatch.setattr(training, "FOLDS", 2)
    told = evaluation.evaluate_imperfect(tmp_path)
    fifths = told["fifths"]["all"]
    assert fifths["predicted"]["total"]["relative_l1"] < fifths["virtual"]["total"]["relative_l1"]
    figures = told["families"]["all"]
    assert figures["predicted"]["total"]["relative_l1"] < 0.6 * figures["virtual"]["total"]["relative_l1"]
    assert figures["predicted"]["planes"]["r2"] > figures["virtual"]["planes"]["r2"]
    assert 0.8 < figures["predicted"]["total"]["coverage"] <= 1


def test_too_few_samples_teach_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(training, "read_imperfect", lambda folder: map(fake_record, MANY[:3]))
    with pytest.raises(InputError, match="at least"):
        training.train_imperfect(tmp_path, tmp_path / "x.npz", report=lambda line: None)
