"""Colours and type, said once: CSS variables, Mantine theme and plotly templates all derive from here."""

from functools import cache
from typing import Literal

import plotly.graph_objects as go
import plotly.io as pio

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

FONT = "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

COLOURS: dict[Scheme, dict[str, str]] = {
    "light": {
        "page": "#ffffff",
        "surface": "#f6f8f8",
        "raised": "#eceff0",
        "border": "#dde2e4",
        "border-strong": "#82898d",
        "text": "#161b1d",
        "muted": "#566064",
        "accent": "#0b6466",
        "accent-soft": "#e3f0ef",
        "on-accent": "#ffffff",
        "silicon": "#3b62a8",
        "germanium": "#c26a1b",
        "error": "#b3261e",
        "grid": "#e7ebec",
    },
    "dark": {
        "page": "#101314",
        "surface": "#171b1d",
        "raised": "#202628",
        "border": "#2c3336",
        "border-strong": "#6d777b",
        "text": "#e6eaeb",
        "muted": "#9ba6aa",
        "accent": "#62c3bd",
        "accent-soft": "#16302f",
        "on-accent": "#06201f",
        "silicon": "#7fa4e6",
        "germanium": "#e59a52",
        "error": "#f2928a",
        "grid": "#242a2d",
    },
}
"""Roles by scheme; in CSS they are var(--bl-page), var(--bl-surface) and so on."""

_ACCENT = ["#e9f5f4", "#cfe8e6", "#a3d5d1", "#7fcac5", "#62c3bd", "#2f9c98", "#177f7e", "#0b6466", "#084f51", "#053a3c"]
_GRAY = ["#f6f8f8", "#eceff0", "#dde2e4", "#cdd4d6", "#b3bbbe", "#82898d", "#646e72", "#566064", "#30383b", "#161b1d"]
_DARK = ["#e6eaeb", "#c6cdcf", "#9ba6aa", "#6d777b", "#2c3336", "#262c2f", "#171b1d", "#101314", "#0c0f10", "#080a0b"]

MANTINE = {
    "primaryColor": "accent",
    "primaryShade": {"light": 7, "dark": 4},
    "autoContrast": True,
    "colors": {"accent": _ACCENT, "gray": _GRAY, "dark": _DARK},
    "white": COLOURS["light"]["page"],
    "black": COLOURS["light"]["text"],
    "fontFamily": FONT,
    "fontFamilyMonospace": MONO,
    "defaultRadius": "sm",
    "headings": {"fontFamily": FONT, "fontWeight": "600"},
}
"""Theme object of the MantineProvider."""

GRAPH_CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["sendChartToCloud", "lasso2d", "select2d", "autoScale2d"],
}
"""`config` of every dcc.Graph: the button that uploads to a cloud is gone."""

EMPTY_FIGURE = {
    "data": [],
    "layout": {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
    },
}
"""What a graph shows before its first picture, in any colour scheme."""


def css_variables() -> str:
    """A style sheet that defines --bl-NAME for each colour, and --bl-mono, in both schemes."""
    blocks = [f":root{{--bl-font:{FONT};--bl-mono:{MONO}}}"]
    for scheme in SCHEMES:
        lines = ";".join(f"--bl-{name}:{value}" for name, value in COLOURS[scheme].items())
        blocks.append(f':root[data-mantine-color-scheme="{scheme}"]{{color-scheme:{scheme};{lines}}}')
    return "\n".join(blocks)


def template_name(scheme: str | None) -> str:
    """The plotly template of a colour scheme; light where none is known yet."""
    return "bandloom_dark" if scheme == "dark" else "bandloom_light"


@cache
def template(scheme: str | None) -> dict:
    """The same as a plain document, for figures that are written as one."""
    return pio.templates[template_name(scheme)].to_plotly_json()


def _template(scheme: Scheme) -> go.layout.Template:
    colour = COLOURS[scheme]
    axis = {
        "color": colour["muted"],
        "gridcolor": colour["grid"],
        "linecolor": colour["border-strong"],
        "zerolinecolor": colour["border-strong"],
        "zerolinewidth": 1,
        "showline": True,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": colour["border-strong"],
        "title": {"font": {"size": 13, "color": colour["text"]}, "standoff": 8},
        "automargin": True,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 12, "color": colour["text"]},
            "title": {"font": {"size": 14}, "x": 0, "xref": "paper"},
            "paper_bgcolor": colour["page"],
            "plot_bgcolor": colour["page"],
            "colorway": [colour["accent"], colour["germanium"], colour["silicon"], colour["muted"], colour["error"]],
            "margin": {"l": 56, "r": 16, "t": 24, "b": 48},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {
                "bgcolor": colour["raised"],
                "bordercolor": colour["border"],
                "font": {"family": FONT, "size": 12, "color": colour["text"]},
            },
            "legend": {"bgcolor": "rgba(0,0,0,0)", "orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "modebar": {
                "bgcolor": "rgba(0,0,0,0)",
                "color": colour["border-strong"],
                "activecolor": colour["accent"],
            },
            "colorscale": {"sequential": "Viridis", "diverging": "RdBu_r"},
            "coloraxis": {"colorbar": {"outlinewidth": 0, "thickness": 12, "tickfont": {"color": colour["muted"]}}},
        }
    )


for _scheme in SCHEMES:
    pio.templates[template_name(_scheme)] = _template(_scheme)
