"""The frame around every page: document head, header with navigation and theme control, footer."""

import base64
import hashlib

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, dcc, html, page_container, page_registry

from components import ids, theme
from components.translation.languages import ENGLISH, chosen, languages

PAPER = "https://arxiv.org/abs/2302.00261"
NO_SCRIPT = "Bandloom draws its pages with JavaScript; please allow it for this address."

# Runs before the first paint: sets the scheme from the stored choice, else from the system.
_EARLY_SCRIPT = """
(function () {
  var choice = "auto";
  try { choice = localStorage.getItem("mantine-color-scheme-value") || "auto"; } catch (error) {}
  var dark = choice === "dark" || (choice === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
"""
EARLY_SCRIPT_HASH = f"'sha256-{base64.b64encode(hashlib.sha256(_EARLY_SCRIPT.encode()).digest()).decode()}'"
"""Of the one inline script that the document adds to Dash's own, as a Content-Security-Policy names it."""


def index_string(app: Dash) -> str:
    """The HTML document around the app: language, icon, preloaded font, colours and scheme."""
    font, icon = app.get_asset_url("fonts/inter-latin-wght-normal.woff2"), app.get_asset_url("favicon.svg")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
{{%metas%}}
<title>{{%title%}}</title>
<link rel="icon" type="image/svg+xml" href="{icon}">
<link rel="preload" as="font" type="font/woff2" href="{font}" crossorigin>
<style>{theme.css_variables()}</style>
<script>{_EARLY_SCRIPT}</script>
{{%css%}}
</head>
<body>
{{%app_entry%}}
<noscript>{NO_SCRIPT}</noscript>
<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer>
</body>
</html>"""


def layout() -> dmc.MantineProvider:
    """The whole app: stores, header, the page's own content, footer."""
    return dmc.MantineProvider(
        [
            dcc.Store(id=ids.THEME),
            html.A("Skip to content", href="#content", className="skip-link"),
            _header(),
            html.Main(page_container, id="content", tabIndex=-1),
            _footer(),
            html.P(
                "The server does not answer. What is on the page stays; it goes on when the server is there again.",
                id="unanswered",
                hidden=True,
                role="alert",
            ),
        ],
        theme=theme.MANTINE,
        defaultColorScheme="auto",
    )


def register_callbacks(app: Dash) -> None:
    """Theme and navigation state, both in the browser (assets/shell.js)."""
    app.clientside_callback(
        ClientsideFunction("shell", "applyTheme"),
        Output(ids.THEME_CHOICE, "value"),
        Output(ids.THEME, "data"),
        Input(ids.THEME_CHOICE, "value"),
    )
    app.clientside_callback(
        ClientsideFunction("shell", "pageShown"),
        Input("_pages_location", "pathname"),
        Input("_pages_content", "children"),
    )
    app.clientside_callback(
        ClientsideFunction("shell", "chooseLanguage"), Input(ids.LANGUAGE, "value"), prevent_initial_call=True
    )


def _header() -> html.Header:
    return html.Header(
        html.Div(
            [
                dcc.Link(
                    [html.Span(className="mark"), html.Span("Bandloom", className="wordmark")],
                    href="/",
                    className="brand",
                    title="Bandloom, home",
                ),
                html.Nav(
                    [
                        dcc.Link(page["name"], href=page["relative_path"], id=f"navigation-{page['name'].lower()}")
                        for page in page_registry.values()
                        if page["path"] and "not_found" not in page["module"] and page.get("listed", True)
                    ],
                    id="navigation",
                    **{"aria-label": "Main"},
                ),
                *_language_control(),
                _theme_control(),
            ],
            className="wrap",
        ),
        className="site-header",
    )


def _language_control() -> list[dmc.Select]:
    """The choice of a language, each as its speakers write it; nothing where there is English alone."""
    names, catalogue = languages().names(), chosen()
    if len(names) == 1:
        return []
    return [
        dmc.Select(
            id=ids.LANGUAGE,
            value=catalogue.language if catalogue else ENGLISH,
            data=[{"value": code, "label": name} for code, name in names.items()],
            size="xs",
            w=108,
            allowDeselect=False,
            className="language-choice",
            attributes={"input": {"aria-label": "Language"}},
        )
    ]


def _theme_control() -> dmc.SegmentedControl:
    names = {"light": "Light", "auto": "As the system", "dark": "Dark"}
    return dmc.SegmentedControl(
        id=ids.THEME_CHOICE,
        value="auto",
        size="xs",
        className="theme-choice",
        attributes={"root": {"aria-label": "Colour scheme"}},
        data=[
            {
                "value": value,
                "label": html.Span(
                    [html.Span(className=f"icon icon-{value}"), html.Span(name, className="visually-hidden")],
                    title=name,
                ),
            }
            for value, name in names.items()
        ],
    )


def _footer() -> html.Footer:
    return html.Footer(
        html.Div(
            [
                html.P(
                    [
                        "After A. K. Pimachev and S. Neogi, ",
                        html.Cite(
                            "Bidirectional Learning of Relationships between Atomic Environments and Electronic Band "
                            "Dispersion in Semiconductor Heterostructures"
                        ),
                        ", ",
                        html.A("arXiv:2302.00261", href=PAPER),
                        ".",
                    ]
                ),
                html.P("Bandloom is free software under the MIT licence."),
            ],
            className="wrap",
        ),
        className="site-footer",
    )
