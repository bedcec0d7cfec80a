"""Arrays of HDF5 files, read only after their declared sizes are checked and never from outside the file."""

import h5py
import numpy as np

from core.errors import InputError
from core.experiment.readers.axes import check_declared

MOST_LINKS = 8
"""Soft links that lead to one another."""


def read_array(data: h5py.Dataset) -> np.ndarray:
    """The values of a data set.

    Raises:
        InputError: they are elsewhere, no real numbers, or too many.
    """
    if data.external or data.is_virtual:
        raise InputError(
            f"{data.name!r} of this HDF5 file takes its values from other files or arrays; give a file that holds them"
        )
    if data.dtype.kind not in "fiu":
        raise InputError(f"{data.name!r} of this HDF5 file holds {data.dtype}; an image and its axes are real numbers")
    check_declared(data.shape, data.dtype.itemsize, "This HDF5 file")
    if data.chunks:
        check_declared(data.chunks, data.dtype.itemsize, "A chunk of this HDF5 file")
    return _unpacked(data, data[()])


def _unpacked(data: h5py.Dataset, values: np.ndarray) -> np.ndarray:
    """What packed values stand for, by the attributes that NetCDF gives them: holes, then a factor, then an offset."""
    for name in ("_FillValue", "missing_value"):
        if np.isfinite(hole := _number(data, name, np.nan)) and (at := values == values.dtype.type(hole)).any():
            values = np.where(at, np.nan, values)
    factor, offset = _number(data, "scale_factor", 1.0), _number(data, "add_offset", 0.0)
    return values if (factor, offset) == (1.0, 0.0) else values * factor + offset


def _number(data: h5py.Dataset, name: str, usual: float) -> float:
    try:
        return float(np.ravel(data.attrs[name])[0])
    except (KeyError, TypeError, ValueError, IndexError, OSError):
        return usual


def inside(group: h5py.Group, path: str, depth: int = MOST_LINKS):
    """The object at a path, reached by hard and soft links of this file alone; None where there is none.

    A soft link is followed name by name, so that none leads through a link to another file.
    """
    at = group.file["/"] if path.startswith("/") else group
    for name in path.strip("/").split("/"):
        if name in ("", "."):
            continue
        link = at.get(name, getlink=True) if isinstance(at, h5py.Group) else None
        if isinstance(link, h5py.SoftLink) and depth > 0:
            at = inside(at, link.path, depth - 1)
        elif isinstance(link, h5py.HardLink):
            at = at[name]
        else:
            return None
        if at is None:
            return None
    return at


def read_axis(data: h5py.Dataset) -> np.ndarray:
    """The same in double precision, without dimensions of one point."""
    values = np.asarray(read_array(data), dtype=np.float64)
    return values.reshape([n for n in values.shape if n != 1] or [1])
