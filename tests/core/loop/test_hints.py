"""Explanations of what a guess leaves."""

import numpy as np
import pytest

from core.experiment.photoemission.artefacts import Artefacts
from core.experiment.photoemission.renderer import simulate
from core.experiment.photoemission.spectra import cut_signal
from core.loop.hints import SENTENCES, explanations, hints
from core.reverse.distance import Target
from core.reverse.guess import Guess, Predictor, View
from core.reverse.standard import EV, KX
from core.structure.sample import Sample
from core.structure.stack import parse_stack

GUESS = Guess(Sample.on_lattice("Si4Ge4", 5.54), (View("G-X", 0.4, 0.2, resolution=0.08),))
FLOOR = 0.005


def found_for(truth: Guess, guess: Guess = GUESS) -> list:
    signal = cut_signal(truth.crystal, "G-X", truth.views[0].state)
    seen = Artefacts(seed=2, fermi_level=0.4, energy_resolution=0.08, ripple=0.3)
    target = Target(simulate(signal[None], np.array([truth.lattice]), "G-X", [seen], KX, EV)[0])
    predict = Predictor()
    distance = lambda other: target.distance(predict.picture(other, 0))  # noqa: E731
    return hints(guess, distance(guess), FLOOR, distance)


@pytest.mark.parametrize(
    ("explanation", "truth"),
    [
        ("interface mixing", GUESS.changed(mixing=1.5)),
        ("a wrong period", GUESS.changed(stack="Si5Ge5")),
        ("an alloyed layer", GUESS.changed(stack="Si4(Si0.25Ge0.75)4")),
        ("a missing layer", GUESS.changed(stack="Si4Ge4Si3Ge4")),
        ("atoms out of place", GUESS.changed(stack="Si2(Si0.5Ge0.5)1Si1Ge4")),
    ],
)
def test_the_right_explanation_comes_first(explanation, truth):
    first = found_for(truth)[0]
    assert first.explanation == explanation
    assert first.removes > 0.5
    assert first.document()["sentence"] == SENTENCES[explanation]


def test_nothing_to_explain_where_the_guess_is_right():
    assert all(hint.removes < 0.2 for hint in found_for(GUESS) if hint.explanation != "another material")


def test_what_no_explanation_removes_is_something_else():
    rows = hints(GUESS, 0.5, FLOOR, lambda other: 0.45)
    assert rows[0].explanation == "another material"
    assert rows[0].removes == pytest.approx((0.45 - FLOOR) / 0.5)


def test_guesses_stay_near_the_best_one():
    for stack in ("Si2", "(Si0.5Ge0.5)2", "Si1Ge1", "Si10Ge10", "Si4Ge4"):
        for others in explanations(GUESS.changed(stack=stack)).values():
            assert all(len(parse_stack(other.stack)) <= 24 for other in others)
