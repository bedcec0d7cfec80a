"""Clicks on a dropped picture: points of its axes, corners of its frame and of its colour bar."""

from dataclasses import replace

from components.interpret.controls import POINTS
from components.interpret.edit import frame_of
from core.errors import InputError
from core.experiment.calibration.editing import AXES, step_of, with_step
from core.experiment.calibration.steps import Frame, PictureAxes
from core.experiment.calibration.suggestion import axis_from_points, colour_bar
from core.sessions.readings import Reading

FRAME, BAR = ("f1", "f2"), ("b1", "b2")
"""Points that are opposite corners of a box."""


def clicked(points: dict, name: str, click: dict, value, reading: Reading) -> tuple[dict, Reading, dict]:
    """Points with a new one, the reading that follows from them, and ends of axes that wait for the others.

    Args:
        points: name → x, y in pixels of the picture and the value there, None for a corner.
        name: of POINTS.
        click: x and y.
        value: of an axis, at an axis point.
        reading: so far.

    Raises:
        InputError: no value for a point of an axis; two points that make no axis; corners of no colour bar; an
            image that is no picture.
    """
    if "channel" not in reading.raw().dims:
        raise InputError("This file says its axes itself; points are for pictures")
    corner = name in FRAME + BAR
    try:
        points = {**points, name: _point(click["x"], click["y"], None if corner else value, corner)}
    except (LookupError, TypeError, ValueError, OverflowError):
        raise InputError("Type the value of the point first") from None
    picture, steps = reading.raw(), reading.steps
    if name in FRAME and set(FRAME) <= set(points):
        steps = with_step(steps, Frame(*_box(points, FRAME)))
    if name in BAR and set(BAR) <= set(points):
        steps = with_step(steps, colour_bar(picture, _box(points, BAR)))
    reading = replace(reading, steps=steps)
    ends = {} if name in BAR else _axis_ends(points, frame_of(reading, picture))
    axes = step_of(steps, PictureAxes)
    if ends and (axes or set(ends) == set(AXES)):
        axes = replace(axes, **ends) if axes else PictureAxes(**ends)
        return points, replace(reading, steps=with_step(steps, axes)), {}
    return points, reading, ends


def _axis_ends(points: dict, frame: tuple[int, int, int, int]) -> dict:
    """Values at the frame's edges, of each axis that has two points."""
    left, top, right, bottom = frame
    ends = {}
    if {"k1", "k2"} <= set(points):
        (x1, _, v1), (x2, _, v2) = points["k1"], points["k2"]
        found = axis_from_points((x1 - left, v1), (x2 - left, v2), right - left)
        ends |= {"k_left": round(found[0], 4), "k_right": round(found[1], 4)}
    if {"e1", "e2"} <= set(points):
        (_, y1, v1), (_, y2, v2) = points["e1"], points["e2"]
        found = axis_from_points((y1 - top, v1), (y2 - top, v2), bottom - top)
        ends |= {"e_top": round(found[0], 4), "e_bottom": round(found[1], 4)}
    return ends


def _box(points: dict, corners: tuple[str, str]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom."""
    (x1, y1, _), (x2, y2, _) = (points[corner] for corner in corners)
    return round(min(x1, x2)), round(min(y1, y2)), round(max(x1, x2)), round(max(y1, y2))


def kept_points(document) -> dict:
    """Points that a browser kept.

    Raises:
        InputError: they are none that `clicked` gave.
    """
    try:
        points = {name: _point(x, y, v, name in FRAME + BAR) for name, (x, y, v) in (document or {}).items()}
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise InputError("These points did not come from the page; reload it") from None
    if set(points) - set(POINTS):
        raise InputError("These points did not come from the page; reload it")
    return points


def _point(x, y, value, corner: bool) -> list:
    """x, y in pixels and the value; TypeError, ValueError or OverflowError for what is no such point."""
    place = [float(number) for number in ((x, y) if corner else (x, y, value))]
    if not all(abs(number) <= 1e6 for number in place):
        raise ValueError
    return [*place, None] if corner else place


def points_text(points: dict) -> str:
    """What has been clicked, in words."""
    return "; ".join(POINTS[name] + ("" if point[2] is None else f" = {point[2]:g}") for name, point in points.items())
