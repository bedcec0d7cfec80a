"""The sample controls of Compose: presets, stack, substrate, mixing, spin-orbit, structure file."""

import dash_mantine_components as dmc
from dash import dcc, html

from components.compose.hints import HINTS, term
from components.compose.link import MIXING_RANGE, ComposeLink
from components.ids import Ids

ids = Ids("compose")

LAYER_RANGE = (0, 10)
REPEAT_RANGE = (1, 4)
STRAIN_RANGE = (-3.0, 6.0)

PRESETS = (
    ("Bulk Si", "Si2", "Si", 0.0),
    ("Strained Si", "Si2", "Si0.7Ge0.3", 0.0),
    ("Si4Ge4 on Si", "Si4Ge4", "Si", 0.0),
    ("Si4Ge4 on Ge", "Si4Ge4", "Ge", 0.0),
    ("Si6Ge4", "Si6Ge4", "Si0.6Ge0.4", 0.0),
    ("Graded interface", "Si8Ge8", "Si0.5Ge0.5", 1.5),
    ("SiGe alloy", "(Si0.5Ge0.5)2", "Si0.5Ge0.5", 0.0),
)
"""Name, stack, substrate, mixing."""


def sample_controls(link: ComposeLink, imperfections: html.Details) -> html.Section:
    """The left column; its values start from a link, as those of the imperfections below them do."""
    return html.Section(
        [
            html.H2("Sample"),
            html.Div(
                [
                    _presets(),
                    _notation_field(
                        "stack",
                        "Stack, in growth order",
                        "Blocks Si4Ge4, alloys (Si0.7Ge0.3)6, repeats [Si2Ge2]3; “Si4Ge4 on Ge” sets the substrate too",
                        link.stack,
                    ),
                    slider("n-si", "Si layers", 4, *LAYER_RANGE, 1, unit="ML"),
                    slider("n-ge", "Ge layers", 4, *LAYER_RANGE, 1, unit="ML"),
                    slider("repeats", "Repeats", 1, *REPEAT_RANGE, 1),
                    _substrate(link),
                    slider("mixing", "Interface mixing w", link.mixing, *MIXING_RANGE, 0.1, unit="ML"),
                ],
                className="compose-controls-group",
                **{"data-for": "stack"},
            ),
            html.Div(imperfections, **{"data-for": "stack"}),
            dmc.Switch(
                id=ids("spin-orbit"),
                label="Spin-orbit coupling",
                description="Off, as the forward model has it; gaps come out some 0.1 eV too large in Ge",
                checked=link.so,
                size="sm",
            ),
            _upload(link),
        ],
        className="compose-controls",
        **{"aria-label": "Sample"},
    )


def slider(name: str, label: str, value: float, low: float, high: float, step: float, unit: str = "") -> html.Div:
    """A labelled slider; its value stands at the right of the label (written in the browser)."""
    shown = f"{value:g} {unit}".strip()
    digits = max(0, len(f"{step:g}".partition(".")[2]))
    return html.Div(
        [
            html.Div(
                [html.Span(term(name, label)), html.Output(shown, id=ids(f"{name}-shown"), **{"data-unit": unit})],
                className="slider-label",
            ),
            dmc.Slider(
                id=ids(name),
                value=value,
                min=low,
                max=high,
                step=step,
                precision=digits,
                updatemode="drag",
                label=None,
                size="sm",
                thumbLabel=f"{label}{', ' + unit if unit else ''}",
            ),
        ],
        className="slider",
        title=HINTS[name],
    )


def _presets() -> html.Div:
    return html.Div(
        [
            html.Button(
                name,
                type="button",
                className="chip",
                title=f"{stack} on {substrate}" + (f", mixed over {mixing:g} ML" if mixing else ""),
                **{"data-stack": stack, "data-substrate": substrate, "data-mixing": f"{mixing:g}"},
            )
            for name, stack, substrate, mixing in PRESETS
        ],
        id=ids("presets"),
        className="chips",
        role="group",
        **{"aria-label": "Presets"},
    )


def _notation_field(name: str, label: str, description: str, value: str) -> dmc.TextInput:
    return dmc.TextInput(
        id=ids(name),
        label=term(name, label),
        description=description,
        value=value,
        debounce=350,
        spellCheck=False,
        autoComplete="off",
        inputProps={"maxLength": 400},
        classNames={"input": "mono"},
    )


def _substrate(link: ComposeLink) -> html.Div:
    return html.Div(
        [
            _notation_field(
                "substrate", "Substrate", "Si, Ge, Si0.5Ge0.5, 5.50 Å, 0.55 nm, or +1 % against bulk Si", link.substrate
            ),
            dmc.SegmentedControl(
                id=ids("substrate-kind"),
                data=[{"value": "alloy", "label": "Si … Ge"}, {"value": "strain", "label": "Strain"}],
                value="alloy",
                size="xs",
                fullWidth=True,
                attributes={"root": {"aria-label": "Substrate slider", "title": HINTS["substrate-kind"]}},
            ),
            html.Div(slider("alloy", "Ge in the substrate", 0, 0, 100, 1, unit="%"), id=ids("alloy-box")),
            html.Div(
                slider("strain", "In-plane strain against bulk Si", 0, *STRAIN_RANGE, 0.1, unit="%"),
                id=ids("strain-box"),
                hidden=True,
            ),
        ],
        className="group",
    )


def _upload(link: ComposeLink) -> html.Div:
    return html.Div(
        [
            html.Span("Your own crystal", className="field-label"),
            dcc.Upload(
                html.Button("Open a CIF, POSCAR or xyz file", type="button", className="button", title=HINTS["upload"]),
                id=ids("upload"),
                className="upload",
                multiple=False,
            ),
            html.Div(
                [
                    html.Span("Uploaded structure", id=ids("file-name")),
                    html.Button(
                        "Remove", id=ids("file-remove"), type="button", className="link", title=HINTS["file-remove"]
                    ),
                ],
                id=ids("file"),
                hidden=not link.structure,
                className="file-line",
            ),
            html.P(id=ids("upload-error"), className="field-error", role="alert"),
        ],
        className="group",
    )
