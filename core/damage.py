"""Files on disk that were damaged, removed or replaced: how they are told, and set aside."""

import os
import shutil
import sqlite3
from pathlib import Path

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_damaged_database(fault: BaseException | None) -> bool:
    """Whether SQLite failed because its file is damaged, and not because it is locked, full or read-only."""
    if fault is None:
        return False
    code = getattr(fault, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGE or is_damaged_database(fault.__context__)


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
