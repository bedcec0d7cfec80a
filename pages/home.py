"""The home page: what a spectral function per atom is, and the ways in."""

from urllib.parse import urlencode

from dash import dcc, html, page_registry, register_page

from components.hero import hero
from components.stack_strip import stack_strip

register_page(
    __name__,
    path="/",
    name="Home",
    title="Bandloom",
    order=0,
    description="From layers of silicon and germanium to what each atom adds to the electronic bands.",
)

EXAMPLES = (
    ("Si8", "Si", "Bulk silicon", "The reference: every atom alike."),
    ("Si8", "Si0.7Ge0.3", "Strained silicon", "Tension splits the valleys and the valence band."),
    ("Si4Ge4", "Si", "Superlattice on silicon", "Germanium squeezed to the lattice of silicon."),
    ("Si4Ge4", "Ge", "Superlattice on germanium", "The same layers, silicon stretched instead."),
    ("Si6Ge4", "Si0.6Ge0.4", "Ten monolayers", "Bands folded towards a direct gap."),
    ("(Si0.7Ge0.3)8", "Si0.7Ge0.3", "Random alloy, on average", "A virtual crystal without interfaces."),
)
"""(stack, substrate, name, what to see)."""


def layout(**_query) -> html.Div:
    """Three sentences, the ways in, a picture, examples."""
    picture = hero()
    return html.Div(
        [
            html.Section(
                [html.Div([*_opening(), _doors()], className="hero-text"), picture],
                className="hero" if picture is not None else "hero hero-plain",
            ),
            html.Section(
                [
                    html.H2("Start from a stack", id="examples-title"),
                    html.Ul([html.Li(_example(*example)) for example in EXAMPLES], className="cards"),
                ],
                **{"aria-labelledby": "examples-title"},
            ),
        ],
        className="wrap home",
    )


def _opening() -> list:
    function = [html.Var("A"), html.Sub(html.Var("i")), "(", html.B("k"), ", ", html.Var("E"), ")"]
    return [
        html.H1("Which atoms draw the bands?"),
        html.P(
            [
                "Stack a few planes of silicon and germanium, and each atom finds itself in surroundings of its own. "
                "The atomically resolved spectral function ",
                html.Span(function, className="formula"),
                " says how much atom ",
                html.Var("i"),
                " adds to the electronic states at momentum ",
                html.B("k"),
                " and energy ",
                html.Var("E"),
                ". Summed over all atoms it is the band picture that photoemission sees; "
                "atom by atom it shows where that picture comes from.",
            ],
            className="lead",
        ),
    ]


def _example(stack: str, substrate: str, name: str, sight: str) -> dcc.Link:
    return dcc.Link(
        [
            stack_strip(stack),
            html.Span(
                [
                    html.Span(name, className="card-title"),
                    html.Span([html.Code(stack), " on ", html.Code(substrate)], className="card-spec"),
                    html.Span(sight, className="muted"),
                ],
                className="card-text",
            ),
        ],
        href="/compose?" + urlencode({"stack": stack, "substrate": substrate}),
        className="card",
    )


def _door(page: dict) -> dcc.Link:
    return dcc.Link(
        [html.Span(page["name"], className="door-name"), html.Span(page["description"], className="muted")],
        href=page["relative_path"],
        id=f"door-{page['name'].lower()}",
        className="door",
    )


def _doors() -> html.Ul:
    pages = [
        page
        for page in page_registry.values()
        if page["path"] != "/" and "not_found" not in page["module"] and page.get("listed", True)
    ]
    return html.Ul([html.Li(_door(page)) for page in pages], className="doors")
