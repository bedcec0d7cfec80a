"""The state of a run in words."""

import pytest

from components.loop.panels import is_stalled, status_text
from core.loop.loop import STOPS
from core.sessions.jobs import DONE, FAILED, KILLED, STARTED, WAITING, Status

STEP = {"step": 5, "note": "Si4Ge4 tried", "sentence": "Si4Ge4 leaves more than Si5Ge4, χ² 2.00 for 1.00."}
LAST = STEP | {"stop_reason": "budget"}


def test_sentences_are_kept_apart():
    text = status_text("interrupted", STEP)[0]
    assert text == f"Interrupted, step 5: {STEP['sentence']} Nobody works on it: Go on takes it up from there."
    assert status_text("left", STEP | {"sentence": ""})[0] == (
        "Paused, step 5: Si4Ge4 tried. Its worker has left: Go on takes it up from there."
    )
    assert status_text("running", STEP)[0] == f"Running, step 5: {STEP['sentence']}"
    assert status_text("interrupted", None)[0] == "Interrupted. Nobody works on it: Go on takes it up from there."
    assert status_text("waiting", None)[0] == "Waiting for a worker"


def test_the_winner_is_checked_only_by_a_run_that_has_come_to_its_end():
    assert status_text("running", LAST)[0] == f"{STOPS['budget']} The exact engine checks the winner …"
    assert status_text("finished", LAST)[0] == f"{STOPS['budget']} Go on gives it the next budget."
    for status in ("waiting", "interrupted", "running"):
        text = status_text(status, LAST, extended=True)[0]
        assert STOPS["budget"] not in text
        assert "checks the winner" not in text
    assert "checks the winner" not in status_text("interrupted", LAST)[0]


@pytest.mark.parametrize("state", [FAILED, KILLED, DONE])
def test_a_run_waits_in_vain_for_a_job_that_has_ended(state):
    assert is_stalled("waiting", Status(state))
    assert not is_stalled("running", Status(state))


def test_a_run_waits_for_a_job_that_is_at_work():
    assert is_stalled("waiting", None)
    assert not any(is_stalled("waiting", Status(state)) for state in (WAITING, STARTED))
