"""Compare: a quantity against what is changed about a sample, two samples side by side, a sample along growth."""

import secrets

import dash
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, ctx, dcc, html, no_update

from components.compare.controls import ids, part_control, sample_fields, typed_sample
from components.compare.growth import growth_panel
from components.compare.job import job_outputs, job_values
from components.compare.link import CompareLink, decode_link, link_defaults
from components.compare.pair import pair_controls, pair_panel
from components.compare.sweep import (
    asked_sweep,
    block_choices,
    sweep_controls,
    sweep_panel,
    sweep_state,
    sweep_table,
    sweep_title,
)
from components.figures.sweep_plot import sweep_figure
from components.ids import THEME
from components.jobs import ends_job, jobs, user
from components.links import compose_address
from core.design.sweep import ALONG, QUANTITIES, Sweep, sweep_csv
from core.errors import InputError
from core.sessions.sweeps import kept_points
from pages import compare_growth, compare_pair  # noqa: F401, their callbacks

dash.register_page(
    __name__, path="/compare", name="Compare", order=1.5, title="Compare · Bandloom",
    description="Change one thing about a sample and watch its bands follow, or lay two samples side by side.",
)  # fmt: skip

SAMPLE = [Input(ids(name), "value") for name in ("stack", "substrate", "mixing")]
SWEPT = [Input(ids(name), "value") for name in ("along", "block", "low", "high", "points")]
LINKED = tuple(link_defaults())
"""Controls whose values the link carries, by the names of its entries."""


def layout(**query) -> html.Div:
    """The page for a link; what the link gets wrong is said at the top."""
    link, problems = decode_link(query)
    return html.Div(
        [
            html.H1("Compare", className="visually-hidden"),
            dcc.Location(id=ids("url"), refresh="callback-nav"),
            dcc.Store(id=ids("place"), data=secrets.token_hex(8)),
            dcc.Store(id=ids("defaults"), data=link_defaults()),
            dcc.Store(id=ids("proposed"), data={name: one.proposed for name, one in ALONG.items()}),
            dcc.Store(id=ids("linked")),
            html.Div([html.P(text) for text in problems], className="field-error", role="alert"),
            part_control(link),
            html.Div(
                [
                    html.Section(
                        [
                            sample_fields("Sample", link.stack, link.substrate, link.mixing),
                            sweep_controls(link),
                            pair_controls(link),
                        ],
                        className="compare-controls",
                        **{"aria-label": "Controls"},
                    ),
                    html.Div([sweep_panel(link), pair_panel(link), growth_panel(link)], className="compare-parts"),
                ],
                className="compare",
            ),
        ],
        className="wrap compare-page",
        id=ids("page"),
    )


@callback(
    Output(ids("sample-error"), "children"),
    Output(ids("sample-compose"), "href"),
    Output(ids("block"), "data"),
    Output(ids("block-box"), "hidden"),
    Output(ids("sweep-error"), "children"),
    Output(ids("sweep"), "data"),
    *SAMPLE,
    *SWEPT,
)
def check_sweep(stack, substrate, mixing, along, block, low, high, points):
    """The sample and the sweep in the controls; what is wrong is said below the fields it is about."""
    elsewhere = along != "block"
    try:
        sample = typed_sample(stack, substrate, mixing)
    except InputError as error:
        return str(error), no_update, no_update, elsewhere, "", None
    href, choices = compose_address(sample), block_choices(sample)
    try:
        sweep = asked_sweep(sample, along, block, low, high, points)
    except InputError as error:
        return "", href, choices, elsewhere, str(error), None
    return "", href, choices, elsewhere, "", sweep.document()


@callback(
    Output(ids("sweep-plot"), "figure"),
    Output(ids("sweep-title"), "children"),
    Output(ids("sweep-table"), "children"),
    Output(ids("sweep-start"), "disabled"),
    Output(ids("sweep-said"), "children", allow_duplicate=True),
    Output(ids("sweep-csv"), "disabled"),
    Input(ids("sweep"), "data"),
    Input(ids("quantity"), "value"),
    Input(ids("sweep-seen"), "data"),
    Input(THEME, "data"),
    prevent_initial_call="initial_duplicate",
)
def draw_sweep(document, quantity, seen, scheme):
    """What is known of the sweep."""
    if not document:
        return no_update, no_update, no_update, True, "", True
    sweep, points = _swept(document)
    quantity = quantity if isinstance(quantity, str) and quantity in QUANTITIES else CompareLink.quantity
    links = [compose_address(sample, True) for sample in sweep.samples]
    said = no_update if ctx.triggered_id == ids("sweep-seen") else sweep_state(sweep, points)
    return (
        sweep_figure(sweep, points, quantity, scheme, links),
        sweep_title(sweep, quantity),
        sweep_table(sweep, points, quantity),
        all(points),
        said,
        not any(points),
    )


@callback(
    Output(ids("sweep-job"), "data"),
    Input(ids("sweep-start"), "n_clicks"),
    Input(ids("sweep"), "data"),
    State(ids("place"), "data"),
    prevent_initial_call=True,
)
def ask_sweep(clicks, document, place):
    """A job for the points that are not known; the one for the sweep before it ends."""
    if ids("sweep-start") not in ctx.triggered_prop_ids.values() or not clicks or not document:
        jobs().leave(user(), f"{place}-sweep")
        return None
    return jobs().ask(user(), f"{place}-sweep", "sweep", Sweep.from_document(document).document())


ends_job(ids("sweep-cancel"), ids("sweep-job"), ids("sweep-cancelled"))


@callback(
    *job_outputs("sweep"),
    Output(ids("sweep-seen"), "data"),
    Input(ids("sweep-job"), "data"),
    Input(ids("sweep-poll"), "n_intervals"),
    Input(ids("sweep-cancelled"), "data"),
    State(ids("sweep"), "data"),
    State(ids("sweep-seen"), "data"),
    prevent_initial_call=True,
)
def watch_sweep(job, count, cancelled, document, seen):
    """How the job stands, and how many points are known by now."""
    status = jobs().status(job)
    if not document:
        return *job_values(status, "Compute"), no_update
    sweep, points = _swept(document)
    now = [sweep.sample.key, sweep.along, sum(point is not None for point in points)]
    shown = job_values(status, "Compute")
    if not shown[3]:  # nothing ended: how much is known
        shown = (*shown[:3], sweep_state(sweep, points), shown[4])
    return *shown, now if now != seen else no_update


@callback(
    Output(ids("sweep-download"), "data"),
    Input(ids("sweep-csv"), "n_clicks"),
    State(ids("sweep"), "data"),
    prevent_initial_call=True,
)
def send_sweep(clicks, document):
    """The known points as a table."""
    if not clicks or not document:
        return no_update
    sweep, points = _swept(document)
    name = "".join(c if c.isalnum() else "_" for c in f"{sweep.sample.stack} {sweep.along}")[:60]
    return dcc.send_string(sweep_csv(sweep, points), f"sweep_{name}.csv")


def _swept(document) -> tuple[Sweep, list]:
    sweep = Sweep.from_document(document)
    return sweep, kept_points(sweep)


for _outputs, _function, _inputs, _states in (
    ([Output(ids(f"{part}-{what}"), "hidden") for part in ("sweep", "pair") for what in ("panel", "controls")]
     + [Output(ids("growth-panel"), "hidden")],
     "showPart", [Input(ids("part"), "value")], []),
    ([Output(ids("low"), "value"), Output(ids("high"), "value"), Output(ids("points"), "value")], "propose",
     [Input(ids("along"), "value")], [State(ids("proposed"), "data")]),
    ([Output(ids("url"), "href")], "openPoint", [Input(ids("sweep-plot"), "clickData")], []),
    ([Output("compose-compare", "href")], "fromCompose", [Input("compose-request", "data")], []),
    ([Output(ids("linked"), "data")], "writeLink",
     [Input(ids(name), "checked" if name == "so" else "value") for name in LINKED], [State(ids("defaults"), "data")]),
):  # fmt: skip
    clientside_callback(ClientsideFunction("compare", _function), *_outputs, *_inputs, *_states)
