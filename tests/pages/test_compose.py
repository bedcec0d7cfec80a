"""Compose as a person uses it, in a real browser."""

import io
import re
from urllib.parse import urlsplit

import ase.io
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from PIL import Image
from playwright.sync_api import Page, expect

from components.learn.texts import text_sections
from core.sessions.requests import make_request
from core.structure.files import structure_text
from tests.pages.compose import GRAPH, choose_atom, link_of, map_values, open_compose, press, redrawn
from tests.pages.conftest import PHONE, SHIFT_WATCH, overflow, serious_violations

SLIDERS = ("n-si", "n-ge", "repeats", "alloy", "mixing", "sigma")


def saved(page: Page, button: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    with open(waiting.value.path(), "rb") as file:
        return file.read()


@pytest.mark.own_page
def test_cold_page_draws_and_describes_its_first_picture(page: Page):
    open_compose(page, "")
    expect(page.locator("#compose-title")).to_have_text("All atoms: the unfolded bands · Si4Ge4 on Si")
    values = map_values(page)
    assert values.shape == (176, 96)
    assert values.max() > 0.1
    expect(page.locator(".thumbnail")).to_have_count(8)
    expect(page.locator(".layer")).to_have_count(8)
    page.wait_for_function("() => document.getElementById('compose-scene-view').dataset.atoms === '8'")
    expect(page.locator("#compose-band-readouts")).to_contain_text("indirect")


@pytest.mark.slow
def test_every_slider_changes_the_picture_and_its_label_and_takes_them_back(page: Page):
    open_compose(page)
    first = map_values(page)
    for name in SLIDERS:
        label = page.locator(f"#compose-{name}-shown").inner_text()
        with redrawn(page):
            press(page, name, "End" if name == "mixing" else "ArrowRight")
        expect(page.locator(f"#compose-{name}-shown")).not_to_have_text(label)
        moved = map_values(page)
        assert moved.shape == first.shape
        if name == "repeats":
            expect(page.locator("#compose-stack")).to_have_value("[Si2Ge2]2")
            np.testing.assert_allclose(moved, first / 2, atol=1e-4 * first.max())
        else:
            assert np.abs(moved - first).max() > 1e-3, name
        with redrawn(page):
            press(page, name, "Home" if name == "mixing" else "ArrowLeft")
        expect(page.locator(f"#compose-{name}-shown")).to_have_text(label)
        np.testing.assert_allclose(map_values(page), first, atol=1e-6, err_msg=name)


def test_strain_slider_writes_the_substrate(page: Page):
    open_compose(page)
    page.get_by_text("Strain", exact=True).click()
    with redrawn(page):
        press(page, "strain", "ArrowRight")
    expect(page.locator("#compose-substrate")).to_have_value("+0.1 %")


def test_notation_moves_the_sliders_and_presets_fill_the_form(page: Page):
    open_compose(page)
    page.locator("#compose-stack").fill("[Si3 ge5]2")
    expect(page.locator("#compose-n-si-shown")).to_have_text("3 ML")
    expect(page.locator("#compose-n-ge-shown")).to_have_text("5 ML")
    expect(page.locator("#compose-repeats-shown")).to_have_text("2")
    page.get_by_role("button", name="Graded interface").click()
    expect(page.locator("#compose-stack")).to_have_value("Si8Ge8")
    expect(page.locator("#compose-mixing-shown")).to_have_text("1.5 ML")
    expect(page.locator("#compose-title")).to_contain_text("mixed over 1.5 ML")


def test_bad_input_is_said_beside_its_control_and_the_picture_stays(page: Page):
    open_compose(page)
    before = map_values(page)
    stack, substrate = page.locator("#compose-stack"), page.locator("#compose-substrate")
    for text, said in (("SiC4", "'C'"), ("", "stack"), ("Si600", "512"), ("[Si9999]9999", "4096")):
        stack.fill(text)
        expect(page.locator("#compose-stack-error")).to_contain_text(said)
    stack.fill("Si2Ge2")
    expect(page.locator("#compose-stack-error")).to_have_count(0)
    for text, said in (("GaAs", "not understood"), ("+9 %", "strained")):
        substrate.fill(text)
        expect(page.locator("#compose-substrate-error")).to_contain_text(said)
    np.testing.assert_array_equal(map_values(page), before)


def test_odd_stack_is_doubled_and_says_so(page: Page):
    open_compose(page, "?stack=Si2Ge1&substrate=Si")
    expect(page.locator("#compose-notes")).to_contain_text("doubled")
    expect(page.locator(".layer")).to_have_count(6)


def test_choosing_an_atom_by_thumbnail_layer_and_keyboard(page: Page):
    open_compose(page)
    first = map_values(page)
    choose_atom(page, 2)
    expect(page.locator("#compose-title")).to_contain_text("Atom 3 Ge")
    assert np.abs(map_values(page) - first).max() > 1e-2
    layer = page.locator(".layer[data-atom='2']")
    expect(layer).to_have_attribute("aria-pressed", "true")
    layer.focus()
    layer.press("ArrowDown")
    expect(page.locator("#compose-title")).to_contain_text("Atom 2 Si")


def test_choosing_an_atom_in_the_3d_view(page: Page):
    open_compose(page)
    page.wait_for_function("() => document.getElementById('compose-scene-view').dataset.atoms === '4'")
    place = page.evaluate("() => window.dash_clientside.compose.screenPosition(3)")
    box = page.locator("#compose-scene-view").bounding_box()
    page.mouse.click(box["x"] + place["x"], box["y"] + place["y"])
    expect(page.locator("#compose-title")).to_contain_text("Atom 4 Ge")


def test_difference_is_the_first_atom_minus_the_one_before(page: Page):
    open_compose(page)
    one = map_values(page)
    choose_atom(page, 2)
    expect(page.locator("#compose-title")).to_contain_text("Atom 3 Ge")
    three = map_values(page)
    with redrawn(page):
        page.get_by_text("Difference", exact=True).click()
    expect(page.locator("#compose-title")).to_contain_text("Atom 3 Ge minus atom 1 Si")
    np.testing.assert_allclose(map_values(page), three - one, atol=1e-5)


@pytest.mark.slow
def test_orbital_parts_add_up_to_the_atom(page: Page):
    open_compose(page)
    whole = map_values(page)
    total = np.zeros_like(whole)
    for letters in ("s", "p", "d", "S"):
        open_compose(page, f"?stack=Si2Ge2&substrate=Si&shells={letters}")
        expect(page.locator("#compose-title")).to_contain_text("only")
        total += map_values(page)
    np.testing.assert_allclose(total, whole, atol=1e-5)


def test_cursor_moves_the_curves_by_mouse_and_keyboard(page: Page):
    open_compose(page)
    read = f"() => Array.from({GRAPH}._fullData[1].x)"
    before = page.evaluate(read)
    page.locator("#compose-picture").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(f"before => JSON.stringify(({read})()) !== JSON.stringify(before)", arg=before)
    curve, values = np.array(page.evaluate(read)), map_values(page)
    np.testing.assert_allclose(curve, values[:, 31], atol=1e-6)
    text = page.locator("#compose-cursor-text").inner_text()
    plot = page.locator("#compose-spectrum .nsewdrag").first.bounding_box()
    page.mouse.move(plot["x"] + plot["width"] * 0.3, plot["y"] + plot["height"] * 0.3)
    expect(page.locator("#compose-cursor-text")).not_to_have_text(text)
    assert re.search(r"E = -?\d+\.\d\d eV", page.locator("#compose-cursor-text").inner_text())


def test_log_scale_shows_the_same_values(page: Page):
    open_compose(page)
    linear = map_values(page)
    open_compose(page, "?stack=Si2Ge2&substrate=Si&scale=log&map=magma")
    bright = linear > linear.max() / 100
    np.testing.assert_allclose(10 ** map_values(page)[bright], linear[bright], rtol=1e-4)


def test_theme_switch_redraws_in_the_other_colours(page: Page):
    open_compose(page)
    colour = f"() => {GRAPH}._fullLayout.paper_bgcolor"
    before = page.evaluate(colour)
    with redrawn(page):
        page.get_by_title("Dark").click()
    assert page.evaluate(colour) != before


def test_every_view_is_a_link(page: Page):
    open_compose(page)
    with redrawn(page):
        page.locator("#compose-stack").fill("Si4Ge2")
    choose_atom(page, 4)
    with redrawn(page):
        page.get_by_text("Log", exact=True).click()
    page.wait_for_function("() => location.search.includes('scale=log') && location.search.includes('atom=4')")
    expect(page.locator("#compose-title")).to_have_text("Atom 5 Ge, interfacial · Si4Ge2 on Si")
    assert link_of(page)["stack"] == "Si4Ge2"
    address, values = page.url, map_values(page)
    page.goto("about:blank")
    open_compose(page, "?" + urlsplit(address).query)
    expect(page.locator("#compose-title")).to_have_text("Atom 5 Ge, interfacial · Si4Ge2 on Si")
    np.testing.assert_array_equal(map_values(page), values)


def test_bad_links_are_said_and_the_rest_is_used(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Si&sigma=wide&view=sideways&colour=red")
    problems = page.locator(".compose-page > .field-error")
    for word in ("wide", "sideways", "colour"):
        expect(problems).to_contain_text(word)
    expect(page.locator("#compose-title")).to_contain_text("Si2Ge2 on Si")
    page.goto("/compose?stack=Xe9")
    expect(page.locator("#compose-stack-error")).to_contain_text("X")


def test_downloads_open_again(page: Page, tmp_path):
    open_compose(page)
    shown = map_values(page)
    (tmp_path / "a.nc").write_bytes(saved(page, "NetCDF"))
    data = xr.open_dataset(tmp_path / "a.nc")
    assert data["asf"].dims == ("atom", "k", "energy")
    np.testing.assert_allclose(data["asf"].values[0].T, shown, atol=1e-5)
    table = pd.read_csv(io.BytesIO(saved(page, "CSV")))
    assert len(table) == 96 * 176
    np.testing.assert_allclose(table["atom_1_Si_1/eV"].to_numpy().reshape(96, 176).T, shown, atol=1e-4)
    for button, kind in (("CIF", "cif"), ("xyz", "extxyz"), ("POSCAR", "vasp")):
        atoms = ase.io.read(io.StringIO(saved(page, button).decode()), format=kind)
        assert sorted(atoms.get_chemical_symbols()) == ["Ge", "Ge", "Si", "Si"]
    assert Image.open(io.BytesIO(saved(page, "PNG"))).size == (2000, 1400)
    assert saved(page, "SVG").lstrip().startswith(b"<svg")


def test_structure_file_round_trip_and_refusals(page: Page, tmp_path):
    open_compose(page)
    shown = map_values(page)
    (tmp_path / "mine.xyz").write_bytes(saved(page, "xyz"))
    (tmp_path / "bad.cif").write_text("this is no structure")
    with redrawn(page):
        page.locator("#compose-upload input").set_input_files(tmp_path / "mine.xyz")
    expect(page.locator("#compose-title")).to_contain_text("mine")
    np.testing.assert_allclose(map_values(page), shown, atol=1e-3)
    page.locator("#compose-upload input").set_input_files(tmp_path / "bad.cif")
    expect(page.locator("#compose-upload-error")).not_to_be_empty()
    expect(page.locator("#compose-title")).to_contain_text("mine")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#compose-title")).to_contain_text("Si2Ge2 on Si")


@pytest.mark.parametrize("context_options", [PHONE | {"color_scheme": "dark"}], ids=["phone"])
def test_narrow_page_shows_the_picture_first_and_does_not_scroll_sideways(page: Page):
    open_compose(page)
    expect(page.locator("#compose-picture")).to_be_in_viewport(ratio=0.95)
    expect(page.locator("#compose-spectrum .modebar").first).to_be_hidden()
    assert overflow(page) <= 0


@pytest.mark.own_page
@pytest.mark.parametrize("context_options", [{}, PHONE], ids=["wide", "phone"])
def test_nothing_in_sight_moves_while_loading(page: Page):
    page.add_init_script(SHIFT_WATCH)
    open_compose(page)
    page.wait_for_function("() => document.getElementById('compose-scene-view').dataset.atoms === '4'")
    assert page.evaluate("window.shift") < 0.02


def test_atoms_that_the_stack_does_not_have_become_its_last(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Si&view=difference&atom=4000&other=300")
    expect(page.locator("#compose-title")).to_contain_text("Atom 4 Ge minus atom 1 Si")
    expect(page.locator(".layer[data-atom='3']")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("() => new URLSearchParams(location.search).get('atom') === '3'")
    open_compose(page, "?stack=Si2Ge2&substrate=Si&view=difference")
    expect(page.locator("#compose-title")).to_contain_text("Atom 1 Si minus atom 2 Si")


def test_sliders_never_stand_where_no_stack_is(page: Page):
    open_compose(page, "?stack=Si1&substrate=Si")
    for _ in range(3):
        press(page, "n-si", "ArrowLeft")
        expect(page.locator("#compose-n-si-shown")).to_have_text("1 ML")
        expect(page.locator("#compose-n-si [role=slider]")).to_have_attribute("aria-valuenow", "1")
    expect(page.locator("#compose-stack")).to_have_value("Si1")


def test_lost_structure_file_is_said_and_the_sample_can_be_chosen(page: Page):
    open_compose(page, "?structure=00000000000000000000")
    expect(page.locator("#compose-problems")).to_contain_text("upload it again")
    expect(page.locator("#compose-title")).to_contain_text("Si4Ge4 on Si")
    expect(page.locator("#compose-file")).to_be_hidden()
    with redrawn(page):
        page.get_by_role("button", name="Bulk Si").click()
    expect(page.locator("#compose-title")).to_contain_text("Si2 on Si")
    assert "structure" not in link_of(page)


@pytest.mark.parametrize("context_options", [{"color_scheme": "light"}, {"color_scheme": "dark"}])
def test_no_serious_accessibility_violation(page: Page, context_options: dict):
    open_compose(page)
    page.wait_for_function("() => document.getElementById('compose-scene-view').dataset.atoms === '4'")
    assert serious_violations(page) == []


def test_what_people_type_is_understood(page: Page):
    open_compose(page, "?stack=Si2&substrate=Si")
    stack, substrate, title = (page.locator(f"#compose-{name}") for name in ("stack", "substrate", "title"))
    stack.fill("(Si2Ge2)2")
    expect(title).to_contain_text("[Si2Ge2]2 on Si")
    stack.fill("Si2/Ge4 on Ge")
    expect(title).to_contain_text("Si2Ge4 on Ge")
    expect(stack).to_have_value("Si2/Ge4")
    expect(substrate).to_have_value("Ge")
    substrate.fill("0.55 nm")
    expect(title).to_contain_text("Si2Ge4 on 5.5 Å")


def test_a_refused_file_says_so_and_the_next_one_clears_it(page: Page, tmp_path):
    open_compose(page)
    (tmp_path / "bad.cif").write_text("this is no structure")
    (tmp_path / "large.cif").write_bytes(b"x" * 2_000_001)
    (tmp_path / "mine.xyz").write_text(structure_text(make_request("Si2Ge2", "Si").crystal(), "xyz"))
    error, upload = page.locator("#compose-upload-error"), page.locator("#compose-upload input")
    upload.set_input_files(tmp_path / "bad.cif")
    expect(error).to_contain_text("'bad.cif' cannot be read as a CIF file")
    expect(error).not_to_contain_text("Error")
    upload.set_input_files(tmp_path / "large.cif")
    expect(error).to_have_text("'large.cif' is larger than 2 MB; give a smaller cell")
    upload.set_input_files(tmp_path / "mine.xyz")
    expect(page.locator("#compose-title")).to_contain_text("mine")
    expect(error).to_be_empty()


def test_pictures_say_what_they_show(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Ge&sigma=0.15")
    svg = re.sub("<[^>]+>", " ", saved(page, "SVG").decode())
    for words in ("Si2Ge2 on Ge", "Exact", "without spin-orbit", "σ = 0.15 eV"):
        assert words in svg


def test_a_newcomer_sees_the_total_and_a_click_shows_an_atom(page: Page):
    open_compose(page, "")
    expect(page.locator("#compose-title")).to_have_text("All atoms: the unfolded bands · Si4Ge4 on Si")
    choose_atom(page, 2)
    expect(page.locator("#compose-title")).to_have_text("Atom 3 Si, inner · Si4Ge4 on Si")
    expect(page.get_by_role("radio", name="Atom", exact=True)).to_be_checked()
    expect(page.locator("#compose-band-readouts")).to_contain_text("Spin-orbit coupling is off")


def test_back_takes_changes_of_the_sample_back(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Si")
    title = page.locator("#compose-title")
    page.locator("#compose-stack").fill("Si4Ge2")
    page.wait_for_url(re.compile("stack=Si4Ge2"))
    press(page, "alloy", "End")
    page.wait_for_url(re.compile("substrate=Ge"))
    page.go_back()
    expect(title).to_contain_text("Si4Ge2 on Si")
    page.go_back()
    expect(title).to_contain_text("Si2Ge2 on Si")
    expect(page.locator("#compose-stack")).to_have_value("Si2Ge2")
    page.go_forward()
    expect(title).to_contain_text("Si4Ge2 on Si")
    expect(page.locator("#compose-alloy-shown")).to_have_text("0 %")


def test_home_and_back_keep_the_sample_and_the_cursor(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Ge")
    page.locator("#compose-picture").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_url(re.compile("cursor=31%2C108"))
    said = page.locator("#compose-cursor-text").inner_text()
    for come_back in (page.go_back, page.locator("#door-compose").click, page.locator("#navigation-compose").click):
        page.locator("#navigation-home").click()
        expect(page.locator("#door-compose")).to_be_visible()
        come_back()
        expect(page.locator("#compose-title")).to_contain_text("Si2Ge2 on Ge")
        expect(page.locator("#compose-cursor-text")).to_have_text(said)


def test_a_page_that_is_being_left_keeps_its_own_address(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Si")
    page.evaluate("() => history.pushState(null, '', '/')")  # as a link to the home page does, before the page has gone
    steps = page.evaluate("() => history.length")
    press(page, "alloy", "End")
    page.wait_for_function("() => sessionStorage.getItem('link-compose').includes('substrate=Ge')")
    assert page.evaluate("() => sessionStorage.getItem('link-compose')").startswith("/compose?")
    assert page.evaluate("() => [location.pathname, history.length]") == ["/", steps]


def test_zoomed_pictures_have_finer_energies_and_no_blocks(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Si&view=total")
    box = page.locator("#compose-spectrum .nsewdrag").first.bounding_box()
    with redrawn(page):
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
        page.mouse.up()
    assert map_values(page).shape == (704, 96)
    page.wait_for_function(f"() => {GRAPH}._fullData[0].zsmooth === 'best'")
    low, high = page.evaluate(f"() => {GRAPH}._fullLayout.yaxis.range")
    assert high - low < 3
    curve = np.array(page.evaluate(f"() => Array.from({GRAPH}._fullData[1].x)"))
    k = np.abs(map_values(page) - curve[:, None]).sum(axis=0).argmin()
    assert page.evaluate("() => window.dash_clientside.compose.cursorNow()")[0] == k


def test_contrast_and_sharpening_are_drawn_and_stand_in_the_link(page: Page):
    open_compose(page, "?stack=Si2Ge2&substrate=Si")
    top = map_values(page).max()
    page.get_by_text("Contrast and sharpening").click()
    with redrawn(page):
        press(page, "clip", "ArrowLeft")
    assert page.evaluate(f"() => {GRAPH}._fullData[0].zmax") == pytest.approx(0.95 * top, rel=1e-4)
    with redrawn(page):
        page.get_by_text("Curvature", exact=True).click()
    expect(page.locator("#compose-title")).to_contain_text("curvature")
    expect(page.locator("#compose-cursor-text")).to_contain_text("of its maximum")
    page.wait_for_url(re.compile("sharpening=curvature.*clip=0.95"))


def test_every_control_has_a_hint_and_every_term_stands_in_the_glossary(page: Page):
    open_compose(page)
    bare = page.evaluate(
        """() => [...document.querySelectorAll('.compose-controls, .view-controls, .downloads, .job')]
            .flatMap(part => [...part.querySelectorAll('button, input:not([type=hidden]), [role=slider]')])
            .filter(control => !control.closest('[title]') && !control.getAttribute('aria-describedby')
                && !control.closest('.upload') && !control.closest('.mantine-Switch-root'))
            .map(control => control.outerHTML.slice(0, 120))"""
    )
    assert bare == []
    anchors = {section.anchor for section in text_sections("glossary").values()}
    terms = page.locator(".compose a.term").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(terms) >= 10
    assert {href.partition("#")[2] for href in terms} <= anchors
