"""Imperfections on Compose: calculated in the background, marked, in the link and in files; forged ones are refused."""

from playwright.sync_api import Page, expect

from tests.pages.compose import link_of, open_compose, redrawn

PATIENCE = 60_000
"""ms for an exact calculation of 8 or 16 atoms on a busy machine."""


def test_an_antisite_is_calculated_marked_and_taken_back(page: Page):
    """Two atoms a period: four cells have eight."""
    open_compose(page, "?stack=Si2&substrate=Si&view=total&path=G-X")
    page.get_by_text("Imperfections", exact=True).click()
    with redrawn(page):
        page.get_by_text("2 × 2", exact=True).click()
    expect(page.locator("#compose-badge")).to_contain_text("a cell of 8 atoms", timeout=PATIENCE)
    expect(page.locator("#compose-imperfect-cost")).to_contain_text("8 atoms, about")
    with redrawn(page):
        page.get_by_label("Antisite in plane").fill("2")
    title = page.locator("#compose-title")
    expect(title).to_contain_text("antisite in plane 2, seed 0, configuration 0", timeout=PATIENCE)
    expect(page.locator("#compose-layers")).to_contain_text("antisite")
    expect(page.locator("#compose-scene-text")).to_contain_text("Halo: antisite")
    page.wait_for_function("() => location.search.includes('antisite=2')")
    assert {name: link_of(page)[name] for name in ("lateral", "antisite")} == {"lateral": "2", "antisite": "2"}
    page.get_by_label("Antisite in plane").fill("3")
    expect(page.locator("#compose-imperfect-error")).to_contain_text("from 1 to 2")
    page.go_back()
    expect(page.locator("#compose-title")).not_to_contain_text("antisite")
    expect(page.get_by_label("Antisite in plane")).to_have_value("")
    page.go_back()
    expect(page.locator("#compose-badge")).not_to_contain_text("cell of 8 atoms")
    expect(page.locator("#compose-imperfect-box")).to_be_hidden()
