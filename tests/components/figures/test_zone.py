"""The drawing of the zone: in its box at every strain, the line where it runs, and what is hidden fainter."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from components.figures.zone import HEIGHT, WIDTH, projected, zone_drawing
from core.electronic.kpath import SPECIAL_POINTS, build_cut, build_path
from core.sessions.requests import make_request


def drawing(stack: str, substrate: str, path) -> ElementTree.Element:
    crystal = make_request(stack, substrate).crystal()
    return ElementTree.fromstring(zone_drawing(crystal, path(crystal), "What is shown."))


def segments(svg: ElementTree.Element, kind: str) -> np.ndarray:
    """(segment, point, 2) pixels of the path of a class; empty where there is none."""
    found = [part.get("d") for part in svg.iter("path") if part.get("class") == kind]
    texts = [piece for text in found for piece in text.split("M") if piece]
    return np.array([[float(value) for value in re.findall(r"-?[\d.]+", text)] for text in texts]).reshape(-1, 2, 2)


def pixels(crystal, *reduced) -> np.ndarray:
    return projected(np.array(reduced) @ (2 * np.pi * np.linalg.inv(crystal.average_cell).T))


@pytest.mark.parametrize(
    ("stack", "substrate"), [("Si2", "-6 %"), ("Si2", "+6 %"), ("Si4Ge4", "Si"), ("Si9Ge8", "-1.5 %")]
)
@pytest.mark.parametrize("line", [build_path, lambda c: build_cut(c, "G-X", 1.0), lambda c: build_cut(c, "G-K", 0.4)])
def test_everything_lies_in_the_box(stack, substrate, line):
    svg = drawing(stack, substrate, line)
    for part in svg.iter("path"):
        numbers = np.array(re.findall(r"-?[\d.]+", part.get("d")), float).reshape(-1, 2)
        assert np.all((numbers >= 0) & (numbers <= [WIDTH, HEIGHT])), part.get("class")
    places = np.array([[float(text.get("x")), float(text.get("y"))] for text in svg.iter("text")])
    assert np.all((places >= [4, 8]) & (places <= [WIDTH - 4, HEIGHT - 2]))
    assert {text.text for text in svg.iter("text")} == {name.replace("G", "Γ") for name in SPECIAL_POINTS}
    assert svg.get("aria-label") == "What is shown."


def test_a_path_runs_between_its_points():
    crystal = make_request("Si2", "Si").crystal()
    found = segments(drawing("Si2", "Si", build_path), "line")
    corners = {name: pixels(crystal, point)[0] for name, point in SPECIAL_POINTS.items()}
    expected = [[corners[a], corners[b]] for a, b in ("ZG", "GX", "KG", "GL")]
    np.testing.assert_allclose(found, expected, atol=0.06)


@pytest.mark.parametrize(("kz", "reach"), [(0.0, 1.0), (0.3, 1.0), (0.8, 0.7)])
def test_kz_lifts_a_cut_and_what_lies_in_the_next_zone_is_dashed(kz, reach):
    """Along Γ-X of cubic silicon the zone ends where |kx| + kz = 3/2."""
    crystal = make_request("Si2", "Si").crystal()
    svg = drawing("Si2", "Si", lambda c: build_cut(c, "G-X", kz))
    np.testing.assert_allclose(segments(svg, "line")[0], pixels(crystal, (-reach, 0, kz), (reach, 0, kz)), atol=0.06)
    np.testing.assert_allclose(segments(svg, "outside")[0], pixels(crystal, (-1, 0, kz), (1, 0, kz)), atol=0.06)
    np.testing.assert_allclose(segments(svg, "drop")[0], pixels(crystal, (0, 0, 0), (0, 0, kz)), atol=0.06)


def test_the_wire_frame_is_that_of_a_truncated_octahedron_seen_from_one_side():
    svg = drawing("Si2", "Si", build_path)
    front, back = segments(svg, "front"), segments(svg, "back")
    assert len(front) + len(back) == 36
    assert 0 < len(back) < len(front)
    assert not list(svg.findall("path[@class='period']")), "the period is the primitive cell"
    assert list(drawing("Si4Ge4", "Si", build_path).findall("path[@class='period']"))
