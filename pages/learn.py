"""Learn: guided tours for a class, and the glossary."""

from dash import ClientsideFunction, Input, Output, callback, clientside_callback, html, register_page

from components.learn.panels import PROGRESS, control_id, ids, overview, picture_id, shown_id, tour_page
from components.learn.pictures import picture
from components.learn.tours import TOURS, Slider, Step, Tour, tour_named

register_page(
    __name__, path="/learn", name="Learn", order=8, title="Learn · Bandloom",
    description="Guided tours for a class: spectra of atoms, strain, interfaces, and what a picture tells.",
)  # fmt: skip


def layout(tour: str = "", step: str = "", **_query) -> html.Div:
    """The overview, or a tour; a link may name the step."""
    found = tour_named(tour) if isinstance(tour, str) else None
    if found is None:
        return overview(unknown=bool(tour))
    return tour_page(found, _place(step, len(found.steps)))


def _place(step: str, steps: int) -> int | None:
    """A step's number in a link; None for anything else."""
    return int(step) if isinstance(step, str) and step in map(str, range(1, steps + 1)) else None


def _follow(tour: Tour, step: Step) -> None:
    """Draw a step's picture anew when its control moves."""

    @callback(
        Output(picture_id(tour, step), "children"), Input(control_id(tour, step), "value"), prevent_initial_call=True
    )
    def draw(value):
        return picture(tour, step, value)


for _tour in TOURS:
    for _step in _tour.steps:
        if _step.control:
            _follow(_tour, _step)
        if isinstance(_step.control, Slider):
            clientside_callback(
                ClientsideFunction("learn", "showValue"),
                Output(shown_id(_tour, _step), "children"),
                Input(control_id(_tour, _step), "value"),
                prevent_initial_call=True,
            )
        clientside_callback(
            ClientsideFunction("learn", "reply"),
            Output(ids(f"{_tour.key}-{_step.anchor}-replies"), "className"),
            Input(ids(f"{_tour.key}-{_step.anchor}-answer"), "value"),
        )

clientside_callback(ClientsideFunction("learn", "begin"), Output(ids("page"), "className"), Input(ids("shown"), "data"))
clientside_callback(ClientsideFunction("learn", "tell"), Output(ids("cards"), "className"), Input(PROGRESS, "data"))
