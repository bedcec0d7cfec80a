"""Design in Chromium: from a target to stacks, cancelled and searched again; a drawn band; a link; the keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import settled
from tests.pages.conftest import PHONE, overflow, serious_violations

QUICK = "/design?targets=gap%3D0.6..1.1&longest=3"
PRESS_AS_THE_POLL_TICKS = """() => {
    dash_clientside.set_props("design-poll", {n_intervals: 1000});
    document.getElementById("design-cancel").click();
}"""
ROWS = ".design-table tbody tr"


def searched(page: Page) -> None:
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#design-status")).to_contain_text("all verified", timeout=60_000)


@pytest.mark.parametrize("context_options", [{}, PHONE | {"color_scheme": "dark"}], ids=["light", "dark-phone"])
def test_a_target_leads_to_stacks_that_open_in_compose(opened, page, context_options):
    opened(QUICK)
    expect(page.locator("#design-meaning")).to_have_text("Gap 0.6 to 1.1 eV.")
    searched(page)
    rows = page.locator(ROWS)
    assert rows.count() >= 4
    expect(page.locator("#design-front .point").first).to_be_attached()
    rows.nth(1).get_by_role("button").click()
    expect(rows.nth(1).get_by_role("button")).to_have_attribute("aria-pressed", "true")
    stack = rows.nth(1).get_by_role("button").inner_text().strip()
    expect(page.locator("#design-picture-title")).to_contain_text(stack)
    page.get_by_role("button", name="a∥ (Å)").click()
    expect(page.locator('th[aria-sort="ascending"]')).to_have_text("a∥ (Å)")
    settled(page)
    assert serious_violations(page) == []
    assert overflow(page) == 0
    with page.expect_popup() as other:
        rows.first.get_by_role("link", name="Compose").click()
    expect(other.value).to_have_url(re.compile(r"/compose\?stack=.+&substrate="))
    other.value.close()


def test_a_search_shows_progress_is_cancelled_and_goes_on_when_asked_again(opened, page):
    opened("/design?targets=gap%3D0.6..1.1%2C+hhlh%3E0.01&longest=8")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(ROWS).first).to_be_visible(timeout=60_000)
    assert 0 < float(page.locator("#design-progress").get_attribute("value") or 0) < 1
    page.evaluate(PRESS_AS_THE_POLL_TICKS)
    said = re.compile(r"^Search cancelled\. (1 answer is|\d+ answers are) kept; press Search to go on$")
    expect(page.locator("#design-status")).to_have_text(said)
    expect(page.locator(ROWS).first).to_be_visible()
    page.get_by_role("textbox", name="Targets").fill("gap=0.6..1.1")
    page.locator("#design-longest").fill("3")
    page.locator("#design-longest").press("Tab")
    searched(page)
    expect(page).to_have_url(re.compile("longest=3"))
    page.go_back()
    expect(page.get_by_role("textbox", name="Targets")).to_have_value("gap=0.6..1.1, hhlh>0.01")


def test_a_band_is_drawn_with_the_pointer_and_erased_in_its_field(opened, page):
    opened("/design")
    box = page.locator("#design-picture .nsewdrag").first.bounding_box()
    across = lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])  # noqa: E731
    page.mouse.move(*across(0.27, 0.5))
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(*across(0.27 + 0.02 * step, 0.5 + 0.03 * step + 0.01 * (step % 2)))
    page.mouse.up()
    field = page.get_by_role("textbox", name="Drawn band")
    expect(field).to_have_value(re.compile(r"^\d+:-?\d.*, \d+:-\d"))
    expect(page.locator("#design-meaning")).to_contain_text("a band along the drawn curve")
    settled(page)
    field.fill("")
    field.press("Tab")
    expect(page.locator("#design-meaning")).not_to_contain_text("drawn curve")
    expect(page.locator("#design-picture .shapelayer path")).to_have_count(3)


@pytest.mark.parametrize("moved_before", [False, True])
def test_a_page_that_goes_while_its_picture_is_dragged_leaves_no_drag_behind(opened, page, moved_before):
    opened("/design")
    box = page.locator("#design-picture .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    if moved_before:
        page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.evaluate("document.querySelector('header a[href=\"/learn\"]').click()")
    expect(page.locator("#design-picture")).to_have_count(0)
    page.mouse.move(box["x"] + 90, box["y"] + 90)
    expect(page.locator(".dragcover")).to_have_count(0)
    page.mouse.move(box["x"] + 120, box["y"] + 90)
    page.mouse.up()
    settled(page)


def test_a_band_is_opened_from_a_table(opened, page, tmp_path):
    opened("/design")
    upload = page.locator("#design-band-file input")
    for name, last in (("band.csv", "36,-0.9"), ("bad.csv", "36,x")):
        (tmp_path / name).write_text(f"k,E\n24,-0.1\n{last}\n")
    upload.set_input_files(tmp_path / "band.csv")
    expect(page.get_by_role("textbox", name="Drawn band")).to_have_value("24:-0.1, 36:-0.9")
    upload.set_input_files(tmp_path / "bad.csv")
    expect(page.locator("#design-problem")).to_contain_text("Line 3")
    expect(page.get_by_role("textbox", name="Drawn band")).to_have_value("24:-0.1, 36:-0.9")


def test_what_is_not_understood_is_said_beside_it_and_nothing_is_lost(opened, page):
    opened("/design?longest=x")
    expect(page.locator("#design-problem")).to_contain_text("Longest period: 'x' is no whole number")
    targets = page.get_by_role("textbox", name="Targets")
    targets.fill("gapp=0.7")
    expect(page.locator("#design-meaning")).to_contain_text("not known")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#design-problem")).to_contain_text("not known")
    expect(targets).to_have_value("gapp=0.7")
    page.get_by_role("button", name="Gap of 0.8 eV").click()
    expect(targets).to_have_value("gap=0.78..0.82")
    page.locator("#design-low").fill("0.1")
    page.locator("#design-low").press("Tab")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(targets).to_have_value("gap=0.78..0.82, gap>0.1")
