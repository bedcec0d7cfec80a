"""Runs that are paused, stopped, killed and taken up."""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.loop.loop import LoopSettings
from core.loop.search import SearchSettings
from core.sessions import runs, workers
from core.sessions.budgets import Budget, limited
from core.sessions.readings import Reading, cuts_of
from tests.loops import SHORT, fit_loosely, run_with

PROJECT = Path(__file__).resolve().parents[3]
WORKER = "import sys; from core.sessions import runs; print(runs.work(sys.argv[1]))"


@pytest.fixture(autouse=True)
def loose_fits(monkeypatch):
    fit_loosely(monkeypatch)


@pytest.fixture
def run() -> str:
    return runs.create(*cuts_of((Reading("example-sharp"),)), {"from": "a test"})


def wait_until(condition: Callable[[], bool], worker: subprocess.Popen) -> None:
    """Look now and then, and leave the processor to the worker."""
    while not condition():
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(timeout=0.02)
        assert worker.poll() is None, "the worker ended before"


def test_a_run_is_recorded_step_by_step(run):
    assert runs.status(run) == "waiting"
    assert runs.work(run, SHORT)
    assert runs.status(run) == "finished"
    steps, result = runs.steps(run), runs.result(run)
    assert [step["step"] for step in steps] == list(range(len(steps)))
    assert steps[-1]["stop_reason"] == result["stop_reason"]
    assert result["residual_end"] == steps[-1]["residual"] <= steps[0]["residual"]
    assert result["about"]["from"] == "a test"
    assert not runs.work(run, SHORT), "a finished run is done again"


def test_a_cancelled_run_says_so(run):
    runs.order(run, "cancel")
    runs.work(run, SHORT)
    assert runs.result(run)["stop_reason"] == "cancelled"


@pytest.mark.slow
def test_an_interrupted_run_goes_on_from_its_last_step(run):
    runs.work(run, SHORT)
    folder, steps, result = runs._folder(run), runs.steps(run), runs.result(run)
    lines = (folder / "steps.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "steps.jsonl").write_text("".join(lines[:3]) + lines[3][:40], encoding="utf-8")
    (folder / "result.json").unlink()
    assert not runs.work(run, SHORT), "a second worker while the first one lives"
    workers.release(folder)
    assert runs.status(run) == "interrupted"
    assert runs.work(run, SHORT)
    again = runs.steps(run)
    assert again[:3] == steps[:3]
    assert again[3]["note"] == "taken up where it was left"
    assert again[3]["residual"] <= again[2]["residual"] + 1e-3
    assert again[3]["predictions"] >= again[2]["predictions"]
    assert [step["step"] for step in again] == list(range(len(again)))
    assert runs.result(run)["residual_start"] == result["residual_start"]


def test_a_killed_worker_leaves_its_last_step(run):
    worker = subprocess.Popen([sys.executable, "-c", WORKER, run], cwd=PROJECT)
    wait_until(lambda: len(runs.steps(run)) >= 2, worker)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    kept = runs.steps(run)
    assert len(kept) >= 2
    assert runs.status(run) == "interrupted", "a dead process of this machine need not fall silent first"
    assert runs.work(run, SHORT)
    assert runs.steps(run)[: len(kept)] == kept


def test_pause_and_one_step(run):
    runs.order(run, "pause")
    worker = subprocess.Popen([sys.executable, "-c", WORKER, run], cwd=PROJECT)
    try:
        wait_until(lambda: runs.status(run) == "paused", worker)
        assert len(runs.steps(run)) == 1
        runs.order(run, "step")
        wait_until(lambda: len(runs.steps(run)) == 2 and runs.status(run) == "paused", worker)
        assert len(runs.steps(run)) == 2
        runs.order(run, "cancel")
        assert worker.wait(60) == 0
    finally:
        worker.kill()
    assert runs.result(run)["stop_reason"] == "cancelled"


def test_images_are_those_that_were_given(run):
    given = cuts_of((Reading("example-sharp"),))[1][0]
    assert np.array_equal(runs.images(run)[0], given, equal_nan=True)
    copy = runs.copied(run)
    assert copy != run
    assert np.array_equal(runs.images(copy)[0], given, equal_nan=True)


@pytest.mark.slow
def test_a_finished_run_goes_on_with_more_time_and_tries_nothing_twice(run):
    runs.work(run, LoopSettings(SearchSettings(judgements=3)))
    steps, result = runs.steps(run), runs.result(run)
    assert runs.budget(run) is None
    known = {(one["stack"], one["mixing"]) for one in result["candidates"]}
    runs.extend(run, Budget(2, 2))
    assert runs.work(run)
    assert known <= {(one["stack"], one["mixing"]) for one in runs.result(run)["candidates"]}, "a rival is forgotten"
    steps = runs.steps(run)
    runs.extend(run, Budget(60, 9))
    assert runs.status(run) == "interrupted"
    assert runs.budget(run) == Budget(60, 9)
    with pytest.raises(InputError, match="has not ended"):
        runs.extend(run, Budget(60, 9))
    assert runs.work(run, SHORT), "the budget of the run counts, not the worker's"
    again = runs.steps(run)
    assert again[: len(steps)] == steps
    assert again[-1]["step"] == len(again) - 1
    before, later = ([tuple(one) for step in part for one in step["tried"]] for part in (steps, again[len(steps) :]))
    best = {(one["stack"], one["mixing"]) for one in steps[-1]["candidates"]}
    assert len(set(later) - best) > 2, later
    assert set(later) & set(before) <= best
    assert runs.result(run)["residual_start"] == result["residual_start"]


def test_a_run_that_is_stopped_before_its_rivals_are_fitted_anew_is_no_surer(finished_files):
    """Go on and Stop at once: the best candidate alone is fitted again."""
    run = run_with(finished_files)
    folder, steps, result = runs._folder(run), runs.steps(run), runs.result(run)
    own, rival = steps[-1]["candidates"][0], {"stack": "Si2Ge9", "mixing": 0.0, "lattice": 5.56, "distance": 1.0}
    steps[-1]["candidates"] = [own | {"probability": 0.7}, rival | {"probability": 0.3}]
    (folder / "steps.jsonl").write_text("".join(json.dumps(step) + "\n" for step in steps), encoding="utf-8")
    runs.extend(run, Budget(60, 9))
    runs.order(run, "cancel")
    assert runs.work(run, SHORT)
    last = runs.steps(run)[-1]
    assert last["stop_reason"] == "cancelled"
    assert last["candidates"] == steps[-1]["candidates"]
    assert runs.result(run) == result
    (folder / "result.json").unlink()  # as of a run that had none
    workers.release(folder)
    runs.order(run, "cancel")
    assert runs.work(run, SHORT)
    assert [one["probability"] for one in runs.result(run)["candidates"]] == [0.7, 0.3]


def test_of_two_who_ask_for_more_at_once_one_is_told_so(finished_run, monkeypatch):
    run, found = finished_run, runs.result(finished_run)
    runs.extend(run, Budget(60, 9))
    monkeypatch.setattr(runs, "result", lambda identity: found)
    with pytest.raises(InputError, match="goes on already"):
        runs.extend(run, Budget(60, 9))


def test_a_budget_reaches_as_far_as_the_host_lets_it():
    host = LoopSettings(SearchSettings(seconds=10.0))
    assert limited(host, Budget(100, 7)).search.seconds == 100
    assert limited(host, Budget(900, 7)).search.seconds == 150
    assert limited(host, Budget(900, 7)).search.judgements == 7
    assert limited(host, None) is host


def test_a_run_keeps_pictures_of_its_fits(run):
    assert runs.frame(run) is None
    runs.work(run, SHORT)
    best, step = runs.frame(run), runs.steps(run)[-1]
    assert best.stack == step["stack"]
    assert f"{best.lattice:.4f} Å" == step["substrate"]
    assert best.chi == pytest.approx(step["residual"], abs=1e-3)
    assert best.expected.shape == best.pull.shape == runs.images(run)[0].shape
    assert runs.live_number(run) == 0, "what is finished is no longer fitted"
    (runs._folder(run) / "best.npz").write_bytes(b"damaged")
    assert runs.frame(run) is None


@pytest.mark.parametrize(("seconds", "candidates"), [(0, 48), (60, 10**9), (float("nan"), 5), ("60", 5), (None, None)])
def test_budgets_beyond_what_is_allowed_are_refused(seconds, candidates):
    with pytest.raises(InputError, match="give 2 to"):
        Budget(seconds, candidates)


@pytest.mark.parametrize("name", ["", "../../etc", "0" * 20, None, "A" * 20, "0" * 20 + "\n", [0], f"{'0' * 20}/../x"])
def test_no_path_from_a_client(name):
    with pytest.raises(InputError, match="run"):
        runs.status(name)


def test_unknown_orders_are_refused(run):
    with pytest.raises(InputError, match="asked to"):
        runs.order(run, "explode")


def test_old_runs_go(monkeypatch, tmp_path):
    monkeypatch.setenv("BANDLOOM_CACHE", str(tmp_path))
    monkeypatch.setattr(runs, "MOST_RUNS", 3)
    cuts, images = cuts_of((Reading("example-sharp"),))
    made = [runs.create(cuts, images) for _ in range(5)]
    kept = {folder.name for folder in (tmp_path / "loops").iterdir()}
    assert len(kept) == 3
    assert made[-1] in kept


@pytest.mark.slow
def test_a_person_s_stack_is_fitted_next(run):
    runs.suggest(run, "[Si3Ge3]2", 0.5)
    runs.suggest(run, "Si2Ge9", 0.0, 5.6)
    with pytest.raises(InputError, match="a∥ of 4 Å"):
        runs.suggest(run, "Si2Ge9", 0.0, 4.0)
    with (runs._folder(run) / "suggestions.jsonl").open("a") as lines:
        lines.write("damaged\n")
    assert runs.work(run, LoopSettings(SearchSettings(judgements=4)))
    tried = {stack for step in runs.steps(run) for stack, _ in step["tried"]}
    notes = [step["note"] for step in runs.steps(run)]
    assert any("Si3Ge3]2 mixed over 0.5 ML and Si2Ge9 tried" in note for note in notes), notes
    assert {"Si2Ge9", "[Si3Ge3]2"} <= tried
    with pytest.raises(InputError, match="has ended"):
        runs.suggest(run, "Si2Ge9", 0.0)


@pytest.mark.parametrize(
    ("stack", "mixing", "message"),
    [("Xx3", 0.0, "Xx3"), ("Si40Ge40", 0.0, "80 planes"), ("Si4Ge4", float("nan"), "width"), ("Si4Ge4", -1.0, "width")],
)
def test_stacks_that_cannot_be_tried_are_refused(run, stack, mixing, message):
    with pytest.raises(InputError, match=message):
        runs.suggest(run, stack, mixing)
    assert not (runs._folder(run) / "suggestions.jsonl").exists()
