"""Interpret: from a band image to the atoms behind it, with intervals and a verdict on whether the model knows it."""

import dash
from dash import (
    ALL,
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    ctx,
    dcc,
    html,
    no_update,
)

from components.figures.band_image import raw_picture_figure
from components.ids import THEME
from components.interpret.clicks import clicked, kept_points, points_text
from components.interpret.controls import AXIS_POINTS, FIELDS, POINTS, ids, image_controls
from components.interpret.edit import FOUND, control_values, frame_of
from components.interpret.edits import MOST_UNDONE, edited
from components.interpret.experiment import experiment_panel
from components.interpret.panels import (
    EXPORTS,
    found_texts,
    picture_panel,
    reading_label,
    record_list,
    result_panel,
    step_list,
)
from components.interpret.pictures import Display, compared, with_bands
from components.interpret.report import report_page, result_dataset
from components.interpret.result import candidate_list, figure_list, truth_panel, verdict
from components.interpret.session import interpretation_of, named, other_readings, readings_key, stores
from components.loop.start import run_on_shown
from components.requests import listed, number_in
from core.errors import InputError
from core.experiment.calibration.editing import AXES
from core.experiment.calibration.record import place_in_file
from core.reverse.truth import truth_of
from core.sessions.interpretations import session_file
from core.sessions.readings import Reading, calibrated, export_text, interpreted, kept_images
from pages import interpret_curves, interpret_experiment, interpret_fit, interpret_session  # noqa: F401, their callbacks

dash.register_page(
    __name__, path="/interpret", name="Interpret", order=2, title="Interpret · Bandloom",
    description="Drop a measured band image and read what the atoms did, with honest uncertainty.",
)  # fmt: skip

AXIS_ENDS = [(ids(name.replace("_", "-")), "value") for name in AXES]
CONTROLS = [(ids(name.replace("_", "-")), "checked" if name == "symmetrise" else "value") for name in FIELDS]


def layout(example: str = "", session: str = "", **query) -> html.Div:
    """The page; a link may name an example, or what a visitor had there."""
    found, problem = named(example, session)
    fitting = None
    if found and found.run:
        held = found.document()
        fitting = {"run": found.run, "job": None, "of": readings_key(held["reading"], held["others"])}
    return html.Div(
        [
            html.H1("Interpret", className="visually-hidden"),
            *stores(found),
            dcc.Store(id=ids("click")),
            dcc.Store(id=ids("settings"), data={"names": FIELDS}),
            dcc.Store(id=ids("edits"), data=[]),
            dcc.Store(id=ids("edited"), data=0),
            dcc.Download(id=ids("download")),
            dcc.Location(id=ids("to-loop"), refresh="callback-nav"),
            dcc.Location(id=ids("to-session"), refresh="callback-nav"),
            html.Div(
                [
                    image_controls(experiment_panel(), problem=problem),
                    picture_panel(found.view if found else "image"),
                    result_panel(fitting),
                ],
                className="interpret",
            ),
        ],
        className="wrap interpret-page",
    )


def _reading(document) -> Reading:
    return Reading.from_document(document)


@callback(
    Output(ids("calibration"), "hidden"),
    Output(ids("picture-only"), "hidden"),
    Output(ids("calibration"), "data-kind"),
    Output(ids("index"), "data"),
    Output(ids("view"), "value"),
    Output(ids("steps"), "children"),
    Output(ids("settings"), "data"),
    Output(ids("record"), "children"),
    *(Output(ids(name.replace("_", "-")), "placeholder") for name in FOUND if name != "kz"),
    *(Output(ids(name.replace("_", "-")), "description") for name in FOUND),
    Input(ids("reading"), "data"),
    State(ids("view"), "value"),
    State(ids("history"), "data"),
    State(ids("edited"), "data"),
)
def show_controls(document, view, history, last):
    """The controls follow the reading: those of its kind of file, at its values; ends of axes may wait for others."""
    if not document:
        nothing = (no_update,) * (2 * len(FOUND) - 1)
        return (True, True, "bands", [], "image", [], no_update, "", *nothing)
    reading = _reading(document)
    picture = "channel" in reading.raw().dims
    images = kept_images(reading.image)
    labels = [
        place_in_file(i + 1, len(images), part.attrs.get("slice", "")).capitalize() if len(images) > 1 else "Image 1"
        for i, part in enumerate(images[:200])
    ]
    names = [{"value": str(i), "label": label} for i, label in enumerate(labels)]
    values = control_values(reading)
    without_axes = picture and values["k_left"] == ""
    waiting = AXES if without_axes and history else ()
    told = {"names": FIELDS, "values": {name: values[name] for name in FIELDS if name not in waiting}, "edited": last}
    view = "raw" if without_axes else "image" if view == "raw" and not picture else no_update
    kind = "picture" if picture else "angles" if values["normal"] != "" else "bands"
    shown = (False, not picture, kind, names, view, step_list(reading), told, record_list(reading))
    return shown + found_texts(reading)


def _edited(before: Reading, after: Reading, history) -> tuple:
    """Reading and history after an edit."""
    if after == before:
        return no_update, no_update
    return after.document(), [*listed(history)[-MOST_UNDONE:], before.document()]


clientside_callback(
    ClientsideFunction("interpret", "noteEdits"),
    *(Input(*control) for control in CONTROLS),
    prevent_initial_call=True,
)

clientside_callback(
    ClientsideFunction("interpret", "showValues"),
    Input(ids("settings"), "data"),
    prevent_initial_call=True,
)


@callback(
    Output(ids("reading"), "data", allow_duplicate=True),
    Output(ids("history"), "data", allow_duplicate=True),
    Output(ids("edited"), "data"),
    *(Output(*end, allow_duplicate=True) for end in AXIS_ENDS),
    Input(ids("edits"), "data"),
    State(ids("reading"), "data"),
    State(ids("history"), "data"),
    State(ids("edited"), "data"),
    prevent_initial_call=True,
)
def edit_reading(edits, document, history, last):
    """What a person set, removed and undid becomes a new reading; those before go to the history."""
    if not document:
        return (no_update,) * (3 + len(AXES))
    before = _reading(document)
    after = edited(before, listed(history), edits, last, FIELDS)
    values = control_values(after.reading)
    ends = [values[name] if after.back else no_update for name in AXES]
    if after.reading == before and not after.back:  # after an undo the controls follow even then
        return no_update, no_update, after.last, *ends
    return after.reading.document(), after.history, after.last, *ends


@callback(
    Output(ids("points"), "data"),
    Output(ids("points-text"), "children"),
    Output(ids("point"), "value"),
    Output(ids("reading"), "data", allow_duplicate=True),
    Output(ids("history"), "data", allow_duplicate=True),
    *(Output(*end, allow_duplicate=True) for end in AXIS_ENDS),
    Input(ids("click"), "data"),
    State(ids("point"), "value"),
    State(ids("point-value"), "value"),
    State(ids("points"), "data"),
    State(ids("reading"), "data"),
    State(ids("history"), "data"),
    State(ids("view"), "value"),
    prevent_initial_call=True,
)
def click_point(click, name, value, points, document, history, view):
    """A click on the picture sets a point; two make an axis, a frame or a colour bar."""
    unchanged = (no_update,) * len(AXES)
    if view != "raw" or not click or not document or name not in list(POINTS):
        return (no_update,) * 5 + unchanged
    before = _reading(document)
    try:
        points, after, ends = clicked(kept_points(points), name, click, value, before)
    except InputError as error:
        return no_update, str(error), no_update, no_update, no_update, *unchanged
    following = next((n for n in POINTS if n not in points and n[0] == name[0]), None)
    following = following or next((n for n in AXIS_POINTS if n not in points), name)
    waiting = (ends.get(end, no_update) for end in AXES)
    return points, points_text(points), following, *_edited(before, after, history), *waiting


@callback(
    Output(ids("verdict"), "children"),
    Output(ids("verdict"), "data-kind"),
    Output(ids("figures"), "children"),
    Output(ids("candidates"), "children"),
    Output(ids("file-name"), "children"),
    Output(ids("shown"), "data", allow_duplicate=True),
    Output(ids("refine"), "disabled"),
    Input(ids("reading"), "data"),
    Input(ids("others"), "data"),
    prevent_initial_call="initial_duplicate",
)
def show_result(document, others):
    """Figures and candidates of the reading."""
    first = 0 if ctx.triggered_id else no_update  # what a link names stays as it is
    if not document:
        return "Figures appear here as soon as an image is calibrated.", "", "", "", "", first, True
    reading = _reading(document)
    name = reading_label(reading)
    try:
        found = interpreted(reading, other_readings(others))
    except InputError as error:
        return str(error), "outside", "", "", name, first, True
    text, kind = verdict(found)
    text += f" {found.at_odds}" if found.at_odds else ""
    figures = [truth_panel(found, truth_of(reading.raw().attrs)), figure_list(found)]
    return text, kind, figures, candidate_list(found), name, first, False


@callback(
    Output(ids("picture"), "figure"),
    Output(ids("title"), "children"),
    Output(ids("view-text"), "children"),
    Output(ids("problem"), "children"),
    Input(ids("reading"), "data"),
    Input(ids("view"), "value"),
    Input(ids("shown"), "data"),
    Input(ids("points"), "data"),
    Input(ids("others"), "data"),
    Input(THEME, "data"),
    *(Input(ids(name), "value") for name in ("normalisation", "derivative", "gamma")),
)
def draw(document, view, shown, points, others, scheme, *display):
    """The picture of the chosen view."""
    if not document:
        return no_update, no_update, "", ""
    reading, shown = _reading(document), number_in(shown, 0, 99, 0)
    try:
        if view == "raw" and "channel" in reading.raw().dims:
            picture = reading.raw()
            frame = frame_of(reading, picture)
            text = "The box is the frame; click two points on each axis, or the corners of another frame."
            figure = raw_picture_figure(picture.values, frame, kept_points(points), scheme)
            return figure, "The file as it was dropped", text, ""
        image = calibrated(reading)
        if view in ("image", "raw"):
            return with_bands(reading, other_readings(others), image, int(shown), scheme, Display.of(*display))
        found = interpreted(reading, other_readings(others))
        candidate = found.candidates[min(int(shown), len(found.candidates) - 1)]
        return (*compared(found, candidate, view, scheme), "")
    except InputError as error:
        return no_update, no_update, no_update, str(error)


@callback(
    Output(ids("shown"), "data"),
    Input(ids.item("show", ALL), "n_clicks"),
    prevent_initial_call=True,
)
def show_candidate(clicks):
    """Which candidate's bands are drawn."""
    if not any(clicks or []) or not isinstance(ctx.triggered_id, dict):
        return no_update
    chosen = number_in(ctx.triggered_id["index"], 0, len(clicks) - 1, -1)
    return no_update if chosen < 0 else chosen


@callback(
    Output(ids("download"), "data"),
    Output(ids("export-error"), "children"),
    *(Input(ids(f"export-{kind}"), "n_clicks") for kind in EXPORTS),
    State(ids("reading"), "data"),
    State(ids("others"), "data"),
    State(ids("shown"), "data"),
    State(ids("view"), "value"),
    State(ids("points"), "data"),
    State(ids("fitting"), "data"),
    State(ids("history"), "data"),
    prevent_initial_call=True,
)
def send_export(*values):
    """The result as JSON, NetCDF or a report that opens offline, or the whole session as a file."""
    document, others, *rest, history = values[len(EXPORTS) :]
    if not document or not ctx.triggered_id:
        return no_update, no_update
    try:
        return _exported(ctx.triggered_id.rpartition("-")[2], document, others, history, rest), ""
    except InputError as error:
        return no_update, str(error)


def _exported(kind: str, document, others, history, rest) -> dict:
    if kind == "zip":  # of an image that cannot be read yet too
        whole = interpretation_of(document, others, history, *rest)
        return dcc.send_bytes(session_file(whole), "session.bandloom.zip")
    reading, others = _reading(document), other_readings(others)
    found = interpreted(reading, others)
    if kind == "json":
        return dcc.send_string(export_text(reading, found, others), "interpretation.json")
    if kind == "nc":
        return dcc.send_bytes(result_dataset(reading, found, others), "interpretation.nc")
    return dcc.send_string(report_page(reading, found, others), "interpretation.html")


@callback(
    Output(ids("to-loop"), "href"),
    Output(ids("refine-error"), "children"),
    Input(ids("refine"), "n_clicks"),
    State(ids("reading"), "data"),
    State(ids("others"), "data"),
    prevent_initial_call=True,
)
def refine(clicks, document, others):
    """A run of the loop on the images as they are read now."""
    if not clicks or not document:
        return no_update, no_update
    try:
        return f"/loop?run={run_on_shown(document, others)}", ""
    except InputError as error:
        return no_update, str(error)


clientside_callback(
    ClientsideFunction("interpret", "nameUpload"),
    Output(ids("file-name"), "title"),
    Output(ids("go-on"), "href"),
    Output(ids("go-on"), "hidden"),
    Input(ids("upload"), "id"),
)
