"""The page of two theories: structures side by side, their links, tables of bulk crystals."""

import re

import pytest
from playwright.sync_api import expect

from components.theories.panels import bulk_section
from components.theories.spectra import beside, place_of
from core.dft.dataset import packed_samples
from pages.theories import _linked, draw
from tests.pages.conftest import PHONE, overflow, serious_violations


def test_all_engines_answer_on_one_grid():
    number = place_of("Si2", "5.431 Å")
    found = beside(number, True)
    assert {total.shape for total in found.totals.values()} == {(96, 176)}
    gap = {name: high - low for name, (low, high) in found.edges.items()}
    assert gap["exact"] == pytest.approx(1.187, abs=0.02)
    assert gap["dft"] == pytest.approx(1.185, abs=0.01)
    assert gap["taught"] == pytest.approx(1.185, abs=0.1)
    bare = beside(number, False)
    assert bare.edges["taught"][1] < found.edges["taught"][1] - 0.5
    assert bare.edges["dft"][0] == found.edges["dft"][0]
    assert bare.edges["dft"][1] < found.edges["dft"][1] - 0.5


@pytest.mark.parametrize("substrate", ["Si", "5.431 Å"])
def test_links_name_a_structure(substrate):
    number, problem = _linked("Si4Ge4", substrate)
    assert (packed_samples()[number].stack, problem) == ("Si4Ge4", "")


@pytest.mark.parametrize(
    ("stack", "substrate", "said"), [("Si19Ge1", "Si", "was not computed"), ("Xx", "Si", "Xx"), ("Si4Ge4", "?", "?")]
)
def test_what_the_set_lacks_is_said(stack, substrate, said):
    number, problem = _linked(stack, substrate)
    assert said in problem
    assert packed_samples()[number].stack == "Si4Ge4"


@pytest.mark.parametrize("value", [None, "", "x", "-1", "9" * 50, 3, ["1"], "1.0", "٣"])
def test_no_other_structure_is_asked_for(value):
    assert len({id(one) for one in draw(value, True, "light")}) == 1


def test_a_source_is_named_once():
    said = next(text for text in map(str, bulk_section()) if "Published:" in text)
    published = said.partition("Published: ")[2].partition(". Experiment,")[0].split("; ")
    assert len(published) == len(set(published)) >= 2


def test_structures_are_chosen_and_linked(opened):
    page = opened("/theories?stack=Si2&substrate=Si")
    expect(page.locator("#theories-figures")).to_contain_text("Si2 on 5.431 Å by four engines")
    expect(page.locator("#theories-dft-badge")).to_contain_text("raised by the scissor")
    page.get_by_role("switch", name="Scissor").click()
    expect(page.locator("#theories-dft-badge")).to_contain_text("as the functional has them")
    expect(page).to_have_url(re.compile("stack=Si2.*scissor=0"))
    by_dft = page.get_by_role("link", name="Open in Compose by DFT")
    expect(by_dft).to_have_attribute("href", re.compile(r"stack=Si2&.*engine=dft$"))
    page.get_by_role("textbox", name="Structure").fill("Ge2 on 5.658")
    page.get_by_role("option", name="Ge2 on 5.658 Å", exact=True).click()
    expect(page.locator("#theories-figures")).to_contain_text("Ge2 on 5.658 Å by four engines")
    expect(page.get_by_text("Critical points, eV above")).to_be_visible()
    assert not serious_violations(page)


@pytest.mark.parametrize("context_options", [PHONE | {"color_scheme": "dark"}], ids=["dark-phone"])
def test_on_a_phone_nothing_is_wider_than_the_window(opened):
    page = opened("/theories?stack=Si2&substrate=Si")
    expect(page.locator("#theories-figures table")).to_be_visible()
    assert overflow(page) == 0
    assert not serious_violations(page)
