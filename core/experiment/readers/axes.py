"""One form for all images: values over `eV` and an angle or a wave vector, with units, checked."""

import re
from collections.abc import Iterable

import numpy as np

from core.errors import InputError
from core.experiment.readers.image import Image

LEAST_POINTS = 16
MOST_POINTS = 8192
MOST_VALUES = 2**24
"""Values that a file may hold, over all its images, and declare in one array: 128 MB in double precision."""

MOST_IMAGES = 1024
"""Images of a file: slices of a map, regions, arrays and waves together."""

LEAST_FINITE = 0.1
"""Share of the values that must be numbers."""

LARGEST_VALUE = 1e15
"""Squares and sums of such values still fit into 32-bit floats."""

_KINDS = (
    ("eV", "eV", re.compile(r"energ|^ev\b|e\s*[-−]\s*e_?f|binding|kinetic", re.IGNORECASE)),
    ("kx", "1/Å", re.compile(r"^k(x|y|p|par|_par|_parallel|\W|$)|1/(å|a)|å.?-1|a\^-1|momentum", re.IGNORECASE)),
    ("alpha", "degree", re.compile(r"deg|angle|alpha|phi|theta|y-scale|slit|°", re.IGNORECASE)),
)
"""Name of an axis here, its unit, and how files call it."""


def axis_kind(label: str) -> str:
    """`eV`, `kx` or `alpha` for a file's name of an axis; empty where the name says none of them."""
    return next((name for name, _, pattern in _KINDS if pattern.search(label.strip())), "")


def energy_kind(label: str, energy: np.ndarray) -> str:
    """Whether energies are kinetic or counted from the Fermi level: by the label, else by their size."""
    for kind in ("kinetic", "binding"):
        if kind in label.lower():
            return kind
    return "kinetic" if np.abs(energy).min() > 1.0 and np.abs(energy).mean() > 12.0 else "binding"


def check_declared(shape: tuple[int, ...], itemsize: int, what: str) -> None:
    """Refuse an array by its declared size, before anything is allocated for it.

    Raises:
        InputError: more than MOST_VALUES values, or as many bytes as those have in double precision.
    """
    values = int(np.prod([int(n) for n in shape], dtype=object)) if shape else 1
    if values > MOST_VALUES or values * itemsize > 8 * MOST_VALUES:
        size = " x ".join(map(str, shape))
        raise InputError(f"{what} declares {size} values; at most {MOST_VALUES:,} are read: cut the file down")


def check_sides(shape: tuple[int, ...], what: str) -> None:
    """Refuse an array with a longer axis than any image has, before its axes are made.

    Raises:
        InputError: more than MOST_POINTS points.
    """
    if max(shape) > MOST_POINTS:
        size = " x ".join(map(str, shape))
        raise InputError(f"{what} declares {size} values; at most {MOST_POINTS} a side are read: cut the file down")


def gathered(parts: Iterable[list[Image]], what: str) -> list[Image]:
    """The images of a file's parts, within the file's budget; a part beyond it ends the reading.

    Raises:
        InputError: more than MOST_IMAGES images or MOST_VALUES values.
    """
    images, values = [], 0
    for part in parts:
        images += part
        values += sum(image.values.size for image in part)
        if len(images) > MOST_IMAGES or values > MOST_VALUES:
            raise InputError(
                f"{what} holds {len(images):,} images with {values:,} values or more; at most {MOST_IMAGES} images "
                f"with {MOST_VALUES:,} values in all are read: give fewer in a file"
            )
    return images


def band_images(values: np.ndarray, labels: list[str], axes: list[np.ndarray], attrs: dict) -> list[Image]:
    """Images (eV, alpha or kx) from an array of two or three dimensions; a third one gives an image a slice.

    Args:
        values: intensities.
        labels: what the file calls each dimension; exactly one must be an energy.
        axes: coordinates of each dimension, any monotonic order.
        attrs: of the file: `hv` and `work_function` in eV, `source_format` and the like.

    Raises:
        InputError: no energy axis or several, too few or too many points, axes that do not fit or do not rise or fall,
            values that are mostly not numbers or all the same.
    """
    kinds = _distinct_kinds(labels)
    energy = kinds.index("eV")
    other = max(i for i, kind in enumerate(kinds) if kind in ("kx", "alpha"))  # the fast one is the slit's
    sizes = [len(axis) for axis in axes]
    if list(values.shape) != sizes:
        raise InputError(f"The file's values are {values.shape}, but its axes have {sizes} points")
    if values.ndim == 2:
        return [_image(values, labels, axes, kinds, (energy, other), attrs)]
    slow = ({0, 1, 2} - {energy, other}).pop()
    if sizes[slow] > MOST_IMAGES:
        raise InputError(
            f"The file's axis {labels[slow].strip()!r} has {sizes[slow]:,} points, a slice each; at most {MOST_IMAGES} "
            "slices are read: cut the file down"
        )
    images = []
    for index, at in enumerate(axes[slow]):
        rest = [i for i in range(3) if i != slow]
        names, points, sorts = ([column[i] for i in rest] for column in (labels, axes, kinds))
        order = (rest.index(energy), rest.index(other))
        where = {"slice": f"{labels[slow].strip() or 'slice'} = {at:g} ({index + 1} of {sizes[slow]})"}
        images.append(_image(np.moveaxis(values, slow, 0)[index], names, points, sorts, order, attrs | where))
    return images


def _distinct_kinds(labels: list[str]) -> list[str]:
    kinds = [axis_kind(label) for label in labels]
    if kinds.count("eV") != 1 or len(labels) not in (2, 3):
        raise InputError(
            f"The file's axes are {', '.join(map(repr, labels))}; one must be an energy, "
            "and one an angle or a wave vector"
        )
    if not {"kx", "alpha"} & set(kinds):  # SES leaves the name of the angle open; it is the fast one beside the energy
        kinds[max(i for i, kind in enumerate(kinds) if kind != "eV")] = "alpha"
    return kinds


def _image(values, labels, axes, kinds, order, attrs) -> Image:
    values = np.asarray(values)
    if values.dtype.kind not in "fiu":
        raise InputError(f"The file's values are of type {values.dtype}; real numbers are read")
    values = np.transpose(values, order)
    _check_values(values)
    coords = {}
    for position, axis in enumerate(order):
        name, unit = kinds[axis], next(unit for kind, unit, _ in _KINDS if kind == kinds[axis])
        points = np.asarray(axes[axis], dtype=np.float64)
        sign = np.sign(np.diff(points))
        if not np.isfinite(points).all() or not (np.all(sign == 1) or np.all(sign == -1)):
            raise InputError(f"The file's axis {labels[axis]!r} does not rise or fall steadily")
        extra = {"units": unit, "label": labels[axis].strip()}
        if name == "eV":
            extra["energy_kind"] = energy_kind(labels[axis], points)
            if extra["energy_kind"] == "binding" and points.mean() > 0:  # binding energies counted downwards
                points = -points
        if points[0] > points[-1]:
            points, values = points[::-1], np.flip(values, position)
        coords[name] = (name, points, extra)
    return Image(values, tuple(coords), coords, "intensity", attrs)


def _check_values(values: np.ndarray) -> None:
    if min(values.shape) < LEAST_POINTS or max(values.shape) > MOST_POINTS:
        size = " x ".join(map(str, values.shape))
        raise InputError(f"The image has {size} points; {LEAST_POINTS} to {MOST_POINTS} a side are read")
    finite = np.isfinite(values)
    if finite.mean() < LEAST_FINITE:
        raise InputError(f"Only {100 * finite.mean():.0f} % of the image's values are numbers; give a measured image")
    known = values if finite.all() else values[finite]
    if max(abs(float(known.min())), abs(float(known.max()))) > LARGEST_VALUE:
        raise InputError(f"The image's values go beyond ±{LARGEST_VALUE:g}; divide them by their largest")
    if known.min() == known.max():
        raise InputError(f"All values of the image are {known.flat[0]:g}; give a measured image")
