"""One form for all images: values over `eV` and an angle or a wave vector, in eV, degrees and 1/Å, checked."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from core.errors import InputError
from core.experiment.readers.energies import EnergyScale, energy_scale, scale_word
from core.experiment.readers.header import target_of
from core.experiment.readers.image import Image
from core.experiment.readers.units import UNITS, factor, plain_unit, unit_kind, without_unit

LEAST_POINTS = 16
MOST_POINTS = 8192
MOST_VALUES = 2**24
"""Values that a file may hold, over all its images, and declare in one array: 128 MB in double precision."""

MOST_IMAGES = 1024
"""Images of a file: slices of a map, regions, arrays and waves together."""

FINER = 5.0
"""By which the steps of electrons' energies are finer than those of a scan of photon energies."""

LEAST_FINITE = 0.1
"""Share of the values that must be numbers."""

LARGEST_VALUE = 1e15
"""Squares and sums of such values still fit into 32-bit floats."""

UNIT = {"eV": "eV", "kx": "1/Å", "alpha": "degree"}
"""Axis of an image here → its unit."""

SPANS = {"eV": (0.05, 2e4), "kx": (0.02, 60.0), "alpha": (0.1, 360.0)}
"""Axis of an image here → least and largest span in its UNIT: an analyser's angular resolution is some 0.1 degree; hard
X-rays of 10 keV reach ±51 1/Å and twice the energy of any photoemission."""

FARTHEST = 1e5
"""Numbers on an axis stay below, in its UNIT."""

MOST_UNEVEN = 100
"""A mean step may be so many times the median one."""

_PHOTONS = re.compile(
    r"^h\W?(v|ν|nu)\b|photon|excitation|^mono|monochromator|beamline\W?energy|^bl_?e(nergy)?\b", re.IGNORECASE
)
_KINDS = (
    (
        "eV",
        re.compile(
            r"(?<!non)(?<!non[-_ ])energ|^ev\b|^(e|omega|ω)$|e\s*[-−]\s*(e_?f|mu|μ|µ)|binding|kinetic|^[bk]\.?e\.?$|"
            r"(^|_)e_?[bk](in)?$",
            re.IGNORECASE,
        ),
    ),
    ("kx", re.compile(r"^k(x|y|p|par|_par|_parallel|_?\|\||∥|\W|$)|momentum|wave\W?vector", re.IGNORECASE)),
    (
        "alpha",
        re.compile(
            r"deg|angle|alpha|(^|_)tht|(^|_)ang$|phi|theta|y-scale|slit|°|^non\W?energy|polar|tilt|beta|psi|defl|azi|ordinate",
            re.IGNORECASE,
        ),
    ),
)
SECOND = re.compile(r"beta|psi|chi|polar|tilt|defl|azi|theta_?y|^theta$|^sa|perp|^ky|scan|manipulator", re.IGNORECASE)
"""Angles and momenta across the slit, or of the manipulator."""


@dataclass(frozen=True, eq=False)
class Axis:
    """One dimension of an array as a file describes it.

    name, unit: as the file has them; a unit may stand in the name instead (`Energy [eV]`). points: (point,) rising or
    falling, or (slice, point) where they move along a scan. usual: the unit that the format means where it names none.
    """

    name: str
    points: np.ndarray
    unit: str = ""
    usual: str = ""

    @property
    def label(self) -> str:
        """What the file calls it, without the unit."""
        return without_unit(self.name)[0]

    @property
    def own_unit(self) -> str:
        """The unit that the file names; empty where it names none."""
        return self.unit.strip() or without_unit(self.name)[1]

    @property
    def kind(self) -> str:
        """`eV`, `kx`, `alpha`, `hv` or `other`; empty where neither the name nor the unit says it."""
        return axis_kind(f"{self.label} [{self.own_unit}]" if self.own_unit else self.label)

    def converted(self, kind: str) -> np.ndarray:
        """The points in the unit of that kind.

        Raises:
            InputError: they are in a unit that cannot be converted.
        """
        points = np.asarray(self.points, dtype=np.float64)
        return points * factor(self.own_unit, kind, self.label, self.usual if kind == "alpha" else "")


def axis_kind(label: str) -> str:
    """`eV`, `kx`, `alpha`, `hv` or `other` for a file's name of an axis with its unit; empty where it says none."""
    name, unit = without_unit(label)
    known = unit_kind(unit)
    if _PHOTONS.search(name) and known in ("", "eV"):
        return "hv"
    by_name = next((kind for kind, pattern in _KINDS if pattern.search(name)), "")
    return (by_name if known == "other" and by_name in ("kx", "alpha") else known) or by_name


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


def check_span(kind: str, points: np.ndarray, what: str) -> None:
    """Refuse an axis that no measured image has, by its span and steps, before widths are counted in its points.

    Args:
        kind: of SPANS.
        points: (point,) rising, in the UNIT of that kind.
        what: the beginning of the message.

    Raises:
        InputError: a span outside SPANS, points beyond FARTHEST, or most steps far finer than the mean one.
    """
    least, most = SPANS[kind]
    low, high = float(points[0]), float(points[-1])
    if not (least <= high - low <= most and max(abs(low), abs(high)) <= FARTHEST):
        raise InputError(
            f"{what} goes from {low:g} to {high:g} {UNIT[kind]}; spans of {least:g} to {most:g} {UNIT[kind]} within "
            f"±{FARTHEST:g} are read: correct the axis or its unit"
        )
    steps = np.diff(points)
    if steps.mean() > MOST_UNEVEN * np.median(steps):
        raise InputError(
            f"{what} has steps of {np.median(steps):.3g} and of {steps.max():.3g} {UNIT[kind]}: give one whose steps "
            "are alike"
        )


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


def band_images(values: np.ndarray, axes: list[Axis], attrs: dict) -> list[Image]:
    """Images (eV, alpha or kx) from an array; dimensions beyond the two give an image a slice, those of one point none.

    Args:
        values: intensities.
        axes: one a dimension; exactly one must be an electron energy.
        attrs: of the file: those of `header_facts`, `source_format`, and `notes` for who reads the result.

    Raises:
        InputError: no energy axis or several, too few or too many points, axes that do not fit, do not rise or fall, or
            are in units that cannot be converted, values that are mostly not numbers or all the same.
    """
    values = np.asarray(values)
    if list(values.shape) != [axis.points.shape[-1] for axis in axes]:
        sizes = [axis.points.shape[-1] for axis in axes]
        raise InputError(f"The file's values are {values.shape}, but its axes have {sizes} points")
    attrs = _with_settings([axis for axis in axes if axis.points.shape[-1] == 1], attrs)
    axes = [axis for axis in axes if axis.points.shape[-1] > 1]
    values = values.reshape([n for n in values.shape if n > 1])
    energy, other = _sides(axes, attrs)
    for axis in (axes[energy], axes[other]):
        _refuse_counted(axis)
    if not axes[other].kind:
        name = axes[other].label or "without a name"
        attrs |= {
            "notes": [*attrs.get("notes", ()), f"the axis {name!r} says no unit and is read as angles in degrees"]
        }
    slow = [i for i in range(len(axes)) if i not in (energy, other)]
    count = int(np.prod([values.shape[i] for i in slow]))
    if count > MOST_IMAGES:
        raise InputError(
            f"The file's axis {axes[slow[0]].label!r} has {count:,} points, a slice each; at most {MOST_IMAGES} "
            "slices are read: cut the file down"
        )
    if values.dtype.kind not in "fiu":
        raise InputError(f"The file's values are of type {values.dtype}; real numbers are read")
    ordered = np.transpose(values, [*slow, energy, other]).reshape(count, values.shape[energy], values.shape[other])
    return list(_slices(ordered, axes[energy], axes[other], [axes[i] for i in slow], attrs))


def _slices(ordered: np.ndarray, energy: Axis, other: Axis, slow: list[Axis], attrs: dict) -> Iterator[Image]:
    """Images of (slice, energy, other) values."""
    kind = other.kind if other.kind in ("kx", "alpha") else "alpha"
    across, levels = other.converted(kind), energy.converted("eV")
    shape = [axis.points.shape[-1] for axis in slow]
    header = str(attrs.get("energy_scale", ""))
    attrs = {name: value for name, value in attrs.items() if name != "energy_scale"}
    shared = None
    if levels.ndim == 1:
        with np.errstate(invalid="ignore"):
            shared = energy_scale(energy.name, header, levels, _mean(ordered, (0, 2)))
    for number, place in enumerate(np.ndindex(*shape)):
        points = levels if levels.ndim == 1 else levels[min(number, len(levels) - 1)]
        scale = shared or energy_scale(energy.name, header, points, _mean(ordered[number], 1))
        where = _slice_attrs(slow, place, number, len(ordered), attrs)
        yield _image(ordered[number], (energy, points, scale), (other, kind, across), where)


def _mean(values: np.ndarray, axis) -> np.ndarray:
    finite = np.isfinite(values)
    return np.where(finite, values, 0).sum(axis=axis) / np.maximum(finite.sum(axis=axis), 1)


def _slice_attrs(slow: list[Axis], place: tuple[int, ...], number: int, count: int, attrs: dict) -> dict:
    """The file's attributes with what belongs to a slice: its place, its photon energy, its second angle."""
    own = dict(attrs)
    if isinstance(own.get("hv"), np.ndarray):
        run = own.pop("hv")
        if count > 1 and len(run) == count:
            own["hv"] = float(run[number])
    if not slow:
        return own
    at = [float(axis.points[i]) if axis.points.ndim == 1 else i for axis, i in zip(slow, place, strict=True)]
    words = [f"{axis.name.strip() or 'slice'} = {x:g}" for axis, x in zip(slow, at, strict=True)]
    own |= {"slice": f"{', '.join(words)} ({number + 1} of {count})", "slice_number": number + 1, "slice_count": count}
    return _with_settings([replace(axis, points=np.array([x])) for axis, x in zip(slow, at, strict=True)], own)


_OF_ELECTRONS = re.compile("pass|cent|kin|bind|retard", re.IGNORECASE)
"""In names of energies of one value that are not the photons'."""


def _with_settings(axes: list[Axis], attrs: dict) -> dict:
    """The attributes with the photon energy, the second angle or momentum that axes of one point stand for."""
    found = dict(attrs)
    for axis in axes:
        value = float(np.ravel(axis.points)[0])
        light = axis.kind == "hv" or (axis.kind == "eV" and "hv" not in found and not _OF_ELECTRONS.search(axis.name))
        if light and np.isfinite(value) and value > 0:
            found["hv"] = value * UNITS["eV"].get(plain_unit(axis.own_unit), 1.0)
        elif target_of(axis.label) == "temperature" and plain_unit(axis.own_unit) in ("", "k", "kelvin") and value > 0:
            found["temperature"] = value
        elif axis.kind == "alpha" and np.isfinite(value):
            unit = plain_unit(axis.own_unit or axis.usual)
            found["second_angle"] = value * UNITS["alpha"].get(unit, 1.0)
        elif axis.kind == "kx" and np.isfinite(value):
            found["second_momentum"] = value * UNITS["kx"].get(plain_unit(axis.own_unit), 1.0)
    return found


def _sides(axes: list[Axis], attrs: dict) -> tuple[int, int]:
    """Places of the electrons' energy and of the slit's angle or wave vector."""
    kinds = [axis.kind for axis in axes]
    energies = [i for i, kind in enumerate(kinds) if kind == "eV"]
    if len(energies) > 1:
        energies = [i for i in energies if not _is_photon_run(axes[i], attrs)] or energies
        energies = _electrons(energies, axes)
    if len(energies) > 1:
        raise InputError(
            f"The file's axes are {', '.join(repr(axis.name.strip()) for axis in axes)}, of which {len(energies)} are "
            "energies: name the photons' hv, or the electrons' kinetic or binding energy"
        )
    if len(energies) != 1 or not 2 <= len(axes) <= 4:
        raise InputError(
            f"The file's axes are {', '.join(repr(axis.name.strip()) for axis in axes)}; one must be an energy, "
            "and one an angle or a wave vector"
        )
    rest = [i for i in range(len(axes)) if i != energies[0]]
    for wanted in (
        _finest([i for i in rest if axes[i].label.lower() in ("theta", "phi")], axes),
        [i for i in rest if kinds[i] in ("kx", "alpha") and not SECOND.search(axes[i].label)],
        [i for i in rest if kinds[i] in ("kx", "alpha")],
        [i for i in rest if not kinds[i]],  # SES leaves the name of the angle open
        [i for i in rest if kinds[i] != "hv"],
        rest,
    ):
        if wanted:  # of several the fast one is the slit's, where it has the points of an image
            long = [i for i in wanted if axes[i].points.shape[-1] >= LEAST_POINTS]
            return energies[0], max(long or wanted)
    raise AssertionError("an image has two axes")


def _finest(angles: list[int], axes: list[Axis]) -> list[int]:
    """Of two angles that some call the slit's and others the manipulator's, the one with far finer steps."""
    if len(angles) != 2:
        return []
    first, second = (float(np.abs(np.diff(axes[i].converted("alpha"))).mean()) for i in angles)
    if max(first, second) < 2 * min(first, second):
        return []
    return [angles[0] if first < second else angles[1]]


def _refuse_counted(axis: Axis) -> None:
    """Refuse an axis without a unit that counts the points of a detector.

    Raises:
        InputError: it is 0, 1, 2 … or 1, 2, 3 …
    """
    points = np.ravel(axis.points)
    if not axis.own_unit and points[0] in (0, 1) and np.array_equal(points, np.arange(len(points)) + points[0]):
        raise InputError(
            f"The file's axis {axis.label!r} counts its points, {points[0]:g}, {points[1]:g} … {points[-1]:g}, and has "
            "no unit: calibrate the detector before the file is saved (eV; degree, rad or 1/Å)"
        )


def _electrons(energies: list[int], axes: list[Axis]) -> list[int]:
    """Of several energies the one of electrons, where the others are all above zero and reach as high as it does.

    It says that it is kinetic, or passes zero, or its steps are far finer than those of photons.
    """
    points = {i: axes[i].converted("eV") for i in energies}
    steps = {i: float(np.abs(np.diff(x)).mean()) for i, x in points.items()}
    said = [i for i in energies if scale_word(axes[i].name) == "kinetic"]
    said = said if len(said) == 1 else [i for i, x in points.items() if x.min() <= 0 <= x.max()]
    said = (
        said
        if len(said) == 1
        else [i for i in energies if all(steps[i] * FINER < steps[j] for j in energies if j != i)]
    )
    if len(said) != 1:
        return energies
    top = points[said[0]].max()
    fits = all(x.min() > 0 and x.max() >= top for i, x in points.items() if i not in said)
    return said if fits else energies


def _is_photon_run(axis: Axis, attrs: dict) -> bool:
    """Whether an axis in eV holds the photon energies that the header lists."""
    run, points = attrs.get("hv"), np.ravel(axis.points)
    if not isinstance(run, np.ndarray) or len(run) != len(points):
        return False
    return bool(np.allclose(run, points, rtol=1e-3, atol=0.1))


def _image(values: np.ndarray, energy: tuple[Axis, np.ndarray, EnergyScale], across, attrs: dict) -> Image:
    _check_values(values)
    axis, points, scale = energy
    other, kind, places = across
    if places.ndim > 1:
        raise InputError(f"The file's axis {other.label!r} has {places.ndim} dimensions; give one angle a column")
    about = {"energy_kind": scale.kind}
    attrs = attrs | {"energy_scale_kind": scale.kind, "energy_scale_origin": scale.origin}
    coords = {}
    sides = (("eV", axis, scale.sign * points, about), (kind, other, places, {}))
    for position, (name, described, numbers, extra) in enumerate(sides):
        steps = np.sign(np.diff(numbers))
        if not np.isfinite(numbers).all() or not (np.all(steps == 1) or np.all(steps == -1)):
            raise InputError(f"The file's axis {described.label!r} does not rise or fall steadily")
        if numbers[0] > numbers[-1]:
            numbers, values = numbers[::-1], np.flip(values, position)
        check_span(name, numbers, f"The file's axis {described.label!r}")
        coords[name] = (name, numbers, {"units": UNIT[name], "label": described.name.strip(), **extra})
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
