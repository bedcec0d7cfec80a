"""How the picture is shown, and the energy and momentum distribution curves below it with their fits."""

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import dcc, html

from components import theme
from components.interpret.controls import ids
from core.experiment.curves.fits import MOST_PEAKS, SHAPES, UNITS, PeakFit, Value
from core.experiment.curves.processed import DERIVATIVES, NORMALISATIONS

CURVES = {"edc": "EDC: intensity along E at k∥", "mdc": "MDC: intensity along k∥ at E"}
PEAK = ("position", "width", "area")
PART = "Ends of the part that is fitted; empty: the curve's own end"
FITTED = "Fitted to the calibrated image, neither normalised nor differentiated."
ALL_MOMENTA = "Intensity, all momenta"
GAMMA = (0.2, 2.0)
HALF_WIDTHS = {"edc": 0.02, "mdc": 0.04}
"""1/Å and eV over which a curve is averaged on either side."""

_PLOT = {**theme.GRAPH_CONFIG, "displayModeBar": False}


def display_controls() -> html.Details:
    """Normalisation, derivative and contrast of the calibrated image: of the picture alone, not of what is read."""
    return html.Details(
        [
            html.Summary("Display"),
            html.Div(
                [
                    _select("normalisation", "Normalise", NORMALISATIONS, "Each energy, or each momentum, to one mean"),
                    _select("derivative", "Derivative", DERIVATIVES, "Ridges of the smoothed image"),
                    html.Div(
                        [
                            html.Span("Contrast γ", className="field-label"),
                            dmc.Slider(
                                id=ids("gamma"), value=1.0, min=GAMMA[0], max=GAMMA[1], step=0.05, size="sm",
                                updatemode="mouseup", thumbLabel="Contrast γ", marks=[{"value": 1.0}],
                            ),
                        ],
                        title="Below 1 lifts what is faint, above 1 lowers it",
                    ),
                ],
                className="display-row",
            ),
            html.P("Changes the picture only; figures are read from the calibrated image.", className="muted small"),
        ],
        className="display",
    )  # fmt: skip


def _select(name: str, label: str, data: dict[str, str], hint: str) -> html.Div:
    choices = [{"value": value, "label": words} for value, words in data.items()]
    return html.Div(
        dmc.Select(id=ids(name), label=label, data=choices, value="none", size="xs", allowDeselect=False), title=hint
    )


def curves_panel() -> html.Section:
    """Both curves through the cursor, which follows the pointer and stays where a person clicks, and their fits."""
    return html.Section(
        [
            html.H2("Curves"),
            html.Div(
                [
                    _number("cursor-k", "Cursor k∥, 1/Å", 0.0, 0.01, "Of the EDC; set by a click on the picture"),
                    _number("cursor-e", "Cursor E, eV", -1.0, 0.05, "Of the MDC; set by a click on the picture"),
                ],
                className="display-row",
            ),
            html.Div(
                [
                    html.Figure(
                        [
                            html.Figcaption(words, className="small muted"),
                            dcc.Graph(id=ids(kind), config=_PLOT, style={"height": "12rem"}, responsive=True),
                        ]
                    )
                    for kind, words in CURVES.items()
                ],
                className="curve-row",
            ),
            html.Div(
                [
                    dmc.SegmentedControl(
                        id=ids("fit-kind"), value="mdc", size="xs",
                        data=[{"value": kind, "label": kind.upper()} for kind in UNITS],
                        attributes={"root": {"aria-label": "Curve that is fitted", "title": "Curve that is fitted"}},
                    ),
                    dmc.Select(
                        id=ids("fit-count"), label="Peaks", value="2", size="xs", allowDeselect=False, w="4.5rem",
                        data=[str(count) for count in range(1, MOST_PEAKS + 1)],
                        attributes={"root": {"title": "How many peaks are fitted"}},
                    ),
                    dmc.Select(
                        id=ids("fit-shape"), label="Shape", value="lorentzian", size="xs", allowDeselect=False,
                        w="8rem", data=[{"value": name, "label": name.capitalize()} for name in SHAPES],
                        attributes={"root": {"title": "Shape of each peak"}},
                    ),
                    _number("fit-from", "From", "", 0.1, PART, "4.5rem"),
                    _number("fit-to", "To", "", 0.1, PART, "4.5rem"),
                    _button("fit-peaks", "Fit peaks", "On a straight background, by least squares"),
                    _button("fit-edge", "Fit Fermi edge", "Of the spectrum over all momenta, within 0.4 eV of E_F"),
                ],
                className="fit-row",
            ),
            html.P(id=ids("curve-error"), className="field-error", role="alert"),
            html.Div(id=ids("curve-fit"), role="status"),
            _button("take-edge", "Count energies from this edge", "A step that Undo takes back", True),
            dcc.Store(id=ids("edge")),
        ],
        id=ids("curves"),
        className="interpret-curves",
        hidden=True,
        **{"aria-label": "Curves"},
    )  # fmt: skip


def _button(name: str, label: str, hint: str, hidden: bool = False) -> html.Button:
    return html.Button(label, id=ids(name), type="button", className="button", title=hint, hidden=hidden)


def _number(name: str, label: str, value, step: float, hint: str, width: str | None = None) -> html.Div:
    field = dmc.NumberInput(
        id=ids(name), label=label, value=value, step=step, size="xs", hideControls=True, debounce=150, w=width
    )
    return html.Div(field, title=hint)


def curve_figure(
    axis: list[float],
    curve: list[float],
    kind: str,
    scheme: str | None,
    cursor: float | None = None,
    fit: PeakFit | None = None,
    intensity: str = "Intensity",
) -> go.Figure:
    """A curve, where the other one crosses it, and its fit; intensity: what is drawn upwards."""
    colours = theme.COLOURS["dark" if scheme == "dark" else "light"]
    title = "E − E<sub>F</sub> (eV)" if kind == "edc" else "k∥ (1/Å)"
    figure = go.Figure(go.Scatter(x=axis, y=curve, mode="lines", line={"color": colours["text"], "width": 1.2}))
    if fit is not None:
        figure.add_scatter(x=fit.axis, y=fit.fitted, mode="lines", line={"color": colours["germanium"], "width": 2})
        for peak in fit.peaks:
            figure.add_vline(x=peak["position"].value, line={"color": colours["germanium"], "width": 1, "dash": "dot"})
    if cursor is not None:
        figure.add_vline(x=cursor, line={"color": colours["accent"], "width": 1})
    figure.update_layout(
        template=theme.template_name(scheme), margin={"l": 44, "r": 6, "t": 6, "b": 38}, showlegend=False,
        xaxis={"title": {"text": title}, "range": [min(axis), max(axis)]},
        yaxis={"title": {"text": intensity}, "rangemode": "tozero", "nticks": 4},
    )  # fmt: skip
    return figure


def peak_table(fit: PeakFit) -> html.Table:
    """Positions, widths and areas with their errors."""
    unit = UNITS[fit.kind]
    rows = [
        html.Tr(
            [html.Th(str(number), scope="row"), *(html.Td(_text(peak[name])) for name in ("position", "width", "area"))]
        )
        for number, peak in enumerate(fit.peaks, 1)
    ]
    heads = ("Peak", f"Position, {unit}", f"FWHM, {unit}", "Area")
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in heads]))
    return html.Table([head, html.Tbody(rows)], className="small-table")


def _text(value: Value) -> str:
    """A number to as many digits as its error has."""
    if value.error is None:
        return "not determined"
    digits = 4 if value.error == 0 else int(max(0, min(6, 1 - _exponent(value.error))))
    return f"{value.value:.{digits}f} ± {value.error:.{digits}f}".replace("-", "−")


def _exponent(number: float) -> int:
    return int(f"{number:e}".partition("e")[2])
