"""Atoms that a file lists several times: rounded coordinates of symmetric sites, and copies on the cell's boundary."""

import numpy as np
from ase.neighborlist import primitive_neighbor_list
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

SAME_PLACE = 0.15
"""Å: atoms that are nearer are one. Coordinates of three digits in a cell of 10 Å are off by up to 0.01 Å, bonds are
2.4 Å long."""

SAME_KIND = 0.02
"""Ge fractions that differ by no more are of one atom."""


def merged_copies(
    cell: np.ndarray, positions: np.ndarray, ge_fraction: np.ndarray
) -> tuple[np.ndarray, np.ndarray, str]:
    """Positions (atom, 3) Å and Ge fractions (atom,) with copies merged into their mean place, and a note on it.

    Atoms of different kinds at one place stay as they are, to be refused; the note is empty where nothing is merged.
    """
    if len(positions) < 2 or not np.isfinite(positions).all() or abs(np.linalg.det(cell)) < 1e-6:
        return positions, ge_fraction, ""
    fractional = np.linalg.solve(cell.T, positions.T).T % 1.0
    wrapped = fractional @ cell
    first, second, vector = primitive_neighbor_list("ijD", [True] * 3, cell, wrapped, SAME_PLACE)
    alike = (np.abs(ge_fraction[first] - ge_fraction[second]) <= SAME_KIND) & (first != second)
    if not alike.any():
        return positions, ge_fraction, ""
    links = coo_matrix((np.ones(alike.sum()), (first[alike], second[alike])), shape=(len(positions),) * 2)
    count, label = connected_components(links, directed=False)
    leader = np.full(count, len(positions))
    np.minimum.at(leader, label, np.arange(len(positions)))
    shift = np.zeros((count, 3))
    for i, j, step in zip(first[alike], second[alike], vector[alike], strict=True):
        if i == leader[label[i]] and j > i:
            shift[label[i]] += step
    order = np.argsort(leader)
    size = np.bincount(label, minlength=count)
    merged = (wrapped[leader] + shift / size[:, None])[order]
    gone = len(positions) - count
    note = f"{gone} atoms that repeat others within {SAME_PLACE:g} Å, by rounding or on the cell's boundary, are merged"
    return merged, ge_fraction[leader][order], note
