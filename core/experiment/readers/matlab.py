"""MATLAB files of version 5, which `save` writes without `-v7.3`: numbers, texts and structures; objects never."""

import io

import numpy as np
from scipy.io import loadmat, whosmat
from scipy.io.matlab import MatReadError, mat_struct

from core.errors import InputError
from core.experiment.readers.axes import check_declared
from core.experiment.readers.beside import MOST_DEEP, Arrays, images_beside
from core.experiment.readers.image import Image

MOST_CELLS = 16
MOST_FIELDS = 1024
_READ = ("double", "single", "struct", "cell", "char", "logical") + tuple(
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
)


def read_matlab5(content: bytes) -> list[Image]:
    """The images among the variables, each with its axes beside it, also inside a structure.

    Raises:
        InputError: damaged, too large as declared, or without an image whose axes are told by their names and lengths.
    """
    try:
        listed = whosmat(io.BytesIO(content))
        names = [name for name, shape, kind in listed if kind in _READ][:MOST_FIELDS]
        sizes = [int(np.prod([max(0, int(n)) for n in shape], dtype=object)) for _, shape, _ in listed]
        check_declared((sum(sizes),), 8, "This MATLAB file")
        found = loadmat(
            io.BytesIO(content), variable_names=names, squeeze_me=False, struct_as_record=False, chars_as_strings=True
        )
    except InputError:
        raise
    except (MatReadError, ValueError, TypeError, KeyError, IndexError, OSError, NotImplementedError) as error:
        raise InputError(f"This MATLAB file cannot be read ({str(error)[:60]}): it is damaged or not whole") from None
    arrays: Arrays = {}
    for name in names:
        _put(arrays, name, found.get(name))
    return images_beside(arrays, "MATLAB 5", "This MATLAB file")


def _put(arrays: Arrays, name: str, value, deep: int = 0) -> None:
    """A variable, or a field of one, among arrays; what is neither numbers nor text nor a structure is left out."""
    if isinstance(value, mat_struct):
        if deep < MOST_DEEP:
            inside: Arrays = {}
            for field in value._fieldnames[:MOST_FIELDS]:
                _put(inside, field, getattr(value, field), deep + 1)
            arrays[name] = inside
    elif not isinstance(value, np.ndarray):
        return
    elif value.dtype == object:
        for number, part in enumerate(value.ravel()[:MOST_CELLS]):
            _put(arrays, name if value.size == 1 else f"{name} {number + 1}", part, deep + 1)
    elif value.dtype.kind == "U":
        if value.size == 1:
            arrays[name] = str(value.ravel()[0])
    elif value.dtype.kind in "fiu":
        arrays[name] = value
