"""Loop: watch the reconstruction of a band image converge, or hear why it cannot."""

import dash
from dash import Input, Output, Patch, State, callback, ctx, dcc, html, no_update

from components.ids import THEME
from components.interpret.controls import EXAMPLES
from components.jobs import jobs, user
from components.loop import figures, learning, panels, result
from components.loop.panels import ORDERS, ids
from components.loop.report import run_report
from components.loop.start import run_on
from components.requests import number_in
from core.errors import InputError
from core.learning import versions
from core.learning.samples import WIDEST_MIXING
from core.sessions import runs
from core.sessions.budgets import Budget
from core.sessions.jobs import DONE
from core.sessions.readings import first_reading

dash.register_page(
    __name__, path="/loop", name="Loop", order=3, title="Loop · Bandloom",
    description="Image to atoms to image, step by step, until both agree.",
)  # fmt: skip

POLL_MS = 250


def layout(run: str = "", **query) -> html.Div:
    """The page; a link names a run."""
    url = dcc.Location(id=ids("url"), refresh="callback-nav")
    try:
        status = runs.status(run) if run else ""
        if run:
            runs.check(run)
    except InputError as error:
        return html.Div([url, html.P(str(error), className="field-error"), *_start()], className="wrap")
    if not status:
        return html.Div([url, *_start()], className="wrap")
    return html.Div(
        [
            url,
            html.H1("Loop", className="visually-hidden"),
            dcc.Store(id=ids("run"), data=run),
            dcc.Store(id=ids("go"), data=0),
            dcc.Store(id=ids("job")),
            dcc.Store(id=ids("seen")),
            dcc.Interval(id=ids("poll"), interval=POLL_MS),
            dcc.Store(id=ids("frame"), data=0),
            panels.control_bar(runs.budget(run), runs.fidelity(run)),
            html.Div([panels.picture_panel(), panels.knowledge_panel()], className="loop"),
        ],
        className="wrap loop-page",
    )


def _start() -> list:
    return [panels.welcome(), learning.learning_panel()]


@callback(
    Output(ids("url"), "href"),
    Output(ids("problem"), "children"),
    *(Input(ids(f"example-{name}"), "n_clicks") for name in EXAMPLES),
    prevent_initial_call=True,
)
def start_example(*clicks):
    """A run on an example image."""
    if not any(clicks) or not ctx.triggered_id:
        return no_update, no_update
    name = str(ctx.triggered_id).removeprefix(f"{ids.page}-")
    try:
        return f"/loop?run={run_on((first_reading(name),))}", ""
    except InputError as error:
        return no_update, str(error)


@callback(
    Output(ids("job"), "data"),
    Input(ids("go"), "data"),
    State(ids("run"), "data"),
)
def ask_worker(go, run):
    """A job that works on the run, and outlives the page and the server."""
    try:
        if runs.status(run) not in ("waiting", "interrupted"):  # nor one that was left paused
            return no_update
    except InputError:
        return no_update
    return jobs().ask(user(), f"loop {run}", "loop", {"run": run})


@callback(
    Output(ids("seen"), "data"),
    Output(ids("frame"), "data"),
    Output(ids("poll"), "disabled"),
    Output(ids("status"), "children"),
    Output(ids("status"), "data-kind"),
    Output(ids("report"), "disabled"),
    *(Output(ids(f"order-{what}"), "disabled") for what in ORDERS),
    Input(ids("poll"), "n_intervals"),
    Input(ids("go"), "data"),
    State(ids("run"), "data"),
    State(ids("seen"), "data"),
    State(ids("frame"), "data"),
    State(ids("job"), "data"),
    State(ids("follow"), "checked"),
)
def watch(count, go, run, seen, frame, job, follow):
    """What is new about the run."""
    try:
        status, steps, found = runs.status(run), runs.steps(run), runs.result(run)
        shown, extended = runs.live_number(run) if follow else 0, runs.is_extended(run)
    except InputError as error:
        return no_update, no_update, True, str(error), "outside", True, *([True] * len(ORDERS))
    now = {"run": run, "steps": len(steps), "status": status}
    begun = status in ("running", "paused", "finished")
    asked = None if begun or job is None else jobs().status(job)
    text, kind = panels.status_text(status, steps[-1] if steps else None, asked, extended)
    stalled = job is not None and panels.is_stalled(status, asked)
    more = found is not None and found["stop_reason"] in runs.EXTENDED
    allowed = {
        "pause": status == "running",
        "step": status == "paused",
        "run": status in ("paused", "left", "interrupted") or stalled or more,
        "cancel": status in ("running", "paused") or (status == "waiting" and not stalled),
    }
    news = (value if value != old else no_update for value, old in ((now, seen), (shown, frame)))
    over = status == "finished"
    return *news, over, text, kind, not over, *(not allowed[what] for what in ORDERS)


@callback(
    Output(ids("go"), "data"),
    Output(ids("poll"), "disabled", allow_duplicate=True),
    Output(ids("problem"), "children", allow_duplicate=True),
    *(Input(ids(f"order-{what}"), "n_clicks") for what in ORDERS),
    State(ids("run"), "data"),
    State(ids("go"), "data"),
    State(ids("job"), "data"),
    State(ids("seconds"), "value"),
    State(ids("candidates-most"), "value"),
    prevent_initial_call=True,
)
def give_order(*values):
    """Pause, one step, go on, stop; a run that nobody works on gets a new worker, a finished one more time."""
    *clicks, run, go, job, seconds, candidates = values
    if not any(clicks) or not ctx.triggered_id:
        return no_update, no_update, no_update
    what = str(ctx.triggered_id).rpartition("-")[2]
    try:
        status = runs.status(run)
        if status == "finished" and what == "run":
            runs.extend(run, Budget(seconds, candidates))
            status = runs.status(run)
        runs.order(run, what)
        if what == "run" and (status in ("left", "interrupted") or panels.is_stalled(status, jobs().status(job))):
            return int(number_in(go, 0, 1e6, 0)) + 1, False, ""
    except InputError as error:
        return no_update, no_update, str(error)
    return no_update, False, ""


@callback(
    Output(ids("download"), "data"),
    Output(ids("problem"), "children", allow_duplicate=True),
    Input(ids("report"), "n_clicks"),
    State(ids("run"), "data"),
    prevent_initial_call=True,
)
def send_report(clicks, run):
    """The report of a finished run, which opens offline."""
    if not clicks:
        return no_update, no_update
    try:
        return dcc.send_string(run_report(run), "reconstruction.html"), ""
    except InputError as error:
        return no_update, str(error)


@callback(
    Output(ids("tried"), "children"),
    Input(ids("try"), "n_clicks"),
    State(ids("try-stack"), "value"),
    State(ids("try-mixing"), "value"),
    State(ids("try-lattice"), "value"),
    State(ids("run"), "data"),
    prevent_initial_call=True,
)
def try_stack(clicks, stack, mixing, lattice, run):
    """A person's candidate, which the run fits next."""
    if not clicks:
        return no_update
    if not isinstance(stack, str) or not stack.strip():
        return "Give a stack, such as Si5Ge7"
    width = number_in(mixing, 0.0, WIDEST_MIXING, -1.0)
    if width < 0:
        return f"Give an interface width of 0 to {WIDEST_MIXING:g} monolayers"
    begun = None if lattice in (None, "") else number_in(lattice, 0.0, 100.0, -1.0)
    try:
        runs.suggest(run, stack, width, begun)
    except InputError as error:
        return str(error)
    return f"{stack.strip()} is fitted next, while the run still tries stacks; the steps say how it compares"


@callback(
    Output(ids("url"), "href", allow_duplicate=True),
    Output(ids("problem"), "children", allow_duplicate=True),
    Input(ids("again"), "n_clicks"),
    State(ids("run"), "data"),
    State(ids("seconds"), "value"),
    State(ids("candidates-most"), "value"),
    State(ids("fidelity"), "value"),
    prevent_initial_call=True,
)
def start_again(clicks, run, seconds, candidates, fidelity):
    """A new run on the same images; the old one stays where it is."""
    if not clicks:
        return no_update, no_update
    try:
        return f"/loop?run={runs.copied(run, Budget(seconds, candidates), str(fidelity)[:40])}", ""
    except InputError as error:
        return no_update, str(error)


@callback(
    Output(ids("picture"), "figure"),
    Output(ids("fitting"), "children"),
    Input(ids("seen"), "data"),
    Input(ids("frame"), "data"),
    Input(ids("view"), "value"),
    Input(THEME, "data"),
    State(ids("blend"), "value"),
)
def draw(seen, frame, view, scheme, blend):
    """The image and its reconstruction: by the fit that the run is at, where that is followed, else by the best one."""
    step = _last(seen)
    if step is None:
        return no_update, no_update
    view = view if view in list(figures.VIEWS) else "blend"
    try:
        live = bool(frame) and seen.get("status") == "running"
        shown = runs.frame(seen["run"], live)
        drawn = figures.picture(seen["run"], step, view, number_in(blend, 0.0, 1.0, 0.5), scheme, shown)
    except InputError:  # a damaged run, which the page says when it is opened
        return no_update, no_update
    return drawn, result.fitting(shown, live)


@callback(
    Output(ids("picture"), "figure", allow_duplicate=True),
    Input(ids("blend"), "value"),
    State(ids("view"), "value"),
    State(ids("seen"), "data"),
    prevent_initial_call=True,
)
def blend(value, view, seen):
    """Another opacity of the reconstruction."""
    if view != "blend" or _last(seen) is None:
        return no_update
    figure = Patch()
    figure["data"][1]["opacity"] = number_in(value, 0.0, 1.0, 0.5)
    return figure


@callback(
    Output(ids("best"), "children"),
    Output(ids("candidates"), "children"),
    Output(ids("tracks"), "figure"),
    Output(ids("result"), "children"),
    Output(ids("compose"), "href"),
    Input(ids("seen"), "data"),
    Input(THEME, "data"),
)
def tell(seen, scheme):
    """What the run knows by its last step."""
    step = _last(seen)
    if step is None:
        return no_update, no_update, no_update, no_update, no_update
    try:
        steps, found = runs.steps(seen["run"]), runs.result(seen["run"])
    except InputError:  # which `watch` says
        return no_update, no_update, no_update, no_update, no_update
    before = steps[-2]["candidates"] if len(steps) > 1 else None
    return (
        result.best_guess(step),
        result.candidate_table(found["candidates"] if found else step["candidates"], None if found else before),
        figures.tracks(steps, scheme),
        result.ending_panel(found) if found else "",
        result.compose_link(step),
    )


@callback(Output(learning.ids("state"), "children"), Input(THEME, "data"))
def tell_learned(scheme):
    """What the models have learned, in the colours of the page."""
    return learning.learning_state(scheme)


@callback(
    Output(learning.ids("job"), "data"),
    Input(learning.ids("start"), "n_clicks"),
    prevent_initial_call=True,
)
def learn_from_cases(clicks):
    """The owner's button."""
    if not clicks or not learning.is_owner():
        return no_update
    return jobs().ask(learning.LEARNER, learning.LEARNER, "learn", {})


@callback(
    Output(learning.ids("progress"), "children"),
    Output(learning.ids("start"), "disabled"),
    Output(learning.ids("poll"), "disabled"),
    Output(learning.ids("state"), "children", allow_duplicate=True),
    Input(learning.ids("job"), "data"),
    Input(learning.ids("poll"), "n_intervals"),
    State(THEME, "data"),
    prevent_initial_call=True,
)
def watch_learning(job, count, scheme):
    """How the learning stands, and what it has changed in the end."""
    status = jobs().status(job)
    if status is None:
        return no_update, False, True, no_update
    state = learning.learning_state(scheme) if status.state == DONE else no_update
    return learning.progress_text(status), status.active, not status.active, state


@callback(
    Output(learning.ids("state"), "children", allow_duplicate=True),
    Output(learning.ids("progress"), "children", allow_duplicate=True),
    Input(learning.ids("back"), "n_clicks"),
    State(THEME, "data"),
    prevent_initial_call=True,
)
def roll_back(clicks, scheme):
    """The owner's way back."""
    if not clicks or not learning.is_owner():
        return no_update, no_update
    try:
        now = versions.roll_back()
    except InputError as error:
        return no_update, str(error)
    return learning.learning_state(scheme), f"{now} is in force."


def _last(seen) -> dict | None:
    """The last step of the run that is seen."""
    try:
        steps = runs.steps(seen.get("run")) if isinstance(seen, dict) else []
    except InputError:
        return None
    return steps[-1] if steps else None
