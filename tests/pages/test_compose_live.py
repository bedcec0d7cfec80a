"""The forward model on Compose: at once while controls move, verified when they rest, honest outside its domain."""

import re

import numpy as np
from playwright.sync_api import Page, expect

from core.electronic.spectral import Broadening, EnergyGrid, total_spectral_function
from core.forward.model import predict
from core.sessions.requests import make_request, solve
from tests.browser import settled
from tests.pages.compose import link_of, map_values, open_compose, press, redrawn

BADGE = "#compose-badge"


def test_prediction_alone_is_what_the_model_says(page: Page):
    open_compose(page, "?stack=Si3Ge5&substrate=Ge&view=total", engine="forward")
    expect(page.locator(BADGE)).to_contain_text("Predicted")
    total = predict(make_request("Si3Ge5", "Ge").crystal()).total()
    np.testing.assert_allclose(map_values(page), total.T, rtol=1e-5, atol=1e-6)
    assert link_of(page)["engine"] == "forward"


def test_rest_brings_the_exact_picture_and_says_how_the_prediction_held(page: Page):
    open_compose(page, "?stack=Si4Ge4&substrate=Si&view=total", engine="live")
    expect(page.locator(BADGE)).to_contain_text(re.compile(r"Exact\. The prediction held: R² 0\.9\d\d, VBM .* meV"))
    press(page, "n-si", "ArrowRight")
    expect(page.locator("#compose-title")).to_contain_text("Si5Ge4 on Si")
    request = make_request("Si5Ge4", "Si")
    wait_for_pixel(page, exact_total(request))
    expect(page.locator(BADGE)).to_contain_text("Exact. The prediction held")
    page.get_by_text("Forward", exact=True).click()
    wait_for_pixel(page, predict(request.crystal()).total())
    expect(page.locator(BADGE)).to_contain_text("Predicted. The prediction held")


def exact_total(request):
    found = solve(request)
    return total_spectral_function(found.bands, found.path.step, EnergyGrid(), Broadening())


def wait_for_pixel(page: Page, total: np.ndarray) -> None:
    """Wait until the picture is that of a total (k, energy), told by its brightest pixel."""
    k, energy = np.unravel_index(np.argmax(total), total.shape)
    page.wait_for_function(
        "([k, energy, value]) => Math.abs(document.querySelector('#compose-spectrum .js-plotly-plot')"
        "._fullData[0].z[energy][k] - value) < 1e-4 * value",
        arg=[int(k), int(energy), float(total[k, energy])],
    )


def test_beyond_the_exact_engine_the_prediction_stands_alone_and_says_so(page: Page):
    open_compose(page, engine="live")
    with redrawn(page):
        page.locator("#compose-stack").fill("Si150Ge150")
    expect(page.locator("#compose-title")).to_contain_text("Si150Ge150 on Si")
    expect(page.locator(BADGE)).to_have_attribute("data-kind", "outside")
    expect(page.locator(BADGE)).to_contain_text("too large for the exact engine")
    expect(page.locator("#compose-band-readouts")).to_contain_text("does not take so many atoms")
    expect(page.locator("#compose-progress-line")).to_have_css("visibility", "hidden")


def test_outside_the_domain_the_exact_engine_answers(page: Page):
    open_compose(page, engine="live")
    with redrawn(page):
        page.locator("#compose-substrate").fill("+5.5 %")
    expect(page.locator(BADGE)).to_contain_text("outside what the forward model learned (the substrate")
    expect(page.locator(BADGE)).to_contain_text("Exact")


def test_what_the_model_was_not_trained_for_is_exact_and_says_why(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Si&shells=p", engine="live")
    expect(page.locator(BADGE)).to_contain_text("Exact: the forward model does not tell orbitals apart")


def test_a_fast_drag_ends_on_its_last_sample(page: Page):
    open_compose(page, "?stack=Si4Ge4&substrate=Si&view=total&engine=live")
    thumb = page.locator("#compose-alloy [role=slider]")
    thumb.focus()
    for _ in range(30):
        thumb.press("ArrowRight")
    expect(page.locator("#compose-title")).to_contain_text("on Si0.7Ge0.3")
    wait_for_pixel(page, exact_total(make_request("Si4Ge4", "Si0.7Ge0.3")))
    settled(page)
    expect(page.locator("#compose-title")).to_contain_text("on Si0.7Ge0.3")


def test_what_moves_a_point_and_the_descriptors_of_an_atom(page: Page):
    open_compose(page, "?stack=Si4Ge4&substrate=Si&atom=5", engine="live")
    expect(page.locator("#compose-response")).to_contain_text("A of atom 6 Ge at the cursor")
    expect(page.locator(".response-bars span")).to_have_count(17)
    page.locator("#compose-picture").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#compose-response")).to_contain_text("E = -0.16 eV")
    page.locator(".descriptor-box summary").click()
    expect(page.locator("#compose-descriptors")).to_contain_text("Volume of the Voronoi cell.")
    expect(page.locator("#compose-descriptors dt").filter(has_text="1_order")).to_have_count(1)
