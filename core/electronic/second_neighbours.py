"""Pairs of second neighbours of a four-bonded crystal: two atoms that are bonded to the same third."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.structure.crystal import Crystal


@dataclass(frozen=True, eq=False)
class SecondNeighbours:
    """Each pair once; an atom and its own image may be one.

    atoms: (pair, 2), the smaller number first. site: (pair, 3) ideal vector from the first to the second in quarters of
    the average cell. vector: (pair, 3) Å, the actual one.
    """

    atoms: np.ndarray
    site: np.ndarray
    vector: np.ndarray


def second_neighbours(crystal: Crystal) -> SecondNeighbours:
    """All of a crystal, six for each of its atoms as the third."""
    first, second = crystal.bond_atoms.T
    atoms, site, vector = [], [], []
    for middle, end, sign in ((first, second, -1), (second, first, 1)):
        bonds = np.argsort(middle, kind="stable").reshape(-1, 4)  # a middle atom of this sublattice a row
        for a, b in combinations(range(4), 2):
            one, two = bonds[:, a], bonds[:, b]
            atoms.append(np.stack([end[one], end[two]], axis=1))
            site.append(sign * (crystal.bond_site[one] - crystal.bond_site[two]))
            vector.append(sign * (crystal.bond_vector[one] - crystal.bond_vector[two]))
    atoms, site, vector = np.concatenate(atoms), np.concatenate(site), np.concatenate(vector)
    turned = atoms[:, 0] > atoms[:, 1]
    atoms[turned] = atoms[turned, ::-1]
    site[turned], vector[turned] = -site[turned], -vector[turned]
    return SecondNeighbours(atoms, site, vector)
