"""Which reader a file is for, told by its first bytes and never by its name."""

import io
import zipfile
from collections.abc import Callable
from importlib import import_module

import numpy as np

from core.errors import InputError
from core.experiment.readers.image import Image
from core.experiment.readers.slices import with_opening_slice
from core.experiment.readers.text import without_wide_characters

UPLOAD_LIMIT_BYTES = 64 * 2**20
ACCEPTED = (
    "Igor (.ibw, .pxt, .itx), SES (text, zip), SPECS (.xy, .sp2), MBS (.txt, .krx), HDF5, NeXus, NetCDF, MATLAB, "
    "FITS, NumPy, CSV, or a PNG, JPEG or TIFF picture"
)

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_TEXT = frozenset(range(32, 127)) | {9, 10, 13} | frozenset(range(128, 256))
_PROBE_BYTES = 4096
_STARTS = (
    (b"\x93NUMPY", ("numpy_files", "read_numpy")),
    (b"CDF\x01", ("netcdf3", "read_netcdf3")),
    (b"CDF\x02", ("netcdf3", "read_netcdf3")),
    (b"SIMPLE  =", ("fits", "read_fits")),
    (b"MATLAB 5", ("matlab", "read_matlab5")),
    (b"IGOR", ("specs", "read_igor_text")),
    (b"P2", ("specs", "read_grey_text")),
)
"""First bytes of a format → the module and the function that read it."""


OTHERS = (
    (b"\x80\x03", "is a Python pickle, which can run programs and is never opened: save the data as NetCDF or .npz"),
    (b"\x80\x04", "is a Python pickle, which can run programs and is never opened: save the data as NetCDF or .npz"),
    (b"\x80\x05", "is a Python pickle, which can run programs and is never opened: save the data as NetCDF or .npz"),
    (b"SQLite format 3", "is a data base, such as Prodigy's .sle: export the spectrum as .xy or .itx"),
    (b"VAMAS", "is a VAMAS text, which lists spectra and no images: export the image with its angles"),
    (b"%PDF", "is a PDF: save the figure as PNG"), (b"%!PS", "is PostScript: save the figure as PNG"),
    (b"GIF8", "is of no accepted kind (GIF): save the figure as PNG"),
    (b"BM", "is of no accepted kind (BMP): save the figure as PNG"),
    (b"\x1f\x8b", "is packed with gzip: unpack it first"), (b"7z\xbc\xaf", "is packed with 7-Zip: unpack it first"),
    (b"Rar!", "is packed with RAR: unpack it first"),
    (b"\xd0\xcf\x11\xe0", "is an old Office file: save the table as CSV"),
)  # fmt: skip
"""First bytes of files that are not read, and what to do with them."""


def check_size(content: bytes, name: str = "") -> None:
    """Refuse what is too large before it is read.

    Raises:
        InputError: more than UPLOAD_LIMIT_BYTES.
    """
    if len(content) > UPLOAD_LIMIT_BYTES:
        raise InputError(
            f"{_label(name)} has {len(content) / 2**20:.0f} MB; at most {UPLOAD_LIMIT_BYTES // 2**20} MB are read. "
            f"Accepted: {ACCEPTED}"
        )


def parse_images(content: bytes, name: str = "") -> list[Image]:
    """The band images in a file, parsed in this process: for files of one's own, else see `guarded.read_images`.

    Args:
        content: the file's bytes; no path is ever opened.
        name: what the file is called, for messages only.

    Raises:
        InputError: too large, of no accepted kind, damaged, or without a usable image; nothing else is raised.
    """
    check_size(content, name)
    try:
        content = without_wide_characters(content)
        reader = _reader(content)
        if reader is not None and (images := reader(content)):
            return with_opening_slice(images)
    except InputError:
        raise
    except zipfile.BadZipFile:
        raise InputError(f"{_label(name)} is a damaged zip archive. Accepted: {ACCEPTED}") from None
    except (MemoryError, RecursionError):
        raise InputError(f"{_label(name)} needs more memory than is given to a file. Accepted: {ACCEPTED}") from None
    except Exception as error:  # parsers raise whatever they met in a damaged file; a person needs one line
        raise InputError(
            f"{_label(name)} cannot be read ({type(error).__name__}): it is damaged or not whole. Accepted: {ACCEPTED}"
        ) from error
    state = "is of no accepted kind" if reader is None else "holds no image"
    if reader is None:
        state = next((words for start, words in OTHERS if content.startswith(start)), state)
    raise InputError(f"{_label(name)} {state}. Accepted: {ACCEPTED}")


def image_parts(content: bytes, name: str) -> tuple[dict, list[np.ndarray]]:
    """The images of `parse_images` as a JSON document and arrays."""
    parts = [image.parts() for image in parse_images(content, name)]
    return {"images": [document for document, _ in parts]}, [array for _, arrays in parts for array in arrays]


def _label(name: str) -> str:
    return f"{name[:80]!r}" if name else "This file"


def _reader(content: bytes) -> Callable[[bytes], list[Image]] | None:
    """The function that reads the file; only its module is imported."""
    place = _place(content)
    if place is None:
        return None
    module, function = place
    return getattr(import_module(f"core.experiment.readers.{module}"), function)


def _is_other(content: bytes) -> bool:
    """Whether a file is of one of OTHERS: those of two bytes only where what else they say of themselves is true."""
    if content.startswith(b"BM"):
        return int.from_bytes(content[2:6], "little") == len(content)
    if content.startswith((b"\x80\x03", b"\x80\x04", b"\x80\x05")):
        return content.endswith(b".")
    return content.startswith(tuple(start for start, _ in OTHERS))


def _place(content: bytes) -> tuple[str, str] | None:
    """Module and function that read a file of this content."""
    head = content[:_PROBE_BYTES]
    if _is_hdf5(content):
        return "hdf5", "read_hdf5"
    if head.startswith(_PICTURES):
        return "pictures", "read_picture"
    if _is_other(content):
        return None
    if head.startswith(b"PK\x03\x04"):
        return ("numpy_files", "read_numpy") if _is_npz(content) else ("ses", "read_ses_zip")
    for start, place in _STARTS:
        if head.startswith(start):
            return place
    if head[:2] in (b"\x05\0", b"\0\x05", b"\x02\0", b"\0\x02") and len(content) > 128:
        return "igor", "read_ibw"
    if len(head) > 16 and set(head) <= _TEXT:
        return _text_place(head)
    if _looks_like_krx(content):
        return "mbs", "read_krx"
    if len(content) > 128 and int.from_bytes(head[:2], "little") & 0x7FFF <= 32:
        return "igor", "read_pxt"
    return None


def _text_place(head: bytes) -> tuple[str, str]:
    """Who reads a text, by words that only its program writes."""
    if b"[Info]" in head[:64] or b"[Region 1]" in head:
        return "ses", "read_ses_text"
    if b"K.E." in head and (b"DATA:" in head or b"ScaleMin" in head):
        return "mbs", "read_mbs_text"
    if head.lstrip()[:1] == b"#" and (b"SpecsLab" in head or b"NonEnergyOrdinate" in head):
        return "specs", "read_prodigy_table"
    return "tables", "read_csv"


def _is_hdf5(content: bytes) -> bool:
    """Whether HDF5 begins at the start, or behind a user block of 512 bytes, or of twice as many again and again."""
    place = 0
    while place < len(content):
        if content[place : place + 8] == b"\x89HDF\r\n\x1a\n":
            return True
        place = 2 * place or 512
    return False


def _looks_like_krx(content: bytes) -> bool:
    from core.experiment.readers.mbs import is_krx  # here, because most files need no more than their first bytes

    return int.from_bytes(content[:4], "little") % 3 == 0 and is_krx(content)


def _is_npz(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return any(name.endswith(".npy") for name in archive.namelist())
