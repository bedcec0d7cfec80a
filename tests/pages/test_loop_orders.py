"""What the Loop page's buttons do to runs that nobody works on, without a browser."""

from types import SimpleNamespace

import pytest
from dash import no_update

from core.sessions import runs, workers
from core.sessions.jobs import FAILED, Status
from core.sessions.readings import Reading, cuts_of
from pages import loop as page
from tests.pages.callbacks import ask, names, payload, served_callbacks

REFUSED = Status(FAILED, message="No process could be started")


@pytest.fixture
def run() -> str:
    return runs.create(*cuts_of((Reading("example-sharp"),)))


@pytest.fixture(autouse=True)
def asked(monkeypatch) -> list[dict]:
    """What jobs are asked for; the one that is known has failed."""
    found: list[dict] = []
    queue = SimpleNamespace(status=lambda job: REFUSED, ask=lambda *job: found.append(job[-1]) or "1" * 32)
    monkeypatch.setattr(page, "jobs", lambda: queue)
    monkeypatch.setattr(page, "user", lambda: "")
    return found


def pressed(run: str, what: str) -> dict:
    """What pressing a button changes."""
    key = next(key for key in served_callbacks() if "loop-order-pause.n_clicks" in names(key))
    values = {f"loop-order-{what}.n_clicks": 1, "loop-run.data": run, "loop-go.data": 0, "loop-job.data": "0" * 32}
    return ask(payload(key, values, f"loop-order-{what}.n_clicks")).json["response"]


def watched(run: str) -> dict[str, bool]:
    """Which buttons are enabled."""
    *_, pause, step, go_on, stop = page.watch(0, 0, run, None, 0, "0" * 32, True)
    return {"pause": not pause, "step": not step, "run": not go_on, "cancel": not stop}


def test_a_run_whose_job_failed_before_it_began_is_started_again(run, asked):
    assert page.watch(0, 0, run, None, 0, "0" * 32, True)[3] == f"{REFUSED.message}; press Go on to try again"
    assert watched(run) == {"pause": False, "step": False, "run": True, "cancel": False}
    assert pressed(run, "run")["loop-go"] == {"data": 1}
    page.ask_worker(1, run)
    assert asked == [{"run": run}]


def test_opening_a_run_that_was_left_paused_leaves_it_paused(run, asked):
    (runs._folder(run) / workers.FILE).write_text("")
    runs.order(run, "pause")
    assert runs.status(run) == "left"
    assert page.ask_worker(0, run) is no_update
    assert watched(run) == {"pause": False, "step": False, "run": True, "cancel": False}
    assert pressed(run, "run")["loop-go"] == {"data": 1}
    page.ask_worker(1, run)
    assert asked == [{"run": run}]
    assert runs.status(run) == "interrupted", "the order to pause still stands"
