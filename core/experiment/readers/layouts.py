"""How HDF5 files tell the axes of their arrays: by attributes of the array, by data sets that it names, or by siblings.

Each layout takes an array and the data sets beside it, and gives the axes or nothing. None looks at a file's name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import h5py
import numpy as np

from core.errors import InputError
from core.experiment.readers.axes import SECOND, axis_kind
from core.experiment.readers.energies import scale_word
from core.experiment.readers.header import as_text
from core.experiment.readers.stored import inside, read_axis
from core.experiment.readers.units import plain_unit

MOST_MEMBERS = 4096
MOST_REFERENCES = 16

_COMPANION = re.compile(
    r"(^|_)(err(ors?)?|sigma|std|stddev|uncertaint(y|ies)|variance|mask|weights?|background|bg)($|_)",
    re.IGNORECASE,
)
"""Names of arrays that tell something of another one beside them."""

_SETTING = re.compile(
    r"(^|[_ ])(err(ors?)?|sigma|std|resolution|pass[_ ]?energy|epass|cent(er|re)|step|offset|width)($|[_ ])",
    re.IGNORECASE,
)
"""Names of lists that are as long as a side and no axis: settings of the analyser along a scan, errors."""


@dataclass(frozen=True)
class Part:
    """One axis: what the file calls it, its unit, what reads its points, and how many there are (None: unknown)."""

    name: str
    read: Callable[[], np.ndarray]
    unit: str = ""
    usual: str = ""
    count: int | None = None


@dataclass(frozen=True)
class Told:
    """The axes of an array, the layout that tells them, and what a reader of the result should know.

    radians: angles of the header are. fast_first: the first dimension is the fast one, as in Igor.
    """

    source: str
    axes: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    radians: bool = False
    fast_first: bool = False


def text_of(value) -> str:
    """Text of an attribute or a cell."""
    return as_text(value)


class Members(dict[str, h5py.Dataset]):
    """The data sets of a group by name, and the attributes of the group."""

    attrs: h5py.AttributeManager


def members(group: h5py.Group) -> "Members":
    """The data sets of a group by name; a reference to one in the same file, as MATLAB stores cells, stands for it."""
    found = Members()
    found.attrs = group.attrs
    for name in list(group)[:MOST_MEMBERS]:
        item = inside(group, name)
        if not isinstance(item, h5py.Dataset) or item.shape is None:
            continue
        if not h5py.check_ref_dtype(item.dtype) or item.size > MOST_REFERENCES or item.external or item.is_virtual:
            found[name] = item
        else:
            targets = [item.file[reference] for reference in np.ravel(item[()]) if reference]
            for number, target in enumerate(targets):
                if isinstance(target, h5py.Dataset) and target.file.filename == item.file.filename:
                    found[name if len(targets) == 1 else f"{name}{{{number}}}"] = target
    return found


def described_axes(data: h5py.Dataset, _) -> Told | None:
    """`AxisN.Scale` with the first value and the step, `AxisN.Description` and `AxisN.Units`, as SIS writes them."""
    parts = []
    for i in range(data.ndim):
        scale, label = data.attrs.get(f"Axis{i}.Scale"), data.attrs.get(f"Axis{i}.Description")
        if scale is None or label is None or np.ndim(scale) != 1 or len(scale) < 2:
            return None
        points = partial(_first_and_step, scale, data.shape[i], f"Axis{i}.Scale")
        parts.append(Part(text_of(label), points, text_of(data.attrs.get(f"Axis{i}.Units", ""))))
    return Told("SIS (SLS) HDF5", tuple(parts))


def dimension_scales(data: h5py.Dataset, _) -> Told | None:
    """Dimension scales, which NetCDF calls coordinate variables: xarray, erlab, peaks and PyARPES write them.

    Angles without a unit are degrees, those named as PyARPES names the slit's angle (`phi`, `psi`) are radians.
    """
    parts, notes, radians = [], [], False
    for i, dimension in enumerate(data.dims):
        if not len(dimension) or dimension[0].shape != (data.shape[i],):
            return None
        scale = dimension[0]
        name, unit = scale.name.rpartition("/")[2], _unit(scale)
        usual = "rad" if not unit and _pyarpes(name, data) else ""
        radians |= bool(usual) or (_pyarpes(name, data) and plain_unit(unit) in ("rad", "radian"))
        if usual:
            notes.append(f"the angle {name!r} has no unit and is read as radians, as PyARPES counts it")
        parts.append(Part(_counted(name, scale), partial(read_axis, scale), unit, usual, data.shape[i]))
    return Told("NetCDF", tuple(parts), tuple(notes), radians)


def _counted(name: str, scale: h5py.Dataset) -> str:
    """The name of an axis, or the longer one where that alone says what its energies count."""
    long = next((text_of(scale.attrs[key]) for key in ("long_name", "standard_name") if key in scale.attrs), "")
    return long if axis_kind(name) == axis_kind(long) == "eV" and scale_word(long) and not scale_word(name) else name


def _pyarpes(name: str, data: h5py.Dataset) -> bool:
    """Whether an angle is one of PyARPES: the slit's angle is `phi` there, `alpha` at erlab, `theta_par` at peaks."""
    return name in ("phi", "psi") or (name in ("theta", "beta", "chi", "alpha") and "phi_offset" in data.attrs)


def wave_scaling(data: h5py.Dataset, _) -> Told | None:
    """Igor's wave scaling as attributes: a row (step, start) a dimension after one of the values, and their units."""
    scaling = data.attrs.get("IGORWaveScaling")
    if scaling is None or np.ndim(scaling) != 2 or scaling.shape[1] != 2 or len(scaling) <= data.ndim:
        return None
    units = [text_of(unit) for unit in np.ravel(data.attrs.get("IGORWaveUnits", []))]
    labels = [text_of(label) for label in np.ravel(data.attrs.get("IGORWaveDimensionLabels", []))]
    parts = []
    for i in range(data.ndim):
        unit = units[i + 1] if len(units) > i + 1 else ""
        name = labels[i] if len(labels) == data.ndim and labels[i] else unit or f"dimension {i}"
        step, start = scaling[i + 1]
        parts.append(Part(name, partial(_first_and_step, np.array([start, step]), data.shape[i], "wave scaling"), unit))
    return Told("Igor wave in HDF5", tuple(parts), fast_first=True)


def axis_scaling(data: h5py.Dataset, _) -> Told | None:
    """`AxisScaling` (a row of step and start) or `scaleDelta` and `scaleOffset`, with names in reverse order.

    A slow dimension beyond those that are described counts its slices.
    """
    scaling, names = data.attrs.get("AxisScaling"), data.attrs.get("AxisNames")
    units = data.attrs.get("AxisUnits", ())
    if scaling is None and "scaleDelta" in data.attrs and "scaleOffset" in data.attrs:
        steps, starts = (np.ravel(data.attrs[name]) for name in ("scaleDelta", "scaleOffset"))
        if len(steps) == len(starts):
            scaling = np.column_stack([steps, starts])
        units = data.attrs.get("unitNames", ())
        names = data.attrs.get("dimensionNames", units)
    if scaling is None or names is None or np.ndim(scaling) != 2 or scaling.shape[1] != 2:
        return None
    if scaling.dtype.kind not in "fiu":
        raise InputError(f"AxisScaling of this HDF5 file holds {scaling.dtype}; steps and first values are numbers")
    names, units = ([text_of(part) for part in np.ravel(list_)] for list_ in (names, units))
    count = len(scaling)
    if len(names) != count or count not in (data.ndim, data.ndim - 1):
        return None
    parts = []
    for place in range(data.ndim):
        row = count - 1 - place
        if row < 0:
            parts.append(Part("slice", partial(np.arange, data.shape[place], dtype=float)))
            continue
        step, start = scaling[row]
        points = partial(_first_and_step, np.array([start, step]), data.shape[place], "AxisScaling")
        parts.append(Part(names[row], points, units[row] if len(units) == count else ""))
    return Told("HDF5 with axis scaling", tuple(parts))


def numbered_attributes(data: h5py.Dataset, _) -> Told | None:
    """`DimN Name Units` and `DimN Values` (first value and step), a pair a dimension, as Elettra writes them."""
    parts = []
    for i in range(data.ndim):
        words, scale = data.attrs.get(f"Dim{i} Name Units"), data.attrs.get(f"Dim{i} Values")
        if words is None or scale is None or np.size(words) < 1 or np.size(scale) < 2:
            return None
        name, *unit = [text_of(word) for word in np.ravel(words)]
        points = partial(_first_and_step, np.ravel(scale), data.shape[i], f"Dim{i} Values")
        parts.append(Part(name, points, unit[0] if unit else ""))
    return Told("HDF5 with numbered attributes", tuple(parts))


def listed_axes(data: h5py.Dataset, _) -> Told | None:
    """Lists of names, first values and steps of fast and slow axes in a group beside the array, as SGM4 writes them.

    Slow axes share the array's first dimension, the first of them the fastest; where there are several, slices are
    counted.
    """
    details = inside(data.parent, "ScanDetails")
    listed = members(details) if isinstance(details, h5py.Group) else {}
    fast, slow = _listed_axes(listed, "FastAxis"), _listed_axes(listed, "SlowAxis")
    if not fast or len(fast) not in (data.ndim, data.ndim - 1):
        return None
    first = []
    if len(fast) < data.ndim:
        name, start, step = slow[0] if len(slow) == 1 else ("slice", 0.0, 1.0)
        first = [(name, start, step)]
    scales = zip([*first, *fast], data.shape, strict=True)
    parts = (Part(name, partial(_first_and_step, np.array(scale), size, name)) for (name, *scale), size in scales)
    return Told("HDF5 with listed axes", tuple(parts))


def _listed_axes(listed: dict[str, h5py.Dataset], kind: str) -> list[tuple[str, float, float]]:
    """(name, first value, step) of each axis of a kind."""
    fields = [listed.get(f"{kind}_{part}") for part in ("names", "start", "step")]
    names, *numbers = fields
    if names is None or None in numbers or names.size > MOST_REFERENCES or not h5py.check_string_dtype(names.dtype):
        return []
    starts, steps = (read_axis(field) for field in numbers if field is not None)
    words = [text_of(word) for word in np.ravel(names[()])] if not (names.external or names.is_virtual) else []
    return list(zip(words, starts.tolist(), steps.tolist(), strict=False))


def axis_groups(data: h5py.Dataset, _) -> Told | None:
    """Groups `Axes0`, `Axes1` … beside the array with offset, delta, label and units, as SSRL writes them."""
    parts = []
    for i in range(data.ndim):
        name = next((name for name in (f"Axes{i}", f"axes{i}", f"Axis{i}", f"axis{i}") if name in data.parent), None)
        if name is None or not isinstance(data.parent.get(name, getlink=True), h5py.HardLink):
            return None
        attrs = {key.lower(): value for key, value in data.parent[name].attrs.items()}
        if "offset" not in attrs or "delta" not in attrs:
            return None
        points = partial(_offset_and_delta, data, attrs["offset"], attrs["delta"], data.shape[i], name)
        unit = text_of(attrs.get("units", attrs.get("unit", "")))
        parts.append(Part(text_of(attrs.get("label", "")), points, unit))
    return Told("HDF5 with axis groups", tuple(parts))


def _offset_and_delta(data: h5py.Dataset, offset, delta, count: int, name: str) -> np.ndarray:
    """Points from a first value and a step, either of which may be the name of a list of them, one a slice.

    A list as long as the axis holds its points.
    """
    start, step = (_listed(data, value, name) for value in (offset, delta))
    if start.size == count > 1:
        return start
    points = start[:, None] + step.ravel()[:1] * np.arange(count)
    return points[0] if len(points) == 1 else points


def _listed(data: h5py.Dataset, value, name: str) -> np.ndarray:
    """A number, or those of `MapInfo` that a text such as `MapInfo:Data:Axes0:Offset` names."""
    text = text_of(value)
    try:
        return np.array([float(text)])
    except ValueError:
        room, _, field_name = text.partition(":")
        group = data.file.get(room, getlink=True) if room else None
        if isinstance(group, h5py.HardLink) and isinstance(data.file[room], h5py.Group):
            field = members(data.file[room]).get(field_name)
            if field is not None:
                return read_axis(field)
        raise InputError(f"{name} of this HDF5 file starts at {text[:40]!r}, which is no number") from None


def nexus_axes(data: h5py.Dataset, beside: dict[str, h5py.Dataset]) -> Told | None:
    """The fields that `axes` names, of the group or of the signal itself; `.` is a dimension without one."""
    about = beside.attrs if isinstance(beside, Members) else data.parent.attrs
    signal = about.get("signal")
    linked = beside.get(text_of(signal)) if signal is not None else None
    if linked is not None and linked != data:
        return None  # `is_beside_signal` keeps it from being read otherwise
    names = data.attrs.get("axes", about.get("axes"))
    if names is None:
        return None
    names = [text_of(part) for part in np.atleast_1d(names)]
    if len(names) == 1 and data.ndim > 1:
        names = names[0].strip("[] ").replace(",", ":").split(":")
    names = [name.strip() for name in names]
    long = [n for n in data.shape if n > 1]
    if len(names) == len(long) < data.ndim:
        named = iter(names)
        names = [next(named) if n > 1 else "." for n in data.shape]
    if len(names) != data.ndim:
        return None
    names = _in_order(names, about)
    return _fields("NeXus", data, [beside.get(name) for name in names], names)


def _in_order(names: list[str], about) -> list[str]:
    """The names by the dimensions that `NAME_indices` give them, where these say another order than the list."""
    places = [np.ravel(about.get(f"{name}_indices", ())) for name in names]
    if not all(len(place) == 1 and np.issubdtype(place.dtype, np.integer) for place in places):
        return names
    order = [int(place[0]) for place in places]
    return [names[order.index(i)] for i in range(len(names))] if sorted(order) == list(range(len(names))) else names


def is_beside_signal(name: str, data: h5py.Dataset, beside: dict[str, h5py.Dataset]) -> bool:
    """Whether an array only goes with another of its shape: NeXus names the signal, others say errors or weights."""
    equals = {other: field for other, field in beside.items() if field != data and field.shape == data.shape}
    about = beside.attrs if isinstance(beside, Members) else data.parent.attrs
    signal = text_of(about.get("signal", ""))
    if signal == name:
        return False
    if signal in equals:
        more = [text_of(part) for part in np.ravel(about.get("auxiliary_signals", ()))]
        return name not in more
    return bool(_COMPANION.search(name)) and any(not _COMPANION.search(other) for other in equals)


def legacy_axes(data: h5py.Dataset, beside: dict[str, h5py.Dataset]) -> Told | None:
    """Fields that say which dimension they belong to by an attribute `axis`, counted from 1, beside a `signal`."""
    if not any("axis" in field.attrs for field in beside.values()):
        return None
    if "signal" not in data.attrs and any("signal" in field.attrs for field in beside.values()):
        return None
    chosen: list[h5py.Dataset | None] = [None] * data.ndim
    names = ["."] * data.ndim
    for name, field in beside.items():
        words = text_of(field.attrs.get("axis", "")).replace(":", ",").split(",")
        if field == data or not words[-1].strip().isdigit():
            continue
        place = int(words[-1]) - 1
        better = 0 <= place < data.ndim and (chosen[place] is None or _primary(field))
        if better and data.shape[place] in field.shape:
            chosen[place], names[place] = field, name
    return _fields("NeXus", data, chosen, names)


def _primary(field: h5py.Dataset) -> bool:
    return text_of(field.attrs.get("primary", "")) == "1"


def _fields(source: str, data: h5py.Dataset, fields: list, names: list[str]) -> Told | None:
    """Axes from fields; a missing one is right for a dimension of one point, or for slices of a scan."""
    parts = []
    for size, field, name in zip(data.shape, fields, names, strict=True):
        if isinstance(field, h5py.Dataset) and _fits(field, size, data):
            parts.append(Part(name, partial(read_axis, field), _unit(field)))
        elif size == 1 or name == ".":
            parts.append(Part("slice", partial(np.arange, size, dtype=float)))
        else:
            return None
    return Told(source, tuple(parts)) if any(part.name != "slice" for part in parts) else None


def _fits(field: h5py.Dataset, size: int, data: h5py.Dataset) -> bool:
    """Whether a field holds the points of a dimension, once or once a slice."""
    long = tuple(n for n in field.shape if n > 1)
    if size == 1:
        return not long
    return long == (size,) or (len(long) == 2 and long[1] == size and long[0] in data.shape)


def siblings(data: h5py.Dataset, beside: dict[str, h5py.Dataset]) -> Told | None:
    """Data sets beside the array that are as long as one of its sides and named like an axis, one for each side.

    Where two sides are equally long, nothing tells which is which.

    Raises:
        InputError: an energy and an angle or wave vector fit the same two sides.
    """
    lines = {}
    for name, field in beside.items():
        long = [n for n in field.shape if n > 1]
        if _SETTING.search(name) or text_of(field.attrs.get("MATLAB_class", "")) == "char":
            continue
        if field != data and field.dtype.kind in "fiu" and len(long) == 1 and axis_kind(_titled(name, field)):
            lines[name] = (field, long[0])
    if "eV" not in [axis_kind(_titled(name, field)) for name, (field, _) in lines.items()]:
        return None
    parts: list[Part] = []
    for size in data.shape:
        fitting = [name for name, (_, n) in lines.items() if n == size]
        if size == 1:
            parts.append(Part("slice", partial(np.zeros, 1)))
        elif not fitting:
            parts.append(Part("slice", partial(np.arange, size, dtype=float)))
        elif data.shape.count(size) == 1 and len({axis_kind(_titled(name, lines[name][0])) for name in fitting}) == 1:
            name = min(fitting, key=lambda name: bool(SECOND.search(name)))
            field = lines[name][0]
            parts.append(Part(_titled(name, field), partial(read_axis, field), _unit(field)))
        elif data.shape.count(size) == 1:
            raise InputError(
                f"{data.name!r} of this HDF5 file has a side of {size} points, and {' and '.join(fitting)} are both as "
                "long: leave the one that it is over, or name it as NeXus and NetCDF do"
            )
        else:
            raise InputError(
                f"{data.name!r} of this HDF5 file has sides of {' x '.join(map(str, data.shape))} points, and "
                f"{', '.join(fitting)} fit more than one: say which is which, as NeXus and NetCDF do"
            )
    told = [part for part in parts if part.name != "slice"]
    return Told("HDF5", tuple(parts)) if len(told) >= 2 else None


def _titled(name: str, field: h5py.Dataset) -> str:
    """What a field is called, by its long name where its own says nothing."""
    long = text_of(field.attrs.get("long_name", field.attrs.get("label", "")))
    return name if axis_kind(name) or not long else long


def _unit(field: h5py.Dataset) -> str:
    return next((text_of(field.attrs[key]) for key in ("units", "unit", "Units", "Unit") if key in field.attrs), "")


def _first_and_step(scale: np.ndarray, count: int, name: str) -> np.ndarray:
    """The points of an axis from its first value and step, or as they are listed."""
    if scale.dtype.kind not in "fiu":
        raise InputError(f"{name} of this HDF5 file holds {scale.dtype}; the first value and the step are real numbers")
    return scale[0] + scale[1] * np.arange(count) if len(scale) == 2 else np.asarray(scale, float)


LAYOUTS = (
    described_axes, dimension_scales, wave_scaling, axis_scaling, numbered_attributes, listed_axes, axis_groups,
    nexus_axes, legacy_axes, siblings,
)  # fmt: skip
"""In the order in which they are asked."""
