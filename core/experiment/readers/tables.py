"""Plain tables: NumPy files and text with the axes in the first row and the first column."""

import io
import re
import zipfile

import numpy as np
from numpy.lib import format as npy

from core.errors import InputError
from core.experiment.readers.axes import MOST_VALUES, Axis, axis_kind, band_images, check_declared
from core.experiment.readers.image import Image

_TABLE = "energies (eV) in the first column, angles (degree) or wave vectors (1/Å) in the first row"


MOST_WAVE_VECTOR = 4.0
"""1/Å, of axes without a name."""

CLEARLY = 0.3
"""By so much energies are more one-sided than angles."""


def read_csv(content: bytes) -> list[Image]:
    """A table of numbers separated by commas, semicolons, tabs or blanks; decimal commas where those do not separate.

    The corner may say what the axes are, such as `eV/kx`; see `_table` for one that does not. A header line of `#` is
    passed over.

    Raises:
        InputError: words among the numbers, or rows of different lengths.
    """
    text = content.decode("utf-8-sig", "replace")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    separator = next((s for s in (";", "\t", ",") if lines and s in lines[0]), None)
    if separator in (";", "\t"):
        lines = [line.replace(",", ".") for line in lines]  # decimal commas
    if not lines:
        raise InputError(f"This table has no rows; give {_TABLE}")
    if separator:  # a program may end every row with one
        ends = all(line.rstrip().endswith(separator) for line in lines)
        lines = [line.rstrip()[: -len(separator)] for line in lines] if ends else lines
    first = [word.strip().strip('"') for word in lines[0].split(separator)]
    check_declared((len(lines), len(first)), 8, "This table")
    corner, first[0] = first[0].strip().strip('"').strip(), "0"
    table = np.empty((len(lines), len(first)))
    try:
        for row, line in enumerate(lines):  # one at a time: a number as text takes ten times its place
            words = line.split(separator) if row else first
            if len(words) != len(first):
                raise InputError(f"The rows of this table differ in length; give {_TABLE}")
            table[row] = np.array(words, dtype=np.float64)
    except InputError:
        raise
    except ValueError:
        raise InputError(f"This table has words among its numbers; give {_TABLE}") from None
    return _table(table[1:, 1:], table[1:, 0], table[0, 1:], corner, "text table")


def read_numpy(content: bytes) -> list[Image]:
    """A `.npz` with `intensity`, `eV` and `kx` or `alpha`, or a `.npy` table laid out as for `read_csv`.

    Raises:
        InputError: pickled objects, missing arrays, or sizes that are not whole.
    """
    if content[:6] == b"\x93NUMPY":
        table = _array(io.BytesIO(content), len(content))
        if table.ndim != 2 or min(table.shape) < 2:
            raise InputError(f"This NumPy array has shape {table.shape}; give a table with {_TABLE}")
        return _table(table[1:, 1:], table[1:, 0], table[0, 1:], "", "NumPy array")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name[:-4]: name for name in archive.namelist() if name.endswith(".npy")}
        other = next((name for name in ("kx", "alpha") if name in members), None)
        if other is None or not {"intensity", "eV"} <= set(members):
            raise InputError(
                f"This .npz holds {', '.join(sorted(members))[:80] or 'no arrays'}; "
                "give arrays intensity, eV and kx or alpha"
            )
        arrays = {}
        for name in ("intensity", "eV", other):
            with archive.open(members[name]) as member:
                arrays[name] = _array(member, 8 * MOST_VALUES)
    values = arrays["intensity"]
    if values.ndim not in (2, 3) or arrays["eV"].ndim != 1 or arrays[other].ndim != 1:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise InputError(f"This .npz holds arrays of shape {shapes}; give a two-dimensional intensity and axes of one")
    sides = (len(arrays["eV"]), len(arrays[other]))
    if values.shape == sides[::-1] and sides[0] != sides[1]:
        values = values.T
    axes = [Axis(name, arrays[name]) for name in ("eV", other)]
    return band_images(values, axes, {"source_format": "NumPy archive"})


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


def _table(values, down, across, corner: str, source: str) -> list[Image]:
    """By the corner's words; without them the axis that is more one-sided about zero is the energy.

    The other one is a wave vector where all of it lies within ±4 1/Å, else an angle.
    """
    words = _words(corner)
    attrs: dict = {"source_format": source}
    if len(words) != 2:
        profile = np.nan_to_num(values)
        sideways = _lopsided(across, profile.mean(axis=0)) > _lopsided(down, profile.mean(axis=1)) + CLEARLY
        other = down if sideways else across
        name = "kx" if np.abs(other).max(initial=0) <= MOST_WAVE_VECTOR else "alpha"
        if axis_kind(corner) in ("kx", "alpha"):
            name = corner
        words = [name, "eV"] if sideways else ["eV", name]
        attrs["notes"] = [
            f"the table does not name its axes: its {'first row' if sideways else 'first column'} is read as energies "
            f"in eV, the other as "
            f"{'wave vectors in 1/Å' if name == 'kx' else 'angles in degrees' if name == 'alpha' else repr(name)}"
        ]
    return band_images(values, [Axis(words[0], down), Axis(words[1], across)], attrs)


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


def _lopsided(axis: np.ndarray, profile: np.ndarray) -> float:
    """How one-sided an axis and what is measured along it are about zero, 0 to 2: electrons end at the Fermi level."""
    if not np.isfinite(axis).all() or not np.ptp(axis) > 0:
        return 0.0
    reach = float(abs(axis.min() + axis.max()) / np.ptp(axis))
    if not (axis > 0).any() or not (axis < 0).any():
        return 1.0 + min(reach, 1.0)
    above, below = (float(profile[side].mean() - profile.min()) for side in (axis > 0, axis < 0))
    return min(reach, 1.0) + abs(above - below) / max(above + below, 1e-12)
