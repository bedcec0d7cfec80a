"""Requests of Design: what is one, what makes two the same, and that steps are kept while a search goes on."""

import pytest

from components.design.controls import DEFAULTS
from core.design import search as module
from core.errors import InputError
from core.sessions import designs
from core.sessions.designs import design_request, found, is_final, work_on

SMALL = DEFAULTS | {"targets": "gap=0.6..1.2", "longest": 3}


def test_the_same_question_typed_otherwise_has_the_same_answers():
    asked = design_request(SMALL)
    assert design_request(SMALL | {"targets": "gap = 0.6 .. 1.2 ", "first": "5.431 Å"}).key == asked.key
    for other in ({"targets": "gap=0.6..1.3"}, {"longest": 4}, {"curve": "24:0,30:-0.3"}, {"balance": 1}):
        assert design_request(SMALL | other).key != asked.key


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"targets": ""}, "1 to 12 targets"), ({"targets": "gap"}, "not understood"), ({"first": "Sn"}, "Substrate"),
        ({"thinnest": 2.5}, "reload"), ({"longest": True}, "reload"), ({"more": 1}, "reload"),
        ({"balance": -1}, "mean strain"), ({"critical": "x"}, "critical thickness"),
        ({"targets": "x" * 3000}, "at most"), ({"first": "Ge", "last": "Si"}, "searched"), ({"longest": 1}, "period"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(change, why):
    with pytest.raises(InputError, match=why):
        design_request(SMALL | change)


def test_steps_are_kept_while_the_search_goes_on(monkeypatch):
    monkeypatch.setattr(module, "BEST", 3)
    monkeypatch.setattr(module, "NEIGHBOURED", 1)
    asked = design_request(SMALL)
    assert found(asked) is None
    seen = []
    work_on(SMALL, lambda done, note: seen.append((done, len(found(asked)["designs"]))))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert [count for _, count in seen][:3] == [0, 1, 2]
    last = found(asked)
    assert last["stop_reason"] == "met"
    assert all(one["exact"] for one in last["designs"])


def test_a_search_that_was_stopped_goes_on_and_loses_nothing(monkeypatch):
    monkeypatch.setattr(module, "BEST", 4)
    monkeypatch.setattr(module, "NEIGHBOURED", 1)
    question = SMALL | {"targets": "gap=0.6..1.15"}
    taken, exact, asked = [], module.verified, design_request(question)
    monkeypatch.setattr(module, "verified", lambda sample: taken.append(sample.key) or exact(sample))

    def cancel(done: float, note: str) -> None:
        if len(found(asked)["designs"]) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_on(question, cancel)
    kept = [one["sample"] for one in found(asked)["designs"]]
    assert not is_final(found(asked))
    counts = []
    work_on(question, lambda done, note: counts.append(len(found(asked)["designs"])))
    assert min(counts) == 2
    assert all(one in [d["sample"] for d in found(asked)["designs"]] for one in kept)
    assert len(taken) == len(set(taken))
    assert is_final(found(asked))


@pytest.mark.parametrize(
    ("reason", "final"), [("met", True), ("nothing meets all targets", True), ("budget", False), ("", False)]
)
def test_what_ends_a_search_for_good(reason, final):
    assert is_final({"stop_reason": reason}) is final
    assert not is_final(None)


def test_where_nothing_can_be_kept_the_search_says_so(monkeypatch):
    class Full:
        def get(self, key):
            return None

        def put(self, key, value):
            return False

    monkeypatch.setattr(designs, "result_store", Full)
    with pytest.raises(InputError, match="kept"):
        work_on(SMALL, lambda *_: None)
