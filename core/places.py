"""A few places for work that many may want at once, and a short queue before them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class NoPlaceError(Exception):
    """All places are taken, and the queue is full or moves too slowly."""


class Places:
    """At most `count` at work in this process, at most `queue` more that wait, each up to `seconds`."""

    def __init__(self, count: int, queue: int, seconds: float):
        self.count, self._queue, self._seconds = count, queue, seconds
        self._free, self._changed = count, threading.Condition()
        self._waiting: list[object] = []

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place, after those who asked before.

        Raises:
            NoPlaceError: there is none.
        """
        self._take()
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _take(self) -> None:
        turn = object()
        with self._changed:
            if not (self._free and not self._waiting) and len(self._waiting) >= self._queue:
                raise NoPlaceError
            self._waiting.append(turn)
            try:
                if not self._changed.wait_for(lambda: self._free and self._waiting[0] is turn, self._seconds):
                    raise NoPlaceError
                self._free -= 1
            finally:
                self._waiting.remove(turn)
                self._changed.notify_all()
