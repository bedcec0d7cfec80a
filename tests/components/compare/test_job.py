"""How a background calculation of Compare stands, in words."""

import pytest

from components.compare.job import job_outputs, job_values
from core.sessions.jobs import CANCELLED, DONE, FAILED, KILLED, RUNNING, WAITING, Status


@pytest.mark.parametrize(
    ("status", "seen", "progress", "ended", "polls"),
    [
        (None, "hidden", "", "", False),
        (Status(RUNNING, 0.42), "visible", "42 %", "", True),
        (Status(WAITING, before=2), "visible", "Waiting: 2 jobs are before yours", "", True),
        (Status(DONE, 1.0), "hidden", "", "", False),
        (Status(CANCELLED), "hidden", "", "cancelled", False),
        (Status(KILLED), "hidden", "", "ended from outside", False),
        (Status(FAILED, message="No room"), "hidden", "", "No room; press Compute", False),
    ],
)
def test_a_job_says_how_it_stands(status, seen, progress, ended, polls):
    style, _, text, said, idle = job_values(status, "Compute")
    assert style == {"visibility": seen}
    assert text == progress
    assert ended in said
    assert bool(said) == bool(ended)
    assert idle is not polls
    assert len(job_outputs("sweep")) == 5
