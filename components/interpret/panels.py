"""The panels of Interpret beside the controls: the picture and what the image says."""

import dash_mantine_components as dmc
from dash import dcc, html

from components import theme
from components.interpret.controls import ids

VIEWS = {
    "image": "Image",
    "raw": "File",
    "reconstruction": "Predicted",
    "residual": "Residual",
    "why-strain": "Why strain",
    "why-interface": "Why interface",
}
_CLEAR = "rgba(0,0,0,0)"
_EMPTY = {
    "data": [],
    "layout": {
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
    },
}


def picture_panel() -> html.Section:
    """Views, title and the graph."""
    return html.Section(
        [
            html.H2("Picture", className="visually-hidden"),
            dmc.SegmentedControl(
                id=ids("view"),
                data=[{"value": value, "label": label} for value, label in VIEWS.items()],
                value="image",
                size="xs",
                attributes={"root": {"aria-label": "Picture"}},
            ),
            html.P("Drop a band image, or take an example.", id=ids("title"), className="picture-title", role="status"),
            html.P(id=ids("problem"), className="field-error", role="alert"),
            dcc.Graph(
                id=ids("picture"), figure=_EMPTY, config=theme.GRAPH_CONFIG, className="spectrum", responsive=True
            ),
            html.P(id=ids("view-text"), className="muted small"),
        ],
        className="interpret-picture",
        **{"aria-label": "Picture"},
    )


def result_panel() -> html.Section:
    """Verdict, figures, candidates and exports."""
    kinds = {"json": "JSON", "nc": "NetCDF", "html": "Report"}
    buttons = [
        html.Button(label, id=ids(f"export-{kind}"), type="button", className="button") for kind, label in kinds.items()
    ]
    return html.Section(
        [
            html.H2("What the image says"),
            html.P(id=ids("verdict"), className="badge", role="status"),
            html.Div(id=ids("figures")),
            html.H2("Candidates"),
            html.Div(id=ids("candidates")),
            html.Div(
                [html.Span("Export", className="muted"), *buttons], className="downloads", role="group",
                **{"aria-label": "Exports"},
            ),
        ],
        className="interpret-result",
        **{"aria-label": "Result"},
    )  # fmt: skip


def step_text(document: dict) -> str:
    """A calibration step in words."""
    values = ", ".join(f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in document.items() if k != "step")
    return f"{document['step'].replace('_', ' ')}{': ' if values else ''}{values}"
