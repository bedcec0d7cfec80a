"""Interpret's fit by the exact engine: a run of the loop that the page waits for. No page of its own."""

from dash import Input, Output, State, callback, no_update

from components.interpret.controls import ids
from components.interpret.fit import fitted_result, progress
from components.interpret.session import readings_key
from components.jobs import jobs, user
from components.loop.start import run_on_shown
from core.errors import InputError
from core.sessions import runs


@callback(
    Output(ids("fitting"), "data"),
    Output(ids("fit-poll"), "disabled"),
    Output(ids("fit-state"), "children"),
    Output(ids("fit-result"), "children"),
    Input(ids("fit"), "n_clicks"),
    State(ids("reading"), "data"),
    State(ids("others"), "data"),
    prevent_initial_call=True,
)
def start_fit(clicks, document, others):
    """A run on the images as they are read now, and a job that works on it."""
    if not clicks or not document:
        return no_update, no_update, no_update, no_update
    try:
        run = run_on_shown(document, others)
    except InputError as error:
        return None, True, str(error), ""
    job = jobs().ask(user(), f"loop {run}", "loop", {"run": run})
    return {"run": run, "job": job, "of": readings_key(document, others)}, False, "Starting", ""


@callback(
    Output(ids("fit-poll"), "disabled", allow_duplicate=True),
    Output(ids("fit-state"), "children", allow_duplicate=True),
    Output(ids("fit-result"), "children", allow_duplicate=True),
    Input(ids("fit-poll"), "n_intervals"),
    State(ids("fitting"), "data"),
    prevent_initial_call=True,
)
def follow_fit(count, fitting):
    """What is new about the fit."""
    run, job = (fitting.get(name) if isinstance(fitting, dict) else None for name in ("run", "job"))
    try:
        status, steps, found = runs.status(run), runs.steps(run), runs.result(run)
        extended = runs.is_extended(run)
    except InputError as error:
        return True, str(error), ""
    at_work = status in ("running", "paused", "finished")
    asked = None if at_work else jobs().status(job)
    said = progress(run, status, steps[-1] if steps else None, asked, extended)
    return found is not None, said, fitted_result(found) if found else no_update


@callback(
    Output(ids("fit"), "disabled"),
    Output(ids("fitting"), "data", allow_duplicate=True),
    Output(ids("fit-poll"), "disabled", allow_duplicate=True),
    Output(ids("fit-state"), "children", allow_duplicate=True),
    Output(ids("fit-result"), "children", allow_duplicate=True),
    Input(ids("reading"), "data"),
    Input(ids("others"), "data"),
    Input(ids("refine"), "disabled"),
    State(ids("fitting"), "data"),
    prevent_initial_call=True,
)
def forget_fit(document, others, unreadable, fitting):
    """Other images, or read otherwise: a fit of the earlier ones is no longer shown, and stopped if this page began it.

    A run that a link named belongs to whoever began it.
    """
    if isinstance(fitting, dict):
        if document and fitting.get("of") == readings_key(document, others):
            return bool(unreadable), *(no_update,) * 4
        try:
            if fitting.get("job") and runs.status(fitting.get("run")) != "finished":
                runs.order(fitting["run"], "cancel")
        except InputError:
            pass
    return not document or bool(unreadable), None, True, "", ""
