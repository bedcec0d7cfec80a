"""A simulated image says what it was made from, and that is set beside what is read."""

import json

import pytest

from core.errors import InputError
from core.experiment.photoemission.experiment import simulated_experiment
from core.reverse.truth import ATTRIBUTE, check_period, compared, truth_of
from core.sessions.readings import EXAMPLES, Reading, interpreted, uploaded_reading
from docs.examples import MEASUREMENT, SAMPLES

TOLD = {"stack": "Si2Ge2", "substrate": "Si", "mixing": 0.0, "cut": "G-X", "kz": 0.2, "fermi_above_vbm": 0.5}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_examples_say_what_they_were_made_from(name):
    truth = truth_of(Reading(f"example-{name}").raw().attrs)
    stack, substrate, mixing, own = SAMPLES[name]
    assert (truth.sample.stack, truth.sample.substrate, truth.sample.mixing) == (stack, substrate, mixing)
    assert (truth.kz, truth.fermi_above_vbm, truth.cut) == (own["kz"], own["fermi_above_vbm"], "G-X")
    assert {file.stem for file in EXAMPLES.glob("*.nc")} == set(SAMPLES)


def test_what_was_read_is_compared_with_what_is():
    reading = Reading("example-sharp")
    found, truth = interpreted(reading), truth_of(reading.raw().attrs)
    figures = compared(found, truth)
    assert figures["lattice_in_plane"].true == pytest.approx(5.5445, abs=1e-3)
    assert figures["ge_fraction"].true == pytest.approx(7 / 12)
    assert figures["period"].true == 12
    for one in figures.values():
        assert one.off == pytest.approx(one.read.value - one.true)
        assert one.inside == (one.read.low <= one.true <= one.read.high)
    assert truth.is_stack("Ge7Si5")
    assert not truth.is_stack("Si5Ge6")


def test_an_experiment_brings_its_truth_along_and_survives_an_upload():
    settings = MEASUREMENT | {"kz": 0.2, "final_momentum": 6.0, "fermi_above_vbm": 0.5}
    content = simulated_experiment("Si2Ge2", "Si", 0.5, "G-K", settings, 1)
    truth = truth_of(uploaded_reading(content, "a.nc").raw().attrs)
    assert (truth.sample.stack, truth.sample.mixing, truth.cut, truth.kz) == ("Si2Ge2", 0.5, "G-K", 0.2)


@pytest.mark.parametrize(
    "told",
    ["", "[", "[]", "3", "null", json.dumps({}), *(json.dumps(TOLD | odd) for odd in (
        {"stack": "Xe4"}, {"stack": None}, {"substrate": "9 Å"}, {"kz": 7}, {"kz": "x"}, {"mixing": 1e9},
        {"fermi_above_vbm": 1e300}, {"kz": float("nan")}, {"stack": "[Si9Ge9]99"},
    ))],
)  # fmt: skip
def test_what_is_no_truth_is_none(told):
    assert truth_of({ATTRIBUTE: told}) is None
    assert truth_of({}) is None


def test_stacks_that_repeat_too_late_are_refused_and_thick_ones_of_one_material_are_not():
    for stack in ("Si40Ge40", "Si20Ge1", "[Si20Ge20]2"):
        with pytest.raises(InputError, match="monolayers"):
            check_period(stack)
    for stack in ("Si80", "[Si4Ge4]10", "Si10Ge10"):
        check_period(stack)
