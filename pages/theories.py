"""Two theories: structures by tight binding, by density functional theory and by the forward model, side by side."""

import dash
from dash import ClientsideFunction, Input, Output, callback, clientside_callback, dcc, html, no_update

from components.ids import THEME
from components.theories.panels import badges, bulk_section, chooser, figures, figures_table, ids, maps
from components.theories.spectra import NAMES, beside, place_of
from core.dft.dataset import packed_samples
from core.errors import InputError
from core.structure.sample import Sample

dash.register_page(
    __name__, path="/theories", name="Two theories", order=9.5, title="Two theories · Bandloom", listed=False,
    description="The same structures by tight binding and by density functional theory, side by side.",
)  # fmt: skip

FIRST = ("Si4Ge4", "5.431 Å")


def layout(stack: str = "", substrate: str = "", scissor: str = "1", **_query) -> html.Div:
    """The page for a link; a structure that the set lacks is said."""
    number, problem = _linked(stack, substrate)
    return html.Div(
        [
            html.Header(
                [
                    html.H1("Two theories"),
                    html.P(
                        f"Tight binding is fast, density functional theory starts from first principles. "
                        f"{len(packed_samples())} structures were computed by both; how far apart they are is what a "
                        "theory may be wrong by.",
                        className="lead",
                    ),
                ]
            ),
            dcc.Location(id=ids("url"), refresh=False),
            html.P(problem, className="field-error", role="alert"),
            chooser(number, scissor != "0"),
            maps(),
            html.P(
                "One energy axis and one colour scale; high-symmetry points are aligned. Zero is the valence band "
                "maximum of unstrained silicon in each theory.",
                className="muted small",
            ),
            html.Div(id=ids("figures")),
            html.Section(bulk_section(), className="theories-bulk", **{"aria-label": "Bulk crystals"}),
        ],
        className="wrap theories",
    )


def _linked(stack, substrate) -> tuple[int, str]:
    """The place of a link's structure, and what is wrong with it."""
    first = place_of(*FIRST)
    first = 0 if first is None else first
    if not stack and not substrate:
        return first, ""
    try:
        sample = Sample(str(stack)[:400], str(substrate)[:100])
    except InputError as error:
        return first, str(error)
    found = next(
        (
            i
            for i, one in enumerate(packed_samples())
            if Sample(one.stack, one.substrate, one.mixing).key == sample.key
            or (one.stack == sample.stack and abs(one.lattice - sample.lattice) < 5e-5)
        ),
        None,
    )
    if found is None:
        return first, f"{sample.stack} on {sample.substrate} was not computed by DFT; choose one of the set"
    return found, ""


@callback(
    *(Output(ids(f"{name}-map"), "figure") for name in NAMES),
    *(Output(ids(f"{name}-badge"), "children") for name in NAMES),
    Output(ids("figures"), "children"),
    Output(ids("compose"), "href"),
    Output(ids("by-dft"), "href"),
    Input(ids("structure"), "value"),
    Input(ids("scissor"), "checked"),
    Input(THEME, "data"),
)
def draw(value, scissor, scheme):
    """A structure by all engines."""
    number = int(value) if isinstance(value, str) and value in set(map(str, range(len(packed_samples())))) else None
    if number is None:
        return (no_update,) * (2 * len(NAMES) + 3)
    found = beside(number, scissor is True)
    addresses = found.address, f"{found.address}&engine=dft"
    return *figures(found, scheme), *badges(found, scissor is True), figures_table(found), *addresses


clientside_callback(
    ClientsideFunction("theories", "writeLink"),
    Output(ids("url"), "search"),
    Input(ids("compose"), "href"),
    Input(ids("scissor"), "checked"),
    prevent_initial_call=True,
)
