"""NumPy files: archives of an image and its axes, and tables with the axes in the first row and the first column."""

import io
import zipfile

import numpy as np
from numpy.lib import format as npy

from core.errors import InputError
from core.experiment.readers.axes import MOST_VALUES, Axis, band_images, check_declared
from core.experiment.readers.beside import images_beside
from core.experiment.readers.header import header_facts
from core.experiment.readers.image import Image
from core.experiment.readers.tables import CLEARLY, TABLE, lopsided, table_images

SOURCE = "NumPy archive"
MOST_MEMBERS = 64


def read_numpy(content: bytes) -> list[Image]:
    """A `.npz` with `intensity`, `eV` and `kx` or `alpha`, or with axes named otherwise; a `.npy` table as of text.

    Raises:
        InputError: pickled objects, missing arrays, or sizes that are not whole.
    """
    if content[:6] == b"\x93NUMPY":
        table = _array(io.BytesIO(content), len(content))
        if table.ndim != 2 or min(table.shape) < 2:
            raise InputError(f"This NumPy array has shape {table.shape}; give a table with {TABLE}")
        return table_images(table[1:, 1:], table[1:, 0], table[0, 1:], "", {"source_format": "NumPy array"})
    arrays = _members(content)
    other = next((name for name in ("kx", "alpha") if name in arrays), None)
    if other is None or not {"intensity", "eV"} <= set(arrays):
        return images_beside(arrays, SOURCE, "This .npz")
    values = arrays["intensity"]
    if values.ndim not in (2, 3) or arrays["eV"].ndim != 1 or arrays[other].ndim != 1:
        shapes = ", ".join(f"{name} {arrays[name].shape}" for name in ("intensity", "eV", other))
        raise InputError(f"This .npz holds arrays of shape {shapes}; give a two-dimensional intensity and axes of one")
    sides = (len(arrays["eV"]), len(arrays[other]))
    facts = header_facts((name, array, "") for name, array in arrays.items() if array.size == 1)
    attrs: dict = {"source_format": SOURCE, **facts}
    if values.shape == sides[::-1]:
        turned = sides[0] != sides[1] or _runs_across(values, arrays["eV"])
        if sides[0] == sides[1]:
            order = f"({other}, eV), along which the spectra end at zero" if turned else f"(eV, {other})"
            attrs["notes"] = [f"nothing says which side of this square array is which: it is read as {order}"]
        values = values.T if turned else values
    axes = [Axis(name, arrays[name]) for name in ("eV", other)]
    return band_images(values, axes, attrs)


def _runs_across(values: np.ndarray, energy: np.ndarray) -> bool:
    """Whether a square array's spectra end at zero of the energy along its second side, and not along its first."""
    if not (energy > 0).any() or not (energy < 0).any():
        return False
    profile = np.nan_to_num(values)
    across, down = (lopsided(energy, profile.mean(axis=axis)) for axis in (0, 1))
    return across > down + CLEARLY


_NEEDED = ("intensity.npy", "eV.npy", "kx.npy", "alpha.npy")


def _members(content: bytes) -> dict[str, np.ndarray]:
    """The arrays of an archive by name, within the budget of a file; texts and objects are left where they are."""
    arrays: dict[str, np.ndarray] = {}
    left = 8 * MOST_VALUES
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = sorted((n for n in archive.namelist() if n.endswith(".npy")), key=lambda n: n not in _NEEDED)
        for name in names[:MOST_MEMBERS]:
            needed = name in _NEEDED
            with archive.open(name) as member:
                try:
                    arrays[name[:-4]] = _array(member, left)
                except InputError:
                    if needed or "intensity" not in arrays:
                        raise
                    continue
            left -= arrays[name[:-4]].nbytes
    return arrays


def _array(stream, limit: int) -> np.ndarray:
    """An array whose declared type and size are checked before its values are read."""
    try:
        version = npy.read_magic(stream)
        shape, fortran, kind = (npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0)(stream)
    except MemoryError:
        raise
    except Exception as error:  # NumPy's parser of headers raises whatever it met
        reason = f" ({str(error)[:60]})" if isinstance(error, ValueError) else ""
        raise InputError(f"This NumPy file's header cannot be read{reason}: it is damaged; save it again") from None
    if kind.hasobject or kind.kind not in "fiu":
        raise InputError(f"This NumPy file holds {kind}; arrays of real numbers are read, objects never")
    check_declared(shape, kind.itemsize, "This NumPy file")
    size = int(np.prod(shape, dtype=object)) * kind.itemsize
    content = stream.read(min(size, limit))
    if len(content) != size:
        raise InputError(f"This NumPy file has {len(content)} bytes of values where {size} belong: it is not whole")
    return np.frombuffer(content, kind).reshape(shape, order="F" if fortran else "C")
