"""The Loop page as a person uses it, in a real browser."""

import os
import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.processes import pid_of
from core.sessions import runs
from core.sessions.readings import EXAMPLES
from tests.browser import settled
from tests.pages.conftest import PHONE, overflow, serious_violations

STATUS = "#loop-status"
DRAWN = "document.querySelector('#loop-picture .js-plotly-plot')?._fullData?.map(trace => trace.type).join()"


def start(page: Page, upload: Path | None = None) -> str:
    """A run from an example on Interpret, or from a file; its id."""
    page.goto("/interpret")
    settled(page)
    if upload:
        page.locator("#interpret-upload input").set_input_files(upload)
    else:
        page.get_by_role("button", name="Sharp superlattice").click()
    expect(page.locator("#interpret-verdict")).to_contain_text("are known", timeout=60_000)
    page.get_by_role("button", name="Refine in the loop").click()
    page.wait_for_url(re.compile(r"/loop\?run="))
    return page.url.rpartition("=")[2]


def press(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled()
    button.click()


def report_opened_offline(page: Page, result: dict, file: Path) -> None:
    """The report that the button gives, in a page that reaches no network."""
    with page.expect_download() as waiting:
        press(page, "Report")
    waiting.value.save_as(file)
    offline = page.context.browser.new_context(offline=True).new_page()
    asked: list[str] = []
    offline.on("request", lambda request: asked.append(request.url))
    offline.goto(file.as_uri())
    expect(offline.locator("h1")).to_contain_text(result["candidates"][0]["stack"])
    expect(offline.locator("body")).to_contain_text("sharp.nc")
    assert offline.locator("svg image").count() >= 3
    assert serious_violations(offline) == []
    assert all(url.startswith(("file:", "data:")) for url in asked), asked
    offline.context.close()


def test_watched_paused_stepped_reloaded_and_opened_in_compose(page: Page):
    run = start(page)
    press(page, "Pause")
    expect(page.locator(STATUS)).to_contain_text("Paused", timeout=60_000)
    paused = len(runs.steps(run))
    page.get_by_label("Try a stack").fill("Si40Ge40")
    press(page, "Try it")
    expect(page.locator("#loop-tried")).to_contain_text("80 planes")
    page.get_by_label("Try a stack").fill("Si3Ge9")
    press(page, "Try it")
    expect(page.locator("#loop-tried")).to_contain_text("Si3Ge9 is fitted next")
    press(page, "One step")
    expect(page.locator(STATUS)).to_contain_text(f"Paused, step {paused}:")
    assert len(runs.steps(run)) == paused + 1
    page.reload()
    expect(page.locator(STATUS)).to_contain_text(f"Paused, step {paused}:")
    for view, traces in (("Contours", "heatmap,contour"), ("Difference", "heatmap"), ("Blend", "heatmap,heatmap")):
        page.get_by_role("radiogroup", name="Picture").get_by_text(view, exact=True).click()
        page.wait_for_function(f"() => {DRAWN} === '{traces}'")
    press(page, "Go on")
    expect(page.locator("#loop-result")).to_contain_text("The exact engine", timeout=90_000)
    tracks, result = (page.locator(f"#loop-{part}").bounding_box() for part in ("tracks", "result"))
    assert tracks["height"] > 300
    assert tracks["x"] >= result["x"] + result["width"], "the tracks cover the result"
    steps, result = runs.steps(run), runs.result(run)
    assert steps[-1]["residual"] < steps[0]["residual"]
    expect(page.locator("#loop-candidates")).to_contain_text(result["candidates"][0]["stack"])
    page.get_by_role("link", name="Open in Compose").click()
    page.wait_for_url(re.compile("/compose"))
    expect(page.locator("#compose-stack")).to_have_value(steps[-1]["stack"])


@pytest.mark.slow
def test_an_upload_is_stopped_given_more_time_reported_and_started_again(page: Page, tmp_path):
    run = start(page, EXAMPLES / "sharp.nc")
    expect(page.locator("#loop-fitting")).to_contain_text("Fitting", timeout=60_000)
    press(page, "Pause")
    expect(page.locator("#loop-fitting")).to_contain_text("Best so far", timeout=60_000)
    picture, slider = (page.locator(part).bounding_box() for part in (".loop-image", ".loop-picture .blend"))
    assert picture["height"] > 300
    assert slider["y"] >= picture["y"] + picture["height"], "the picture lies under its slider"
    expect(page.locator(STATUS)).to_contain_text("Paused", timeout=60_000)
    press(page, "Stop")
    expect(page.locator(STATUS)).to_contain_text("Stopped by hand. Go on gives it the next budget.", timeout=60_000)
    stopped = len(runs.steps(run))
    page.get_by_label("Budget, candidates").fill("3")
    press(page, "Go on")
    expect(page.locator("#loop-result")).to_be_empty()
    expect(page.locator("#loop-result")).to_contain_text("The exact engine", timeout=90_000)
    assert len(runs.steps(run)) > stopped
    assert runs.budget(run).candidates == 3
    report_opened_offline(page, runs.result(run), tmp_path / "report.html")
    press(page, "Start again")
    page.wait_for_url(lambda url: "/loop?run=" in url and run not in url)
    expect(page.locator(STATUS)).to_contain_text("step")
    press(page, "Stop")


def test_a_killed_worker_is_said_and_the_run_goes_on_from_its_last_step(page: Page):
    run = start(page)
    press(page, "Pause")
    expect(page.locator(STATUS)).to_contain_text("Paused", timeout=60_000)
    os.kill(pid_of((runs._folder(run) / "worker").read_text()), signal.SIGKILL)
    expect(page.locator(STATUS)).to_contain_text("ended from outside")
    kept = runs.steps(run)
    press(page, "Go on")
    expect(page.locator("#loop-result")).to_contain_text("The exact engine", timeout=90_000)
    assert runs.steps(run)[: len(kept)] == kept
    assert len(runs.steps(run)) > len(kept)


@pytest.mark.slow
def test_two_people_watch_their_own_runs(page: Page):
    first, second = start(page), start(page)
    assert first != second
    for run in (first, second):
        page.goto(f"/loop?run={run}")
        expect(page.locator(STATUS)).to_contain_text("step")
        press(page, "Stop")
    for run in (first, second):
        page.goto(f"/loop?run={run}")
        expect(page.locator("#loop-result")).to_contain_text("The exact engine", timeout=90_000)
    assert runs.result(first)["stop_reason"]
    assert runs.result(second)["stop_reason"]


def test_without_a_run_it_says_how_to_start(opened):
    page = opened("/loop")
    expect(page.get_by_text("What the models learn from this")).to_be_visible()
    expect(page.get_by_text("Learn from the cases", exact=True)).to_be_hidden()  # the owner's
    expect(page.get_by_role("link", name="Interpret").last).to_be_visible()
    page = opened("/loop?run=../../etc/passwd")
    expect(page.get_by_text("This is no run of the loop")).to_be_visible()
    page.get_by_role("button", name="Graded interfaces").click()
    expect(page.locator(STATUS)).to_contain_text("step")
    press(page, "Stop")


@pytest.mark.parametrize("context_options", [{"color_scheme": "dark"}, PHONE])
def test_accessible_and_no_wider_than_the_window(page: Page, finished_run: str):
    page.goto(f"/loop?run={finished_run}")
    expect(page.locator("#loop-result")).to_contain_text("The exact engine")
    settled(page)
    assert serious_violations(page) == []
    assert overflow(page) <= 0


@pytest.fixture(autouse=True)
def nothing_left_running():
    """Runs that a failed test leaves behind are cancelled: the test run would wait for their processes."""
    yield
    for folder in runs._runs().glob("*"):
        runs.order(folder.name, "cancel")
