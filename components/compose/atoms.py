"""The atoms of Compose: thumbnails in two groups, the layer diagram, and the data of the 3D view."""

from itertools import groupby

import numpy as np
from dash import html

from components.compose.hints import term
from components.figures.sprite import TILE_HEIGHT
from core.parameters.keating import keating_parameters
from core.structure.crystal import Crystal, species_label

THUMBNAIL_LIMIT = 128
UNFOLDED_ATOMS = 48
"""Bars of the layer diagram that a longer stack does not show all at once."""

NEAR_BARS = 3


def atom_name(crystal: Crystal, atom: int) -> str:
    """What people call an atom: its number from 1 and its species."""
    return f"{atom + 1} {crystal.species[atom]}"


def thumbnails(crystal: Crystal) -> list:
    """Buttons with each atom's spectrum, inner and interfacial atoms apart; the images come from the sprite."""
    shown = thumbnail_atoms(crystal)
    groups = (
        ("Inner", "four neighbours of their own kind", [i for i in shown if not crystal.interfacial[i]]),
        ("Interfacial", "at least one neighbour of another kind", [i for i in shown if crystal.interfacial[i]]),
    )
    count = int(crystal.interfacial.sum())
    counts = (len(crystal) - count, count)
    parts = [_group(crystal, shown, *group, of) for group, of in zip(groups, counts, strict=True) if group[2]]
    if len(crystal) > THUMBNAIL_LIMIT:
        parts.append(html.P(f"{THUMBNAIL_LIMIT} of {len(crystal)} atoms; choose any in the layer diagram."))
    return parts


def thumbnail_atoms(crystal: Crystal) -> list[int]:
    """The atoms that have a thumbnail, in growth order: all, or the interfacial ones and the first of the others."""
    inner, interfacial = (np.flatnonzero(crystal.interfacial == kind) for kind in (False, True))
    return sorted([*interfacial, *inner][:THUMBNAIL_LIMIT])


def layer_diagram(crystal: Crystal) -> list:
    """One bar an atom in growth order, the last on top, coloured by composition.

    In long stacks the bars far from every interface are folded into one that opens.
    """
    order = np.argsort(crystal.positions[:, 2], kind="stable")[::-1]
    fold = _far_from_interfaces(crystal, order) if len(crystal) > UNFOLDED_ATOMS else np.zeros(len(crystal), bool)
    parts = []
    for folded, run in groupby(range(len(order)), key=lambda place: (fold[place], crystal.ge_fraction[order[place]])):
        bars = [_bar(crystal, order[place]) for place in run]
        if not folded[0] or len(bars) < 3:
            parts += bars
            continue
        name = species_label(folded[1])
        style = {"--ge": f"{100 * folded[1]:.0f}%"}
        parts.append(html.Details([html.Summary(f"{len(bars)} × {name}", style=style), *bars], className="layer-fold"))
    return parts


def _far_from_interfaces(crystal: Crystal, order: np.ndarray) -> np.ndarray:
    """(place,) whether a bar has no interfacial atom among its NEAR_BARS neighbours on either side, periodically."""
    near = crystal.interfacial[order]
    return ~np.any([np.roll(near, shift) for shift in range(-NEAR_BARS, NEAR_BARS + 1)], axis=0)


def _bar(crystal: Crystal, i: int) -> html.Button:
    return html.Button(
        [
            html.Span(atom_name(crystal, i)),
            html.Span(_remark(crystal, i), className="muted"),
        ],
        type="button",
        className="layer",
        style={"--ge": f"{100 * crystal.ge_fraction[i]:.0f}%"},
        **{"data-atom": str(i), "aria-pressed": "false"},
    )


def _remark(crystal: Crystal, i: int) -> str:
    if i in crystal.antisites:
        return "antisite"
    return "interface" if crystal.interfacial[i] and not crystal.vacant[i] else ""


def flaws_of(crystal: Crystal) -> dict[int, str]:
    """Atoms and empty sites that are flaws, and what they are called."""
    return dict.fromkeys(crystal.antisites, "antisite") | dict.fromkeys(crystal.empty_sites, "vacancy")


def scene(crystal: Crystal) -> dict:
    """Plain JSON for the 3D view: atoms, bonds (none to empty sites) with their strain in percent, the cell, flaws."""
    first, second = crystal.bond_atoms.T
    there = ~crystal.vacant[crystal.bond_atoms].any(axis=1)
    natural = _natural_length(crystal)
    return {
        "atoms": np.round(crystal.positions, 4).tolist(),
        "ge": np.round(crystal.ge_fraction, 4).tolist(),
        "names": [atom_name(crystal, i) for i in range(len(crystal))],
        "cell": np.round(crystal.cell, 4).tolist(),
        "flaws": [[atom, name] for atom, name in flaws_of(crystal).items()],
        "bonds": [
            [int(i), int(j), *np.round(vector, 4).tolist(), round(100 * (length / rest - 1), 3)]
            for i, j, vector, length, rest in zip(
                *(part[there] for part in (first, second, crystal.bond_vector, crystal.bond_length, natural)),
                strict=True,
            )
        ],
    }


def _natural_length(crystal: Crystal) -> np.ndarray:
    """(bond,) Å."""
    first, second = crystal.ge_fraction[crystal.bond_atoms].T
    return keating_parameters().bond_natural_length(first, second)


def _group(crystal: Crystal, shown: list[int], name: str, meaning: str, members: list[int], count: int) -> html.Div:
    """count: of such atoms in the crystal; members have a thumbnail, in the order of `shown`."""
    return html.Div(
        [
            html.H3([term(f"{name} atoms"), " ", html.Span(f"{count}, {meaning}", className="muted")]),
            html.Div([_thumbnail(crystal, i, shown.index(i)) for i in members], className="thumbnails"),
        ],
        className="thumbnail-group",
    )


def _thumbnail(crystal: Crystal, atom: int, tile: int) -> html.Button:
    return html.Button(
        [
            html.Span(className="tile", style={"backgroundPositionY": f"{-tile * TILE_HEIGHT}px"}),
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
