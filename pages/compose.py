"""Compose: from layers to the spectral function of every atom, predicted at once and verified exactly."""

import base64

import dash
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, ctx, dcc, html, no_update

from components.compose.answers import answer
from components.compose.atoms import layer_diagram, scene, thumbnails
from components.compose.controls import ids, sample_controls
from components.compose.dft import dft_notes
from components.compose.downloads import NotThereYetError, download
from components.compose.engines import chosen_source
from components.compose.explanation import chosen_atom, descriptor_list, what_moves
from components.compose.imperfections import NO_READOUTS, imperfection_panel, offer
from components.compose.job import JOB_OUTPUTS, job_line
from components.compose.line import line_panel
from components.compose.link import checked_cursor, checked_view, decode_link
from components.compose.panels import DOWNLOADS, picture_panel, side_panel, stores
from components.compose.readouts import band_readouts, structure_readouts
from components.compose.spectra import all_atoms
from components.figures.sprite import sprite
from components.ids import THEME
from components.jobs import ends_job, jobs, user
from core.engines.protocol import DEFAULT_PATH_LINE
from core.errors import InputError
from core.forward.live import why_not_predicted
from core.sessions.jobs import DONE
from core.sessions.requests import (
    is_known,
    is_quick,
    is_read_out,
    is_solvable,
    keep_structure,
    read_out,
    stored_request,
)

dash.register_page(
    __name__, path="/compose", name="Compose", order=1, title="Compose · Bandloom",
    description="Stack layers of silicon and germanium and see the spectral function of every atom.",
)  # fmt: skip

VIEW_CONTROLS = (
    "view", "shells", "sigma", "scale", "map", "engine", "sharpening", "gamma", "clip", "line", "path", "kz",
)  # fmt: skip
FLAWS = ("lateral", "seed", "configurations", "antisite", "vacancy", "dangling", "step")
VIEW = [Input(ids(name), "value") for name in VIEW_CONTROLS]


def layout(**query) -> html.Div:
    """The page for a link; what the link gets wrong is said at the top."""
    link, problems = decode_link(query)
    return html.Div(
        [
            html.H1("Compose", className="visually-hidden"),
            *stores(link, problems),
            html.Div(
                [sample_controls(link, imperfection_panel(link)), line_panel(link), picture_panel(link), side_panel()],
                className="compose",
            ),
        ],
        className="wrap compose-page",
    )


@callback(Output(ids("answer"), "data"), Input(ids("ask"), "data"), prevent_initial_call=True)
def answer_question(asked):
    """The sample in the controls, checked, with its picture; the browser asks this itself (assets/compose-asks.js)."""
    return answer(asked)


@callback(
    Output(ids("scene"), "data"),
    Output(ids("thumbnails"), "children"),
    Output(ids("layers"), "children"),
    Output(ids("notes"), "children"),
    Output(ids("structure-readouts"), "children"),
    Input(ids("sampled"), "data"),
    prevent_initial_call=True,
)
def show_structure(request):
    """The atoms of a request: 3D scene, thumbnails, layer diagram, notes, lengths and strains."""
    asked = stored_request(request)
    crystal = asked.crystal()
    notes = [html.Li(note) for note in (*crystal.notes, *dft_notes(asked))]
    return scene(crystal), thumbnails(crystal), layer_diagram(crystal), notes, structure_readouts(crystal)


@callback(
    Output(ids("thumbnails"), "style"),
    Input(ids("rested"), "data"),
    Input(ids("ready"), "data"),
    Input(ids("shells"), "value"),
    Input(ids("sigma"), "value"),
    Input(ids("scale"), "value"),
    Input(ids("map"), "value"),
    Input(ids("engine"), "value"),
    prevent_initial_call=True,
)
def draw_thumbnails(request, ready, shells, sigma, scale, colour_map, engine):
    """One image with all atoms, which the thumbnails share."""
    if not request:
        return no_update
    chosen = checked_view(None, shells, sigma=sigma, scale=scale, map=colour_map, engine=engine)
    source = chosen_source(stored_request(request), chosen, resting=True)
    if source is None:
        return {"--sprite": "none"}
    image = sprite(all_atoms(source, chosen.shells, chosen.sigma), chosen.map, chosen.scale == "log")
    return {"--sprite": f"url({image})"}


@callback(
    Output(ids("band-readouts"), "children"),
    Input(ids("sampled"), "data"),
    Input(ids("ready"), "data"),
    prevent_initial_call=True,
)
def show_readouts(request, ready):
    """Gap, valleys, masses and edge profiles."""
    if not request:
        return no_update
    asked = stored_request(request)
    if asked.imperfect:
        return html.P(NO_READOUTS, className="muted no-readouts")
    if not is_solvable(asked):
        why = "The exact engine does not take so many atoms; these figures need it."
        return html.P(f"Not known by DFT: {asked.obstacle}." if asked.by_dft else why, className="muted")
    if not (is_quick(asked) or is_read_out(asked)):
        awaited = (
            "They come with the forward model of DFT." if asked.by_dft else "They come with the exact calculation."
        )
        return html.P(awaited, className="muted")
    return band_readouts(read_out(asked))


@callback(
    Output(ids("response"), "children"),
    Input(ids("rested"), "data"),
    Input(ids("selection"), "data"),
    Input(ids("cursor"), "data"),
    prevent_initial_call=True,
)
def show_response(request, selection, cursor):
    """What the chosen atom's spectrum answers to at the cursor, by the forward model."""
    if not request:
        return no_update
    asked = stored_request(request)
    obstacle = why_not_predicted(asked.crystal(), asked.spin_orbit)
    if asked.line != DEFAULT_PATH_LINE:
        obstacle = "it is worked out along the standard path"
    if asked.by_dft:
        obstacle = "it is worked out by the forward model of tight binding"
    if obstacle:
        return html.P(f"Not known here: {obstacle}.", className="muted")
    return what_moves(asked.crystal(), chosen_atom(asked.crystal(), selection), checked_cursor(cursor))


@callback(
    Output(ids("descriptors"), "children"),
    Input(ids("sampled"), "data"),
    Input(ids("selection"), "data"),
    prevent_initial_call=True,
)
def show_descriptors(request, selection):
    """The descriptors of the chosen atom."""
    if not request:
        return no_update
    crystal = stored_request(request).crystal()
    if crystal.empty_sites:
        return html.P("They need four neighbours around every atom, and one is missing here.", className="muted")
    return descriptor_list(crystal, chosen_atom(crystal, selection))


@callback(
    Output(ids("job"), "data"),
    Input(ids("rested"), "data"),
    Input(ids("compute"), "n_clicks"),
    State(ids("place"), "data"),
    prevent_initial_call=True,
)
def ask_exact(request, clicks, place):
    """A job for a request that is neither quick nor known; the one for the sample before it ends."""
    asked = stored_request(request)
    if is_quick(asked) or is_known(asked) or not is_solvable(asked):
        jobs().leave(user(), place)
        return None
    if offer(asked) and ids("compute") not in ctx.triggered_prop_ids.values():
        jobs().leave(user(), place)
        return None
    return jobs().ask(user(), place, "exact", asked.document())


ends_job(ids("cancel"), ids("job"), ids("cancelled"))


@callback(
    *JOB_OUTPUTS,
    Output(ids("finished"), "data"),
    Input(ids("job"), "data"),
    Input(ids("poll"), "n_intervals"),
    Input(ids("cancelled"), "data"),
    State(ids("rested"), "data"),
    prevent_initial_call=True,
)
def watch_job(job, count, cancelled, request):
    """How the job stands, until it ends.

    The browser passes `finished` on to `ready`: what shows the result must not wait for this callback.
    """
    status, asked = jobs().status(job), stored_request(request) if request else None
    told = job_line(status, "" if status else offer(asked), asked is not None and asked.by_dft)
    return *told, job if status and status.state == DONE else no_update


@callback(
    Output(ids("structure"), "data"),
    Output(ids("file-name"), "children"),
    Output(ids("upload-error"), "children"),
    Input(ids("upload"), "contents"),
    Input(ids("file-remove"), "n_clicks"),
    State(ids("upload"), "filename"),
    prevent_initial_call=True,
)
def take_file(contents, removed, filename):
    """An uploaded structure file, checked before it is kept."""
    if ctx.triggered_id == ids("file-remove"):
        return "", "", ""
    try:
        content = base64.b64decode(contents.partition(",")[2], validate=True)
        return keep_structure(content, str(filename)), str(filename), ""
    except InputError as error:
        return no_update, no_update, str(error)
    except (ValueError, AttributeError):
        return no_update, no_update, "The file did not arrive whole; try again"


@callback(
    Output(ids("download"), "data"),
    *(Input(ids(f"download-{kind}"), "n_clicks") for kind in DOWNLOADS),
    State(ids("request"), "data"),
    State(ids("sigma"), "value"),
    prevent_initial_call=True,
)
def send_file(*values):
    """The sample's spectra or structure as a file."""
    *_, request, sigma = values
    if not request or not ctx.triggered_id:
        return no_update
    kind = ctx.triggered_id.rpartition("-")[2]
    if kind not in DOWNLOADS:
        return no_update
    try:
        content, name = download(stored_request(request), kind, checked_view(None, None, sigma=sigma).sigma)
    except NotThereYetError as error:
        dash.set_props(ids("failure"), {"children": str(error)})
        return no_update
    return dcc.send_bytes(content, name)


for _outputs, _function, _inputs, _states in (
    ([Output(ids("stack"), "value")], "stackFromSliders",
     [Input(ids(name), "value") for name in ("n-si", "n-ge", "repeats")], []),
    ([Output(ids("substrate"), "value")], "substrateFromSliders",
     [Input(ids(name), "value") for name in ("alloy", "strain")], []),
    ([Output(ids("file"), "hidden")], "fileMode", [Input(ids("structure"), "data")], []),
    ([Output(ids("downloads"), "title")], "ask",
     [Input(ids(name), "value") for name in ("stack", "substrate", "mixing")]
     + [Input(ids("spin-orbit"), "checked"), Input(ids("structure"), "data"), Input(ids("selection"), "data"),
        Input(THEME, "data"), *VIEW, Input(ids("ready"), "data"), Input(ids("imperfect"), "data")],
     [State(ids("cursor"), "data")]),
    ([Output(ids("imperfect"), "data"), Output(ids("imperfect-box"), "hidden")], "imperfect",
     [Input(ids(name), "checked" if name == "step" else "value") for name in FLAWS], []),
    ([Output(ids("progress"), "title")], "passOn", [Input(ids("finished"), "data")], []),
    ([Output(ids("alloy-box"), "hidden"), Output(ids("strain-box"), "hidden")], "substrateKind",
     [Input(ids("substrate-kind"), "value")], []),
    ([Output(ids("path-box"), "hidden"), Output(ids("kz-box"), "hidden")], "lineKind",
     [Input(ids("line"), "value")], []),
    ([Output(ids("scene-text"), "children")], "drawScene",
     [Input(ids("scene"), "data"), Input(ids("colour-by"), "value"), Input(THEME, "data"),
      Input(ids("selection"), "data")], []),
    ([Output(ids("layers"), "className")], "markSelection",
     [Input(ids("selection"), "data"), Input(ids("layers"), "children"), Input(ids("thumbnails"), "children")], []),
    ([Output(ids("cursor-text"), "children")], "watchSpectrum", [Input(ids("spectrum"), "figure")], []),
    ([Output(ids("mixing-shown"), "children"), Output(ids("sigma-shown"), "children")], "showValues",
     [Input(ids(name), "value") for name in ("mixing", "sigma", "view", "gamma", "clip", "kz")], []),
    ([Output(ids("copy"), "title")], "writeLink",
     [Input(ids("request"), "data"), Input(ids("selection"), "data"), *VIEW, Input(ids("scene"), "data"),
      Input(ids("cursor"), "data")],
     [State(ids("defaults"), "data")]),
):  # fmt: skip
    clientside_callback(ClientsideFunction("compose", _function), *_outputs, *_inputs, *_states)
