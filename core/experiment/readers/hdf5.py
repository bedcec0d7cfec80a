"""HDF5: beamlines' own files, NeXus, and NetCDF as xarray, erlab and peaks write it.

Sizes are checked as declared, before anything is read, and nothing outside the file is followed.
"""

import io

import h5py
import numpy as np
import xarray as xr

from core.errors import InputError
from core.experiment.readers.axes import axis_kind, band_images, check_declared

MOST_OBJECTS = 20_000
_PHOTON_NAMES = ("hv", "photon_energy", "excitation energy", "mono", "energy_photon")
_WORK_NAMES = ("work_function", "sample_workfunction", "workfunction")


def read_hdf5(content: bytes) -> list[xr.DataArray]:
    """The band images in an HDF5 file.

    Raises:
        InputError: damaged, too large as declared, or without values over an energy and an angle or wave vector.
    """
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            arrays = _arrays(file)
            found = [images for name in arrays if (images := _images(file, name))]
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"This HDF5 file cannot be read ({str(error)[:80]}): it is damaged or not whole") from None
    if not found:
        raise InputError(
            "This HDF5 file holds no values over an energy and an angle or wave vector with named axes; SIS files, "
            "NeXus (NXdata) and NetCDF as xarray writes it are read"
        )
    return [image for images in found for image in images]


def _arrays(file: h5py.File) -> list[str]:
    """Names of arrays with two or three dimensions; links are not followed by the walk."""
    names, seen = [], 0

    def look(name: str, item) -> bool | None:
        nonlocal seen
        seen += 1
        if seen > MOST_OBJECTS:
            return True
        if isinstance(item, h5py.Dataset) and item.ndim in (2, 3) and item.dtype.kind in "fiu" and min(item.shape) > 0:
            names.append(name)
        return None

    if file.visititems(look):
        raise InputError(f"This HDF5 file holds more than {MOST_OBJECTS} objects; give the scan alone")
    return names


def _read(data: h5py.Dataset) -> np.ndarray:
    if data.external or data.is_virtual:
        raise InputError("This HDF5 file keeps its values in other files; give one file that holds them")
    check_declared(data.shape, data.dtype.itemsize, "This HDF5 file")
    if data.chunks:
        check_declared(data.chunks, data.dtype.itemsize, "A chunk of this HDF5 file")
    return data[()]


def _images(file: h5py.File, name: str) -> list[xr.DataArray]:
    """The images of one array, none where its axes are not known or have no energy among them."""
    data = file[name]
    for source, axes_of in (("SIS (SLS) HDF5", _sis_axes), ("NetCDF", _scale_axes), ("NeXus", _nexus_axes)):
        named = axes_of(data)
        if named and [axis_kind(label) for label, _ in named].count("eV") == 1:
            labels, axes = [label for label, _ in named], [axis for _, axis in named]
            return band_images(_read(data), labels, axes, {"source_format": source, **_photon(file, data)})
    return []


def _sis_axes(data: h5py.Dataset) -> list[tuple[str, np.ndarray]] | None:
    """`AxisN.Scale` holds the first value and the step."""
    named = []
    for i in range(data.ndim):
        scale, label = data.attrs.get(f"Axis{i}.Scale"), data.attrs.get(f"Axis{i}.Description")
        if scale is None or label is None or len(scale) < 2:
            return None
        axis = scale[0] + scale[1] * np.arange(data.shape[i]) if len(scale) == 2 else np.asarray(scale, float)
        named.append((f"{_text(label).strip()} [{_text(data.attrs.get(f'Axis{i}.Units', ''))}]", axis))
    return named


def _scale_axes(data: h5py.Dataset) -> list[tuple[str, np.ndarray]] | None:
    """Dimension scales, which NetCDF calls coordinate variables."""
    named = []
    for i, dimension in enumerate(data.dims):
        if not len(dimension) or dimension[0].shape != (data.shape[i],):
            return None
        label = dimension[0].name.rpartition("/")[2]
        named.append((f"{label} [{_text(dimension[0].attrs.get('units', ''))}]", _axis(dimension[0])))
    return named


def _nexus_axes(data: h5py.Dataset) -> list[tuple[str, np.ndarray]] | None:
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
        named.append((f"{name} [{_text(axis.attrs.get('units', ''))}]", _axis(axis)))
    return named


def _leaves(group: h5py.Group, name: str) -> bool:
    return isinstance(group.get(name, getlink=True), h5py.ExternalLink)


def _axis(data: h5py.Dataset) -> np.ndarray:
    return np.asarray(_read(data), dtype=np.float64)


def _photon(file: h5py.File, data: h5py.Dataset) -> dict:
    """Photon energy and work function (eV) from attributes, or from small arrays named like them."""
    found = {}
    for target, names in (("hv", _PHOTON_NAMES), ("work_function", _WORK_NAMES)):
        for place in (data.attrs, data.parent.attrs, file.attrs):
            for key in place:
                if key.lower() in names and target not in found:
                    found |= _positive(target, place[key])

    def look(name: str, item) -> None:
        if isinstance(item, h5py.Dataset) and item.size == 1 and item.dtype.kind in "fiu":
            last = name.rpartition("/")[2].lower()
            for target, names in (("hv", _PHOTON_NAMES), ("work_function", _WORK_NAMES)):
                if last in names and target not in found and not item.external:
                    found.update(_positive(target, item[()]))

    file.visititems(look)
    return found


def _positive(target: str, value) -> dict:
    try:
        number = float(np.asarray(value).ravel()[0])
    except (ValueError, TypeError, IndexError):
        return {}
    return {target: number} if np.isfinite(number) and number > 0 else {}


def _text(value) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
