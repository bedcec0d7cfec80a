"""The line of a part that says how its background calculation stands."""

from dash import Output, dcc, html

from components.compare.controls import ids
from components.jobs import ended_text, waiting_text
from core.sessions.jobs import Status

POLL_MS = 400


def job_line(name: str, button: str, what: str) -> html.Div:
    """A button that starts, a bar with the fraction done and a button that cancels, and why it ended."""
    return html.Div(
        [
            html.Button(button, id=ids(f"{name}-start"), type="button", className="button compare-start"),
            html.Div(
                [
                    html.Progress(id=ids(f"{name}-progress"), max="1", value="0", **{"aria-label": what}),
                    html.Span("", id=ids(f"{name}-progress-text"), className="muted"),
                    html.Button("Cancel", id=ids(f"{name}-cancel"), type="button", className="button"),
                ],
                id=ids(f"{name}-running"),
                className="job-line",
                style={"visibility": "hidden"},
            ),
            html.Span("", id=ids(f"{name}-said"), className="muted compare-said", role="status"),
            dcc.Store(id=ids(f"{name}-job")),
            dcc.Store(id=ids(f"{name}-cancelled")),
            dcc.Store(id=ids(f"{name}-seen")),
            dcc.Interval(id=ids(f"{name}-poll"), interval=POLL_MS, disabled=True),
        ],
        className="compare-job",
    )


def job_outputs(name: str) -> tuple[Output, ...]:
    """What `job_values` fills."""
    return (
        Output(ids(f"{name}-running"), "style"),
        Output(ids(f"{name}-progress"), "value"),
        Output(ids(f"{name}-progress-text"), "children"),
        Output(ids(f"{name}-said"), "children"),
        Output(ids(f"{name}-poll"), "disabled"),
    )


def job_values(status: Status | None, button: str) -> tuple:
    """How a job stands: values of `job_outputs`."""
    active = status is not None and status.active
    return (
        {"visibility": "visible" if active else "hidden"},
        f"{status.fraction:.3f}" if active else "0",
        waiting_text(status) or f"{100 * status.fraction:.0f} %" if active else "",
        ended_text(status, button) if status else "",
        not active,
    )
