"""The panels of Interpret beside the controls: the picture and what the image says."""

import dash_mantine_components as dmc
from dash import dcc, html

from components import theme
from components.interpret.controls import EXAMPLES, KZ_HINT, ids
from components.interpret.curves import curves_panel, display_controls
from components.interpret.edit import FOUND, found_values, removable, step_lines
from components.interpret.fit import fit_panel
from components.terms import term
from core.experiment.calibration.steps import NEEDED, missing_steps
from core.sessions.readings import Reading

VIEWS = {
    "image": ("Image", "The calibrated image, with the bands of the candidate that is shown"),
    "raw": ("File", "The file as it was dropped; of a picture, to click its axes"),
    "reconstruction": ("Predicted", "What the forward model predicts for the candidate"),
    "residual": ("Residual", "Image less prediction"),
    "why-strain": ("Why strain", "Which pixels speak for a larger lattice constant"),
    "why-interface": ("Why interface", "Which pixels speak for more interfacial atoms"),
}
"""View → what it is called, and what it shows."""

EXPORTS = {
    "json": ("JSON", "Figures, candidates, and how the images were read"),
    "nc": ("NetCDF", "The calibrated image, the prediction and the result, for xarray"),
    "html": ("Report", "A page that can be printed and cited, and opens offline"),
    "zip": ("Session", "Images, steps and result in one file, which this page opens again"),
}
"""Export → its button and what it gives."""

NOTE = "note: "
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


def picture_panel(view: str = "image") -> html.Section:
    """Views, title and the graph."""
    return html.Section(
        [
            html.H2("Picture", className="visually-hidden"),
            dmc.SegmentedControl(
                id=ids("view"),
                data=[
                    {"value": value, "label": html.Span(label, title=hint)} for value, (label, hint) in VIEWS.items()
                ],
                value=view if view in VIEWS else "image",
                size="xs",
                attributes={"root": {"aria-label": "Picture", "title": "What is drawn"}},
            ),
            html.P("Drop a band image, or take an example.", id=ids("title"), className="picture-title", role="status"),
            html.P(id=ids("problem"), className="field-error", role="alert"),
            html.Div(  # plotly is loaded later; its place is kept
                dcc.Graph(
                    id=ids("picture"),
                    figure=_EMPTY,
                    config=theme.GRAPH_CONFIG,
                    responsive=True,
                    style={"height": "var(--picture-height)"},
                ),
                className="picture-place",
            ),
            html.P(id=ids("view-text"), className="muted small"),
            display_controls(),
            curves_panel(),
        ],
        className="interpret-picture",
        **{"aria-label": "Picture"},
    )


def result_panel(fitting: dict | None = None) -> html.Section:
    """Verdict, figures, candidates and exports."""
    buttons = [
        html.Button(label, id=ids(f"export-{kind}"), type="button", className="button", title=hint)
        for kind, (label, hint) in EXPORTS.items()
    ]
    return html.Section(
        [
            html.H2("What the image says"),
            html.P(id=ids("verdict"), className="badge", role="status"),
            html.Div(id=ids("figures")),
            html.H2(term("candidate", "Candidates")),
            html.Div(id=ids("candidates")),
            html.Button(
                "Refine in the loop", id=ids("refine"), type="button", className="button", disabled=True,
                title="Fit candidates to the images step by step, and watch it",
            ),
            html.P(id=ids("refine-error"), className="field-error", role="alert"),
            *fit_panel(fitting),
            html.Div(
                [html.Span("Export", className="muted"), *buttons], className="downloads", role="group",
                **{"aria-label": "Exports"},
            ),
            html.P(id=ids("export-error"), className="field-error", role="alert"),
        ],
        className="interpret-result",
        **{"aria-label": "Result"},
    )  # fmt: skip


def reading_label(reading: Reading) -> str:
    """What an image is, in a few words."""
    example = EXAMPLES.get(reading.image.removeprefix("example-"))
    name = f"{example}, simulated" if example else reading.file or "Uploaded image"
    name += f", image {reading.index + 1}" if reading.index else ""
    return f"{name}, {reading.cut.replace('G', 'Γ').replace('-', '–')} cut"


def record_list(reading: Reading) -> html.Ul:
    """What the file says and what its calibration rests on; notes stand out."""
    record = reading.record()
    lines = [html.Li(_sentence(line)) for line in record.lines() if not line.startswith(NOTE)]
    notes = [html.Li(f"{_sentence(note)}.", className="note") for note in record.notes]
    return html.Ul([*lines, *notes], className="read-from", **{"aria-label": "Read from the file"})


def found_texts(reading: Reading) -> tuple[str, ...]:
    """What was found for the controls of FOUND: numbers to stand in their empty fields, then how each is known."""
    found = found_values(reading)
    value, origin = found["kz"]
    kz = f"{KZ_HINT}. By {origin.partition(';')[0]} it is {value}" if value else KZ_HINT
    return (*(found[name][0] for name in FOUND if name != "kz"), *(found[n][1] for n in FOUND if n != "kz"), kz)


def _sentence(text: str) -> str:
    """The text with a capital where it begins with a word, not where it begins with a symbol such as hν."""
    word = text.split(maxsplit=1)[0]
    return text[0].upper() + text[1:] if word.isascii() and word.isalpha() and len(word) > 2 else text


def step_list(reading: Reading) -> list[html.Li]:
    """The steps of a calibration, those that an image can do without with a button, and what is still missing."""
    free = removable(reading)
    items = []
    for name, text in step_lines(reading):
        button = html.Button(
            "Remove", id=ids.item("drop-step", name), type="button", className="button",
            title="Take this step out; Undo brings it back",
            **{"aria-label": f"Remove the step {text}"},
        )  # fmt: skip
        items.append(html.Li([html.Span(text), *([button] if name in free else [])]))
    for name in missing_steps(reading.raw(), reading.steps):
        items.append(html.Li(html.Span(f"Missing. {NEEDED[name]}."), className="missing"))
    return items or [html.Li(html.Span("None needed: the file says it all.", className="muted"))]
