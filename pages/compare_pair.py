"""Compare's two samples side by side. No page of its own."""

from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, ctx, no_update

from components.compare.controls import ids, typed_sample
from components.compare.job import job_outputs, job_values
from components.compare.link import VIEWS, CompareLink
from components.compare.pair import pair_badge, pair_rows, pair_source, pair_table, table_note
from components.figures.pair_map import pair_map
from components.ids import THEME
from components.jobs import ends_job, jobs, user
from components.links import compose_address
from components.requests import FOREIGN
from core.engines.protocol import DEFAULT_PICTURE
from core.errors import InputError
from core.sessions.requests import Request, is_known, is_quick, is_solvable, make_request, stored_request

BOTH = [ids(f"{name}{suffix}") for suffix in ("", "2") for name in ("stack", "substrate", "mixing")]
"""Fields of the first and of the second sample."""

ENGINES = ("forward", "exact")


@callback(
    Output(ids("sample2-error"), "children"),
    Output(ids("sample2-compose"), "href"),
    Output(ids("pair-error"), "children"),
    Output(ids("pair"), "data"),
    *(Input(name, "value") for name in BOTH),
    Input(ids("so"), "checked"),
)
def check_pair(stack, substrate, mixing, stack2, substrate2, mixing2, coupled):
    """Both samples; what is wrong with one is said below its fields, with both in their panel."""
    coupled = coupled is True
    try:
        second = typed_sample(stack2, substrate2, mixing2)
    except InputError as error:
        return str(error), no_update, "", None
    href = compose_address(second, coupled)
    try:
        first = typed_sample(stack, substrate, mixing)
    except InputError:  # which the page says
        return "", href, "", None
    try:
        asked = [make_request(one.stack, one.substrate, one.mixing, coupled).document() for one in (first, second)]
    except InputError as error:
        return "", href, str(error), None
    return "", href, "", dict(zip(("first", "second"), asked, strict=True))


@callback(
    Output(ids("first-map"), "figure"),
    Output(ids("second-map"), "figure"),
    Output(ids("first-title"), "children"),
    Output(ids("second-title"), "children"),
    Output(ids("first-badge"), "children"),
    Output(ids("second-badge"), "children"),
    Output(ids("first-badge"), "data-kind"),
    Output(ids("second-badge"), "data-kind"),
    Output(ids("pair-table"), "children"),
    Output(ids("second-box"), "hidden"),
    Input(ids("pair"), "data"),
    Input(ids("engine"), "value"),
    Input(ids("view"), "value"),
    Input(ids("pair-seen"), "data"),
    Input(ids("part"), "value"),
    Input(THEME, "data"),
)
def draw_pair(document, engine, view, seen, part, scheme):
    """Both spectra, predicted or exact, and the table."""
    if not document or part != "pair":
        return (no_update,) * 10
    first, second = asked = _requests(document)
    engine = engine if engine in ENGINES else CompareLink.engine
    sources = pair_source(first, engine), pair_source(second, engine)
    badges = [pair_badge(request, source, engine) for request, source in zip(asked, sources, strict=True)]
    titles = [request.crystal().label for request in asked]
    table = pair_table(pair_rows(asked, sources), tuple(titles), table_note(sources, first.spin_orbit))
    both = all(source is not None for source in sources)
    difference = view == "difference" and view in VIEWS and both
    figures = _figures(sources, difference, scheme)
    if difference:
        titles[0] = f"{titles[1]} minus {titles[0]}"
        words = list(dict.fromkeys((badges[0][0], badges[1][0])))
        badges[0] = (" ".join(words), badges[1][1] if badges[0][1] == "exact" else badges[0][1])
    return *figures, *titles, *(text for text, _ in badges), *(kind for _, kind in badges), table, difference


@callback(
    Output(ids("pair-job"), "data"),
    Input(ids("pair"), "data"),
    Input(ids("engine"), "value"),
    Input(ids("part"), "value"),
    Input(ids("pair-start"), "n_clicks"),
    State(ids("place"), "data"),
)
def ask_pair(document, engine, part, clicks, place):
    """A job for two samples that are to be exact, and are neither quick nor known; the one before ends."""
    wanted = bool(document) and engine == "exact" and part == "pair"
    asked = _requests(document) if wanted else ()
    missing = [one for one in asked if is_solvable(one) and not (is_quick(one) or is_known(one))]
    if not missing:
        if ctx.triggered_id is not None:
            jobs().leave(user(), f"{place}-pair")
        return None
    return jobs().ask(user(), f"{place}-pair", "pair", {"samples": [one.document() for one in missing]})


ends_job(ids("pair-cancel"), ids("pair-job"), ids("pair-cancelled"))


@callback(
    *job_outputs("pair"),
    Output(ids("pair-start"), "hidden"),
    Output(ids("pair-seen"), "data"),
    Input(ids("pair-job"), "data"),
    Input(ids("pair-poll"), "n_intervals"),
    Input(ids("pair-cancelled"), "data"),
    prevent_initial_call=True,
)
def watch_pair(job, count, cancelled):
    """How the job stands; `seen` once it is over."""
    status = jobs().status(job)
    values = job_values(status, "Compute")
    return *values, not values[3], job if status and not status.active else no_update


def _requests(document) -> tuple[Request, Request]:
    if not isinstance(document, dict) or set(document) != {"first", "second"}:
        raise InputError(FOREIGN)
    return stored_request(document["first"]), stored_request(document["second"])


def _figures(sources, difference: bool, scheme: str | None) -> list:
    """Of both maps; one that is not there keeps its place."""
    present = [source for source in sources if source is not None]
    if not present:
        return [no_update, no_update]
    energy, path = DEFAULT_PICTURE.grid.values, present[0].path
    if difference:
        change = present[1].total() - present[0].total()
        top = float(abs(change).max()) or 1.0
        return [pair_map(change, energy, path, top, scheme, signed=True, symbol="A₂ − A₁"), no_update]
    totals = [None if source is None else source.total() for source in sources]
    top = max(float(total.max()) for total in totals if total is not None) or 1.0
    return [no_update if total is None else pair_map(total, energy, path, top, scheme) for total in totals]


for _outputs, _function, _inputs, _states in (
    ([Output(name, "value", allow_duplicate=True) for name in BOTH], "swap",
     [Input(ids("swap"), "n_clicks")], [State(name, "value") for name in BOTH]),
    ([Output(ids("maps"), "title")], "coupleMaps",
     [Input(ids("first-map"), "figure"), Input(ids("second-map"), "figure")], []),
):  # fmt: skip
    clientside_callback(
        ClientsideFunction("compare", _function), *_outputs, *_inputs, *_states, prevent_initial_call=True
    )
