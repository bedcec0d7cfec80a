"""Interpret loses nothing: reload, Back and links bring back what was there, and a file holds a whole session."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.experiment.photoemission.experiment import simulated_experiment
from docs.examples import MEASUREMENT
from tests.browser import settled
from tests.data import FIGURE
from tests.pages.test_interpret import drop, open_interpret, saved

VERDICT, STEPS, FIGURES = "#interpret-verdict", "#interpret-steps", "#interpret-figures"
SESSION = re.compile(r"/interpret\?session=[0-9a-f]{32}$")


def calibrated_example(page: Page) -> str:
    """An example with a step of one's own; returns what it says."""
    open_interpret(page)
    page.get_by_role("button", name="Sharp superlattice").click()
    expect(page.locator(VERDICT)).to_contain_text("are known", timeout=20_000)
    page.locator("#interpret-k-centre").fill("0.01")
    page.locator("#interpret-k-centre").press("Enter")
    expect(page.locator(STEPS)).to_contain_text("Γ at 0.01")
    settled(page)
    return page.locator(FIGURES).inner_text()


def expect_again(page: Page, figures: str) -> None:
    expect(page.locator(STEPS)).to_contain_text("Γ at 0.01", timeout=20_000)
    expect(page.locator("#interpret-k-centre")).to_have_value("0.01")
    expect(page.locator(FIGURES)).to_have_text(figures, use_inner_text=True, timeout=20_000)


def test_reload_and_back_bring_back_image_calibration_and_result(page: Page):
    figures = calibrated_example(page)
    expect(page).to_have_url(SESSION)
    page.get_by_role("button", name="Strained alloy").click()
    expect(page.locator("#interpret-file-name")).to_contain_text("Strained alloy", timeout=20_000)
    settled(page)
    page.go_back()
    expect_again(page, figures)
    page.reload()
    expect_again(page, figures)
    settled(page)
    page.get_by_role("button", name="Undo").click()  # the steps before are there too
    expect(page.locator(STEPS)).not_to_contain_text("Γ at 0.01")
    settled(page)
    page.get_by_role("navigation").get_by_role("link", name="Methods").click()
    expect(page.locator("h1")).to_contain_text("Methods")
    page.go_back()
    expect(page.locator(VERDICT)).to_contain_text("are known", timeout=20_000)
    expect(page.locator(STEPS)).not_to_contain_text("Γ at 0.01")


def test_an_empty_page_goes_on_with_the_last_image(page: Page):
    figures = calibrated_example(page)
    page.goto("/interpret")
    page.get_by_role("link", name="Go on with the last image").click()
    expect_again(page, figures)


def test_a_link_that_names_nothing_kept_says_so(page: Page):
    page.goto(f"/interpret?session={'0' * 32}")
    expect(page.locator("#interpret-upload-error")).to_contain_text("no longer kept")


@pytest.fixture
def cuts(tmp_path) -> list[Path]:
    """Γ-X and Γ-K of one sample; their names say so."""
    files = []
    for cut in ("G-X", "G-K"):
        settings = MEASUREMENT | {"kz": 0.3, "final_momentum": 6.0, "fermi_above_vbm": 0.4}
        files.append(tmp_path / f"film_{cut}.nc")
        files[-1].write_bytes(simulated_experiment("Si2Ge4", "Si0.5Ge0.5", 0.0, cut, settings, 5))
    return files


def test_two_cuts_are_dropped_together_saved_and_opened_again(page: Page, cuts: list[Path], tmp_path):
    open_interpret(page)
    page.locator("#interpret-upload input").set_input_files(cuts)
    name, kept, figures = (page.locator(f"#interpret-{part}") for part in ("file-name", "others-list", "figures"))
    expect(name).to_have_text("film_G-X.nc, Γ–X cut", timeout=20_000)
    expect(kept).to_contain_text("film_G-K.nc, Γ–K cut")
    expect(figures).to_contain_text("Image 2 (Γ–K): known", timeout=20_000)
    page.get_by_role("button", name="Show film_G-K.nc").click()
    expect(name).to_have_text("film_G-K.nc, Γ–K cut")
    expect(kept).to_contain_text("film_G-X.nc, Γ–X cut")
    expect(figures).to_contain_text("Image 2 (Γ–X): known", timeout=20_000)
    settled(page)
    said = figures.inner_text()
    (tmp_path / "session.zip").write_bytes(saved(page, "Session"))
    page.goto("/interpret")
    settled(page)
    drop(page, tmp_path / "session.zip")
    expect(name).to_have_text("film_G-K.nc, Γ–K cut", timeout=20_000)
    expect(kept).to_contain_text("film_G-X.nc, Γ–X cut")
    expect(figures).to_have_text(said, use_inner_text=True, timeout=20_000)
    expect(page).to_have_url(SESSION)


def test_of_several_files_the_good_ones_are_taken_and_the_others_named(page: Page, cuts: list[Path], tmp_path):
    (tmp_path / "bad.png").write_text("this is text")
    open_interpret(page)
    page.locator("#interpret-upload input").set_input_files([tmp_path / "bad.png", cuts[1]])
    expect(page.locator("#interpret-file-name")).to_have_text("film_G-K.nc, Γ–K cut", timeout=20_000)
    expect(page.locator("#interpret-upload-error")).to_contain_text("bad.png")


def test_an_uncalibrated_cut_says_which_it_is(page: Page, cuts: list[Path]):
    open_interpret(page)
    page.locator("#interpret-upload input").set_input_files([cuts[0], FIGURE])
    expect(page.locator(VERDICT)).to_contain_text(f"{FIGURE.name}, G-X: Give the axes", timeout=20_000)


def test_candidates_open_in_a_new_tab(page: Page):
    calibrated_example(page)
    with page.context.expect_page() as opened:
        page.locator("#interpret-candidates a").first.click()
    expect(opened.value).to_have_url(re.compile(r"/compose\?stack="))
    expect(page.locator(STEPS)).to_contain_text("Γ at 0.01")
