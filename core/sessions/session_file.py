"""The archive of a session, as the process of its own reads it that opens one: see `interpretations.session_file`."""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence

import numpy as np

from core.errors import InputError
from core.experiment.readers.axes import (
    LARGEST_VALUE,
    LEAST_FINITE,
    LEAST_POINTS,
    MOST_IMAGES,
    MOST_POINTS,
    MOST_VALUES,
    SPANS,
    check_span,
)
from core.experiment.readers.header import NUMBERS, POSITIVE
from core.experiment.readers.image import Image

SESSION, RESULT, IMAGES = "bandloom-session.json", "result.json", "images"
FORMAT = 1
ACCEPTED = "a session that Interpret saved (.zip)"
MOST_FILES = 40
_MOST_TEXT_BYTES = 16 * 2**20
_MOST_ARRAY_BYTES = 8 * MOST_VALUES
_LONGEST_TEXT = 4000
_LARGEST_NUMBER = 1e5
_NUMERIC = {*NUMBERS, "second_momentum", "slice_number", "slice_count"}
"""Attributes that calibration takes for numbers."""

_DIMS = {("eV", "kx"), ("eV", "alpha"), ("y", "x", "channel")}


def is_session(content: bytes) -> bool:
    """Whether a file begins as a saved session does: a zip archive whose first entry is SESSION."""
    return content[:4] == b"PK\x03\x04" and content[30 : 30 + len(SESSION)] == SESSION.encode()


def entry_of_image(number: int) -> str:
    """Name of the entry of an image's file, counted from 1."""
    return f"image-{number}.npz"


def image_hash(parts: list, arrays: Sequence[np.ndarray]) -> str:
    """SHA-256 of what a session holds of a file's images: their descriptions and their arrays."""
    whole = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    for array in arrays:
        whole.update(f"{array.dtype.str}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()


def session_parts(content: bytes, name: str) -> tuple[dict, list[np.ndarray]]:
    """A saved session as a JSON document and arrays; runs in a process of its own.

    Raises:
        InputError: an archive that no session was saved to; whatever else a damaged one makes a parser raise is the
            caller's.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        about = json.loads(_entry(archive, SESSION, _MOST_TEXT_BYTES))
        if not isinstance(about, dict) or about.get("format") != FORMAT:
            raise InputError(f"This session is of another form ({str(about)[:40]}): save it again with this version")
        described, arrays = [], []
        files = about[IMAGES]
        if not isinstance(files, list) or len(files) > MOST_FILES:
            raise InputError(f"A session holds at most {MOST_FILES} files of images")
        for number, part in enumerate(files, 1):
            own = _arrays(_entry(archive, entry_of_image(number), _MOST_ARRAY_BYTES))
            left = list(own)
            images = [_checked(Image.from_parts(document, left)) for document in part["parts"]]
            if left or not 1 <= len(images) <= MOST_IMAGES:
                raise InputError("This session's images and arrays do not belong together: save it again")
            arrays += [array for image in images for array in image.parts()[1]]
            written = part.get("sha256")  # earlier versions wrote none
            described.append(
                {
                    "id": str(part["id"])[:80],
                    "parts": [image.parts()[0] for image in images],
                    "arrays": len(own),
                    "altered": written is not None and written != image_hash(part["parts"], own),
                }
            )
        if sum(array.size for array in arrays) > 5 * MOST_VALUES:
            raise InputError(f"This session holds too many values; at most {5 * MOST_VALUES:,} are read")
        saved = {key: str(about.get(key, ""))[:40] for key in ("version", "models")} | {"first": _first(archive)}
    return {"interpretation": about["interpretation"], IMAGES: described, "saved": saved}, arrays


def _first(archive: zipfile.ZipFile) -> str:
    """The stack that the saved result names first."""
    try:
        return str(json.loads(_entry(archive, RESULT, _MOST_TEXT_BYTES))["candidates"][0]["stack"])[:60]
    except (InputError, ValueError, LookupError, TypeError):
        return ""


def _entry(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """An entry's bytes, of which no more than `most` are unpacked."""
    try:
        with archive.open(name) as entry:
            content = entry.read(most + 1)
    except KeyError:
        raise InputError(f"This session lacks {name}: save it again") from None
    if len(content) > most:
        raise InputError(f"{name} of this session is larger than {most // 2**20} MB")
    return content


def _arrays(content: bytes) -> list[np.ndarray]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return [arrays[name] for name in arrays.files]


def _checked(image: Image) -> Image:
    """An image such as readers give.

    Raises:
        InputError: it is none.
    """
    values, dims = image.values, image.dims
    fits = dims in _DIMS and values.ndim == len(dims) and values.dtype.kind in "fiu" and isinstance(image.attrs, dict)
    fits = fits and all(1 <= side <= MOST_POINTS for side in values.shape) and set(image.coords) == set(dims)
    if not fits:
        raise InputError("This session holds an image that no file gives: save it again")
    for place, name in enumerate(dims):
        axis = image.coords[name]
        if isinstance(axis, list):
            if len(axis) != values.shape[place] or not all(isinstance(one, str) for one in axis):
                raise InputError("This session holds an image without axes: save it again")
        elif axis[0] != name or axis[1].shape != values.shape[place : place + 1] or not _rises(axis[1]):
            raise InputError(f"The axis {name} of an image of this session does not rise steadily: save it again")
        elif name in SPANS:
            if len(axis[1]) < LEAST_POINTS:
                raise InputError(
                    f"The axis {name} of an image of this session has {len(axis[1])} points: save it again"
                )
            check_span(name, axis[1], f"The axis {name} of an image of this session")
    finite = np.isfinite(values)
    if finite.mean() < LEAST_FINITE or np.abs(values[finite]).max() > LARGEST_VALUE:
        raise InputError("This session holds an image that was never measured: save it again")
    for about in (image.attrs, *(axis[2] for axis in image.coords.values() if isinstance(axis, tuple))):
        if not isinstance(about, dict) or len(about) > 200 or not all(_fits(*entry) for entry in about.items()):
            raise InputError("What an image of this session says of itself is no header: save it again")
    return image


def _fits(name, value) -> bool:
    """Whether a name of an image's attributes goes with its value: a number, a text, or notes."""
    if name in _NUMERIC:
        sound = isinstance(value, int | float) and abs(value) <= _LARGEST_NUMBER
        return sound and (value > 0 or name not in POSITIVE)
    texts = value if name == "notes" and isinstance(value, list) else [value]
    return all(isinstance(text, str | bool) and len(str(text)) <= _LONGEST_TEXT for text in texts)


def _rises(points: np.ndarray) -> bool:
    return bool(points.dtype.kind in "fiu" and np.isfinite(points).all() and (np.diff(points) > 0).all())
