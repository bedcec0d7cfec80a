"""A queue that is damaged, removed or cannot be written to: started anew or passed by, in one line."""

import contextlib
import sqlite3

import pytest

from core.sessions import jobs
from core.sessions.jobs import FAILED, REFUSED, STARTED, JobQueue
from tests.core.sessions.test_jobs import NoWorkers, ask


@pytest.fixture
def file(tmp_path):
    return tmp_path / "jobs.sqlite"


@pytest.fixture
def queue(file) -> JobQueue:
    return JobQueue(file, NoWorkers(2))


def garble(file) -> None:
    """Garbage in place of the table and of what is to be written to it."""
    with contextlib.closing(sqlite3.connect(file)) as table:
        table.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.write_bytes(b"garbage " * (file.stat().st_size // 8))


def said(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "core.sessions.jobs"]


def test_a_queue_damaged_before_the_start_is_set_aside(file, queue, caplog):
    file.write_bytes(b"garbage " * 2000)
    job = ask(queue, "a")
    assert queue.status(job).state == STARTED
    assert queue.status(ask(queue, "b")).state == STARTED
    (line,) = said(caplog)
    assert "damaged" in line
    assert (file.parent / "jobs.sqlite.damaged").read_bytes().startswith(b"garbage")


def test_a_queue_damaged_while_in_use_is_set_aside(file, queue, caplog):
    other = JobQueue(file, NoWorkers(2))
    lost = ask(queue, "a")
    other.status(lost)
    garble(file)
    found = [queue.status(lost), other.status(lost)]
    assert set(found) <= {None} | {s for s in found if s and s.state == STARTED}
    job = ask(queue, "b")
    assert other.status(job).state == queue.status(job).state == STARTED
    assert len(said(caplog)) == 1


def test_a_removed_queue_is_made_again(file, queue):
    ask(queue, "a")
    for left in file.parent.glob("jobs.sqlite*"):
        left.unlink()
    job = ask(queue, "b")
    assert queue.status(job).state == STARTED
    assert JobQueue(file, NoWorkers(2)).status(job).state == STARTED


def test_an_emptied_queue_is_made_again(file, queue):
    ask(queue, "a")
    for left in file.parent.glob("jobs.sqlite*"):
        left.unlink()
    file.touch()
    assert queue.status(ask(queue, "b")).state == STARTED


def test_a_full_disk_refuses_jobs_in_one_sentence(queue, monkeypatch, caplog):
    job = ask(queue, "a")

    def refuse(*_):
        raise sqlite3.OperationalError("database or disk is full")

    for part in ("_insert", "_cancelled", "_end", "_status"):
        monkeypatch.setattr(jobs, part, refuse)
    refused = ask(queue, "b")
    assert refused == REFUSED
    assert queue.status(refused).state == FAILED
    assert "disk" in queue.status(refused).message
    assert queue.status(job) is None
    queue.cancel(job)
    queue.leave("a", "there")
    queue.end(job, FAILED)
    assert len(said(caplog)) == 1
    monkeypatch.undo()
    assert queue.status(ask(queue, "b")).state == STARTED


def test_no_folder_for_a_queue(tmp_path, caplog):
    (tmp_path / "file").touch()
    queue = JobQueue(tmp_path / "file" / "jobs.sqlite", NoWorkers(2))
    assert ask(queue, "a") == REFUSED
    queue.report("0" * 32, 0.5)
    queue.mark("0" * 32)
    assert len(said(caplog)) == 1
