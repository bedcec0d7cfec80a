"""Crystals at the lattice constants of the functional.

A functional has lattice constants of its own, and at those of experiment its atoms would feel forces. A crystal whose
in-plane lattice constant is that of an alloy of Ge fraction y (Vegard) is therefore put on that of the same alloy of
the functional, and its atoms come to rest in the Keating field whose natural lengths are scaled to the functional.
"""

from dataclasses import replace

import numpy as np

from core.dft.recipe import GERMANIUM_LATTICE, SILICON_LATTICE
from core.errors import InputError
from core.parameters.keating import KeatingParameters, keating_parameters
from core.structure.build import IN_PLANE_CELL, PLANE_OFFSET
from core.structure.crystal import Crystal
from core.structure.relaxation import relaxed


def functional_keating() -> KeatingParameters:
    """The project's force constants with natural lengths of the functional."""
    return keating_parameters().with_lattice_constants(SILICON_LATTICE, GERMANIUM_LATTICE)


def functional_lattice(lattice: float) -> float:
    """Å: the functional's in-plane lattice constant of the alloy whose experimental one is given, linear beyond."""
    silicon, germanium = keating_parameters().lattice_constant
    share = (lattice - silicon) / (germanium - silicon)
    return float(SILICON_LATTICE + share * (GERMANIUM_LATTICE - SILICON_LATTICE))


def experimental_lattice(lattice: float, functional: tuple[float, float]) -> float:
    """Å: the inverse of `functional_lattice`, for a functional whose lattice constants of Si and Ge are given."""
    silicon, germanium = keating_parameters().lattice_constant
    share = (lattice - functional[0]) / (functional[1] - functional[0])
    return float(silicon + share * (germanium - silicon))


def functional_crystal(crystal: Crystal) -> Crystal:
    """A crystal as the functional has it: its plane mapped by `functional_lattice`, all else relaxed.

    Raises:
        InputError: it does not come to rest, or has more than one atom a plane.
    """
    crystal = in_standard_cell(crystal)
    ratio = functional_lattice(crystal.lattice_in_plane) / crystal.lattice_in_plane
    scaled = replace(
        crystal,
        cell=crystal.cell * ratio,
        positions=crystal.positions * ratio,
        bond_vector=crystal.bond_vector * ratio,
    )
    note = (
        f"Relaxed for the functional at a∥ = {scaled.lattice_in_plane:.4f} Å, which stands for "
        f"{crystal.lattice_in_plane:.4f} Å of experiment"
    )
    return replace(relaxed(scaled, "growth", functional_keating()), notes=(*crystal.notes, note))


def given_crystal(crystal: Crystal) -> Crystal:
    """A crystal of a structure file: its atoms and its lattice as they stand.

    Raises:
        InputError: it has more than one atom a plane.
    """
    note = (
        f"Taken as it stands, a∥ = {crystal.lattice_in_plane:.4f} Å; the functional's own lattice constants are "
        f"{SILICON_LATTICE} Å for Si and {GERMANIUM_LATTICE} Å for Ge"
    )
    return replace(in_standard_cell(crystal), notes=(*crystal.notes, note))


def in_standard_cell(crystal: Crystal) -> Crystal:
    """The same crystal with the lattice vectors of `core.structure.build`, two short ones in the plane and the period.

    A structure file may have them in any order and combination; k-points and grid of the recipe go by these.

    Raises:
        InputError: it has more than one atom a plane.
    """
    planes = crystal.plane_count
    if len(crystal) != planes:
        raise InputError(
            f"{len(crystal)} atoms in {planes} planes; DFT takes one atom a plane: give the primitive cell"
        )
    site_cell = np.vstack([IN_PLANE_CELL, np.append(PLANE_OFFSET[planes % 4], planes)])
    change = np.round(np.linalg.solve(crystal.site_cell.T.astype(float), site_cell.T).T).astype(int)
    return replace(crystal, cell=change @ crystal.cell, site_cell=change @ crystal.site_cell)


def wrapped(crystal: Crystal) -> tuple[np.ndarray, np.ndarray]:
    """Fractional positions (atom, 3) in [0, 1), and ideal sites (atom, 3) moved by the same lattice vectors."""
    fractional = np.linalg.solve(crystal.cell.T, crystal.positions.T).T
    fractional = np.where(np.abs(fractional - np.round(fractional)) < 1e-9, np.round(fractional), fractional)
    cells = np.floor(fractional)
    return fractional - cells, crystal.site - (cells @ crystal.site_cell).astype(int)
