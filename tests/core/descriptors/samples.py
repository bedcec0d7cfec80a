"""Crystals and slow references that the descriptor tests share."""

from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np
from scipy.spatial import ConvexHull, HalfspaceIntersection

from core.structure.build import build_crystal
from core.structure.crystal import Crystal
from core.structure.files import read_structure
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

RELAXED = Path(__file__).parents[1] / "structure" / "dft_relaxed"


@lru_cache
def crystal_of(stack: str, substrate: str = "Si", mixing: float = 0.0) -> Crystal:
    return build_crystal(parse_stack(stack), parse_substrate(substrate), mixing)


@lru_cache
def relaxed(name: str) -> Crystal:
    return read_structure(RELAXED / f"{name}.vasp")


def repeated(crystal: Crystal, *times: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cell, positions and Ge fractions of a supercell; the atoms of the first copy come first."""
    shift = np.array(list(product(*(range(n) for n in times)))) @ crystal.cell
    positions = (shift[:, None] + crystal.positions).reshape(-1, 3)
    return crystal.cell * np.array(times)[:, None], positions, np.tile(crystal.ge_fraction, len(shift))


def images_around(cell: np.ndarray, positions: np.ndarray, centre: np.ndarray, reach: float):
    """[(atom, vector from centre)] of all periodic images within reach, found by trying generously many shifts."""
    most = np.ceil(reach / np.linalg.norm(np.linalg.inv(cell), axis=0) ** -1).astype(int) + 2
    shift = np.array(list(product(*(range(-n, n + 1) for n in most)))) @ cell
    vector = (positions[None] + shift[:, None] - centre).reshape(-1, 3)
    atom = np.tile(np.arange(len(positions)), len(shift))
    distance = np.linalg.norm(vector, axis=1)
    near = (distance < reach) & (distance > 1e-9)
    return atom[near], vector[near]


def half_space_cell(cell: np.ndarray, positions: np.ndarray, index: int, reach: float = 6.5):
    """One Voronoi cell as an intersection of half-spaces: neighbours, vectors, face areas (all faces) and volume."""
    atom, vector = images_around(cell, positions, positions[index], reach)
    normal = vector / np.linalg.norm(vector, axis=1)[:, None]
    offset = 0.5 * np.linalg.norm(vector, axis=1)
    corner = HalfspaceIntersection(np.column_stack([normal, -offset]), np.zeros(3)).intersections
    area = np.array([_polygon_area(corner, n, d) for n, d in zip(normal, offset, strict=True)])
    return atom, vector, area, ConvexHull(corner).volume


def _polygon_area(corner: np.ndarray, normal: np.ndarray, offset: float) -> float:
    on_face = corner[np.abs(corner @ normal - offset) < 1e-8]
    if len(on_face) < 3:
        return 0.0
    first = np.cross(normal, [0.36, 0.48, 0.8])
    first /= np.linalg.norm(first)
    plane = (on_face - on_face.mean(axis=0)) @ np.column_stack([first, np.cross(normal, first)])
    x, y = plane[np.argsort(np.arctan2(plane[:, 1], plane[:, 0]))].T
    return 0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))
