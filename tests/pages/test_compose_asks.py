"""What Compose asks and in which order it shows the answers, with a server that answers when the test says so."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

SCRIPT = Path(__file__).parents[2] / "assets" / "compose-asks.js"

PAGE = """
<div id="compose-picture"></div><h2 id="compose-title"></h2><p id="compose-badge"></p>
<script id="_dash-config" type="application/json">{"requests_pathname_prefix": "/"}</script>
"""

STAGE = """() => {
    window.asked = []; // questions, each with what answers it
    window.put = {}; // what Dash was told last, by component
    window.canvas = false;
    window.fetch = (_, options) => new Promise((resolve, reject) => {
        const reply = data => ({ ok: true, json: async () => ({ response: { "compose-answer": { data: data } } }) });
        const question = JSON.parse(options.body).inputs[0].value;
        window.asked.push({ ...question, answer: data => resolve(reply(data)), fail: text => reject(new Error(text)) });
    });
    window.dash_clientside = {
        no_update: null,
        shell: {
            put: (id, props) => { window.put[id] = { ...window.put[id], ...props }; },
            text: (english, values = {}) => english.replace(/\\{(\\w+)\\}/g, (_, name) => values[name]),
        },
        compose: {
            graph: () => document.body, cursorNow: () => [0, 0], cursorAt: () => null, linkOpened: () => null,
            keepZoom: figure => figure, showZone: () => null,
            followText: () => null,
            paintMoving: () => { window.canvas = true; },
            endMoving: () => { window.canvas = false; },
        },
    };
    window.turn = (gamma, substrate = "Si") => window.dash_clientside.compose.ask(
        "Si2Ge2", substrate, 0, false, "", {}, "light", "total", "spdS", 0.1, "linear", "Viridis", "live", "none",
        gamma, 100, "path", "Z-G-X|K-G-L", 0, null, null);
    // The figure of a question as the server gives it: none where it is shown already.
    window.drawn = question => ({
        resting: question.resting, errors: {}, request: { key: question.sample.substrate },
        badge: ["Exact.", "exact"],
        ...(JSON.stringify(question.shown) === JSON.stringify([question.sample.substrate, "exact"]) ? {} : {
            figure: { gamma: question.view.gamma }, title: "on " + question.sample.substrate,
            shown: [question.sample.substrate, "exact"],
        }),
    });
    window.seen = () => window.put["compose-spectrum"]?.figure.gamma;
}"""


@pytest.fixture
def stage(page: Page) -> Page:
    """A page of nothing but the script, with the figure of γ = 1 on Si."""
    page.set_content(PAGE)
    page.evaluate(STAGE)
    page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
    page.evaluate("() => { turn(1); asked[0].answer(drawn(asked[0])); }")
    page.wait_for_function("() => window.seen() === 1 && window.put['compose-rested']")
    return page


def wait_for_questions(page: Page, count: int) -> None:
    page.wait_for_function("count => window.asked.length >= count", arg=count)


def test_the_last_of_two_quick_changes_of_a_view_is_drawn(stage: Page):
    """The figure of the first one came while the second waited, and passed for the picture of both."""
    stage.evaluate(
        """() => {
            turn(1.1);
            turn(1.2);
            asked[1].answer(drawn(asked[1]));
        }"""
    )
    wait_for_questions(stage, 3)
    stage.evaluate("() => asked[2].answer(drawn(asked[2]))")
    stage.wait_for_function("() => window.seen() === 1.2")


def drag_onto(page: Page, substrate: str) -> None:
    """Move to a sample whose picture is painted on the canvas, and then to one at rest; its question is the last."""
    page.evaluate("() => turn(1, 'Ge')")
    wait_for_questions(page, 2)
    page.evaluate("() => asked[1].answer({ ...drawn(asked[1]), figure: undefined, moving: {} })")
    page.wait_for_function("() => window.canvas")
    expect(page.locator("#compose-title")).to_have_text("on Ge")
    page.evaluate("substrate => turn(1, substrate)", substrate)
    page.wait_for_function("() => window.asked.length > 2")
    page.evaluate(
        """async () => {
            let answered = 2;
            while (!asked[asked.length - 1].resting) {
                while (answered < asked.length) {
                    const question = asked[answered++];
                    if (!question.resting) question.answer(waits(question));
                }
                await new Promise(requestAnimationFrame);
            }
        }"""
    )


WAITS = """() => { window.waits = question => ({
    resting: question.resting, errors: {}, request: { key: question.sample.substrate }, badge: ["Waits.", "waiting"],
}); }"""


@pytest.mark.parametrize(
    "end",
    [
        "question.answer(waits(question))",
        "question.answer({ errors: { substrate: 'too much strain' } })",
        "question.fail('no network')",
    ],
)
def test_a_drag_that_ends_without_a_figure_shows_the_last_one_under_its_own_name(stage: Page, end: str):
    """The canvas stayed, with its title, over the figure of another sample that was pointed at and saved."""
    stage.evaluate(WAITS)
    drag_onto(stage, "+5.5 %")
    stage.evaluate(f"() => {{ const question = asked[asked.length - 1]; {end}; }}")
    stage.wait_for_function("() => !window.canvas")
    expect(stage.locator("#compose-title")).to_have_text("on Si")


def test_a_drag_that_ends_with_a_figure_keeps_the_canvas_until_that_is_drawn(stage: Page):
    stage.evaluate(WAITS)
    drag_onto(stage, "SiGe")
    stage.evaluate("() => { const question = asked[asked.length - 1]; question.answer(drawn(question)); }")
    stage.wait_for_function("() => window.put['compose-rested'].data.key === 'SiGe'")
    expect(stage.locator("#compose-title")).to_have_text("on SiGe")
    assert stage.evaluate("() => window.canvas")


def test_an_answer_that_cannot_be_painted_holds_up_no_other(stage: Page):
    stage.complaints.allow("no such axis")
    stage.evaluate(
        """() => {
            const compose = window.dash_clientside.compose;
            compose.keepZoom = () => { compose.keepZoom = figure => figure; throw new Error("no such axis"); };
            turn(1.1);
            turn(1.2);
            asked[1].answer(drawn(asked[1]));
        }"""
    )
    wait_for_questions(stage, 3)
    stage.evaluate("() => asked[2].answer(drawn(asked[2]))")
    stage.wait_for_function("() => window.seen() === 1.2")


def test_browsers_without_a_timeout_of_signals_are_answered(stage: Page):
    """Three questions that could not be sent counted as under way for good."""
    stage.evaluate("() => { delete AbortSignal.timeout; turn(1.1); }")
    stage.evaluate("() => asked[1].answer(drawn(asked[1]))")
    stage.wait_for_function("() => window.seen() === 1.1")


def test_a_question_that_cannot_be_sent_is_a_failure_and_the_next_one_goes_out(stage: Page):
    stage.evaluate(
        """async () => {
            const send = window.fetch;
            window.fetch = () => { throw new Error("not now"); };
            for (const gamma of [1.1, 1.2, 1.3]) {
                turn(gamma);
                await new Promise(resolve => setTimeout(resolve, 0));
            }
            window.fetch = send;
        }"""
    )
    stage.wait_for_function("() => (window.put['compose-failure']?.children || '').includes('not now')")
    stage.evaluate("() => turn(1.4)")
    wait_for_questions(stage, 2)
    stage.evaluate("() => asked[1].answer(drawn(asked[1]))")
    stage.wait_for_function("() => window.seen() === 1.4 && window.put['compose-failure'].children === null")
