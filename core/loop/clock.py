"""A clock that can be stopped: a search that somebody pauses does not use up its time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Called, it gives seconds since it was made, but for those in which it was stopped."""

    def __init__(self) -> None:
        self._zero = time.monotonic()

    def __call__(self) -> float:
        """Seconds."""
        return time.monotonic() - self._zero

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let it stand still within the block."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._zero += time.monotonic() - began
