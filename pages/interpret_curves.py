"""Interpret's curves through the cursor and their fits; assets/interpret-curves.js moves it. No page of its own."""

from dash import Input, Output, State, callback, ctx, html, no_update

from components.ids import THEME
from components.interpret.controls import ids
from components.interpret.curves import ALL_MOMENTA, FITTED, HALF_WIDTHS, curve_figure, peak_table
from components.interpret.edits import MOST_UNDONE
from components.interpret.pictures import Display
from components.interpret.session import readings_key
from components.requests import listed
from core.errors import InputError
from core.experiment.curves.fits import curve_of, fitted_fermi_edge, fitted_peaks
from core.experiment.curves.processed import processed
from core.sessions.readings import Reading, calibrated, with_fermi_level

CURSOR = ("cursor-k", "cursor-e")
OTHER_EDGE = "This edge was fitted to another image, or before the calibration changed: fit it again"


@callback(
    Output(ids("curves"), "hidden"),
    Output(ids("edc"), "figure"),
    Output(ids("mdc"), "figure"),
    Input(ids("reading"), "data"),
    *(Input(ids(name), "value") for name in CURSOR),
    *(Input(ids(name), "value") for name in ("normalisation", "derivative")),
    Input(THEME, "data"),
)
def draw_curves(document, k, e, normalisation, derivative, scheme):
    """Both curves through the cursor, of the image as it is shown."""
    try:
        image = calibrated(Reading.from_document(document)) if document else None
    except InputError:
        image = None
    if image is None:
        return True, no_update, no_update
    k, e = (_inside(place, image[name].values) for place, name in ((k, "kx"), (e, "eV")))
    shown = Display.of(normalisation, derivative, 1.0)
    image = image.copy(data=processed(image, shown.normalisation, shown.derivative))
    edc, mdc = (
        curve_figure(*(part.tolist() for part in curve_of(image, kind, at, HALF_WIDTHS[kind])), kind, scheme, other)
        for kind, at, other in (("edc", k, e), ("mdc", e, k))
    )
    return False, edc, mdc


@callback(
    Output(ids("edc"), "figure", allow_duplicate=True),
    Output(ids("mdc"), "figure", allow_duplicate=True),
    Output(ids("curve-fit"), "children"),
    Output(ids("curve-error"), "children"),
    Output(ids("edge"), "data"),
    Output(ids("take-edge"), "hidden"),
    Input(ids("fit-peaks"), "n_clicks"),
    Input(ids("fit-edge"), "n_clicks"),
    State(ids("reading"), "data"),
    *(State(ids(name), "value") for name in CURSOR),
    *(State(ids(name), "value") for name in ("fit-kind", "fit-count", "fit-shape", "fit-from", "fit-to")),
    State(THEME, "data"),
    prevent_initial_call=True,
)
def fit_curve(peaks, edge, document, k, e, kind, count, shape, start, end, scheme):
    """Peaks of a curve, or the Fermi edge of the whole spectrum, with errors."""
    if not document or not ctx.triggered_id:
        return (no_update,) * 6
    reading = Reading.from_document(document)
    try:
        image = calibrated(reading)
        k, e = (_inside(place, image[name].values) for place, name in ((k, "kx"), (e, "eV")))
        if ctx.triggered_id == ids("fit-edge"):
            found, fit = fitted_fermi_edge(image)
            figure = curve_figure(fit.axis.tolist(), fit.curve.tolist(), "edc", scheme, 0.0, fit, ALL_MOMENTA)
            text = (
                f"Fermi edge at E − E_F = {found.level:+.4f} ± {found.uncertainty:.4f} eV, σ = {found.width:.4f} eV "
                f"(FWHM {2.3548 * found.width:.3f} eV), over all momenta"
            )
            edge = {"of": readings_key(document, []), "level": found.level, "uncertainty": found.uncertainty}
            return figure, no_update, html.P(f"{text}. {FITTED}", className="small"), "", edge, False
        kind = "mdc" if kind == "mdc" else "edc"
        at, other = (k, e) if kind == "edc" else (e, k)
        low, high = (image["eV" if kind == "edc" else "kx"].values[place] for place in (0, -1))
        within = tuple(
            float(open_end) if text in (None, "") else _number(text) for text, open_end in ((start, low), (end, high))
        )
        fit = fitted_peaks(image, kind, at, int(_number(count)), HALF_WIDTHS[kind], within, str(shape))
        curve = (part.tolist() for part in curve_of(image, kind, at, HALF_WIDTHS[kind]))
        figure = curve_figure(*curve, kind, scheme, other, fit)
    except InputError as error:
        return no_update, no_update, "", str(error), None, True
    shown = (figure, no_update) if kind == "edc" else (no_update, figure)
    return *shown, [peak_table(fit), html.P(FITTED, className="muted small")], "", None, True


@callback(
    Output(ids("curve-fit"), "children", allow_duplicate=True),
    Output(ids("curve-error"), "children", allow_duplicate=True),
    Output(ids("edge"), "data", allow_duplicate=True),
    Output(ids("take-edge"), "hidden", allow_duplicate=True),
    Input(ids("reading"), "data"),
    prevent_initial_call=True,
)
def forget_curve_fit(document):
    """Another image, or one read otherwise: what was fitted to the earlier one goes."""
    return "", "", None, True


@callback(
    Output(ids("reading"), "data", allow_duplicate=True),
    Output(ids("history"), "data", allow_duplicate=True),
    Output(ids("take-edge"), "hidden", allow_duplicate=True),
    Output(ids("curve-error"), "children", allow_duplicate=True),
    Input(ids("take-edge"), "n_clicks"),
    State(ids("edge"), "data"),
    State(ids("reading"), "data"),
    State(ids("history"), "data"),
    prevent_initial_call=True,
)
def take_edge(clicks, edge, document, history):
    """The fitted edge becomes the zero of energies: a step that undo takes back."""
    if not clicks or not document or not isinstance(edge, dict):
        return (no_update,) * 4
    if edge.get("of") != readings_key(document, []):
        return no_update, no_update, True, OTHER_EDGE
    before = Reading.from_document(document)
    try:
        after = with_fermi_level(before, _number(edge.get("level")), abs(_number(edge.get("uncertainty"))))
    except InputError as error:
        return no_update, no_update, True, str(error)
    return after.document(), [*listed(history)[-MOST_UNDONE:], before.document()], True, ""


def _inside(place, points) -> float:
    """A place on an axis; the middle of the axis where it is none."""
    low, high = float(points[0]), float(points[-1])
    if isinstance(place, int | float) and not isinstance(place, bool) and place == place:
        return float(min(max(place, low), high))
    return (low + high) / 2


def _number(value) -> float:
    """A number that somebody typed.

    Raises:
        InputError: it is none.
    """
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not abs(number) <= 1e5:
        raise InputError("Give a number")
    return number
