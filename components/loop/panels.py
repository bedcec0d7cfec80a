"""The panels of the Loop page: controls, picture, what the run knows."""

import dash_mantine_components as dmc
from dash import dcc, html

from components import theme
from components.ids import Ids
from components.interpret.controls import EXAMPLES
from components.jobs import ended_text, waiting_text
from components.loop.figures import VIEWS
from core.errors import InputError
from core.learning.samples import WIDEST_MIXING
from core.loop.fit import LATTICE_RANGE
from core.loop.loop import STOPS
from core.sessions.budgets import CANDIDATES, SECONDS, Budget
from core.sessions.jobs import RUNNING, STARTED, Status
from core.sessions.runs import EXTENDED
from core.sessions.work import loop_seconds

ids = Ids("loop")

ORDERS = {"pause": "Pause", "step": "One step", "run": "Go on", "cancel": "Stop"}
STATUS = {
    "waiting": "Waiting for a worker",
    "running": "Running",
    "paused": "Paused",
    "left": "Paused",
    "interrupted": "Interrupted",
    "finished": "Finished",
}
BUDGET = (
    "Time in which stacks are tried anew, and how many of them are; fits that follow an alloy's fraction, and fits of "
    "the best stacks again, come on top"
)
THEORIES = {"tight-binding": "Tight binding", "dft": "DFT"}
THEORIES_TITLE = (
    "By whose bands candidates are judged: those of the exact engine, or those of the Hamiltonian that DFT has taught"
)
LEFT = {
    "left": f"Its worker has left: {ORDERS['run']} takes it up from there.",
    "interrupted": f"Nobody works on it: {ORDERS['run']} takes it up from there.",
}
"""What is said more of a run that nobody works on."""


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


def control_bar(budget: Budget | None = None, fidelity: str = "tight-binding") -> html.Div:
    """Status and orders; budget: that the run was given. fidelity: of the theory that judges it."""
    buttons = [
        html.Button(label, id=ids(f"order-{what}"), type="button", className="button", disabled=True)
        for what, label in ORDERS.items()
    ]
    again = html.Button("Start again", id=ids("again"), type="button", className="button")
    link = html.A("Open in Compose", id=ids("compose"), href="/compose", className="button")
    report = html.Button("Report", id=ids("report"), type="button", className="button", disabled=True)
    return html.Div(
        [
            html.Div(
                [
                    html.Div([*buttons, again], className="downloads", role="group", **{"aria-label": "Run"}),
                    html.Div(budget_fields(budget), className="loop-budget", role="group", **{"aria-label": "Budget"}),
                    theory_field(fidelity),
                    html.Div([link, report], className="downloads", role="group", **{"aria-label": "Take with you"}),
                ],
                className="loop-orders",
            ),
            dcc.Download(id=ids("download")),
            html.P("Waiting for a worker", id=ids("status"), className="badge", role="status"),
            html.P(id=ids("problem"), className="field-error", role="alert"),
        ],
        className="loop-bar",
    )


def usual_budget() -> Budget:
    """That of a run for which none was asked, as near as a person may ask for it."""
    try:
        return Budget(min(max(loop_seconds(), SECONDS[0]), SECONDS[1]))
    except InputError:  # the server's own setting is wrong, which its jobs say
        return Budget()


def theory_field(fidelity: str) -> html.Div:
    """By whose bands the next start judges its candidates."""
    return html.Div(
        [
            html.Span("Next start by", className="muted"),
            dmc.SegmentedControl(
                id=ids("fidelity"), value=fidelity, size="xs",
                data=[{"value": name, "label": label} for name, label in THEORIES.items()],
                attributes={"root": {"aria-label": "Candidates of the next start are judged by the bands of"}},
            ),
        ],
        className="loop-budget",
        title=THEORIES_TITLE,
    )  # fmt: skip


def budget_fields(budget: Budget | None) -> list:
    """Seconds and candidates of the next start, and of a run that goes on after its end."""
    shown = budget or usual_budget()
    limits = {"seconds": (SECONDS, shown.seconds), "candidates-most": (CANDIDATES, shown.candidates)}
    fields = [
        dmc.NumberInput(
            id=ids(name), value=value, min=low, max=high, size="xs", hideControls=True, clampBehavior="blur",
            attributes={"input": {"aria-label": f"Budget, {name.partition('-')[0]}"}},
        )
        for name, ((low, high), value) in limits.items()
    ]  # fmt: skip
    texts = [html.Span(text, className="muted", title=BUDGET) for text in ("Next budget", "s,", "candidates")]
    return [texts[0], fields[0], texts[1], fields[1], texts[2]]


def picture_panel() -> html.Section:
    """The image under its reconstruction."""
    return html.Section(
        [
            html.H2("Image and reconstruction", className="visually-hidden"),
            dmc.SegmentedControl(
                id=ids("view"), data=[{"value": v, "label": label} for v, label in VIEWS.items()], value="blend",
                size="xs", attributes={"root": {"aria-label": "Picture"}},
            ),
            html.Div(
                [
                    html.Div(id=ids("fitting"), className="loop-shown"),
                    dmc.Switch(id=ids("follow"), label="Follow each fit", checked=True, size="xs"),
                ],
                className="loop-fitting",
            ),
            html.Div(dcc.Graph(id=ids("picture"), config=theme.GRAPH_CONFIG, responsive=True), className="loop-image"),
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
            html.Div(id=ids("result"), className="loop-result"),
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
                    id=ids("try-mixing"),
                    label="Mixed, ML",
                    value=0,
                    min=0,
                    max=WIDEST_MIXING,
                    step=0.5,
                    hideControls=True,
                ),
                dmc.NumberInput(
                    id=ids("try-lattice"),
                    label="From a∥, Å",
                    placeholder="as fitted",
                    min=LATTICE_RANGE[0],
                    max=LATTICE_RANGE[1],
                    clampBehavior="none",
                    decimalScale=4,
                    hideControls=True,
                ),
                html.Button("Try it", id=ids("try"), type="button", className="button"),
            ],
            className="loop-try",
        ),
        html.P(id=ids("tried"), className="small", role="status"),
    ]


def status_text(status: str, step: dict | None, job: Status | None = None, extended: bool = False) -> tuple[str, str]:
    """The state of a run in words, and its kind for the style.

    Args:
        status: of the run.
        step: its last one.
        job: that was asked to work on it and has not begun.
        extended: whether it was given more after its end, and has done no step since.
    """
    if job and (said := _job_text(job)):
        return said, ""
    if step is None:
        return ". ".join(part for part in (STATUS[status], LEFT.get(status)) if part), ""
    reason = step.get("stop_reason")
    if reason and status in ("running", "finished") and not extended:
        kind = {"agreement": "inside", "outside the domain": "outside", "noise only": "outside"}.get(reason, "")
        checked = "" if step.get("fidelity") == "dft" else " The exact engine checks the winner …"
        more = f" {ORDERS['run']} gives it the next budget." if reason in EXTENDED else ""
        return STOPS[reason] + (more if status == "finished" else checked), kind
    said = "it goes on from there" if reason else step.get("sentence") or step["note"]
    more = f"{said.removesuffix('.')}. {LEFT[status]}" if status in LEFT else said
    return f"{STATUS[status]}, step {step['step']}: {more}", ""


def is_stalled(status: str, job: Status | None) -> bool:
    """Whether a run waits for a job that has ended before it began to work on the run, or is lost."""
    return status == "waiting" and not (job and job.active)


def _job_text(job: Status) -> str:
    return "Starting" if job.state in (STARTED, RUNNING) else waiting_text(job) or ended_text(job, ORDERS["run"])
