"""The line that Compose looks along: cuts at any kz, paths of a person's own, and the zone that shows them."""

import numpy as np
from playwright.sync_api import Page, expect

from core.electronic.kpath import build_cut
from core.engines import ENGINES, Cut
from core.sessions.requests import make_request
from tests.browser import settled
from tests.pages.compose import GRAPH, link_of, map_values, open_compose, press, redrawn
from tests.pages.conftest import serious_violations


def line_of_zone(page: Page) -> str:
    return page.locator("#compose-zone .line").get_attribute("d")


def ticks(page: Page) -> list[str]:
    return page.evaluate(f"() => {GRAPH}.layout.xaxis.ticktext")


def test_a_cut_follows_its_kz_and_everything_says_so(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Si&view=total&line=G-X&kz=0.3", engine="live")
    crystal = make_request("Si2Ge2", "Si").crystal()
    exact = ENGINES["exact"].solve(crystal, Cut("G-X", 0.3)).total()
    page.wait_for_function(
        "() => document.getElementById('compose-badge').textContent.startsWith('Exact at kz = 0.30')"
    )
    np.testing.assert_allclose(map_values(page), exact.T, rtol=1e-4, atol=1e-5)
    expect(page.locator("#compose-title")).to_contain_text("Γ–X cut at kz = 0.30 · 2π/c̄")
    expect(page.locator("#compose-cursor-text")).to_contain_text("k∥ = 0.000 1/Å along Γ–X")
    assert ticks(page) == ["−X", "Γ", "X"]
    assert serious_violations(page) == []
    low, steps = line_of_zone(page), page.evaluate("() => history.length")
    press(page, "kz", "ArrowRight")
    expect(page.locator("#compose-title")).to_contain_text("kz = 0.31")
    expect(page.locator("#compose-badge")).to_contain_text("Exact at kz = 0.31 · 2π/c̄. The prediction held: R² 0.9")
    settled(page)
    assert line_of_zone(page) != low
    assert page.evaluate("() => history.length") == steps, "a line is a view, and no step to go back from"
    assert {"line": "G-X", "kz": "0.31"}.items() <= link_of(page).items()
    with page.expect_download() as download:
        page.locator("#compose-download-csv").click()
    assert download.value.suggested_filename == "Si2Ge2_on_Si_G-X_kz_0.31.csv"
    rows = np.genfromtxt(download.value.path(), delimiter=",", names=True)
    k = build_cut(crystal, "G-X", 0.31).k_reduced
    np.testing.assert_allclose(np.unique(rows["kz_2pic"]), [0.31])
    np.testing.assert_allclose(np.unique(rows["kx_2pia"]), k[:, 0], atol=1e-5)


def test_a_path_of_one_s_own_is_exact_and_a_wrong_one_is_said(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Si&view=total&kz=7&line=G-X", engine="live")
    expect(page.locator("#compose-problems")).to_contain_text("kz is 7; 0.0 to 1.0 is allowed")
    with redrawn(page):
        page.locator("#compose-line").get_by_text("Path", exact=True).click()
    with redrawn(page):
        page.locator("#compose-path").fill("x-Γ-z|l-g")
    expect(page.locator("#compose-badge")).to_contain_text("Exact: the forward model knows the standard path")
    expect(page.locator("#compose-title")).to_contain_text("path X–Γ–Z | L–Γ")
    assert ticks(page) == ["X", "Γ", "Z | L", "Γ"]
    expect(page.locator("#compose-cursor-text")).to_contain_text("1/Å from X")  # the cursor went to the first Γ
    assert page.evaluate(f"() => {GRAPH}.layout.shapes[0].x0 === {GRAPH}.layout.xaxis.tickvals[1]")
    settled(page)
    assert link_of(page)["path"] == "X-G-Z|L-G"
    page.locator("#compose-path").fill("X-Q")
    expect(page.locator(".compose-line")).to_contain_text("is not understood at 'Q'")
    with redrawn(page):
        page.get_by_role("button", name="Along growth").click()
    assert ticks(page) == ["Γ", "Z"]
    expect(page.locator(".compose-line")).not_to_contain_text("not understood")
