import json

import pytest

import app
from components.requests import PATH
from components.translation import answers
from components.translation.catalogue import Catalogue
from components.translation.languages import COOKIE
from docs.collect_documents import Text
from tests.pseudo import offered, write_language

GERMAN = Catalogue(
    "de",
    "Deutsch",
    {"Gap": "Lücke", "Energy": "Energie", "Bands": "Bänder", "antisite": "Fehlplatz", "Zoom": "Vergrößern"},
    {"{count} atoms": "{count} Atome", "Cannot read '{name}'": "'{name}' ist nicht lesbar"},
)

ASKED = {
    "sample": {"stack": "Si11Ge7", "substrate": "Si", "mixing": 0, "spin_orbit": False, "structure": ""},
    "view": {"view": "total", "shells": ["s", "p", "d", "S"], "sigma": 0.1, "scale": "linear", "map": "viridis",
             "engine": "auto", "sharpening": "off", "gamma": 1, "clip": 1},
    "line": {"line": "path", "path": "Z-G-X|K-G-L", "kz": 0},
    "selection": {"atom": 0, "other": 1}, "scheme": "light", "resting": False, "moving": False, "shown": None,
}  # fmt: skip
QUESTION = {
    "output": "compose-answer.data",
    "outputs": {"id": "compose-answer", "property": "data"},
    "inputs": [{"id": "compose-ask", "property": "data", "value": ASKED}],
    "changedPropIds": ["compose-ask.data"],
}


def component(kind: str, **props) -> dict:
    return {"type": kind, "namespace": "dash_html_components", "props": props}


@pytest.fixture
def pseudo(tmp_path):
    """The server offers a language in which every text of Compose's answers and of the shell is another one."""
    texts = [Text("Skip to content", False, ("x", 1)), Text("Predicted{at}, {source}.", True, ("x", 2))]
    write_language(tmp_path / "eo.po", texts)
    with offered(tmp_path) as found:
        yield found


def client(language: str = ""):
    found = app.server.test_client()
    if language:
        found.set_cookie(COOKIE, language)
    return found


def asked(language: str = "") -> bytes:
    return client(language).post(PATH, json=QUESTION).data


def test_english_answers_are_the_same_bytes_whatever_is_offered(tmp_path, pseudo, monkeypatch):
    offering = asked("en")
    monkeypatch.setattr(answers, "answer", lambda *_: pytest.fail("English is not read"))
    assert asked() == asked("en") == asked("xx") == offering
    with offered(tmp_path / "absent"):
        assert asked() == asked("eo") == offering


def test_an_answer_in_the_language(pseudo):
    english, own = json.loads(asked()), json.loads(asked("eo"))
    assert english["response"]["compose-answer"]["data"]["badge"][0].startswith("Predicted")
    assert own["response"]["compose-answer"]["data"]["badge"][0].startswith("⟦Predicted⟧")
    for name in ("request", "sliders", "shown"):
        assert own["response"]["compose-answer"]["data"].get(name) == english["response"]["compose-answer"]["data"].get(
            name
        )


def test_the_document_names_its_language_and_loads_its_table(pseudo):
    document = client("eo").get("/").text
    assert '<html lang="eo">' in document
    assert '<script src="/_bandloom-texts/eo.js"></script>' in document
    assert "Cookie" in client("eo").get("/").headers["Vary"]
    assert '<html lang="en">' in client().get("/").text
    script = client("eo").get("/_bandloom-texts/eo.js")
    assert script.mimetype == "text/javascript"
    assert script.text.startswith("window.bandloomTexts = {")
    assert client().get("/_bandloom-texts/xx.js").status_code == 400


def test_the_choice_is_there_where_there_is_one(pseudo, tmp_path):
    layout = json.dumps(client("eo").get("/_dash-layout").json, ensure_ascii=False)
    assert "⟦Skip to content⟧" in layout
    assert '"label": "Esperanto"' in layout
    with offered(tmp_path / "absent"):
        assert "Esperanto" not in client("eo").get("/_dash-layout").text


def test_a_refusal_in_the_language(tmp_path):
    write_language(tmp_path / "eo.po", [Text("No page asks for this; reload the page", False, ("x", 1))])
    with offered(tmp_path):
        assert client("eo").post(PATH, json={"output": "x"}).json["error"] == "⟦No page asks for this; reload the page⟧"
        assert client().post(PATH, json={"output": "x"}).json["error"] == "No page asks for this; reload the page"


@pytest.mark.parametrize(
    ("given", "own"),
    [
        (component("P", children=["Gap", " ", "3 atoms"], id="Gap"),
         component("P", children=["Lücke", " ", "3 Atome"], id="Gap")),
        (component("Button", **{"children": None, "aria-label": "Gap", "className": "Gap", "data-stack": "Gap"}),
         component("Button", **{"children": None, "aria-label": "Lücke", "className": "Gap", "data-stack": "Gap"})),
        (component("Code", children="Gap"), component("Code", children="Gap")),
        (component("Store", data={"title": "Gap"}), component("Store", data={"title": "Gap"})),
        (component("Select", data=[{"value": "Gap", "label": "Gap"}], value="Gap"),
         component("Select", data=[{"value": "Gap", "label": "Lücke"}], value="Gap")),
        (component("Select", data=[{"group": "Bands", "items": [{"value": "Gap", "label": "Gap"}]}]),
         component("Select", data=[{"group": "Bänder", "items": [{"value": "Gap", "label": "Lücke"}]}])),
        (component("SegmentedControl", data=["Gap"]), component("SegmentedControl", data=["Gap"])),
        (component("Slider", marks=[{"value": 1, "label": "Gap"}], thumbProps={"aria-label": "Gap"}),
         component("Slider", marks=[{"value": 1, "label": "Lücke"}], thumbProps={"aria-label": "Lücke"})),
        (component("Markdown", children="$$\nGap\n$$\nBands"), component("Markdown", children="$$\nGap\n$$\nBänder")),
        (component("Markdown", children="## Gap\n\n- Bands\n- Gap\n\n| Gap | x |\n|---|---|\n| Bands | 1 |"),
         component("Markdown",
                   children="## Lücke\n\n- Bänder\n- Lücke\n\n| Lücke | x |\n|---|---|\n| Bänder | 1 |")),
    ],
)  # fmt: skip
def test_what_holds_words_in_a_layout_and_what_does_not(given, own):
    assert answers.answer(given, GERMAN) == own


def test_a_figure():
    figure = {
        "data": [{"name": "Gap", "x": {"dtype": "f8", "bdata": "Gap"}, "hovertemplate": "%{x} eV<extra>Gap</extra>"}],
        "layout": {"title": {"text": "Gap<br>3 atoms"}, "xaxis": {"title": "Energy", "ticktext": ["Γ", "Gap"]},
                   "uirevision": "Gap", "meta": {"unit": "1/eV", "caption": "Gap"}},
    }  # fmt: skip
    found = answers.answer({"response": {"x": {"figure": figure}}}, GERMAN)["response"]["x"]["figure"]
    assert found["data"][0] == figure["data"][0] | {"name": "Lücke", "hovertemplate": "%{x} eV<extra>Lücke</extra>"}
    assert found["layout"]["title"]["text"] == "Lücke<br>3 Atome"
    assert found["layout"]["xaxis"] == {"title": "Energie", "ticktext": ["Γ", "Lücke"]}
    assert found["layout"]["uirevision"] == "Gap"
    assert found["layout"]["meta"] == {"unit": "1/eV", "caption": "Lücke"}


def test_a_graph_takes_plotlys_own_words_along():
    found = answers.answer(component("Graph", figure={}, config={"displaylogo": False}), GERMAN)["props"]["config"]
    assert found["displaylogo"] is False
    assert found["locale"] == "de"
    assert found["locales"]["de"]["dictionary"]["Zoom"] == "Vergrößern"


def test_changes_of_a_figure():
    change = {"operation": "Assign", "location": ["layout", "title", "text"], "params": {"value": "Gap"}}
    found = answers.answer({"response": {"x": {"figure": {"operations": [change]}}}}, GERMAN)
    assert found["response"]["x"]["figure"]["operations"][0]["params"] == {"value": "Lücke"}


@pytest.mark.parametrize("name", ["request", "session", "settings"])
def test_what_comes_back_to_the_server_stays(name):
    kept = {"title": "Gap", "label": "Gap", "children": "Gap"}
    found = answers.answer({"response": {f"interpret-{name}": {"data": kept}}}, GERMAN)
    assert found["response"][f"interpret-{name}"]["data"] == kept


def test_side_updates_and_the_scene():
    found = answers.answer(
        {"response": {"compose-scene": {"data": {"flaws": [[3, "antisite"]], "atoms": [[0, 0, 0]]}}},
         "sideUpdate": {"compose-failure": {"children": "Gap"}}}, GERMAN)  # fmt: skip
    assert found["response"]["compose-scene"]["data"] == {"flaws": [[3, "Fehlplatz"]], "atoms": [[0, 0, 0]]}
    assert found["sideUpdate"]["compose-failure"]["children"] == "Lücke"


def test_a_file_name_is_not_a_word():
    assert answers.answer({"error": "Cannot read 'Gap.xyz'"}, GERMAN) == {"error": "'Gap.xyz' ist nicht lesbar"}


def test_a_report_is_translated_between_its_tags():
    document = (
        '<html lang="en"><style>Gap { x: 1 }</style><body><h1>Gap</h1><img alt="Gap" src="Gap"><td>3 atoms</td>'
        "<pre>Gap</pre><p>A &amp; B &lt;x&gt;</p></body></html>"
    )
    assert answers.page(document, GERMAN) == (
        '<html lang="de"><style>Gap { x: 1 }</style><body><h1>Lücke</h1><img alt="Lücke" src="Gap"><td>3 Atome</td>'
        "<pre>Gap</pre><p>A &amp; B &lt;x&gt;</p></body></html>"
    )


def test_a_translation_cannot_break_out_of_a_report():
    sly = Catalogue("de", "Deutsch", {"Gap": '"><b onclick=x>'}, {})
    found = answers.page('<img alt="Gap"><p>Gap</p>', sly)
    assert "<b" not in found
    assert found.count('"') == 2
