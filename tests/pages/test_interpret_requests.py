"""Interpret over HTTP, without a browser: many people at once, the largest files, forged values."""

import base64
import io
import json
import re
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import pytest

from app import app, server
from components.interpret.controls import EXAMPLES
from components.interpret.experiment import SLIDERS, slider_id
from core.experiment.photoemission.experiment import START, simulated_experiment
from core.experiment.readers import UPLOAD_LIMIT_BYTES
from core.sessions.readings import Reading, first_reading, interpreted, keep_image
from docs.examples import MEASUREMENT, SAMPLES
from tests.core.experiment.hostile import FILES as HOSTILE
from tests.pages.callbacks import ask, names, payload

FILES = Path(__file__).parents[2] / "core" / "experiment" / "examples"
MEMORY_LIMIT = 512 * 2**20


def body(output: str, changed: str, **values) -> bytes:
    """A callback's request; values by names such as reading__data."""
    given = {f"interpret-{name.replace('__', '.')}": value for name, value in values.items()}
    key = next(key for key in app.callback_map if output in key and f"interpret-{changed.partition('.')[0]}" in str(
        app.callback_map[key]["inputs"]))  # fmt: skip
    parts = {
        kind: [part | {"value": given.get(f"{part['id']}.{part['property']}")} for part in app.callback_map[key][kind]]
        for kind in ("inputs", "state")
    }
    pairs = [part.rpartition(".") for part in key.strip(".").split("...")]
    outputs = [{"id": name, "property": prop} for name, _, prop in pairs]
    return json.dumps(
        {
            "output": key,
            "outputs": outputs if key.startswith("..") else outputs[0],
            "changedPropIds": [f"interpret-{changed}"],
        }
        | parts
    ).encode()


def upload(content: bytes, name: str) -> bytes:
    data = "data:application/octet-stream;base64," + base64.b64encode(content).decode()
    return body("interpret-upload-error.children", "upload.contents", upload__contents=data, upload__filename=name,
                cut__value="G-X", kz__value="auto")  # fmt: skip


def result(reading: dict) -> bytes:
    return body("interpret-figures.children", "reading.data", reading__data=reading, others__data=[])


def test_ten_people_at_once_get_their_own_results(server_url):
    def post(content: bytes) -> dict:
        request = Request(f"{server_url}/_dash-update-component", content, {"Content-Type": "application/json"})
        with urlopen(request, timeout=120) as reply:
            return json.load(reply)["response"]

    def interpret(name: str) -> str:
        reading = post(upload((FILES / f"{name}.nc").read_bytes(), "mine.nc"))["interpret-reading"]["data"]
        return json.dumps(post(result(reading))["interpret-figures"]["children"])

    alone = {name: interpret(name) for name in EXAMPLES}
    assert len(set(alone.values())) == len(EXAMPLES)
    names = [*EXAMPLES] * 4
    with ThreadPoolExecutor(10) as pool:
        together = list(pool.map(interpret, names[:10]))
    assert together == [alone[name] for name in names[:10]]


def test_largest_file_stays_within_the_memory_of_a_request():
    side = int(np.sqrt((UPLOAD_LIMIT_BYTES - 4096) / 8))
    stream = io.BytesIO()
    np.save(stream, np.random.default_rng(0).poisson(50, (side, side)).astype(float))
    request = upload(stream.getvalue(), "large.npy")
    del stream
    client = server.test_client()
    tracemalloc.start()
    reply = client.post("/_dash-update-component", data=request, content_type="application/json")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reply.status_code == 200
    assert peak < MEMORY_LIMIT


@pytest.mark.parametrize("kind", ["virtual photon energy", "endless axis", "black picture", "broken archive"])
def test_hostile_upload_is_answered_in_a_sentence(kind):
    make, words = HOSTILE[kind]
    client = server.test_client()
    reply = client.post("/_dash-update-component", data=upload(make(), "a.h5"), content_type="application/json")
    assert reply.status_code == 200
    assert re.search(words, reply.json["response"]["interpret-upload-error"]["children"])
    assert "interpret-reading" not in reply.json["response"]


@pytest.mark.parametrize("document", [{"image": "x", "path": "/etc/passwd"}, {"image": 5}, 3, "x", [1]], ids=repr)
def test_forged_reading_is_refused_with_a_sentence(document):
    reply = server.test_client().post("/_dash-update-component", data=result(document), content_type="application/json")
    assert reply.status_code == 400
    assert "did not come from the page" in reply.json["error"]


def test_two_cuts_of_a_sample_are_read_together():
    first = Reading("example-sharp")
    stack, ground, mixing, own = SAMPLES["sharp"]
    content = simulated_experiment(stack, ground, mixing, "G-X", MEASUREMENT | own | {"kz": 0.5}, 7)
    second = Reading(keep_image(content, "again.nc"))
    alone, both = interpreted(first), interpreted(first, (second,))
    assert [one.cut for one in both.images] == ["G-X", "G-X"]
    assert both.descriptors != alone.descriptors
    assert interpreted(second, (first,)).descriptors == both.descriptors
    assert interpreted(first, (first,)).document() == alone.document()


def test_an_example_is_read_by_the_cut_it_was_made_for_and_alone():
    """Controls and kept cuts of an earlier sample are not those of the example."""
    asked = body("interpret-upload-error.children", "example-sharp.n_clicks", cut__value="G-K", kz__value="0.5")
    reply = server.test_client().post("/_dash-update-component", data=asked, content_type="application/json")
    answer = reply.json["response"]
    reading = answer["interpret-reading"]["data"]
    assert (reading["cut"], reading["kz"]) == ("G-X", "auto")
    assert answer["interpret-others"]["data"] == []


def test_what_is_typed_of_a_sample_before_an_image_is_there_stays_with_it():
    def known(before: dict | None) -> tuple[str, str]:
        typed = {"substrate__value": "Ge", "family__value": "bulk", "reading__data": before}
        reply = ask(json.loads(body("interpret-upload-error.children", "example-sharp.n_clicks", **typed)))
        reading = Reading.from_document(reply.json["response"]["interpret-reading"]["data"])
        return reading.substrate, reading.family

    assert known(None) == ("Ge", "bulk")
    assert known(Reading("example-graded").document()) == ("", ""), "an example is a sample of its own"


def test_a_kept_cut_is_shown_with_what_is_known_of_the_sample():
    shown, kept = Reading("example-sharp", substrate="Ge"), Reading("example-graded", family="bulk")
    key = next(key for key in app.callback_map if "interpret-reading" in key and names(key)[0].startswith("{"))
    values = {'{"index":["ALL"],"type":"interpret-show-cut"}.n_clicks': 1, "interpret-reading.data": shown.document()}
    values |= {"interpret-others.data": [kept.document(), shown.document()], "interpret-history.data": []}
    answer = ask(payload(key, values)).json["response"]
    assert Reading.from_document(answer["interpret-reading"]["data"]) == kept.known_as(shown)
    others = next(part["data"] for name, part in answer.items() if name.startswith("interpret-others"))
    assert [Reading.from_document(one) for one in others] == [shown]


def test_an_experiment_that_is_made_is_read_alone():
    key = next(key for key in app.callback_map if "interpret-made-error.children" in key)
    values = {
        "interpret-made.n_clicks": 1, "interpret-made-stack.value": "Si4Ge4", "interpret-cut.value": "G-K",
        "interpret-made-substrate.value": "Si", "interpret-made-seed.value": 1, "interpret-made-mixing.value": 0,
    }  # fmt: skip
    values |= {f"{slider_id(name)}.value": START[name] for name in SLIDERS}
    reply = ask(payload(key, values))
    assert reply.json["response"]["interpret-made-error"]["children"] == ""
    answer = reply.json["response"]
    assert answer["interpret-reading"]["data"]["cut"] == "G-K"
    assert (answer["interpret-others"]["data"], answer["interpret-points"]["data"]) == ([], {})


def test_one_end_of_the_fitted_part_may_stay_open():
    """The fit is of the calibrated image, and says so."""
    key = next(key for key in app.callback_map if "interpret-curve-fit.children" in key and "interpret-edc" in key)
    values = {
        "interpret-fit-peaks.n_clicks": 1, "interpret-reading.data": first_reading("example-sharp").document(),
        "interpret-cursor-k.value": 0.0, "interpret-cursor-e.value": -2.5, "interpret-fit-kind.value": "mdc",
        "interpret-fit-count.value": 1, "interpret-fit-shape.value": "lorentzian",
    }  # fmt: skip
    parts = {}
    for name, ends in {"all": {}, "from": {"from": 0.3}, "to": {"to": -0.3}}.items():
        given = values | {f"interpret-fit-{end}.value": place for end, place in ends.items()}
        answer = ask(payload(key, given, "interpret-fit-peaks.n_clicks")).json["response"]
        fitted = next(part["figure"] for name, part in answer.items() if name.startswith("interpret-mdc"))["data"][1]
        parts[name] = np.frombuffer(base64.b64decode(fitted["x"]["bdata"]), fitted["x"]["dtype"])
        assert "neither normalised" in str(answer["interpret-curve-fit"])
    assert parts["all"][0] < -1 < 1 < parts["all"][-1]
    assert (parts["from"][0], parts["from"][-1]) == (pytest.approx(0.3, abs=0.02), parts["all"][-1])
    assert (parts["to"][0], parts["to"][-1]) == (parts["all"][0], pytest.approx(-0.3, abs=0.02))
