"""What the sliders of Compose show is what the text fields say."""

import io
from itertools import groupby

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from components.compose.spectra import chosen_spectrum
from components.figures.moving import moving_picture
from core.engines import ENGINES
from core.sessions.requests import make_request
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


# 60 moves as a hand makes them, ten for each answer where those come slowly: the titles seen, the pictures that came
# and are newer than all before them, and how often the canvas was painted.
DRAG = """async () => {
    const thumb = document.querySelector("#compose-alloy [role=slider]");
    const [title, picture] = ["title", "picture"].map(name => document.getElementById("compose-" + name));
    const [seen, answers, ask] = [[], [], window.fetch];
    let [asked, newest, waits] = [0, 0, 0];
    window.fetch = async (address, options) => {
        const ours = String(options?.body).includes('"compose-answer.data"') && ++asked;
        const reply = await ask(address, options);
        if (!ours) return reply;
        const json = reply.json.bind(reply);
        reply.json = async () => {
            const found = await json();
            const answer = found.response["compose-answer"].data;
            if (ours > newest && answer.title) answers.push({ title: answer.title, moving: Boolean(answer.moving) });
            if (answer.title) newest = Math.max(newest, ours);
            return found;
        };
        return reply;
    };
    new MutationObserver(() => seen.push(title.textContent)).observe(title, { childList: true });
    thumb.focus();
    for (let step = 0; step < 60; step++) {
        thumb.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
        do await new Promise(resolve => setTimeout(resolve, 40));
        while (step >= 10 * (new Set(answers.map(answer => answer.title)).size + 1) && waits++ < 1500);
    }
    window.fetch = ask;
    return [[...seen], [...answers], Number(picture.dataset.moved)];
}"""


@pytest.mark.own_page
@pytest.mark.parametrize("latency", [0, 150])
def test_a_drag_without_a_pause_never_starves_the_picture(page: Page, latency: int):
    """Superseded answers were dropped: of 55 moves in six seconds nothing was seen at 150 ms of latency."""
    open_compose(page, "?stack=Si8Ge8&substrate=Si&view=total", engine="live")
    network = {"offline": False, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", network)
    seen, answers, moved = page.evaluate(DRAG)
    titles = [title for title, _ in groupby(answer["title"] for answer in answers)]
    assert len(titles) > 4
    assert seen == titles, "a picture came and was not shown"
    assert moved == sum(answer["moving"] for answer in answers) > 1
    strains = [float(title.rpartition("Ge")[2]) for title in titles]
    assert strains == sorted(strains), "a later picture gave way to an earlier one"
    expect(page.locator("#compose-title")).to_contain_text("on Si0.4Ge0.6")
    expect(page.locator("#compose-badge")).to_contain_text("Exact. The prediction held")
    expect(page.locator("canvas.moving")).to_be_hidden()


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_the_moving_picture_looks_like_the_figure(page: Page, scale: str):
    open_compose(page, f"?stack=Si4Ge4&substrate=Si&view=total&scale={scale}", engine="forward")
    source = ENGINES["forward"].solve(make_request("Si4Ge4", "Si").crystal())
    spectrum, _ = chosen_spectrum(source, "total", 0, 1, "spdS", 0.1)
    still = seen(page)
    page.evaluate(
        "picture => { const page = window.dash_clientside.compose;"
        " page.paintMoving(page.graph(), picture, [23, 108]); }",
        moving_picture(spectrum, scale == "log", (23, 108)),
    )
    expect(page.locator("canvas.moving")).to_be_visible()
    moving = seen(page)
    assert np.abs(moving - still).mean() < 2.5
    assert np.corrcoef(moving.ravel(), still.ravel())[0, 1] > 0.99


def seen(page: Page) -> np.ndarray:
    """(row, column, colour) of the picture as it stands on the screen."""
    image = page.locator("#compose-picture").screenshot()
    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB"), dtype=float)


HOLD_TIMERS = """() => {
  const [start, stop] = [window.setTimeout, window.clearTimeout], held = new Map();
  window.setTimeout = (act, ms, ...rest) => {
    if (ms !== 240 && ms !== 600) return start(act, ms, ...rest);
    held.set(1e9 + held.size, act);
    return 1e9 + held.size - 1;
  };
  window.clearTimeout = (id) => (id >= 1e9 ? held.set(id, () => {}) : stop(id));
  window.endTimers = () => { held.forEach((act) => act()); return held.size; };
}"""
"""Compose's timers of 240 and 600 ms end when `endTimers` is called, which says how many there were."""


def test_timers_that_end_after_compose_is_left_raise_no_error(page: Page):
    open_compose(page)
    page.evaluate(HOLD_TIMERS)
    press(page, "n-si", "ArrowRight")
    expect(page.locator("#compose-title")).to_contain_text("Si3Ge2")
    page.locator("#navigation-learn").click()
    expect(page.locator("h1")).to_contain_text("in class")
    assert page.evaluate("() => window.endTimers()") >= 1
