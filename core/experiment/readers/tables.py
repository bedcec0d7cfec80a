"""Plain tables as text: the axes in the first row and the first column, or lists of points."""

import csv
import re
from collections.abc import Callable

import numpy as np

from core.errors import InputError
from core.experiment.readers.axes import Axis, axis_kind, band_images, check_declared
from core.experiment.readers.header import header_facts, lines_of
from core.experiment.readers.image import Image
from core.experiment.readers.text import decoded
from core.experiment.readers.units import unit_kind

TABLE = "energies (eV) in the first column, angles (degree) or wave vectors (1/Å) in the first row"


MOST_WAVE_VECTOR = 4.0
"""1/Å, of axes without a name."""

_DECIMAL_COMMA = r"[-+]?\d+(,\d+)?([eE][-+]?\d+)?"

LEAST_FILLED = 0.5
"""Share of a grid's points that a list of them must hold."""

CLEARLY = 0.3
"""By so much energies are more one-sided than angles."""


def read_csv(content: bytes) -> list[Image]:
    """A table of numbers separated by commas, semicolons, tabs or blanks; decimal commas where those do not separate.

    The corner may say what the axes are, such as `eV/kx`; see `table_images` for one that does not. Three columns, or
    four with their names above, are a list of points. A header line of `#` is passed over, but for names above a list.

    Raises:
        InputError: words among the numbers, or rows of different lengths.
    """
    lines = [line for line in re.split(r"\r\n|\r|\n", decoded(content)) if line.strip()]
    said = [line.lstrip().lstrip("#").strip() for line in lines if line.lstrip().startswith("#")]
    lines = [line for line in lines if not line.lstrip().startswith("#")]
    if not lines:
        raise InputError(f"This table has no rows; give {TABLE}")
    facts = header_facts(part for text in said for part in lines_of(text))
    attrs: dict = {"source_format": "text table", **facts}
    split = _splitting(lines)
    first = split(lines[0])
    names = first if _are_names(first) else next((w for t in said[::-1] if _are_names(w := split(t))), [])
    if _are_names(first) and len(lines) > 1 and _are_units(units := split(lines[1]), len(first)):
        names = [f"{name} [{unit}]" if unit_kind(unit) else name for name, unit in zip(first, units, strict=True)]
        del lines[1]
    if len(first) == 3 and not names and not any(_is_number(word) or axis_kind(word) for word in first):
        del lines[0]  # names that say nothing, such as x, y, z
    if len(first) == 3 or (len(first) == 4 and len(names) == 4):
        points = _numbers(lines[1:] if _are_names(first) else lines, split, len(first), None)
        if names and not names[0] and np.array_equal(points[:, 0], np.arange(len(points)) + points[0, 0]):
            points, names, first = points[:, 1:], names[1:], first[1:]  # rows that were counted
        return list_of_points(points, names if len(names) == len(first) else [], attrs)
    check_declared((len(lines), len(first)), 8, "This table")
    corner, first[0] = first[0].strip('"').strip(), "0"
    table = _numbers(lines, split, len(first), first)
    return table_images(table[1:, 1:], table[1:, 0], table[0, 1:], corner, attrs)


def _splitting(lines: list[str]) -> Callable[[str], list[str]]:
    """What splits a line of a table into its words, with decimal points."""
    first, last = lines[0], lines[-1]
    if '"' in last and (separator := next((s for s in (";", "\t", ",") if f'"{s}' in last), "")):
        return lambda line: [
            word.strip().replace(",", "." if re.fullmatch(r"[-+\d.,eE ]*", word) else ",")
            for word in next(csv.reader([line], delimiter=separator))
        ]
    separator = next((s for s in (";", "\t", ",") if s in first), None)
    decimal = separator in (";", "\t")
    words = last.split()
    if separator == "," and len(words) > 2 and all(re.fullmatch(_DECIMAL_COMMA, word) for word in words):
        separator, decimal = None, True
    ends = bool(separator) and all(line.rstrip().endswith(separator) for line in lines[:64])

    def split(line: str) -> list[str]:
        line = line.rstrip()[: -len(separator)] if ends and separator else line
        line = line.replace(",", ".") if decimal else line
        return [word.strip() for word in line.split(separator)]

    return split


def _are_names(words: list[str]) -> bool:
    """Whether a line names columns, of which one is an energy."""
    return len(words) in (3, 4) and not any(map(_is_number, words)) and "eV" in map(axis_kind, words)


def _are_units(words: list[str], count: int) -> bool:
    """Whether a line below the names of columns says their units."""
    return len(words) == count and not any(map(_is_number, words)) and "eV" in map(unit_kind, words)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _numbers(lines: list[str], split: Callable, width: int, first: list[str] | None) -> np.ndarray:
    """(row, column) of a table, whose first row is given where it holds a word."""
    table = np.empty((len(lines), width))
    try:
        for row, line in enumerate(lines):  # one at a time: a number as text takes ten times its place
            words = first if first and not row else split(line)
            if len(words) != width:
                raise InputError(f"The rows of this table differ in length; give {TABLE}")
            table[row] = np.array(words, dtype=np.float64)
    except InputError:
        raise
    except ValueError:
        raise InputError(
            f"This table has words among its numbers; give {TABLE}, or columns of axes and intensity with their names "
            "above"
        ) from None
    return table


def list_of_points(points: np.ndarray, names: list[str], attrs: dict) -> list[Image]:
    """The images of (point, column) values: two or three columns of axes and one of intensities, in any order.

    Args:
        points: every row one point of a grid.
        names: of the columns; of those without any the last is the intensity.
        attrs: of the file, as of `band_images`.

    Raises:
        InputError: the points fill no grid, or fill it twice.
    """
    kinds = [axis_kind(name) for name in names]
    counts = next((i for i in range(len(names))[::-1] if not kinds[i]), points.shape[1] - 1)
    order = [i for i in range(points.shape[1]) if i != counts]
    axes, places = [], []
    for i in order:
        column = points[:, i]
        if not np.isfinite(column).all():
            raise InputError("This list of points has axes that are no numbers; leave those points out")
        step = max(float(np.ptp(column)), 1e-9) * 1e-6
        _, first, place = np.unique(np.round(column / step), return_index=True, return_inverse=True)
        axes.append(column[first])
        places.append(place)
    shape = tuple(len(axis) for axis in axes)
    check_declared(shape, 8, "This list of points")
    size = int(np.prod(shape))
    flat = np.ravel_multi_index(places, shape)
    if not LEAST_FILLED * size <= len(points) or len(np.unique(flat)) < len(points):
        raise InputError(
            f"This list of {len(points)} points has {' x '.join(map(str, shape))} different values of its axes: give "
            "every point of a grid once"
        )
    values = np.full(size, np.nan)
    values[flat] = points[:, counts]
    values = values.reshape(shape)
    if names:
        return band_images(values, [Axis(names[i], x) for i, x in zip(order, axes, strict=True)], attrs)
    return table_images(values, axes[0], axes[1], "", attrs, ("second column", "first column"))


def table_images(values, down, across, corner: str, attrs: dict, places=("first row", "first column")) -> list[Image]:
    """By the corner's words; without them the axis that is more one-sided about zero is the energy.

    The other one is a wave vector where all of it lies within ±4 1/Å, else an angle.
    """
    words = _words(corner)
    attrs = dict(attrs)
    if len(words) != 2:
        if counted := [place for place, axis in zip(places, (across, down), strict=True) if _is_counted(axis)]:
            raise InputError(f"The {' and the '.join(counted)} of this table count 0, 1, 2 …: give {TABLE}")
        profile = np.nan_to_num(values)
        sideways = lopsided(across, profile.mean(axis=0)) > lopsided(down, profile.mean(axis=1)) + CLEARLY
        other = down if sideways else across
        name = "kx" if np.abs(other).max(initial=0) <= MOST_WAVE_VECTOR else "alpha"
        if axis_kind(corner) in ("kx", "alpha"):
            name = corner
        words = [name, "eV"] if sideways else ["eV", name]
        attrs["notes"] = [
            f"the table does not name its axes: its {places[0 if sideways else 1]} is read as energies "
            f"in eV, the other as "
            f"{'wave vectors in 1/Å' if name == 'kx' else 'angles in degrees' if name == 'alpha' else repr(name)}"
        ]
    return band_images(values, [Axis(words[0], down), Axis(words[1], across)], attrs)


def _is_counted(axis: np.ndarray) -> bool:
    """Whether an axis counts rows or columns, from 0 or 1."""
    return axis[0] in (0, 1) and np.array_equal(axis, np.arange(len(axis)) + axis[0])


def _words(corner: str) -> list[str]:
    """Both axes that a corner such as `eV/kx (1/nm)` names, the one down the table first; else none.

    A stroke between brackets, or in a unit, separates nothing.
    """
    for match in re.finditer(r"[/\\|]", corner):
        parts = [corner[: match.start()].strip(), corner[match.end() :].strip()]
        kinds = list(map(axis_kind, parts))
        whole = all(part.count("(") == part.count(")") for part in parts)
        if whole and all(kinds) and kinds.count("eV") == 1:
            return parts
    return []


def lopsided(axis: np.ndarray, profile: np.ndarray) -> float:
    """How one-sided an axis and what is measured along it are about zero, 0 to 2: electrons end at the Fermi level."""
    if not np.isfinite(axis).all() or not np.ptp(axis) > 0:
        return 0.0
    reach = float(abs(axis.min() + axis.max()) / np.ptp(axis))
    if not (axis > 0).any() or not (axis < 0).any():
        return 1.0 + min(reach, 1.0)
    above, below = (float(profile[side].mean() - profile.min()) for side in (axis > 0, axis < 0))
    return min(reach, 1.0) + abs(above - below) / max(above + below, 1e-12)
