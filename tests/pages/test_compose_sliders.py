"""What the sliders of Compose show is what the text fields say."""

import pytest
from playwright.sync_api import Page, expect

import app
from tests.pages.compose import open_compose, press


def expect_shown(page: Page, **values: str) -> None:
    for name, text in values.items():
        expect(page.locator(f"#compose-{name.replace('_', '-')}-shown")).to_have_text(text)


def test_slider_that_cannot_say_what_the_text_says_shows_a_dash(page: Page):
    open_compose(page)
    page.locator("#compose-stack").fill("(Si0.5Ge0.5)2Ge2")
    expect_shown(page, n_si="–", n_ge="–", repeats="–")
    page.locator("#compose-substrate").fill("+1 %")
    expect_shown(page, alloy="–", strain="1 %")
    page.locator("#compose-stack").fill("Si12Ge2")
    page.locator("#compose-substrate").fill("Si0.75Ge0.25")
    expect_shown(page, n_si="12 ML", n_ge="2 ML", repeats="1", alloy="25 %")
    press(page, "n-ge", "ArrowRight")
    expect(page.locator("#compose-stack")).to_have_value("Si12Ge3")


@pytest.mark.parametrize(("slider", "field"), [("n-si", "stack"), ("alloy", "substrate")])
def test_slider_that_goes_and_comes_back_leaves_the_text_where_it_was(page: Page, slider: str, field: str):
    open_compose(page, "?stack=Si2Ge2&substrate=Si0.50Ge0.50")
    text, shown = page.locator(f"#compose-{field}"), page.locator(f"#compose-{slider}-shown")
    before, label = text.input_value(), shown.inner_text()
    page.locator(f"#compose-{slider} [role=slider]").focus()
    page.evaluate(
        """name => {
            const thumb = document.querySelector(`#compose-${name} [role=slider]`);
            const press = key => thumb.dispatchEvent(new KeyboardEvent("keydown", { key: key, bubbles: true }));
            press("ArrowRight");
            requestAnimationFrame(() => press("ArrowLeft"));
        }""",
        slider,
    )
    expect(text).to_have_value(before)
    expect(shown).to_have_text(label)


def test_one_block_has_no_repeats(page: Page):
    open_compose(page, "?stack=[Si2Ge1]2&substrate=Si")
    expect_shown(page, n_si="2 ML", n_ge="1 ML", repeats="2")
    press(page, "n-ge", "ArrowLeft")
    expect(page.locator("#compose-stack")).to_have_value("Si2")
    expect_shown(page, n_si="2 ML", n_ge="0 ML", repeats="1")
    press(page, "repeats", "ArrowRight")
    expect_shown(page, repeats="1")
    expect(page.locator("#compose-stack")).to_have_value("Si2")


def test_what_waits_for_the_sliders_to_rest_waits_for_the_picture():
    """Dash holds a callback back until those have answered whose outputs it takes: here, the picture's."""
    callbacks = app.server.test_client().get("/_dash-dependencies").json
    rest = next(entry for entry in callbacks if (entry["clientside_function"] or {}).get("function_name") == "rest")
    picture = next(entry for entry in callbacks if "compose-spectrum.figure" in entry["output"])
    assert "compose-shown.data" in picture["output"]
    assert [f"{part['id']}.{part['property']}" for part in rest["inputs"]] == [
        "compose-request.data",
        "compose-shown.data",
    ]
