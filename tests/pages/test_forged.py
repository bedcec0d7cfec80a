"""Every callback that the server answers, with values that no page sends: an ordinary answer, never status 500."""

import base64
import copy
import io
import json
import logging
import random

import pytest
from PIL import Image

from app import app, server
from components.design.controls import DEFAULTS as DESIGN
from components.interpret.experiment import SLIDERS, slider_id
from core.design.sweep import Sweep
from core.experiment.photoemission.experiment import START
from core.processes import identity_of
from core.sessions.readings import EXAMPLES, cuts_of, first_reading, infer_images, keep_image
from core.sessions.requests import make_request
from core.structure.sample import Sample
from tests.pages.callbacks import PATH, ask, names, payload, served_callbacks
from tests.pages.test_compose_forged import QUESTION

SEED = 20
PER_INPUT = 5
"""Forged values of each plain input; stores get all."""

ODD = (
    None, True, -1, 0, 3, 10**9, -(10**9), 10**400, 1e308, -0.5, float("nan"), float("inf"), "", "x", "nan", "-inf",
    "é\0\ud800", "٣", "9" * 5000, "[" * 3000, [], [None], ["x", None], [1, 2, 3], [[[]]], [{}], {}, {"x": 1},
    {"image": "x"}, {"atom": 10**30}, {"run": "../.."}, {"run": "0" * 20, "steps": 1}, {"request": {}}, {"k1": [1]},
    {"index": -1}, "/loop", "?run=x&run=y&example=a&example=b", "data:;base64,AAAA", "example-../x", "../../etc/passwd",
)  # fmt: skip


@pytest.fixture(scope="module")
def true_values(finished_run) -> dict:
    """What pages send after some use, by the names of the values."""
    request = make_request("Si2Ge2", "Si").document()
    stream = io.BytesIO()
    Image.effect_noise((64, 48), 40).convert("RGB").save(stream, "PNG")
    upload = "data:;base64," + base64.b64encode((EXAMPLES / "sharp.nc").read_bytes()).decode()
    reading = first_reading("example-sharp").document()
    return {
        "_pages_location.pathname": "/interpret", "_pages_location.search": "?example=sharp", "theme.data": "light",
        "compose-ask.data": QUESTION, "compose-request.data": request,
        "compose-rested.data": request, "compose-sampled.data": request,
        "compose-selection.data": {"atom": 0, "other": 1},
        "compose-shells.value": ["s", "p", "d", "S"], "compose-sigma.value": 0.1, "compose-cursor.data": [23, 108],
        "compose-download-csv.n_clicks": 1, "compose-job.data": "0" * 32, "compose-place.data": "p",
        "interpret-reading.data": reading, "interpret-others.data": [reading], "interpret-history.data": [reading],
        "interpret-view.value": "raw", "interpret-shown.data": 0, "interpret-points.data": {"k1": [10.0, 20.0, -1.0]},
        "interpret-point.value": "k2", "interpret-point-value.value": 1.0, "interpret-click.data": {"x": 30, "y": 20},
        "interpret-upload.contents": [upload], "interpret-upload.filename": ["a.nc"], "interpret-cut.value": "G-X",
        "interpret-fitting.data": {"run": finished_run, "job": None, "of": "x"}, "interpret-export-zip.n_clicks": 1,
        '{"index":["ALL"],"type":"interpret-show-cut"}.n_clicks': 1,
        "interpret-kz.value": "auto", "interpret-index.value": "0", "interpret-colours.value": "auto",
        "interpret-background.value": "none", "interpret-symmetrise.checked": False,
        "interpret-edited.data": 2,
        "interpret-edits.data": [{"n": 3, "image": "example-sharp", "set": {"k_centre": 0.01}, "ends": {"k_left": ""}}],
        "interpret-keep-cut.n_clicks": 1, "interpret-made.n_clicks": 1, "interpret-made-stack.value": "Si2Ge2",
        "interpret-made-substrate.value": "Si", "interpret-made-seed.value": 1, "interpret-made-mixing.value": 0,
        "interpret-export-json.n_clicks": 1,
        "interpret-refine.n_clicks": 1, "picture": first_reading(keep_image(stream.getvalue(), "a.png")).document(),
        '{"index":["ALL"],"type":"interpret-drop-cut"}.n_clicks': 1,
        '{"index":["ALL"],"type":"interpret-show"}.n_clicks': 1,
        **{f"{slider_id(name)}.value": START[name] for name in SLIDERS},
        "loop-run.data": finished_run, "loop-job.data": "0" * 32,
        "loop-seen.data": {"run": finished_run, "steps": 2, "status": "finished"},
        "loop-example-sharp.n_clicks": 1, "loop-order-pause.n_clicks": 1, "loop-again.n_clicks": 1,
        "loop-view.value": "blend", "loop-blend.value": 0.5, "loop-poll.n_intervals": 3,
        "loop-report.n_clicks": 1, "loop-seconds.value": 60, "loop-candidates-most.value": 48,
        "loop-fidelity.value": "dft", "loop-try.n_clicks": 1, "loop-try-stack.value": "Si5Ge7",
        "loop-try-mixing.value": 0.5,
        "loop-follow.checked": True, "loop-frame.data": 3, "learn-start.n_clicks": 1,
        "learn-back.n_clicks": 1,
        **{f"design-{name}.value": value for name, value in DESIGN.items()},
        "design-asked.data": DESIGN, "design-place.data": "d", "design-job.data": "0" * 32, "design-chosen.data": "",
        "design-search.n_clicks": 1, "design-add.n_clicks": 1, "design-figure.value": "gap", "design-low.value": 0.1,
        "design-high.value": 0.2, "design-seen.data": ["x", 0.5, 1], "design-sort.data": ["cost", False],
        "design-download-csv.n_clicks": 1, '{"index":["ALL"],"type":"design-sort"}.n_clicks': 1,
        "design-picture.relayoutData": {"shapes": [{"type": "path", "path": "M0.5,-1L0.6,-1.2"}]},
        "design-band-file.contents": "data:;base64," + base64.b64encode(b"24,-0.1\n36,-0.9").decode(),
        "design-front.clickData": {"points": [{"customdata": "abc"}]}, "design-link.data": "?x=1",
        "compare-stack.value": "Si1Ge1", "compare-substrate.value": "Si", "compare-mixing.value": 0.5,
        "compare-stack2.value": "Si2", "compare-substrate2.value": "Ge", "compare-mixing2.value": 0,
        "compare-part.value": "pair", "compare-along.value": "substrate", "compare-block.value": "1",
        "compare-low.value": 0, "compare-high.value": 1, "compare-points.value": 3, "compare-quantity.value": "gap",
        "compare-engine.value": "forward", "compare-view.value": "difference", "compare-so.checked": False,
        "compare-place.data": "c", "compare-sweep-job.data": "0" * 32, "compare-pair-job.data": "0" * 32,
        "compare-growth-job.data": "0" * 32, "compare-sweep-seen.data": ["x", "substrate", 1],
        "compare-sweep.data": Sweep(Sample("Si1Ge1", "Si"), "substrate", 0, 1, 3).document(),
        "compare-sweep-start.n_clicks": 1, "compare-sweep-csv.n_clicks": 1,
        "compare-pair.data": {"first": request, "second": make_request("Si2", "Ge").document()},
    }  # fmt: skip


@pytest.fixture(autouse=True)
def no_jobs(monkeypatch):
    """Jobs are accepted, and not started; the process that each is said to have is that of the tests."""
    monkeypatch.setattr("core.sessions.work.LocalProcesses.start", lambda *_: identity_of())
    monkeypatch.setattr("core.sessions.work.LocalProcesses.stop", lambda *_: None)


@pytest.fixture(scope="module")
def inference():
    return infer_images(*cuts_of((first_reading("example-sharp"),)))


@pytest.fixture(autouse=True)
def inferred_once(monkeypatch, inference):
    """What is read from an image takes seconds and does not depend on how it was asked for."""
    monkeypatch.setattr("core.sessions.readings.infer_images", lambda cuts, images: inference)


@pytest.fixture
def no_traceback(caplog):
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def forged_values(key: str, name: str) -> list:
    """All odd values for a store, some for others, the same in every run."""
    if name.endswith((".data", ".pathname", ".search")):
        return list(ODD)
    return random.Random(f"{SEED} {key} {name}").sample(ODD, PER_INPUT)


def damaged_documents(document: dict) -> list[dict]:
    """A true document with one entry forged, for each entry and some odd values."""
    choose = random.Random(SEED)
    return [document | {name: value} for name in document for value in choose.sample(ODD, 4)]


def check(key: str, values: dict, changed: str | None = None) -> None:
    try:
        reply = ask(payload(key, values, changed))
    except Exception as error:
        raise AssertionError(f"{key[:60]} raised {error!r}") from error
    assert reply.status_code in (200, 204, 400), (key, changed)
    if reply.status_code == 400:
        assert reply.json["error"], key


@pytest.mark.parametrize("key", served_callbacks(), ids=lambda key: key[:60])
def test_true_values_are_answered(key, true_values, no_traceback):
    for changed in (f"{part['id']}.{part['property']}" for part in app.callback_map[key]["inputs"]):
        assert ask(payload(key, true_values, changed)).status_code in (200, 204)


@pytest.mark.parametrize("key", served_callbacks(), ids=lambda key: key[:60])
def test_a_forged_value_never_makes_a_callback_fail(key, true_values, no_traceback):
    failed = []
    inputs = len(app.callback_map[key]["inputs"])
    for number, name in enumerate(names(key)):
        values = forged_values(key, name)
        if isinstance(true_values.get(name), dict):
            values += damaged_documents(true_values[name])
        for value in values:
            try:
                check(key, true_values | {name: value}, name if number < inputs else None)
            except AssertionError as error:
                failed.append((name, repr(value)[:60], str(error)[-200:]))
    assert failed == []


@pytest.mark.parametrize("key", served_callbacks(), ids=lambda key: key[:60])
def test_forged_values_together_never_make_a_callback_fail(key, true_values, no_traceback):
    choose = random.Random(f"{SEED} {key}")
    for _ in range(4):
        forged = {name: choose.choice(ODD) for name in names(key) if choose.random() < 0.6}
        check(key, true_values | forged)
        check(key, true_values | {"interpret-reading.data": true_values["picture"]} | forged)


WRONG_FRAMES = {
    "a list": lambda body: [body],
    "a text": lambda body: "x",
    "nothing": lambda body: None,
    "no output": lambda body: body.pop("output") and body,
    "an unknown output": lambda body: body | {"output": "x.y"},
    "an output that is no text": lambda body: body | {"output": {"x": []}},
    "other outputs": lambda body: body | {"outputs": {"id": "x", "property": "y"}},
    "no outputs": lambda body: body | {"outputs": []},
    "no inputs": lambda body: body | {"inputs": []},
    "inputs that are no list": lambda body: body | {"inputs": 3},
    "inputs that are no parts": lambda body: body | {"inputs": [None] * len(body["inputs"])},
    "inputs of another": lambda body: body | {"inputs": [{"id": "x", "property": "y", "value": 1}]},
    "a state too many": lambda body: body | {"state": [*body["state"], {"id": "x", "property": "y"}]},
    "a foreign trigger": lambda body: body | {"changedPropIds": ["interpret-export-x.n_clicks"]},
    "a trigger that is no text": lambda body: body | {"changedPropIds": [{"x": 1}]},
    "triggers that are no list": lambda body: body | {"changedPropIds": 5},
    "deep lists": lambda body: body | {"changedPropIds": json.loads("[" * 400 + "]" * 400)},
}


@pytest.mark.parametrize("key", served_callbacks(), ids=lambda key: key[:60])
@pytest.mark.parametrize("frame", WRONG_FRAMES)
def test_a_wrong_frame_is_refused_with_a_sentence(key, frame, true_values, no_traceback):
    reply = ask(WRONG_FRAMES[frame](copy.deepcopy(payload(key, true_values))))
    assert reply.status_code == 400
    assert "reload" in reply.json["error"]


def changes(kind: str, changed: list[str], values: dict) -> dict:
    """What a page would change after a request of alike buttons; nothing where the request is refused."""
    button = f'"type":"interpret-{kind}"'
    key = next(key for key in served_callbacks() if any(button in name for name in names(key)))
    reply = ask(payload(key, values) | {"changedPropIds": changed})
    assert reply.status_code in (200, 204, 400)
    return reply.json["response"] if reply.status_code == 200 else {}


@pytest.mark.parametrize("index", [99, -1, "x", "", "9" * 5000])
@pytest.mark.parametrize("kind", ["drop-cut", "show"])
def test_an_index_that_is_none_changes_nothing(kind, index, true_values, no_traceback):
    identity = json.dumps({"index": index, "type": f"interpret-{kind}"}, separators=(",", ":"))
    others = [true_values["interpret-reading.data"] | {"cut": "G-K"}]  # another could be kept beside it
    assert changes(kind, [f"{identity}.n_clicks"], true_values | {"interpret-others.data": others}) == {}


@pytest.mark.parametrize("entry", [*ODD, {"drop": 3}, {"drop": "no such step"}, {"set": {"x": 1}}, {"set": [1]},
                         {"set": {"cut": "G-X"}, "ends": 2}, {"set": {"k_centre": "x"}},
                         {"set": {"index": 9}}, {"image": "example-../x", "undo": True},
                         {"n": "4", "undo": True}, {"n": True, "undo": True}, {"n": 2, "undo": True}],
                         ids=lambda entry: ascii(entry)[:40])  # fmt: skip
def test_an_edit_that_is_none_changes_nothing(entry, true_values, no_traceback):
    image = true_values["interpret-reading.data"]["image"]
    edit = {"n": 4, "image": image} | entry if isinstance(entry, dict) else entry
    key = next(key for key in served_callbacks() if "interpret-edits.data" in names(key)[0])
    reply = ask(payload(key, true_values | {"interpret-edits.data": [edit]}))
    assert reply.status_code in (200, 400)
    assert "interpret-reading" not in (reply.json["response"] if reply.status_code == 200 else {})


def test_a_cut_is_kept_and_dropped_by_its_own_buttons_only(true_values, no_traceback):
    keep, drop = "interpret-keep-cut.n_clicks", '{"index":0,"type":"interpret-drop-cut"}.n_clicks'
    reading = true_values["interpret-reading.data"]
    assert changes("drop-cut", [drop], true_values)["interpret-others"]["data"] == []
    alone = true_values | {"interpret-others.data": [], "interpret-edited.data": 3}
    assert changes("drop-cut", [keep], alone)["interpret-others"]["data"] == [reading]
    assert changes("drop-cut", [drop], alone) == {}
    assert changes("drop-cut", [], alone) == {}
    waiting = changes("drop-cut", [keep], alone | {"interpret-edited.data": 2})["interpret-others"]["data"]
    assert [step["centre"] for step in waiting[0]["steps"]] == [0.01]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"output": ' + b"9" * 10_000 + b"}"],
                         ids=lambda content: ascii(content)[:20])  # fmt: skip
def test_a_body_that_is_no_json_is_refused_with_a_sentence(content, no_traceback):
    reply = server.test_client().post(PATH, data=content, content_type="application/json")
    assert reply.status_code == 400
    assert "reload" in reply.json["error"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_kind_of_body_is_refused_with_a_sentence(kind, true_values, no_traceback):
    body = json.dumps(payload(served_callbacks()[0], true_values))
    reply = server.test_client().post(PATH, data=body, content_type=kind)
    assert reply.status_code == 400
    assert "reload" in reply.json["error"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(method, no_traceback):
    assert server.test_client().open(PATH, method=method).status_code == (404 if method in ("GET", "HEAD") else 405)


@pytest.mark.parametrize("kind", ["json", "nc", "html", "zip"])
def test_an_export_of_what_is_gone_says_so(kind, true_values, no_traceback):
    key = next(key for key in served_callbacks() if "interpret-download.data" in key)
    gone = true_values["interpret-reading.data"] | {"image": "0" * 20}
    body = payload(key, true_values | {"interpret-reading.data": gone})
    reply = ask(body | {"changedPropIds": [f"interpret-export-{kind}.n_clicks"]})
    assert "no longer kept" in reply.json["response"]["interpret-export-error"]["children"]
    assert "interpret-download" not in reply.json["response"]
