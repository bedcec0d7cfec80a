"""Pictures of a run while it works: the fit that is running, and the best one so far.

Each is one file of the run's folder, replaced whole. They are for looking at: a run goes on where none can be kept.
"""

import contextlib
import os
import secrets
import threading
import time
from pathlib import Path

from core.loop.fit import Problem, State
from core.loop.frame import Frame, frame_of, read_frame

EVERY_SECONDS = 0.15
"""Between two pictures of running fits, at least."""

STAYS_SECONDS = 0.3
"""Two candidates are fitted at once; another thread is shown where the one that is shown is silent for so long."""

OLD_SECONDS = 20.0
"""A picture of a fit that is older is no longer what runs now."""

LIVE, BEST = "live.npz", "best.npz"


class Watcher:
    """Keeps now and then a picture of the fits of a run, whichever thread they run in."""

    def __init__(self, folder: Path):
        self._file, self._lock = folder / LIVE, threading.Lock()
        self._shown = 0
        self._last = 0.0

    def __call__(self, problem: Problem, state: State) -> None:
        """Keep a picture of a fit's state, unless one was kept just now."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            waited, thread = time.monotonic() - self._last, threading.get_ident()
            if waited < (EVERY_SECONDS if thread == self._shown else STAYS_SECONDS):
                return
            keep(self._file, frame_of(problem, state))
            self._shown, self._last = thread, time.monotonic()
        finally:
            self._lock.release()


def keep(file: Path, frame: Frame | None) -> None:
    """Replace a picture whole, where there is one and it can be kept."""
    if frame is None:
        return
    partial = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        partial.write_bytes(frame.packed())
        os.replace(partial, file)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def live_number(folder: Path) -> int:
    """What tells one picture of a running fit from the next; 0 where there is none, or an old one."""
    with contextlib.suppress(OSError):
        changed = (folder / LIVE).stat().st_mtime_ns
        if time.time_ns() - changed < OLD_SECONDS * 1e9:
            return changed // 1_000_000
    return 0


def live(folder: Path) -> Frame | None:
    """The fit that is running, where there is a picture of it."""
    return read_frame(folder / LIVE) if live_number(folder) else None


def best(folder: Path) -> Frame | None:
    """The best fit so far."""
    return read_frame(folder / BEST)
