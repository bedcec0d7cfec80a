"""The panel that makes an experiment from a stack, every artefact a slider."""

import dash_mantine_components as dmc
from dash import html

from components.interpret.controls import ids
from core.experiment.photoemission.experiment import RANGES

SLIDERS = {
    "fermi_above_vbm": ("E_F above the VBM", "eV", 0.5),
    "kz": ("kz", "2π/c̄", 0.0),
    "kz_width": ("Escape: half-width of kz", "1/Å", 0.03),
    "final_momentum": ("Final-state momentum", "1/Å", 6.0),
    "intensity": ("Matrix elements", "", 0.5),
    "orbital": ("Orbital matrix elements", "", 0.0),
    "asymmetry": ("Left-right asymmetry", "", 0.2),
    "energy_resolution": ("Energy resolution", "eV", 0.08),
    "momentum_resolution": ("Momentum resolution", "1/Å", 0.02),
    "lifetime": ("Lifetime width", "eV", 0.1),
    "dos_background": ("Density-of-states background", "", 1.0),
    "shirley": ("Shirley background", "", 0.3),
    "linear": ("Linear background", "", 0.1),
    "counts": ("Counts a pixel", "", 300.0),
    "response": ("Detector response", "", 0.05),
    "mesh": ("Mesh", "", 0.0),
    "stripes": ("Stripes", "", 0.0),
    "hot_pixels": ("Hot pixels", "", 0.0),
    "round_edge": ("Round edge", "", 0.0),
    "k_shift": ("Momentum shift", "1/Å", 0.0),
    "k_stretch": ("Momentum stretch", "", 0.0),
    "e_stretch": ("Energy stretch", "", 0.0),
}
"""Setting → label, unit, where it starts."""


def experiment_panel() -> html.Details:
    """A stack, the artefacts, a seed, a button."""
    return html.Details(
        [
            html.Summary("Make an experiment from a stack"),
            html.Div(
                [
                    dmc.TextInput(
                        id=ids("made-stack"), label="Stack", value="Si4Ge4", size="xs", inputProps={"maxLength": 400}
                    ),
                    dmc.TextInput(
                        id=ids("made-substrate"), label="Substrate", value="Si", size="xs", inputProps={"maxLength": 40}
                    ),
                    dmc.NumberInput(
                        id=ids("made-mixing"),
                        label="Interfaces mixed over, ML",
                        value=0,
                        min=0,
                        max=4,
                        step=0.5,
                        size="xs",
                    ),
                    *(_slider(name, *words) for name, words in SLIDERS.items()),
                    dmc.NumberInput(id=ids("made-seed"), label="Seed", value=1, min=0, max=10**6, size="xs"),
                    html.Button("Measure it", id=ids("made"), type="button", className="button"),
                    html.P(id=ids("made-error"), className="field-error", role="alert"),
                ],
                className="group",
            ),
        ]
    )


def slider_id(name: str) -> str:
    """The id of the slider of a setting."""
    return ids(f"made-{name.replace('_', '-')}")


def shown_id(name: str) -> str:
    """The id of what shows the value of a setting."""
    return f"{slider_id(name)}-shown"


def _slider(name: str, label: str, unit: str, value: float) -> html.Div:
    low, high = RANGES[name]
    text = f"{label}{', ' + unit if unit else ''}"
    return html.Div(
        [
            html.Div(
                [html.Span(text, className="field-label"), html.Output(f"{value:g}", id=shown_id(name))],
                className="slider-head",
            ),
            dmc.Slider(
                id=slider_id(name), value=value, min=low, max=high, step=(high - low) / 200, size="sm", precision=4,
                thumbLabel=text,
            ),
        ],
        className="slider",
        title=f"{low:g} to {high:g}{' ' + unit if unit else ''}",
    )  # fmt: skip
