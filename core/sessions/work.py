"""What jobs do, and the processes of this machine that do them: `python -m core.sessions.work JOB`."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable

from core.errors import InputError
from core.processes import identity_of, is_gone, is_of_this_host, pid_of
from core.sessions.jobs import DONE, FAILED, MARK_SECONDS, JobQueue, Workers, core_count
from core.storage import PROJECT, UNKEPT_RESULT, cache_directory

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # jobs run beside each other
Report = Callable[..., None]
"""Takes the fraction done, or a message by its name."""


def exact(argument: dict, report: Report) -> None:
    """Bands and readouts of a request of Compose, by the engine that it asks for, into the result store.

    Raises:
        InputError: the store cannot keep them.
    """
    from core.sessions.requests import is_known, read_out, spectra_of, stored_request

    asked = stored_request(argument)
    spectra_of(asked, lambda fraction: report(0.95 * fraction))
    if asked.imperfect is None:
        read_out(asked)
    if not is_known(asked):
        raise InputError(UNKEPT_RESULT)


def pair(argument: dict, report: Report) -> None:
    """What `exact` does, of several samples one after the other."""
    samples = argument["samples"]
    for number, sample in enumerate(samples):
        exact(sample, lambda fraction=0.0, done=number: report((done + fraction) / len(samples)))


def sweep(argument: dict, report: Report) -> None:
    """Figures of the samples of a sweep, into the result store.

    Raises:
        InputError: what is no sweep, or the store cannot keep them.
    """
    from core.design.sweep import Sweep
    from core.sessions.sweeps import compute_sweep

    compute_sweep(Sweep.from_document(argument), report)


def growth(argument: dict, report: Report) -> None:
    """Layer density and figures of a sample, into the result store.

    Raises:
        InputError: what is no sample, or the store cannot keep them.
    """
    from core.sessions.growth import compute_growth
    from core.structure.sample import Sample

    compute_growth(Sample.from_document(argument), report)


def loop(argument: dict, report: Report) -> None:
    """A run of the loop, into its folder."""
    from core.loop.loop import LoopSettings
    from core.loop.search import SearchSettings
    from core.sessions.runs import work as work_on_run

    work_on_run(argument["run"], LoopSettings(SearchSettings(seconds=loop_seconds())))


def design(argument: dict, report: Report) -> None:
    """A search of Design, its steps into the result store."""
    from core.sessions.designs import work_on

    work_on(argument, report)


def learn(argument: dict, report: Report) -> None:
    """Learning from the replay store, into a version of the models."""
    from core.loop.learn import learn as learn_from_cases

    learn_from_cases(report=lambda line: report(message=line))


def loop_seconds() -> float:
    """How long a run may try candidates: BANDLOOM_LOOP_SECONDS, else as long as on the command line.

    Raises:
        InputError: it is set to what is no time.
    """
    text = os.environ.get("BANDLOOM_LOOP_SECONDS", "60")
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86400:
        raise InputError(f"BANDLOOM_LOOP_SECONDS is {text!r}; give a number of seconds above 0, such as 60")
    return seconds


KINDS = {"exact": exact, "pair": pair, "sweep": sweep, "growth": growth, "loop": loop, "design": design, "learn": learn}
"""Each imports what it needs and no more: a job begins the sooner."""


def work(queue: JobQueue, job: str) -> None:
    """Do a job in this process, and say how it goes."""
    begun = queue.begin(job)
    if begun is None:
        return
    kind, argument = begun
    ended = threading.Event()
    marking = threading.Thread(target=_mark, args=(queue, job, ended), daemon=True)
    marking.start()
    try:
        KINDS[kind](argument, lambda fraction=0.0, message="": queue.report(job, fraction, message))
    except InputError as error:
        queue.end(job, FAILED, str(error))
    except MemoryError:
        queue.end(job, FAILED, "There was not enough memory")
    except Exception as error:
        traceback.print_exc()
        queue.end(job, FAILED, f"The calculation failed: {type(error).__name__}")
    else:
        queue.end(job, DONE)
    finally:
        ended.set()
        marking.join()


def _mark(queue: JobQueue, job: str, ended: threading.Event) -> None:
    while not ended.wait(MARK_SECONDS):
        queue.mark(job)


def _tell_end(process: subprocess.Popen, ended: Callable[[], None]) -> None:
    process.wait()
    ended()


class LocalProcesses:
    """Fresh processes of this machine, as many as it has cores; they share nothing with the server, and outlive it."""

    def __init__(self, most: int | None = None):
        self.most = most or core_count()

    def start(self, job: str, ended: Callable[[], None]) -> str:
        """A process for a job; `ended` is called after its end. What it prints goes to jobs.log in the cache folder."""
        folder = cache_directory().resolve()
        with (folder / "jobs.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "core.sessions.work", job],
                cwd=PROJECT,
                env=_ONE_THREAD | os.environ | {"BANDLOOM_CACHE": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                close_fds=True,
                start_new_session=True,
            )
        identity = identity_of(process.pid)  # it is there until it is waited for
        threading.Thread(target=_tell_end, args=(process, ended), daemon=True).start()
        return identity

    def stop(self, job: str, process: str) -> None:
        """Kill the process of a job and those it started."""
        if is_of_this_host(process) and not is_gone(process):
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.killpg(pid_of(process), signal.SIGKILL)


def job_queue(workers: Workers) -> JobQueue:
    """The queue of the cache folder."""
    return JobQueue(cache_directory() / "jobs.sqlite", workers)


if __name__ == "__main__":
    work(job_queue(LocalProcesses()), sys.argv[1])
