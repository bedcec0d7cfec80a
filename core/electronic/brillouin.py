"""Brillouin zones as bodies: that of the average crystal, onto which bands are unfolded, and that of the period.

A zone is the Wigner-Seitz cell of the reciprocal lattice. That of the average crystal is a truncated octahedron,
strained along growth where the crystal is. The period's is smaller by the number of primitive cells in it: what lies
outside it is folded into it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from ase.geometry import minkowski_reduce
from scipy.spatial import Voronoi

from core.structure.crystal import Crystal

_FCC = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) / 2
_SAME = 1e-6
"""Of the largest reciprocal vector: corners closer than this are one."""


@dataclass(frozen=True, eq=False)
class Zone:
    """A convex body about Γ; arrays are read-only.

    Shapes and units:
        corners: (corner, 3) 1/Å.
        normals: (face, 3) 1/Å, the reciprocal vectors G that its faces halve: k·G ≤ |G|²/2 inside.
        faces: indices of the corners of each face, in order around it.
        edges: (edge, 2) indices of corners.
        edge_faces: (edge, 2) indices of the faces on either side.
    """

    corners: np.ndarray
    normals: np.ndarray
    faces: tuple[tuple[int, ...], ...]
    edges: np.ndarray
    edge_faces: np.ndarray

    @property
    def volume(self) -> float:
        """1/Å³, as pyramids from Γ to the faces."""
        total = 0.0
        for face in self.faces:
            first, *others = self.corners[list(face)]
            fan = zip(others, others[1:], strict=False)
            total += abs(sum(np.linalg.det([first, a, b]) for a, b in fan)) / 6
        return total

    def reach(self, k: np.ndarray) -> np.ndarray:
        """How far out points k (..., 3) in 1/Å lie: 0 at Γ, 1 on the surface, more outside."""
        return (k @ self.normals.T / (0.5 * (self.normals**2).sum(axis=1))).max(axis=-1)

    def inside(self, start: np.ndarray, end: np.ndarray) -> tuple[float, float] | None:
        """The part of a segment (3,), (3,) 1/Å inside: shares of its length from and to; None where it misses."""
        half = 0.5 * (self.normals**2).sum(axis=1) * (1 + _SAME)
        room, rise = half - self.normals @ start, self.normals @ (end - start)
        if np.any((np.abs(rise) < _SAME * half) & (room < 0)):
            return None
        crossing = np.divide(room, rise, out=np.zeros_like(room), where=np.abs(rise) >= _SAME * half)
        low = max(0.0, float(crossing[rise <= -_SAME * half].max(initial=0.0)))
        high = min(1.0, float(crossing[rise >= _SAME * half].min(initial=1.0)))
        return (low, high) if low < high else None


def average_zone(crystal: Crystal) -> Zone:
    """The zone of the average primitive cell, to which k-paths and unfolding refer."""
    return wigner_seitz(_reciprocal(_FCC @ crystal.average_cell))


def period_zone(crystal: Crystal) -> Zone:
    """The zone of the crystal's own period."""
    return wigner_seitz(_reciprocal(crystal.cell))


def folded_points(crystal: Crystal) -> int:
    """How many wave vectors of the average zone the period folds onto one: its number of primitive cells."""
    return len(crystal) // 2


def wigner_seitz(vectors: np.ndarray) -> Zone:
    """Points closer to 0 than to any other point of the lattice of `vectors` (3, 3), in rows."""
    return _wigner_seitz(np.ascontiguousarray(vectors, float).tobytes())


@lru_cache(maxsize=64)
def _wigner_seitz(content: bytes) -> Zone:
    vectors = np.frombuffer(content).reshape(3, 3)
    scale = float(np.abs(vectors).max())
    reduced, _ = minkowski_reduce(vectors / scale)  # neighbours that halve a face are at most one step away then
    steps = np.stack(np.meshgrid(*[(0, 1, -1)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    diagram = Voronoi(steps @ reduced)
    corners: list[np.ndarray] = []
    faces, normals = [], []
    for pair, ridge in zip(diagram.ridge_points, diagram.ridge_vertices, strict=True):
        if 0 not in pair or -1 in ridge:
            continue
        face = [_corner_number(corners, diagram.vertices[index]) for index in ridge]
        face = [corner for place, corner in enumerate(face) if corner != face[place - 1]]
        if len(set(face)) > 2:
            faces.append(tuple(face))
            normals.append(diagram.points[pair[pair != 0][0]])
    sides: dict[tuple[int, int], list[int]] = {}
    for number, face in enumerate(faces):
        for place, corner in enumerate(face):
            sides.setdefault(tuple(sorted((face[place - 1], corner))), []).append(number)
    arrays = scale * np.array(corners), scale * np.array(normals), np.array(list(sides)), np.array(list(sides.values()))
    for array in arrays:
        array.flags.writeable = False
    return Zone(arrays[0], arrays[1], tuple(faces), arrays[2], arrays[3])


def _corner_number(corners: list[np.ndarray], point: np.ndarray) -> int:
    """Index of a point among the corners so far, where it is put if it is a new one."""
    for number, corner in enumerate(corners):
        if np.abs(corner - point).max() < _SAME:
            return number
    corners.append(point)
    return len(corners) - 1


def _reciprocal(cell: np.ndarray) -> np.ndarray:
    return 2 * np.pi * np.linalg.inv(cell).T
