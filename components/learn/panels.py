"""Layout of Learn: the overview with its glossary, and a tour with its steps, pictures and questions."""

import dash_mantine_components as dmc
from dash import dcc, html

from components.ids import Ids
from components.learn.pictures import picture, preview
from components.learn.texts import Answer, step_text, text_sections, words
from components.learn.tours import TOURS, Choice, Step, Tour

ids = Ids("tour")

PROGRESS = ids("progress")
"""Store kept in the browser: {tour: {"at": step, "far": furthest step}}, steps counted from 1."""

HEADING = "learn"
"""Anchor of the title in the text of the overview."""


def address(tour: Tour, step: int | None = None) -> str:
    """The address of a tour, or of one of its steps."""
    return f"/learn?tour={tour.key}" + (f"&step={step}" if step else "")


def progress_store() -> dcc.Store:
    """Where each tour stands, kept in the browser."""
    return dcc.Store(id=PROGRESS, storage_type="local")


def overview(unknown: bool = False) -> html.Div:
    """Cards of the tours, then the glossary."""
    heading = text_sections("overview")[HEADING]
    return html.Div(
        [
            progress_store(),
            html.Header([html.H1(heading.title), html.P(heading.text, className="lead")]),
            *([html.P(words()["unknown"], className="field-error", role="alert")] if unknown else []),
            html.Section(
                [
                    html.H2(words()["tours"], id="tours"),
                    html.Ol(
                        [html.Li(_card(tour)) for tour in TOURS],
                        id=ids("cards"),
                        className="tours",
                        **{"data-reached": words()["reached"], "data-done": words()["done"]},
                    ),
                ],
                **{"aria-labelledby": "tours"},
            ),
            glossary(),
        ],
        className="wrap learn",
    )


def _card(tour: Tour) -> dcc.Link:
    text = text_sections("overview")[tour.key]
    length = words()["length"].format(steps=len(tour.steps))
    return dcc.Link(
        [
            html.Div(preview(tour), className="preview", **{"aria-hidden": "true"}),
            html.Span(
                [
                    html.Span(text.title, className="card-title"),
                    html.Span(text.text, className="tour-promise"),
                    html.Span(
                        [
                            html.Span(length),
                            html.Span(words()["fresh"], className="tour-progress"),
                        ],
                        className="tour-facts muted",
                    ),
                    html.Span(
                        html.Span(),
                        className="tour-bar",
                        **{"aria-hidden": "true", "data-tour": tour.key, "data-steps": str(len(tour.steps))},
                    ),
                ],
                className="card-text",
            ),
        ],
        href=address(tour),
        className="card",
    )


def glossary() -> html.Section:
    """All terms, each with an anchor `term-…` for links of other pages."""
    terms = text_sections("glossary").values()
    entries = [
        html.Div([html.Dt(html.Dfn(term.title), id=term.anchor), html.Dd(_markdown(term.text))], className="term")
        for term in terms
    ]
    return html.Section(
        [html.H2(words()["glossary"], id="glossary"), html.Dl(entries, className="terms")],
        className="glossary",
        **{"aria-labelledby": "glossary"},
    )


def tour_page(tour: Tour, step: int | None) -> html.Div:
    """A tour with one of its steps shown; None for the step that the browser remembers."""
    title, shown = text_sections("overview")[tour.key].title, step or 1
    texts = [step_text(tour.key, one.anchor) for one in tour.steps]
    return html.Div(
        [
            progress_store(),
            dcc.Store(id=ids("shown"), data={"tour": tour.key, "step": step, "steps": len(tour.steps)}),
            html.Header(
                [
                    dcc.Link(words()["all"], href="/learn", className="back"),
                    html.H1(title),
                    html.Button(words()["print"], id=ids("print"), type="button", className="button"),
                ],
                className="tour-head",
            ),
            _stepper([text.title for text in texts], shown),
            html.Div([_step(tour, number, one, number == shown) for number, one in enumerate(tour.steps, 1)]),
            _bar(tour, shown),
            _printed_answers(tour),
        ],
        id=ids("page"),
        className="wrap tour",
    )


def _stepper(titles: list[str], shown: int) -> html.Nav:
    items = [
        html.Li(
            html.Button(
                [html.Span(str(number), className="number"), html.Span(title, className="name")],
                type="button",
                className="go",
                **{"data-step": str(number), "aria-current": "step" if number == shown else "false"},
            )
        )
        for number, title in enumerate(titles, 1)
    ]
    return html.Nav(html.Ol(items), className="stepper", **{"aria-label": words()["contents"]})


def _bar(tour: Tour, shown: int) -> html.Div:
    place = TOURS.index(tour)
    following = TOURS[place + 1] if place + 1 < len(TOURS) else None
    onward = dcc.Link(
        words()["next-tour" if following else "end"],
        href=address(following) if following else "/learn",
        id=ids("onward"),
        className="button strong",
    )
    last = shown == len(tour.steps)
    return html.Div(
        [
            html.Button(
                words()["previous"], id=ids("previous"), type="button", className="button", disabled=shown == 1
            ),
            html.Span(
                words()["place"].format(step=shown, steps=len(tour.steps)), id=ids("place"), role="status",
                **{"data-words": words()["place"]},
            ),
            html.Div(
                [
                    html.Button(words()["next"], id=ids("next"), type="button", className="button strong", hidden=last),
                    html.Div(onward, id=ids("last"), hidden=not last),
                ]
            ),
            html.Span(words()["keys"], className="keys muted"),
        ],
        className="tour-bar-below",
    )  # fmt: skip


def _step(tour: Tour, number: int, step: Step, shown: bool) -> html.Section:
    text, anchor = step_text(tour.key, step.anchor), f"{tour.key}-{step.anchor}"
    return html.Section(
        [
            html.Div(
                [
                    html.H2(
                        [html.Span(f"{number}", className="step-number"), text.title],
                        id=ids(f"{anchor}-title"),
                        tabIndex=-1,
                    ),
                    _markdown(text.body, "step-body"),
                ],
                className="step-text",
            ),
            _picture(tour, step),
            html.Div([_task(step, text.task), _question(anchor, text.question, text.answers)], className="step-work"),
        ],
        className="step shown" if shown else "step",
        **{"data-step": str(number), "aria-labelledby": ids(f"{anchor}-title")},
    )


def _task(step: Step, task: str) -> html.Div:
    name = "open-interpret" if step.link.startswith("/interpret") else "open-compose"
    return html.Div(
        [
            html.H3(words()["try"]),
            _markdown(task),
            html.A(
                [words()[name], html.Span(f" {words()['new-tab']}", className="muted")],
                href=step.link, target="_blank", rel="noopener", className="try-link",
            ),
        ],
        className="task",
    )  # fmt: skip


def _question(anchor: str, question: str, answers: tuple[Answer, ...]) -> html.Div:
    return html.Div(
        [
            html.H3(words()["question"]),
            dmc.RadioGroup(
                [dmc.Radio(label=answer.text, value=str(number), size="sm") for number, answer in enumerate(answers)],
                id=ids(f"{anchor}-answer"),
                label=question,
                size="sm",
                className="answers",
                persistence=True,
            ),
            html.Div(
                [
                    html.P(answer.reply, className="reply right" if answer.right else "reply wrong", hidden=True)
                    for answer in answers
                ],
                id=ids(f"{anchor}-replies"),
                className="replies",
                role="status",
            ),
        ],
        className="question",
    )


def _picture(tour: Tour, step: Step) -> html.Figure:
    text = step_text(tour.key, step.anchor)
    drawn = html.Div(picture(tour, step), id=picture_id(tour, step), className="picture-parts")
    return html.Figure(
        [drawn, *([_control(tour, step)] if step.control else []), html.Figcaption(_markdown(text.picture))],
        className="step-picture",
    )


def control_id(tour: Tour, step: Step) -> str:
    """The id of what sets a step's picture."""
    return ids(f"{tour.key}-{step.anchor}-control")


def picture_id(tour: Tour, step: Step) -> str:
    """The id of a step's picture."""
    return ids(f"{tour.key}-{step.anchor}-picture")


def shown_id(tour: Tour, step: Step) -> str:
    """The id of the value beside a slider."""
    return ids(f"{tour.key}-{step.anchor}-shown")


def _control(tour: Tour, step: Step) -> html.Div:
    text, control = step_text(tour.key, step.anchor), step.control
    if isinstance(control, Choice):
        return html.Div(
            dmc.SegmentedControl(
                id=control_id(tour, step),
                data=[{"value": value, "label": text.labels[value]} for value in control.values],
                value=control.start,
                size="xs",
                attributes={"root": {"aria-label": text.control}},
            ),
            className="step-control",
        )
    return html.Div(
        [
            html.Div(
                [
                    html.Span(text.control),
                    html.Output(
                        f"{control.start:g} {control.unit}", id=shown_id(tour, step), **{"data-unit": control.unit}
                    ),
                ],
                className="slider-label",
            ),
            dmc.Slider(
                id=control_id(tour, step),
                value=control.start,
                min=control.low,
                max=control.high,
                step=control.step,
                precision=2,
                updatemode="drag",
                label=None,
                size="sm",
                thumbLabel=f"{text.control}, {control.unit}",
            ),
        ],
        className="step-control slider",
    )


def _printed_answers(tour: Tour) -> html.Section:
    """The right answers, for paper only."""
    items = [
        html.Li(f"{answer.text} {answer.reply}")
        for step in tour.steps
        for answer in step_text(tour.key, step.anchor).answers
        if answer.right
    ]
    return html.Section([html.H2(words()["answers"]), html.Ol(items)], className="printed-answers")


def _markdown(text: str, style: str = "") -> dcc.Markdown:
    return dcc.Markdown(text, dangerously_allow_html=True, className=f"markdown {style}".strip())
