import re

import pytest
from playwright.sync_api import expect

from pages.home import EXAMPLES
from tests.browser import settled
from tests.pages.conftest import PHONE, SHIFT_WATCH, overflow, serious_violations


def scheme_of(page) -> str:
    return page.locator("html").get_attribute("data-mantine-color-scheme")


def ground_of(page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def choose_scheme(page, value: str) -> None:
    page.locator(f"#theme-choice label:has(.icon-{value})").click()


def test_says_what_it_is_and_opens_doors(opened):
    page = opened("/")
    expect(page).to_have_title("Bandloom")
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator(".hero .formula")).to_have_text("Ai(k, E)")
    expect(page.locator(".doors a")).to_have_count(page.locator("#navigation a").count() - 1)
    expect(page.locator(".cards a")).to_have_count(len(EXAMPLES))
    expect(page.locator(".cards a").nth(2)).to_have_attribute("href", "/compose?stack=Si4Ge4&substrate=Si")
    expect(page.get_by_role("link", name="arXiv:2302.00261")).to_be_visible()


def test_navigation_by_keyboard(opened):
    page = opened("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()

    methods = page.locator("#navigation").get_by_role("link", name="Methods")
    methods.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/methods$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Methods")
    expect(methods).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.locator("#navigation").get_by_role("link", name="Home")).to_have_attribute("aria-current", "page")


@pytest.mark.own_page
def test_follows_system_until_a_scheme_is_chosen(opened):
    page = opened("/")
    assert scheme_of(page) == "light"
    light = ground_of(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    assert ground_of(page) != light

    choose_scheme(page, "light")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")
    assert ground_of(page) == light
    page.emulate_media(color_scheme="light")
    page.emulate_media(color_scheme="dark")
    assert scheme_of(page) == "light"

    choose_scheme(page, "auto")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


@pytest.mark.own_page
def test_choice_outlives_reload_without_flash(opened):
    page = opened("/")
    choose_scheme(page, "dark")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.evaluate("sessionStorage.schemes = ''")
    page.add_init_script(
        "new MutationObserver(() => { const s = document.documentElement?.getAttribute('data-mantine-color-scheme');"
        " if (s) sessionStorage.schemes += s + ' '; }).observe(document, {subtree: true, attributes: true})"
    )
    opened("/")
    assert set(page.evaluate("sessionStorage.schemes").split()) == {"dark"}
    expect(page.locator("#theme-choice input[value=dark]")).to_be_checked()


def test_choice_by_keyboard(opened):
    page = opened("/")
    page.locator("#theme-choice input[value=auto]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


@pytest.mark.own_page
def test_another_tab_follows_choice(opened, page):
    opened("/")
    other = page.context.new_page()
    other.goto("/")
    settled(other)
    choose_scheme(page, "dark")
    expect(other.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    expect(other.locator("#theme-choice input[value=dark]")).to_be_checked()


def allow_not_found(page):
    """What the browser says of a page with status 404."""
    for complaint in ("status 404", "404 (NOT FOUND)"):
        page.complaints.allow(complaint)


@pytest.mark.parametrize("context_options", [{}, {"color_scheme": "dark"}, PHONE], ids=["light", "dark", "phone"])
@pytest.mark.parametrize("path", ["/", "/no-such-page"])
def test_accessible_and_no_wider_than_window(opened, page, path):
    if path == "/no-such-page":
        allow_not_found(page)
    opened(path)
    assert serious_violations(page) == []
    assert overflow(page) == 0


def test_unknown_address_leads_back(opened, page):
    allow_not_found(page)
    opened("/no-such-page")
    expect(page.locator("h1")).to_have_text("There is no page at this address")
    page.get_by_role("link", name="home page").click()
    expect(page.locator("h1")).to_have_text("Which atoms draw the bands?")


@pytest.mark.own_page
@pytest.mark.parametrize("path", ["/", "/methods", "/learn", "/learn?tour=atom&step=4"])
def test_nothing_moves_while_loading(opened, page, path):
    page.add_init_script(SHIFT_WATCH)
    opened(path)
    assert page.evaluate("window.shift") < 0.02
