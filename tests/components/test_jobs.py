"""Who asks for a job, and how a job stands in words."""

import pytest

from app import server
from components.jobs import USER_COOKIE, ended_text, user, waiting_text
from core.sessions.jobs import CANCELLED, DONE, FAILED, KILLED, RUNNING, WAITING, Status


def test_browser_gets_one_name_with_its_first_page_and_keeps_it():
    client = server.test_client()
    cookie = client.get("/compose").headers["Set-Cookie"]
    assert cookie.startswith(f"{USER_COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Set-Cookie" not in client.get("/loop").headers
    assert "Set-Cookie" not in server.test_client().get("/assets/favicon.svg").headers


@pytest.mark.parametrize("forged", ["", "x", "A" * 32, "0" * 31, "0" * 33, "'; --"])
def test_forged_name_is_nobody(forged):
    with server.test_request_context(headers={"Cookie": f"{USER_COOKIE}={forged}"}):
        assert user() == ""


def test_name_of_the_cookie_is_the_user():
    with server.test_request_context(headers={"Cookie": f"{USER_COOKIE}={'0a' * 16}"}):
        assert user() == "0a" * 16


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (Status(WAITING, before=1), "Waiting: 1 job is before yours"),
        (Status(WAITING, before=3), "Waiting: 3 jobs are before yours"),
        (Status(WAITING), "Waiting for a worker"),
        (Status(RUNNING), ""),
    ],
)
def test_waiting_job_says_for_how_many(status, text):
    assert waiting_text(status) == text


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (
            Status(KILLED),
            "The calculation was ended from outside (for instance for lack of memory); press Compute to start it again",
        ),
        (Status(FAILED, message="Si9 is odd"), "Si9 is odd; press Compute to try again"),
        (Status(CANCELLED), "Calculation cancelled"),
        (Status(DONE), ""),
    ],
)  # fmt: skip
def test_ended_job_says_why(status, text):
    assert ended_text(status, "Compute") == text
