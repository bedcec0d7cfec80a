"""Interpret's experiments made from a stack. No page of its own."""

from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, no_update

from components.interpret.controls import ids
from components.interpret.experiment import SLIDERS, shown_id, slider_id
from core.errors import InputError
from core.experiment.photoemission.experiment import simulated_experiment
from core.reverse.cut import cut_name
from core.reverse.truth import check_period
from core.sessions.readings import uploaded_reading

clientside_callback(
    ClientsideFunction("interpret", "showSettings"),
    *(Output(shown_id(name), "children") for name in SLIDERS),
    *(Input(slider_id(name), "value") for name in SLIDERS),
)


@callback(
    Output(ids("reading"), "data", allow_duplicate=True),
    Output(ids("history"), "data", allow_duplicate=True),
    Output(ids("points"), "data", allow_duplicate=True),
    Output(ids("others"), "data", allow_duplicate=True),
    Output(ids("made-error"), "children"),
    Input(ids("made"), "n_clicks"),
    State(ids("made-stack"), "value"),
    State(ids("made-substrate"), "value"),
    State(ids("made-mixing"), "value"),
    State(ids("made-seed"), "value"),
    State(ids("cut"), "value"),
    *(State(slider_id(name), "value") for name in SLIDERS),
    prevent_initial_call=True,
)
def make_experiment(clicks, stack, substrate, mixing, seed, cut, *settings):
    """A simulated measurement of a stack, read like an uploaded one and by itself."""
    unchanged = (no_update,) * 4
    try:
        values = {name: float(value) for name, value in zip(SLIDERS, settings, strict=True)}
        check_period(str(stack or ""))
        made = (str(stack or ""), str(substrate or ""), float(mixing or 0), cut_name(str(cut)), values, int(seed or 0))
        reading = uploaded_reading(simulated_experiment(*made), f"Simulated from {made[0]}", cut=made[3])
    except InputError as error:
        return *unchanged, str(error)
    except (TypeError, ValueError, OverflowError):
        return *unchanged, "A setting is missing; reload the page"
    return reading.document(), [], {}, [], ""
