"""Values that no page sends: Compose answers with its defaults or with status 400 and a sentence, never with 500."""

import base64

import pytest

from app import app, server
from core.sessions.imperfections import Imperfections
from core.sessions.requests import make_request
from core.structure.files import structure_text

REQUEST = make_request("Si2Ge2", "Si").document()
QUESTION = {
    "sample": {"stack": "Si2Ge2", "substrate": "Si", "mixing": 0, "spin_orbit": False, "structure": ""},
    "view": {"view": "atom", "shells": ["s", "p", "d", "S"], "sigma": 0.1, "scale": "linear", "map": "viridis",
             "engine": "live", "sharpening": "none", "gamma": 1, "clip": 1},
    "selection": {"atom": 0, "other": 1}, "cursor": [23, 108], "scheme": "light", "resting": True, "moving": False,
    "shown": None, "zoom": 1, "line": {"line": "path", "path": "Z-G-X|K-G-L", "kz": 0}, "zone": False, "home": False,
}  # fmt: skip
TRUE_VALUES = {
    "compose-ask.data": QUESTION,
    "compose-stack.value": "Si2Ge2",
    "compose-substrate.value": "Si",
    "compose-request.data": REQUEST,
    "compose-rested.data": REQUEST,
    "compose-sampled.data": {name: value for name, value in REQUEST.items() if name != "path"},
    "compose-selection.data": {"atom": 0, "other": 1},
    "compose-shells.value": ["s", "p", "d", "S"],
    "compose-sigma.value": 0.1,
    "compose-cursor.data": [23, 108],
    "compose-download-csv.n_clicks": 1,
    "compose-file-remove.n_clicks": None,
    "compose-place.data": "a page",
}
WRONG = (None, "x", "", -1, 1e9, float("nan"), True, [], ["x", None], [1, 2, 3], {}, {"atom": "x", "other": [1]})
ODD = (None, "é\0", -1, 10**400, float("nan"), True, ["x"], [10**9, -(10**9)], {"atom": 10**30}, REQUEST | {"stack": 3})
REFUSED = (
    {"stack": 5},
    {"stack": "Si2Ge2", "colour": "red"},
    REQUEST | {"path": 7},
    REQUEST | {"cut": "G-X", "kz": "x"},
    REQUEST | {"mixing": "x"},
    REQUEST | {"fidelity": ["dft"]},
)
PANELS = (
    ("scene.data", "sampled.data"), ("thumbnails.style", "rested.data"), ("band-readouts.children", "sampled.data"),
    ("response.children", "rested.data"), ("descriptors.children", "sampled.data"),
    ("download.data", "download-csv.n_clicks"), ("download.data", "download-cif.n_clicks"),
)  # fmt: skip


def ask(output: str, changed: str, **forged):
    """The reply to a callback whose values are true but for `forged`, by names such as sigma__value."""
    values = TRUE_VALUES | {f"compose-{name.replace('__', '.')}": value for name, value in forged.items()}
    key = next(key for key in app.callback_map if f"compose-{output}" in key.replace("...", "..").split(".."))
    callback = app.callback_map[key]
    inputs, state = (
        [{**part, "value": values.get(f"{part['id']}.{part['property']}")} for part in callback[kind]]
        for kind in ("inputs", "state")
    )
    pairs = [part.rpartition(".") for part in key.strip(".").split("...")]
    outputs = [{"id": name, "property": prop} for name, _, prop in pairs]
    body = {
        "output": key,
        "outputs": outputs if key.startswith("..") else outputs[0],
        "inputs": inputs,
        "state": state,
        "changedPropIds": [f"compose-{changed}"],
    }
    return server.test_client().post("/_dash-update-component", json=body)


def picture(question) -> dict:
    """The answer to a question that is true but for what is forged."""
    reply = ask("answer.data", "ask.data", ask__data=question)
    assert reply.status_code == 200
    return reply.json["response"]["compose-answer"]["data"]


@pytest.mark.parametrize(
    "name", ["selection", "cursor", "scheme", "resting", "moving", "shown", "zoom", "line", "zone", "home"]
)
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_picture_falls_back_to_its_defaults(name, value):
    found = picture(QUESTION | {name: value})
    assert len(found["figure"]["data"]) == 3 if "figure" in found else found["moving"]["shape"] == [176, 96]


@pytest.mark.parametrize("name", ["view", "shells", "sigma", "scale", "map", "engine", "sharpening", "gamma", "clip"])
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_view_falls_back_to_its_defaults(name, value):
    assert len(picture(QUESTION | {"view": QUESTION["view"] | {name: value}})["figure"]["data"]) == 3


@pytest.mark.parametrize("name", ["line", "kz"])
@pytest.mark.parametrize(
    "value", [*WRONG, 1.01, -0.01, 10**400, float("inf"), "G-L"], ids=lambda value: repr(value)[:20]
)
def test_a_line_falls_back_to_its_defaults(name, value):
    """An unknown kind of line is the path; a k_z that is not on offer is Γ's own."""
    line = {"line": "G-X", "path": "Z-G-X|K-G-L", "kz": 0.25} | {name: value}
    request = picture(QUESTION | {"line": line})["request"]
    assert request.get("kz") in ((None,) if name == "line" else (0.0, 1.0) if value is True else (0.0,))


@pytest.mark.parametrize("path", ["Z-Q", "G", "G-X|" * 9999, 7, ["G-X"], {"G": "X"}], ids=lambda path: repr(path)[:20])
def test_a_path_that_is_none_is_said_at_its_field(path):
    found = picture(QUESTION | {"line": {"line": "path", "path": path}})
    assert set(found["errors"]) == {"path"}
    assert "figure" not in found


@pytest.mark.parametrize("line", [{"path": "Z-Q"}, {"cut": "G-L"}, {"cut": "G-X", "kz": 2}], ids=repr)
def test_a_kept_request_with_a_line_that_is_none_is_refused_with_a_sentence(line):
    reply = ask("thumbnails.style", "rested.data", rested__data=REQUEST | line)
    assert reply.status_code == 400
    assert (
        "allowed" in reply.json["error"] or "join at least two" in reply.json["error"] or "2π/c̄" in reply.json["error"]
    )


@pytest.mark.parametrize(
    "imperfect",
    [3, "x", [], True, {"lateral": 9}, {"lateral": True}, {"colour": 1}, {"configurations": 10**9}, {"seed": -1},
     {"antisite": 5}, {"vacancy": -1}, {"dangling": "x"}, {"step": "1"}, {"lateral": 2.5}, {"seed": float("nan")}],
    ids=repr,
)  # fmt: skip
def test_imperfections_that_are_none_are_said_beside_the_switches_or_refused(imperfect):
    found = picture(QUESTION | {"sample": QUESTION["sample"] | {"imperfect": imperfect}})
    assert set(found["errors"]) == {"imperfect"}
    assert len(found["errors"]["imperfect"]) > 20
    assert "request" not in found
    reply = ask("thumbnails.style", "rested.data", rested__data=REQUEST | {"imperfect": imperfect})
    assert reply.status_code == 400
    assert found["errors"]["imperfect"] == reply.json["error"]


@pytest.mark.parametrize("flaw", [{"antisite": 2}, {"vacancy": 3, "dangling": "passivated"}, {"step": True}], ids=repr)
def test_every_panel_answers_for_an_imperfect_sample_before_it_is_calculated(flaw):
    check_panels(REQUEST | {"imperfect": Imperfections(**flaw).document()})


@pytest.mark.parametrize(
    "more", [{}, {"spin_orbit": True}, {"imperfect": Imperfections().document()}, {"stack": "Si150Ge150"}], ids=repr
)
def test_every_panel_answers_by_dft_and_where_it_is_refused(more):
    check_panels(REQUEST | {"fidelity": "dft"} | more)


def check_panels(asked: dict) -> None:
    sampled = {name: value for name, value in asked.items() if name != "path"}
    for output, changed in PANELS:
        given = {changed.replace(".", "__").replace("-", "-"): 1} if "clicks" in changed else {}
        reply = ask(output, changed, rested__data=asked, sampled__data=sampled, request__data=asked, **given)
        assert reply.status_code in (200, 204), (output, reply.json)


def test_a_theory_that_is_none_is_refused_with_a_sentence():
    reply = ask("thumbnails.style", "rested.data", rested__data=REQUEST | {"fidelity": "hybrid"})
    assert reply.status_code == 400
    assert "allowed are tight-binding, dft" in reply.json["error"]


@pytest.mark.parametrize("question", [*WRONG, {"sample": 3}, {"sample": {}, "view": []}], ids=repr)
def test_a_question_that_is_none_is_refused_with_a_sentence(question):
    reply = ask("answer.data", "ask.data", ask__data=question)
    assert reply.status_code == 400
    assert "did not come from the page" in reply.json["error"]


@pytest.mark.parametrize("name", ["shells__value", "sigma__value", "scale__value", "map__value"])
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_thumbnails_fall_back_to_their_defaults(name, value):
    reply = ask("thumbnails.style", "rested.data", **{name: value})
    assert reply.json["response"]["compose-thumbnails"]["style"]["--sprite"].startswith("url(data:image/png")


@pytest.mark.parametrize("document", REFUSED, ids=repr)
@pytest.mark.parametrize(
    ("output", "changed"),
    [("scene.data", "sampled.data"), ("thumbnails.style", "rested.data"),
     ("band-readouts.children", "sampled.data"), ("job.data", "rested.data"),
     ("download.data", "download-csv.n_clicks")],
)  # fmt: skip
def test_forged_request_is_refused_with_a_sentence(output, changed, document):
    reply = ask(output, changed, request__data=document, rested__data=document, sampled__data=document)
    assert reply.status_code == 400
    assert "did not come from the page" in reply.json["error"]


@pytest.mark.parametrize("name", ["stack", "substrate", "mixing", "structure", "spin_orbit"])
@pytest.mark.parametrize("value", [["Si2"], {"a": 1}, 7.5, "x"], ids=repr)
def test_forged_controls_are_said_or_refused(name, value):
    question = QUESTION | {"sample": QUESTION["sample"] | {name: value}}
    assert ask("answer.data", "ask.data", ask__data=question).status_code in (200, 400)


@pytest.mark.parametrize("contents", [None, 5, "data:,%%%", "data:;base64,é", "data:;base64,AAAA", ["x"]], ids=repr)
@pytest.mark.parametrize("filename", [None, 5, "a.cif"], ids=repr)
def test_forged_upload_is_said(contents, filename):
    reply = ask("upload-error.children", "upload.contents", upload__contents=contents, upload__filename=filename)
    assert reply.status_code == 200
    assert reply.json["response"]["compose-upload-error"]["children"]


@pytest.mark.parametrize("suffix", ["xyz", "cif", "vasp"])
def test_damaged_structure_is_said(suffix):
    content = structure_text(make_request("Si2Ge2", "Si").crystal(), suffix).replace("0.0", "inf").replace("Si", "nan")
    contents = f"data:;base64,{base64.b64encode(content.encode()).decode()}"
    reply = ask("upload-error.children", "upload.contents", upload__contents=contents, upload__filename=f"a.{suffix}")
    assert reply.status_code == 200
    assert "a." in reply.json["response"]["compose-upload-error"]["children"]


@pytest.mark.parametrize("sigma", WRONG, ids=repr)
def test_download_falls_back_to_the_default_broadening(sigma):
    reply = ask("download.data", "download-csv.n_clicks", sigma__value=sigma)
    assert reply.json["response"]["compose-download"]["data"]["filename"] == "Si2Ge2_on_Si.csv"


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:40])
def test_nothing_makes_a_callback_fail(value):
    for key, callback in app.callback_map.items():
        if "compose-" not in key or "callback" not in callback:
            continue  # another page, or answered in the browser
        names = [f"{part['id']}.{part['property']}" for part in callback["inputs"] + callback["state"]]
        settings = [name for name in names if not name.endswith((".data", ".contents", ".filename"))]
        output, changed = (name.removeprefix("compose-") for name in (key.strip(".").split("...")[0], names[0]))
        for forged in (settings, *([name] for name in names if name not in settings)):
            wrong = {name.removeprefix("compose-").replace(".", "__"): value for name in forged}
            assert ask(output, changed, **wrong).status_code in (200, 204, 400), (output, forged)


@pytest.mark.parametrize("job", [None, "x", {}, 7, ["x"], "0" * 32], ids=repr)
@pytest.mark.parametrize("changed", ["poll.n_intervals", "cancelled.data"])
def test_forged_job_is_none(job, changed):
    reply = ask("progress-line.style", changed, job__data=job)
    assert reply.status_code == 200
    assert reply.json["response"]["compose-progress-line"]["style"] == {"visibility": "hidden"}
    assert reply.json["response"]["compose-poll"]["disabled"] is True
