"""Pictures of a run while it works: the fit that is running, and the best one so far.

Each is one file of the run's folder, replaced whole. They are for looking at: a run goes on where none can be kept.
"""

import contextlib
import math
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


Seen = tuple[int, Problem, State]
"""A thread, and what it fits."""


class Watcher:
    """Keeps now and then a picture of the fits of a run, whichever thread they run in.

    What comes too early for a picture is kept as soon as one is due, unless something newer has come: the last state
    before a fit falls silent is shown.
    """

    def __init__(self, folder: Path):
        self._file, self._lock = folder / LIVE, threading.Lock()
        self._shown, self._last = 0, 0.0
        self._newest: Seen | None = None
        self._due = self._alarm = math.inf
        self._busy = False

    def __call__(self, problem: Problem, state: State) -> None:
        """Keep a picture of a fit's state, now or when one is due."""
        seen = threading.get_ident(), problem, state
        with self._lock:
            due = self._due_for(seen)
            if self._newest and due > self._due:  # another thread's turn is before
                return
            self._newest, self._due = seen, due
        self._look()

    def _due_for(self, seen: Seen) -> float:
        return self._last + (EVERY_SECONDS if seen[0] == self._shown else STAYS_SECONDS)

    def _look(self, alarmed: bool = False) -> None:
        """Keep the newest picture where it is due, else see to it that somebody looks then."""
        with self._lock:
            if alarmed:
                self._alarm = math.inf
            if self._busy or self._newest is None:
                return
            wait = self._due - time.monotonic()
            if wait > 0:
                self._look_again(wait)
                return
            (thread, problem, state), self._newest, self._busy = self._newest, None, True
        try:
            keep(self._file, frame_of(problem, state))
        finally:
            with self._lock:
                self._shown, self._last, self._busy = thread, time.monotonic(), False
                if self._newest:  # that came meanwhile
                    self._due = self._due_for(self._newest)
                    self._look_again(self._due - self._last)

    def _look_again(self, wait: float) -> None:
        if self._due < self._alarm:
            self._alarm = self._due
            timer = threading.Timer(wait, self._look, (True,))
            timer.daemon = True
            timer.start()


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
