"""The panel that makes an experiment from a stack, every artefact a slider."""

import dash_mantine_components as dmc
from dash import html

from components.interpret.controls import ids
from core.experiment.photoemission.experiment import RANGES, START

SLIDERS = {
    "fermi_above_vbm": ("E_F above the VBM", "eV"),
    "kz": ("kz", "2π/c̄"),
    "kz_width": ("Escape: half-width of kz", "1/Å"),
    "final_momentum": ("Final-state momentum", "1/Å"),
    "intensity": ("Matrix elements", ""),
    "orbital": ("Orbital matrix elements", ""),
    "asymmetry": ("Left-right asymmetry", ""),
    "energy_resolution": ("Energy resolution", "eV"),
    "momentum_resolution": ("Momentum resolution", "1/Å"),
    "lifetime": ("Lifetime width", "eV"),
    "dos_background": ("Density-of-states background", ""),
    "shirley": ("Shirley background", ""),
    "linear": ("Linear background", ""),
    "counts": ("Counts a pixel", ""),
    "response": ("Detector response", ""),
    "mesh": ("Mesh", ""),
    "stripes": ("Stripes", ""),
    "hot_pixels": ("Hot pixels", ""),
    "round_edge": ("Round edge", ""),
    "k_shift": ("Momentum shift", "1/Å"),
    "k_stretch": ("Momentum stretch", ""),
    "e_stretch": ("Energy stretch", ""),
}
"""Setting → label, unit."""


def experiment_panel() -> html.Details:
    """A stack, the artefacts, a seed, a button."""
    return html.Details(
        [
            html.Summary("Make an experiment from a stack"),
            html.Div(
                [
                    dmc.TextInput(
                        id=ids("made-stack"),
                        label="Stack",
                        value="Si4Ge4",
                        size="xs",
                        inputProps={"maxLength": 400},
                        description="Blocks in growth order, such as [Si2Ge2]3 or (Si0.7Ge0.3)6",
                    ),
                    dmc.TextInput(
                        id=ids("made-substrate"),
                        label="Substrate",
                        value="Si",
                        size="xs",
                        inputProps={"maxLength": 40},
                        description="Si, Ge, Si0.5Ge0.5, 5.50 Å",
                    ),
                    dmc.NumberInput(
                        id=ids("made-mixing"),
                        label="Interfaces mixed over, ML",
                        value=0,
                        min=0,
                        max=4,
                        step=0.5,
                        size="xs",
                        description="Width of an error function; 0 is sharp",
                        hideControls=True,
                    ),
                    *(_slider(name, *words) for name, words in SLIDERS.items()),
                    dmc.NumberInput(
                        id=ids("made-seed"),
                        label="Seed",
                        value=1,
                        min=0,
                        max=10**6,
                        size="xs",
                        description="Of the noise and all else that is random",
                        hideControls=True,
                    ),
                    html.Button(
                        "Measure it",
                        id=ids("made"),
                        type="button",
                        className="button",
                        title="Simulate the measurement, and read it like a file",
                    ),
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


def _slider(name: str, label: str, unit: str) -> html.Div:
    low, high = RANGES[name]
    text = f"{label}{', ' + unit if unit else ''}"
    return html.Div(
        [
            html.Div(
                [html.Span(text, className="field-label"), html.Output(f"{START[name]:g}", id=shown_id(name))],
                className="slider-head",
            ),
            dmc.Slider(
                id=slider_id(name), value=START[name], min=low, max=high, step=(high - low) / 200, size="sm",
                precision=4, thumbLabel=text,
            ),
        ],
        className="slider",
        title=f"{low:g} to {high:g}{' ' + unit if unit else ''}",
    )  # fmt: skip
