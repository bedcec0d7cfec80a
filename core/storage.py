"""Where results are kept between requests, and how one computation serves everyone who asks for it."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import diskcache
from platformdirs import user_cache_path

from core.processes import identity_of, is_gone

PROJECT = Path(__file__).resolve().parent.parent
"""A checkout, or the folder that the package is installed in."""

RESULT_LIMIT_BYTES = 2 * 2**30
_POLL_SECONDS = 0.05


def cache_directory() -> Path:
    """The cache folder, created if missing.

    The environment's BANDLOOM_CACHE; else .cache/bandloom in a checkout that can be written to; else the user's cache.
    """
    directory = Path(os.environ.get("BANDLOOM_CACHE") or _default_directory())
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _default_directory() -> Path:
    if (PROJECT / "pyproject.toml").is_file() and os.access(PROJECT, os.W_OK):
        return PROJECT / ".cache" / "bandloom"
    return user_cache_path("bandloom", appauthor=False)


@cache
def result_store() -> "ResultStore":
    """The store that all workers of this machine share."""
    return ResultStore(cache_directory() / "results")


def content_key(*parts: str) -> str:
    """A key that is the same for the same texts in the same order, and for nothing else, whatever they hold."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class ResultStore:
    """Bytes on disk by key, least recently used out first when the size limit is reached.

    Only bytes, text and numbers are stored, so that nothing is unpickled.
    """

    def __init__(self, directory: Path, size_limit: int = RESULT_LIMIT_BYTES):
        self._cache = diskcache.Cache(
            str(directory),
            size_limit=size_limit,
            eviction_policy="least-recently-used",
            disk_min_file_size=2**14,
            cull_limit=2,  # few at a time: a large new result must not drive itself out
        )

    def get(self, key: str) -> bytes | None:
        """The stored bytes, None where there are none."""
        return self._cache.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Store bytes under a key."""
        self._cache.set(key, value)

    def compute_once(
        self,
        key: str,
        compute: Callable[[Callable[[float], None]], bytes],
        progress: Callable[[float], None] | None = None,
    ) -> bytes:
        """The value of a key, computed by whoever asks first; the others wait for it and see its progress.

        If the computing process dies or gives up, one of those who wait takes over.

        Args:
            key: from `content_key`.
            compute: gets a function that takes the fraction done, and returns the bytes.
            progress: called with the fraction done, in either role; an exception it raises ends the wait or the work.
        """
        report = progress or (lambda fraction: None)
        owner, done = f"{key}:process", f"{key}:progress"
        while (value := self.get(key)) is None:
            if not self._cache.add(owner, identity_of()):
                other = self._cache.get(owner)
                if other is not None and is_gone(other):
                    self._cache.delete(owner)
                report(self._cache.get(done, 0.0))
                time.sleep(_POLL_SECONDS)
                continue
            try:
                value = self._computed(key, done, compute, report)
            finally:
                self._cache.delete(owner)
                self._cache.delete(done)
            break
        return value

    def _computed(self, key, done, compute, report) -> bytes:
        if (value := self.get(key)) is not None:
            return value

        def keep(fraction: float) -> None:
            self._cache.set(done, float(fraction))
            report(fraction)

        value = compute(keep)
        self.put(key, value)
        return value
