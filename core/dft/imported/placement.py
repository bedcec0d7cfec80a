"""Atoms of somebody's calculation as the project has them: growth frame, standard cell, atom j in plane j."""

from dataclasses import dataclass, replace

import numpy as np

from core.dft.structure import in_standard_cell
from core.errors import InputError
from core.structure.build import crystal_of_planes
from core.structure.crystal import Crystal
from core.structure.sites import crystal_from_atoms
from core.structure.stack import Stack

ELEMENTS = ("Si", "Ge")


@dataclass(frozen=True, eq=False)
class Placed:
    """A crystal and how it was found.

    crystal: its atoms in growth order, plane 0 of sublattice 0.
    order: (atom,) places of those atoms in the file.
    site: (atom, 3) their ideal sites where the file has them, in other cells perhaps than the crystal.
    turn: (3, 3) takes Cartesian vectors of the file, multiplied from the right, to the growth frame.
    """

    crystal: Crystal
    order: np.ndarray
    site: np.ndarray
    turn: np.ndarray

    def k_reduced(self, k_cartesian: np.ndarray) -> np.ndarray:
        """(k, 3) in units of the average cell from (k, 3) 1/Å in the file's axes."""
        return k_cartesian @ self.turn @ self.crystal.average_cell.T / (2 * np.pi)


def placed(cell: np.ndarray, positions: np.ndarray, symbols: list[str], label: str = "") -> Placed:
    """Find the crystal of atoms in any order, orientation and cell.

    Of the rotations of a period that begin on sublattice 0, the one with the shortest notation is taken, Si first.

    Args:
        cell: (3, 3) Å in rows.
        positions: (atom, 3) Å.
        symbols: of the atoms, Si or Ge.
        label: of the crystal.

    Raises:
        InputError: other elements, atoms that are not bonded like diamond, or more than one atom a plane.
    """
    if others := sorted(set(symbols) - set(ELEMENTS)):
        raise InputError(f"The structure holds {', '.join(others)}; Si and Ge atoms are accepted")
    fraction = np.array([float(symbol == "Ge") for symbol in symbols])
    found = crystal_from_atoms(cell, positions, fraction, label)
    turn = np.linalg.solve(cell, found.cell)
    found = in_standard_cell(found)
    order = _growth_order(found)
    atoms = len(order)
    ideal = crystal_of_planes(fraction[order], np.full(atoms, found.lattice_in_plane / 4), found.lattice_in_plane)
    cells = _whole(ideal.site_cell, ideal.site - (found.site[order] - found.site[order[0]]))
    places = found.positions[order] - found.positions[order[0]] + cells @ found.cell
    first, second = ideal.bond_atoms.T
    across = _whole(ideal.site_cell, ideal.bond_site - (ideal.site[second] - ideal.site[first]))
    crystal = replace(
        ideal,
        cell=found.cell,
        positions=places,
        bond_vector=places[second] + across @ found.cell - places[first],
        label=label,
        notes=found.notes,
    )
    given = positions[order] @ turn
    moved = np.round(np.linalg.solve(found.cell.T, (given - given[0] - places).T).T).astype(int)
    return Placed(crystal, order, crystal.site + moved @ crystal.site_cell, turn)


def _growth_order(crystal: Crystal) -> np.ndarray:
    """(atom,) atoms plane by plane, from one of sublattice 0."""
    by_plane = np.argsort(crystal.plane)
    starts = [start for start, atom in enumerate(by_plane) if crystal.sublattice[atom] == 0]
    turned = [np.roll(by_plane, -start) for start in starts]
    profiles = [crystal.ge_fraction[order] for order in turned]
    return min(zip(turned, profiles, strict=True), key=lambda pair: (_length(pair[1]), *pair[1]))[0]


def _length(profile: np.ndarray) -> int:
    return len(Stack.from_profile(profile).notation)


def _whole(cell: np.ndarray, difference: np.ndarray) -> np.ndarray:
    """(row, 3) int: how many lattice vectors differences of sites are."""
    return np.round(np.linalg.solve(cell.T.astype(float), difference.T).T).astype(int)
