"""Training from a few stacks to weights that read an image, and what keeps held-back profiles apart."""

import json

import numpy as np
import pytest

from core.forward.model import weights_in_force
from core.learning import dataset
from core.learning.dataset import generate
from core.learning.provenance import plan_sha256
from core.learning.samples import drawn_sample, profile_number
from core.learning.training.convolutional import ConvolutionSettings
from core.learning.weights import read_weights
from core.reverse import drawing, training, training_images
from core.reverse.drawing import FIGURES, OUTPUTS, SEVERITIES, Spectra, draw_images
from core.reverse.model import ReverseModel
from core.reverse.training import ReverseSettings, split_sources, train_reverse
from core.reverse.training_images import draw_for_training

SMALL = ConvolutionSettings(channels=(2, 3, 4), hidden=(16,), epochs=1, batch=16)
SETTINGS = ReverseSettings(stacks=24, bulk=12, repeats=(1, 1), first=SMALL, second=SMALL)


def some_spectra(stacks: list[str]) -> Spectra:
    """Spectra of no meaning, of given stacks."""
    random, count = np.random.default_rng(0), len(stacks)
    figures = random.uniform(0.2, 0.8, (count, len(OUTPUTS) - len(drawing.NUISANCES)))
    return Spectra(
        random.random((count, 49, 176)).astype(np.float16), np.full(count, 5.5), np.zeros(count),
        random.random(count), figures, np.array([profile_number(stack) for stack in stacks]),
    )  # fmt: skip


STACKS = [f"Si{n}Ge{m}" for n in range(1, 7) for m in range(1, 7)] + ["[Si2Ge2]2", "Ge2Si1", "Si2", "Ge2"]


def test_no_profile_is_learned_from_and_held_back(tmp_path):
    spectra = some_spectra(STACKS)
    used, held = split_sources(dict.fromkeys(SEVERITIES, spectra), tmp_path / "scratch", dict.fromkeys(SEVERITIES, 2))
    learned, kept = (
        {number for source in sources for number in Spectra.opened(source.spectra).profile} for sources in (used, held)
    )
    assert not learned & kept
    assert learned | kept == set(spectra.profile)
    assert kept
    assert {source.severity for source in used} == {source.severity for source in held} == set(SEVERITIES)


def test_images_are_those_that_one_process_would_draw(tmp_path):
    used, _ = split_sources({"clean": some_spectra(STACKS[:6])}, tmp_path / "scratch", {"clean": 2})
    found = draw_for_training(used, "G-X", 3, tmp_path, first_share=2)
    here = [training_images._drawn_chunk(chunk) for chunk in training_images._chunks(used[0], "G-X", 3, 2)]
    first, second, level, targets = (np.concatenate(part) for part in zip(*here, strict=True))
    count = 2 * len(Spectra.opened(used[0].spectra))
    assert len(found.second) == len(found.targets) == count
    assert len(found.first) == len(found.level) == count // 2
    for one, other in ((first, found.first), (second, found.second), (level, found.level), (targets, found.targets)):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)  # 16 bit


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    """A data set of a few small cells."""
    place = tmp_path_factory.mktemp("dataset")
    samples = [drawn_sample("bulk", s, 5.5, 0.0, 0.3) for s in ("Si1Ge1", "Si2", "Si1Ge2", "Ge2")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "evaluation_set", lambda split: tuple(samples[:2]))
        patch.setattr(dataset, "training_stream", lambda seed: iter(samples))
        patch.setattr(dataset, "SHARD_SAMPLES", 4)
        generate(place, 4)
    return place, samples


@pytest.mark.slow
def test_trained_weights_read_an_image(exact, tmp_path, monkeypatch):
    pytest.importorskip("torch", reason="training needs requirements-train.txt")
    place, samples = exact
    monkeypatch.setattr(drawing, "SHARD_STACKS", 12)
    monkeypatch.setattr(training, "HELD_BACK", 3)
    monkeypatch.setattr(training, "DOMAIN_IMAGES", 4)
    monkeypatch.setattr(training, "evaluation_set", lambda split: tuple(samples))
    lines = []
    card = train_reverse(tmp_path / "spectra", place, "G-X", tmp_path / "w.npz", SETTINGS, lines.append)
    assert json.loads((tmp_path / "w.json").read_text(encoding="utf-8"))["sha256"] == card["sha256"]
    assert card["made_from"]["forward_weights"] == weights_in_force()
    assert card["made_from"]["data_set_sha256"] == plan_sha256(place)
    assert any("loss" in line for line in lines)
    assert not list((tmp_path / "spectra").glob("scratch*"))
    model = ReverseModel.from_arrays(read_weights(tmp_path / "w.npz"))
    spectra = drawing.exact_spectra(tmp_path / "spectra", place, "validation", "G-X")
    images = draw_images(spectra, "clean", "G-X", np.random.default_rng(1))
    found = model.read(images.pictures, spectra.kz, np.ones(len(spectra), bool))
    assert found.value.shape == found.half.shape == (len(spectra), len(OUTPUTS))
    assert np.all(found.half[:, : len(FIGURES)] >= 0)
    assert np.isfinite(model.domain).all()
