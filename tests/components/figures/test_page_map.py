import base64
import io

import numpy as np
import pytest
from PIL import Image

from components.figures.page_map import Axis, Mark, energy_axis, even_columns, page_map, path_axis
from core.electronic.kpath import build_path
from core.structure.sample import Sample

ACROSS = Axis(0.0, 1.0, ((0.0, "Γ"), (0.5, "M"), (1.0, "X")), "k")


def drawn(figure) -> np.ndarray:
    """(row, column, channel) of the image in a map."""
    source = figure.children[2].children[0].src
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))).convert("RGBA")).astype(int)


def test_bright_pixel_stands_at_its_momentum_and_energy():
    values = np.zeros((40, 60))
    values[28:32, 8:12] = 1.0  # right of the middle, at low energy
    brightness = drawn(page_map(values, ACROSS, energy_axis(-7, 4), "A"))[..., :3].sum(axis=2)
    row, column = np.unravel_index(brightness.argmax(), brightness.shape)
    assert 28 <= column <= 32
    assert 47 <= row <= 52


def test_sign_and_absence_are_shown():
    values = np.zeros((40, 40))
    values[:10], values[30:], values[15:20, 15:20] = 1.0, -1.0, np.nan
    pixels = drawn(page_map(values, ACROSS, energy_axis(0, 1), "A", signed=True))
    left, right, hole = pixels[20, 4], pixels[20, 35], pixels[22, 17]
    assert left[0] > left[2] + 50
    assert right[2] > right[0] + 50
    assert hole[3] < 64
    assert left[3] > 250


def test_segments_of_a_path_do_not_mix():
    path = build_path(Sample("Si2", "Si", 0.0).crystal(), "Z-G-X|K-G-L", 8)
    values = np.zeros((len(path), 3))
    values[16:] = 1.0  # all beyond the break X|K
    columns = even_columns(values, path, 400)[:, 0]
    assert set(np.unique(columns)) == {0.0, 1.0}
    share = path.distance[path.segments[2][0]] / path.distance[-1]
    assert np.flatnonzero(columns)[0] / 400 == pytest.approx(share, abs=0.01)


def test_axes_have_round_ticks_and_labels():
    assert [text for _, text in energy_axis(-7.0, 4.0).ticks] == ["−6", "−4", "−2", "0", "2", "4"]
    path = build_path(Sample("Si2", "Si", 0.0).crystal())
    assert [text for _, text in path_axis(path).ticks] == ["Z", "Γ", "X|K", "Γ", "L"]
    assert ACROSS.share(0.25) == "25.00%"


def test_marks_outside_are_left_out():
    marks = [Mark(0.5, 2.0, "in"), Mark(0.5, 9.0, "out")]
    figure = page_map(np.ones((4, 4)), ACROSS, energy_axis(0, 4), "A", marks=marks)
    shown = str(figure.to_plotly_json())
    assert "'in'" in shown
    assert "'out'" not in shown
