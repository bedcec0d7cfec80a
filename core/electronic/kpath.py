"""Lines in reciprocal space: the standard path and their labels, in units of the average cubic cell."""

import re
from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.structure.crystal import Crystal

SPECIAL_POINTS = {
    "G": (0.0, 0.0, 0.0),
    "X": (1.0, 0.0, 0.0),
    "Z": (0.0, 0.0, 1.0),
    "K": (0.75, 0.75, 0.0),
    "L": (0.5, 0.5, 0.5),
}
"""High-symmetry points as (kx, ky, kz) with kx, ky in 2π/a∥ and kz in 2π/c̄; G is Γ."""

DEFAULT_PATH = "Z-G-X|K-G-L"
POINTS_PER_SEGMENT = 24
MOST_SEGMENTS = 12
_LONGEST_TEXT = 100


@dataclass(frozen=True, eq=False)
class KPath:
    """Sampled k-points on straight segments; arrays are read-only.

    Shapes and units:
        k_reduced: (k, 3), kx, ky in 2π/a∥, kz in 2π/c̄.
        k_cartesian: (k, 3) 1/Å.
        distance: (k,) 1/Å, path length s; it does not advance across a break of the path.
        step: (k,) 1/Å, spacing Δs of the point's segment.
        direction: (k, 3), unit tangent in Cartesian axes.
        ticks: (label, distance) of the high-symmetry points, joined labels such as X|K at breaks.
        segments: (start, stop) index ranges.
    """

    text: str
    k_reduced: np.ndarray
    k_cartesian: np.ndarray
    distance: np.ndarray
    step: np.ndarray
    direction: np.ndarray
    ticks: tuple[tuple[str, float], ...]
    segments: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.k_reduced)


def parse_path(text: str) -> list[list[str]]:
    """`Z-G-X|K-G-L` as [[Z, G, X], [K, G, L]]; Γ and lower case are forgiven.

    Raises:
        InputError: a point that is not one of G, X, Z, K, L, a piece with fewer than two points, or more than
            MOST_SEGMENTS segments.
    """
    if len(text) > _LONGEST_TEXT:
        raise InputError(f"This path has {len(text)} characters and at most {_LONGEST_TEXT} are read; split it")
    pieces = []
    for piece in re.sub(r"\s+", "", text).replace("Γ", "G").upper().split("|"):
        names = piece.split("-")
        unknown = [name for name in names if name not in SPECIAL_POINTS]
        if unknown or len(names) < 2:
            raise InputError(
                f"Path {text!r} is not understood at {unknown[0] if unknown else piece!r}: join at least two of "
                f"{', '.join(SPECIAL_POINTS)} with '-', break with '|', for example {DEFAULT_PATH}"
            )
        if any(a == b for a, b in zip(names, names[1:], strict=False)):
            raise InputError(
                f"Path {text!r} names the same point twice in a row; each segment needs two different ends"
            )
        pieces.append(names)
    if sum(len(piece) - 1 for piece in pieces) > MOST_SEGMENTS:
        raise InputError(f"Path {text!r} has more than {MOST_SEGMENTS} segments; split it")
    return pieces


def path_text(text: str) -> str:
    """A path as it is written everywhere, ` z-Γ | l-g` as `Z-G|L-G`; InputError as `parse_path`."""
    return "|".join("-".join(piece) for piece in parse_path(text))


def even_points(text: str) -> int:
    """Points a segment with which a path of few segments has as many points as the default one (96)."""
    segments = sum(len(piece) - 1 for piece in parse_path(text))
    return max(POINTS_PER_SEGMENT, 4 * POINTS_PER_SEGMENT // segments)


def build_path(crystal: Crystal, text: str = DEFAULT_PATH, points_per_segment: int = POINTS_PER_SEGMENT) -> KPath:
    """Sample a path for a crystal's average cell, both ends of every segment included.

    Args:
        crystal: gives a∥ and c̄.
        text: path in the notation of `parse_path`.
        points_per_segment: k-points on each segment, 2 to 400.

    Raises:
        InputError: the path or the number of points is not acceptable.
    """
    if not 2 <= points_per_segment <= 400:
        raise InputError(f"{points_per_segment} points a segment; 2 to 400 are allowed")
    pieces = parse_path(text)
    ends, names, breaks = [], [], []
    for number, piece in enumerate(pieces):
        for a, b in zip(piece, piece[1:], strict=False):
            ends.append((SPECIAL_POINTS[a], SPECIAL_POINTS[b]))
            names.append((a, b))
            breaks.append(number)
    reduced = np.concatenate([np.linspace(a, b, points_per_segment) for a, b in ends])
    return sample_path(crystal, text, reduced, [points_per_segment] * len(ends), names)


def point_indices(name: str, text: str = DEFAULT_PATH, points_per_segment: int = POINTS_PER_SEGMENT) -> list[int]:
    """Where a high-symmetry point lies among the k-points of a path, ends of segments counted on both sides."""
    found, start = [], 0
    for piece in parse_path(text):
        for ends in zip(piece, piece[1:], strict=False):
            last = start + points_per_segment - 1
            found += [index for index, end in zip((start, last), ends, strict=True) if end == name]
            start = last + 1
    return found


def sample_path(crystal: Crystal, text: str, k_reduced: np.ndarray, counts: list[int], names: list) -> KPath:
    """A path from given points: `counts` points on each straight segment, `names` the labels of its two ends."""
    to_cartesian = 2 * np.pi * np.linalg.inv(crystal.average_cell).T
    k_cartesian = k_reduced @ to_cartesian
    distance, step, direction = [], [], []
    ticks: list[tuple[str, float]] = []
    segments, start, position = [], 0, 0.0
    for count, (first, last) in zip(counts, names, strict=True):
        line = k_cartesian[start : start + count]
        tangent = line[-1] - line[0]
        length = float(np.linalg.norm(tangent))
        distance.append(position + np.linspace(0.0, length, count))
        step.append(np.full(count, length / (count - 1)))
        direction.append(np.tile(tangent / length, (count, 1)))
        if not ticks or ticks[-1][1] != position:
            ticks.append((first, position))
        elif first != ticks[-1][0]:
            ticks[-1] = (f"{ticks[-1][0]}|{first}", position)
        position += length
        ticks.append((last, position))
        segments.append((start, start + count))
        start += count
    arrays = [k_reduced, k_cartesian, np.concatenate(distance), np.concatenate(step), np.concatenate(direction)]
    for array in arrays:
        array.flags.writeable = False
    return KPath(text, *arrays, ticks=tuple(ticks), segments=tuple(segments))


CUT_ENDS = {"G-X": (1.0, 0.0), "G-K": (0.75, 0.75)}
"""In-plane end of each cut (kx, ky in 2π/a∥); the cut runs from its negative to itself."""


def build_cut(crystal: Crystal, cut: str, kz: float = 0.0, points: int = 97) -> KPath:
    """An in-plane cut through the zone at fixed kz, as an ARPES image shows it, both signs of k.

    Args:
        crystal: gives a∥ and c̄.
        cut: G-X along [100] or G-K along [110]; Γ and lower case are forgiven.
        kz: in 2π/c̄, 0 is the Γ plane and 1 the Z plane.
        points: k-points from the negative to the positive end, 3 to 801.

    Returns:
        A path of one segment whose distance is zero at k∥ = 0.

    Raises:
        InputError: an unknown cut, kz that is not finite, or a bad number of points.
    """
    name = re.sub(r"\s+", "", cut).replace("Γ", "G").upper()
    if name not in CUT_ENDS:
        raise InputError(f"Cut {cut!r} is not known; allowed are {' ([100]) and '.join(CUT_ENDS)} ([110])")
    if not np.isfinite(kz) or abs(kz) > 100:
        raise InputError(f"kz = {kz} is not usable; give a number in 2π/c̄, 0 for the Γ plane, 1 for the Z plane")
    if not 3 <= points <= 801:
        raise InputError(f"{points} points on a cut; 3 to 801 are allowed")
    end = np.array([*CUT_ENDS[name], 0.0])
    reduced = np.linspace(-end, end, points) + [0.0, 0.0, kz]
    letter = name[-1]
    path = sample_path(crystal, f"{name} at kz = {kz:g}", reduced, [points], [(f"-{letter}", letter)])
    half = path.distance[-1] / 2
    return KPath(
        path.text, path.k_reduced, path.k_cartesian, path.distance - half, path.step, path.direction,
        ticks=((f"−{letter}", -half), ("Γ", 0.0), (letter, half)), segments=path.segments,
    )  # fmt: skip
