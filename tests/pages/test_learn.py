import json
import re

import pytest
from playwright.sync_api import Page, expect

from components.learn.texts import step_text, text_sections, words
from components.learn.tours import TOURS, Choice, tour_named
from tests.pages.conftest import PHONE, overflow, serious_violations

SCREENS = {
    "light": {}, "dark": {"color_scheme": "dark"}, "phone": PHONE, "dark-phone": PHONE | {"color_scheme": "dark"},
}  # fmt: skip
WALKS = list(zip(("atom", "strain", "interface", "picture"), SCREENS, strict=True))
"""Each tour on one kind of screen; the others are for those who have time."""

OTHER_WALKS = [(tour.key, screen) for tour in TOURS for screen in SCREENS if (tour.key, screen) not in WALKS]


def parametrised(walks):
    return pytest.mark.parametrize(
        ("key", "context_options"),
        [(key, SCREENS[screen]) for key, screen in walks],
        ids=["-".join(walk) for walk in walks],
    )


def shown_step(page: Page):
    steps = page.locator(".step.shown")
    expect(steps).to_have_count(1)
    return steps


def picture_of(step) -> str:
    return step.locator(".picture-parts").inner_html()


def move_control(page: Page, step, control) -> None:
    """Change what sets the picture, and wait for the picture of it."""
    before = picture_of(step)
    if isinstance(control, Choice):
        step.locator(".step-control label").nth(1).click()
    else:
        thumb = step.locator("[role=slider]")
        thumb.focus()
        thumb.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.step.shown .picture-parts').innerHTML !== before", arg=before
    )


def answer(step, text, right: bool) -> None:
    number = [one.right for one in text.answers].index(right)
    step.locator(".question").get_by_role("radio").nth(number).check()
    expect(step.locator(".reply:visible")).to_have_text(text.answers[number].reply)


def walk(page: Page, key: str) -> None:
    """To the last step: control, wrong and right answer, accessibility, width; onward in turn by button and key."""
    tour = tour_named(key)
    for number, part in enumerate(tour.steps, 1):
        text, step = step_text(key, part.anchor), shown_step(page)
        expect(step.get_by_role("heading", level=2)).to_contain_text(text.title)
        expect(page.locator("#tour-place")).to_have_text(words()["place"].format(step=number, steps=len(tour.steps)))
        if part.control:
            move_control(page, step, part.control)
        answer(step, text, right=False)
        answer(step, text, right=True)
        assert serious_violations(page) == []
        assert overflow(page) == 0
        if number == len(tour.steps):
            break
        if number % 2:
            page.get_by_role("button", name="Next").click()
            expect(shown_step(page).get_by_role("heading", level=2)).to_be_focused()
        else:
            page.locator(".step.shown h2").focus()
            page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Next")).to_be_hidden()
    expect(page.locator("#tour-onward")).to_be_visible()


@parametrised(WALKS)
def test_a_tour_is_walked_to_its_end_and_remembered(opened, key):
    page = opened(f"/learn?tour={key}")
    walk(page, key)
    last = tour_named(key).steps[-1]
    page.reload()
    step = shown_step(page)
    expect(step.get_by_role("heading", level=2)).to_contain_text(step_text(key, last.anchor).title)
    expect(step.locator(".reply.right")).to_be_visible()
    page.get_by_role("link", name=words()["all"], exact=True).click()
    card = page.locator(".card").nth([tour.key for tour in TOURS].index(key))
    expect(card).to_contain_text(words()["done"])
    expect(page.get_by_text(words()["fresh"])).to_have_count(len(TOURS) - 1)


@pytest.mark.slow
@parametrised(OTHER_WALKS)
def test_a_tour_is_walked_on_every_screen(opened, key):
    walk(opened(f"/learn?tour={key}"), key)


def test_a_tour_goes_on_where_it_was_left(opened):
    page = opened("/learn?tour=strain&step=3")
    expect(page.locator(".stepper [aria-current=step]")).to_contain_text("3")
    page.get_by_role("button", name="Previous").click()
    expect(page).to_have_url(re.compile("tour=strain&step=2$"))
    stored = json.loads(page.evaluate("localStorage.getItem('tour-progress')"))
    assert stored == {"strain": {"at": 2, "far": 3}}
    page.get_by_role("link", name=words()["all"], exact=True).click()
    expect(page.locator(".card").nth(1)).to_contain_text("3 of 6")
    page.locator(".card").nth(1).click()
    expect(page.locator("#tour-place")).to_have_text("Step 2 of 6")
    page.locator(".stepper button").nth(4).click()
    expect(page.locator("#tour-place")).to_have_text("Step 5 of 6")


def test_try_it_opens_the_state_that_it_speaks_of(opened, page):
    opened("/learn?tour=strain&step=3")
    with page.context.expect_page() as opening:
        page.locator(".step.shown").get_by_role("link", name="Open Compose").click()
    other = opening.value
    expect(other.locator("#compose-title")).to_have_text("All atoms: the unfolded bands · Si2 on Si0.7Ge0.3")
    expect(other.locator("#compose-problems")).to_be_empty()


def test_arrow_keys_of_a_slider_do_not_turn_the_page(opened):
    page = opened("/learn?tour=strain&step=2")
    thumb = page.locator(".step.shown [role=slider]")
    thumb.focus()
    thumb.press("ArrowRight")
    expect(page.locator("#tour-strain-lattice-shown")).to_have_text("35 %")
    expect(page.locator(".step.shown .readout")).to_contain_text("1.46 %")
    expect(page.locator("#tour-place")).to_have_text("Step 2 of 6")


@pytest.mark.own_page
def test_paper_shows_every_step_and_answers_at_the_end(opened):
    page = opened("/learn?tour=atom&step=2")
    page.emulate_media(media="print")
    for part in tour_named("atom").steps:
        expect(page.get_by_role("heading", name=step_text("atom", part.anchor).title)).to_be_visible()
    expect(page.locator(".step-picture img:visible")).to_have_count(6)
    expect(page.locator(".printed-answers li")).to_have_count(6)
    expect(page.locator(".printed-answers")).to_be_visible()
    expect(page.locator(".reply:visible, .stepper:visible, .site-header:visible")).to_have_count(0)


@pytest.mark.parametrize("context_options", SCREENS.values(), ids=SCREENS)
def test_overview_is_accessible_and_no_wider_than_the_window(opened):
    page = opened("/learn")
    expect(page.locator(".card")).to_have_count(len(TOURS))
    expect(page.locator(".terms dt")).to_have_count(len(text_sections("glossary")))
    assert serious_violations(page) == []
    assert overflow(page) == 0


def test_terms_can_be_linked_to(opened):
    page = opened("/learn#term-voronoi")
    expect(page.get_by_text("Voronoi cell", exact=True)).to_be_in_viewport()


def test_links_that_name_no_tour_or_step_are_forgiven(opened):
    page = opened("/learn?tour=alchemy")
    expect(page.get_by_role("alert")).to_have_text(words()["unknown"])
    page = opened("/learn?tour=atom&step=12")
    expect(page.locator("#tour-place")).to_have_text("Step 1 of 6")
