"""Which reader a file is for, told by its first bytes and never by its name."""

import io
import zipfile

import xarray as xr

from core.errors import InputError
from core.experiment.readers.hdf5 import read_hdf5
from core.experiment.readers.igor import read_ibw, read_pxt
from core.experiment.readers.pictures import read_picture
from core.experiment.readers.ses import read_ses_text, read_ses_zip
from core.experiment.readers.tables import read_csv, read_numpy

UPLOAD_LIMIT_BYTES = 64 * 2**20
ACCEPTED = "Igor (.ibw, .pxt), SES (text, zip), HDF5, NeXus, NetCDF, NumPy, CSV, or a PNG, JPEG or TIFF picture"

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_TEXT = frozenset(range(32, 127)) | {9, 10, 13} | frozenset(range(128, 256))
_PROBE_BYTES = 4096


def read_images(content: bytes, name: str = "") -> list[xr.DataArray]:
    """The band images in a file.

    Args:
        content: the file's bytes; no path is ever opened.
        name: what the file is called, for messages only.

    Returns:
        Images over (eV, alpha) or (eV, kx), energies and the rest rising, `energy_kind` in the attributes of `eV`:
        kinetic, or binding for E − E_F with occupied states negative. Or one picture over (y, x, channel).

    Raises:
        InputError: too large, of no accepted kind, damaged, or without a usable image; nothing else is raised.
    """
    label = f"{name[:80]!r}" if name else "This file"
    if len(content) > UPLOAD_LIMIT_BYTES:
        raise InputError(
            f"{label} has {len(content) / 2**20:.0f} MB; at most {UPLOAD_LIMIT_BYTES // 2**20} MB are read. "
            f"Accepted: {ACCEPTED}"
        )
    try:
        reader = _reader(content)
        if reader is not None:
            return reader(content)
    except zipfile.BadZipFile:
        raise InputError(f"{label} is a damaged zip archive. Accepted: {ACCEPTED}") from None
    except (MemoryError, RecursionError):
        raise InputError(f"{label} needs more memory than is given to a file. Accepted: {ACCEPTED}") from None
    raise InputError(f"{label} is of no accepted kind. Accepted: {ACCEPTED}")


def _reader(content: bytes):
    head = content[:_PROBE_BYTES]
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return read_hdf5
    if head.startswith(_PICTURES):
        return read_picture
    if head.startswith(b"PK\x03\x04"):
        return read_numpy if _is_npz(content) else read_ses_zip
    if head.startswith(b"\x93NUMPY"):
        return read_numpy
    if head[:2] in (b"\x05\0", b"\0\x05", b"\x02\0", b"\0\x02") and len(content) > 128:
        return read_ibw
    if len(head) > 16 and set(head) <= _TEXT:
        return read_ses_text if b"[Info]" in head[:64] or b"[Region 1]" in head else read_csv
    if len(content) > 128 and int.from_bytes(head[:2], "little") & 0x7FFF <= 32:
        return read_pxt
    return None


def _is_npz(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return any(name.endswith(".npy") for name in archive.namelist())
