"""The fit by the exact engine beside what the networks say: how it goes, and what it found."""

from dash import dcc, html

from components.interpret.controls import ids
from components.jobs import Status
from components.loop import panels, result
from components.terms import term

POLL_MS = 500
OFFER = (
    "The figures above are the networks' first guess. A fit draws each candidate as a measurement of it would look, by "
    "the exact engine, and takes about a minute."
)


def fit_panel(fitting: dict | None = None) -> list:
    """What stands under the candidates; a fit that was begun before is shown again."""
    return [
        html.H2(["Fit by the ", term("exact_engine", "exact engine")]),
        html.P(OFFER, className="muted small"),
        html.Button(
            "Fit", id=ids("fit"), type="button", className="button", disabled=True,
            title="By the exact engine, in a process of its own; the page stays usable",
        ),
        html.P(id=ids("fit-state"), className="muted small", role="status"),
        html.Div(id=ids("fit-result")),
        dcc.Store(id=ids("fitting"), data=fitting),
        dcc.Interval(id=ids("fit-poll"), interval=POLL_MS, disabled=not fitting),
    ]  # fmt: skip


def progress(run: str, status: str, step: dict | None, job: Status | None, extended: bool = False) -> list:
    """How a fit goes, and where it can be watched; see `panels.status_text`."""
    text, _ = panels.status_text(status, step, job, extended)
    return [f"{text} ", html.A("Watch it", href=f"/loop?run={run}")]


def fitted_result(document: dict) -> html.Div:
    """Figures and candidates of a finished fit; nothing where there was nothing to fit."""
    if document["stop_reason"] in ("outside the domain", "noise only"):
        return html.Div()
    return html.Div([result.candidate_table(document["candidates"]), result.ending_panel(document)])
