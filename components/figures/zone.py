"""A small Brillouin zone as a wire frame, with the line that is looked along: an SVG in the page's own colours."""

from collections.abc import Iterable

import numpy as np

from core.electronic.brillouin import Zone, average_zone, period_zone
from core.electronic.kpath import SPECIAL_POINTS, KPath
from core.structure.crystal import Crystal

WIDTH, HEIGHT = 240, 212
_CENTRE = np.array([120.0, 112.0])
_PIXELS = 70.0
"""Of 1/Å: a strained zone is drawn as much larger or smaller as it is."""

_AZIMUTH, _ELEVATION = np.radians(-35.0), np.radians(22.0)
_VIEW = np.array([np.cos(_ELEVATION) * np.cos(_AZIMUTH), np.cos(_ELEVATION) * np.sin(_AZIMUTH), np.sin(_ELEVATION)])
_RIGHT = np.array([-np.sin(_AZIMUTH), np.cos(_AZIMUTH), 0.0])
_UP = np.cross(_VIEW, _RIGHT)
_LABELS = {"G": (-10, -3), "X": (-2, 16), "K": (11, 9), "Z": (9, -7), "L": (10, -4)}
"""Pixels from a point to the middle of its name."""


def projected(k: np.ndarray) -> np.ndarray:
    """Pixels (..., 2) in the drawing of wave vectors (..., 3) in 1/Å, seen along _VIEW without perspective."""
    return _CENTRE + _PIXELS * np.stack([k @ _RIGHT, -(k @ _UP)], axis=-1)


def zone_drawing(crystal: Crystal, path: KPath, description: str) -> str:
    """The zone of the average crystal, that of the period in it, the named points, and a path.

    Where the path lies outside the zone it is dashed; where it is a cut off Γ, a line along growth leads to its height.

    Args:
        crystal: whose zones are drawn.
        path: its k-points.
        description: what the drawing shows, for those who do not see it; plain text without markup.
    """
    whole, folded = average_zone(crystal), period_zone(crystal)
    to_cartesian = 2 * np.pi * np.linalg.inv(crystal.average_cell).T
    corners = {label for joined, _ in path.ticks for label in joined.strip("−").replace("Γ", "G").split("|")}
    parts = [
        _lines("back", _edges(whole, front=False)),
        *(_period(folded) if len(crystal) > 2 else []),
        _lines("front", _edges(whole, front=True)),
        _lines("drop", _drop(path)),
        *_path(path, whole),
    ]
    for name, reduced in SPECIAL_POINTS.items():
        x, y = projected(np.array(reduced) @ to_cartesian)
        right, down = _LABELS[name]
        kind = "" if name in corners else ' class="aside"'
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"{kind}/>')
        parts.append(f'<text x="{x + right:.1f}" y="{y + down + 4:.1f}"{kind}>{name.replace("G", "Γ")}</text>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{description}">{"".join(parts)}</svg>'


def _edges(zone: Zone, front: bool) -> np.ndarray:
    """(edge, 2, 3) 1/Å: those of a face that is seen, or the others."""
    seen = (zone.normals @ _VIEW > 0)[zone.edge_faces].any(axis=1)
    return zone.corners[zone.edges[seen == front]]


def _period(zone: Zone) -> list[str]:
    seen = [face for face, normal in zip(zone.faces, zone.normals, strict=True) if normal @ _VIEW > 0]
    outlines = "".join(f"M{_points(projected(zone.corners[list(face)]))}Z" for face in seen)
    return [f'<path class="period" d="{outlines}"/>', _lines("period-back", _edges(zone, front=False))]


def _drop(path: KPath) -> np.ndarray:
    """The line along growth from Γ to the middle of a cut; none for a path."""
    if path.distance[0] >= 0:
        return np.empty((0, 2, 3))
    height = path.k_cartesian[len(path) // 2]
    return np.array([[0 * height, height]])


def _path(path: KPath, zone: Zone) -> list[str]:
    inside, outside = [], []
    for start, stop in path.segments:
        first, last = path.k_cartesian[start], path.k_cartesian[stop - 1]
        part = zone.inside(first, last)
        outside.append((first, last))
        if part:
            inside.append(tuple(first + share * (last - first) for share in part))
    return [_lines("outside", outside), _lines("line", inside)]


def _lines(kind: str, segments: Iterable) -> str:
    drawn = "".join(f"M{_points(projected(np.array(segment)))}" for segment in segments)
    return f'<path class="{kind}" d="{drawn}"/>' if drawn else ""


def _points(pixels: np.ndarray) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in pixels)
