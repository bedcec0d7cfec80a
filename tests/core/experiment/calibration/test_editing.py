"""Edits of a calibration: what controls show of it, one step in or out, and nothing else moved."""

from itertools import combinations

import pytest

from core.experiment.calibration.editing import AXES, step_of, values_of, with_step, with_value, without_step
from core.experiment.calibration.steps import (
    AngleToMomentum,
    Background,
    Colours,
    Crop,
    FermiLevel,
    FittedFermiLevel,
    Frame,
    Momentum,
    PictureAxes,
    Symmetrise,
)

USUAL = (
    Frame(1, 2, 30, 40), Colours("hot"), PictureAxes(-1.0, 1.0, -5.0, 0.0), FermiLevel(0.1),
    AngleToMomentum(90.0, 4.4, 0.5), Momentum(0.02, 1.1), Crop(-1.0, 1.0, -4.0, 0.0), Symmetrise(),
    Background("constant"),
)  # fmt: skip
LISTS = [steps for size in range(len(USUAL) + 1) for steps in combinations(USUAL, size)]
"""All calibrations of these steps in their usual order."""

BACKWARDS = USUAL[::-1]
OTHERS = (
    Frame(3, 4, 50, 60), Colours("gray"), PictureAxes(-2.0, 1.5, -6.0, 1.0), FermiLevel(0.3), FittedFermiLevel(),
    AngleToMomentum(70.0, 4.1), Momentum(-0.1, 0.9), Crop(-0.5, 0.5, -3.0, 0.0), Symmetrise(), Background("shirley"),
)  # fmt: skip
VALUES = {
    "colours": "viridis", "k_left": -1.7, "k_right": 1.8, "e_bottom": -7.0, "e_top": 0.5, "fermi": -0.2, "hv": 55.0,
    "work_function": 4.9, "normal": 2.5, "k_centre": 0.3, "k_scale": 0.8, "background": "shirley", "symmetrise": True,
}  # fmt: skip


def of_another_kind(steps, kind):
    level = (FermiLevel, FittedFermiLevel)
    return [step for step in steps if type(step) is not kind and not (kind in level and type(step) in level)]


@pytest.mark.parametrize("step", OTHERS, ids=lambda step: step.name)
def test_a_step_goes_in_and_out_and_the_others_stay_in_order(step):
    for steps in (*LISTS, BACKWARDS):
        after = with_step(steps, step)
        assert step_of(after, type(step)) == step
        assert of_another_kind(after, type(step)) == of_another_kind(steps, type(step))
        assert list(without_step(after, type(step))) == of_another_kind(steps, type(step))
        assert with_step(after, step) == after


@pytest.mark.parametrize("step", USUAL, ids=lambda step: step.name)
def test_a_step_returns_to_its_usual_place(step):
    for steps in LISTS:
        if step in steps:
            assert with_step(without_step(steps, type(step)), step) == steps


@pytest.mark.parametrize("name", VALUES)
def test_a_control_shows_what_it_was_set_to(name):
    assert set(VALUES) == set(values_of(()))
    for steps in (*LISTS, BACKWARDS):
        needs = PictureAxes if name in AXES else AngleToMomentum if name in ("hv", "work_function", "normal") else None
        if needs and not step_of(steps, needs):
            with pytest.raises(TypeError):
                with_value(steps, name, VALUES[name])
            continue
        after = with_value(steps, name, VALUES[name])
        changed = {key for key, value in values_of(after).items() if value != values_of(steps)[key]}
        assert values_of(after)[name] == VALUES[name]
        assert changed <= {name}
        assert values_of(with_value(after, name, values_of(steps)[name])) == values_of(steps)


def test_values_that_change_nothing_leave_no_step():
    steps = with_value(with_value((), "k_centre", 0.1), "k_scale", 1.2)
    assert steps == (Momentum(0.1, 1.2),)
    assert with_value(with_value(steps, "k_centre", 0.0), "k_scale", None) == ()
    assert with_value((Background(),), "background", "none") == ()
    assert with_value((Symmetrise(),), "symmetrise", False) == ()


def test_an_empty_control_goes_back_to_what_the_file_says():
    usual = (FermiLevel(96.3), AngleToMomentum(100.0, 3.7))
    assert with_value((FermiLevel(95.0), usual[1]), "fermi", None, usual) == usual
    assert with_value((usual[0], AngleToMomentum(90.0, 4.2)), "hv", None, usual)[1] == AngleToMomentum(100.0, 4.2)
    assert with_value((FermiLevel(0.1),), "fermi", None) == ()


def test_a_map_takes_the_place_of_a_colour_bar():
    bar = Colours("colour bar", ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))
    assert with_value((bar,), "colours", "hot") == (Colours("hot"),)
