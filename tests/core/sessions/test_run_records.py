"""What is kept of a run, whoever works on it; its loop is one of plain steps."""

from types import SimpleNamespace

import pytest

from core.errors import InputError
from core.sessions import runs, suggestions, workers
from core.sessions.budgets import Budget
from core.sessions.readings import Reading, cuts_of

RESULT = dict.fromkeys(runs.RESULT_FIELDS) | {"stop_reason": "budget"}


class Course:
    """A loop of three steps that takes all it is asked."""

    between = staticmethod(lambda loop: None)
    """Called before each step but the first one."""

    is_settled = True

    def __init__(self, cuts, settings, found):
        self.asked: list[tuple] = []
        self.search = SimpleNamespace(asked=self.asked, ask=lambda *one: self.asked.append(one))
        self.number, self.best_frame = 0, None

    def watch(self, show) -> None:
        pass

    def take_up(self, earlier) -> None:
        self.number = len(earlier)

    def steps(self, cancelled):
        for number in range(3):
            if number:
                type(self).between(self)
            if cancelled():
                break
            document = dict.fromkeys(runs.STEP_FIELDS) | {"step": self.number + number}
            yield SimpleNamespace(document=lambda document=document: document, stop_reason="")

    def result(self) -> dict:
        return RESULT | {"exact_check": len(self.asked)}


@pytest.fixture
def course(monkeypatch) -> type[Course]:
    own = type("OwnCourse", (Course,), {})
    monkeypatch.setattr(runs, "Loop", own)
    monkeypatch.setattr(runs, "infer_images", lambda *given: None)
    monkeypatch.setattr(runs, "keep_failure", lambda *result: None)
    return own


@pytest.fixture
def run(course) -> str:
    return runs.create(*cuts_of((Reading("example-sharp"),)), {"from": "a test", "begun": "long ago"})


def test_a_run_says_with_what_it_was_begun(run, monkeypatch):
    about = runs.request(run)["about"]
    assert about["begun"] > "2000"
    assert about["from"] == "a test"
    monkeypatch.setattr(runs, "in_force", lambda: "v0007")
    again = runs.request(runs.copied(run))["about"]
    assert (again["weights"], again["from"]) == ("v0007", "a test")
    assert again["begun"] >= about["begun"]
    assert {"version", "engine"} <= set(again)


def test_who_is_no_longer_the_worker_writes_nothing_more(run, course):
    folder = runs._folder(run)
    course.between = staticmethod(lambda loop: (folder / workers.FILE).write_text("another.host:7:1.00"))
    assert not runs.work(run)
    assert len(runs.steps(run)) == 1
    assert runs.result(run) is None
    assert (folder / workers.FILE).read_text() == "another.host:7:1.00"


def test_a_worker_that_fails_but_lives_on_leaves_the_run(run, course):
    course.between = staticmethod(lambda loop: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        runs.work(run)
    assert runs.status(run) == "interrupted"


def test_a_run_that_was_left_paused_stays_paused(run, monkeypatch):
    monkeypatch.setattr(runs, "PATIENCE_SECONDS", 0.0)
    runs.order(run, "pause")
    for steps in (1, 2):
        assert runs.work(run)
        assert runs.status(run) == "left"
        assert len(runs.steps(run)) == steps
    runs.order(run, "run")
    assert runs.status(run) == "interrupted"
    assert runs.work(run)
    assert runs.status(run) == "finished"


@pytest.mark.parametrize("settled", [False, True])
def test_a_result_stands_again_unless_its_candidates_were_fitted_anew(run, course, settled):
    runs.work(run)
    before = runs.result(run)
    runs.extend(run, Budget(60, 9))
    assert runs.is_extended(run)
    assert runs.status(run) == "interrupted"
    assert runs.result(run) is None
    course.is_settled = settled
    course.result = lambda loop: RESULT | {"residual_end": 3.0}
    assert runs.work(run)
    assert not runs.is_extended(run)
    assert (runs.result(run) == before) is not settled
    assert runs.status(run) == "finished"
    runs.extend(run, Budget(60, 9))


def test_suggestions_are_passed_on_once_and_those_that_were_fitted_stay_so(run, course):
    passed = []

    def fitted(loop) -> None:
        passed.append(list(loop.asked))
        loop.asked[:] = []

    runs.suggest(run, "Si2Ge9", 0.0)
    with (runs._folder(run) / suggestions.FILE).open("a") as lines:
        lines.write('damaged\n"damaged"\n')
    runs.suggest(run, "Si3Ge9", 0.5, 5.6)
    course.between = staticmethod(fitted)
    runs.work(run)
    assert passed == [[("Si2Ge9", 0.0, None), ("Si3Ge9", 0.5, 5.6)], []]
    runs.extend(run, Budget(60, 9))
    runs.suggest(run, "Si4Ge9", 0.0)
    runs.work(run)
    assert passed[2:] == [[("Si4Ge9", 0.0, None)], []]


def test_only_suggestions_that_wait_are_limited(run):
    folder = runs._folder(run)
    line = '{"stack": "Si2Ge9", "mixing": 0.0, "lattice": null}\n'
    (folder / suggestions.FILE).write_text(line * (1 + suggestions.MOST_WAITING // len(line)))
    runs.suggest(run, "Si2Ge9", 0.0)
    with pytest.raises(InputError, match="too many"):
        runs.suggest(run, "Si2Ge9", 0.0)
    suggestions.keep_answered(folder, len(suggestions.suggestions(folder)))
    runs.suggest(run, "Si2Ge9", 0.0)
