"""Density functional theory on Compose: chosen, told apart from tight binding, refused where it knows nothing."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.sessions.requests import make_request, read_out
from tests.browser import settled
from tests.pages.compose import link_of, open_compose, redrawn
from tests.pages.conftest import PHONE, overflow, serious_violations

BADGE, TITLE, ERROR = "#compose-badge", "#compose-title", "#compose-engine-error"

PATIENCE = 60_000
"""ms for a calculation of 14 atoms on a busy machine."""


def gap(fidelity: str) -> str:
    return f"{read_out(make_request('Si2Ge2', 'Si', fidelity=fidelity))['gap']:.3f} eV"


def test_dft_is_chosen_says_so_everywhere_and_back_takes_it_back(page: Page):
    open_compose(page)
    readouts = page.locator("#compose-band-readouts")
    expect(readouts).to_contain_text(gap("tight-binding"))
    with redrawn(page):
        page.get_by_text("DFT", exact=True).click()
    expect(page.locator(BADGE)).to_contain_text(re.compile(r"Forward model of DFT \(PBE\), taught by \d+ structures"))
    expect(page.locator(TITLE)).to_have_text("Atom 1 Si, interfacial · Si2Ge2 on Si · DFT, forward model")
    expect(readouts).to_contain_text(gap("dft"))
    expect(page.locator("#compose-notes")).to_contain_text("at the lattice constants of its functional")
    expect(page.locator("#compose-response")).to_contain_text("by the forward model of tight binding")
    expect(page.locator("#compose-thumbnails")).to_have_attribute("style", re.compile("data:image/png"))
    page.wait_for_url(re.compile("engine=dft"))
    with page.expect_download() as download:
        page.locator("#compose-download-csv").click()
    assert download.value.suggested_filename == "Si2Ge2_on_Si_dft.csv"
    assert serious_violations(page) == []
    with redrawn(page):
        page.go_back()
    expect(page.locator(BADGE)).to_have_text("Exact.")
    expect(readouts).to_contain_text(gap("tight-binding"))
    assert link_of(page)["engine"] == "exact"
    with redrawn(page):
        page.go_forward()
    expect(page.locator(BADGE)).to_contain_text("Forward model of DFT")


def test_a_link_opens_it_and_what_it_cannot_do_is_said_beside_its_control(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Si&view=total", engine="dft")
    expect(page.locator(BADGE)).to_contain_text("Forward model of DFT")
    expect(page.locator(ERROR)).to_be_empty()
    page.get_by_label("Spin-orbit coupling").check(force=True)
    expect(page.locator(ERROR)).to_contain_text("leaves spin-orbit coupling out. Take that back")
    expect(page.locator(BADGE)).to_have_text(
        "Si2Ge2 on Si is not shown by DFT. The picture is still the one named above."
    )
    expect(page.locator("#compose-band-readouts")).to_contain_text("Not known by DFT")
    with redrawn(page):
        page.get_by_text("Exact", exact=True).click()
    expect(page.locator(BADGE)).to_have_text("Exact: the forward model was trained without spin-orbit coupling.")
    expect(page.locator(ERROR)).to_be_empty()
    page.get_by_text("DFT", exact=True).click()
    expect(page.locator(BADGE)).to_contain_text("The picture is still the one named above, by tight binding.")
    with redrawn(page):
        page.get_by_label("Spin-orbit coupling").uncheck(force=True)
    expect(page.locator(BADGE)).to_contain_text("Forward model of DFT")


def test_a_larger_sample_waits_for_the_background_and_shows_no_other_theory_meanwhile(page: Page):
    open_compose(page, engine="dft")
    page.locator("#compose-stack").fill("Si8Ge6")
    expect(page.locator(BADGE)).to_have_text(
        "Si8Ge6 on Si waits for the forward model of DFT. The picture is still the one named above."
    )
    expect(page.locator(TITLE)).to_contain_text("Si2Ge2 on Si · DFT")
    expect(page.locator("#compose-progress-text")).to_have_text("Forward model of DFT")
    expect(page.locator(TITLE)).to_have_text(
        "Atom 1 Si, interfacial · Si8Ge6 on Si · DFT, forward model", timeout=PATIENCE
    )
    expect(page.locator(BADGE)).to_contain_text("Forward model of DFT (PBE)")
    expect(page.locator("#compose-band-readouts")).to_contain_text("By the forward model of PBE")


@pytest.mark.parametrize("context_options", [PHONE | {"color_scheme": "dark"}], ids=["dark-phone"])
def test_on_a_phone_nothing_is_wider_than_the_window(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Si&shells=spd", engine="exact")
    page.get_by_text("DFT", exact=True).click()
    expect(page.locator(ERROR)).to_contain_text("does not tell orbitals apart")
    settled(page)
    assert overflow(page) <= 0
    assert serious_violations(page) == []
