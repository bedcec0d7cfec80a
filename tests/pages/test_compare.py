"""Compare as a person uses it, in a real browser: sweeps, two samples, a sample along growth."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.design.sweep import Sweep
from core.sessions.growth import compute_growth
from core.sessions.sweeps import compute_sweep
from core.structure.sample import Sample
from tests.browser import settled
from tests.pages.compose import link_of, open_compose
from tests.pages.conftest import PHONE, overflow, serious_violations

KNOWN = "/compare?stack=Si1Ge1&substrate=Si&low=0.25&high=0.75&points=3"
PLOT = "document.querySelector('#compare-sweep-plot .js-plotly-plot')"
PATIENCE = 60_000


@pytest.fixture(scope="module", autouse=True)
def known_sweep() -> None:
    """The points of KNOWN, so that no test but that of the job computes."""
    compute_sweep(Sweep(Sample("Si1Ge1", "Si"), "substrate", 0.25, 0.75, 3), lambda fraction: None)


def drawn(page: Page) -> list:
    return page.evaluate(f"() => Array.from({PLOT}._fullData[0].y)")


def test_a_sweep_is_computed_in_the_background_drawn_and_tabled(page: Page):
    page.goto("/compare?stack=Si1Ge1&substrate=Si&mixing=0.35&low=0&high=0.4&points=3")
    expect(page.locator("#compare-sweep-said")).to_contain_text("0 of 3 points are known")
    page.get_by_role("button", name="Compute").press("Enter")
    expect(page.locator("#compare-sweep-said")).to_have_text("All 3 points are known.", timeout=PATIENCE)
    settled(page)
    assert all(0.3 < value < 1.3 for value in drawn(page))
    expect(page.locator("#compare-sweep-table tbody tr")).to_have_count(3)
    expect(page.get_by_role("button", name="Compute")).to_be_disabled()
    assert page.evaluate(f"() => {PLOT}._fullLayout.yaxis.title.text") == "Gap (eV)"


def test_a_sweep_that_runs_can_be_cancelled_and_says_so(page: Page):
    page.goto("/compare?stack=Si12Ge12&substrate=Si&points=9")
    page.get_by_role("button", name="Compute").click()
    expect(page.locator("#compare-sweep-running")).to_have_css("visibility", "visible")
    page.locator("#compare-sweep-cancel").click()
    expect(page.locator("#compare-sweep-said")).to_contain_text("cancelled")
    expect(page.locator("#compare-sweep-running")).to_have_css("visibility", "hidden")


def test_a_click_on_a_point_and_its_link_open_the_sample_in_compose_and_back_leads_here(page: Page):
    page.goto(KNOWN)
    expect(page.locator("#compare-sweep-plot .point")).to_have_count(3)
    settled(page)
    box = page.locator("#compare-sweep-plot .point").nth(1).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 2, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#compose-title")).to_contain_text("Si1Ge1 on Si0.5Ge0.5")
    page.go_back()
    expect(page.locator("#compare-sweep-title")).to_contain_text("Gap of Si1Ge1")
    page.locator("#compare-sweep-table").get_by_role("link", name="Si0.25Ge0.75").press("Enter")
    expect(page.locator("#compose-title")).to_contain_text("Si1Ge1 on Si0.25Ge0.75")


def test_compose_leads_here_with_its_sample(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Ge&mixing=0.5")
    page.get_by_role("link", name="Compare", exact=True).last.click()
    expect(page.locator("#compare-stack")).to_have_value("Si2Ge2")
    expect(page.locator("#compare-substrate")).to_have_value("Ge")
    expect(page.locator("#compare-mixing")).to_have_value("0.5")


def test_the_link_holds_the_state_and_back_takes_changes_back(page: Page):
    page.goto(KNOWN)
    settled(page)
    page.get_by_role("textbox", name="Draw").click()
    page.get_by_role("option", name="Band edges").click()
    page.wait_for_function("() => location.search.includes('quantity=edges')")
    page.get_by_role("textbox", name="Against").click()
    page.get_by_role("option", name="Interface mixing").click()
    page.wait_for_function("() => location.search.includes('along=mixing') && location.search.includes('high=3')")
    assert link_of(page)["points"] == "16"
    settled(page)
    page.go_back()
    expect(page.locator("#compare-high")).to_have_value("0.75")
    expect(page.get_by_role("textbox", name="Against")).to_have_value("Ge fraction of the substrate")
    expect(page.locator("#compare-sweep-title")).to_contain_text("Band edges of Si1Ge1 against the Ge fraction")
    page.go_forward()
    expect(page.locator("#compare-high")).to_have_value("3")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("#compare-sweep-title")).to_contain_text("Band edges of Si1Ge1 on Si against the interface")
    expect(page.locator("#compare-points")).to_have_value("16")


def test_what_is_wrong_is_said_below_its_fields_and_the_plot_stays(page: Page):
    page.goto(KNOWN)
    expect(page.locator("#compare-sweep-plot .point")).to_have_count(3)
    for name, text, where, said in (
        ("stack", "SiC4", "sample", "'C'"),
        ("stack", "Si4Ge4", "sample", ""),
        ("substrate", "5.2 Å", "sample", "strained"),
        ("substrate", "Si", "sample", ""),
        ("stack", "Si50Ge50", "sweep", "a shorter period"),
        ("stack", "Si1Ge1", "sweep", ""),
        ("high", "7", "sweep", "0 to 1"),
        ("high", "0.75", "sweep", ""),
        ("points", "400", "sweep", "3 to 25"),
    ):
        page.locator(f"#compare-{name}").fill(text)
        page.locator(f"#compare-{name}").press("Tab")
        error = page.locator(f"#compare-{where}-error")
        expect(error).to_contain_text(said) if said else expect(error).to_have_text("")
    expect(page.locator("#compare-sweep-plot .point")).to_have_count(3)


def test_bad_links_are_said_and_the_rest_is_used(page: Page):
    page.goto("/compare?stack=Si1Ge1&substrate=Si&quantity=mood&points=9999&colour=red")
    for word in ("mood", "9999", "colour"):
        expect(page.locator(".compare-page > .field-error")).to_contain_text(word)
    expect(page.locator("#compare-sweep-title")).to_contain_text("Gap of Si1Ge1")


def test_the_table_is_a_file_too(page: Page):
    page.goto(KNOWN)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8"))))
    assert [row["substrate"] for row in rows] == ["Si0.75Ge0.25", "Si0.5Ge0.5", "Si0.25Ge0.75"]
    page.wait_for_function(f"() => {PLOT}?._fullData?.length")
    assert [float(row["gap (eV)"]) for row in rows] == pytest.approx(drawn(page), rel=1e-5)


@pytest.mark.parametrize("context_options", [{"color_scheme": "light"}, {"color_scheme": "dark"}, PHONE])
def test_no_serious_accessibility_violation_and_no_scrolling_sideways(page: Page):
    page.goto(KNOWN)
    expect(page.locator("#compare-sweep-plot .point")).to_have_count(3)
    settled(page)
    assert serious_violations(page) == []
    assert overflow(page) <= 0
    expect(page.locator("#compare-block-box")).to_be_hidden()
    expect(page.locator("#navigation a[aria-current]")).to_have_text(re.compile("Compare"))


PAIR = "/compare?part=pair&stack=Si2Ge2&substrate=Si&stack2=Si2Ge2&substrate2=Ge"


def shown_map(name: str) -> str:
    return f"document.querySelector('#compare-{name}-map .js-plotly-plot')"


def open_pair(page: Page, query: str = "") -> None:
    page.goto(PAIR + query)
    for name in ("first", "second"):
        page.wait_for_function(f"() => {shown_map(name)}?._fullData?.[0]?.z")
    settled(page)


def ranges(page: Page, name: str) -> list:
    read = f"() => ['xaxis', 'yaxis'].flatMap(axis => {shown_map(name)}._fullLayout[axis].range)"
    return page.evaluate(read)


def test_two_samples_are_predicted_at_once_and_exact_when_asked(page: Page):
    open_pair(page)
    for name in ("first", "second"):
        expect(page.locator(f"#compare-{name}-badge")).to_contain_text("90 % error bar")
    expect(page.locator("#compare-pair-table")).to_contain_text("Gap, read from the spectrum")
    page.get_by_role("radiogroup", name="Engine").get_by_text("Exact").click()
    for name in ("first", "second"):
        expect(page.locator(f"#compare-{name}-badge")).to_have_text("Exact.")
    row = page.locator("#compare-pair-table tr", has_text="HH − LH")
    first, second, change = (float(text.replace("−", "-")) for text in row.locator("td").all_inner_texts())
    assert change == pytest.approx(second - first, abs=0.0015)
    page.wait_for_function("() => location.search.includes('engine=exact')")


def test_a_zoom_of_one_map_is_that_of_the_other(page: Page):
    open_pair(page)
    before = ranges(page, "second")
    box = page.locator("#compare-first-map .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 200, steps=4)
    page.mouse.up()
    page.wait_for_function(f"low => {shown_map('second')}._fullLayout.yaxis.range[0] > low + 1", arg=before[2])
    assert ranges(page, "second") == pytest.approx(ranges(page, "first"))


def test_samples_are_swapped_and_open_in_compose(page: Page):
    open_pair(page)
    page.get_by_role("button", name="Swap the samples").press("Enter")
    expect(page.locator("#compare-first-title")).to_have_text("Si2Ge2 on Ge")
    expect(page.locator("#compare-second-title")).to_have_text("Si2Ge2 on Si")
    page.wait_for_function("() => location.search.includes('substrate2=Si')")
    page.go_back()
    expect(page.locator("#compare-first-title")).to_have_text("Si2Ge2 on Si")
    page.locator("#compare-sample2-compose").click()
    expect(page.locator("#compose-title")).to_contain_text("Si2Ge2 on Ge")


def test_the_difference_takes_the_place_of_both(page: Page):
    open_pair(page)
    page.get_by_role("radiogroup", name="Spectra").get_by_text("Difference").click()
    expect(page.locator("#compare-first-title")).to_have_text("Si2Ge2 on Ge minus Si2Ge2 on Si")
    expect(page.locator("#compare-second-box")).to_be_hidden()
    values = page.evaluate(f"() => [{shown_map('first')}._fullData[0].zmin, {shown_map('first')}._fullData[0].zmax]")
    assert values[0] == -values[1]


def test_what_keeps_a_pair_from_being_drawn_is_said(page: Page):
    open_pair(page)
    page.locator("#compare-stack").fill("Si80Ge80")
    page.locator("#compare-stack").press("Enter")
    expect(page.locator("#compare-first-title")).to_have_text("Si80Ge80 on Si")
    page.get_by_role("switch", name="Spin-orbit coupling").check(force=True)
    expect(page.locator("#compare-pair-error")).to_contain_text("at most 128 with spin-orbit coupling")
    page.locator("#compare-substrate2").fill("5.1 Å")
    page.locator("#compare-substrate2").press("Enter")
    expect(page.locator("#compare-sample2-error")).to_contain_text("would be strained")


def test_a_pair_that_takes_long_is_computed_in_the_background(page: Page):
    page.goto("/compare?part=pair&stack=Si6Ge4&substrate=Si&so=1&engine=exact&stack2=Si2&substrate2=Si")
    expect(page.locator("#compare-first-badge")).to_contain_text("waits for the exact calculation")
    expect(page.locator("#compare-first-badge")).to_have_text("Exact.", timeout=PATIENCE)
    expect(page.locator("#compare-pair-table")).to_contain_text("Split-off below VBM")
    expect(page.locator("#compare-pair-running")).to_have_css("visibility", "hidden")


@pytest.mark.parametrize("context_options", [{"color_scheme": "light"}, PHONE | {"color_scheme": "dark"}])
def test_the_pair_has_no_serious_accessibility_violation_and_no_scrolling_sideways(page: Page):
    open_pair(page)
    assert serious_violations(page) == []
    assert overflow(page) <= 0


GROWTH = "/compare?part=growth&stack=Si1Ge1&substrate=Si"
DENSITY = "document.querySelector('#compare-density .js-plotly-plot')"


def test_a_sample_along_growth_has_its_profile_at_once_and_its_density_by_a_job(page: Page):
    page.goto("/compare?part=growth&stack=Si1Ge1&mixing=0.15&substrate=Si0.45Ge0.55")
    expect(page.locator("#compare-offsets")).to_contain_text("type II")
    expect(page.locator("#compare-offsets")).to_contain_text("In the stack", timeout=PATIENCE)
    page.wait_for_function(f"() => {DENSITY}?._fullData?.[0]?.type === 'heatmap'")
    title = page.evaluate(f"() => [{DENSITY}._fullLayout.xaxis.title.text, {DENSITY}._fullData[0].colorbar.title.text]")
    assert title == ["plane number, in growth order", "states (1/eV a plane)"]
    expect(page.locator("#compare-growth-running")).to_have_css("visibility", "hidden")


def test_a_period_too_long_for_the_density_is_said_and_what_stands_stays(page: Page):
    compute_growth(Sample("Si1Ge1", "Si"), lambda fraction: None)
    page.goto(GROWTH)
    expect(page.locator("#compare-growth-title")).to_contain_text("Si1Ge1 on Si")
    page.locator("#compare-stack").fill("Si30Ge30")
    page.locator("#compare-stack").press("Enter")
    expect(page.locator("#compare-growth-error")).to_contain_text("at most 48")
    page.wait_for_function("() => location.search.includes('Si30Ge30')")
    page.get_by_role("radiogroup", name="Part of the page").get_by_text("Two samples").click()
    expect(page.locator("#compare-growth-panel")).to_be_hidden()
    page.wait_for_function("() => location.search.includes('part=pair')")
    expect(page.locator("#compare-first-badge")).to_contain_text("outside what the forward model learned")
    page.go_back()
    expect(page.locator("#compare-pair-panel")).to_be_hidden()
    page.go_back()
    expect(page.locator("#compare-growth-error")).to_have_text("")
    expect(page.locator("#compare-growth-title")).to_contain_text("Si1Ge1 on Si")


@pytest.mark.parametrize("context_options", [{"color_scheme": "light"}, PHONE | {"color_scheme": "dark"}])
def test_growth_has_no_serious_accessibility_violation_and_no_scrolling_sideways(page: Page):
    compute_growth(Sample("Si1Ge1", "Si"), lambda fraction: None)
    page.goto(GROWTH)
    page.wait_for_function(f"() => {DENSITY}?._fullData?.[0]?.type === 'heatmap'")
    page.get_by_text("Edges of every plane").click()
    settled(page)
    assert serious_violations(page) == []
    assert overflow(page) <= 0
