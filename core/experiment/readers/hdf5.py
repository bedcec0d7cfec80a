"""HDF5: beamlines' own files, NeXus, NetCDF 4, MATLAB 7.3; axes by the rules of `layouts`.

Sizes are checked as declared, before anything is read, and nothing outside the file is followed.
"""

import io
import re
from collections.abc import Iterator

import h5py
import numpy as np

from core.errors import InputError
from core.experiment.readers.axes import Axis, axis_kind, band_images, check_declared, check_sides, gathered
from core.experiment.readers.header import NUMBERS, header_facts, lines_of, target_of
from core.experiment.readers.image import Image
from core.experiment.readers.layouts import LAYOUTS, Told, is_beside_signal, members, text_of
from core.experiment.readers.stored import read_array

MOST_OBJECTS = 20_000
MOST_HEADER_ROWS = 4096
PIXELS = re.compile(r"channel|pixel|detector_?[xy]\b|^[xy]_?(px|bin)", re.IGNORECASE)
"""What files call the sides of a detector that was not calibrated."""

SIGNATURE = b"\x89HDF\r\n\x1a\n"


def read_hdf5(content: bytes) -> list[Image]:
    """The band images in an HDF5 file, behind a user block of any size.

    Raises:
        InputError: damaged, too large as declared, or without values over an energy and an angle or wave vector.
    """
    problems: list[InputError] = []
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            groups, entries = _walk(file)
            seen: set[int] = set()
            parts = (part for name in groups for part in _images(file, name, entries, problems, seen))
            found = gathered(parts, "This HDF5 file")
            lacking = "" if found or problems else _lacking(file, groups)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"This HDF5 file cannot be read ({str(error)[:80]}): it is damaged or not whole") from None
    if problems and not found:
        raise problems[0]
    if not found:
        raise InputError(f"This HDF5 file {lacking}")
    return found


def _lacking(file: h5py.File, groups: list[str]) -> str:
    """What keeps the arrays of a file from being images, as far as the names beside them say."""
    arrays = [data for name in groups for data in members(file[name] if name else file).values()]
    wide = [data for data in arrays if data.dtype.kind in "fiu" and sum(n > 1 for n in data.shape) >= 2]
    if not wide:
        return (
            "holds no array of two dimensions: spectra over energy alone, such as core levels, say nothing of bands; "
            "give values over an energy and an angle or wave vector"
        )
    for data in wide:
        beside = {name: field for name, field in members(data.parent).items() if field.size in data.shape}
        pixels = [name for name, field in beside.items() if field.ndim == 1 and PIXELS.search(name)]
        if pixels and any(axis_kind(name) == "eV" for name in beside):
            return (
                f"has a side of {beside[pixels[0]].size} points counted in {pixels[0]!r}, which is no angle: calibrate "
                "the detector before the file is saved (degree, rad or 1/Å)"
            )
    return (
        "holds no values over an energy and an angle or wave vector with named axes; SIS files, NeXus (NXdata), NetCDF "
        "as xarray writes it, and arrays with Igor's wave scaling are read"
    )


def _walk(file: h5py.File) -> tuple[list[str], list[tuple[str, object, str]]]:
    """Names of groups that hold arrays, in the file's order, and what the file says as (name, value, unit).

    Links are not followed.
    """
    groups: dict[str, None] = {}
    entries: list[tuple[str, object, str]] = []
    seen = 0

    def look(name: str, item) -> bool | None:
        nonlocal seen
        seen += 1
        if seen > MOST_OBJECTS:
            return True
        if isinstance(item, h5py.Group) and ("signal" in item.attrs or "axes" in item.attrs):
            groups[name] = None  # NeXus links its data from elsewhere in the file
        if not isinstance(item, h5py.Dataset) or item.shape is None:
            return None
        if item.ndim >= 2 and (item.dtype.kind in "fiu" or h5py.check_ref_dtype(item.dtype)):
            groups[name.rpartition("/")[0]] = None
        entries.extend(_said_by(name, item))
        return None

    entries += _attributes(file)
    if file.visititems(look):
        raise InputError(f"This HDF5 file holds more than {MOST_OBJECTS} objects; give the scan alone")
    for name in list(file)[:MOST_OBJECTS]:
        item = file.get(name, getlink=True)
        if isinstance(item, h5py.HardLink) and isinstance(file[name], h5py.Group):
            for _, group in zip(range(64), _groups(file[name]), strict=False):
                entries += _attributes(group)
    return list(groups), entries


def _groups(group: h5py.Group):
    """A group and those directly inside."""
    yield group
    for name in group:
        if isinstance(group.get(name, getlink=True), h5py.HardLink) and isinstance(group[name], h5py.Group):
            yield group[name]


def _said_by(name: str, item: h5py.Dataset) -> list[tuple[str, object, str]]:
    """What a data set says that is named like a fact of a header, or that is a table of names and values."""
    parent, _, last = name.rpartition("/")
    unit = text_of(item.attrs.get("units", item.attrs.get("Units", "")))
    if _is_table(item):
        return _rows([[text_of(cell) for cell in row] for row in item[()]])
    for known in (last, f"{parent.rpartition('/')[2]} {last}"):
        target = target_of(known)
        if not target:
            continue
        if text_of(item.attrs.get("MATLAB_class", "")) == "char":
            letters = np.ravel(read_array(item))[:MOST_HEADER_ROWS].astype(int)
            return [(known, "".join(map(chr, letters.clip(0, 0xFFFF))), unit)]
        if target in NUMBERS and item.dtype.kind in "fiu" and 0 < item.size <= MOST_HEADER_ROWS and item.ndim < 3:
            return [(known, read_array(item), unit)]
        if item.size == 1 and h5py.check_string_dtype(item.dtype) and not (item.external or item.is_virtual):
            return [(known, text_of(np.ravel(item[()])[0]), unit)]
    return []


def _is_table(item: h5py.Dataset) -> bool:
    """Whether a data set is a table of texts, of moderate size and inside the file."""
    if not 0 < item.size <= 4 * MOST_HEADER_ROWS or item.external or item.is_virtual:
        return False
    if item.dtype.names:
        kinds = [item.dtype[name] for name in item.dtype.names]
        texts = all(kind.kind in "SfiuO" and not h5py.check_ref_dtype(kind) for kind in kinds)
        return item.ndim == 1 and 2 <= len(kinds) <= 4 and texts and item.dtype.itemsize <= 4096
    if not h5py.check_string_dtype(item.dtype) or item.ndim != 2:
        return False
    return item.shape[1] in (2, 3, 4) and item.dtype.itemsize <= 4096


def _rows(rows: list[list[str]]) -> list[tuple[str, object, str]]:
    """Names and values of a table as MAESTRO writes it: long name, name, value, comment."""
    found: list[tuple[str, object, str]] = []
    for row in rows:
        if len(row) >= 3:
            value = row[2].strip().strip("'")
            found += [(row[1].strip(), value, ""), (row[-1].strip() if len(row) > 3 else row[0], value, "")]
        elif len(row) == 2:
            found.append((row[0], row[1], ""))
    return found


def _attributes(item) -> list[tuple[str, object, str]]:
    """(name, value, unit) of attributes, with the lines of an Igor note among them."""
    entries: list[tuple[str, object, str]] = []
    for key in item.attrs:
        if key.startswith("IGORWaveNote"):
            entries += lines_of(text_of(item.attrs[key]))
            continue
        for name in (key, f"{item.name.rpartition('/')[2]} {key}"):
            if target_of(name) and np.size(item.attrs[key]) <= MOST_HEADER_ROWS:
                entries.append((name, item.attrs[key], ""))
    return entries


def _images(
    file: h5py.File, name: str, entries: list, problems: list[InputError], seen: set[int]
) -> Iterator[list[Image]]:
    """The images of each array in a group, none where their axes are not known or have no energy among them."""
    group = file[name] if name else file
    inside = members(group)
    for array, data in inside.items():
        if data.dtype.kind not in "fiu" or sum(n > 1 for n in data.shape) < 2 or is_beside_signal(array, data, inside):
            continue
        try:
            told = _told(data, inside)
        except InputError as error:
            problems.append(error)
            continue
        place = h5py.h5o.get_info(data.id).addr
        if told is None or place in seen:
            continue
        seen.add(place)
        check_declared(data.shape, data.dtype.itemsize, "This HDF5 file")
        check_sides(data.shape, "This HDF5 file")
        said = [*_attributes(data), *_attributes(group), *entries]
        attrs = {"source_format": told.source, **header_facts(said, "rad" if told.radians else "")}
        if told.notes:
            attrs["notes"] = list(told.notes)
        try:
            axes = [Axis(part.name, part.read(), part.unit, part.usual) for part in told.axes]
            values = read_array(data)
            yield band_images(values.T, axes[::-1], attrs) if told.fast_first else band_images(values, axes, attrs)
        except InputError as error:
            problems.append(error)


def _told(data: h5py.Dataset, inside: dict[str, h5py.Dataset]) -> Told | None:
    """The first layout that tells an energy among the axes of an array."""
    for layout in LAYOUTS:
        told = layout(data, inside)
        if told is None:
            continue
        kinds = [Axis(part.name, np.zeros(2), part.unit).kind for part in told.axes]
        if "eV" in kinds and all(part.count in (None, n) for part, n in zip(told.axes, data.shape, strict=True)):
            return told
    return None
