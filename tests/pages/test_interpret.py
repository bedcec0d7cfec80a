"""Interpret as a person uses it, in a real browser."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from playwright.sync_api import Page, expect

from core.sessions.readings import EXAMPLES
from tests.browser import settled
from tests.data import DATA, FIGURE
from tests.pages.conftest import PHONE, SHIFT_WATCH, overflow, serious_violations

GRAPH = "document.querySelector('#interpret-picture .js-plotly-plot')"


def open_interpret(page: Page) -> None:
    page.goto("/interpret")
    settled(page)


def drop(page: Page, path: Path) -> None:
    page.locator("#interpret-upload input").set_input_files(path)


def saved(page: Page, button: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(waiting.value.path()).read_bytes()


def choose(page: Page, view: str) -> None:
    page.get_by_role("radiogroup", name="Picture").get_by_text(view, exact=True).click()


def wait_for_map(page: Page) -> None:
    page.wait_for_function(f"() => {GRAPH} && {GRAPH}._fullData && {GRAPH}._fullData[0]?.type === 'heatmap'")


@pytest.mark.parametrize("name", ["Sharp superlattice", "Graded interfaces", "Strained alloy"])
def test_each_example_goes_from_click_to_report(page: Page, name: str, tmp_path):
    open_interpret(page)
    page.get_by_role("button", name=name).click()
    expect(page.locator("#interpret-verdict")).to_contain_text("are known", timeout=20_000)
    expect(page.locator("#interpret-figures")).to_contain_text("In-plane lattice constant")
    assert page.locator("#interpret-candidates a").count() >= 3
    wait_for_map(page)
    for view in ("Predicted", "Residual", "Why strain", "Why interface", "Image"):
        choose(page, view)
        settled(page)
        expect(page.locator("#interpret-problem")).to_be_empty()
    document = json.loads(saved(page, "JSON"))
    assert document["in_domain"] is True
    assert document["descriptors"]["lattice_in_plane"]["unit"] == "Å"
    (tmp_path / "a.nc").write_bytes(saved(page, "NetCDF"))
    data = xr.open_dataset(tmp_path / "a.nc")
    assert data["intensity"].dims == ("eV", "kx")
    assert json.loads(data.attrs["result"])["candidates"] == document["candidates"]
    report = saved(page, "Report").decode()
    assert 'download="interpretation.json"' in report
    assert not re.search("https?:", report.replace("http://www.w3.org", ""))
    best = page.locator("#interpret-candidates a").first
    assert best.get_attribute("href").startswith("/compose?stack=")


def test_beamline_file_is_read_and_found_outside(page: Page):
    open_interpret(page)
    drop(page, DATA / "sls_sis.h5")
    expect(page.locator("#interpret-verdict")).to_contain_text("outside what the model knows", timeout=20_000)
    expect(page.locator("#interpret-steps")).to_contain_text("Angle to momentum: hν 98.9971 eV")
    wait_for_map(page)
    assert json.loads(saved(page, "JSON"))["in_domain"] is False


def test_picture_is_calibrated_by_clicking(page: Page):
    open_interpret(page)
    drop(page, FIGURE)
    expect(page.locator("#interpret-view [value=raw]")).to_be_checked(timeout=20_000)
    page.wait_for_function(f"() => {GRAPH}?._fullLayout?.images?.length")
    # Ticks of the figure's axes: k = -1 and 1 at x = 202 and 520, E = 0 and -6 at y = 134 and 410.
    for x, y, value in ((202, 300, "-1"), (520, 300, "1"), (300, 134, "0"), (300, 410, "-6")):
        page.locator("#interpret-point-value").fill(value)
        page.locator("#interpret-point-value").press("Tab")
        before = page.locator("#interpret-points-text").inner_text()
        page.locator("#interpret-picture").scroll_into_view_if_needed()
        place = page.evaluate(
            f"([x, y]) => {{ const gd = {GRAPH}; const box = gd.querySelector('.nsewdrag').getBoundingClientRect();"
            " const l = gd._fullLayout; return [box.left + l.xaxis.d2p(x), box.top + l.yaxis.d2p(y)]; }",
            [x, y],
        )
        page.mouse.click(*place)
        expect(page.locator("#interpret-points-text")).not_to_have_text(before)
    expect(page.locator("#interpret-k-left")).not_to_have_value("", timeout=20_000)
    assert float(page.locator("#interpret-k-left").input_value()) == pytest.approx(-1.51, abs=0.06)
    expect(page.locator("#interpret-e-bottom")).not_to_have_value("", timeout=20_000)
    assert float(page.locator("#interpret-e-bottom").input_value()) == pytest.approx(-8.7, abs=0.15)
    choose(page, "Image")
    wait_for_map(page)
    expect(page.locator("#interpret-figures")).to_contain_text("In-plane lattice constant")
    document = json.loads(saved(page, "JSON"))
    assert [step["step"] for step in document["reading"]["steps"]] == ["frame", "colours", "picture_axes"]
    assert "Frame " in saved(page, "Report").decode()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#interpret-verdict")).to_contain_text("Give the axes")


def test_steps_are_set_removed_and_undone_by_keyboard(page: Page):
    open_interpret(page)
    drop(page, FIGURE)
    steps, centre = page.locator("#interpret-steps li"), page.locator("#interpret-k-centre")
    usual = [re.compile("Frame .*px"), "Colours: auto", re.compile("Missing. Give the axes")]
    expect(steps).to_have_text(usual, timeout=20_000)
    centre.fill("0.02")
    centre.press("Enter")
    moved = "Momentum: Γ at 0.02 1/Å, scale 1Remove"
    expect(steps).to_have_text([*usual[:2], moved, usual[2]])
    page.get_by_label("Symmetrise about Γ", exact=True).press("Space")
    even = "Symmetrise about ΓRemove"
    expect(steps).to_have_text([*usual[:2], moved, even, usual[2]])
    page.get_by_role("button", name="Remove the step Momentum").press("Enter")
    expect(steps).to_have_text([*usual[:2], even, usual[2]])
    expect(centre).to_have_value("0")
    undo = page.get_by_role("button", name="Undo")
    undo.press("Enter")
    expect(steps).to_have_text([*usual[:2], moved, even, usual[2]])
    expect(centre).to_have_value("0.02")
    undo.press("Enter")
    expect(steps).to_have_text([*usual[:2], moved, usual[2]])
    undo.press("Enter")
    expect(steps).to_have_text(usual)
    expect(page.get_by_label("Symmetrise about Γ", exact=True)).not_to_be_checked()


def test_focus_stays_in_a_list_that_gets_shorter(page: Page):
    open_interpret(page)
    drop(page, FIGURE)
    steps, undo = page.locator("#interpret-steps"), page.get_by_role("button", name="Undo")
    named = "Remove the step {}".format
    remove = {name: page.get_by_role("button", name=named(name)) for name in ("Frame", "Momentum", "Symm")}
    expect(remove["Frame"]).to_be_visible(timeout=20_000)
    page.locator("#interpret-k-centre").fill("0.02")
    page.locator("#interpret-k-centre").press("Enter")
    expect(remove["Momentum"]).to_be_visible()
    page.get_by_label("Symmetrise about Γ", exact=True).press("Space")
    expect(remove["Symm"]).to_be_visible()
    remove["Momentum"].press("Enter")
    expect(remove["Momentum"]).to_have_count(0)
    expect(remove["Symm"]).to_be_focused()
    page.keyboard.press("Enter")
    expect(remove["Symm"]).to_have_count(0)
    expect(undo).to_be_focused()
    remove["Frame"].press("Space")
    expect(steps).not_to_contain_text("Frame")
    expect(undo).to_be_focused()
    keep = page.get_by_role("button", name="Keep as a cut of this sample")
    keep.press("Enter")
    page.get_by_role("button", name=f"Drop {FIGURE.name}").press("Enter")
    expect(page.locator("#interpret-others-list li")).to_have_count(0)
    expect(keep).to_be_focused()


class Network:
    """A slow one: holds back requests for the reading or the kept cuts, or others, until all are let through."""

    def __init__(self, page: Page, outputs: str = r"interpret-(reading|others)\.data"):
        self._page, self._outputs, self._held, self._open = page, outputs, [], False
        page.route(re.compile("/_dash-update-component"), self._hold)

    def _hold(self, route) -> None:
        output = (route.request.post_data_json or {}).get("output", "")
        if not self._open and re.match(rf"\.*{self._outputs}", output):
            self._held.append(route)
        else:
            route.continue_()

    def let_through(self) -> None:
        """What is held, the last request first, and all that comes after it."""
        self._open = True
        for route in reversed(self._held):
            route.continue_()
        self._held.clear()


def with_picture(page: Page) -> None:
    open_interpret(page)
    drop(page, FIGURE)
    expect(page.locator("#interpret-steps")).to_contain_text("Missing. Give the axes", timeout=20_000)
    settled(page)


def type_in(page: Page, name: str, value: str) -> None:
    with page.expect_request(lambda request: "interpret-reading" in (request.post_data or "")):
        page.locator(f"#interpret-{name}").fill(value)
        page.locator(f"#interpret-{name}").press("Tab")


@pytest.mark.own_page
def test_edits_within_one_round_trip_are_all_taken(page: Page):
    with_picture(page)
    steps, network = page.locator("#interpret-steps"), Network(page)
    type_in(page, "k-centre", "0.02")
    type_in(page, "k-scale", "1.1")
    page.get_by_role("button", name="Remove the step Frame").click()
    page.get_by_label("Symmetrise about Γ", exact=True).press("Space")
    page.get_by_role("button", name="Keep as a cut of this sample").click()
    network.let_through()
    expect(steps).to_contain_text("Momentum: Γ at 0.02 1/Å, scale 1.1")
    expect(steps).to_contain_text("Symmetrise")
    expect(steps).not_to_contain_text("Frame")
    expect(page.locator("#interpret-k-centre")).to_have_value("0.02")
    settled(page)
    page.get_by_role("button", name="Undo").click()
    expect(steps).not_to_contain_text("Symmetrise")
    page.get_by_role("button", name="Undo").click()
    expect(steps).to_contain_text("Frame")


@pytest.mark.own_page
def test_a_field_that_is_changed_while_an_earlier_answer_is_shown_is_taken(page: Page):
    open_interpret(page)
    page.get_by_role("button", name="Sharp superlattice").click()
    expect(page.locator("#interpret-figures")).to_contain_text("In-plane lattice constant", timeout=20_000)
    settled(page)
    network = Network(page, r"interpret-calibration\.hidden")
    with page.expect_request(lambda request: "interpret-calibration.hidden" in (request.post_data or "")):
        type_in(page, "k-centre", "0.02")
    centre, scale = page.locator("#interpret-k-centre"), page.locator("#interpret-k-scale")
    scale.fill("1.1")
    scale.press("Tab")
    network.let_through()
    expect(page.locator("#interpret-steps")).to_contain_text("Momentum: Γ at 0.02 1/Å, scale 1.1")
    expect(centre).to_have_value("0.02")
    expect(scale).to_have_value("1.1")


@pytest.mark.own_page
def test_undoing_within_one_round_trip_undoes_as_often(page: Page):
    with_picture(page)
    centre, undo = page.locator("#interpret-k-centre"), page.get_by_role("button", name="Undo")
    type_in(page, "k-centre", "0.02")
    expect(page.locator("#interpret-steps")).to_contain_text("Γ at 0.02")
    settled(page)
    network = Network(page)
    type_in(page, "k-centre", "0.03")
    undo.click()
    undo.click()
    network.let_through()
    expect(page.locator("#interpret-steps")).not_to_contain_text("Momentum")
    expect(centre).to_have_value("0")


@pytest.mark.own_page
def test_cuts_are_dropped_within_one_round_trip(page: Page):
    open_interpret(page)
    keep, cuts = (
        page.get_by_role("button", name="Keep as a cut of this sample"),
        page.locator("#interpret-others-list li"),
    )
    for number, name in enumerate(("sharp", "graded", "alloy"), 1):
        page.locator("#interpret-upload input").set_input_files(EXAMPLES / f"{name}.nc")
        expect(page.locator("#interpret-file-name")).to_contain_text(name, timeout=20_000)
        settled(page)
        keep.click()
        expect(cuts).to_have_count(number)
    settled(page)
    network = Network(page)
    drops = page.locator("#interpret-others-list button[aria-label^=Drop]")
    drops.nth(0).click()
    drops.nth(2).click()
    network.let_through()
    expect(cuts).to_have_count(1)
    expect(cuts).to_contain_text("graded.nc")
    settled(page)
    drops.nth(0).click()
    expect(cuts).to_have_count(0)


def test_axes_are_typed_and_wait_for_each_other(page: Page):
    open_interpret(page)
    drop(page, FIGURE)
    steps = page.locator("#interpret-steps")
    expect(steps).to_contain_text("Missing. Give the axes", timeout=20_000)
    ends = {"k-left": "-1.5", "k-right": "1.67", "e-bottom": "-8.65", "e-top": "2"}
    for number, (name, value) in enumerate(ends.items()):
        if number == 2:  # an edit between the ends leaves those that wait
            page.get_by_role("button", name="Remove the step Frame").click()
            expect(steps).not_to_contain_text("Frame")
            expect(page.locator("#interpret-k-right")).to_have_value("1.67")
        page.locator(f"#interpret-{name}").fill(value)
        page.locator(f"#interpret-{name}").press("Tab")
    expect(steps).to_contain_text("Axes: k∥ -1.5 to 1.67 1/Å, E -8.65 to 2 eV")
    page.get_by_role("button", name="Undo").click()
    expect(steps).to_contain_text("Missing. Give the axes")
    for name in ends:
        expect(page.locator(f"#interpret-{name}")).to_have_value("")


def test_refused_file_is_said_and_the_result_stays(page: Page, tmp_path):
    open_interpret(page)
    page.get_by_role("button", name="Strained alloy").click()
    expect(page.locator("#interpret-verdict")).to_contain_text("are known", timeout=20_000)
    before = page.locator("#interpret-figures").inner_text()
    (tmp_path / "bad.png").write_text("this is text")
    drop(page, tmp_path / "bad.png")
    expect(page.locator("#interpret-upload-error")).not_to_be_empty()
    np.save(tmp_path / "code.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    drop(page, tmp_path / "code.npy")
    expect(page.locator("#interpret-upload-error")).not_to_be_empty()
    (tmp_path / "huge.h5").write_bytes(b"\0" * (65 * 2**20))
    drop(page, tmp_path / "huge.h5")
    expect(page.locator("#interpret-upload-error")).to_contain_text("at most 64 MB")
    assert page.locator("#interpret-figures").inner_text() == before


def test_experiment_is_made_from_a_stack(page: Page):
    open_interpret(page)
    page.get_by_text("Make an experiment from a stack").click()
    page.locator("#interpret-made-stack").fill("Si3Xe4")
    page.get_by_role("button", name="Measure it").click()
    expect(page.locator("#interpret-made-error")).to_contain_text("X")
    page.locator("#interpret-made-stack").fill("Si6Ge4")
    page.get_by_role("button", name="Measure it").click()
    expect(page.locator("#interpret-made-error")).to_be_empty()
    expect(page.locator("#interpret-figures")).to_contain_text("Mean Ge fraction", timeout=20_000)
    wait_for_map(page)


def test_an_experiment_shows_its_values_and_its_truth_beside_the_reading(page: Page):
    open_interpret(page)
    page.get_by_text("Make an experiment from a stack").click()
    shown = page.locator("#interpret-made-kz-shown")
    expect(shown).to_have_text("0")
    page.get_by_role("slider", name="kz, 2π/c̄").press("End")
    expect(shown).to_have_text("1")
    page.locator("#interpret-made-stack").fill("Si40Ge40")
    page.get_by_role("button", name="Measure it").click()
    expect(page.locator("#interpret-made-error")).to_contain_text("repeats after 80 monolayers")
    page.locator("#interpret-made-stack").fill("Si2Ge2")
    page.get_by_role("button", name="Measure it").click()
    truth = page.locator(".truth")
    expect(truth).to_contain_text("Simulated from Si2Ge2 on Si, sharp interfaces", timeout=20_000)
    expect(truth.locator("tr", has_text="Mean Ge fraction")).to_contain_text("0.500")
    expect(truth.locator("tr", has_text="kz")).to_contain_text("1.000")


@pytest.mark.parametrize("context_options", [{"color_scheme": "light"}, {"color_scheme": "dark"}, PHONE])
def test_accessible_and_not_wider_than_the_window(page: Page, context_options: dict):
    open_interpret(page)
    page.get_by_role("button", name="Sharp superlattice").click()
    expect(page.locator("#interpret-verdict")).to_contain_text("are known", timeout=20_000)
    assert serious_violations(page) == []
    assert overflow(page) <= 0


@pytest.mark.parametrize("context_options", [PHONE])
def test_navigation_and_views_fit_a_phone(page: Page, context_options: dict):
    open_interpret(page)
    for row in ("#navigation", "#interpret-view"):
        assert page.locator(row).evaluate("row => row.scrollWidth - row.clientWidth") <= 0, row


def test_every_control_has_a_hint_and_terms_lead_to_the_glossary(page: Page):
    open_interpret(page)
    drop(page, FIGURE)
    expect(page.locator("#interpret-steps")).to_contain_text("Missing. Give the axes", timeout=20_000)
    page.goto("/interpret?example=sharp")
    settled(page)
    page.get_by_role("button", name="Keep as a cut of this sample").click()
    page.evaluate("() => document.querySelectorAll('.interpret details').forEach(one => { one.open = true; })")
    settled(page)
    bare = page.evaluate(
        "() => [...document.querySelectorAll('.interpret :is(button, input:not([type=file], [type=hidden]))')]"
        ".filter(one => !one.closest('[title]') && !one.hasAttribute('aria-describedby') && !one.closest('.modebar'))"
        ".map(one => one.id || one.outerHTML.slice(0, 80))"
    )
    assert bare == []
    links = page.locator("a.term").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(set(links)) >= 12
    page.goto("/learn")
    settled(page)
    anchors = page.evaluate("() => [...document.querySelectorAll('[id^=term-]')].map(one => one.id)")
    assert {link.partition("#")[2] for link in links} <= set(anchors)


@pytest.mark.own_page
def test_what_is_in_sight_keeps_its_place_while_the_page_loads(page: Page):
    page.add_init_script(SHIFT_WATCH)
    open_interpret(page)
    expect(page.locator("#interpret-picture .js-plotly-plot")).to_be_visible()
    assert page.evaluate("window.shift") < 0.02
