"""Who works on a run of the loop: one process at a time, named in the file `worker` of the run's folder.

It marks the file as long as it lives. A process of another host that falls silent is taken for dead; one of this host
can be looked at. What belongs to the worker alone is written under a lock, while the file still names it.
"""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from core.processes import identity_of, is_gone, is_of_this_host
from core.storage import write_whole

SILENT_SECONDS = 6.0
"""A worker on another host that has not marked its file for so long is taken for dead."""

FILE, _LOCK = "worker", "lock"
_MARK_SECONDS = 1.0


class NoLongerOursError(Exception):
    """Another process works on the run now."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep all others out of a run's worker and result within the block.

    Raises:
        OSError: the lock cannot be made.
    """
    with (folder / _LOCK).open("a") as file:  # closing it, or dying, gives the lock back
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def claimed(folder: Path, done: Path) -> bool:
    """Whether this process is now the one that works on a run: nobody else lives that does, and no file says `done`."""
    with locked(folder):
        if done.exists():
            return False
        with contextlib.suppress(FileNotFoundError):
            if not is_dead(folder):
                return False
        write_whole(folder / FILE, identity_of())
    return True


def release(folder: Path) -> None:
    """Say that nobody works on a run any longer; nothing where nobody ever did."""
    if (folder / FILE).exists():
        write_whole(folder / FILE, "")


def leave(folder: Path) -> None:
    """Say that this process no longer works on a run, where it did and the run is still there."""
    with contextlib.suppress(NoLongerOursError, OSError), owned(folder):
        release(folder)


def is_dead(folder: Path) -> bool:
    """Whether nobody works on a run that was taken up.

    Raises:
        FileNotFoundError: no process has taken it up.
    """
    process = (folder / FILE).read_text(encoding="utf-8")
    if not process:
        return True
    if is_of_this_host(process):
        return is_gone(process)
    return time.time() - (folder / FILE).stat().st_mtime > SILENT_SECONDS


@contextlib.contextmanager
def owned(folder: Path) -> Iterator[None]:
    """The lock of a run that this process works on.

    Raises:
        NoLongerOursError: another one does.
    """
    with locked(folder):
        if not _is_ours(folder):
            raise NoLongerOursError
        yield


@contextlib.contextmanager
def marked(folder: Path) -> Iterator[None]:
    """Mark this process's file as alive within the block."""
    ended = threading.Event()
    thread = threading.Thread(target=_mark, args=(folder, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _mark(folder: Path, ended: threading.Event) -> None:
    while not ended.wait(_MARK_SECONDS):
        with contextlib.suppress(FileNotFoundError):
            if _is_ours(folder):
                os.utime(folder / FILE)


def _is_ours(folder: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return (folder / FILE).read_text(encoding="utf-8") == identity_of()
    return False
