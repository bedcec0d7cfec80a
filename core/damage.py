"""Files on disk that were damaged, removed or replaced: how they are told, and set aside."""

import contextlib
import os
import shutil
import sqlite3
import threading
import time
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np

SAID_SECONDS = 3600.0

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class DamagedError(ValueError):
    """A file that is not what its name says, or not all of it."""


class Complaint:
    """Something to be said once, and again only when there was no reason to say it for SAID_SECONDS."""

    def __init__(self):
        self._lock, self._last = threading.Lock(), -SAID_SECONDS

    def due(self) -> bool:
        """Whether it is to be said now."""
        with self._lock:
            now = time.monotonic()
            before, self._last = self._last, now
        return now - before >= SAID_SECONDS


def is_damaged_database(fault: BaseException | None) -> bool:
    """Whether SQLite failed because its file is damaged, and not because it is locked, full or read-only."""
    if fault is None:
        return False
    code = getattr(fault, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGE or is_damaged_database(fault.__context__)


def read_arrays(file: Path | BinaryIO) -> dict[str, np.ndarray]:
    """All arrays of an .npz file, which holds a checksum of each.

    Raises:
        OSError: it cannot be opened.
        DamagedError: it is damaged.
    """
    with file.open("rb") if isinstance(file, Path) else contextlib.nullcontext(file) as content:
        try:
            with np.load(content, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except Exception as error:  # a damaged header or archive fails in any way
            raise DamagedError(f"{type(error).__name__}: {error}") from None


def holds_arrays(file: Path, names: tuple[str, ...]) -> bool:
    """Whether an .npz file has arrays of these names, without a look at their numbers; one cut short has none."""
    try:
        with zipfile.ZipFile(file) as archive:
            return {f"{name}.npy" for name in names} <= set(archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def file_identity(file: Path) -> tuple[int, int] | None:
    """What tells a file from another one that later has its name; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def set_aside(path: Path) -> Path:
    """Rename a damaged file or folder to NAME.damaged, in place of an earlier one; returns the new path.

    Raises:
        OSError: it cannot be renamed, or another process has done so.
    """
    aside = path.with_name(f"{path.name}.damaged")
    if aside.is_dir():
        shutil.rmtree(aside)
    os.replace(path, aside)
    return aside
