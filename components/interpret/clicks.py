"""Clicks on a dropped picture: points of its axes, corners of its frame and of its colour bar."""

from dataclasses import replace

from components.interpret.controls import POINTS
from core.errors import InputError
from core.experiment.calibration import axis_from_points
from core.experiment.frame import find_frame
from core.reverse.readings import Reading

BOXES = {"frame": ("f1", "f2"), "bar": ("b1", "b2")}
"""Fields of a reading that are boxes, and the points that are their corners."""


def clicked(points: dict, name: str, click: dict, value, reading: Reading) -> tuple[dict, Reading]:
    """Points with a new one, and the reading that follows from them.

    Args:
        points: name → x, y in pixels of the picture and the value there, None for a corner.
        name: of POINTS.
        click: x and y.
        value: of an axis, at an axis point.
        reading: so far.

    Raises:
        InputError: no value for a point of an axis; two points that make no axis; an image that is no picture.
    """
    if "channel" not in reading.raw().dims:
        raise InputError("This file says its axes itself; points are for pictures")
    corner = name in sum(BOXES.values(), ())
    try:
        points = {**points, name: _point(click["x"], click["y"], None if corner else value, corner)}
    except (LookupError, TypeError, ValueError, OverflowError):
        raise InputError("Type the value of the point first") from None
    for field, (first, second) in BOXES.items():
        if {first, second} <= set(points):
            (x1, y1, _), (x2, y2, _) = points[first], points[second]
            box = (*(round(min(p)) for p in ((x1, x2), (y1, y2))), *(round(max(p)) for p in ((x1, x2), (y1, y2))))
            reading = replace(reading, **{field: box})
    left, top, right, bottom = reading.frame if len(reading.frame) == 4 else find_frame(reading.raw().values)
    if {"k1", "k2"} <= set(points):
        (x1, _, v1), (x2, _, v2) = points["k1"], points["k2"]
        ends = axis_from_points((x1 - left, v1), (x2 - left, v2), right - left)
        reading = replace(reading, k_left=round(ends[0], 4), k_right=round(ends[1], 4))
    if {"e1", "e2"} <= set(points):
        (_, y1, v1), (_, y2, v2) = points["e1"], points["e2"]
        ends = axis_from_points((y1 - top, v1), (y2 - top, v2), bottom - top)
        reading = replace(reading, e_top=round(ends[0], 4), e_bottom=round(ends[1], 4))
    return points, reading


def kept_points(document) -> dict:
    """Points that a browser kept.

    Raises:
        InputError: they are none that `clicked` gave.
    """
    try:
        corners = sum(BOXES.values(), ())
        points = {name: _point(*point, name in corners) for name, point in (document or {}).items()}
    except (AttributeError, TypeError, ValueError, OverflowError):
        points = {"": None}
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
