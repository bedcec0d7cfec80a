"""Requests of Design: what is one, what makes two the same, and that steps are kept while a search goes on."""

import pytest

from components.design.controls import DEFAULTS
from core.design import search as module
from core.errors import InputError
from core.sessions import designs
from core.sessions.designs import design_request, found, work_on

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


def test_where_nothing_can_be_kept_the_search_says_so(monkeypatch):
    class Full:
        def put(self, key, value):
            return False

    monkeypatch.setattr(designs, "result_store", Full)
    with pytest.raises(InputError, match="kept"):
        work_on(SMALL, lambda *_: None)
