"""Design: ask for bands, get the stacks that give them."""

import base64
import json
import secrets

import dash
from dash import ALL, ClientsideFunction, Input, Output, State, callback, clientside_callback, ctx, dcc, html, no_update

from components.design import results
from components.design.controls import DEFAULTS, PRESETS, added, design_controls, ids, link, linked, typed
from components.design.picture import NOTHING, drawn_curve, picture_figure
from components.ids import THEME
from components.jobs import ended_text, ends_job, jobs, user, waiting_text
from components.requests import FOREIGN
from components.theme import GRAPH_CONFIG
from core.design.curve import Curve
from core.design.targets import parse_wanted
from core.errors import InputError
from core.loop.moves import named
from core.sessions.designs import design_request, found, is_final
from core.sessions.jobs import CANCELLED
from core.structure.sample import Sample

dash.register_page(
    __name__, path="/design", name="Design", order=4, title="Design · Bandloom",
    description="Ask for a gap, a mass, a band you draw; get the stacks that give it, verified.",
)  # fmt: skip

POLL_MS = 400
TYPED = [State(ids(name), "value") for name in DEFAULTS]
TALL = {"height": "23rem"}
PEN = GRAPH_CONFIG | {"modeBarButtonsToAdd": ["drawopenpath", "eraseshape"]}


def layout(**query) -> html.Div:
    """The page; a link holds what is asked for, and shows the answers that are known."""
    values, problems = linked(query)
    asked = None
    if query and not problems:
        try:
            asked = design_request(values).document
        except InputError as error:
            problems = [str(error)]
    return html.Div(
        [
            html.H1("Design", className="visually-hidden"),
            dcc.Store(id=ids("asked"), data=asked),
            dcc.Store(id=ids("job")),
            dcc.Store(id=ids("seen")),
            dcc.Store(id=ids("sort")),
            dcc.Store(id=ids("chosen"), data=""),
            dcc.Store(id=ids("place"), data=secrets.token_hex(8)),
            dcc.Store(id=ids("link")),
            dcc.Download(id=ids("download")),
            dcc.Interval(id=ids("poll"), interval=POLL_MS, disabled=True),
            html.Div([design_controls(values, problems), _answers()], className="design"),
        ],
        className="wrap design-page",
    )


def _answers() -> html.Section:
    progress = html.Div(
        [
            html.Progress(id=ids("progress"), max="1", value="0", **{"aria-label": "Search"}),
            html.Span("Nothing is searched for yet", id=ids("status"), className="muted", role="status"),
        ],
        className="job-line",
    )
    graphs = html.Div(
        [
            html.Figure(
                [
                    html.Figcaption("What the answers reach"),
                    dcc.Graph(id=ids("front"), config=GRAPH_CONFIG, style=TALL, responsive=True),
                ]
            ),
            html.Figure(
                [
                    html.Figcaption(id=ids("picture-title")),
                    dcc.Graph(id=ids("picture"), config=PEN, style=TALL, responsive=True),
                    html.P("Drag across the picture to draw a band that you want.", className="muted small"),
                ]
            ),
        ],
        className="design-graphs",
    )
    files = html.Div(
        [html.Span("Export", className="muted")]
        + [
            html.Button(label, id=ids(f"download-{kind}"), type="button", className="button", disabled=True)
            for kind, label in (("csv", "CSV"), ("json", "JSON"))
        ],
        className="downloads", role="group", **{"aria-label": "Exports"},
    )  # fmt: skip
    return html.Section(
        [
            html.H2("Answers", className="visually-hidden"),
            progress,
            graphs,
            html.Div(id=ids("table")),
            files,
            html.Div(id=ids("details"), className="design-details"),
        ],
        className="design-answers", **{"aria-label": "Answers"},
    )  # fmt: skip


@callback(
    Output(ids("meaning"), "children"),
    Input(ids("targets"), "value"),
    Input(ids("curve"), "value"),
)
def explain(targets, curve):
    """What the targets mean, in words, or why they are not understood."""
    try:
        return f"{parse_wanted([str(targets or '')], _curve(curve)).text()}."
    except InputError as error:
        return html.Span(str(error), className="field-error")


@callback(
    Output(ids("targets"), "value"),
    Output(ids("problem"), "children", allow_duplicate=True),
    Input(ids("add"), "n_clicks"),
    Input(ids.item("preset", ALL), "n_clicks"),
    State(ids("targets"), "value"),
    State(ids("figure"), "value"),
    State(ids("low"), "value"),
    State(ids("high"), "value"),
    prevent_initial_call=True,
)
def change_targets(clicks, presets, targets, figure, low, high):
    """One more target, or those of a preset."""
    if isinstance(ctx.triggered_id, dict):
        place = ctx.triggered_id["index"]
        known = type(place) is int and 0 <= place < len(PRESETS) and any(presets)
        return (list(PRESETS.values())[place], "") if known else (no_update, no_update)
    if not clicks:
        return no_update, no_update
    try:
        return added(targets, figure, low, high), ""
    except InputError as error:
        return no_update, str(error)


@callback(
    Output(ids("asked"), "data"),
    Output(ids("job"), "data"),
    Output(ids("problem"), "children"),
    Input(ids("search"), "n_clicks"),
    State(ids("place"), "data"),
    *TYPED,
    prevent_initial_call=True,
)
def search(clicks, place, *values):
    """A search for what the controls hold; one that has ended already is shown."""
    if not clicks:
        return (no_update,) * 3
    try:
        asked = design_request(typed(list(values)))
    except InputError as error:
        return no_update, no_update, str(error)
    if is_final(found(asked)):
        jobs().leave(user(), place)
        return asked.document, None, ""
    return asked.document, jobs().ask(user(), place, "design", asked.document), ""


ends_job(ids("cancel"), ids("job"), ids("cancelled"))


@callback(
    Output(ids("seen"), "data"),
    Output(ids("progress"), "value"),
    Output(ids("status"), "children"),
    Output(ids("poll"), "disabled"),
    Output(ids("cancel"), "disabled"),
    Input(ids("asked"), "data"),
    Input(ids("job"), "data"),
    Input(ids("poll"), "n_intervals"),
    Input(ids("cancelled"), "data"),
    State(ids("seen"), "data"),
)
def watch(document, job, count, cancelled, seen):
    """How far the search is, and whether there is something new."""
    if not document:
        return no_update, "0", no_update, True, True
    asked = design_request(document)
    status, step = jobs().status(job), found(asked)
    active = status is not None and status.active
    now = [asked.key, step["done"] if step else 0.0, len(step["designs"]) if step else 0]
    said = _said(status, step)
    return now if now != seen else no_update, f"{now[1]:.3f}" if active else "0", said, not active, not active


def _said(status, step) -> str:
    if status is not None and status.active:
        text = waiting_text(status) or (step["note"] if step else "The search begins")
        return f"{text[:1].upper()}{text[1:]}"
    if step and (reason := step["stop_reason"]):
        count = len(step["designs"])
        ends = {"met": "The best ones meet all targets", "budget": "The time that a search has is used up",
                "nothing meets all targets": "Nothing meets all targets; these come nearest"}  # fmt: skip
        goes_on = "" if is_final(step) else "; press Search to go on"
        return f"{ends.get(reason, reason.capitalize())}: {count} answer{'s' * (count != 1)}, all verified{goes_on}"
    if status is not None:
        count = len(step["designs"]) if step else 0
        kept = f". {count} answer{'s are' if count != 1 else ' is'} kept; press Search to go on" if count else ""
        return ("Search cancelled" if status.state == CANCELLED else ended_text(status, "Search")) + kept
    return "These answers are those of a search that did not end; press Search to go on" if step else "Press Search"


@callback(
    Output(ids("table"), "children"),
    Output(ids("front"), "figure"),
    Output(ids("details"), "children"),
    Output(ids("download-csv"), "disabled"),
    Output(ids("download-json"), "disabled"),
    Input(ids("seen"), "data"),
    Input(ids("sort"), "data"),
    Input(ids("chosen"), "data"),
    Input(THEME, "data"),
    State(ids("asked"), "data"),
)
def show(seen, sort, chosen, scheme, document):
    """The table, the front, and the chosen answer."""
    wanted, designs = _answered(document)
    chosen_one = results.chosen_design(designs, chosen)
    mark = results.mark_of(chosen_one["sample"]) if chosen_one else ""
    order = results.checked_sort(sort)
    if order[0] not in dict(results.columns(wanted)):
        order = "cost", False
    return (
        results.answer_table(wanted, designs, order, mark),
        results.front_figure(wanted, designs, mark, scheme),
        results.details(wanted, chosen_one),
        not designs,
        not designs,
    )


@callback(
    Output(ids("picture"), "figure"),
    Output(ids("picture-title"), "children"),
    Input(ids("seen"), "data"),
    Input(ids("chosen"), "data"),
    Input(ids("curve"), "value"),
    Input(THEME, "data"),
    State(ids("asked"), "data"),
)
def draw(seen, chosen, curve, scheme, document):
    """The picture of the chosen answer, with the drawn band."""
    sample = _shown(document, chosen)
    try:
        band = _curve(curve)
    except InputError:
        band = None
    shown = f"{named(sample.stack, sample.mixing)} on {sample.substrate}"
    return picture_figure(sample, band, scheme), f"Bands of {shown}, predicted"


@callback(
    Output(ids("curve"), "value"),
    Output(ids("problem"), "children", allow_duplicate=True),
    Input(ids("picture"), "relayoutData"),
    State(ids("asked"), "data"),
    State(ids("chosen"), "data"),
    prevent_initial_call=True,
)
def take_drawing(relayout, document, chosen):
    """What was drawn on the picture, as text."""
    try:
        band = drawn_curve(relayout, _shown(document, chosen))
    except LookupError:
        return no_update, no_update
    except InputError as error:
        return no_update, str(error)
    return "" if band is None else band.text, ""


@callback(
    Output(ids("curve"), "value", allow_duplicate=True),
    Output(ids("problem"), "children", allow_duplicate=True),
    Input(ids("band-file"), "contents"),
    prevent_initial_call=True,
)
def take_file(contents):
    """A band from an uploaded table, as text."""
    try:
        return Curve.read(base64.b64decode(contents.partition(",")[2], validate=True)).text, ""
    except InputError as error:
        return no_update, str(error)
    except (ValueError, AttributeError):
        return no_update, "The file did not arrive whole; try again"


@callback(
    Output(ids("chosen"), "data"),
    Input(ids.item("show", ALL), "n_clicks"),
    Input(ids("front"), "clickData"),
    prevent_initial_call=True,
)
def choose(clicks, click):
    """The answer whose row or point was clicked."""
    if isinstance(ctx.triggered_id, dict):
        return str(ctx.triggered_id["index"])[:12] if any(clicks) else no_update
    try:
        return str(click["points"][0]["customdata"])[:12]
    except (TypeError, LookupError):
        return no_update


@callback(
    Output(ids("sort"), "data"),
    Input(ids.item("sort", ALL), "n_clicks"),
    State(ids("sort"), "data"),
    prevent_initial_call=True,
)
def sort_by(clicks, sort):
    """The column that was clicked; once more, the other way round."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update
    key, (before, falling) = str(ctx.triggered_id["index"])[:40], results.checked_sort(sort)
    return [key, not falling if key == before else False]


@callback(
    Output(ids("download"), "data"),
    Input(ids("download-csv"), "n_clicks"),
    Input(ids("download-json"), "n_clicks"),
    State(ids("asked"), "data"),
    prevent_initial_call=True,
)
def send_file(as_csv, as_json, document):
    """All answers as a file."""
    wanted, designs = _answered(document)
    if not designs or not (as_csv or as_json):
        return no_update
    if ctx.triggered_id == ids("download-csv"):
        return dcc.send_string(results.answers_csv(wanted, designs), "designs.csv")
    whole = {"asked": document, "wanted": wanted.text(), "designs": designs}
    return dcc.send_string(json.dumps(whole, ensure_ascii=False, indent=1), "designs.json")


@callback(Output(ids("link"), "data"), Input(ids("asked"), "data"))
def name_link(document):
    """The page's address for what is asked for."""
    return link(design_request(document).document) if document else no_update


def _curve(text) -> Curve | None:
    return Curve.parse(str(text)) if text else None


def _answered(document) -> tuple:
    """What is asked for, and the answers so far."""
    if document is None:
        return parse_wanted([DEFAULTS["targets"]]), []
    if not isinstance(document, dict):
        raise InputError(FOREIGN)
    asked = design_request(document)
    step = found(asked)
    return asked.wanted, step["designs"] if step else []


def _shown(document, chosen) -> Sample:
    design = results.chosen_design(_answered(document)[1], chosen)
    return Sample.from_document(design["sample"]) if design else NOTHING


clientside_callback(ClientsideFunction("design", "writeLink"), Input(ids("link"), "data"))
clientside_callback(
    ClientsideFunction("design", "nameUpload"), Output(ids("band-file"), "style"), Input(ids("band-file"), "id")
)
