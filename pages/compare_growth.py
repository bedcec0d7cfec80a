"""Compare's sample along growth. No page of its own."""

from dash import Input, Output, State, callback, ctx, no_update

from components.compare.controls import ids, typed_sample
from components.compare.growth import offsets_panel
from components.compare.job import job_outputs, job_values
from components.figures.growth_maps import density_figure, profile_figure
from components.ids import THEME
from components.jobs import ends_job, jobs, user
from components.theme import EMPTY_FIGURE
from core.electronic.layer_density import check_planes
from core.electronic.local_edges import edge_profile
from core.errors import InputError
from core.sessions.growth import kept_growth
from core.structure.sample import Sample

SAMPLE = [Input(ids(name), "value") for name in ("stack", "substrate", "mixing")]


@callback(
    Output(ids("growth-title"), "children"),
    Output(ids("profile"), "figure"),
    Output(ids("offsets"), "children"),
    Output(ids("density"), "figure"),
    Output(ids("growth-error"), "children"),
    *SAMPLE,
    Input(ids("part"), "value"),
    Input(ids("growth-seen"), "data"),
    Input(THEME, "data"),
)
def draw_growth(stack, substrate, mixing, part, seen, scheme):
    """The profile at once, the density where it is known; what is wrong with the sample stands below its fields."""
    if part != "growth":
        return (no_update,) * 5
    try:
        sample = typed_sample(stack, substrate, mixing)
        crystal = sample.crystal()
        check_planes(crystal)
        profile = edge_profile(crystal)
    except InputError as error:
        return no_update, no_update, no_update, no_update, str(error)
    known = kept_growth(sample)
    density, point = known or (None, None)
    return (
        f"Band edges along growth · {crystal.label}",
        profile_figure(profile, point, scheme),
        offsets_panel(profile, point),
        density_figure(profile, density, point, scheme) if known else EMPTY_FIGURE,
        "",
    )


@callback(
    Output(ids("growth-job"), "data"),
    *SAMPLE,
    Input(ids("part"), "value"),
    Input(ids("growth-start"), "n_clicks"),
    State(ids("place"), "data"),
)
def ask_growth(stack, substrate, mixing, part, clicks, place):
    """A job for a sample that is not known; the one before ends."""
    missing = _missing(stack, substrate, mixing) if part == "growth" else None
    if missing is None:
        if ctx.triggered_id is not None:
            jobs().leave(user(), f"{place}-growth")
        return None
    return jobs().ask(user(), f"{place}-growth", "growth", missing.document())


ends_job(ids("growth-cancel"), ids("growth-job"), ids("growth-cancelled"))


@callback(
    *job_outputs("growth"),
    Output(ids("growth-start"), "hidden"),
    Output(ids("growth-seen"), "data"),
    Input(ids("growth-job"), "data"),
    Input(ids("growth-poll"), "n_intervals"),
    Input(ids("growth-cancelled"), "data"),
    prevent_initial_call=True,
)
def watch_growth(job, count, cancelled):
    """How the job stands; `seen` once it is over."""
    status = jobs().status(job)
    values = job_values(status, "Compute")
    return *values, not values[3], job if status and not status.active else no_update


def _missing(stack, substrate, mixing) -> Sample | None:
    """The sample in the controls, where it is sound and not known yet."""
    try:
        sample = typed_sample(stack, substrate, mixing)
        check_planes(sample.crystal())
    except InputError:
        return None
    return None if kept_growth(sample) else sample
