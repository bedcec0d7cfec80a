"""HDF5: beamlines' own files, NeXus, and NetCDF as xarray, erlab and peaks write it.

Sizes are checked as declared, before anything is read, and nothing outside the file is followed.
"""

import io
from collections.abc import Callable, Sequence
from functools import partial

import h5py
import numpy as np

from core.errors import InputError
from core.experiment.readers.axes import axis_kind, band_images, check_declared, check_sides, gathered
from core.experiment.readers.image import Image

MOST_OBJECTS = 20_000
_PHOTON_NAMES = ("hv", "photon_energy", "excitation energy", "mono", "energy_photon")
_WORK_NAMES = ("work_function", "sample_workfunction", "workfunction")
_TARGETS = {"hv": _PHOTON_NAMES, "work_function": _WORK_NAMES}

Axes = Sequence[tuple[str, Callable[[], np.ndarray]]]
"""Label of each axis, and what reads its points."""


def read_hdf5(content: bytes) -> list[Image]:
    """The band images in an HDF5 file.

    Raises:
        InputError: damaged, too large as declared, or without values over an energy and an angle or wave vector.
    """
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            arrays, scalars = _walk(file)
            photon = _positive_scalars(scalars)
            found = gathered((_images(file, name, photon) for name in arrays), "This HDF5 file")
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"This HDF5 file cannot be read ({str(error)[:80]}): it is damaged or not whole") from None
    if not found:
        raise InputError(
            "This HDF5 file holds no values over an energy and an angle or wave vector with named axes; SIS files, "
            "NeXus (NXdata) and NetCDF as xarray writes it are read"
        )
    return found


def _walk(file: h5py.File) -> tuple[list[str], list[h5py.Dataset]]:
    """Names of arrays with two or three dimensions, and single numbers named like a photon energy or work function.

    Links are not followed.
    """
    names, scalars, seen = [], [], 0

    def look(name: str, item) -> bool | None:
        nonlocal seen
        seen += 1
        if seen > MOST_OBJECTS:
            return True
        if not isinstance(item, h5py.Dataset) or item.dtype.kind not in "fiu":
            return None
        if item.ndim in (2, 3) and min(item.shape) > 0:
            names.append(name)
        if item.size == 1 and _last(name) in _PHOTON_NAMES + _WORK_NAMES:
            scalars.append(item)
        return None

    if file.visititems(look):
        raise InputError(f"This HDF5 file holds more than {MOST_OBJECTS} objects; give the scan alone")
    return names, scalars


def _last(name: str) -> str:
    return name.rpartition("/")[2].lower()


def _positive_scalars(scalars: list[h5py.Dataset]) -> dict:
    """The first positive photon energy and work function (eV) among single numbers."""
    found = {}
    for item in scalars:
        for target, names in _TARGETS.items():
            if target not in found and _last(item.name) in names:
                found |= _positive(target, _read(item))
    return found


def _read(data: h5py.Dataset) -> np.ndarray:
    if data.external or data.is_virtual:
        raise InputError(
            f"{data.name!r} of this HDF5 file takes its values from other files or arrays; give a file that holds them"
        )
    if data.dtype.kind not in "fiu":
        raise InputError(f"{data.name!r} of this HDF5 file holds {data.dtype}; an image and its axes are real numbers")
    check_declared(data.shape, data.dtype.itemsize, "This HDF5 file")
    if data.chunks:
        check_declared(data.chunks, data.dtype.itemsize, "A chunk of this HDF5 file")
    return data[()]


def _images(file: h5py.File, name: str, photon: dict) -> list[Image]:
    """The images of one array, none where its axes are not known or have no energy among them."""
    data = file[name]
    for source, axes_of in (("SIS (SLS) HDF5", _sis_axes), ("NetCDF", _scale_axes), ("NeXus", _nexus_axes)):
        named = axes_of(data)
        if named and [axis_kind(label) for label, _ in named].count("eV") == 1:
            check_declared(data.shape, data.dtype.itemsize, "This HDF5 file")
            check_sides(data.shape, "This HDF5 file")
            labels, axes = [label for label, _ in named], [points() for _, points in named]
            return band_images(_read(data), labels, axes, {"source_format": source, **photon, **_photon(file, data)})
    return []


def _sis_axes(data: h5py.Dataset) -> Axes | None:
    """`AxisN.Scale` holds the first value and the step."""
    named = []
    for i in range(data.ndim):
        scale, label = data.attrs.get(f"Axis{i}.Scale"), data.attrs.get(f"Axis{i}.Description")
        if scale is None or label is None or np.ndim(scale) != 1 or len(scale) < 2:
            return None
        points = partial(_scaled, scale, data.shape[i], f"Axis{i}.Scale")
        named.append((f"{_text(label).strip()} [{_text(data.attrs.get(f'Axis{i}.Units', ''))}]", points))
    return named


def _scaled(scale: np.ndarray, count: int, name: str) -> np.ndarray:
    """The points of an axis from its first value and step, or as they are listed."""
    if scale.dtype.kind not in "fiu":
        raise InputError(f"{name} of this HDF5 file holds {scale.dtype}; the first value and the step are real numbers")
    return scale[0] + scale[1] * np.arange(count) if len(scale) == 2 else np.asarray(scale, float)


def _scale_axes(data: h5py.Dataset) -> Axes | None:
    """Dimension scales, which NetCDF calls coordinate variables."""
    named = []
    for i, dimension in enumerate(data.dims):
        if not len(dimension) or dimension[0].shape != (data.shape[i],):
            return None
        label = dimension[0].name.rpartition("/")[2]
        named.append((f"{label} [{_text(dimension[0].attrs.get('units', ''))}]", partial(_axis, dimension[0])))
    return named


def _nexus_axes(data: h5py.Dataset) -> Axes | None:
    """The arrays that the group's `axes` attribute names, or those of fitting length that are named like an axis."""
    group, names = data.parent, data.parent.attrs.get("axes")
    if names is None:
        return None
    names = [_text(part) for part in np.atleast_1d(names)]
    if len(names) == 1 and data.ndim > 1:
        names = names[0].replace(",", ":").split(":")
    if len(names) != data.ndim:
        return None
    named = []
    for i, name in enumerate(names):
        axis = group.get(name, getlink=False) if name in group and not _leaves(group, name) else None
        if not isinstance(axis, h5py.Dataset) or axis.shape != (data.shape[i],):
            return None
        named.append((f"{name} [{_text(axis.attrs.get('units', ''))}]", partial(_axis, axis)))
    return named


def _leaves(group: h5py.Group, name: str) -> bool:
    if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
        return True
    return group[name].file.filename != group.file.filename


def _axis(data: h5py.Dataset) -> np.ndarray:
    return np.asarray(_read(data), dtype=np.float64)


def _photon(file: h5py.File, data: h5py.Dataset) -> dict:
    """Photon energy and work function (eV) from attributes."""
    found = {}
    for target, names in _TARGETS.items():
        for place in (data.attrs, data.parent.attrs, file.attrs):
            for key in place:
                if key.lower() in names and target not in found:
                    found |= _positive(target, place[key])
    return found


def _positive(target: str, value) -> dict:
    try:
        number = float(np.asarray(value).ravel()[0])
    except (ValueError, TypeError, IndexError):
        return {}
    return {target: number} if np.isfinite(number) and number > 0 else {}


def _text(value) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
