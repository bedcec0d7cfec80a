"""Learning from the replay store: what is taken, what is refused, and the way back."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import InputError
from core.forward import learned as forward
from core.forward.model import predict, spectrum_model
from core.learning import versions
from core.learning.dataset import compute_record
from core.learning.samples import drawn_sample, profile_number
from core.loop import learn as learning
from core.loop.failures import failure
from core.loop.learn import learn, split_cases
from core.loop.loop import Loop, LoopSettings
from core.sessions.readings import Reading, cuts_of

STRETCHED = [
    drawn_sample("stretched", f"(Si{1 - x:.2f}Ge{x:.2f})2", a) for x in (0.65, 0.7, 0.75) for a in (5.735, 5.745, 5.755)
]
"""On substrates beyond the trained ones; the middle composition is held back."""

USUAL = [
    drawn_sample("usual", stack, a) for stack, a in (("Si1Ge1", 5.45), ("Si2Ge2", 5.6), ("Si1Ge3", 5.7), ("Si2", 5.5))
]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDLOOM_CACHE", str(tmp_path))


@pytest.fixture(scope="module")
def records():
    return [compute_record(sample) for sample in STRETCHED], [compute_record(sample) for sample in USUAL]


def test_a_new_family_is_learned_and_rolled_back(records):
    crystal = STRETCHED[0].crystal()
    before = predict(crystal).total()
    card = learn(*records, models=("path",), curve=False)
    errors = card["models"]["path"]
    assert errors["accepted"]
    assert errors["held_after"] < 0.7 * errors["held_before"]
    assert errors["fixed_after"] <= 1.01 * errors["fixed_before"]
    assert versions.in_force() == card["version"] == card["in_force"]
    assert not np.array_equal(predict(crystal).total(), before)
    assert versions.roll_back() == versions.SHIPPED
    np.testing.assert_array_equal(predict(crystal).total(), before)


def test_what_is_no_better_is_refused(records, monkeypatch):
    monkeypatch.setattr(forward, "learned_model", lambda model, new, old: model)
    card = learn(*records, models=("path",), curve=False)
    assert not card["models"]["path"]["accepted"]
    assert card["version"] is None
    assert versions.in_force() == versions.SHIPPED


def test_what_harms_the_fixed_test_set_is_refused(records, monkeypatch):
    def overwritten(model, new, old):
        """All bands somewhere else."""
        return replace(model, basis=replace(model.basis, mean=np.roll(model.basis.mean, 9, axis=1)))

    monkeypatch.setattr(forward, "learned_model", overwritten)
    card = learn(*records, models=("path",), curve=False)
    errors = card["models"]["path"]
    assert errors["fixed_after"] > 1.01 * errors["fixed_before"]
    assert card["version"] is None


def test_a_few_cases_are_too_few(records):
    with pytest.raises(InputError, match="holds 4 cases and learning needs 5"):
        learn(records[0][:4], records[1])


def test_no_profile_is_on_both_sides_whatever_the_order(records):
    cases = records[0]
    used, held = split_cases(cases)
    of = lambda part: {profile_number(record.sample.stack) for record in part}  # noqa: E731
    assert used
    assert held
    assert not of(used) & of(held)
    assert of(split_cases(cases[::-1])[1]) == of(held)
    assert of(split_cases(cases[3:])[1]) & of(split_cases(cases[3:])[0]) == set()


def test_cases_of_one_profile_cannot_be_tested(records):
    with pytest.raises(InputError, match="All 9 cases are of the profile of .*Ge0.65"):
        learn(records[0][:3] * 3, records[1])


def test_the_old_version_is_what_a_new_one_must_beat(records, monkeypatch):
    model = spectrum_model("path")
    name = versions.keep({"path.npz": learning._arrays(model, "path")}, {})
    versions.adopt(name)
    monkeypatch.setattr(forward, "learned_model", lambda model, new, old: model)
    card = learn(*records, models=("path",), curve=False)
    assert card["in_force"] == name


def test_a_loop_that_agrees_leaves_nothing_and_one_that_fails_leaves_a_case():
    loop = Loop(cuts_of((Reading("example-sharp"),))[0], LoopSettings(), None)
    agreed = {"stop_reason": "agreement", "exact_check": {"agrees": True}, "residual_end": 0.9, "noise": 1.0}
    assert failure(loop, agreed) == ""
    assert "disagrees" in failure(loop, agreed | {"exact_check": {"agrees": False}})
    assert "structured" in failure(loop, agreed | {"stop_reason": "no progress", "residual_end": 2.2})
    assert failure(loop, agreed | {"stop_reason": "outside the domain", "residual_end": 90.0}) == ""
