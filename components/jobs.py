"""Jobs of the pages: who asks, where they run (processes of this machine or Celery workers), how they stand."""

import contextlib
import os
import re
import secrets
from collections.abc import Callable
from functools import cache

from dash import Input, Output, State, callback
from flask import Response, request

from core.errors import InputError
from core.sessions.jobs import CANCELLED, FAILED, KILLED, WAITING, JobQueue, Status
from core.sessions.work import LocalProcesses, job_queue, work

USER_COOKIE = "bandloom-user"
USER_COOKIE_SECONDS = 365 * 24 * 3600
_USER = re.compile(r"[0-9a-f]{32}")

ENDED = {
    CANCELLED: "Calculation cancelled",
    KILLED: (
        "The calculation was ended from outside (for instance for lack of memory); press {button} to start it again"
    ),
    FAILED: "{message}; press {button} to try again",
}


class CeleryWorkers:
    """Celery workers (`celery -A app:celery_app worker`), which share the server's cache folder.

    Raises:
        InputError: Celery is not installed.
    """

    most = None

    def __init__(self, url: str):
        try:
            from celery import Celery
        except ImportError:
            raise InputError("REDIS_URL is set; jobs need Celery: pip install -r requirements-redis.txt") from None
        self.app = Celery("bandloom", broker=url)
        self.app.conf.task_ignore_result = True
        self._task = self.app.task(name="bandloom.job")(_work_for_celery)

    def start(self, job: str, ended: Callable[[], None]) -> str:
        """Send a job to the workers."""
        from kombu.exceptions import OperationalError

        try:
            self._task.apply_async((job,), task_id=job, retry=False)
        except OperationalError as error:
            raise ConnectionError(f"Redis does not answer ({error})") from error
        return ""

    def stop(self, job: str, process: str) -> None:
        """End a job in its worker, or before one takes it."""
        with contextlib.suppress(OSError):
            self.app.control.terminate(job)


def _work_for_celery(job: str) -> None:
    work(jobs(), job)
    jobs().advance()


@cache
def jobs() -> JobQueue:
    """The queue, with processes of this machine; with Celery workers where REDIS_URL is set."""
    workers = celery_workers()
    return job_queue(workers or LocalProcesses())


@cache
def celery_workers() -> CeleryWorkers | None:
    """Celery workers where REDIS_URL is set."""
    url = os.environ.get("REDIS_URL")
    return CeleryWorkers(url) if url else None


def user() -> str:
    """Whose request this is: the random name in the browser's cookie; all without one are one user."""
    name = request.cookies.get(USER_COOKIE, "")
    return name if _USER.fullmatch(name) else ""


def name_user(response: Response) -> Response:
    """Give a browser that opens a page a name, where it has none."""
    if response.mimetype == "text/html" and not user():
        response.set_cookie(
            USER_COOKIE, secrets.token_hex(16), max_age=USER_COOKIE_SECONDS, secure=request.is_secure,
            httponly=True, samesite="Lax",
        )  # fmt: skip
    return response


def ends_job(button: str, job: str, pressed: str) -> None:
    """Register a callback by which a button ends the job that a store names; then `pressed`, a store, changes.

    A callback of its own: Dash merges the requests for one callback, or drops the earlier, so that a press would be
    lost where a tick of the poll comes with it.
    """

    @callback(Output(pressed, "data"), Input(button, "n_clicks"), State(job, "data"), prevent_initial_call=True)
    def end(clicks, identity):
        jobs().cancel(identity)
        return clicks


def waiting_text(status: Status) -> str:
    """What a job waits for; empty where it does not wait."""
    if status.state != WAITING:
        return ""
    if not status.before:
        return "Waiting for a worker"
    return f"Waiting: {status.before} job{' is' if status.before == 1 else 's are'} before yours"


def ended_text(status: Status, button: str) -> str:
    """Why a job ended without a result, and which button starts it again; empty where it has not."""
    return ENDED.get(status.state, "").format(message=status.message, button=button)
