"""Where results are kept between requests, and how one computation serves everyone who asks for it."""

import contextlib
import hashlib
import json
import logging
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

import diskcache
from platformdirs import user_cache_path

from core.damage import Complaint, file_identity, is_damaged_database, set_aside
from core.errors import InputError
from core.processes import identity_of, is_gone

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

PROJECT = Path(__file__).resolve().parent.parent
"""A checkout, or the folder that the package is installed in."""

RESULT_LIMIT_BYTES = 2 * 2**30
UNKEPT = (
    "This file could not be kept: the server's disk is full, or its cache folder cannot be written to; "
    "give the file again once there is room"
)
"""Said of uploads, which nothing can compute again."""

UNKEPT_RESULT = "The result could not be kept: the server's disk is full, or its cache folder cannot be written to"
"""Said of results that one process computes for another."""

_POLL_SECONDS = 0.05
_FAULTS = (sqlite3.Error, diskcache.Timeout, OSError)
_REOPENED = "no such table"
"""Said by SQLite of an empty file that it made where a store was removed."""


def cache_directory() -> Path:
    """The cache folder, created if missing; see `cache_path`.

    Raises:
        InputError: it cannot be created.
    """
    return made_folder(cache_path())


def made_folder(folder: Path) -> Path:
    """A folder within the cache, created if missing.

    Raises:
        InputError: it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder {folder} cannot be made ({error.strerror}): make room for it, or name another cache folder in "
            "BANDLOOM_CACHE"
        ) from None
    return folder


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def cache_path() -> Path:
    """Where the cache folder is, or would be.

    The environment's BANDLOOM_CACHE; else .cache/bandloom in a checkout that can be written to; else the user's cache.
    """
    return Path(os.environ.get("BANDLOOM_CACHE") or _default_directory())


def _default_directory() -> Path:
    if (PROJECT / "pyproject.toml").is_file() and os.access(PROJECT, os.W_OK):
        return PROJECT / ".cache" / "bandloom"
    return user_cache_path("bandloom", appauthor=False)


@cache
def result_store() -> "ResultStore":
    """The store that all workers of this machine share."""
    return ResultStore(cache_path() / "results")


def content_key(*parts: str) -> str:
    """A key that is the same for the same texts in the same order, and for nothing else, whatever they hold."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class ResultStore:
    """Bytes on disk by key, least recently used out first when the size limit is reached.

    Only bytes, text and numbers are stored, so that nothing is unpickled. Each value has a checksum, and a damaged one
    is dropped. A damaged or removed store is started anew, and one that cannot be read or written is as one that keeps
    nothing: each says so in one line of the log.
    """

    def __init__(self, directory: Path, size_limit: int = RESULT_LIMIT_BYTES):
        self._directory, self._size_limit = Path(directory), size_limit
        self._file = self._directory / diskcache.core.DBNAME
        self._lock, self._unusable = threading.RLock(), Complaint()
        self._cache: diskcache.Cache | None = None
        self._opened_as: tuple[int, int] | None = None

    def get(self, key: str) -> bytes | None:
        """The stored bytes, None where there are none, or none that are sound."""
        value, checksum = self._with(lambda cache: cache.get(key, tag=True)) or (None, None)
        if value is None or (isinstance(value, bytes) and checksum in (None, _checksum(key, value))):
            return value  # without a checksum where an earlier version kept it
        self.drop(key)
        return None

    def put(self, key: str, value: bytes) -> bool:
        """Store bytes under a key; whether they are kept."""
        return bool(self._with(lambda cache: cache.set(key, value, tag=_checksum(key, value))))

    def drop(self, key: str) -> None:
        """Forget a value that is damaged."""
        if self._with(lambda cache: cache.delete(key)):
            _log.warning("A damaged result in %s was dropped: %s", self._directory, key)

    def compute_once(
        self,
        key: str,
        compute: Callable[[Callable[[float], None]], bytes],
        progress: Callable[[float], None] | None = None,
    ) -> bytes:
        """The value of a key, computed by whoever asks first; the others wait for it and see its progress.

        If the computing process dies or gives up, one of those who wait takes over. Where the store cannot be used,
        everyone computes.

        Args:
            key: from `content_key`.
            compute: gets a function that takes the fraction done, and returns the bytes.
            progress: called with the fraction done, in either role; an exception it raises ends the wait or the work.
        """
        report = progress or (lambda fraction: None)
        owner, done = f"{key}:process", f"{key}:progress"
        while (value := self.get(key)) is None:
            claimed = self._with(lambda cache: cache.add(owner, identity_of()))
            if claimed is None:
                return compute(report)
            if not claimed:
                other = self._with(lambda cache: cache.get(owner))
                if other is not None and is_gone(other):
                    self._with(lambda cache: cache.delete(owner))
                report(self._with(lambda cache: cache.get(done)) or 0.0)
                time.sleep(_POLL_SECONDS)
                continue
            try:
                value = self._computed(key, done, compute, report)
            finally:
                self._with(lambda cache: (cache.delete(owner), cache.delete(done)))
            break
        return value

    def _computed(self, key, done, compute, report) -> bytes:
        if (value := self.get(key)) is not None:
            return value

        def keep(fraction: float) -> None:
            self._with(lambda cache: cache.set(done, float(fraction)))
            report(fraction)

        value = compute(keep)
        self.put(key, value)
        return value

    def _with(self, act: Callable[[diskcache.Cache], _Answer]) -> _Answer | None:
        """What is done with the opened store, None where it cannot be used."""
        for again in (True, False):
            known = file_identity(self._file)
            try:
                return act(self._opened())
            except _FAULTS as fault:
                self._close()
                if not again or not self._mended(fault, known):
                    self._say_unusable(fault)
                    return None
        return None

    def _opened(self) -> diskcache.Cache:
        """The store, opened anew where its file is no longer the one that was opened."""
        with self._lock:
            known = file_identity(self._file)
            if self._cache is None or known is None or known != self._opened_as:
                removed = self._cache is not None and known is None
                self._cache = diskcache.Cache(
                    str(self._directory),
                    size_limit=self._size_limit,
                    eviction_policy="least-recently-used",
                    disk_min_file_size=2**14,
                    cull_limit=2,  # few at a time: a large new result must not drive itself out
                )
                self._opened_as = file_identity(self._file)
                if removed:
                    _log.warning("The results in %s were removed; they are started anew", self._directory)
            return self._cache

    def _close(self) -> None:
        """Close this thread's connection, which a fault may leave within a transaction."""
        if self._cache is not None:
            with contextlib.suppress(sqlite3.Error):
                self._cache.close()

    def _mended(self, fault: Exception, known: tuple[int, int] | None) -> bool:
        """Whether the store is worth another try: it was damaged and is set aside, or another one has its place."""
        with self._lock:
            if file_identity(self._file) != known:
                return True
            if _REOPENED in str(fault):
                self._cache = None
                return True
            if known is None or not is_damaged_database(fault):
                return False
            self._cache = None
            try:
                aside = set_aside(self._directory)
            except OSError:
                return False
        _log.warning("The results in %s are damaged (%s): set aside as %s", self._directory, fault, aside.name)
        return True

    def _say_unusable(self, fault: Exception) -> None:
        if self._unusable.due():
            why = str(fault) or str(fault.__context__ or type(fault).__name__)
            _log.warning("Nothing is kept, each result is computed: %s cannot be used (%s)", self._directory, why)


def _checksum(key: str, value: bytes) -> str:
    """Of a value under its key."""
    return hashlib.sha256(key.encode() + b"\0" + value).hexdigest()
