"""Slater-Koster matrices by rotating the bond frame: one routine for hopping and for on-site strain terms.

In the bond frame (z along the bond) only orbitals of the same |m| couple. The block in the crystal frame is Uᵀ B U with
U the rotation of s, p, d, s*: p as a vector, d as a symmetric traceless tensor. Slater and Koster, Phys. Rev. 94, 1498
(1954).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

ORBITALS = ("s", "px", "py", "pz", "dxy", "dyz", "dzx", "dx2-y2", "dz2", "s*")
SHELL_OF_ORBITAL = np.array([0, 1, 1, 1, 2, 2, 2, 2, 2, 3])


def _d_tensors() -> np.ndarray:
    """(5, 3, 3): normalised symmetric traceless tensors of the d orbitals, in the order of ORBITALS."""
    tensors = np.zeros((5, 3, 3))
    for row, (i, j) in enumerate(((0, 1), (1, 2), (2, 0))):
        tensors[row, i, j] = tensors[row, j, i] = 1 / np.sqrt(2)
    tensors[3] = np.diag([1, -1, 0]) / np.sqrt(2)
    tensors[4] = np.diag([-1, -1, 2]) / np.sqrt(6)
    return tensors


def _selection() -> np.ndarray:
    """(shell, shell, symmetry, orbital, orbital): which bond-frame element each two-centre integral fills."""
    by_symmetry = {0: {0: [0]}, 1: {0: [3], 1: [1, 2]}, 2: {0: [8], 1: [6, 5], 2: [4, 7]}, 3: {0: [9]}}
    selection = np.zeros((4, 4, 3, 10, 10))
    for a, first in by_symmetry.items():
        for b, second in by_symmetry.items():
            for m in first.keys() & second.keys():
                selection[a, b, m, first[m], second[m]] = 1.0
    return selection


_D_TENSORS = _d_tensors()
_SELECTION = _selection()
_PARITY = np.ones((4, 4))
_PARITY[1, 0] = _PARITY[1, 3] = _PARITY[2, 1] = -1.0


def orbital_rotation(direction: np.ndarray) -> np.ndarray:
    """Rotation of the ten orbitals from the crystal frame into bond frames.

    Args:
        direction: (bond, 3) unit vectors along the bonds.

    Returns:
        (bond, 10, 10): row, orbital of the bond frame; column, orbital of the crystal frame.
    """
    helper = np.where(np.abs(direction[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    x = np.cross(helper, direction)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    frame = np.stack([x, np.cross(direction, x), direction], axis=1)
    rotation = np.zeros((len(direction), 10, 10))
    rotation[:, 0, 0] = rotation[:, 9, 9] = 1.0
    rotation[:, 1:4, 1:4] = frame
    rotation[:, 4:9, 4:9] = np.einsum("bia,mij,bjc,nac->bmn", frame, _D_TENSORS, frame, _D_TENSORS, optimize=True)
    return rotation


def two_centre_blocks(direction: np.ndarray, integrals: np.ndarray, same_atom: bool = False) -> np.ndarray:
    """Orbital blocks ⟨first atom| H |second atom⟩ of bonds.

    Args:
        direction: (bond, 3) unit vectors from the first to the second atom.
        integrals: (bond, shell, shell, symmetry) two-centre values, lower angular momentum first in sign.
        same_atom: the block is on-site and therefore symmetric, without the parity sign of ⟨p|s⟩, ⟨d|p⟩.

    Returns:
        (bond, 10, 10) in the units of `integrals`, orbitals in the order of ORBITALS.
    """
    signed = integrals if same_atom else integrals * _PARITY[:, :, None]
    bond_frame = np.einsum("xabm,abmij->xij", signed, _SELECTION)
    rotation = orbital_rotation(direction)
    return rotation.transpose(0, 2, 1) @ bond_frame @ rotation


@dataclass(frozen=True)
class TwoCentreEntry:
    """What one two-centre value fills in the frame of its bond.

    place: (shell, shell, symmetry) in tables of integrals. orbitals: pairs (first atom's, second atom's).
    parity: sign that hopping has there. inversion: sign of an on-site term seen from the other end of the bond.
    """

    place: tuple[int, int, int]
    orbitals: tuple[tuple[int, int], ...]
    parity: float
    inversion: float


@cache
def two_centre_entries() -> tuple[TwoCentreEntry, ...]:
    """All of them; those with the shells swapped are entries of their own."""
    angular = (0, 1, 2, 0)
    entries = []
    for place in zip(*np.nonzero(_SELECTION.any(axis=(3, 4))), strict=True):
        a, b, m = (int(index) for index in place)
        pairs = tuple((int(i), int(j)) for i, j in zip(*np.nonzero(_SELECTION[a, b, m]), strict=True))
        inversion = (-1.0) ** (angular[a] + angular[b])
        entries.append(TwoCentreEntry((a, b, m), pairs, float(_PARITY[a, b]), inversion))
    return tuple(entries)
