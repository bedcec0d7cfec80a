"""The texts of Learn: complete, with links that lead somewhere and numbers that the program gives."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from components.compose.link import decode_link
from components.interpret.controls import EXAMPLES
from components.learn.quantities import COMPUTED, MEASURED, filled, names, shown
from components.learn.texts import FOLDER, LANGUAGE, step_text, text_sections
from components.learn.tours import TOURS, Choice, Slider, tour_named
from core.sessions.requests import make_request
from docs.examples import SAMPLES

FILES = sorted((FOLDER / LANGUAGE).glob("*.md"))
STEPS = [(tour.key, step) for tour in TOURS for step in tour.steps]
STEP_NAMES = [f"{key}-{step.anchor}" for key, step in STEPS]


@pytest.mark.parametrize("name", COMPUTED)
def test_numbers_are_what_the_engine_gives(name):
    assert COMPUTED[name].text() == shown(name)


def test_every_number_is_named_once_and_used():
    used = {name for file in FILES for name in names(file.read_text(encoding="utf-8"))}
    assert used == set(COMPUTED) | set(MEASURED)
    assert not set(COMPUTED) & set(MEASURED)


def test_unknown_number_is_an_error():
    assert filled("a gap of {{gap-si}} eV") == f"a gap of {shown('gap-si')} eV"
    with pytest.raises(KeyError):
        filled("{{no-such-number}}")


def test_there_are_four_tours_with_their_sections():
    assert [tour.key for tour in TOURS] == ["atom", "strain", "interface", "picture"]
    for tour in TOURS:
        assert [step.anchor for step in tour.steps] == list(text_sections(tour.key))
        assert text_sections("overview")[tour.key].text
    assert tour_named("none") is None


@pytest.mark.parametrize(("key", "step"), STEPS, ids=STEP_NAMES)
def test_a_step_has_all_its_words(key, step):
    text = step_text(key, step.anchor)
    assert 2 <= len(text.body.split("\n\n")) <= 4
    assert text.title
    assert text.picture
    assert text.task
    assert text.question.endswith("?")
    assert [answer.right for answer in text.answers].count(True) == 1
    assert all(answer.reply for answer in text.answers)
    assert bool(text.control) == bool(step.control)
    assert set(text.labels) == set(step.control.values if isinstance(step.control, Choice) else ())
    for words in (text.body, text.picture, text.task, text.question, *map(str, text.answers)):
        assert "{{" not in words


def test_right_answers_are_not_always_at_the_same_place():
    places = [[a.right for a in step_text(key, step.anchor).answers].index(True) for key, step in STEPS]
    assert min(places.count(place) for place in (0, 1, 2)) >= 6


@pytest.mark.parametrize(("key", "step"), STEPS, ids=STEP_NAMES)
def test_try_it_leads_to_a_state_that_a_page_accepts(key, step):
    parts = urlsplit(step.link)
    query = dict(parse_qsl(parts.query))
    if parts.path == "/compose":
        link, problems = decode_link(query)
        assert problems == []
        request = make_request(link.stack, link.substrate, link.mixing, link.so)
        assert max(link.atom, link.other) < max(len(request.crystal()), 2)
    else:
        assert parts.path == "/interpret"
        assert set(query) <= {"example"}
        assert query.get("example", "sharp") in EXAMPLES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_links_resolve(file: Path):
    for target in re.findall(r"\]\(([^)]+)\)", file.read_text(encoding="utf-8")):
        if target.startswith("#"):
            assert target[1:] in text_sections("glossary")
        else:
            assert target in {f"/learn?tour={tour.key}" for tour in TOURS}


def test_links_to_terms_lead_from_a_tour_to_the_glossary():
    assert "](/learn#term-vbm)" in step_text("atom", "bands").body


def test_glossary_is_in_order_and_short():
    terms = list(text_sections("glossary").values())
    assert len(terms) >= 35
    assert all(term.anchor.startswith("term-") for term in terms)
    assert len({term.anchor for term in terms}) == len(terms)
    order = [re.sub(r"Δ", "D", term.title).casefold().replace("ö", "o").replace("k∥", "k-") for term in terms]
    assert order == sorted(order)
    assert all(len(term.text.split()) <= 50 for term in terms)


def test_what_is_said_of_the_example_is_true():
    stack, substrate, mixing, *_ = SAMPLES["graded"]
    task = step_text("picture", "intervals").task
    assert f"{stack} on {substrate}" in task
    assert f"w = {mixing:g}" in task


def test_controls_refuse_what_no_page_sends():
    slider, choice = Slider(0, 100, 5, 30), Choice(("a", "b"))
    assert [slider.checked(value) for value in (52, 100, -1, 101, None, True, "5", float("nan"))] == [
        50, 100, 30, 30, 30, 30, 30, 30,
    ]  # fmt: skip
    assert [choice.checked(value) for value in ("b", "c", None, ["b"])] == ["b", "a", "a", "a"]
