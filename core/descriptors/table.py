"""All descriptors of a crystal as one table, with a unit and a sentence for every column."""

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.descriptors.layer_window import FAR, LAYER_NAMES, WINDOW_OFFSETS, layer_window
from core.descriptors.voronoi import BIASED_NAMES, SUFFIXES, VORONOI_NAMES, voronoi_descriptors
from core.errors import InputError
from core.structure.crystal import Crystal


@dataclass(frozen=True)
class Column:
    """A column of the table: its name, its unit ("1" for pure numbers, "" for labels) and what it says."""

    name: str
    unit: str
    sentence: str


_PLAIN = (
    Column("index", "", "Number of the atom, from 0."),
    Column("symbol", "", "Species of the atom; a virtual-crystal atom names its composition."),
    Column("maximum_packing_efficiency", "1", "Share of the Voronoi cell that the largest sphere in it fills."),
    Column("tot_cell_volume", "Å³", "Volume of the Voronoi cell."),
)

_BIASED = {
    "bond_length": ("Å", "Mean distance to all Voronoi neighbours, weighted by face area"),
    "var_bond_length": ("Å²", "Variance of the distance to all Voronoi neighbours, weighted by face area"),
    "mean_face_area": ("Å²", "Mean area of the faces of the Voronoi cell"),
    "max_face_area": ("Å²", "Area of the largest face of the Voronoi cell"),
    "min_face_area": ("Å²", "Area of the smallest face of the Voronoi cell"),
    "mad_face_area": ("Å²", "Mean absolute deviation of the face areas from their mean"),
    "tot_face_area": ("Å²", "Surface of the Voronoi cell"),
    "coordination": ("1", "Effective number of neighbours, (ΣA)²/ΣA² over the face areas A"),
    "mean_electronegativities": ("1", "Mean electronegativity difference to the neighbours (Pauling), by face area"),
    "mean_ionic_character": ("1", "Mean ionic character 1 − exp(−Δχ²/4) towards the neighbours, by face area"),
    "1_order": ("1", "Weight of the one-step walks that arrive at the atom from its own kind"),
    "2_order": ("1", "Weight of the two-step walks that arrive at the atom through its own kind"),
    "3_order": ("1", "Weight of the three-step walks that arrive at the atom through its own kind"),
}

_BIAS_SENTENCE = dict(
    zip(
        SUFFIXES,
        (".", *(f"; every face counts with the squared cosine of its neighbour along {axis}." for axis in "abc")),
        strict=True,
    )
)

_LAYERS = {
    "plane": ("", "Plane of the atom in growth order, from 0."),
    "ge_fraction": ("1", "Ge fraction of the atom: 0 is Si, 1 is Ge, in between a virtual-crystal atom."),
    "spacing_below_angstrom": ("Å", "Distance from the plane of the atom to the plane below."),
    "spacing_above_angstrom": ("Å", "Distance from the plane of the atom to the plane above."),
    "interface_below_angstrom": ("Å", f"Distance down to the nearest interface; {FAR:g} if there is none within that."),
    "interface_above_angstrom": ("Å", f"Distance up to the nearest interface; {FAR:g} if there is none within that."),
    "lattice_in_plane_angstrom": ("Å", "In-plane lattice constant of the crystal."),
    "strain_own_bulk_percent": ("%", "In-plane strain against the bulk crystal of the atom's own composition."),
    "strain_silicon_percent": ("%", "In-plane strain against bulk Si."),
    "interfacial": ("", "False for an inner atom, whose four neighbours are all of its own kind."),
}


def _columns() -> tuple[Column, ...]:
    biased = {
        name + suffix: Column(name + suffix, _BIASED[name][0], _BIASED[name][1] + _BIAS_SENTENCE[suffix])
        for name in BIASED_NAMES
        for suffix in SUFFIXES
    }
    window = {}
    for offset in WINDOW_OFFSETS:
        side, distance = "above" if offset > 0 else "below", abs(offset)
        name, planes = f"ge_fraction_{side}_{distance}", "plane" if distance == 1 else "planes"
        window[name] = Column(name, "1", f"Mean Ge fraction {distance} {planes} {side} the atom.")
    named = {column.name: column for column in _PLAIN} | biased | window
    named |= {name: Column(name, unit, sentence) for name, (unit, sentence) in _LAYERS.items()}
    return tuple(named[name] for name in ("index", "symbol", *VORONOI_NAMES, *LAYER_NAMES))


COLUMNS = _columns()
"""Every column in the order of the table."""


def descriptor_table(crystal: Crystal) -> pd.DataFrame:
    """A row an atom, in the order of the crystal, and a column a descriptor, see COLUMNS.

    The axes a, b, c are the cubic axes of the crystal; c is the growth direction.

    Raises:
        InputError: atoms are missing.
    """
    if crystal.empty_sites:
        raise InputError("Descriptors are of crystals in which every atom has four bonds; leave out the vacancies")
    values = {"index": range(len(crystal)), "symbol": crystal.species}
    values |= voronoi_descriptors(crystal.cell, crystal.positions, crystal.ge_fraction)
    values |= layer_window(crystal)
    return pd.DataFrame(values, columns=[column.name for column in COLUMNS])


def check_table_file(path: str | Path) -> None:
    """Refuse a place where no table can be written, before anything is computed for it.

    Raises:
        InputError: the suffix is not .csv, or the folder does not exist or cannot be written to.
    """
    path = Path(path)
    if path.suffix.lower() != ".csv":
        raise InputError(f"{path.name!r} is no CSV name; end it with .csv")
    if not os.path.isdir(path.parent):
        raise InputError(f"The folder of {str(path)!r} does not exist; create it or choose another place")
    if os.path.isdir(path) or not os.access(path if os.path.exists(path) else path.parent, os.W_OK):
        raise InputError(f"{str(path)!r} cannot be written; choose another place")


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write the table as CSV in UTF-8: one line of column names, then a line an atom, all digits kept.

    Raises:
        InputError: see `check_table_file`, or the disk is full.
    """
    check_table_file(path)
    try:
        table.to_csv(path, index=False)
    except OSError as error:
        raise InputError(f"Cannot write {str(path)!r}: {error.strerror or error}") from error
