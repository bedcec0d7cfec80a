"""Interpret's curves: they follow the pointer, stay at a click or a typed place, and are fitted with errors."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import settled
from tests.data import DATA
from tests.pages.conftest import PHONE, overflow, serious_violations
from tests.pages.test_interpret import drop, open_interpret, wait_for_map

CURVE = "kind => Array.from(document.querySelector(`#interpret-${kind} .js-plotly-plot`).data[0].y)"


def with_example(page: Page) -> dict:
    """The sharp example; returns the box of its picture."""
    page.goto("/interpret?example=sharp")
    settled(page)
    wait_for_map(page)
    page.evaluate("() => window.scrollTo(0, 0)")
    return page.locator("#interpret-picture .nsewdrag").first.bounding_box()


def test_curves_follow_the_pointer_and_stay_at_a_click(page: Page):
    box = with_example(page)
    first = page.evaluate(CURVE, "edc")
    at = box["x"] + 0.7 * box["width"], box["y"] + 0.4 * box["height"]
    page.mouse.move(*at)
    page.wait_for_function(f"first => JSON.stringify(({CURVE})('edc')) !== JSON.stringify(first)", arg=first)
    followed = [page.evaluate(CURVE, kind) for kind in ("edc", "mdc")]
    page.mouse.click(*at)
    expect(page.locator("#interpret-cursor-k")).to_have_value("0.46")
    settled(page)
    for kind, curve in zip(("edc", "mdc"), followed, strict=True):  # drawn by the server from the same pixels
        assert page.evaluate(CURVE, kind) == pytest.approx(curve, rel=1e-3)
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.6 * box["height"])
    page.wait_for_function(f"first => JSON.stringify(({CURVE})('edc')) !== JSON.stringify(first)", arg=followed[0])
    page.mouse.move(5, 5)
    page.wait_for_function(f"first => Math.abs(({CURVE})('edc')[60] - first) < 1e-3 * first", arg=followed[0][60])


def test_curves_are_those_of_the_image_and_of_no_other_view(page: Page):
    box = with_example(page)
    page.locator("#interpret-view").get_by_text("Residual").click()
    settled(page)
    before = [page.evaluate(CURVE, kind) for kind in ("edc", "mdc")]
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.4 * box["height"])
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert [page.evaluate(CURVE, kind) for kind in ("edc", "mdc")] == before


def test_peaks_are_fitted_by_keyboard_alone(page: Page):
    with_example(page)
    for name, value in (("cursor-e", "-2.5"), ("fit-from", "0.1"), ("fit-to", "1")):
        page.locator(f"#interpret-{name}").fill(value)
        page.locator(f"#interpret-{name}").press("Enter")
    settled(page)
    page.get_by_role("button", name="Fit peaks").press("Enter")
    rows = page.locator("#interpret-curve-fit tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("±")
    box = page.locator("#interpret-picture .nsewdrag").first.bounding_box()
    before = page.evaluate(CURVE, "mdc")
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.4 * box["height"])
    page.wait_for_function(f"first => JSON.stringify(({CURVE})('mdc')) !== JSON.stringify(first)", arg=before)
    traces = "kind => document.querySelector(`#interpret-${kind} .js-plotly-plot`).data.length"
    assert sum(page.evaluate(traces, kind) for kind in ("edc", "mdc")) == 3  # the fit's line is still there
    page.get_by_role("button", name="Fit Fermi edge").press("Enter")
    expect(page.locator("#interpret-curve-error")).to_contain_text("No Fermi edge is seen")


def test_a_metals_edge_is_fitted_and_taken_as_a_step(page: Page):
    open_interpret(page)
    drop(page, DATA / "solaris_uranos_DA30.ibw")
    expect(page.locator("#interpret-steps")).to_contain_text("Fermi level", timeout=20_000)
    settled(page)
    page.get_by_role("button", name="Fit Fermi edge").click()
    expect(page.locator("#interpret-curve-fit")).to_contain_text("Fermi edge at E − E_F")
    page.get_by_role("button", name="Count energies from this edge").click()
    expect(page.locator("#interpret-record")).to_contain_text("(fitted edge)", timeout=20_000)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#interpret-record")).not_to_contain_text("(fitted edge)")


def test_derivative_changes_the_picture_and_not_the_figures(page: Page):
    with_example(page)
    figures = page.locator("#interpret-figures").inner_text()
    page.get_by_text("Display", exact=True).click()
    page.get_by_role("textbox", name="Derivative").click()
    page.get_by_role("option", name="curvature along E").click()
    page.wait_for_function(
        "() => document.querySelector('#interpret-picture .js-plotly-plot')._fullData[0].colorbar.title.text"
        " === 'curvature along E'"
    )
    settled(page)
    assert page.locator("#interpret-figures").inner_text() == figures


@pytest.mark.parametrize("context_options", [{"color_scheme": "dark"}, PHONE], ids=["dark", "phone"])
def test_curves_are_accessible_and_fit(page: Page, context_options: dict):
    with_example(page)
    page.get_by_text("Display", exact=True).click()
    page.get_by_role("button", name="Fit peaks").click()
    expect(page.locator("#interpret-curve-fit table")).to_be_visible()
    assert serious_violations(page) == []
    assert overflow(page) <= 0
