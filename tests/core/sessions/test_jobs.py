"""The queue of jobs: who may run, who waits, who ended; and the processes that do them."""

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from core.errors import InputError
from core.processes import identity_of, pid_of
from core.sessions import jobs
from core.sessions.jobs import CANCELLED, DONE, FAILED, KILLED, RUNNING, STARTED, WAITING, JobQueue
from core.sessions.requests import is_known, make_request
from core.sessions.work import KINDS, LocalProcesses, job_queue, work
from core.storage import cache_directory, result_store

PATIENCE_SECONDS = 120.0
GONE = f"{socket.gethostname()}:1:0.00"
"""Identity of a process that never lived."""


class NoWorkers:
    """Hands jobs to nobody, and says under which process they run."""

    def __init__(self, most: int | None):
        self.most, self.process, self.started, self.stopped = most, identity_of(), [], []

    def start(self, job, ended):
        self.started.append(job)
        return self.process

    def stop(self, job, process):
        self.stopped.append(job)


@pytest.fixture
def two(tmp_path) -> JobQueue:
    """A queue of a machine with two cores."""
    return JobQueue(tmp_path / "jobs.sqlite", NoWorkers(2))


def ask(queue: JobQueue, user: str, thing: str = "x", place: str = "") -> str:
    return queue.ask(user, place or f"{user} {thing}", "exact", {"stack": thing})


def states(queue: JobQueue, *identities: str) -> list[str]:
    return [queue.status(job).state for job in identities]


def wait_until(condition) -> None:
    """Look now and then, and leave the processor to the jobs."""
    end, pause = time.monotonic() + PATIENCE_SECONDS, threading.Event()
    while not condition():
        assert time.monotonic() < end
        pause.wait(0.02)


def test_as_many_jobs_as_cores_and_the_others_wait_in_order(two):
    first, second, third, fourth = (ask(two, user) for user in "abcd")
    assert states(two, first, second, third, fourth) == [STARTED, STARTED, WAITING, WAITING]
    assert [two.status(job).before for job in (third, fourth)] == [2, 3]
    two.begin(first)
    two.end(first, DONE)
    assert states(two, first, third, fourth) == [DONE, STARTED, WAITING]
    assert two.status(fourth).before == 2


def test_one_job_a_user_and_others_pass(two):
    first, second, other = ask(two, "a", "x"), ask(two, "a", "y"), ask(two, "b")
    assert states(two, first, second, other) == [STARTED, WAITING, STARTED]
    two.cancel(other)
    assert two.status(second).before == 1, "only the job of the same user is before it"
    two.begin(first)
    two.end(first, DONE)
    assert states(two, second) == [STARTED]


def test_another_sample_of_the_same_page_replaces_the_job(two):
    first = ask(two, "a", "x", "page")
    other_page = ask(two, "b", "x", "page")
    second = ask(two, "a", "y", "page")
    assert states(two, first, second, other_page) == [CANCELLED, STARTED, STARTED]
    assert two._workers.stopped == [first]
    two.leave("a", "page")
    assert states(two, second, other_page) == [CANCELLED, STARTED]


def test_same_sample_again_is_the_same_job(two):
    first = ask(two, "a", "x", "page")
    assert ask(two, "a", "x", "page after a reload") == first
    two.leave("a", "page")
    assert states(two, first) == [STARTED]
    assert ask(two, "b", "x") != first


def test_job_whose_process_is_gone_was_killed_and_frees_its_place(two):
    two._workers.process = GONE
    killed, other = ask(two, "a"), ask(two, "b")
    two._workers.process = identity_of()
    waiting = ask(two, "c")
    assert states(two, waiting, killed, other) == [STARTED, KILLED, KILLED]
    again = ask(two, "a")
    assert again != killed
    assert states(two, again) == [STARTED]


def test_worker_of_another_host_is_dead_when_silent(tmp_path, monkeypatch):
    queue = JobQueue(tmp_path / "jobs.sqlite", NoWorkers(None))
    queue._workers.process = "elsewhere:1:0.00"
    job = ask(queue, "a")
    assert states(queue, job) == [STARTED]
    monkeypatch.setattr(jobs, "SILENT_SECONDS", -1.0)
    assert states(queue, job) == [KILLED]


def test_job_handed_to_workers_elsewhere_waits_until_one_begins(tmp_path):
    queue = JobQueue(tmp_path / "jobs.sqlite", NoWorkers(None))
    queue._workers.process = ""
    first, second, third = ask(queue, "a", "x"), ask(queue, "b"), ask(queue, "a", "y")
    assert queue._workers.started == [first, second]
    assert states(queue, first, second, third) == [WAITING] * 3
    assert queue.begin(first) == ("exact", {"stack": "x"})
    assert states(queue, first, second) == [RUNNING, WAITING]
    assert queue.begin(first) is None, "begun twice"


def test_another_process_does_not_take_a_job(two):
    two._workers.process = f"{socket.gethostname()}:{os.getppid()}:{psutil.Process(os.getppid()).create_time():.2f}"
    assert two.begin(ask(two, "a")) is None


def test_cancelled_job_stays_cancelled(two):
    job = ask(two, "a")
    two.begin(job)
    two.cancel(job)
    two.report(job, 0.5)
    two.end(job, DONE)
    assert states(two, job) == [CANCELLED]


def test_full_queue_says_so(two, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_WAITING", 1)
    for user in "abc":
        ask(two, user)
    refused = two.status(ask(two, "d"))
    assert refused.state == FAILED
    assert refused.message == "1 jobs wait already; try again later"


def test_machine_that_starts_no_process_says_so(two, monkeypatch):
    monkeypatch.setattr(two._workers, "start", lambda job, ended: (_ for _ in ()).throw(OSError("no memory")))
    status = two.status(ask(two, "a"))
    assert (status.state, status.message) == (FAILED, "No process could be started: no memory")


@pytest.mark.parametrize("name", [None, 3, ["x"], "x" * 100, "\0", "\ud800"], ids=ascii)
def test_forged_place_is_refused(two, name):
    with pytest.raises(InputError):
        two.ask("a", name, "exact", {})


@pytest.mark.parametrize("job", [None, 3, ["x"], "", "x" * 32, "\ud800"], ids=ascii)
def test_unknown_job_has_no_status(two, job):
    two.cancel(job)
    assert two.status(job) is None


def test_queues_of_several_servers_keep_the_limit_together(tmp_path):
    queues = [JobQueue(tmp_path / "jobs.sqlite", NoWorkers(2)) for _ in range(4)]
    asking = [threading.Thread(target=ask, args=(queue, f"{k} {n}")) for k, queue in enumerate(queues) for n in "abcd"]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert sum(len(queue._workers.started) for queue in queues) == 2


def test_failed_job_says_why(two, monkeypatch, capsys):
    def refuse(argument, report):
        raise InputError("Si9999 is too long")

    def break_down(argument, report):
        raise ArithmeticError("no")

    for function, message in ((refuse, "Si9999 is too long"), (break_down, "The calculation failed: ArithmeticError")):
        monkeypatch.setitem(KINDS, "exact", function)
        job = ask(two, "a")
        work(two, job)
        assert two.status(job) == jobs.Status(FAILED, message=message)
    assert "ArithmeticError: no" in capsys.readouterr().err


@pytest.fixture
def local():
    """The queue of the cache folder with processes of this machine; none is left."""
    queue = job_queue(LocalProcesses(most=1))
    asked = []
    yield lambda user, stack: asked.append(queue.ask(user, stack, "exact", make_request(stack, "Si").document())) or (
        queue, asked[-1],
    )  # fmt: skip
    for job in asked:
        queue.cancel(job)


def process_of(queue: JobQueue, job: str) -> psutil.Process:
    with queue._table() as table:
        return psutil.Process(pid_of(table.execute("SELECT process FROM job WHERE id = ?", (job,)).fetchone()[0]))


def test_job_inherits_no_socket_nor_any_open_file(local, tmp_path):
    with socket.socket() as listener, (tmp_path / "open.txt").open("w") as file:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.set_inheritable(True)
        os.set_inheritable(file.fileno(), True)
        queue, job = local("a", "Si40Ge40")
        wait_until(lambda: queue.status(job).state == RUNNING)
        process = process_of(queue, job)
        assert process.net_connections("all") == []
        assert str(tmp_path / "open.txt") not in [opened.path for opened in process.open_files()]
        if os.path.isdir(f"/proc/{process.pid}/fd"):
            assert not any(is_socket(entry) for entry in Path(f"/proc/{process.pid}/fd").iterdir())
        assert os.getsid(process.pid) == process.pid, "a signal to the server's terminal must not reach it"


def is_socket(entry: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):  # closed meanwhile
        return stat.S_ISSOCK(entry.stat().st_mode)
    return False


def test_job_brings_its_result_and_the_next_one_begins_by_itself(local):
    queue, first = local("a", "Si10Ge12")
    _, second = local("b", "Si12Ge10")
    assert queue.status(second).before == 1
    for job, stack in ((first, "Si10Ge12"), (second, "Si12Ge10")):
        wait_until(lambda job=job: not queue.status(job).active)
        assert queue.status(job).state == DONE, (cache_directory() / "jobs.log").read_text()
        assert is_known(make_request(stack, "Si"))


def test_killed_job_is_found_dead_and_done_again(local):
    queue, job = local("a", "Si14Ge12")
    wait_until(lambda: queue.status(job).state == RUNNING)
    os.kill(process_of(queue, job).pid, signal.SIGKILL)
    wait_until(lambda: queue.status(job).state == KILLED)
    assert result_store().get(make_request("Si14Ge12", "Si").key) is None
    _, again = local("a", "Si14Ge12")
    wait_until(lambda: queue.status(again).state == DONE)
    assert is_known(make_request("Si14Ge12", "Si"))


def test_cancelled_job_ends_at_once(local):
    queue, job = local("a", "Si40Ge44")
    wait_until(lambda: queue.status(job).state == RUNNING)
    process = process_of(queue, job)
    queue.cancel(job)
    assert not psutil.wait_procs([process], timeout=PATIENCE_SECONDS)[1]
    assert queue.status(job).state == CANCELLED


def test_a_process_that_ends_while_it_is_stopped_is_stopped(monkeypatch):
    monkeypatch.setattr("core.sessions.work.is_gone", lambda identity: False)  # as it stood a moment before
    ended = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    identity = identity_of(ended.pid)
    ended.wait()
    LocalProcesses().stop("x", identity)
