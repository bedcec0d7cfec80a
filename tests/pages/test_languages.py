"""Every text that a person meets is in the language chosen; what a language of brackets leaves bare is listed."""

import re

import pytest
from playwright.sync_api import Page, expect

from components.figures.colour_maps import SEQUENTIAL
from components.translation.languages import COOKIE
from core.descriptors.table import COLUMNS
from core.experiment.calibration.colours import COLOUR_MAPS
from docs.collect_texts import collected
from tests.browser import settled
from tests.pages.compose import wait_for_drawing
from tests.pages.conftest import PHONE, overflow, serious_violations
from tests.pseudo import VISIBLE, offered, untranslated, write_language

PAGES = (
    "/", "/compose", "/compare", "/compare?part=pair", "/compare?part=growth&stack=Si2Ge2", "/interpret",
    "/interpret?example=sharp", "/loop", "/design", "/learn", "/learn?tour=nobody", "/learn?tour=atom&step=2",
    "/learn?tour=strain&step=2", "/learn?tour=interface&step=2", "/learn?tour=picture&step=2", "/methods",
)  # fmt: skip

NAMES = {
    "Esperanto",
    "Shirley",
    "Voigt",
    "URANOS",
    "SIS",
    *COLOUR_MAPS,
    *SEQUENTIAL,
    *map(str.capitalize, SEQUENTIAL),
    *(column.name for column in COLUMNS),
}
"""What is the same in every language: names of people, beamlines, colour maps, languages, of a table's columns."""

SAME = re.compile(
    r"(Phys\. |J\. |Proc\. )"  # references
    r"|^(β )?[spd]{2}.? ?[σπδ0-9]*$"  # parameters of the tight-binding model
    r"|\w+[=<>]\d|^\d_order;"  # targets as they are typed, columns of files
    r"|A\w*i\(k, E\) ="  # an equation
)

ACTIONS = {
    "stack": ("/compose", lambda page: refuse_stack(page)),
    "file": ("/compose", lambda page: drop(page, "compose", "bad.cif")),
    "link": ("/compose?stack=Si4Ge4&view=sideways&sigma=wide&colour=red&kz=7&cursor=x", lambda page: None),
    "imperfect": ("/compose?stack=(Si0.5Ge0.5)4&lateral=3&seed=5", lambda page: open_all(page)),
    "cut": ("/compose?line=G-K&kz=0.5&engine=exact&sharpening=curvature&view=difference&so=1", lambda page: None),
    "dft": ("/compose?stack=(Si0.5Ge0.5)2&engine=dft&view=error", lambda page: None),
    "refused": ("/compose?stack=Ge2&substrate=Ge&engine=dft", lambda page: page.get_by_text("s*").click()),
    "long": ("/compose?stack=Si300Ge300&view=error", lambda page: None),
    "alloy": ("/compose?stack=(Si0.7Ge0.3)6Ge4&substrate=5.5&mixing=1.5&view=atom", lambda page: None),
    "strain": ("/compose?stack=Si2Ge2", lambda page: page.locator("#compose-colour-by").get_by_text("strain").click()),
    "pair": ("/compare?part=pair&stack=Si2Ge2&substrate2=Ge&engine=exact&so=1", lambda page: None),
    "sweep": ("/compare?stack=Si40Ge40&low=x&points=9", lambda page: None),
    "image": ("/interpret", lambda page: drop(page, "interpret", "bad.dat")),
    "target": ("/design?targets=gapp%3D1&longest=x", lambda page: None),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def pseudo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locale")
    write_language(folder / "eo.po", collected())
    with offered(folder) as found:
        assert found.faults == {}
        yield found


@pytest.fixture
def opened(page: Page, server_url: str):
    """Open a path in the language of brackets, and wait until the page rests."""
    page.context.add_cookies([{"name": COOKIE, "value": "eo", "url": server_url}])

    def open_path(path: str) -> Page:
        page.goto(path)
        settled(page)
        return page

    return open_path


def english_on(page: Page) -> list[str]:
    """Texts of the page that no catalogue could change."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found = {untranslated(text) for text in page.evaluate(VISIBLE)} - {""}
    return sorted(text for text in found if not SAME.search(text) and not NAMES.issuperset(text.split(", ")))


def refuse_stack(page: Page) -> None:
    page.locator("#compose-stack").fill("SiC4")
    expect(page.locator("#compose-stack").locator("xpath=ancestor::div[2]")).to_contain_text("⟦")
    settled(page)


def drop(page: Page, place: str, name: str) -> None:
    file = {"name": name, "mimeType": "text/plain", "buffer": b"nothing that anybody reads"}
    page.locator(f"#{place}-upload input").set_input_files(file)
    expect(page.locator(f"#{place}-upload-error")).not_to_be_empty()


def open_all(page: Page) -> None:
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => (one.open = true))")
    settled(page)


@pytest.mark.own_page
@pytest.mark.parametrize("path", PAGES)
def test_every_text_of_every_page_is_in_the_catalogue(opened, path):
    page = opened(path)
    assert page.locator("html").get_attribute("lang") == "eo"
    assert english_on(page) == []


@pytest.mark.own_page
@pytest.mark.parametrize("action", ACTIONS)
def test_every_text_after_an_action_is_in_the_catalogue(opened, page, action):
    path, act = ACTIONS[action]
    opened(path)
    act(page)
    settled(page)
    assert [text for text in english_on(page) if not re.search(r"'.*'|bad\.", text)] == []  # what was given is quoted


@pytest.mark.own_page
def test_a_page_that_is_not_there(opened, page):
    for complaint in ("status 404", "404 (NOT FOUND)"):
        page.complaints.allow(complaint)
    assert english_on(opened("/no-such-page")) == []


@pytest.mark.own_page
def test_scripts_say_theirs_in_the_language(opened, page):
    page.context.grant_permissions(["clipboard-write", "clipboard-read"])
    opened("/compose?stack=Si2Ge2")
    wait_for_drawing(page, 0)
    expect(page.locator("#compose-cursor-text")).to_contain_text("⟦ 1/Å from ⟧")
    page.locator("#compose-copy").click()
    expect(page.locator("#compose-copy")).to_have_text("⟦Copied⟧")
    expect(page.locator("#compose-scene-text")).to_contain_text("⟦Blue Si, orange Ge.⟧")
    expect(page.locator("#compose-upload input")).to_have_attribute(
        "aria-label", "⟦Structure file: CIF, POSCAR or xyz⟧"
    )


@pytest.mark.own_page
def test_a_job_while_it_runs_and_when_it_is_cancelled(opened, page):
    opened("/compare?stack=Si12Ge12&substrate=Si&points=9")
    page.locator("#compare-sweep-start").click()
    expect(page.locator("#compare-sweep-running")).to_have_css("visibility", "visible")
    assert english_on(page) == []
    page.locator("#compare-sweep-cancel").click()
    expect(page.locator("#compare-sweep-running")).to_have_css("visibility", "hidden")
    assert english_on(page) == []


@pytest.mark.own_page
def test_a_finished_run_of_the_loop(opened, page, finished_run):
    opened(f"/loop?run={finished_run}")
    expect(page.locator("#loop-status")).to_contain_text("⟦")
    open_all(page)
    assert english_on(page) == []


@pytest.mark.own_page
def test_answers_of_a_search(opened, page):
    opened("/design?targets=gap%3D0.6..1.1&longest=3")
    page.locator("#design-search").click()
    expect(page.locator("#design-status")).to_contain_text("all verified", timeout=60_000)
    settled(page)
    page.locator(".design-table tbody tr button").first.click()
    settled(page)
    assert english_on(page) == []


@pytest.mark.own_page
def test_an_experiment_is_made_and_its_curves_fitted(opened, page):
    opened("/interpret?example=sharp")
    for view in ("raw", "reconstruction", "residual", "why-strain", "why-interface"):
        page.locator(f"#interpret-view input[value='{view}']").evaluate("(input) => input.click()")
        settled(page)
        assert english_on(page) == []
    open_all(page)
    assert english_on(page) == []


@pytest.mark.own_page
def test_the_languages_are_chosen_by_keyboard_and_kept(page):
    page.goto("/loop")
    settled(page)
    english = page.locator("h1").inner_text()
    choice = page.get_by_role("combobox", name="Language").or_(page.get_by_role("textbox", name="Language"))
    choice.focus()
    page.keyboard.press("Enter")
    option = page.get_by_role("option", name="Esperanto")
    expect(option).to_be_visible()
    for _ in range(20):  # the first ones may come before the list takes keys
        page.keyboard.press("ArrowDown")
        settled(page)
        if option.get_attribute("data-combobox-selected") == "true":
            break
    expect(option).to_have_attribute("data-combobox-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "eo")
    settled(page)
    expect(page.locator("h1")).to_have_text("⟦Loop⟧")
    expect(page).to_have_title("⟦Loop · Bandloom⟧")
    assert serious_violations(page) == []
    page.reload()
    settled(page)
    expect(page.locator("#language")).to_have_value("Esperanto")
    page.locator("#language").click()
    page.get_by_role("option", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    settled(page)
    expect(page.locator("h1")).to_have_text(english)


@pytest.mark.own_page
@pytest.mark.parametrize("context_options", [{}, PHONE | {"color_scheme": "dark"}], ids=["light", "dark-phone"])
def test_the_choice_is_accessible_and_no_wider_than_the_window(page, context_options):
    page.goto("/")
    settled(page)
    expect(page.locator("#language")).to_be_visible()
    assert serious_violations(page) == []
    assert overflow(page) == 0


@pytest.mark.own_page
def test_with_english_alone_there_is_no_choice(page, tmp_path):
    with offered(tmp_path):
        page.goto("/")
        settled(page)
        expect(page.locator("#language")).to_have_count(0)
        expect(page.locator("html")).to_have_attribute("lang", "en")
