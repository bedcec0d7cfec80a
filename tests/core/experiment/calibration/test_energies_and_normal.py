"""Where E_F and normal emission come from, how well they are known, and what is said of it."""

import json

import numpy as np
import pytest
import xarray as xr

from core.errors import InputError
from core.experiment.calibration.editing import with_value
from core.experiment.calibration.energies import (
    EDGE,
    HEADER,
    PHOTONS_ASSUMED,
    PHOTONS_HEADER,
    PHOTONS_SPECS,
    UNCERTAINTY,
    fermi_reference,
)
from core.experiment.calibration.fermi import metallic_edge
from core.experiment.calibration.normal import SYMMETRY, ZERO, normal_emission
from core.experiment.calibration.record import record_from, record_of
from core.experiment.calibration.steps import AngleToMomentum, FermiLevel, FittedFermiLevel, calibrate, step_from
from core.experiment.calibration.suggestion import suggested_steps
from core.experiment.calibration.symmetry import symmetry_centre


def image(
    crossing: bool,
    level: float = 0.0,
    kinetic: bool = False,
    centre: float = 0.0,
    lopsided: float = 0.0,
    dark: float = 2.0,
    seed: int = 0,
    **attrs,
) -> xr.DataArray:
    """Counts over energies and angles of a band that crosses E_F, or ends 0.5 eV below it as in a semiconductor."""
    energy, angle = np.linspace(-5, 0.5, 276), np.linspace(-14, 14, 141)
    top = 1.0 if crossing else -0.5
    away = (angle - centre)[None]
    counts = np.zeros((len(energy), len(angle)))
    for bend in (0.02, 0.06):
        counts += 300 * np.exp(-(((energy[:, None] - top + bend * away**2) / 0.1) ** 2) / 2)
    counts += 30.0 * np.clip(-energy[:, None] / 0.8, 0.1, 1.0)
    counts *= 1 + lopsided * np.tanh(away / 5)
    counts /= 1 + np.exp(np.clip(energy[:, None] / 0.02, -40, 40))
    values = np.random.default_rng(seed).poisson(counts + dark).astype(float)
    kind = "kinetic" if kinetic else "binding"
    coords = {
        "eV": ("eV", energy + level, {"units": "eV", "energy_kind": kind}),
        "alpha": ("alpha", angle, {"units": "degree"}),
    }
    return xr.DataArray(values, dims=("eV", "alpha"), coords=coords, attrs={"energy_scale_kind": kind} | attrs)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("level", [0.0, 12.35, 95.77])
def test_the_edge_of_a_metal_is_found_to_ten_millielectronvolts(level, seed):
    edge = metallic_edge(image(True, level, seed=seed))
    assert edge.level == pytest.approx(level, abs=0.01)
    assert 0.004 < edge.uncertainty < 0.02


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dark", [0.0, 2.0])
def test_the_top_of_a_valence_band_is_no_edge_of_a_metal(seed, dark):
    """Nor is the small step of the background that lies above it."""
    assert metallic_edge(image(False, seed=seed, dark=dark)) is None


def test_the_end_of_a_detector_is_no_edge():
    cut = image(True).copy()
    cut.values[:] = np.random.default_rng(0).poisson(200.0, cut.shape)
    cut.values[-40:] = 0
    assert metallic_edge(cut) is None


def test_an_axis_that_ends_below_the_fermi_level_has_no_edge():
    assert metallic_edge(image(True).sel(eV=slice(-5, -0.3))) is None


@pytest.mark.parametrize(("made", "given", "expected"), [
    ({"crossing": True, "fermi_level": 95.9, "hv": 100.0}, {}, (95.77, EDGE)),
    ({"crossing": False, "fermi_level": 95.9, "hv": 100.0}, {}, (95.9, HEADER)),
    ({"crossing": False, "hv": 100.0, "work_function": 4.3}, {}, (95.7, PHOTONS_HEADER)),
    ({"crossing": False, "hv": 100.0}, {}, (95.5, PHOTONS_ASSUMED)),
    ({"crossing": False}, {"photon_energy": 100.2}, (95.7, PHOTONS_ASSUMED)),
    ({"crossing": True}, {"given": 95.6}, (95.6, "")),
])  # fmt: skip
def test_where_the_level_of_kinetic_energies_comes_from(made, given, expected):
    asked = {"photon_energy": None, "work_function": None, "given": None} | given
    found = fermi_reference(image(level=95.77, kinetic=True, **made), **asked)
    assert found.level == pytest.approx(expected[0], abs=0.015)
    assert found.origin == expected[1]
    if expected[1] not in (EDGE, ""):
        assert found.uncertainty == UNCERTAINTY[expected[1]]


def test_specs_counts_so_that_the_level_lies_at_the_photon_energy():
    specs = image(False, 100.0, True, hv=100.0, work_function=4.3, kinetic_reference="E_F at hν")
    level, angles = suggested_steps(specs)
    assert (level.level, level.origin) == (100.0, PHOTONS_SPECS)
    assert (angles.photon_energy, angles.work_function) == (100.0, 4.3)
    plain = image(False, 95.7, True, hv=100.0, work_function=4.3)
    np.testing.assert_allclose(calibrate(specs, (level, angles)).kx, calibrate(plain, suggested_steps(plain)).kx)


def test_an_edge_above_the_photon_energy_is_not_of_one_photon():
    two = image(True, 6.0, True, hv=4.8, work_function=4.4)
    found = fermi_reference(two, None, None, None)
    assert (found.level, found.origin) == (pytest.approx(0.4), PHOTONS_HEADER)


def test_energies_against_the_fermi_level_are_moved_only_where_an_edge_is_seen_elsewhere():
    assert fermi_reference(image(False), None, None, None) is None
    assert fermi_reference(image(True), None, None, None) is None
    assert fermi_reference(image(True, 0.1), None, None, None).level == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("centre", [-4.0, -1.0, 0.0, 0.6, 3.0])
@pytest.mark.parametrize("lopsided", [0.0, 0.6])
def test_normal_emission_is_where_the_picture_is_its_own_mirror_image(centre, lopsided):
    found = normal_emission(image(False, centre=centre, lopsided=lopsided, hv=100.0))
    assert found.angle == pytest.approx(centre, abs=0.15)
    assert found.origin == (SYMMETRY if centre else ZERO)
    assert found.uncertainty < 0.3


def test_normal_emission_of_the_option_and_of_the_header_are_taken_and_compared():
    tilted = image(False, centre=3.0, normal_emission=3.0)
    assert normal_emission(tilted).origin == HEADER
    assert normal_emission(tilted, 3.1).origin == ""
    wrong = normal_emission(tilted, 0.0)
    assert (wrong.angle, wrong.origin) == (0.0, "given, not symmetric")
    steps = (AngleToMomentum(100.0, 4.5, wrong.angle, 0.0, wrong.origin),)
    assert any("not symmetric" in note and "give normal emission" in note for note in record_of(tilted, steps).notes)


def test_a_picture_that_is_nowhere_symmetric_is_said_to_be():
    noise = image(False)
    noise.values[:] = np.random.default_rng(3).poisson(50.0, noise.shape)
    assert normal_emission(noise).origin.endswith("not symmetric")


def test_a_short_cut_may_show_one_pocket_and_moves_nothing():
    pocket = image(True, centre=4.0).sel(eV=slice(-0.9, 0.3))
    assert symmetry_centre(pocket).clear is False


def test_large_pictures_take_no_longer_to_compare():
    small = image(False, centre=2.0)
    large = small.interp(alpha=np.linspace(-14, 14, 1400), eV=np.linspace(-5, 0.5, 1100)).astype(float)
    assert symmetry_centre(large).angle == pytest.approx(symmetry_centre(small).angle, abs=0.1)


def test_the_record_tells_all_of_it_and_survives_json():
    read = image(False, 95.77, True, hv=100.0, source_format="SES zip", beamline="Solaris", temperature=20.0,
                 second_angle=5.0, slice="hv = 100 (2 of 3)", notes=["read so"],
                 energy_scale_origin="label")  # fmt: skip
    record = record_of(read, suggested_steps(read), 2, 3)
    assert record_from(record.document()) == record
    assert record.fermi_uncertainty == UNCERTAINTY[PHOTONS_ASSUMED]
    assert (record.photon_energy.origin, record.work_function.origin) == ("header", "assumed")
    text = "\n".join(record.lines())
    for words in ("image 2 of 3: hv = 100", "SES zip, Solaris", "hν 100 eV (header)", "95.5 ± 0.2 eV",
                  "normal emission", "temperature 20 K", "energies kinetic, by label", "note: read so",
                  "assumed work function", "second angle is 5.00 degree"):  # fmt: skip
        assert words in text


def test_a_level_that_a_person_sets_is_no_longer_the_files():
    steps = (FermiLevel(95.5, 0.2, PHOTONS_ASSUMED), AngleToMomentum(100.0, 4.5, 1.0, 0.1, SYMMETRY))
    (level, angles) = with_value(steps, "fermi", 95.77)
    assert level == FermiLevel(95.77)
    assert with_value((level, angles), "fermi", None, steps) == steps
    moved = with_value(steps, "normal", 1.5)
    assert moved[1] == AngleToMomentum(100.0, 4.5, 1.5)
    assert with_value(moved, "normal", None, steps) == steps
    assert tuple(step_from(step.document()) for step in steps) == steps


@pytest.mark.parametrize("crossing", [True, False])
def test_electrons_at_the_photon_energy_say_that_the_axis_counts_as_specs_does(crossing):
    read = image(crossing, 100.0, True, hv=100.0)
    level, angles = suggested_steps(read)
    assert level.level == pytest.approx(100.0, abs=0.01)
    assert (angles.photon_energy, angles.work_function) == (100.0, 4.5)
    assert any("as SPECS counts" in note for note in record_of(read, (level, angles)).notes)


@pytest.mark.parametrize(("level", "hv"), [(95.5, 100.0), (95.1, 100.0), (95.9, 100.0), (1.6, 6.05)])
def test_electrons_below_the_work_function_say_nothing_of_the_kind(level, hv):
    reference = fermi_reference(image(False, level, True, hv=hv), None, None, None)
    assert (reference.origin, reference.level) == (PHOTONS_ASSUMED, pytest.approx(hv - 4.5))


def test_a_picture_whose_rows_are_normalised_shows_no_end_of_the_electrons():
    read = image(False, 98.0, True, hv=100.0)
    read.values[:] = read.values / read.values.mean(axis=1, keepdims=True) + 0.01 * read.eV.values[:, None]
    assert fermi_reference(read, None, None, None).origin == PHOTONS_ASSUMED


def test_electrons_that_one_photon_cannot_free_are_refused():
    for crossing in (True, False):
        laser = image(crossing, 4.4, True, hv=4.65)
        with pytest.raises(InputError, match="two-photon photoemission is not read"):
            calibrate(laser, suggested_steps(laser))
    fine = image(True, 1.6, True, hv=6.05)
    assert calibrate(fine, suggested_steps(fine)).attrs["kinetic_energy"] == pytest.approx(1.6, abs=0.02)


@pytest.mark.parametrize(("level", "said"), [(21.0, "lies above E_F"), (140.0, "core levels say nothing of bands")])
def test_an_image_without_valence_bands_is_refused_by_what_it_is(level, said):
    with pytest.raises(InputError, match=said):
        calibrate(image(False, 100.0, True), (FermiLevel(level), AngleToMomentum(145.0, 4.5)))


@pytest.mark.parametrize(("crossing", "most"), [(True, 0.03), (False, 0.2)])
def test_a_fitted_level_is_recorded_with_its_uncertainty(crossing, most):
    """Before and after the calibration, and in JSON that others can read."""
    made, steps = image(crossing, 95.6, kinetic=True, hv=100.0), (FittedFermiLevel(), AngleToMomentum(100.0, 4.4))
    before, after = record_of(made, steps).fermi_level, record_of(calibrate(made, steps), steps).fermi_level
    assert before == after
    assert before.value == pytest.approx(FittedFermiLevel().apply(made).attrs["fermi_level"])
    assert 0.004 < before.uncertainty <= most
    assert before.value == pytest.approx(95.6, abs=0.03 if crossing else 0.6)
    text = json.dumps(record_of(made, steps).document(), allow_nan=False)
    assert record_from(json.loads(text)) == record_of(made, steps)
