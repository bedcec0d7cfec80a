"""The simulated class sends what a browser sends, and sees errors, mixed answers and moves without a picture."""

import json
import random

import pytest
from playwright.sync_api import Page

from core.sessions.requests import make_request
from docs import load
from tests.browser import settled
from tests.pages.compose import open_compose, press


class Server:
    """Answers questions without drawing; `confused` answers as if everybody had asked for its stack."""

    def __init__(self, confused: str = "", left: bool = False):
        self.confused, self.left, self.asked = confused, left, []

    def post(self, body: bytes) -> bytes:
        asked = json.loads(body)["inputs"][0]["value"]
        self.asked.append(asked)
        request = make_request(self.confused or asked["sample"]["stack"], "Si")
        answer = {"request": make_request(asked["sample"]["stack"], "Si").document()}
        if not self.left:
            title = f"Atom 1 Si, inner · {request.crystal().label}"
            answer |= {"moving": {}, "title": title, "shown": [request.key, "exact"]}
        return json.dumps({"multi": True, "response": {"compose-answer": {"data": answer}}}).encode()


def moved(post, moves=(("stack", "Si3Ge2"), ("stack", "Si4Ge2"))) -> load.Person:
    person = load.Person(post, random.Random(1))
    person.drag(list(moves), pause=0.0, until=float("inf"))
    return person


def test_a_move_asks_for_the_sample_as_it_then_stands():
    server = Server()
    person = moved(server.post)
    assert [asked["sample"]["stack"] for asked in server.asked] == ["Si3Ge2", "Si4Ge2"]
    found = load.figures([person])
    assert (found["moves"], found["errors"], found["mixed"], found["exact_pictures"]) == (2, 0, 0, 2)


def test_an_answer_to_somebody_else_is_mixed():
    found = load.figures([moved(Server(confused="Si5Ge5").post)])
    assert (found["moves"], found["errors"], found["mixed"]) == (2, 0, 2)
    assert "Si3Ge2" in found["complaints"][0]
    assert "Si5Ge5" in found["complaints"][0]


def test_a_refused_callback_is_an_error_and_the_drag_goes_on():
    server = Server()

    def post(body: bytes) -> bytes:
        if not server.asked:
            server.asked.append(body)
            raise load.Refused("status 500")
        return server.post(body)

    found = load.figures([moved(post)])
    assert (found["moves"], found["errors"], found["mixed"]) == (2, 1, 0)
    assert found["complaints"] == ["Refused: status 500"]


def test_a_move_without_a_picture_is_left_to_the_exact_engine():
    found = load.figures([moved(Server(left=True).post)])
    assert (found["moves"], found["left_to_the_exact_engine"], found["median_ms"]) == (2, 2, None)


def test_walks_are_bounded_repeatable_and_different():
    assert load.walk(1, 40) == load.walk(1, 40) != load.walk(2, 40)
    assert len(load.walk(3, 17)) == len(load.exercise(17)) == 17
    for seed in range(20):
        sample = dict(load.START["sample"])
        for name, value in load.walk(seed):
            sample[name] = value
            make_request(*(sample[part] for part in ("stack", "substrate", "mixing")))


def test_people_on_the_app_get_their_own_pictures(server_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(load, "COMPARED", 1.0)
    people = load.drive(server_url.removeprefix("http://"), [load.walk(5, 3), load.exercise(3)], pause=0.0)
    found = load.figures(people)
    assert (found["moves"], found["errors"], found["mixed"], found["left_to_the_exact_engine"]) == (6, 0, 0, 0)
    assert found["pictures_compared"] + found["exact_pictures"] == 6
    assert found["pictures_compared"] > 0
    kept = next(move for move in people[1].answered if move.picture is not None)
    assert not load.is_predicted(make_request("Si4Ge4", "Ge"), kept.picture)


@pytest.mark.own_page
def test_bodies_are_those_of_a_browser(page: Page, server_url: str):
    open_compose(page, "?stack=Si8Ge8&substrate=Si", engine="live")
    posted = []
    page.on("request", lambda request: posted.append(request.post_data) if request.method == "POST" else None)
    press(page, "alloy", "ArrowRight")
    page.get_by_text("on Si0.99Ge0.01").first.wait_for()
    settled(page)
    sent = [json.loads(body) for body in posted]
    asked = next(body for body in sent if body["output"] == load.ANSWER and body["inputs"][0]["value"]["moving"])
    sample = {"stack": "Si8Ge8", "substrate": "Si0.99Ge0.01"}
    assert json.loads(load.body(load.START | {"sample": load.START["sample"] | sample})) == asked
