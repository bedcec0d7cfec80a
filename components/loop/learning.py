"""What the models have learned from what went wrong, and the owner's buttons."""

import os

import plotly.graph_objects as go
from dash import dcc, html

from components import theme
from components.ids import Ids
from components.jobs import ended_text, waiting_text
from core.learning import versions
from core.learning.replay import LEAST_CASES, MOST_CASES, case_files
from core.sessions.jobs import FAILED, Status

ids = Ids("learn")

OWNER = "BANDLOOM_OWNER"
"""Environment variable: set to 1, whoever opens the page may start learning and roll back."""

LEARNER = "learner"
"""Learning belongs to the server, whoever asks: one at a time."""

POLL_MS = 500

MODEL_NAMES = {
    "path": "Forward, path", "cuts": "Forward, cuts", "G-X": "Reverse, Γ-X", "G-K": "Reverse, Γ-K",
}  # fmt: skip


def is_owner() -> bool:
    """Whether this server lets its visitors change its models."""
    return os.environ.get(OWNER) == "1"


def learning_panel() -> html.Section:
    """The replay store, the version in force, its errors and its learning curve."""
    buttons = [
        html.Button("Learn from the cases", id=ids("start"), type="button", className="button"),
        html.Button("Roll back", id=ids("back"), type="button", className="button"),
    ]
    return html.Section(
        [
            html.H2("What the models learn from this"),
            html.P(
                "Where the exact engine contradicts the forward model, or a loop that it judges ends with a residual "
                f"that is no noise, the exact spectra are kept, the last {MOST_CASES} of them. The models learn from "
                "them on demand; a new one is taken only if it is no worse on the fixed test set, and can be rolled "
                "back."
            ),
            html.Div(learning_state("light"), id=ids("state")),
            html.Div(buttons, className="downloads", hidden=not is_owner()),
            html.P(id=ids("progress"), className="muted small", role="status"),
            dcc.Store(id=ids("job")),
            dcc.Interval(id=ids("poll"), interval=POLL_MS, disabled=True),
        ],
        className="loop-learning",
        **{"aria-label": "Learning"},
    )


def progress_text(status: Status) -> str:
    """How the learning stands."""
    if status.state == FAILED:
        return status.message
    if status.active:
        return waiting_text(status) or status.message or "Learning"
    return ended_text(status, "Learn from the cases") or "Done."


def learning_state(scheme: str | None) -> list:
    """Number of cases, version in force; its table of errors and its curve, where it has any."""
    count, now = len(case_files()), versions.in_force()
    kept = f"{count} case{'' if count == 1 else 's'} kept"
    if now == versions.SHIPPED:
        wanted = f"learning needs {LEAST_CASES}" if count < LEAST_CASES else "enough to learn from"
        return [html.P(f"{kept}, {wanted}. The shipped weights are in force.", className="muted small")]
    card = next(card for card in versions.versions() if card["version"] == now)
    parts = [html.P(f"{kept}. Version {now}, learned from {card['cases']} cases, is in force.", className="small")]
    rows = [
        html.Tr(
            [
                html.Th(MODEL_NAMES[name], scope="row"),
                html.Td(f"{e['held_before']:.3f} → {e['held_after']:.3f}"),
                html.Td(f"{e['fixed_before']:.4f} → {e['fixed_after']:.4f}"),
                html.Td("taken" if e["accepted"] else "refused"),
            ]
        )
        for name, e in card["models"].items()
    ]
    heads = ("Model", "Error on cases held back", "On the fixed test set", "")
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in heads]))
    parts.append(html.Table([head, html.Tbody(rows)], className="small-table"))
    if card.get("curve"):
        parts.append(
            dcc.Graph(figure=curve(card["curve"], scheme), config=theme.GRAPH_CONFIG, className="learning-curve")
        )
    return parts


def curve(points: list[dict], scheme: str | None) -> go.Figure:
    """Error of the forward model's path against the number of cases it learned from."""
    colours = theme.COLOURS["dark" if scheme == "dark" else "light"]
    figure = go.Figure()
    for name, label, colour in (("held", "cases held back", "accent"), ("fixed", "fixed test set", "muted")):
        figure.add_scatter(
            x=[p["cases"] for p in points], y=[p[name] for p in points], name=label, mode="lines+markers",
            line={"color": colours[colour], "width": 1.5}, hovertemplate="%{x} cases: %{y:.4f}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="Cases learned from", rangemode="tozero")
    figure.update_yaxes(title="Relative L1 error of A(k, E)", rangemode="tozero")
    figure.update_layout(
        template=theme.template_name(scheme), margin={"l": 56, "r": 8, "t": 8, "b": 40},
        legend={"orientation": "h", "y": 1.12, "x": 0},
    )  # fmt: skip
    return figure
