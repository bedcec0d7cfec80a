"""Everything by the keyboard alone: nothing here is clicked or focused by other means than Tab."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.sessions.readings import EXAMPLES
from tests.browser import settled

FARTHEST = 120
MARKED = """() => {
  const focused = document.activeElement;
  const look = () => [focused, focused.parentElement].map((element) => {
    const style = getComputedStyle(element);
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor].join();
  }).join();
  const with_focus = look();
  focused.blur();
  const without = look();
  focused.focus();
  return with_focus !== without;
}"""
"""Whether the focused element, or what it stands in, looks otherwise than without the focus."""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on an element, which shows it.

    Raises:
        AssertionError: it is not reached, or has no mark of the focus.
    """
    for _ in range(FARTHEST):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            break
    else:
        raise AssertionError(f"{selector} is not reached by {FARTHEST} times Tab")
    assert page.evaluate(MARKED), f"{selector} does not show that it has the focus"


def write(page: Page, text: str, then: str = "Enter") -> None:
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    page.keyboard.press(then)


def test_a_stack_is_composed_and_an_atom_chosen(page: Page):
    page.goto("/")
    settled(page)
    tab_to(page, "#navigation-compose")
    page.keyboard.press("Enter")
    expect(page.locator("#compose-title")).to_contain_text("All atoms")
    settled(page)
    tab_to(page, "#compose-stack")
    write(page, "Si2Ge2")
    expect(page.locator("#compose-title")).to_contain_text("Si2Ge2 on Si")
    tab_to(page, ".thumbnail[data-atom='0'], .layer[data-atom='3']")
    page.keyboard.press("Enter")
    expect(page.locator("#compose-title")).to_contain_text("Atom")
    tab_to(page, ".layer")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".layer[aria-pressed=true]")).to_be_focused()


@pytest.mark.own_page
def test_a_file_is_chosen_calibrated_and_its_result_read(page: Page):
    page.on(
        "filechooser", lambda chooser: None
    )  # now: a browser that is told at the key press may open the dialog before
    page.goto("/interpret")
    settled(page)
    expect(page.locator("#interpret-upload input")).to_have_attribute("aria-label", re.compile("Band images"))
    tab_to(page, "#interpret-upload *")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(EXAMPLES / "sharp.nc")
    verdict = page.locator("#interpret-verdict")
    expect(verdict).to_contain_text("are known", timeout=60_000)
    expect(verdict).to_have_attribute("role", "status")  # which screen readers read out
    settled(page)
    tab_to(page, "#interpret-k-centre")
    write(page, "0.02", "Tab")
    expect(page.locator("#interpret-steps")).to_contain_text("Γ at 0.02")
    expect(verdict).to_contain_text("known", timeout=60_000)
    settled(page)
    tab_to(page, "#interpret-candidates a")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    opened.value.close()
    tab_to(page, "#interpret-export-html")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename.endswith(".html")
