"""What the Loop page says of learning, and who may start it."""

import pytest

from components.loop import learning
from core.learning import versions
from pages import loop as page

ERRORS = {"fixed_before": 0.08, "fixed_after": 0.0801, "held_before": 0.3, "held_after": 0.12, "accepted": True}
CARD = {
    "cases": 30,
    "models": {"path": ERRORS, "cuts": ERRORS | {"accepted": False}},
    "curve": [{"cases": 0, "held": 0.3, "fixed": 0.08}, {"cases": 24, "held": 0.12, "fixed": 0.0801}],
}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDLOOM_CACHE", str(tmp_path))


def test_nothing_learned_yet():
    shown = str(learning.learning_state("light"))
    assert "0 cases kept, learning needs 5" in shown
    assert "shipped weights" in shown


def test_a_version_is_shown_with_its_errors_and_its_curve():
    versions.adopt(versions.keep({}, CARD))
    shown = str(learning.learning_state("dark"))
    for text in ("Version v0001", "30 cases", "0.300 → 0.120", "0.0800 → 0.0801", "taken", "refused"):
        assert text in shown
    figure = learning.curve(CARD["curve"], "dark")
    assert [list(trace.y) for trace in figure.data] == [[0.3, 0.12], [0.08, 0.0801]]


def test_only_the_owner_may_roll_back(monkeypatch):
    name = versions.keep({}, CARD)
    versions.adopt(name)
    assert learning.learning_panel().children[3].hidden
    page.roll_back(1, "light")
    assert versions.in_force() == name
    monkeypatch.setenv(learning.OWNER, "1")
    assert not learning.learning_panel().children[3].hidden
    assert page.roll_back(1, "light")[1] == "shipped is in force."
    assert versions.in_force() == versions.SHIPPED
    assert "nothing to roll back" in page.roll_back(2, "light")[1]
