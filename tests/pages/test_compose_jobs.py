"""Background calculations of Compose: handed over, cancelled, asked again."""

import re

import psutil
import pytest
from playwright.sync_api import Page, expect

from app import app
from tests.pages.compose import open_compose, redrawn

PATIENCE = 60_000
"""ms for an exact calculation on a busy machine."""


def test_finished_job_brings_picture_thumbnails_and_readouts(page: Page):
    open_compose(page)
    with redrawn(page):
        page.locator("#compose-stack").fill("Si10Ge8")
    expect(page.locator("#compose-title")).to_contain_text("Si10Ge8 on Si")
    expect(page.locator("#compose-band-readouts")).to_contain_text("Gap", timeout=PATIENCE)
    expect(page.locator("#compose-thumbnails")).to_have_attribute("style", re.compile("data:image/png"))
    expect(page.locator("#compose-progress-line")).to_have_css("visibility", "hidden")
    expect(page.get_by_role("button", name="Compute")).to_be_hidden()


@pytest.mark.parametrize("stack", ["Si4Ge6", "Si8Ge10"], ids=["quick", "with a job of its own"])
def test_new_sample_ends_the_running_job(page: Page, stack: str):
    open_compose(page)
    before = set(psutil.Process().children(recursive=True))
    page.locator("#compose-stack").fill("Si40Ge40")
    expect(page.locator("#compose-progress-line")).to_have_css("visibility", "visible")
    page.wait_for_function(
        "() => Number(document.getElementById('compose-progress').getAttribute('value')) > 0", timeout=PATIENCE
    )
    jobs = set(psutil.Process().children(recursive=True)) - before
    assert jobs
    with redrawn(page):
        page.locator("#compose-stack").fill(stack)
    expect(page.locator("#compose-title")).to_contain_text(f"{stack} on Si")
    expect(page.locator("#compose-progress-line")).to_have_css("visibility", "hidden")
    assert not psutil.wait_procs(jobs, timeout=30)[1]


@pytest.mark.slow
def test_cancelled_job_can_be_asked_again(page: Page):
    # large enough not to be done before the cancel arrives
    open_compose(page)
    page.locator("#compose-stack").fill("Si26Ge20")
    line, compute = page.locator("#compose-progress-line"), page.get_by_role("button", name="Compute")
    expect(line).to_have_css("visibility", "visible")
    page.locator("#compose-cancel").click()
    expect(line).to_have_css("visibility", "hidden")
    expect(page.locator("#compose-title")).to_contain_text("Si2Ge2 on Si")
    compute.press("Enter")
    expect(compute).to_be_hidden()
    expect(page.locator("#compose-title")).to_contain_text("Si26Ge20 on Si", timeout=PATIENCE)
    expect(page.locator("#compose-band-readouts")).to_contain_text("Gap", timeout=PATIENCE)


def test_new_sample_takes_the_offer_to_compute_away(page: Page):
    open_compose(page)
    page.locator("#compose-stack").fill("Si36Ge34")  # long enough to be cancelled on a busy machine
    page.locator("#compose-cancel").click()
    compute = page.get_by_role("button", name="Compute")
    expect(compute).to_be_visible()
    with redrawn(page):
        page.locator("#compose-stack").fill("Si2Ge6")
    expect(compute).to_be_hidden()


def test_killed_job_says_so_and_can_be_started_again(page: Page):
    open_compose(page)
    before = set(psutil.Process().children(recursive=True))
    page.locator("#compose-stack").fill("Si18Ge14")
    expect(page.locator("#compose-progress-line")).to_have_css("visibility", "visible")
    (job,) = set(psutil.Process().children(recursive=True)) - before
    job.kill()
    expect(page.locator("#compose-ended-text")).to_contain_text("was ended from outside")
    expect(page.locator("#compose-progress-line")).to_have_css("visibility", "hidden")
    page.get_by_role("button", name="Compute").press("Enter")
    expect(page.locator("#compose-title")).to_contain_text("Si18Ge14 on Si", timeout=PATIENCE)
    expect(page.locator("#compose-ended")).to_be_hidden()


@pytest.mark.slow
@pytest.mark.own_page
def test_second_page_of_the_same_person_waits_and_says_so(page: Page):
    open_compose(page)
    page.locator("#compose-stack").fill("Si40Ge42")
    expect(page.locator("#compose-progress-line")).to_have_css("visibility", "visible")
    other = page.context.new_page()
    open_compose(other)
    other.locator("#compose-stack").fill("Si12Ge14")
    expect(other.locator("#compose-progress-text")).to_have_text("Waiting: 1 job is before yours")
    page.locator("#compose-cancel").click()
    expect(other.locator("#compose-progress-text")).to_have_text("Exact calculation")
    expect(other.locator("#compose-title")).to_contain_text("Si12Ge14 on Si", timeout=PATIENCE)


def test_a_picture_that_is_not_there_yet_is_not_saved_and_breaks_nothing(page: Page):
    page.goto("/compose?stack=Si40Ge38&substrate=Si&engine=exact")
    expect(page.locator("#compose-badge")).to_contain_text("waits for the exact calculation")
    page.get_by_role("button", name="PNG", exact=True).click()
    page.locator("#compose-cancel").click()
    expect(page.locator("#compose-ended-text")).to_contain_text("cancelled")


def test_a_press_of_cancel_shares_its_callback_with_nothing_that_ticks():
    """Dash merges or drops the requests for one callback that wait together, and a press among them."""
    inputs = [entry["inputs"] for entry in app.callback_map.values()]
    pressed = [each for each in inputs if any("cancel" in one["id"] and one["property"] == "n_clicks" for one in each)]
    assert len(pressed) >= 5
    assert all(len(each) == 1 for each in pressed if "loop-" not in each[0]["id"])
