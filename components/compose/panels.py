"""The panels of Compose around the picture: the picture itself, progress, atoms, structure, readouts, downloads."""

import secrets

import dash_mantine_components as dmc
from dash import dcc, html

from components import theme
from components.compose.controls import ids
from components.compose.hints import HINTS, term
from components.compose.job import POLL_MS, job_panel
from components.compose.link import ComposeLink, link_defaults
from components.compose.view_controls import view_controls

_CLEAR = "rgba(0,0,0,0)"
_EMPTY = {
    "data": [],
    "layout": {
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
    },
}
"""What the graph shows before its first picture, in any colour scheme."""

DOWNLOADS = {
    "nc": "NetCDF",
    "csv": "CSV",
    "cif": "CIF",
    "xyz": "xyz",
    "vasp": "POSCAR",
}


def picture_panel(link: ComposeLink) -> html.Section:
    """View controls, title, progress line, heat map with its two curves."""
    return html.Section(
        [
            html.H2("Spectral function", className="visually-hidden"),
            view_controls(link),
            html.Div(
                [html.P(id=ids("title"), className="picture-title", role="status"), job_panel()],
                className="picture-head",
            ),
            html.P(id=ids("badge"), className="badge", role="status"),
            html.P(id=ids("failure"), className="field-error", role="alert"),
            html.Div(
                dcc.Graph(
                    id=ids("spectrum"), figure=_EMPTY, config=theme.GRAPH_CONFIG, className="spectrum", responsive=True
                ),
                id=ids("picture"),
                className="picture",
                tabIndex=0,
                role="group",
                **{"aria-label": "Spectral function; arrow keys move the cursor, Shift for larger steps"},
            ),
            html.Div(
                [
                    html.Output(id=ids("cursor-text"), className="cursor-text", **{"aria-live": "polite"}),
                    _downloads(),
                ],
                className="picture-foot",
            ),
            html.Div(id=ids("thumbnails"), className="thumbnail-groups"),
        ],
        className="compose-picture",
        **{"aria-label": "Spectral function"},
    )


def side_panel() -> html.Section:
    """The 3D view, the layer diagram and the readouts."""
    return html.Section(
        [
            html.H2("Structure"),
            html.Div(
                [
                    html.Div(
                        id=ids("scene-view"),
                        className="scene-view",
                        role="img",
                        **{"aria-label": "3D view of the cell"},
                    ),
                    html.Div(
                        id=ids("layers"), className="layers", role="group", **{"aria-label": "Atoms in growth order"}
                    ),
                ],
                className="structure",
            ),
            dmc.SegmentedControl(
                id=ids("colour-by"),
                data=[{"value": "species", "label": "Species"}, {"value": "strain", "label": "Bond strain"}],
                value="species",
                size="xs",
                attributes={"root": {"aria-label": "Colour the 3D view by", "title": HINTS["colour-by"]}},
            ),
            html.P(id=ids("scene-text"), className="muted scene-text"),
            html.Ul(id=ids("notes"), className="notes"),
            html.Div(id=ids("structure-readouts")),
            html.H2("Bands"),
            html.Div(id=ids("band-readouts"), className="band-readouts"),
            html.H2("What moves this point"),
            html.Div(id=ids("response"), className="response"),
            html.Details(
                [
                    html.Summary("Descriptors of the atom"),
                    html.P(["What a ", term("Descriptors", "descriptor"), " is"], className="muted"),
                    html.Div(id=ids("descriptors")),
                ],
                className="descriptor-box",
            ),
        ],
        className="compose-side",
        **{"aria-label": "Structure and figures"},
    )


def stores(link: ComposeLink, problems: list[str]) -> list:
    """State in the browser: specifications, never arrays."""
    return [
        dcc.Store(id=ids("request")),
        dcc.Store(id=ids("rested")),
        dcc.Store(id=ids("sampled")),
        dcc.Store(id=ids("finished")),
        dcc.Store(id=ids("ready")),
        dcc.Store(id=ids("ask")),
        dcc.Store(id=ids("answer")),
        dcc.Store(id=ids("job")),
        dcc.Store(id=ids("place"), data=secrets.token_hex(8)),
        dcc.Interval(id=ids("poll"), interval=POLL_MS, disabled=True),
        dcc.Store(id=ids("imperfect")),
        dcc.Store(id=ids("scene")),
        dcc.Store(id=ids("structure"), data=link.structure),
        dcc.Store(id=ids("selection"), data={"atom": link.atom, "other": link.other}),
        dcc.Store(id=ids("cursor"), data=link.cursor_indices),
        dcc.Store(id=ids("defaults"), data=link_defaults()),
        dcc.Download(id=ids("download")),
        html.Div([html.P(text) for text in problems], id=ids("problems"), className="field-error", role="alert"),
    ]


def _downloads() -> html.Div:
    data = [
        html.Button(
            name, id=ids(f"download-{kind}"), type="button", className="button", title=HINTS[f"download-{kind}"]
        )
        for kind, name in DOWNLOADS.items()
    ]
    pictures = [
        html.Button(
            kind.upper(), type="button", className="button", title=HINTS[f"picture-{kind}"], **{"data-picture": kind}
        )
        for kind in ("svg", "png")
    ]
    link = html.Button("Copy link", id=ids("copy"), type="button", className="button", title=HINTS["copy"])
    compare = dcc.Link("Compare", href="/compare", id=ids("compare"), className="compare-open", title=HINTS["compare"])
    return html.Div(
        [html.Span("Download", className="muted"), *data, *pictures, link, compare],
        className="downloads",
        role="group",
        id=ids("downloads"),
        **{"aria-label": "Downloads"},
    )
