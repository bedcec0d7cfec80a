"""Clicks on a picture become axes, a frame and a colour bar."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from components.interpret.clicks import clicked, points_text
from core.errors import InputError
from core.experiment.calibration.colours import colour_table
from core.experiment.calibration.editing import step_of, with_step
from core.experiment.calibration.steps import Colours, Frame, PictureAxes, calibrate
from core.sessions.readings import Reading, first_reading, keep_image

LEFT, TOP, RIGHT, BOTTOM = 40, 20, 240, 170
BAR = (260, 20, 270, 170)


def odd_table() -> np.ndarray:
    """(256, 3) colours of a map that nobody knows."""
    x = np.linspace(0, 1, 256)
    return np.column_stack([x**2, 1 - x, 0.5 + 0.5 * np.sin(5 * x)])


def figure(table: np.ndarray) -> tuple[Reading, np.ndarray]:
    """A picture with a frame and a colour bar, and the intensities that were drawn."""
    y, x = np.mgrid[0 : BOTTOM - TOP, 0 : RIGHT - LEFT]
    drawn = 0.5 + 0.5 * np.sin(x / 17.0) * np.cos(y / 23.0)
    pixels = np.ones((200, 300, 3))
    pixels[TOP:BOTTOM, LEFT:RIGHT] = table[np.round(drawn * 255).astype(int)]
    pixels[BAR[1] : BAR[3], BAR[0] : BAR[2]] = table[np.linspace(255, 0, BAR[3] - BAR[1]).astype(int)][:, None]
    stream = io.BytesIO()
    Image.fromarray((pixels * 255).round().astype(np.uint8)).save(stream, "PNG")
    return first_reading(keep_image(stream.getvalue(), "figure.png")), drawn


def after(reading: Reading, *clicks: tuple) -> tuple[dict, Reading, dict]:
    points, waiting = {}, {}
    for name, x, y, value in clicks:
        points, reading, waiting = clicked(points, name, {"x": x, "y": y}, value, reading)
    return points, reading, waiting


FRAME = (("f1", LEFT, BOTTOM, None), ("f2", RIGHT, TOP, None))
AXES = (("k1", 90, 90, -0.5), ("k2", 190, 90, 0.5), ("e1", 90, 45, 0.0), ("e2", 90, 145, -4.0))


def test_two_points_an_axis_give_its_ends():
    _, reading, waiting = after(figure(colour_table("viridis"))[0], *FRAME, *AXES)
    colours = Colours("viridis")  # by the bar beside the data
    assert reading.steps == (Frame(LEFT, TOP, RIGHT, BOTTOM), colours, PictureAxes(-1.0, 1.0, -5.0, 1.0))
    assert waiting == {}


def test_one_axis_waits_for_the_other():
    _, reading, waiting = after(figure(colour_table("viridis"))[0], *FRAME, *AXES[:3])
    assert step_of(reading.steps, PictureAxes) is None
    assert waiting == pytest.approx({"k_left": -1.0, "k_right": 1.0})


def test_a_corner_clicked_once_does_not_undo_what_was_set_later():
    points, reading, _ = after(figure(colour_table("viridis"))[0], *FRAME)
    other = replace(reading, steps=with_step(reading.steps, Frame(1, 2, 100, 120)))
    assert clicked(points, "k1", {"x": 9, "y": 9}, 1.0, other)[1] == other


def test_another_frame_moves_the_ends_of_the_axes():
    _, reading, _ = after(figure(colour_table("viridis"))[0], *FRAME, *AXES, ("f2", RIGHT - 50, TOP, None))
    assert step_of(reading.steps, Frame) == Frame(LEFT, TOP, RIGHT - 50, BOTTOM)
    assert step_of(reading.steps, PictureAxes).k_right == pytest.approx(0.5)


def test_a_colour_bar_tells_the_colours_of_an_unknown_map():
    reading, drawn = figure(odd_table())
    corners = (("b1", BAR[0], BAR[3], None), ("b2", BAR[2], BAR[1], None))
    _, reading, _ = after(reading, *FRAME, *AXES, *corners)
    values = calibrate(reading.raw(), reading.steps)
    found = values.sortby("eV", ascending=False).sortby("kx").values
    assert found.shape == drawn.shape
    assert np.nanmax(np.abs(found - drawn)) < 0.03


def test_an_axis_point_needs_its_value():
    reading = figure(colour_table("gray"))[0]
    with pytest.raises(InputError, match="Type the value"):
        clicked({}, "k1", {"x": 10, "y": 20}, "", reading)
    with pytest.raises(InputError):
        after(reading, ("k1", 90, 90, 1.0), ("k2", 90, 90, 1.0))


def test_points_in_words():
    points, *_ = after(figure(colour_table("gray"))[0], *FRAME, AXES[0])
    assert points_text(points) == "Frame, a corner; Frame, opposite corner; k∥, first = -0.5"
