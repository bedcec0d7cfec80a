"""Calibration steps, one by one and as the list that goes with a result."""

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from core.errors import InputError
from core.experiment.calibration.colours import colour_table
from core.experiment.calibration.frame import find_frame
from core.experiment.calibration.steps import (
    STEPS,
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
    calibrate,
    missing_steps,
    step_from,
)
from core.experiment.calibration.suggestion import axis_from_points, colour_bar, suggested_steps
from core.experiment.readers import read_images
from tests.data import DATA, FIGURE, PUBLISHED_FIGURE, needs_published_figure


def bands(kind: str = "kx", energy=None, k=None) -> xr.DataArray:
    """An image with one parabola and a Fermi edge at 0 of its own axis."""
    energy = np.linspace(-4, 1, 251) if energy is None else energy
    k = np.linspace(-1, 1, 121) if k is None else k
    values = np.exp(-((energy[:, None] + 0.5 + 2 * k**2) ** 2) / 0.02) + 0.3
    values = values / (1 + np.exp(np.clip(energy / 0.03, -40, 40)))[:, None]
    units = "1/Å" if kind == "kx" else "degree"
    return xr.DataArray(
        values,
        dims=("eV", kind),
        coords={
            "eV": ("eV", energy, {"units": "eV", "energy_kind": "binding"}),
            kind: (kind, k, {"units": units}),
        },
    )


def figure(values: np.ndarray, name: str = "viridis", margin: int = 40) -> xr.DataArray:
    """A picture of a figure: values (y, x) between 0 and 1 in a white page."""
    table = colour_table(name)
    page = np.ones((values.shape[0] + 2 * margin, values.shape[1] + 2 * margin, 3))
    page[margin:-margin, margin:-margin] = table[np.round(values * (len(table) - 1)).astype(int)]
    coords = {"y": np.arange(page.shape[0]), "x": np.arange(page.shape[1])}
    return xr.DataArray(page, dims=("y", "x", "channel"), coords=coords)


def test_fermi_edge_is_found_where_it_is():
    image = bands()
    image = image.assign_coords(eV=("eV", image.eV.values + 96.3, {"units": "eV", "energy_kind": "kinetic"}))
    fitted = FittedFermiLevel().apply(image)
    assert fitted.attrs["fermi_level"] == pytest.approx(96.3, abs=0.03)
    assert fitted.eV.attrs["energy_kind"] == "binding"


def test_angles_become_momenta_as_free_electrons_have_them():
    angle = np.linspace(-15, 15, 301)
    ridge = 6.0
    values = np.exp(-((angle - ridge) ** 2) / 0.02) * np.ones((101, 1))
    energy = np.linspace(-10, 0, 101)
    image = xr.DataArray(values, dims=("eV", "alpha"), coords={"eV": energy, "alpha": angle})
    calibrated = AngleToMomentum(54.5, 4.5).apply(image)
    for e in (-10.0, -5.0, 0.0):
        line = calibrated.sel(eV=e, method="nearest")
        expected = 0.512317 * np.sqrt(50.0 + e) * np.sin(np.deg2rad(ridge))
        assert line.kx.values[np.nanargmax(line.values)] == pytest.approx(expected, abs=0.02)


def test_picture_is_read_back_through_its_frame_colours_and_axes():
    shown = np.clip(np.random.default_rng(1).random((80, 120)).cumsum(axis=1) / 60, 0, 0.85)
    for name in ("viridis", "hot", "gray"):
        picture = figure(shown, name)
        steps = suggested_steps(picture, k_range=(-1.5, 1.5), e_range=(-6, 0))
        assert steps[0] == Frame(40, 40, 160, 120)
        found = calibrate(picture, steps)
        assert found.kx.values[0] == pytest.approx(-1.4875)
        assert found.eV.values[0] == pytest.approx(-5.9625)
        np.testing.assert_allclose(np.nan_to_num(found.values[::-1]), shown, atol=0.03)


def test_colour_bar_reads_unknown_colours():
    shades = np.linspace(0, 1, 256)
    table = np.column_stack([shades, np.sin(np.pi * shades), 1 - shades**2])
    values = np.random.default_rng(2).random((60, 60))
    page = np.ones((60, 100, 3))
    page[:, :60] = table[(values * 255).astype(int)]
    page[:, 80:90] = table[::-1][np.linspace(0, 255, 60).astype(int)][:, None]
    picture = xr.DataArray(page, dims=("y", "x", "channel"), coords={"y": np.arange(60), "x": np.arange(100)})
    step = colour_bar(picture, (80, 0, 90, 60))
    read = step.apply(Frame(0, 0, 60, 60).apply(picture))
    np.testing.assert_allclose(read.values, values, atol=0.03)


def test_lines_over_a_figure_become_holes():
    picture = figure(np.linspace(0.1, 0.9, 100)[None] * np.ones((100, 1)), "hot")
    picture.values[90, 40:140] = (0, 1, 0)
    read = Colours("hot").apply(Frame(40, 40, 140, 140).apply(picture))
    assert np.isnan(read.values[50]).all()
    assert np.isfinite(read.values[20]).all()


def test_two_points_give_an_axis():
    low, high = axis_from_points((100, -1.0), (300, 1.0), 400)
    assert (low, high) == pytest.approx((-2.0, 2.0))
    with pytest.raises(InputError, match="same pixel"):
        axis_from_points((100, -1.0), (101, 1.0), 400)


def test_momentum_crop_symmetrise_and_background():
    image = bands()
    moved = Momentum(0.1, 1.02).apply(image)
    assert moved.kx.values[[0, -1]] == pytest.approx([-1.122, 0.918])
    cut = Crop(-0.5, 0.5, -2, 0).apply(image)
    assert cut.kx.values.min() >= -0.5
    assert cut.eV.values.max() <= 0
    even = Symmetrise().apply(Momentum(0.1).apply(bands(k=np.linspace(-0.9, 1.1, 121))))
    np.testing.assert_allclose(even.values, even.values[:, ::-1], atol=1e-12)
    flat = Background("shirley").apply(image)
    edges = flat.sel(eV=slice(-4, -3.8), kx=slice(-0.2, 0.2))
    assert edges.mean() < 0.3 * image.sel(eV=slice(-4, -3.8), kx=slice(-0.2, 0.2)).mean()
    assert Background("constant").apply(image).min() >= 0


@pytest.mark.parametrize(("first", "last"), [(19.9, 19.95), (-1.5, -0.5), (0.3, 1.1)])
def test_an_image_beside_gamma_is_not_symmetrised(first, last):
    with pytest.raises(InputError, match="Γ lies outside of this image"):
        Symmetrise().apply(bands(k=np.linspace(first, last, 64)))


def test_half_an_image_is_mirrored():
    half = Symmetrise().apply(bands(k=np.linspace(0.01, 1.1, 110)))
    np.testing.assert_allclose(half.values, half.values[:, ::-1])
    assert half.shape[1] <= 2 * 111 + 1


def test_steps_go_to_plain_json_and_back():
    steps = [Frame(1, 2, 30, 40), Colours("hot"), PictureAxes(-1, 1, -5, 0), FermiLevel(0.1), Background("constant")]
    assert [step_from(step.document()) for step in steps] == steps
    assert {step.name for step in steps} <= set(STEPS)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"step": "explode"}, "not known"),
        ({"step": "crop", "radius": 3}, "has no radius"),
        ({"step": "fermi_level", "level": "nan"}, "needs level"),
        ("crop", "not known"),
    ],
)
def test_foreign_steps_are_refused(document, said):
    with pytest.raises(InputError, match=said):
        step_from(document)


def kinetic(values=None) -> xr.DataArray:
    """An image over kinetic energies and angles."""
    image = bands("alpha", k=np.linspace(-12, 12, 121))
    image = image.copy(data=image.values if values is None else np.full(image.shape, values))
    return image.assign_coords(eV=("eV", image.eV.values + 96.3, {"units": "eV", "energy_kind": "kinetic"}))


def test_what_a_person_must_give_is_missing_from_the_suggestion():
    assert suggested_steps(bands()) == ()
    picture = figure(np.eye(50))
    assert [step.name for step in suggested_steps(picture)] == ["frame", "colours"]
    assert missing_steps(picture, suggested_steps(picture)) == ["picture_axes"]
    assert missing_steps(bands("alpha"), suggested_steps(bands("alpha"))) == ["angle_to_momentum"]
    blank = kinetic(1.0)
    assert missing_steps(blank, suggested_steps(blank)) == ["fermi_level", "angle_to_momentum"]
    assert missing_steps(blank, (FittedFermiLevel(),)) == ["angle_to_momentum"]


def test_the_step_from_angles_holds_the_photon_energy_and_work_function_it_uses():
    image = kinetic()
    level, angle = suggested_steps(image)
    assert angle.photon_energy - angle.work_function == pytest.approx(level.level)
    level, angle = suggested_steps(image.assign_attrs(hv=101.2))
    assert angle.photon_energy == 101.2
    assert angle.photon_energy - angle.work_function == pytest.approx(level.level)
    for steps, expected in (
        (suggested_steps(image, 100.0, 4.2), (95.8, 100.0, 4.2)),
        (suggested_steps(image, fermi=96.0), (96.0, 100.5, 4.5)),
    ):
        assert (steps[0].level, steps[1].photon_energy, steps[1].work_function) == expected
    (angle,) = suggested_steps(bands("alpha"), 100.0)
    assert (angle.photon_energy, angle.work_function, angle.centre) == (100.0, 4.5, 0.0)


def test_steps_that_do_not_fit_say_so():
    for image, said in ((bands("alpha"), "photon energy"), (figure(np.eye(50)), "Give the axes")):
        with pytest.raises(InputError, match=said):
            calibrate(image, suggested_steps(image))
    with pytest.raises(InputError, match="free no electrons"):
        AngleToMomentum(4.0, 4.5).apply(bands("alpha"))
    with pytest.raises(InputError, match="no axis"):
        calibrate(figure(np.eye(50)), (Colours("viridis"), PictureAxes(1, 1, -5, 0)))
    with pytest.raises(InputError, match="keeps"):
        Crop(-0.01, 0.01, -1, 0).apply(bands())


@pytest.mark.parametrize(
    ("name", "k", "e"),
    [
        ("cassiopee_ses_R4000.txt", (-1.27, 1.31), (-0.91, 0.39)),
        ("solaris_uranos_DA30.ibw", (-1.21, 1.14), (-1.52, 0.48)),
        ("sls_sis.h5", (-1.17, 1.16), (-8.0, 0.12)),
    ],
)
def test_beamline_files_calibrate_by_themselves(name, k, e):
    image = read_images((DATA / name).read_bytes(), name)[0]
    found = calibrate(image, suggested_steps(image))
    assert found.kx.values[[0, -1]] == pytest.approx(k, abs=0.02)
    assert found.eV.values[[0, -1]] == pytest.approx(e, abs=0.03)


@pytest.mark.parametrize("path", [FIGURE, pytest.param(PUBLISHED_FIGURE, marks=needs_published_figure)])
def test_figure_of_silicon_is_found_in_its_page(path):
    pixels = np.asarray(Image.open(path).convert("RGB"), float) / 255
    left, top, right, bottom = find_frame(pixels)
    assert (left, top) == pytest.approx((122, 42), abs=6)
    assert (right, bottom) == pytest.approx((627, 532), abs=6)
