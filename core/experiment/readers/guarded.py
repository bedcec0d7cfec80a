"""Files of strangers to xarray, each read in a process of its own."""

from typing import TYPE_CHECKING

from core.errors import InputError
from core.experiment.readers.detect import ACCEPTED, check_size
from core.experiment.readers.image import Image
from core.sandbox import read_apart, unpack

if TYPE_CHECKING:  # the process that reads a file imports this package, and starts faster without
    import xarray as xr


def read_images(content: bytes, name: str = "") -> "list[xr.DataArray]":
    """The band images in a file.

    Args:
        content: the file's bytes; no path is ever opened.
        name: what the file is called, for messages only.

    Returns:
        Images over (eV, alpha) or (eV, kx), energies and the rest rising, `energy_kind` in the attributes of `eV`:
        kinetic, or binding for E − E_F with occupied states negative. Or one picture over (y, x, channel).

    Raises:
        InputError: too large, of no accepted kind, damaged, beyond the limits on memory and time, or without a usable
            image; nothing else is raised.
    """
    return unpacked_images(packed_images(content, name))


def packed_images(content: bytes, name: str = "") -> bytes:
    """The same as bytes that can be kept and are safe to read again, for `unpacked_images`."""
    check_size(content, name)
    return read_apart("core.experiment.readers.detect:image_parts", content, name, ACCEPTED)


def unpacked_images(packed: bytes) -> "list[xr.DataArray]":
    """The images that `packed_images` gave; their values cannot be written to.

    Raises:
        InputError: other bytes.
    """
    document, arrays = unpack(packed)
    try:
        return [Image.from_parts(part, arrays).data_array() for part in document["images"]]
    except (KeyError, IndexError, TypeError, ValueError):
        raise InputError("What was kept of this file is damaged; give the file again") from None
