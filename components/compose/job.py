"""The line above the picture that says how the exact calculation in the background stands."""

from dash import Output, dcc, html, no_update

from components.compose.controls import ids
from components.compose.hints import HINTS
from components.jobs import ended_text, waiting_text
from core.sessions.jobs import Status

POLL_MS = 300

JOB_OUTPUTS = (
    Output(ids("progress-line"), "style"),
    Output(ids("progress"), "value"),
    Output(ids("progress-text"), "children"),
    Output(ids("ended"), "hidden"),
    Output(ids("ended-text"), "children"),
    Output(ids("poll"), "disabled"),
)


def job_panel() -> html.Div:
    """How far the calculation is, with a button that cancels it; or why it ended, with one that starts it again."""
    running = html.Div(
        [
            html.Progress(id=ids("progress"), max="1", value="0", **{"aria-label": "Calculation"}),
            html.Span("Exact calculation", id=ids("progress-text"), className="muted", role="status"),
            html.Button("Cancel", id=ids("cancel"), type="button", className="button", title=HINTS["cancel"]),
            dcc.Store(id=ids("cancelled")),
        ],
        id=ids("progress-line"),
        className="job-line",
        style={"visibility": "hidden"},
    )
    ended = html.Div(
        [
            html.Button("Compute", id=ids("compute"), type="button", className="button", title=HINTS["compute"]),
            html.Span(id=ids("ended-text"), className="muted", role="status"),
        ],
        id=ids("ended"),
        className="job-line",
        hidden=True,
    )
    return html.Div([running, ended], className="job")


def job_line(status: Status | None, offered: str = "", by_dft: bool = False) -> tuple:
    """Values of JOB_OUTPUTS; offered: what a person is asked where nothing runs. by_dft: whether DFT is chosen."""
    active = status is not None and status.active
    said = ended_text(status, "Compute") if status else offered
    return (
        {"visibility": "visible" if active else "hidden"},
        f"{status.fraction:.3f}" if active else "0",
        waiting_text(status) or ("Forward model of DFT" if by_dft else "Exact calculation") if active else no_update,
        not said,
        said,
        not active,
    )
