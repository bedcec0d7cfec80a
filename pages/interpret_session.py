"""What Interpret is given and what it keeps: files, cuts of a sample, links and saved sessions. No page of its own."""

import base64
from dataclasses import replace

from dash import ALL, ClientsideFunction, Input, Output, State, callback, clientside_callback, ctx, no_update

from components.interpret.controls import EXAMPLES, FIELDS, ids, other_cuts
from components.interpret.edits import edited
from components.interpret.panels import reading_label
from components.interpret.session import interpretation_of, other_readings
from components.jobs import user
from components.requests import listed, number_in
from core.errors import InputError
from core.sessions import interpretations
from core.sessions.interpretations import MOST_CUTS, opened_session
from core.sessions.readings import Reading, first_reading, readings_of_sample, uploaded_reading
from core.sessions.session_file import is_session

NOT_WHOLE = "The file did not arrive whole; try again"


@callback(
    Output(ids("reading"), "data"),
    Output(ids("history"), "data"),
    Output(ids("points"), "data", allow_duplicate=True),
    Output(ids("others"), "data", allow_duplicate=True),
    Output(ids("to-session"), "href"),
    Output(ids("upload-error"), "children"),
    Input(ids("upload"), "contents"),
    *(Input(ids(f"example-{name}"), "n_clicks") for name in EXAMPLES),
    State(ids("upload"), "filename"),
    State(ids("cut"), "value"),
    State(ids("kz"), "value"),
    State(ids("substrate"), "value"),
    State(ids("family"), "value"),
    State(ids("reading"), "data"),
    prevent_initial_call=True,
)
def take_images(contents, *rest):
    """Dropped files, an example or a saved session, checked before they are kept; a refusal leaves what was there.

    What is known of the sample stays with it; an example is a sample of its own where there was another image.
    """
    names, cut, kz, substrate, family, before = rest[-6:]
    known = {"substrate": str(substrate or "")[:80], "family": str(family or "")[:80]}
    trigger = str(ctx.triggered_id or "")
    unchanged = (no_update,) * 5
    try:
        if trigger.startswith(f"{ids.page}-example-"):
            reading = first_reading(trigger.removeprefix(f"{ids.page}-"))
            return (reading if before else replace(reading, **known)).document(), [], {}, [], no_update, ""
        files = _files(contents, names)
    except InputError as error:
        return *unchanged, str(error)
    if not files:
        return *unchanged, no_update
    taken, refused = [], []
    for content, name in files[: MOST_CUTS + 1]:
        try:
            if is_session(content):
                identity = interpretations.keep(opened_session(content, name), user())
                return *unchanged[:4], f"/interpret?session={identity}", ""
            taken.append(replace(uploaded_reading(content, name, str(cut), str(kz)), **known))
        except InputError as error:
            refused.append(str(error))
    refused += [f"At most {MOST_CUTS + 1} cuts of a sample are read together"] * (len(files) > MOST_CUTS + 1)
    if not taken:
        return *unchanged, " ".join(refused)
    more = [one.document() for one in dict.fromkeys(taken[1:]) if one != taken[0]]
    return taken[0].document(), [], {}, more if len(files) > 1 else no_update, no_update, " ".join(refused)


def _files(contents, names) -> list[tuple[bytes, str]]:
    """Content and name of each dropped file.

    Raises:
        InputError: one did not arrive whole.
    """
    contents = contents if isinstance(contents, list) else [contents] if contents else []
    names = names if isinstance(names, list) else [names]
    try:
        decoded = [base64.b64decode(content.partition(",")[2], validate=True) for content in contents]
    except (ValueError, AttributeError):
        raise InputError(NOT_WHOLE) from None
    return [(content, str(names[i] if i < len(names) else "")) for i, content in enumerate(decoded)]


@callback(
    Output(ids("others"), "data"),
    Input(ids("keep-cut"), "n_clicks"),
    Input(ids.item("drop-cut", ALL), "n_clicks"),
    State(ids("reading"), "data"),
    State(ids("others"), "data"),
    State(ids("history"), "data"),
    State(ids("edits"), "data"),
    State(ids("edited"), "data"),
    prevent_initial_call=True,
)
def keep_cut(clicks, drops, document, others, history, edits, last):
    """Cuts of the same sample that are read together with the one that is shown, edits on their way included."""
    before, gone = other_readings(others), {number for number, count in enumerate(drops or []) if count}
    if isinstance(ctx.triggered_id, dict):
        dropped = number_in(ctx.triggered_id["index"], 0, len(before) - 1, -1)
        if not gone or dropped < 0:
            return no_update
        gone.add(dropped)  # beside those whose answer is on its way
    kept = [reading for number, reading in enumerate(before) if number not in gone]
    if ctx.triggered_id == ids("keep-cut") and document and len(kept) < MOST_CUTS:
        now = edited(Reading.from_document(document), listed(history), edits, last, FIELDS).reading
        kept += [] if now in [one.known_as(now) for one in kept] else [now]
    if not ctx.triggered_id or kept == list(before):
        return no_update
    return [reading.document() for reading in kept]


@callback(
    Output(ids("reading"), "data", allow_duplicate=True),
    Output(ids("history"), "data", allow_duplicate=True),
    Output(ids("points"), "data", allow_duplicate=True),
    Output(ids("others"), "data", allow_duplicate=True),
    Input(ids.item("show-cut", ALL), "n_clicks"),
    State(ids("reading"), "data"),
    State(ids("others"), "data"),
    State(ids("history"), "data"),
    State(ids("edits"), "data"),
    State(ids("edited"), "data"),
    prevent_initial_call=True,
)
def show_cut(clicks, document, others, history, edits, last):
    """A kept cut in place of the one that is shown, which is kept instead; what is known of the sample stays."""
    before = list(other_readings(others))
    if not any(clicks or []) or not isinstance(ctx.triggered_id, dict) or not document:
        return (no_update,) * 4
    chosen = int(number_in(ctx.triggered_id["index"], 0, len(before) - 1, -1))
    if chosen < 0:
        return (no_update,) * 4
    now = edited(Reading.from_document(document), listed(history), edits, last, FIELDS).reading
    shown, before[chosen] = before[chosen].known_as(now), now
    return shown.document(), [], {}, [one.document() for one in readings_of_sample(shown, before)[1:]]


@callback(Output(ids("others-list"), "children"), Input(ids("others"), "data"))
def list_cuts(others):
    """The kept cuts by name."""
    return other_cuts([reading_label(reading) for reading in other_readings(others)])


@callback(
    Output(ids("session"), "data"),
    Input(ids("reading"), "data"),
    Input(ids("others"), "data"),
    Input(ids("shown"), "data"),
    Input(ids("view"), "value"),
    Input(ids("points"), "data"),
    Input(ids("fitting"), "data"),
    State(ids("history"), "data"),
)
def keep_session(document, others, shown, view, points, fitting, history):
    """All that is on the page, kept under an id for its link."""
    if not document:
        return no_update
    now = interpretation_of(document, others, history, shown, view, points, fitting)
    try:
        return {"id": interpretations.keep(now, user()), "image": now.reading.image}
    except InputError:  # no room: the page goes on, its link stays as it was
        return no_update


clientside_callback(ClientsideFunction("interpret", "writeLink"), Input(ids("session"), "data"))
