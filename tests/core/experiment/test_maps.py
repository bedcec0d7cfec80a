"""Maps over a second angle or momentum: which slice is looked at first, and how far a cut is from Γ."""

import numpy as np
import pytest
import xarray as xr

from core.errors import InputError
from core.experiment.calibration.record import record_of
from core.experiment.calibration.suggestion import suggested_steps
from core.experiment.readers.detect import parse_images
from core.experiment.readers.slices import opening_index
from core.sessions.readings import first_reading, keep_image
from tests.core.experiment.test_kinds_of_files import ANGLE, ENERGY, counts


def mapped(name: str, places, **attrs) -> list:
    """The images of `written`."""
    return parse_images(written(name, places, **attrs))


def written(name: str, places, **attrs) -> bytes:
    """A map over (second, energy, angle or momentum) in NetCDF."""
    fast, other = ("kx", ANGLE / 10) if name == "ky" else ("alpha", ANGLE)
    values = np.stack([(1 + i) * counts() for i in range(len(places))])
    image = xr.DataArray(values, dims=(name, "eV", fast), coords={name: places, "eV": ENERGY, fast: other}, attrs=attrs)
    return bytes(image.to_dataset(name="s").to_netcdf(engine="h5netcdf"))


@pytest.mark.parametrize("name", ["beta", "polar", "ky", "defl_y"])
def test_a_map_opens_at_the_slice_nearest_normal_emission(name):
    images = mapped(name, np.linspace(-1.5, 0.9, 13), hv=100.0)
    place = opening_index(images)
    assert place == 7 or place == 8
    said = images[place].attrs["notes"][-1]
    assert said.startswith("of 13 slices this one is nearest to normal emission across the slit: ")
    assert all("notes" not in image.attrs for i, image in enumerate(images) if i != place)


def test_a_page_opens_the_same_slice():
    reading = first_reading(keep_image(written("polar", [-3.0, 0.2, 3.0], hv=100.0), "map.nc"))
    assert reading.index == 1
    assert first_reading(reading.image, index=2).index == 2
    with pytest.raises(InputError, match="3 images, counted from 1; image 4 was asked for"):
        first_reading(reading.image, index=3)


def test_the_header_may_say_where_normal_emission_is():
    images = mapped("beta", np.linspace(-1.5, 4.5, 13), hv=100.0, beta_offset=2.9)
    assert opening_index(images) == 9
    assert "3 degree, normal emission at 2.9 by the header" in images[9].attrs["notes"][-1]
    image = images[9].data_array()
    record = record_of(image, suggested_steps(image), 10, 13)
    assert record.off_cut.value == pytest.approx(0.5123 * np.sqrt(95.5) * np.deg2rad(0.1), abs=1e-3)
    assert not any("passes" in note for note in record.notes)


def test_where_no_slice_is_near_normal_emission_the_first_opens_and_says_so():
    images = mapped("polar", np.linspace(38.0, 52.0, 8), hv=100.0)
    assert opening_index(images) == 0
    assert "never passes normal emission" in images[0].attrs["notes"][-1]
    assert opening_index(mapped("hv", [90.0, 100.0])) == 0


@pytest.mark.parametrize(("angle", "said"), [(0.5, None), (1.0, "at 0.09 1/Å"), (5.0, "at 0.44 1/Å, too far")])
def test_a_cut_off_gamma_says_by_how_much(angle, said):
    image = mapped("beta", [angle], hv=100.0)[0].data_array()
    record = record_of(image, suggested_steps(image))
    assert record.off_cut.value == pytest.approx(0.5123 * np.sqrt(95.5) * np.sin(np.deg2rad(angle)), abs=1e-3)
    notes = [note for note in record.notes if "passes" in note]
    assert bool(notes) == (said is not None)
    assert all(said in note for note in notes)
    assert any(line.startswith("k across the slit") for line in record.lines())


def test_a_slice_of_a_momentum_map_says_where_it_lies():
    images = [image.data_array() for image in mapped("ky", [0.2, 0.4])]
    records = [record_of(image, suggested_steps(image)) for image in images]
    assert [record.off_cut.value for record in records] == [0.2, 0.4]
    assert records[0].notes[-1].startswith("the cut passes Γ at 0.20 1/Å, too far")
