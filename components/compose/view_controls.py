"""The view controls of Compose: which spectrum, which orbitals, how broad, which colours."""

import dash_mantine_components as dmc
from dash import html

from components.compose.controls import ids, slider
from components.compose.hints import HINTS
from components.compose.link import CLIP_RANGE, GAMMA_RANGE, SHELL_LETTERS, SIGMA_RANGE, ComposeLink
from components.figures.colour_maps import SEQUENTIAL

ENGINE_NAMES = {"live": "Live", "exact": "Exact", "forward": "Forward", "dft": "DFT"}
VIEW_NAMES = {"total": "Total", "atom": "Atom", "difference": "Difference", "error": "Error bar"}


def view_controls(link: ComposeLink) -> html.Div:
    """Two rows above the picture, and what the chosen engine refuses."""
    return html.Div(
        [
            html.Div([_view(link), _engine(link), _shells(link)], className="view-row"),
            html.P(id=ids("engine-error"), className="field-error", role="alert"),
            html.Div(
                [slider("sigma", "Broadening σ", link.sigma, *SIGMA_RANGE, 0.01, unit="eV"), _scale(link), _map(link)],
                className="view-row",
            ),
            html.Details(
                [
                    html.Summary("Contrast and sharpening"),
                    html.Div(
                        [
                            _sharpening(link),
                            slider("gamma", "Colour exponent γ", link.gamma, *GAMMA_RANGE, 0.05),
                            slider("clip", "Colours end at", link.clip, *CLIP_RANGE, 0.05, unit="× maximum"),
                        ],
                        className="view-row",
                    ),
                ],
                open=(link.sharpening, link.gamma, link.clip) != ("none", 1.0, 1.0),
                className="view-more",
            ),
        ],
        className="view-controls",
        role="group",
        **{"aria-label": "View"},
    )


def _view(link: ComposeLink) -> dmc.SegmentedControl:
    return dmc.SegmentedControl(
        id=ids("view"),
        data=[{"value": value, "label": name} for value, name in VIEW_NAMES.items()],
        value=link.view,
        size="xs",
        attributes={"root": {"aria-label": "Spectrum", "title": HINTS["view"]}},
    )


def _engine(link: ComposeLink) -> dmc.SegmentedControl:
    return dmc.SegmentedControl(
        id=ids("engine"),
        data=[{"value": value, "label": name} for value, name in ENGINE_NAMES.items()],
        value=link.engine,
        size="xs",
        attributes={"root": {"aria-label": "Engine", "title": HINTS["engine"]}},
    )


def _shells(link: ComposeLink) -> html.Div:
    chips = [dmc.Chip(name, value=letter, size="xs", variant="outline") for letter, name in SHELL_LETTERS.items()]
    return html.Div(
        [
            html.Span("Orbitals", className="visually-hidden", id=ids("shells-label")),
            dmc.ChipGroup(chips, id=ids("shells"), multiple=True, value=list(link.shells)),
        ],
        className="inline",
        title=HINTS["shells"],
        role="group",
        **{"aria-labelledby": ids("shells-label")},
    )


def _sharpening(link: ComposeLink) -> dmc.SegmentedControl:
    names = {"none": "Spectrum", "second": "−∂²A/∂E²", "curvature": "Curvature"}
    return dmc.SegmentedControl(
        id=ids("sharpening"),
        data=[{"value": value, "label": name} for value, name in names.items()],
        value=link.sharpening,
        size="xs",
        attributes={"root": {"aria-label": "Sharpening along energy", "title": HINTS["sharpening"]}},
    )


def _scale(link: ComposeLink) -> dmc.SegmentedControl:
    return dmc.SegmentedControl(
        id=ids("scale"),
        data=[{"value": "linear", "label": "Linear"}, {"value": "log", "label": "Log"}],
        value=link.scale,
        size="xs",
        attributes={"root": {"aria-label": "Intensity scale", "title": HINTS["scale"]}},
    )


def _map(link: ComposeLink) -> dmc.Select:
    return dmc.Select(
        id=ids("map"),
        data=[{"value": name, "label": name.capitalize()} for name in SEQUENTIAL],
        value=link.map,
        size="xs",
        w=108,
        allowDeselect=False,
        checkIconPosition="right",
        attributes={"input": {"aria-label": "Colour map", "title": HINTS["map"]}},
    )
