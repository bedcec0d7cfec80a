"""The atoms of Compose: thumbnails in two groups, the layer diagram, and the data of the 3D view."""

import numpy as np
from dash import html

from components.figures.sprite import TILE_HEIGHT
from core.parameters.keating import keating_parameters
from core.structure.crystal import Crystal

THUMBNAIL_LIMIT = 128


def atom_name(crystal: Crystal, atom: int) -> str:
    """What people call an atom: its number from 1 and its species."""
    return f"{atom + 1} {crystal.species[atom]}"


def thumbnails(crystal: Crystal) -> list:
    """Buttons with each atom's spectrum, inner and interfacial atoms apart; the images come from the sprite."""
    shown = range(min(len(crystal), THUMBNAIL_LIMIT))
    groups = (
        ("Inner", "four neighbours of their own kind", [i for i in shown if not crystal.interfacial[i]]),
        ("Interfacial", "at least one neighbour of another kind", [i for i in shown if crystal.interfacial[i]]),
    )
    parts = [_group(crystal, *group) for group in groups if group[2]]
    if len(crystal) > THUMBNAIL_LIMIT:
        parts.append(html.P(f"The first {THUMBNAIL_LIMIT} of {len(crystal)} atoms; choose any in the layer diagram."))
    return parts


def layer_diagram(crystal: Crystal) -> list:
    """One bar an atom in growth order, the last on top, coloured by composition."""
    order = np.argsort(crystal.positions[:, 2], kind="stable")[::-1]
    return [
        html.Button(
            [
                html.Span(atom_name(crystal, i)),
                html.Span("interface" if crystal.interfacial[i] else "", className="muted"),
            ],
            type="button",
            className="layer",
            style={"--ge": f"{100 * crystal.ge_fraction[i]:.0f}%"},
            **{"data-atom": str(i), "aria-pressed": "false"},
        )
        for i in order
    ]


def scene(crystal: Crystal) -> dict:
    """Plain JSON for the 3D view: atoms, bonds with their strain in percent, the cell."""
    first, second = crystal.bond_atoms.T
    natural = _natural_length(crystal)
    return {
        "atoms": np.round(crystal.positions, 4).tolist(),
        "ge": np.round(crystal.ge_fraction, 4).tolist(),
        "names": [atom_name(crystal, i) for i in range(len(crystal))],
        "cell": np.round(crystal.cell, 4).tolist(),
        "bonds": [
            [int(i), int(j), *np.round(vector, 4).tolist(), round(100 * (length / rest - 1), 3)]
            for i, j, vector, length, rest in zip(
                first, second, crystal.bond_vector, crystal.bond_length, natural, strict=True
            )
        ],
    }


def _natural_length(crystal: Crystal) -> np.ndarray:
    """(bond,) Å."""
    first, second = crystal.ge_fraction[crystal.bond_atoms].T
    return keating_parameters().bond_natural_length(first, second)


def _group(crystal: Crystal, name: str, meaning: str, members: list[int]) -> html.Div:
    return html.Div(
        [
            html.H3([f"{name} atoms ", html.Span(f"{len(members)}, {meaning}", className="muted")]),
            html.Div([_thumbnail(crystal, i) for i in members], className="thumbnails"),
        ],
        className="thumbnail-group",
    )


def _thumbnail(crystal: Crystal, atom: int) -> html.Button:
    return html.Button(
        [
            html.Span(className="tile", style={"backgroundPositionY": f"{-atom * TILE_HEIGHT}px"}),
            html.Span(atom_name(crystal, atom), className="tile-name"),
        ],
        type="button",
        className="thumbnail",
        **{
            "data-atom": str(atom),
            "aria-pressed": "false",
            "aria-label": f"Atom {atom_name(crystal, atom)}: show its spectral function",
        },
    )
