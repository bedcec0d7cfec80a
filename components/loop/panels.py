"""The panels of the Loop page: controls, picture, what the run knows."""

from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import dcc, html

from components import theme
from components.ids import Ids
from components.interpret.controls import EXAMPLES
from components.interpret.result import DIGITS, LABELS
from components.jobs import ended_text, waiting_text
from components.loop.figures import VIEWS
from components.stack_strip import profile_strip
from core.learning.samples import WIDEST_MIXING
from core.loop.loop import STOPS
from core.reverse.quantities import QUANTITIES
from core.sessions.jobs import RUNNING, STARTED, Status
from core.structure.mixing import mix_profile
from core.structure.stack import parse_stack

ids = Ids("loop")

ORDERS = {"pause": "Pause", "step": "One step", "run": "Go on", "cancel": "Stop"}
STATUS = {
    "waiting": "Waiting for a worker",
    "running": "Running",
    "paused": "Paused",
    "interrupted": "Interrupted: nobody works on it. Go on takes it up from its last step.",
    "finished": "Finished",
}
LEAST_HINT = 0.01
"""Share of the residual that an explanation removes, at least, to be named."""

SHOWN = 6
"""Candidates in the table."""


def welcome() -> html.Section:
    """What stands here before a run is chosen."""
    examples = [
        html.Button(label, id=ids(f"example-{name}"), type="button", className="button")
        for name, label in EXAMPLES.items()
    ]
    return html.Section(
        [
            html.H1("Loop"),
            html.P(
                "Image to atoms, atoms to image, and again: the loop starts from what Interpret reads in an image, "
                "predicts the image that its stack would give, compares, corrects, and stops when both agree or when "
                "it can say why they cannot."
            ),
            html.P(["Start it with an image of yours from ", dcc.Link("Interpret", href="/interpret"), ", or here:"]),
            html.Div(examples, className="downloads"),
            html.P(id=ids("problem"), className="field-error", role="alert"),
        ],
        className="loop-welcome",
    )


def control_bar() -> html.Div:
    """Status and orders."""
    buttons = [
        html.Button(label, id=ids(f"order-{what}"), type="button", className="button", disabled=True)
        for what, label in ORDERS.items()
    ]
    again = html.Button("Start again", id=ids("again"), type="button", className="button")
    link = html.A("Open in Compose", id=ids("compose"), href="/compose", className="button")
    return html.Div(
        [
            html.Div([*buttons, again, link], className="downloads", role="group", **{"aria-label": "Run"}),
            html.P("Waiting for a worker", id=ids("status"), className="badge", role="status"),
            html.P(id=ids("problem"), className="field-error", role="alert"),
        ],
        className="loop-bar",
    )


def picture_panel() -> html.Section:
    """The image under its reconstruction."""
    return html.Section(
        [
            html.H2("Image and reconstruction", className="visually-hidden"),
            dmc.SegmentedControl(
                id=ids("view"), data=[{"value": v, "label": label} for v, label in VIEWS.items()], value="blend",
                size="xs", attributes={"root": {"aria-label": "Picture"}},
            ),
            dcc.Graph(id=ids("picture"), config=theme.GRAPH_CONFIG, className="spectrum", responsive=True),
            html.Div(
                [
                    html.Span("Image", className="muted small"),
                    dmc.Slider(
                        id=ids("blend"), min=0, max=1, step=0.05, value=0.5, updatemode="drag", className="grow",
                        thumbLabel="Share of the reconstruction", label=None,
                    ),
                    html.Span("Reconstruction", className="muted small"),
                ],
                className="blend",
            ),
        ],
        className="loop-picture",
        **{"aria-label": "Picture"},
    )  # fmt: skip


def knowledge_panel() -> html.Section:
    """The best guess, the candidates, the course of the run, and its result."""
    return html.Section(
        [
            html.H2("Best guess"),
            html.Div(id=ids("best")),
            html.H2("Candidates"),
            html.Div(id=ids("candidates")),
            *suggestion_form(),
            html.H2("Course"),
            html.Div(dcc.Graph(id=ids("tracks"), config=theme.GRAPH_CONFIG, responsive=True), className="loop-tracks"),
            html.Div(id=ids("result")),
        ],
        className="loop-knowledge",
        **{"aria-label": "What the run knows"},
    )


def suggestion_form() -> list:
    """A stack of one's own, for the run to fit."""
    return [
        html.Div(
            [
                dmc.TextInput(
                    id=ids("try-stack"),
                    label="Try a stack",
                    placeholder="Si5Ge7",
                    inputProps={"maxLength": 200},
                    classNames={"input": "mono"},
                ),  # fmt: skip
                dmc.NumberInput(
                    id=ids("try-mixing"), label="Mixed over, ML", value=0, min=0, max=WIDEST_MIXING, step=0.5
                ),  # fmt: skip
                html.Button("Try it", id=ids("try"), type="button", className="button"),
            ],
            className="loop-try",
        ),
        html.P(id=ids("tried"), className="small", role="status"),
    ]


def status_text(status: str, step: dict | None, job: Status | None = None) -> tuple[str, str]:
    """The state of a run in words, and its kind for the style; job: that was asked to work on it and has not begun."""
    said = _job_text(job) if job else ""
    if said or step is None:
        return said or STATUS[status], ""
    if step.get("stop_reason"):
        reason = step["stop_reason"]
        kind = {"agreement": "inside", "outside the domain": "outside", "noise only": "outside"}.get(reason, "")
        ended = STOPS[reason] if status == "finished" else f"{STOPS[reason]} The exact engine checks the winner …"
        return ended, kind
    return f"{STATUS[status]}, step {step['step']}: {step['note']}", ""


def _job_text(job: Status) -> str:
    return "Starting" if job.state in (STARTED, RUNNING) else waiting_text(job) or ended_text(job, ORDERS["run"])


def best_guess(step: dict) -> html.Div:
    """Stack, substrate and planes of the best guess."""
    planes = mix_profile(parse_stack(step["stack"]).ge_fractions, step["mixing"])
    interface = f"interfaces over {step['mixing']:.2g} ML" if step["mixing"] > 0.05 else "sharp interfaces"
    cuts = f"{step['predictions']} predicted and {step.get('exact_cuts', 0)} exact cuts"
    residual = f"residual {step['residual']:.3g} times the noise, {cuts}"
    return html.Div(
        [
            html.P([profile_strip(planes, 24), html.Strong(step["stack"])], className="best-stack"),
            html.P(f"on {step['substrate']}, {interface}", className="muted small"),
            html.P(residual, className="muted small"),
        ]
    )


def candidate_table(candidates: list[dict]) -> html.Table:
    """Stacks with probability and residual."""
    rows = [
        html.Tr([html.Th(c["stack"], scope="row"), html.Td(f"{100 * c['probability']:.0f} %"), html.Td(_residual(c))])
        for c in candidates[:SHOWN]
    ]
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in ("Stack", "Probability", "Residual")]))
    return html.Table([head, html.Tbody(rows)], className="small-table")


def _residual(candidate: dict) -> str:
    value = candidate.get("residual", candidate.get("distance"))
    return f"{value:.3g}"


UNTRUSTED = (
    "No candidate explains the image to within its noise: the figures are the networks' own, and the probabilities "
    "only compare the candidates with each other."
)


def result_table(document: dict) -> html.Div:
    """Final figures with intervals, and the exact check."""
    rows = []
    for name in QUANTITIES:
        if name not in document["descriptors"]:
            continue
        e, digits = document["descriptors"][name], DIGITS.get(name, 3)
        value, low, high = (f"{e[end]:.{digits}f}".replace("-", "−") for end in ("value", "low", "high"))
        unit = "" if e["unit"] == "1" else f" {e['unit']}"
        cells = [html.Td(f"{value}{unit}"), html.Td(f"{low} … {high}", className="muted")]
        rows.append(html.Tr([html.Th(LABELS.get(name, name), scope="row"), *cells]))
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in ("Figure", "Value", "90 %")]))
    check = document["exact_check"]
    verdict = ""
    if check:
        agrees = "agrees" if check["agrees"] else "does not agree"
        verdict = f"The exact engine {agrees}: its residual is {check['residual_exact']:.3g}."
    return html.Div(
        [
            html.H2("Result"),
            html.Table([head, html.Tbody(rows)], className="small-table"),
            *([html.P(UNTRUSTED, className="small")] if document.get("figures_from") == "networks" else []),
            html.P(verdict, className="muted small"),
            *([html.P(document["ambiguity"], className="small")] if document.get("ambiguity") else []),
            *([html.P(document["decide"]["sentence"], className="small")] if document.get("decide") else []),
            *(hint_list(document["hints"]) if document.get("hints") else []),
        ]
    )


def hint_list(hints: list[dict]) -> list:
    """What may explain the rest, by the share of the residual that it removes."""
    rows = [
        html.Tr(
            [
                html.Th(hint["explanation"].capitalize(), scope="row", title=hint["sentence"]),
                html.Td(f"{100 * hint['removes']:.0f} %"),
            ]
        )
        for hint in hints
        if hint["removes"] >= LEAST_HINT
    ]
    if not rows:
        return []
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in ("What may explain the rest", "Removes")]))
    return [html.Table([head, html.Tbody(rows)], className="small-table")]


def compose_link(step: dict) -> str:
    """The link that opens the best guess in Compose."""
    query = {"stack": step["stack"], "substrate": step["substrate"]}
    if step["mixing"]:
        query["mixing"] = f"{step['mixing']:.3g}"
    return "/compose?" + urlencode(query)
