"""The big picture and the thumbnails show the numbers that they are given."""

import base64
import io
import json

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from components.figures.colour_maps import SEQUENTIAL, palette
from components.figures.spectrum import LOG_DECADES, Spectrum, pixel_edges, spectrum_figure
from components.figures.sprite import TILE_HEIGHT, sprite
from components.theme import COLOURS
from core.electronic.kpath import build_cut, build_path
from core.electronic.spectral import EnergyGrid
from core.sessions.requests import make_request


@pytest.fixture
def path():
    return build_path(make_request("Si2Ge2", "Si").crystal())


@pytest.fixture
def values(path):
    return np.random.default_rng(1).random((len(path), 176))


def figure(path, values, **options) -> go.Figure:
    """The document as a figure: plotly checks every name and value in it."""
    settings = {"colour_map": "viridis", "logarithmic": False, "cursor": (5, 60), "scheme": "light"} | options
    difference = settings.pop("difference", False)
    return go.Figure(spectrum_figure(Spectrum(values, EnergyGrid().values, path, "A", difference), **settings))


def numbers(array: dict) -> np.ndarray:
    """A typed array of a figure, as plotly.js reads it."""
    shape = [int(length) for length in array["shape"].split(",")] if "shape" in array else -1
    return np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"]).reshape(shape)


def test_pixels_cover_the_path_without_gaps(path):
    edges = pixel_edges(path)
    assert len(edges) == len(path) + 1
    assert np.all(np.diff(edges) > 0)
    assert edges[0] == path.distance[0]
    assert edges[-1] == path.distance[-1]
    centre = (edges[1:] + edges[:-1]) / 2
    ends = [index for start, stop in path.segments for index in (start, stop - 1)]
    inner = np.setdiff1d(np.arange(len(path)), ends)
    np.testing.assert_allclose(centre[inner], path.distance[inner], atol=1e-12)


def test_map_and_curves_are_the_values(path, values):
    heat, edc, mdc = figure(path, values).data
    np.testing.assert_allclose(numbers(heat.z), values.T, rtol=1e-6)
    np.testing.assert_allclose(numbers(edc.x), values[5], rtol=1e-6)
    np.testing.assert_allclose(numbers(mdc.y), values[:, 60], rtol=1e-6)
    np.testing.assert_allclose(numbers(heat.x), pixel_edges(path), rtol=1e-6)
    np.testing.assert_allclose(numbers(mdc.x), path.distance)
    np.testing.assert_allclose(numbers(heat.y), EnergyGrid().values, rtol=1e-6)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SEQUENTIAL)
def test_document_is_the_one_that_a_checked_figure_becomes(path, values, scheme, name):
    """Nothing in it waits for plotly's Python side to be completed: not the colour map, not the template."""
    shown = spectrum_figure(
        Spectrum(values, EnergyGrid().values, path, "A"), name, logarithmic=True, cursor=(5, 60), scheme=scheme
    )
    assert json.loads(json.dumps(shown)) == json.loads(go.Figure(shown).to_json())
    assert shown["layout"]["template"]["layout"]["paper_bgcolor"] == COLOURS[scheme]["page"]


def test_log_scale_spans_its_decades(path, values):
    heat = figure(path, values, logarithmic=True).data[0]
    assert heat.zmax - heat.zmin == pytest.approx(LOG_DECADES)
    assert heat.zmax == pytest.approx(np.log10(values.max()), abs=1e-6)


def test_difference_is_centred_and_never_logarithmic(path, values):
    heat = figure(path, values - 0.7, difference=True, logarithmic=True).data[0]
    assert heat.zmin == -heat.zmax == pytest.approx(-np.abs(values - 0.7).max())


def test_every_axis_has_a_title_with_its_unit(path, values):
    layout = figure(path, values).layout
    for axis, unit in ((layout.xaxis, "1/Å"), (layout.yaxis, "eV"), (layout.xaxis2, "1/eV"), (layout.yaxis2, "1/eV")):
        assert unit in axis.title.text


def test_cursor_outside_is_moved_to_the_edge(path, values):
    edc = figure(path, values, cursor=(999, -4)).data[1]
    np.testing.assert_allclose(numbers(edc.x), values[-1], rtol=1e-6)


def test_sprite_has_a_tile_an_atom_with_energy_upwards():
    values = np.zeros((2, 96, TILE_HEIGHT))
    values[1, 10, -1] = 1.0
    content = base64.b64decode(sprite(values, "viridis").partition(",")[2])
    pixels = np.asarray(Image.open(io.BytesIO(content)))
    assert pixels.shape == (2 * TILE_HEIGHT, 96)
    assert np.argwhere(pixels == 255).tolist() == [[TILE_HEIGHT, 10]]


def test_sprite_shows_lines_of_any_number_of_points():
    for count in (2, 97, 288):
        values = np.zeros((1, count, TILE_HEIGHT))
        values[0, -1] = 1.0
        content = base64.b64decode(sprite(values, "viridis").partition(",")[2])
        pixels = np.asarray(Image.open(io.BytesIO(content)))
        assert pixels.shape == (TILE_HEIGHT, 96)
        assert np.all(pixels[:, -1] == 255)
        assert np.all(pixels[:, 0] == 0)


def test_a_cut_is_named_on_its_axis_and_stays_zoomed_while_its_kz_moves(values):
    crystal = make_request("Si2Ge2", "Si").crystal()
    values = np.vstack([values, values[:1]])
    low, high = (figure(build_cut(crystal, "G-K", kz), values).layout for kz in (0.1, 0.2))
    assert low.xaxis.ticktext == ("−K", "Γ", "K")
    assert low.xaxis.title.text == "k<sub>∥</sub> along Γ–K (1/Å)"
    assert low.uirevision == high.uirevision != figure(build_path(crystal, "G-K", 97), values).layout.uirevision
    assert (low.meta["cut"], low.meta["starts"]) == (True, [0])
    assert figure(build_path(crystal), values[:96]).layout.meta["starts"] == [0, 24, 48, 72]


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_colour_maps_rise_in_lightness(name):
    red, green, blue = np.frombuffer(palette(name), np.uint8).reshape(256, 3).T.astype(float)
    lightness = 0.2126 * (red / 255) ** 2.2 + 0.7152 * (green / 255) ** 2.2 + 0.0722 * (blue / 255) ** 2.2
    smooth = np.convolve(lightness, np.ones(8) / 8, mode="valid")
    assert np.all(np.diff(smooth) > -1e-3)
    assert lightness[-1] - lightness[0] > 0.5
