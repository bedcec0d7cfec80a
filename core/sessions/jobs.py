"""Jobs too long for a request: a queue on disk that all servers and workers of a cache folder share.

At most one job a user runs, and as many in all as the workers take; the others wait in the order they came. What a job
finds goes to the result store or to the folder of its run, so a job that is lost is only asked again.
"""

import contextlib
import functools
import json
import logging
import os
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.damage import Complaint, file_identity, is_damaged_database, set_aside
from core.errors import InputError
from core.processes import identity_of, is_gone, is_of_this_host

_log = logging.getLogger(__name__)

WAITING, RUNNING, DONE, FAILED, CANCELLED, KILLED = "waiting", "running", "done", "failed", "cancelled", "killed"
STARTED = "started"
"""Handed to a worker that has not begun: a process that still imports, or a message to workers elsewhere."""

MOST_WAITING = 100
KEPT_SECONDS = 24 * 3600.0
SILENT_SECONDS = 20.0
"""A worker on another host that has not marked its job for so long is taken for dead."""

LOST_SECONDS = 3600.0
"""A job that no worker has begun for so long after it was handed over is taken for lost."""

REFUSED = "refused"
"""In place of a job's id where the queue cannot be written to; its status says so."""

_UNWRITABLE = "No job can start: the server's disk is full, or its cache folder cannot be written to"
MARK_SECONDS = 4.0
_REPORT_SECONDS = 0.1
_ACTIVE = f"('{WAITING}', '{STARTED}', '{RUNNING}')"
_AT_WORK = f"('{STARTED}', '{RUNNING}')"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS job (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, user TEXT, place TEXT, kind TEXT, argument TEXT,
    state TEXT, fraction REAL DEFAULT 0, message TEXT DEFAULT '', process TEXT DEFAULT '', marked REAL
)"""


class Workers(Protocol):
    """Who does the jobs."""

    most: int | None
    """Jobs at once; None where the workers see to that themselves."""

    def start(self, job: str, ended: Callable[[], None]) -> str:
        """Have a job done; returns the identity of its process, empty where another host chooses it.

        Raises:
            OSError: nobody can do it now.
        """

    def stop(self, job: str, process: str) -> None:
        """End the process of a job."""


@dataclass(frozen=True)
class Status:
    """How a job stands: its state, the fraction done, what it says, and how many jobs it waits for."""

    state: str
    fraction: float = 0.0
    message: str = ""
    before: int = 0

    @property
    def active(self) -> bool:
        """Whether the job waits or is at work."""
        return self.state in (WAITING, STARTED, RUNNING)


def _guarded(otherwise=None) -> Callable[[Callable], Callable]:
    """Call a method once more where its queue is started anew, and return something else where that does not help."""

    def decorate(method: Callable) -> Callable:
        @functools.wraps(method)
        def guarded(self, *arguments, **named):
            for again in (True, False):
                known = file_identity(self._file)
                try:
                    return method(self, *arguments, **named)
                except sqlite3.Error as fault:
                    if self._started_anew(fault, known) and again:
                        continue
                    if self._unusable.due():
                        _log.warning("The queue of jobs %s cannot be used: %s", self._file, fault)
                    break
            return otherwise

        return guarded

    return decorate


class JobQueue:
    """The queue in a file, and the workers that this process hands jobs to.

    A damaged file is set aside: its jobs are lost, and can be asked again. Where it cannot be written to, no job can
    be asked, and there are none to look at.
    """

    def __init__(self, file: Path, workers: Workers):
        self._file, self._workers = file, workers
        self._lock = threading.RLock()
        self._reported: dict[str, float] = {}
        self._unusable = Complaint()
        self._connection: sqlite3.Connection | None = None
        self._opened_as: tuple[int, int] | None = None

    @_guarded(otherwise=REFUSED)
    def ask(self, user: str, place: str, kind: str, argument: dict) -> str:
        """Put a job in the queue; returns its id, REFUSED where it cannot be.

        A job of the same user for the same thing is gone on with; any other one from the same place ends.

        Args:
            user: one job of each is at work at a time.
            place: where the answer is awaited, such as an open page.
            kind: of `core.sessions.work.KINDS`.
            argument: plain JSON.
        """
        user, place = _checked(user), _checked(place)
        text = json.dumps(argument, sort_keys=True)
        with self._table() as table:
            table.execute(f"DELETE FROM job WHERE state NOT IN {_ACTIVE} AND marked < ?", (time.time() - KEPT_SECONDS,))
            same = table.execute(
                f"SELECT id FROM job WHERE user = ? AND kind = ? AND argument = ? AND state IN {_ACTIVE}",
                (user, kind, text),
            ).fetchone()
            identity = same["id"] if same else secrets.token_hex(16)
            table.execute("UPDATE job SET place = ? WHERE id = ?", (place, identity))
            ended = _cancelled(table, "user = ? AND place = ? AND id != ?", (user, place, identity))
            if not same:
                _insert(table, (identity, user, place, kind, text))
        self._stop(ended)
        self.advance()
        return identity

    @_guarded()
    def status(self, job: str | None) -> Status | None:
        """How a job stands, None where there is none; what died is found dead, and who waits may start."""
        if job == REFUSED:
            return Status(FAILED, message=_UNWRITABLE)
        if not _is_identity(job):
            return None
        with self._table() as table:
            if table.execute(f"SELECT 1 FROM job WHERE id = ? AND state IN {_ACTIVE}", (job,)).fetchone():
                self._advance(table)
            row = table.execute("SELECT * FROM job WHERE id = ?", (job,)).fetchone()
            return _status(table, row, self._workers.most) if row else None

    @_guarded()
    def cancel(self, job: str | None) -> None:
        """End a job that waits or is at work."""
        if _is_identity(job):
            with self._table() as table:
                ended = _cancelled(table, "id = ?", (job,))
            self._stop(ended)
            self.advance()

    @_guarded()
    def leave(self, user: str, place: str) -> None:
        """End what was asked from a place."""
        with self._table() as table:
            ended = _cancelled(table, "user = ? AND place = ?", (_checked(user), _checked(place)))
        self._stop(ended)
        self.advance()

    @_guarded()
    def advance(self) -> None:
        """Find dead jobs and start those that may start."""
        with self._table() as table:
            self._advance(table)

    @_guarded()
    def begin(self, job: str) -> tuple[str, dict] | None:
        """Take up a job in this process: its kind and argument; None where it is not for this process."""
        me = identity_of()
        with self._table() as table:
            begun = table.execute(
                f"UPDATE job SET state = '{RUNNING}', process = ?, marked = ? "
                f"WHERE id = ? AND state = '{STARTED}' AND process IN ('', ?)",
                (me, time.time(), job, me),
            )
            if not begun.rowcount:
                return None
            row = table.execute("SELECT kind, argument FROM job WHERE id = ?", (job,)).fetchone()
        return row["kind"], json.loads(row["argument"])

    @_guarded()
    def report(self, job: str, fraction: float = 0.0, message: str = "") -> None:
        """Say how far a job is, at most some times a second."""
        now = time.monotonic()
        if now - self._reported.get(job, -_REPORT_SECONDS) >= _REPORT_SECONDS:
            self._reported[job] = now
            with self._table() as table:
                values = (float(fraction), message, time.time(), job)
                table.execute("UPDATE job SET fraction = ?, message = ?, marked = ? WHERE id = ?", values)

    @_guarded()
    def mark(self, job: str) -> None:
        """Say that the process of a job lives."""
        with self._table() as table:
            table.execute("UPDATE job SET marked = ? WHERE id = ?", (time.time(), job))

    @_guarded()
    def end(self, job: str, state: str, message: str = "") -> None:
        """Say that a job is done or has failed; one that was cancelled stays cancelled."""
        with self._table() as table:
            _end(table, job, state, message)
        self._reported.pop(job, None)

    def _advance(self, table: sqlite3.Connection) -> None:
        for row in table.execute(f"SELECT * FROM job WHERE state IN {_AT_WORK}").fetchall():
            if _is_dead(row):
                _end(table, row["id"], KILLED)
        while (row := _next(table, self._workers.most)) is not None:
            try:
                process = self._workers.start(row["id"], self.advance)
            except OSError as error:
                _end(table, row["id"], FAILED, f"No process could be started: {error}")
                continue
            table.execute(
                f"UPDATE job SET state = '{STARTED}', process = ?, marked = ? WHERE id = ?",
                (process, time.time(), row["id"]),
            )

    def _stop(self, rows: list[sqlite3.Row]) -> None:
        for row in rows:
            if row["state"] != WAITING:
                self._workers.stop(row["id"], row["process"])

    @contextlib.contextmanager
    def _table(self) -> Iterator[sqlite3.Connection]:
        """The table, locked for everyone else until the block ends."""
        with self._lock:
            table = self._opened()
            table.execute("BEGIN IMMEDIATE")
            try:
                yield table
                table.execute("COMMIT")
            except BaseException:
                if table.in_transaction:  # a full disk has ended it
                    table.execute("ROLLBACK")
                raise

    def _opened(self) -> sqlite3.Connection:
        """The table, opened anew where its file is no longer the one that was opened."""
        known = file_identity(self._file)
        if self._connection is None or known is None or known != self._opened_as:
            with contextlib.suppress(OSError):  # SQLite says why
                self._file.parent.mkdir(parents=True, exist_ok=True)
            table = sqlite3.connect(self._file, timeout=30, isolation_level=None, check_same_thread=False)
            table.row_factory = sqlite3.Row
            table.execute("PRAGMA journal_mode = WAL")
            table.execute("PRAGMA synchronous = NORMAL")
            table.execute(_SCHEMA)
            self._close()
            self._connection, self._opened_as = table, file_identity(self._file)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _started_anew(self, fault: sqlite3.Error, known: tuple[int, int] | None) -> bool:
        """Whether a damaged queue is out of the way, be it another process that has moved it."""
        with self._lock:
            self._close()
            if file_identity(self._file) != known or "no such table" in str(fault):
                return True
            if not is_damaged_database(fault):
                return False
            with contextlib.suppress(OSError):
                for beside in ("-wal", "-shm"):
                    self._file.with_name(self._file.name + beside).unlink(missing_ok=True)
                aside = set_aside(self._file)
                _log.warning("The queue of jobs %s is damaged (%s): set aside as %s", self._file, fault, aside.name)
                return True
        return False


def core_count() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_identity(job) -> bool:
    return isinstance(job, str) and re.fullmatch("[0-9a-f]{32}", job) is not None


def _checked(name: str) -> str:
    if not isinstance(name, str) or len(name) > 64 or not name.isprintable():
        raise InputError("This request did not come from the page; reload it")
    return name


def _insert(table: sqlite3.Connection, values: tuple) -> None:
    """A new job; one too many has failed already."""
    waiting = table.execute(f"SELECT COUNT(*) FROM job WHERE state = '{WAITING}'").fetchone()[0]
    state, message = WAITING, ""
    if waiting >= MOST_WAITING:
        state, message = FAILED, f"{waiting} jobs wait already; try again later"
    table.execute(
        "INSERT INTO job (id, user, place, kind, argument, state, message, marked) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, state, message, time.time()),
    )


def _cancelled(table: sqlite3.Connection, which: str, values: tuple) -> list[sqlite3.Row]:
    """Cancel active jobs; returns them as they were."""
    rows = table.execute(f"SELECT * FROM job WHERE {which} AND state IN {_ACTIVE}", values).fetchall()
    for row in rows:
        _end(table, row["id"], CANCELLED)
    return rows


def _end(table: sqlite3.Connection, job: str, state: str, message: str = "") -> None:
    table.execute(
        f"UPDATE job SET state = ?, message = ?, marked = ? WHERE id = ? AND state IN {_ACTIVE}",
        (state, message, time.time(), job),
    )


def _next(table: sqlite3.Connection, most: int | None) -> sqlite3.Row | None:
    """The first job that may start."""
    if most is not None and _count(table, f"state IN {_AT_WORK}") >= most:
        return None
    return table.execute(
        f"SELECT * FROM job WHERE state = '{WAITING}' AND user NOT IN "
        f"(SELECT user FROM job WHERE state IN {_AT_WORK}) ORDER BY number LIMIT 1"
    ).fetchone()


def _count(table: sqlite3.Connection, which: str, values: tuple = ()) -> int:
    return table.execute(f"SELECT COUNT(*) FROM job WHERE {which}", values).fetchone()[0]


def _status(table: sqlite3.Connection, row: sqlite3.Row, most: int | None) -> Status:
    state = WAITING if row["state"] == STARTED and not row["process"] else row["state"]
    before = 0
    if state == WAITING:
        free = most is not None and _count(table, f"state IN {_AT_WORK}") < most
        whose, values = ("user = ? AND ", (row["user"],)) if free else ("", ())
        before = _count(table, f"{whose}number < ? AND state IN {_ACTIVE}", (*values, row["number"]))
    return Status(state, row["fraction"], row["message"], before)


def _is_dead(row: sqlite3.Row) -> bool:
    """Whether the process of a job at work has ended without a word."""
    silent = time.time() - row["marked"]
    if not row["process"]:
        return silent > LOST_SECONDS
    return is_gone(row["process"]) if is_of_this_host(row["process"]) else silent > SILENT_SECONDS
