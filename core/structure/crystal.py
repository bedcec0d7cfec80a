"""The container between structure and electronic structure: a four-bonded diamond-like crystal."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

OWN_KIND = 0.02
"""Atoms whose Ge fractions differ by no more are of one kind: the tails of a mixed interface are not interface."""


@dataclass(frozen=True, eq=False)
class Crystal:
    """Atoms, their ideal diamond sites and their bonds; arrays are read-only.

    The ideal sites are integers in quarters of the average cubic cell, so that a bond is (±1, ±1, ±1) and every phase
    of a Bloch state is exp(i π/2 k·m) with k in units of 2π/a (the average conventional cell). The third axis is the
    growth direction [001].

    Shapes and units:
        cell: (3, 3) Å, lattice vectors in rows.
        positions: (atom, 3) Å.
        ge_fraction: (atom,), 0 is Si, 1 is Ge, in between a virtual-crystal atom.
        site: (atom, 3) int; site components all even or all odd on sublattice A or B up to the fcc translations.
        sublattice: (atom,) int, 0 or 1.
        site_cell: (3, 3) int, the lattice vectors in the same quarters.
        bond_atoms: (bond, 2) int, from sublattice 0 to sublattice 1.
        bond_site: (bond, 3) int, ideal bond vector, one of the four tetrahedral (±1, ±1, ±1).
        bond_vector: (bond, 3) Å, actual bond vector.
        notes: what the reader of a result should know (for instance that an odd stack was doubled).
        empty_sites: atoms that are missing: they keep their place in every array, and have no orbitals.
        antisites: atoms of the other element than their place in the stack has.
        passivated: whether the hybrids that point to an empty site are tied off, see `core.electronic.hamiltonian`.
    """

    cell: np.ndarray
    positions: np.ndarray
    ge_fraction: np.ndarray
    site: np.ndarray
    sublattice: np.ndarray
    site_cell: np.ndarray
    bond_atoms: np.ndarray
    bond_site: np.ndarray
    bond_vector: np.ndarray
    label: str = ""
    notes: tuple[str, ...] = field(default=())
    empty_sites: tuple[int, ...] = ()
    antisites: tuple[int, ...] = ()
    passivated: bool = False

    def __post_init__(self):
        """Freeze the arrays; refuse a crystal that is not four-bonded."""
        for name in ("cell", "positions", "ge_fraction", "bond_vector"):
            object.__setattr__(self, name, _frozen(getattr(self, name), float))
        for name in ("site", "sublattice", "site_cell", "bond_atoms", "bond_site"):
            object.__setattr__(self, name, _frozen(getattr(self, name), int))
        if len(self.bond_atoms) != 2 * len(self):
            raise ValueError(f"{len(self.bond_atoms)} bonds for {len(self)} atoms; four an atom are {2 * len(self)}")

    def __len__(self) -> int:
        """Number of sites: of atoms, but for those in `empty_sites`."""
        return len(self.positions)

    @cached_property
    def vacant(self) -> np.ndarray:
        """(atom,) bool: sites without an atom."""
        return np.isin(np.arange(len(self)), self.empty_sites)

    @cached_property
    def average_cell(self) -> np.ndarray:
        """(3, 3) Å: the conventional cubic cell of the average crystal, a∥ in the plane and c̄ along growth."""
        return 4.0 * np.linalg.solve(self.site_cell, self.cell)

    @cached_property
    def lattice_in_plane(self) -> float:
        """a∥ in Å, mean of the two in-plane average vectors."""
        return float(np.linalg.norm(self.average_cell[:2], axis=1).mean())

    @cached_property
    def lattice_growth(self) -> float:
        """c̄ in Å: four mean plane spacings."""
        return float(np.linalg.norm(self.average_cell[2]))

    @cached_property
    def bond_length(self) -> np.ndarray:
        """(bond,) Å."""
        return np.linalg.norm(self.bond_vector, axis=1)

    @cached_property
    def species(self) -> tuple[str, ...]:
        """Chemical label an atom: Si, Ge, Si0.70Ge0.30 for a virtual-crystal atom, `vacancy` for an empty site."""
        labels = zip(self.ge_fraction, self.vacant, strict=True)
        return tuple("vacancy" if vacant else species_label(x) for x, vacant in labels)

    @cached_property
    def neighbours(self) -> np.ndarray:
        """(atom, 4) int: the four bonded atoms; an atom may be its neighbour's neighbour more than once."""
        first, second = self.bond_atoms.T
        centre = np.concatenate([first, second])
        other = np.concatenate([second, first])
        return other[np.argsort(centre, kind="stable")].reshape(len(self), 4)

    @cached_property
    def plane_count(self) -> int:
        """Number of atomic planes along [001] in the smallest period along growth that the cell allows."""
        return int(np.gcd.reduce(np.abs(self.site_cell[:, 2])))

    @cached_property
    def plane(self) -> np.ndarray:
        """(atom,) int: the plane of every atom in growth order, 0 … plane_count − 1."""
        return self.site[:, 2] % self.plane_count

    @cached_property
    def plane_ge_fraction(self) -> np.ndarray:
        """(plane,) mean Ge fraction of the atoms of every plane."""
        there = ~self.vacant
        atoms = np.bincount(self.plane, weights=there, minlength=self.plane_count)
        return np.bincount(self.plane, weights=self.ge_fraction * there, minlength=self.plane_count) / atoms

    @cached_property
    def plane_spacing(self) -> np.ndarray:
        """(plane,) Å: mean height of the bonds from plane j to plane j+1 (cyclic)."""
        lower = np.where(self.bond_site[:, 2] > 0, self.bond_atoms[:, 0], self.bond_atoms[:, 1])
        gap = self.plane[lower]
        bonds = np.bincount(gap, minlength=self.plane_count)
        return np.bincount(gap, weights=np.abs(self.bond_vector[:, 2]), minlength=self.plane_count) / bonds

    @cached_property
    def twofold_axis(self) -> bool:
        """Whether half a turn about the growth axis through any atom leaves the crystal as it is.

        It has one atom a plane then, and every atom's bonds up, and those down, add up to a vector along growth.
        """
        sums = np.zeros((len(self), 2, 2))
        up = (self.bond_site[:, 2] > 0).astype(int)
        np.add.at(sums, (self.bond_atoms[:, 0], up), self.bond_vector[:, :2])
        np.add.at(sums, (self.bond_atoms[:, 1], 1 - up), -self.bond_vector[:, :2])
        return len(self) == self.plane_count and bool(np.abs(sums).max() < 1e-6)

    @cached_property
    def interfacial(self) -> np.ndarray:
        """(atom,) bool: True unless all four neighbours are of the atom's own kind, see OWN_KIND."""
        return np.any(np.abs(self.ge_fraction[self.neighbours] - self.ge_fraction[:, None]) > OWN_KIND, axis=1)


def species_label(ge_fraction: float) -> str:
    """Si, Ge or SiₓGeᵧ as plain text: two digits, up to four where fewer would read as pure; then it is pure."""
    for digits in (2, 3, 4):
        share = round(float(ge_fraction), digits)
        if 0 < share < 1:
            return f"Si{1 - share:.{digits}f}Ge{share:.{digits}f}"
    return "Ge" if ge_fraction > 0.5 else "Si"


def _frozen(values, dtype) -> np.ndarray:
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array
