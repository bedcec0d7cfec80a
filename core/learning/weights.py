"""Weights files: written with a checksum, checked when they are read, and read once whoever asks.

A file NAME.npz holds plain arrays, nothing in it is code. The model card NAME.json beside it says its SHA-256.
"""

import hashlib
import io
import json
import logging
import os
import secrets
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from core.errors import InputError

CORE = Path(__file__).resolve().parents[1]
SHIPPED_FILES = tuple(
    CORE / folder / "weights" / f"{name}.npz"
    for folder, name in (
        ("forward", "path"), ("forward", "cuts"), ("forward", "dft"), ("forward", "imperfect"), ("reverse", "g-x"),
        ("reverse", "g-k"), ("reverse", "single-atom"),
    )
)  # fmt: skip
"""Without one of them the app does not start."""

REMEDY = "install Bandloom again, or train anew: python -m core train"
Model = TypeVar("Model")

_lock = threading.RLock()
_log = logging.getLogger(__name__)


def _renew_lock() -> None:
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)  # a thread that was not forked may hold it


class WeightsError(InputError):
    """Weights that are missing or damaged, or that gave something that is no number."""


def save_weights(arrays: dict[str, np.ndarray], file: Path, card: dict, compressed: bool = False) -> dict:
    """Write weights whole or not at all, then their card with the checksum; returns the card.

    Raises:
        WeightsError: an array holds something that is not finite.
    """
    _check_finite(arrays, file)
    stream = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(stream, **arrays)
    content = stream.getvalue()
    card = card | {"sha256": hashlib.sha256(content).hexdigest()}
    file.parent.mkdir(parents=True, exist_ok=True)
    _replace(file, content)
    _replace(card_file(file), (json.dumps(card, indent=1) + "\n").encode())
    return card


def card_file(file: Path) -> Path:
    """The model card of a weights file."""
    return file.with_suffix(".json")


def weights_sha256(file: Path) -> str:
    """SHA-256 of a weights file, as its card says.

    Raises:
        WeightsError: the card is missing or damaged.
    """
    return str(said_by_card(file, "sha256"))


def said_by_card(file: Path, name: str) -> str | int | dict:
    """An entry of the model card of a weights file.

    Raises:
        WeightsError: the card is missing or damaged.
    """
    try:
        return json.loads(card_file(file).read_bytes())[name]
    except (OSError, ValueError, LookupError, TypeError):
        raise WeightsError(f"The card of the weights {_label(file)} cannot be read; {REMEDY}") from None


def read_weights(file: Path) -> dict[str, np.ndarray]:
    """The arrays of a weights file, finite and as they were written.

    Raises:
        WeightsError: the file or its card is missing, truncated or changed.
    """
    try:
        content = file.read_bytes()
        expected = json.loads(card_file(file).read_bytes())["sha256"]
    except FileNotFoundError as error:
        raise WeightsError(f"The weights {_label(file)} lack {Path(error.filename).name}; {REMEDY}") from None
    except (OSError, ValueError, LookupError, TypeError):
        raise WeightsError(f"The weights {_label(file)} or their card cannot be read; {REMEDY}") from None
    if hashlib.sha256(content).hexdigest() != expected:
        raise WeightsError(f"The weights {_label(file)} are damaged: not those of {card_file(file).name}; {REMEDY}")
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    _check_finite(arrays, file)
    return arrays


def model(file: Path, build: Callable[[dict[str, np.ndarray]], Model], shipped: Path) -> Model:
    """The model that `build` makes of a weights file, made once; that of the shipped file where it is damaged.

    Raises:
        WeightsError: the shipped file is damaged.
    """
    with _lock:
        return _model(file, _stamp(file), build, shipped)


@lru_cache(maxsize=12)
def _model(file, stamp, build, shipped):
    try:
        return build(read_weights(file))
    except WeightsError as error:
        if file == shipped:
            raise
        _log.warning("%s. The shipped weights are used", str(error).partition(";")[0])
        return _model(shipped, _stamp(shipped), build, shipped)


def weights_fault() -> str:
    """What is wrong with the shipped weights, in one line; empty where they are sound."""
    with _lock:
        return next((fault for file in SHIPPED_FILES if (fault := _fault(file, _stamp(file)))), "")


@lru_cache(maxsize=2 * len(SHIPPED_FILES))
def _fault(file, stamp) -> str:
    try:
        read_weights(file)
    except WeightsError as error:
        return str(error)
    return ""


def checked_finite(values: np.ndarray, what: str) -> np.ndarray:
    """The values themselves.

    Raises:
        WeightsError: one of them is no number.
    """
    if not np.isfinite(values).all():
        raise WeightsError(f"{what} gave values that are no numbers; nothing is shown")
    return values


def _stamp(file: Path) -> tuple:
    """What changes when a file or its card is written anew."""
    try:
        stats = [path.stat() for path in (file, card_file(file))]
    except OSError:
        return ()
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)


def _check_finite(arrays: dict[str, np.ndarray], file: Path) -> None:
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise WeightsError(f"The weights {_label(file)} hold values that are no numbers, in {name}; {REMEDY}")


def _label(file: Path) -> str:
    return "/".join(file.parts[-3:])


def _replace(file: Path, content: bytes) -> None:
    partial = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    partial.write_bytes(content)
    os.replace(partial, file)
