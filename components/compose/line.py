"""The line that Compose looks along: its controls, its words, and the zone that shows where it runs."""

import dash_mantine_components as dmc
import numpy as np
from dash import html

from components.compose.controls import ids, slider
from components.compose.hints import HINTS
from components.compose.link import LINES, ComposeLink
from components.figures.zone import zone_drawing
from core.electronic.brillouin import average_zone, folded_points
from core.electronic.kpath import DEFAULT_PATH
from core.engines import Cut, Path
from core.engines.protocol import Line
from core.sessions.requests import KZ_RANGE, Request

NAMES = {"path": "Path", "G-X": "Γ–X cut", "G-K": "Γ–K cut"}
PATHS = (("Standard", DEFAULT_PATH), ("Along growth", "G-Z"), ("In the plane", "X-G-K"))
"""Name and text of the paths on offer."""


def line_panel(link: ComposeLink) -> html.Section:
    """Path or cut, the path's text or the cut's k_z, and the zone."""
    return html.Section(
        [
            html.H2("Line in the zone"),
            html.Div(
                [
                    dmc.SegmentedControl(
                        id=ids("line"),
                        data=[{"value": value, "label": NAMES[value]} for value in LINES],
                        value=link.line,
                        size="xs",
                        fullWidth=True,
                        attributes={"root": {"aria-label": "Line in the zone", "title": HINTS["line"]}},
                    ),
                    html.Div([_path(link), _kz(link)], className="line-slot"),
                ],
                className="line-controls",
            ),
            html.Figure(
                [html.Div(id=ids("zone"), className="zone"), html.Figcaption(id=ids("zone-text"), className="muted")],
                className="zone-figure",
            ),
        ],
        className="compose-line",
        **{"aria-label": "Line in the zone"},
    )


def _path(link: ComposeLink) -> html.Div:
    chips = [
        html.Button(name, type="button", className="chip", title=text.replace("G", "Γ"), **{"data-path": text})
        for name, text in PATHS
    ]
    return html.Div(
        [
            dmc.TextInput(
                id=ids("path"),
                value=link.path,
                debounce=350,
                size="xs",
                spellCheck=False,
                autoComplete="off",
                inputProps={"maxLength": 100},
                classNames={"input": "mono"},
                attributes={"input": {"aria-label": "k-path", "title": HINTS["path"]}},
            ),
            html.Div(chips, className="chips", role="group", **{"aria-label": "Paths"}),
        ],
        id=ids("path-box"),
        className="path-box",
        hidden=link.line != "path",
    )


def _kz(link: ComposeLink) -> html.Div:
    ends = html.Div([html.Span("Γ plane"), html.Span("Z plane")], className="slider-ends muted")
    return html.Div(
        [slider("kz", "Height kz", link.kz, *KZ_RANGE, 0.01, unit="2π/c̄"), ends],
        id=ids("kz-box"),
        className="kz-box",
        hidden=link.line == "path",
    )


def at_height(line: Line) -> str:
    """` at kz = 0.30 · 2π/c̄` of a cut, nothing of a path."""
    if not isinstance(line, Cut):
        return ""
    return f" at kz = {max(f'{line.kz:.2f}', f'{line.kz:g}', key=len)} · 2π/c̄"


def line_name(line: Line) -> str:
    """What a line is called where it is not the standard path."""
    if isinstance(line, Cut):
        return f"{NAMES[line.name]}{at_height(line)}"
    return "" if line == Path() else f"path {_written(line.text)}"


def home(request: Request) -> int:
    """Index of the first Γ of a request's line, or of the k-point nearest to it: where its cursor starts."""
    path = request.line.sampled(request.crystal())
    return int(np.argmin(np.round(np.linalg.norm(path.k_cartesian[:, :2], axis=1) + abs(path.k_cartesian[:, 2]), 9)))


def zone_of(request: Request) -> dict:
    """The drawing of a request's zone and line, as markup, and the words below it."""
    crystal, line = request.crystal(), request.line
    if isinstance(line, Cut):
        shown = f"the line from −{line.name[-1]} to {line.name[-1]}{at_height(line)}"
    else:
        shown = f"the path {_written(line.text)}"
    count, planes = folded_points(crystal), crystal.plane_count
    if count == 1:
        folded = "The period is the primitive cell: nothing is folded."
    elif len(crystal) == planes:
        folded = f"Shaded: the zone of the period of {planes} planes, which folds {count} values of kz onto one."
    else:
        folded = f"Shaded: the zone of the cell of {len(crystal)} atoms, which folds {count} wave vectors onto one."
    path = line.sampled(crystal)
    leaves = isinstance(line, Cut) and average_zone(crystal).reach(path.k_cartesian[-1]) > 1.02
    outside = " Dashed: in the next zone." if leaves else ""
    text = folded + outside
    description = f"Brillouin zone of the average crystal, with {shown}. {text}"
    return {"svg": zone_drawing(crystal, path, description), "text": text}


def _written(path: str) -> str:
    return path.replace("G", "Γ").replace("-", "–").replace("|", " | ")
