"""One process at a time works on a run."""

import fcntl
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.processes import identity_of
from core.sessions import workers

ENDED = f"{socket.gethostname()}:1:0.00"
"""A process of this host that is no more: number 1 began at another time."""


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path


def named(folder: Path, process: str, silent: float = 0.0) -> None:
    """A worker that marked its file some seconds ago."""
    (folder / workers.FILE).write_text(process)
    os.utime(folder / workers.FILE, (time.time() - silent,) * 2)


def claimed(folder: Path) -> bool:
    return workers.claimed(folder, folder / "done")


def test_the_first_one_claims_and_the_others_do_not(folder):
    with pytest.raises(FileNotFoundError):
        workers.is_dead(folder)
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(lambda _: claimed(folder), range(8))) == 1


def test_nobody_else_looks_while_one_claims(folder, monkeypatch):
    named(folder, ENDED)
    dead, seen = workers.is_dead, []

    def looked_at(folder: Path) -> bool:
        with (folder / "lock").open("a") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        seen.append(dead(folder))
        return seen[-1]

    monkeypatch.setattr(workers, "is_dead", looked_at)
    assert claimed(folder)
    assert seen == [True]


def test_a_silent_process_of_this_host_is_not_dead(folder):
    named(folder, identity_of(), silent=10 * workers.SILENT_SECONDS)
    assert not workers.is_dead(folder)
    assert not claimed(folder)
    named(folder, ENDED)
    assert workers.is_dead(folder)


@pytest.mark.parametrize(("silent", "dead"), [(0.0, False), (2 * workers.SILENT_SECONDS, True)])
def test_a_process_of_another_host_is_dead_when_silent(folder, silent, dead):
    named(folder, "another.host:7:1.00", silent)
    assert workers.is_dead(folder) is dead
    assert claimed(folder) is dead


def test_what_is_done_is_not_claimed(folder):
    (folder / "done").touch()
    assert not claimed(folder)


def test_only_the_worker_itself_writes_and_leaves(folder):
    assert claimed(folder)
    with workers.owned(folder):
        pass
    named(folder, "another.host:7:1.00")
    with pytest.raises(workers.NoLongerOursError), workers.owned(folder):
        pass
    workers.leave(folder)
    assert (folder / workers.FILE).read_text() == "another.host:7:1.00"
    named(folder, identity_of())
    workers.leave(folder)
    assert workers.is_dead(folder)
