"""The simulated class sends what a browser sends, and sees errors, mixed answers and moves without a picture."""

import json
import random

import pytest
from playwright.sync_api import Page

from core.sessions.requests import make_request
from docs import load
from tests.browser import settled
from tests.pages.compose import open_compose, press

CALLS = (
    load.Call("..compose-request.data...compose-sliders.data..", [{"id": "compose-stack", "property": "value"}], []),
    load.Call(
        "..compose-spectrum.figure...compose-title.children...compose-shown.data..",
        [{"id": "compose-request", "property": "data"}],
        [{"id": "compose-shown", "property": "data"}],
    ),
)


class Server:
    """Answers callbacks without drawing; `confused` answers as if everybody had asked for its stack."""

    def __init__(self, confused: str = ""):
        self.confused, self.asked = confused, []

    def post(self, body: bytes) -> bytes:
        asked = json.loads(body)
        self.asked.append(asked)
        value = asked["inputs"][0]["value"]
        if load.RESOLVE in asked["output"]:
            return self.answer({"compose-request": {"data": make_request(value, "Si").document()}})
        request = make_request(self.confused or value["stack"], "Si")
        title = f"Atom 1 Si, inner · {request.crystal().label}"
        shown = {"compose-title": {"children": title}, "compose-shown": {"data": [request.key, "exact"]}}
        return self.answer({"compose-spectrum": {"figure": {}}} | shown)

    @staticmethod
    def answer(response: dict) -> bytes:
        return json.dumps({"multi": True, "response": response}).encode()


def moved(post, moves=(("compose-stack.value", "Si3Ge2"), ("compose-stack.value", "Si4Ge2"))) -> load.Person:
    person = load.Person(CALLS, post, random.Random(1))
    person.drag(list(moves), pause=0.0, until=float("inf"))
    return person


def test_a_move_is_resolved_and_then_drawn_with_what_came_back():
    server = Server()
    person = moved(server.post)
    outputs = [asked["output"] for asked in server.asked]
    assert outputs == [CALLS[0].output, CALLS[1].output] * 2
    assert [asked["changedPropIds"] for asked in server.asked[:2]] == [["compose-stack.value"], [load.RESOLVE]]
    assert "value" not in server.asked[1]["state"][0]
    assert server.asked[3]["state"][0]["value"] == [make_request("Si3Ge2", "Si").key, "exact"]
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
    server = Server()
    found = load.figures([moved(lambda body: b"" if load.DRAW in json.loads(body)["output"] else server.post(body))])
    assert (found["moves"], found["left_to_the_exact_engine"], found["median_ms"]) == (2, 2, None)


def test_walks_are_bounded_repeatable_and_different():
    assert load.walk(1, 40) == load.walk(1, 40) != load.walk(2, 40)
    assert len(load.walk(3, 17)) == len(load.exercise(17)) == 17
    for seed in range(20):
        known = dict(load.START)
        for name, value in load.walk(seed):
            known[name] = value
            make_request(*(known[f"compose-{part}.value"] for part in ("stack", "substrate", "mixing")))


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
    connection = load.Connection(server_url.removeprefix("http://"))
    calls = load.drag_calls(json.loads(connection.get("/_dash-dependencies")))
    connection.close()
    for call, changed in zip(calls, ("compose-substrate.value", load.RESOLVE), strict=True):
        body = next(body for body in sent if body["output"] == call.output and body["changedPropIds"] == [changed])
        parts = body["inputs"] + body.get("state", [])
        known = {f"{part['id']}.{part['property']}": part["value"] for part in parts if "value" in part}
        assert json.loads(call.body(load.START | known, [changed])) == body
        memory = {"compose-stack.value", "compose-substrate.value", load.RESOLVE, "compose-rested.data"}
        assert {name for name in known if known[name] != load.START.get(name)} <= memory | {"compose-shown.data"}
