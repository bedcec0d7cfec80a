"""Pictures in the maps of matplotlib become the intensities that were drawn."""

import subprocess
import sys
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from matplotlib import colormaps

from core.errors import InputError
from core.experiment.calibration.colours import COLOUR_MAPS, HOT_MATLAB, colour_table, intensities, recognised_map
from core.experiment.readers import read_images

EXAMPLES = sorted((Path(__file__).resolve().parents[4] / "core").glob("**/examples/*.nc"))
RECOGNISED = ("hot", "viridis", "inferno", "magma", "plasma", "cividis", "gray", "jet", "turbo", "RdBu", "Blues")


CASES = [
    pytest.param(file, name, direction, marks=[pytest.mark.slow] if (example - place) % len(EXAMPLES) else [])
    for (example, file), (place, name), direction in product(enumerate(EXAMPLES), enumerate(RECOGNISED), ["", "_r"])
]
"""Every map both ways on one of the examples, and on the others among the slow tests."""


@cache
def measured(file: Path) -> np.ndarray:
    return read_images(file.read_bytes(), file.name)[0].values.astype(float)


def drawn(file: Path, clipped: float = 99.5) -> np.ndarray:
    """(y, x) intensities 0 to 1 of an example image, the highest saturated."""
    values = measured(file)
    low, high = np.nanpercentile(values, [0.5, clipped])
    return np.clip((np.nan_to_num(values) - low) / (high - low), 0, 1)


def picture(values: np.ndarray, name: str) -> np.ndarray:
    """(y, x, 3) as matplotlib draws values, in 8-bit colours."""
    if name.startswith(HOT_MATLAB):
        return colour_table(name)[np.round(255 * values).astype(int)]
    return colormaps[name](values, bytes=True)[:, :, :3] / 255


@pytest.mark.parametrize(("file", "name", "direction"), CASES, ids=lambda value: getattr(value, "stem", value))
def test_maps_are_recognised_and_read_back(file, name, direction):
    values = drawn(file)
    pixels = picture(values, name + direction)
    found = recognised_map(pixels)
    assert found == name + direction
    read, explained = intensities(pixels, colour_table(found))
    assert explained > 0.999
    np.testing.assert_allclose(read, values, atol=0.015)  # some neighbouring shades have the same 8-bit colour


@pytest.mark.parametrize("name", ["viridis", "gray"])
@pytest.mark.parametrize("clipped", [99.5, 95, 85])
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_saturated_and_compressed_pictures_are_not_taken_for_reversed_ones(file, clipped, name):
    assert recognised_map(picture(np.sqrt(drawn(file, clipped)), name)) == name


def test_noise_of_a_compressed_file_does_no_harm():
    values = drawn(EXAMPLES[0])
    for name in RECOGNISED:
        noisy = picture(values, name) + 0.02 * np.random.default_rng(0).standard_normal((*values.shape, 3))
        if name != "gray":  # grey pictures are those whose three channels agree
            assert recognised_map(np.clip(noisy, 0, 1)) in (name, f"{name}_matlab")  # noise hides that difference


def test_a_picture_of_no_known_map_is_refused():
    x = np.linspace(0, 1, 4096).reshape(64, 64)
    with pytest.raises(InputError, match="mark its colour bar"):
        recognised_map(np.stack([0.1 * x, 1 - 0.1 * x, 0.1 + 0.1 * x], axis=-1))


def test_every_other_name_is_one_of_matplotlib():
    assert {name for name in COLOUR_MAPS if not name.startswith(HOT_MATLAB)} <= set(colormaps)
    assert colour_table("hot_r")[0] == pytest.approx(colour_table("hot")[-1])


def test_hot_of_matlab_has_its_own_steps():
    table = colour_table(HOT_MATLAB)
    places = np.linspace(0, 1, len(table))
    assert np.allclose(table[places >= 0.375, 0], 1.0)
    assert np.allclose(table[places <= 0.375, 1], 0.0)
    assert np.allclose(table[places >= 0.75, 1], 1.0)
    assert np.allclose(colour_table(f"{HOT_MATLAB}_r"), table[::-1])
    picture = table[np.linspace(0, 255, 4096).astype(int)].reshape(64, 64, 3)
    assert recognised_map(picture) == HOT_MATLAB


def test_tables_cost_the_start_of_the_server_nothing():
    modules = "core.experiment.calibration.steps, components.figures.spectrum"
    lines = f"import sys, {modules}; print('matplotlib' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
