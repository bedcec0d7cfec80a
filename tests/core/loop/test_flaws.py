"""Whether a crystal is as drawn: what stands for a flaw, what the fits say of one, and how the end of a run says it."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from core.learning.samples import drawn_sample
from core.loop import flaws as module
from core.loop.correction import fitted_exactly
from core.loop.ending import ending
from core.loop.expected import image_to_fit
from core.loop.fit import Problem
from core.loop.fit_evaluation import simulated_image
from core.loop.flaws import FLAWS, ODDS, Flaw, can_be_asked, flaws, rates, signatures, told_flaws
from core.loop.pictures import Pictures
from core.reverse.cut import Cut
from core.reverse.inference import infer_images
from core.structure.stack import parse_stack
from tests.core.loop.test_ending import RESULT


def test_a_signature_of_an_antisite_exchanges_a_quarter_of_one_plane():
    found = signatures("Si1Ge3")
    assert [mixing for _, mixing in found["mixed"]] == [1.0, 2.0]
    for stack, mixing in found["antisite"]:
        changed = parse_stack(stack).ge_fractions - parse_stack("Si1Ge3").ge_fractions
        assert sorted(abs(changed)) == [0.0, 0.0, 0.0, 0.25]
        assert mixing == 0.0


def test_it_is_asked_of_stacks_for_which_it_was_measured():
    assert can_be_asked("Si4Ge4", 0.0)
    for stack, mixing in (("Si4Ge4", 0.5), ("Si5Ge4", 0.0), ("Si2", 0.0), ("Si2(Si0.5Ge0.5)2", 0.0)):
        assert not can_be_asked(stack, mixing)


@pytest.fixture(scope="module")
def told() -> dict[float, dict[str, Flaw]]:
    """Answers for clean images of a sharp and of a mixed crystal, by the width of the mixing."""
    found = {}
    for mixing in (0.0, 1.5):
        sample = drawn_sample("test", "Si2Ge2", 5.5, mixing, 0.3)
        cut = Cut(None, "G-X", 0.3)
        target = image_to_fit(infer_images([cut], [simulated_image(sample, "clean", 7)]).images[0], cut)
        problem = Problem((target,), Pictures("forward", (0.3,)))
        perfect, _ = fitted_exactly(problem, problem.run(problem.start("Si2Ge2", 0.0, 5.5), 6), 2)
        asked = tuple(FLAWS) if mixing == 0.0 else ("mixed",)
        found[mixing] = {flaw.name: flaw for flaw in flaws(problem, perfect, asked)}
    return found


def test_mixed_interfaces_are_told_from_sharp_ones(told):
    assert set(told[0.0]) == set(FLAWS)
    assert not told[0.0]["mixed"].found
    assert not told[0.0]["antisite"].found
    assert told[1.5]["mixed"].found
    assert told[1.5]["mixed"].gain > told[0.0]["mixed"].gain + 100


def test_odds_of_twenty_tell_a_flaw():
    least = 2 * float(np.log(ODDS))
    assert Flaw("mixed", least + 0.01).found
    assert not Flaw("mixed", least - 0.01).found


def test_rates_are_those_that_were_measured(tmp_path, monkeypatch):
    file = tmp_path / "detection.json"
    monkeypatch.setattr(module, "MEASURED_FILE", file)
    rates.cache_clear()
    assert rates() == {}
    assert set(Flaw("mixed", 3.0).document()) == {"flaw", "gain", "found"}
    rates.cache_clear()
    file.write_text(json.dumps({"mixed": {"found": 0.9, "false_alarms": 0.02, "auc": 0.98}, "vacancy": {"auc": 0.6}}))
    assert Flaw("mixed", 7.0).document() == {
        "flaw": "mixed", "gain": 7.0, "found": True, "rate": 0.9, "false_alarms": 0.02,
    }  # fmt: skip
    rates.cache_clear()


class Left:
    """A fit as a search left it."""

    state = type("State", (), {"stack": "Si2Ge2", "mixing": 0.0})


@pytest.mark.parametrize(("fidelity", "fixed", "answers"), [
    ("tight-binding", {"kz"}, 1), ("dft", {"kz"}, 0), ("tight-binding", set(), 0),
])  # fmt: skip
def test_it_is_asked_of_what_was_measured(monkeypatch, fidelity, fixed, answers):
    monkeypatch.setattr(module, "fitted_exactly", lambda problem, fitted: ("taken on", None))
    seen = []
    monkeypatch.setattr(module, "flaws", lambda problem, perfect: seen.append(perfect) or [Flaw("mixed", 9.0)])
    target = SimpleNamespace(fixed=fixed)
    assert len(told_flaws(Problem((target,), Pictures(fidelity=fidelity)), Left)) == answers
    assert seen == ["taken on"] * answers


def test_the_end_says_flaws_with_what_tests_said_of_such_answers():
    mixed = {"flaw": "mixed", "gain": 20.0, "found": True, "rate": 0.89, "false_alarms": 0.0}
    antisite = {"flaw": "antisite", "gain": -3.0, "found": False, "rate": 0.4, "false_alarms": 0.02}
    said = ending(RESULT | {"flaws": [mixed, antisite], "hints": []}).flaws
    assert said == (
        "Better than as drawn the image is explained by interfaces mixed over 1 to 2 ML (in tests 89 % of such flaws "
        "were found, and 0 % of perfect crystals called flawed). The image gives no sign of an atom in 4 of a plane "
        "exchanged (in tests 40 % of such flaws were found, and 2 % of perfect crystals called flawed)."
    )
    assert "in tests" not in ending(RESULT | {"flaws": [{"flaw": "mixed", "gain": 9.0, "found": True}]}).flaws
