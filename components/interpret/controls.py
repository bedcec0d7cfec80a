"""The left column of Interpret: the image, its calibration, the cut."""

import dash_mantine_components as dmc
from dash import dcc, html

from components.ids import Ids
from components.terms import term
from core.experiment.calibration.background import BACKGROUNDS
from core.experiment.calibration.colours import COLOUR_MAPS
from core.experiment.readers import ACCEPTED, UPLOAD_LIMIT_BYTES
from core.reverse.knowledge import FAMILIES

ids = Ids("interpret")

EXAMPLES = {"sharp": "Sharp superlattice", "graded": "Graded interfaces", "alloy": "Strained alloy"}
"""Example images that ship with the app: name → label."""

NUMBERS = {
    "k-left": ("k∥, left edge", "1/Å", "picture"),
    "k-right": ("k∥, right edge", "1/Å", "picture"),
    "e-bottom": ("E − E_F, bottom", "eV", "picture"),
    "e-top": ("E − E_F, top", "eV", "picture"),
    "fermi": ("E_F in the file", "eV", "bands"),
    "hv": ("Photons hν", "eV", "both"),
    "inner-potential": ("Inner pot. V₀", "eV", "both"),
    "work-function": ("Work fn. Φ", "eV", "bands"),
    "normal": ("Normal emission", "°", "angles"),
    "k-centre": ("Γ lies at", "1/Å", "both"),
    "k-scale": ("Momentum scale", "", "both"),
}
"""Name → label, unit, and the kind of file that it belongs to."""

KZ_HINT = "0 is the Γ plane, 1 the Z plane; auto infers it; empty takes it from hν"

FIELDS = (
    "index", "colours", *(name.replace("-", "_") for name in NUMBERS), "background", "symmetrise", "cut", "kz",
    "substrate", "family",
)  # fmt: skip
"""Controls that set something of a reading."""

HINTS = {
    "k-left": "Momentum at the left edge of the picture's frame",
    "k-right": "Momentum at the right edge of the picture's frame",
    "e-bottom": "Energy against E_F at the bottom of the frame; occupied states are negative",
    "e-top": "Energy against E_F at the top of the frame",
    "fermi": "Fermi level on the file's own energy axis; empty takes it from the file or its Fermi edge",
    "hv": "Turns angles into momenta, and gives k_z with the inner potential",
    "inner-potential": "Of the crystal below the vacuum level, for k_z from hν; 12.6 eV of Si where it is empty",
    "work-function": "Of the analyser: electrons from E_F have hν − Φ",
    "normal": "Angle at which electrons leave along the normal, on the file's axis",
    "k-centre": "Momentum on the image's axis that is Γ",
    "k-scale": "Stretches momenta about Γ",
}
"""What each of NUMBERS is for."""

AXIS_POINTS = {"k1": "k∥, first", "k2": "k∥, second", "e1": "E, first", "e2": "E, second"}
POINTS = AXIS_POINTS | {
    "f1": "Frame, a corner", "f2": "Frame, opposite corner", "b1": "Colour bar, a corner",
    "b2": "Colour bar, opposite",
}  # fmt: skip
"""Points that are clicked on a picture."""


def image_controls(*more, problem: str = "") -> html.Section:
    """Drop zone, examples, cut, what else is given, calibration."""
    return html.Section(
        [
            html.H2("Image"),
            html.Div(  # Dash loads it later; its place is kept
                dcc.Upload(
                    [
                        html.Button(
                            "Choose band images",
                            type="button",
                            className="button",
                            title="Files of a beamline, pictures of figures, or a saved session",
                        ),
                        html.Span(" or drop them here", className="muted"),
                    ],
                    id=ids("upload"),
                    className="drop-zone",
                    max_size=UPLOAD_LIMIT_BYTES,
                    multiple=True,
                ),
                className="drop-place",
            ),
            html.P(
                ACCEPTED + "; at most 64 MB. Several cuts of one sample are read together. A saved session opens too.",
                className="muted small",
            ),
            html.A("Go on with the last image", id=ids("go-on"), className="small", hidden=True),
            html.Div(
                [
                    html.Button(
                        label,
                        id=ids(f"example-{name}"),
                        type="button",
                        className="chip",
                        title="A simulated measurement, whose truth stands beside what is read",
                    )
                    for name, label in EXAMPLES.items()
                ],
                className="chips",
                role="group",
                **{"aria-label": "Example images, simulated"},
            ),
            html.P("The examples are simulated.", className="muted small"),
            html.P(id=ids("file-name"), className="small", role="status"),
            html.Div(id=ids("record"), className="small"),
            html.P(problem, id=ids("upload-error"), className="field-error", role="alert"),
            _cut(),
            _others(),
            _knowledge(),
            *more,
            html.Div(_calibration(), id=ids("calibration"), hidden=True, className="group"),
        ],
        className="interpret-controls",
        **{"aria-label": "Image"},
    )


def _cut() -> html.Div:
    return html.Div(
        [
            html.Span(term("cut", "Cut"), className="field-label"),
            dmc.SegmentedControl(
                id=ids("cut"),
                data=[{"value": "G-X", "label": "Γ–X [100]"}, {"value": "G-K", "label": "Γ–K [110]"}],
                value="G-X",
                size="xs",
                fullWidth=True,
                attributes={"root": {"aria-label": "Direction of the cut", "title": "Direction of k∥ in the image"}},
            ),
            dmc.TextInput(
                id=ids("kz"),
                label="kz in 2π/c̄",
                description=KZ_HINT,
                value="auto",
                debounce=350,
                size="xs",
                inputProps={"maxLength": 12},
                attributes={"root": {"title": "Momentum along the normal, which hν sets"}},
            ),
        ],
        className="group",
    )


def _others() -> html.Div:
    """Further cuts of the same sample, which are read together with the one that is shown."""
    return html.Div(
        [
            html.Span("Cuts of this sample", className="field-label"),
            html.Button(
                "Keep as a cut of this sample", id=ids("keep-cut"), type="button", className="button",
                title="Then drop another cut of the same sample: both are read together",
            ),
            html.Ul(id=ids("others-list"), className="small kept-cuts", **{"aria-live": "polite"}),
        ],
        className="group",
    )  # fmt: skip


def _knowledge() -> html.Details:
    """What a person knows of the sample before the image is read."""
    return html.Details(
        [
            html.Summary("What is known of the sample"),
            html.Div(
                [
                    dmc.TextInput(
                        id=ids("substrate"), label="Substrate", value="", placeholder="not known",
                        description="Layers strained to Si, Ge, Si0.5Ge0.5, 5.50 Å; empty leaves it to the image",
                        debounce=350, size="xs", inputProps={"maxLength": 40},
                    ),
                    dmc.Select(
                        id=ids("family"), label="Structure", value="", size="xs", allowDeselect=False,
                        data=[{"value": name, "label": words.capitalize()} for name, words in FAMILIES.items()],
                        description="Candidates of another structure are left out", checkIconPosition="right",
                    ),
                    html.P(
                        "Narrows figures and candidates, here and in the loop.",
                        className="muted small",
                    ),
                ],
                className="group",
            ),
        ],
        className="knowledge",
    )  # fmt: skip


def other_cuts(labels: list[str]) -> list[html.Li]:
    """The kept cuts, each with a button that shows it in place of the one that is shown, and one that drops it."""
    return [
        html.Li(
            [
                html.Span(label),
                html.Button(
                    "Show", id=ids.item("show-cut", number), type="button", className="button",
                    title="Show and calibrate it; the one that is shown stays a cut of this sample",
                    **{"aria-label": f"Show {label}"},
                ),
                html.Button(
                    "Drop", id=ids.item("drop-cut", number), type="button", className="button",
                    title="It is no longer read with the others",
                    **{"aria-label": f"Drop {label}"},
                ),
            ]
        )
        for number, label in enumerate(labels)
    ]  # fmt: skip


def _calibration() -> list:
    return [
        html.H2("Calibration"),
        dmc.Select(
            id=ids("index"), label="Image of the file", data=[], value=None, size="xs", allowDeselect=False,
            attributes={"root": {"title": "Slice or region of a scan; steps that were set by hand stay"}},
            checkIconPosition="right",
        ),
        html.Div(
            [
                dmc.Select(
                    id=ids("colours"),
                    label="Colour map of the figure",
                    attributes={"root": {"title": "How colours are turned back into intensities"}},
                    data=[
                        *({"value": name, "label": name} for name in ("auto", *COLOUR_MAPS)),
                        {"value": "colour bar", "label": "its colour bar, clicked", "disabled": True},
                    ],
                    value="auto",
                    size="xs",
                    allowDeselect=False,
                    checkIconPosition="right",
                ),
                html.Span("Click on the picture: which point, and an axis point's value", className="field-label"),
                dmc.SegmentedControl(
                    id=ids("point"),
                    data=[{"value": name, "label": label} for name, label in POINTS.items()],
                    value="k1",
                    size="xs",
                    orientation="vertical",
                    fullWidth=True,
                    attributes={"root": {"aria-label": "Point that the next click sets", "title": "In the view File"}},
                ),
                dmc.NumberInput(
                    id=ids("point-value"), label="Value there", value=0, size="xs", hideControls=True, debounce=True,
                    attributes={"root": {"title": "Of the axis at the point that is clicked next, 1/Å or eV"}},
                ),
                html.P(id=ids("points-text"), className="muted small", role="status"),
            ],
            id=ids("picture-only"),
            className="group",
            hidden=True,
        ),
        html.Div(
            [
                dmc.NumberInput(
                    id=ids(name),
                    label=f"{label}{', ' + unit if unit else ''}",
                    size="xs",
                    hideControls=True,
                    debounce=True,
                    value={"k-centre": 0, "k-scale": 1}.get(name, ""),
                    placeholder="12.6, as of Si" if name == "inner-potential" else "",
                    className=f"for-{kind}",
                    attributes={"root": {"title": HINTS[name]}},
                )
                for name, (label, unit, kind) in NUMBERS.items()
            ],
            className="number-grid",
        ),
        dmc.Select(
            id=ids("background"),
            label="Background",
            attributes={"root": {"title": "Subtracted from the image before it is read"}},
            data=[{"value": name, "label": name.capitalize()} for name in BACKGROUNDS],
            value="none",
            size="xs",
            allowDeselect=False,
            checkIconPosition="right",
        ),
        dmc.Switch(
            id=ids("symmetrise"), label="Symmetrise about Γ", checked=False, size="xs",
            attributes={"root": {"title": "Average both signs of k∥"}},
        ),
        html.Div(
            [
                html.H3("Steps", id=ids("steps-title")),
                html.Button(
                    "Undo", id=ids("undo"), type="button", className="button", title="Take the last change back"
                ),
            ],
            className="steps-head",
        ),
        html.Ol(
            id=ids("steps"), className="small steps",
            **{"aria-labelledby": ids("steps-title"), "aria-live": "polite"},
        ),
    ]  # fmt: skip
