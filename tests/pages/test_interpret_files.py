"""Interpret on a scan as a beamline writes it: what was read stands beside the picture, and each value can be set."""

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from playwright.sync_api import Page, expect

from tests.browser import settled
from tests.core.cli.test_infer_files import over_angles
from tests.data import DATA
from tests.pages.conftest import PHONE, overflow, serious_violations
from tests.pages.test_interpret import drop, open_interpret, saved

RECORD, FIGURES = "#interpret-record", "#interpret-figures"


@pytest.fixture
def scan(tmp_path) -> Path:
    """Three photon energies in kinetic energies; normal emission at 3 degree; E_F at hν − 4.6 eV."""
    one = over_angles(3.0)
    parts = []
    for photons in (98.0, 100.0, 102.0):
        part = one.assign_coords(eV=one.eV.values + 95.4).rename(eV="kinetic_energy")
        parts.append(part.expand_dims(hv=[photons]))
    whole = xr.concat(parts, "hv", join="override").astype(np.float32)
    whole.attrs = {"temperature": 20.0}
    whole["kinetic_energy"].attrs["units"] = "eV"
    whole["alpha"].attrs["units"] = "deg"
    whole["hv"].attrs["units"] = "eV"
    path = tmp_path / "scan.nc"
    whole.to_dataset(name="counts").to_netcdf(path, engine="h5netcdf")
    return path


def set_number(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label)
    field.fill(value)
    field.press("Enter")


def test_a_scan_is_opened_a_slice_chosen_and_its_values_corrected(page: Page, scan: Path):
    open_interpret(page)
    drop(page, scan)
    record = page.locator(RECORD)
    expect(record).to_contain_text("Image 1 of 3", timeout=20_000)
    expect(record).to_contain_text("hν 98 eV")
    expect(record).to_contain_text("Temperature 20 K")
    expect(record).to_contain_text("Normal emission")
    page.get_by_role("textbox", name="Image of the file").click()
    page.get_by_role("option", name=re.compile("Image 2 of 3")).click()
    expect(record).to_contain_text("Image 2 of 3")
    expect(record).to_contain_text("hν 100 eV")
    figures = page.locator(FIGURES)
    expect(figures).to_contain_text("Fermi level above VBM", timeout=20_000)
    settled(page)
    before = figures.inner_text()
    set_number(page, "E_F in the file, eV", "95.4")
    expect(record).to_contain_text("E_F on the file's axis 95.4 eV (given)")
    set_number(page, "Normal emission, °", "3")
    expect(record).to_contain_text("Normal emission 3 degree (given)")
    expect(figures).not_to_have_text(before, use_inner_text=True, timeout=20_000)
    settled(page)
    report = saved(page, "Report").decode()
    for part in (
        "image 2 of 3",
        "hν 100 eV",
        "95.4 eV (given)",
        "normal emission 3 degree (given)",
        "temperature 20 K",
    ):
        assert part in report, part
    assert not serious_violations(page)


@pytest.mark.parametrize("context_options", [PHONE], ids=["phone"])
def test_what_was_read_fits_a_phone(page: Page, scan: Path):
    open_interpret(page)
    drop(page, scan)
    expect(page.locator(RECORD)).to_contain_text("Image 1 of 3", timeout=20_000)
    settled(page)
    assert not overflow(page)


def test_a_fit_by_the_exact_engine_comes_beside_the_guess(page: Page):
    open_interpret(page)
    page.get_by_role("button", name="Sharp superlattice").click()
    expect(page.locator("#interpret-verdict")).to_contain_text("are known", timeout=20_000)
    page.get_by_role("button", name="Fit", exact=True).click()
    result = page.locator("#interpret-fit-result")
    expect(result).to_contain_text("In-plane lattice constant", timeout=120_000)
    expect(result).to_contain_text("Si5Ge7")
    expect(page.locator("#interpret-fit-state").get_by_role("link", name="Watch it")).to_have_attribute(
        "href", re.compile(r"/loop\?run=")
    )
    page.get_by_role("button", name="Strained alloy").click()
    expect(result).to_be_empty()


def test_what_was_found_stands_in_the_fields_and_in_the_result(page: Page, scan: Path):
    open_interpret(page)
    drop(page, scan)
    expect(page.get_by_label("Photons hν, eV")).to_have_value("98", timeout=20_000)
    expect(page.locator(".interpret-controls")).to_contain_text("symmetry of the picture")
    expect(page.locator(".interpret-controls")).to_contain_text("an inner potential of 12.6 eV it is 0.")
    for row in ("Photon energy hν98 eVheader", "Normal emission3", "kz from hν"):
        expect(page.locator(FIGURES)).to_contain_text(row, timeout=20_000)


def test_what_is_known_of_the_sample_narrows_the_answer(page: Page):
    open_interpret(page)
    page.get_by_role("button", name="Sharp superlattice").click()
    expect(page.locator(FIGURES)).to_contain_text("In-plane lattice constant", timeout=20_000)
    page.get_by_text("What is known of the sample").click()
    page.locator("#interpret-substrate").fill("Si0.5Ge0.5")
    expect(page.locator("#interpret-candidates")).to_contain_text("a∥ = 5.544", timeout=20_000)
    page.get_by_role("textbox", name="Structure").click()
    page.get_by_role("option", name="One material or alloy").click()
    expect(page.locator("#interpret-candidates a").first).to_have_text(re.compile("^\\(Si"), timeout=20_000)
    page.locator("#interpret-substrate").fill("Ge")
    expect(page.locator("#interpret-verdict")).to_contain_text("at odds with the image", timeout=20_000)


def test_what_the_model_does_not_know_is_folded_away(page: Page):
    open_interpret(page)
    drop(page, DATA / "sls_sis.h5")
    expect(page.locator("#interpret-verdict")).to_contain_text("outside what the model knows", timeout=20_000)
    table = page.locator(FIGURES).get_by_text("In-plane lattice constant")
    expect(table).to_be_hidden()
    page.get_by_text("What the model says of it all the same").click()
    expect(table).to_be_visible()
