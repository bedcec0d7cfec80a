"""The methods page: definitions, parameters and what the program measured of itself."""

from pathlib import Path

from dash import Input, Output, callback, dcc, html, register_page

from components import measured, measured_design, measured_imperfect
from components.figures.cost import cost_figure
from components.ids import THEME, Ids
from components.loop.learning import curve
from components.texts import Section, sections
from components.theme import GRAPH_CONFIG

register_page(
    __name__,
    path="/methods",
    name="Methods",
    title="Methods · Bandloom",
    order=9,
    description="Definitions, equations, parameters, and how the results compare with published figures.",
)

ids = Ids("methods")
TEXT = Path(__file__).resolve().parent.parent / "docs" / "methods.md"


def layout(**_query) -> html.Div:
    """Title, contents, sections."""
    found = sections(TEXT.read_text(encoding="utf-8"))
    extra = measured.parameter_tables() | {
        "forward": measured.forward_tables() or [_absent("python -m core evaluate --write")],
        "dft-forward": measured.dft_forward_tables() or [_absent("python -m core evaluate --dft --write")],
        "imperfections": [
            *(measured_imperfect.imperfect_tables() or [_absent("python -m core evaluate --imperfect --write")]),
            *(measured_design.detection_tables() or [_absent("python -m core evaluate --detection --write")]),
        ],
        "design": measured_design.design_tables() or [_absent("python -m core evaluate --design --write")],
        "images": measured.likeness_tables() or [_absent("python -m docs.likeness FOLDER")],
        "reverse": measured.reverse_tables() or [_absent("python -m core evaluate --reverse --write")],
        "loop": measured.loop_tables() or [_absent("python -m core evaluate --loop --write")],
        "learning": [
            *(measured.learning_tables() or [_absent("python -m core evaluate --learning --write")]),
            html.Figure(id=ids("curve"), className="learning-curve" if measured.learning_curve() else ""),
        ],
        "validation": [_validation(), *(measured.alloy_tables() or [_absent("python -m core alloys --write")])],
        "cost": [html.Figure(id=ids("cost"), className="cost-graph" if measured.cost_rows() else "")],
    }
    return html.Div(
        [
            html.Header(
                [
                    html.H1("Methods"),
                    html.P("What is computed, from which numbers, and how far it can be trusted.", className="lead"),
                ]
            ),
            html.Nav(
                html.Ol([html.Li(html.A(part.title, href=f"#{part.anchor}")) for part in found]),
                className="contents",
                **{"aria-label": "On this page"},
            ),
            html.Article(
                [
                    *(_section(part, extra.get(part.anchor, [])) for part in found),
                ],
                className="prose",
            ),
        ],
        className="wrap methods",
    )


@callback(Output(ids("cost"), "children"), Input(THEME, "data"))
def draw_cost(scheme: str | None):
    """The cost plot in the colours of the page."""
    rows = measured.cost_rows()
    if not rows:
        return _absent("python -m core bench")
    return dcc.Graph(
        id=ids("cost-graph"), figure=cost_figure(rows, scheme), config=GRAPH_CONFIG, className="cost-graph"
    )


@callback(Output(ids("curve"), "children"), Input(THEME, "data"))
def draw_curve(scheme: str | None):
    """The learning curve in the colours of the page; nothing where it has not been measured."""
    points = measured.learning_curve()
    if not points:
        return ""
    return dcc.Graph(
        id=ids("curve-graph"), figure=curve(points, scheme), config=GRAPH_CONFIG, className="learning-curve"
    )


def _section(part: Section, extra: list) -> html.Section:
    return html.Section(
        [html.H2(part.title, id=part.anchor), dcc.Markdown(part.text, mathjax=True, className="markdown"), *extra],
        **{"aria-labelledby": part.anchor},
    )


def _validation():
    rows = measured.validation_rows()
    return measured.validation_table(rows) if rows else _absent("python -m core validate")


def _absent(command: str) -> html.P:
    return html.P(
        ["Not measured on this installation yet: ", html.Code(command), " fills this section."], className="notice"
    )
