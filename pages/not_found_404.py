"""What an address without a page shows."""

from dash import dcc, html, register_page

register_page(__name__, path="/404", name="Not found", title="Not found · Bandloom")


def layout(**_query) -> html.Div:
    """One sentence and the way back."""
    return html.Div(
        [
            html.H1("There is no page at this address"),
            html.P(["The navigation above lists them all; or begin at the ", dcc.Link("home page", href="/"), "."]),
        ],
        className="wrap not-found",
    )
