"""Why an atom's spectrum looks as it does: what moves it, and the atom's descriptors."""

from functools import lru_cache

import pandas as pd
from dash import html

from components.compose.atoms import atom_name
from components.compose.link import checked_view
from core.descriptors.table import COLUMNS, descriptor_table
from core.descriptors.voronoi import BIASED_NAMES
from core.electronic.kpath import build_path
from core.electronic.spectral import EnergyGrid
from core.forward.features import REACH
from core.forward.sensitivity import sensitivity
from core.structure.crystal import Crystal

SHOWN_REACH = 8
"""Planes on either side in the bar chart."""

_HIDDEN = ("index", "symbol", "plane")


def chosen_atom(crystal: Crystal, selection: dict | None) -> int:
    """The atom that a browser chose; the last one where there are fewer."""
    return min(checked_view(selection, None).atom, len(crystal) - 1)


def what_moves(crystal: Crystal, atom: int, cursor: tuple[int, int]) -> list:
    """Bars a plane around the atom: how A_i at the cursor answers to Ge in place of Si there, and to strain."""
    path, grid = build_path(crystal), EnergyGrid()
    k, energy = min(max(cursor[0], 0), len(path) - 1), min(max(cursor[1], 0), grid.points - 1)
    found = sensitivity(crystal, atom, k, energy)
    near = found.planes[REACH - SHOWN_REACH : REACH + SHOWN_REACH + 1]
    top = max(float(abs(near).max()), 1e-9)
    strongest = int(abs(near).argmax()) - SHOWN_REACH
    where = (
        "the atom's own plane"
        if strongest == 0
        else f"the plane {abs(strongest)} {'above' if strongest > 0 else 'below'}"
    )
    bars = [
        html.Span(
            style={"--share": f"{abs(value) / top:.3f}"},
            className="up" if value >= 0 else "down",
            title=f"plane {offset:+d}: {value:+.3f} 1/eV",
        )
        for offset, value in zip(range(-SHOWN_REACH, SHOWN_REACH + 1), near, strict=True)
    ]
    return [
        html.P(
            f"A of atom {atom_name(crystal, atom)} at the cursor, E = {grid.values[energy]:.2f} eV, by the forward "
            f"model. It answers most to {where}: {near[strongest + SHOWN_REACH]:+.3f} 1/eV for Ge in place of Si.",
            className="muted",
        ),
        html.Div(
            bars,
            className="response-bars",
            role="img",
            **{"aria-label": f"Response to planes {SHOWN_REACH} below to {SHOWN_REACH} above; strongest: {where}"},
        ),
        html.Div(
            [html.Span(f"{SHOWN_REACH} below"), html.Span("atom"), html.Span(f"{SHOWN_REACH} above")],
            className="response-axis muted",
        ),
        html.P(
            f"One percent more in-plane strain: {found.strain:+.3f} 1/eV; one percent more mean plane spacing: "
            f"{found.growth:+.3f} 1/eV.",
            className="muted",
        ),
    ]


def descriptor_list(crystal: Crystal, atom: int) -> html.Dl:
    """Every descriptor of an atom with its unit and a sentence; directional ones follow theirs in one line."""
    row = _table(crystal).iloc[atom]
    columns = {column.name: column for column in COLUMNS}
    directional = {f"{name}_{axis}" for name in BIASED_NAMES for axis in "abc"}
    parts = []
    for name, column in columns.items():
        if name in directional or name in _HIDDEN or name not in row.index:
            continue
        unit = "" if column.unit in ("", "1") else f" {column.unit}"
        parts += [
            html.Dt([html.Code(name), html.Span(column.sentence, className="muted")]),
            html.Dd(
                [_number(row[name]) + unit]
                + (
                    [
                        html.Span(
                            "a, b, c: " + ", ".join(_number(row[f"{name}_{axis}"]) for axis in "abc"), className="muted"
                        )
                    ]
                    if name in BIASED_NAMES
                    else []
                )
            ),
        ]
    return html.Dl(parts, className="readouts descriptors")


@lru_cache(maxsize=8)
def _table(crystal: Crystal) -> pd.DataFrame:
    return descriptor_table(crystal)


def _number(value) -> str:
    if isinstance(value, str):
        return value
    return "0" if abs(float(value)) < 1e-9 else f"{float(value):.4g}"
