"""Controls of Interpret change the steps of a reading, and show them."""

import io
import json

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from components.interpret.edit import control_values, removable, step_lines, with_controls, without
from components.interpret.panels import step_list
from core.errors import InputError
from core.experiment.calibration.steps import (
    AngleToMomentum,
    Background,
    Colours,
    Frame,
    Momentum,
    PictureAxes,
    Symmetrise,
)
from core.experiment.calibration.suggestion import suggested_steps
from core.sessions.readings import Reading, calibrated, cuts_of, first_reading, keep_image, with_fermi_level


def kept(image: xr.DataArray, **attrs) -> Reading:
    stream = io.BytesIO(image.assign_attrs(attrs).to_netcdf(engine="h5netcdf"))
    return first_reading(keep_image(stream.getvalue(), "mine.nc"))


def beam(edge: float = 96.3) -> xr.DataArray:
    """Kinetic energies and angles, with a Fermi edge."""
    energy, angle = np.linspace(edge - 4, edge + 1, 201), np.linspace(-12, 12, 61)
    values = (1 + 0.1 * np.cos(angle)) / (1 + np.exp(np.clip((energy[:, None] - edge) / 0.05, -40, 40)))
    coords = {
        "eV": ("eV", energy, {"units": "eV", "long_name": "Kinetic energy"}),
        "alpha": ("alpha", angle, {"units": "degree"}),
    }
    return xr.DataArray(values, dims=("eV", "alpha"), coords=coords, name="intensity")


def picture() -> Reading:
    stream = io.BytesIO()
    shade = np.tile(np.linspace(0, 255, 80).astype(np.uint8), (60, 1))
    Image.fromarray(shade).convert("RGB").save(stream, "PNG")
    return first_reading(keep_image(stream.getvalue(), "mine.png"))


def set_to(reading: Reading, **values) -> Reading:
    return with_controls(reading, control_values(reading) | values, list(values))


def test_axes_of_a_picture_wait_until_all_four_ends_are_there():
    reading = picture()
    assert reading.steps == (Frame(0, 0, 80, 60), Colours())
    assert "Missing. Give the axes" in str(step_list(reading))
    assert set_to(reading, k_left=-1, k_right=1, e_bottom=-5) == reading
    reading = set_to(reading, k_left=-1, k_right=1, e_bottom=-5, e_top=0)
    assert reading.steps[2:] == (PictureAxes(-1.0, 1.0, -5.0, 0.0),)
    assert "Missing" not in str(step_list(reading))
    assert set_to(reading, k_left="") == reading
    assert calibrated(reading).dims == ("eV", "kx")


def test_each_control_shows_what_it_was_set_to():
    wanted = {
        "fermi": 96.0, "hv": 101.0, "inner_potential": 11.0, "work_function": 4.1, "k_centre": 0.1, "k_scale": 1.05,
        "background": "shirley", "symmetrise": True, "cut": "G-K", "kz": "0.5",
    }  # fmt: skip
    for reading in (kept(beam()), Reading("example-sharp")):
        before = control_values(reading)
        for name, value in wanted.items():
            after = set_to(reading, **{name: value})
            follows = {"hv", "work_function"} if name in ("hv", "fermi", "work_function") and reading.steps else set()
            now = control_values(after)
            assert now == before | {name: value} | {other: now[other] for other in follows - {name}}
            assert Reading.from_document(json.loads(json.dumps(after.document()))) == after
            assert control_values(set_to(after, **{name: before[name]})) == before
        assert set_to(reading, **before) == reading


def test_photon_energy_stands_in_one_place():
    angles, momenta = kept(beam(), hv=100.8), Reading("example-sharp")
    assert isinstance(angles.steps[1], AngleToMomentum)
    changed = set_to(angles, hv=60.0, work_function=4.0)
    assert (changed.hv, changed.work_function) == (None, None)
    assert changed.final_state() == (60.0, None, 4.0)
    assert set_to(momenta, hv=60.0).hv == 60.0
    assert np.isfinite(cuts_of((set_to(momenta, hv=60.0),))[0][0].radius)


EDITS = (
    {"hv": 110.0}, {"fermi": 96.0}, {"fermi": 96.0, "hv": 110.0}, {"hv": 110.0, "fermi": 96.0},
    {"hv": 110.0, "work_function": 4.2}, {"hv": 110.0, "normal": 0.5}, {"fermi": 96.1, "normal": 0.5},
)  # fmt: skip
OPTIONS = {"hv": "photon_energy", "work_function": "work_function", "fermi": "fermi", "normal": "normal"}


@pytest.mark.parametrize("attrs", [{}, {"hv": 100.0}, {"hv": 100.0, "work_function": 4.3}], ids=str)
@pytest.mark.parametrize("edits", EDITS, ids=str)
@pytest.mark.parametrize("edge", [True, False], ids=["edge", "no edge"])
def test_the_page_calibrates_as_the_command_line_does(edits, attrs, edge):
    image = beam() if edge else beam().copy(data=np.tile(2 + np.cos(beam().alpha.values), (201, 1)))
    reading = kept(image, **attrs)
    for name, value in edits.items():
        reading = set_to(reading, **{name: value})
    given = {OPTIONS[name]: value for name, value in edits.items()}
    assert reading.steps == suggested_steps(reading.raw(), **given)
    for name in reversed(edits):  # emptied again
        reading = set_to(reading, **{name: ""})
    assert reading.steps == suggested_steps(reading.raw())


def test_a_level_taken_from_a_curve_moves_the_work_function():
    reading = kept(beam(), hv=100.0)
    moved = with_fermi_level(reading, -0.2, 0.01)
    level, angles = moved.steps
    assert (level.origin, level.uncertainty) == ("fitted edge", 0.01)
    assert angles.work_function == pytest.approx(100.0 - level.level)
    again = set_to(moved, hv=110.0)
    assert again.steps[0] == level
    assert again.steps[1].work_function == pytest.approx(110.0 - level.level)
    np.testing.assert_allclose(calibrated(again).kx, calibrated(moved).kx)


def test_an_angle_image_without_an_edge_takes_what_a_person_gives():
    image = beam()
    reading = kept(image.copy(data=np.tile(2 + np.sin(image.alpha.values), (image.sizes["eV"], 1))))
    assert reading.steps == ()
    reading = set_to(reading, work_function=4.2)
    assert reading.steps == ()
    reading = set_to(set_to(reading, hv=100.5), fermi=96.2)
    assert reading.steps == suggested_steps(reading.raw(), 100.5, 4.2, fermi=96.2)
    assert reading.work_function is None
    assert calibrated(reading).dims == ("eV", "kx")


def test_another_image_of_the_file_keeps_what_a_person_set():
    first, second = beam(96.3), beam(96.3).assign_coords(eV=beam(96.3).eV + 0.0)
    both = xr.concat([first, second.copy(data=np.roll(second.values, -20, axis=0))], "delay")
    reading = set_to(kept(both.assign_coords(delay=[0.0, 1.0])), background="constant", k_centre=0.1)
    moved = set_to(reading, index="1")
    assert moved.index == 1
    assert moved.steps[0].level == pytest.approx(reading.steps[0].level - 0.5, abs=0.05)
    assert moved.steps[2:] == (Momentum(0.1), Background("constant"))


def test_steps_that_an_image_can_do_without_are_removable():
    reading = set_to(set_to(kept(beam()), symmetrise=True), k_centre=0.1)
    assert removable(reading) == ["momentum", "symmetrise"]
    assert without(reading, "momentum").steps == (*reading.steps[:2], Symmetrise())
    assert without(reading, "angle_to_momentum") == reading
    assert removable(picture()) == ["frame"]
    assert "Remove the step Symmetrise about Γ" in str(step_list(reading))


def test_steps_are_said_with_units():
    lines = dict(step_lines(kept(beam(), hv=100.8)))
    assert lines["fermi_level"].endswith("eV")
    assert "hν 100.8 eV" in lines["angle_to_momentum"]


@pytest.mark.parametrize("values", [{"hv": "many"}, {"k_centre": float("inf")}, {"fermi": [1]}, {"k_scale": "1e9"}])
def test_foreign_values_are_refused(values):
    with pytest.raises(InputError, match="give a number"):
        set_to(Reading("example-sharp"), **values)
