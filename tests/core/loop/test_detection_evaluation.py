"""What the measurement of detection rates images, tries and counts; the fits themselves are tested where they are."""

import json

import pytest

from core.learning.samples import profile_key
from core.loop import detection_evaluation
from core.loop.detection_evaluation import (
    KINDS,
    LONGEST,
    Detection,
    detection_figures,
    detection_samples,
    evaluate_detection,
    flawed_crystal,
)


def outcome(mixed: float, antisite: float = 0.0, chi: float = 1.0) -> Detection:
    return Detection({"mixed": mixed, "antisite": antisite}, chi, "Si4Ge4 on Si", "")


def test_profiles_come_in_turn_and_are_sharp():
    samples = detection_samples(10)
    assert len({profile_key(sample.layers) for sample in samples[:5]}) == 5
    assert all(len(sample.layers) <= LONGEST and not sample.mixing for sample in samples)


@pytest.mark.parametrize("kind", KINDS)
def test_flawed_crystals_have_the_flaw_they_are_named_for(kind):
    sample = detection_samples(1)[0]
    crystal, flaw = flawed_crystal(sample, kind, 0)
    if kind == "pristine":
        assert crystal is None
        assert flaw == ""
        return
    assert len(crystal) == 4 * len(sample.layers)
    assert (len(crystal.antisites), len(crystal.empty_sites)) == (kind == "antisite", kind == "vacancy")
    assert flaw.startswith(kind)
    assert crystal.label == flawed_crystal(sample, kind, 0)[0].label


def test_figures_count_alarms_at_odds_of_twenty_and_areas_by_the_right_score():
    found = {
        "pristine": [outcome(-3.0, chi=0.9), outcome(7.0, chi=0.8), outcome(5.0, -1.0, 0.7), outcome(-9.0, 2.0, 1.1)],
        "mixed": [outcome(8.0), outcome(4.0)],
        "antisite": [outcome(0.0, 1.0)],
        "vacancy": [outcome(0.0, chi=1.2)],
    }
    figures = detection_figures(found)
    assert figures["mixed"] == {"images": 2, "auc": 0.75, "by": "mixed", "found": 0.5, "false_alarms": 0.25}
    assert figures["antisite"]["auc"] == 0.75
    assert figures["vacancy"] == {"images": 1, "auc": 1.0, "by": "residual"}


def test_what_an_image_gave_is_kept_and_not_measured_again(tmp_path, monkeypatch):
    asked = []

    def measured(sample, image, wanted):
        asked.append(wanted)
        return {name: float(len(asked)) for name in wanted}, 1.0

    monkeypatch.setattr(detection_evaluation, "simulated_image", lambda *_: None)
    monkeypatch.setattr(detection_evaluation, "detection", measured)
    monkeypatch.setattr(detection_evaluation, "_version", lambda: "v")
    first = evaluate_detection(tmp_path, images=1)
    assert len(asked) == len(KINDS)
    assert evaluate_detection(tmp_path, images=1) == first
    assert len(asked) == len(KINDS)
    assert json.loads((tmp_path / "v" / "vacancy-0.json").read_text())["gain"] == {}


def test_more_images_than_stacks_are_other_images_of_the_same_stacks(tmp_path, monkeypatch):
    taken, stacks = [], detection_samples(2)

    def measured(sample, image, wanted):
        taken.append((stacks.index(sample), image))
        return dict.fromkeys(wanted, 0.0), 1.0

    monkeypatch.setattr(detection_evaluation, "detection_samples", lambda count: stacks)
    monkeypatch.setattr(detection_evaluation, "simulated_image", lambda sample, severity, number, atoms: number)
    monkeypatch.setattr(detection_evaluation, "detection", measured)
    monkeypatch.setattr(detection_evaluation, "_version", lambda: "v")
    assert evaluate_detection(tmp_path, images=5)["pristine"] == {"images": 5}
    assert sorted(stack for stack, _ in taken) == [0] * 12 + [1] * 8
    assert len({image for _, image in taken}) == len(taken)


@pytest.mark.parametrize("name", ["ENGINE_VERSION", "parameters_sha256", "in_force"])
def test_outcomes_of_another_engine_or_of_other_networks_are_not_taken(monkeypatch, name):
    before = detection_evaluation._version()
    other = "another" if name == "ENGINE_VERSION" else lambda: "another"
    monkeypatch.setattr(detection_evaluation, name, other)
    assert detection_evaluation._version() != before
