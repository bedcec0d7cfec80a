"""Arrays by name, of formats that know no axes: read as data sets of HDF5 that stand beside one another are."""

import io

import h5py
import numpy as np

from core.errors import InputError
from core.experiment.readers.hdf5 import read_hdf5
from core.experiment.readers.image import Image

MOST_DEEP = 4
TEXT_LIMIT = 4096

Arrays = dict[str, "np.ndarray | str | Arrays"]


def images_beside(arrays: Arrays, source: str, called: str) -> list[Image]:
    """The images among arrays of numbers that have their axes beside them; groups are dictionaries.

    Args:
        arrays: by name; texts count as entries of a header.
        source: attribute `source_format`.
        called: what messages call the file.

    Raises:
        InputError: no array has an energy and an angle or wave vector beside it, or those cannot be read.
    """
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        _fill(file, arrays)
    try:
        found = read_hdf5(stream.getvalue())
    except InputError as error:
        if "holds no values over" not in str(error):
            raise InputError(str(error).replace("This HDF5 file", called).replace("HDF5 file", "file")) from None
        raise InputError(
            f"{called} holds {', '.join(sorted(arrays))[:80] or 'no arrays'}; give arrays intensity, eV and kx or alpha"
        ) from None
    for image in found:
        image.attrs["source_format"] = source
    return found


def _fill(group: h5py.Group, arrays: Arrays, deep: int = 0) -> None:
    for number, (name, value) in enumerate(arrays.items()):
        plain = "".join(c for c in name if c.isprintable() and c not in "/.")[:64] or f"part {number}"
        if plain in group:
            continue
        if isinstance(value, dict):
            if deep < MOST_DEEP:
                _fill(group.create_group(plain), value, deep + 1)
        elif isinstance(value, str):
            group.create_dataset(plain, data=value[:TEXT_LIMIT].replace("\0", ""), dtype=h5py.string_dtype())
        elif value.dtype.kind in "fiu":
            group.create_dataset(plain, data=value)
