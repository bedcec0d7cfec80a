"""Design after a search that was stopped: what is said, and that Search goes on unless nothing is left to do."""

import sys

import pytest

import app  # noqa: F401  registers the pages
from components.design.controls import DEFAULTS

page = sys.modules["pages.design"]


def step(reason: str, done: float = 1.0) -> dict:
    return {"note": "", "done": done, "designs": [], "stop_reason": reason}


@pytest.mark.parametrize(
    ("kept", "asked_for"),
    [
        (None, True), (step("", 0.5), True), (step("budget"), True), (step("met"), False),
        (step("nothing meets all targets"), False),
    ],
)  # fmt: skip
def test_search_goes_on_but_where_a_search_has_ended(kept, asked_for, monkeypatch):
    class Jobs:
        def ask(self, *_):
            return "job"

        def leave(self, *_):
            return None

    for name, value in (("found", lambda asked: kept), ("jobs", Jobs), ("user", lambda: "u")):
        monkeypatch.setattr(page, name, value)
    asked, job, problem = page.search(1, "place", *DEFAULTS.values())
    assert (job == "job") is asked_for
    assert (asked, problem) == (DEFAULTS, "")


def test_a_search_that_can_go_on_says_so():
    assert "press Search to go on" in page._said(None, step("budget"))
    assert "press Search to go on" in page._said(None, step("", 0.5))
    for end in ("met", "nothing meets all targets"):
        assert "press Search" not in page._said(None, step(end))
