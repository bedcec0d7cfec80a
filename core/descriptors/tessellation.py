"""Voronoi cells of a periodic crystal: faces, the neighbours behind them, and volumes."""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from ase.geometry import minkowski_reduce
from scipy.spatial import QhullError, Voronoi, cKDTree

from core.errors import InputError

MIN_FACE_AREA = 1e-4
"""Å². Smaller faces are dropped. In unstrained diamond six atoms are equally far from a vertex, and the third
neighbours touch the cell in that single point; round-off in coordinates opens faces of any small size there."""

VOLUME_TOLERANCE = 1e-6
"""The cells of a period have to fill it to this fraction."""

MAX_SITES = 400_000
"""Atoms and periodic images that are looked at for one tessellation."""

SLAB = 100.0
"""Å. Longer crystals are tessellated slab by slab: Qhull slows down, and loses digits, on long thin sets of points."""

_FIRST_REACH = 2.0
"""In cube roots of the volume an atom; diamond needs 1.7."""


@dataclass(frozen=True, eq=False)
class VoronoiFaces:
    """The faces of all Voronoi cells of a crystal, a row a face and sorted by cell, then by distance of the neighbour.

    Every face is listed twice, once from either side. An atom may be its own neighbour through a periodic image.

    Shapes and units:
        centre: (face,) int, the atom whose cell it is.
        neighbour: (face,) int, the atom on the other side.
        image: (face, 3) int, which periodic image of the neighbour: steps along a reduced set of lattice vectors, from
            atoms wrapped into that cell.
        vector: (face, 3) Å, from the atom to that image of its neighbour.
        area: (face,) Å².
        volume: (atom,) Å³.
    """

    centre: np.ndarray
    neighbour: np.ndarray
    image: np.ndarray
    vector: np.ndarray
    area: np.ndarray
    volume: np.ndarray

    @cached_property
    def distance(self) -> np.ndarray:
        """(face,) Å, between the two atoms; the face halves it."""
        return np.linalg.norm(self.vector, axis=1)

    @cached_property
    def first(self) -> np.ndarray:
        """(atom,) int: index of the first face of every atom, for np.add.reduceat and its like."""
        return np.searchsorted(self.centre, np.arange(len(self.volume)))

    @cached_property
    def direction_weight(self) -> np.ndarray:
        """(face, 4): 1, and the squared direction cosines of the neighbour along the Cartesian x, y, z (sum 1)."""
        cosine = self.vector / self.distance[:, None]
        return np.column_stack([np.ones(len(self.area)), cosine**2])

    @cached_property
    def biased_area(self) -> np.ndarray:
        """(face, 4) Å²: area, and area times squared direction cosine along x, y, z."""
        return self.area[:, None] * self.direction_weight


def voronoi_faces(cell: np.ndarray, positions: np.ndarray, min_area: float = MIN_FACE_AREA) -> VoronoiFaces:
    """The Voronoi cells of atoms in a three-dimensional lattice.

    The atoms are tessellated with as many periodic images as can cut their cells: all atoms within twice the largest
    distance from an atom to a vertex of its cell. Volumes count the faces that are dropped too.

    Args:
        cell: (3, 3) Å, lattice vectors in rows; any shape, also one atom wide or sheared.
        positions: (atom, 3) Å, inside the cell or not.
        min_area: Å², faces below it are dropped, see MIN_FACE_AREA.

    Raises:
        InputError: the cell has no volume, or atoms coincide.
    """
    cell, positions = np.asarray(cell, dtype=float), np.asarray(positions, dtype=float)
    if not len(positions) or not np.isfinite(positions).all() or not abs(np.linalg.det(cell)) > 1e-6:
        raise InputError("Voronoi cells need at least one atom and three lattice vectors that span a volume")
    try:
        reduced = minkowski_reduce(cell)[0]
    except (RuntimeError, ValueError) as error:
        raise InputError("The cell is too skewed for Voronoi cells; give shorter lattice vectors") from error
    home = np.linalg.solve(reduced.T, positions.T).T % 1.0 @ reduced
    reach = _FIRST_REACH * (abs(np.linalg.det(cell)) / len(positions)) ** (1.0 / 3.0)
    while True:
        point, atom, shift = _with_images(reduced, home, reach)
        pair, area, needed = _slab_by_slab(point, len(positions), reach)
        if needed <= reach:
            break
        reach = min(1.01 * needed, 2.0 * reach)
    start, end = pair.T
    vector = point[end] - point[start]
    share = area * np.linalg.norm(vector, axis=1) / 6.0
    volume = np.bincount(start, weights=share, minlength=len(positions))
    kept = np.flatnonzero(area >= min_area)
    filled = abs(volume.sum() / abs(np.linalg.det(cell)) - 1.0) <= VOLUME_TOLERANCE
    if not filled or np.bincount(start[kept], minlength=len(positions)).min() < 4:
        raise InputError("The Voronoi cells do not fill the crystal; two of its atoms coincide, or its unit is not Å")
    order = kept[np.lexsort([np.linalg.norm(vector[kept], axis=1), start[kept]])]
    return VoronoiFaces(
        centre=start[order],
        neighbour=atom[end[order]],
        image=shift[end[order]],
        vector=vector[order],
        area=area[order],
        volume=volume,
    )


def _with_images(cell: np.ndarray, home: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sites: the atoms, then their images within `reach` of an atom.

    Returns positions (site, 3) Å, atoms (site,) and lattice steps (site, 3).
    """
    margin = reach * np.linalg.norm(np.linalg.inv(cell), axis=0)
    most = np.ceil(margin).astype(int)
    if len(home) * np.prod(2.0 * most + 1.0) > MAX_SITES:
        raise InputError("The crystal has too many atoms, or too much vacuum, for its Voronoi cells")
    steps = [np.arange(-n, n + 1) for n in most]
    shift = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)
    shift = shift[shift.any(axis=1)]
    fractional = np.linalg.solve(cell.T, home.T).T
    image = (shift[:, None] + fractional).reshape(-1, 3)
    low, high = fractional.min(axis=0) - margin, fractional.max(axis=0) + margin
    inside = np.flatnonzero(np.all((image >= low) & (image <= high), axis=1))
    place = image[inside] @ cell
    near = np.isfinite(cKDTree(home).query(place, distance_upper_bound=reach)[0])
    step, atom = np.divmod(inside[near], len(home))
    return (
        np.vstack([home, place[near]]),
        np.concatenate([np.arange(len(home)), atom]),
        np.vstack([np.zeros((len(home), 3), dtype=int), shift[step]]),
    )


def _slab_by_slab(point: np.ndarray, atoms: int, reach: float) -> tuple[np.ndarray, np.ndarray, float]:
    """As `_ridges`, for slabs across the longest extent of the atoms and all points within `reach` of a slab."""
    axis = int(np.argmax(np.ptp(point[:atoms], axis=0)))
    height = point[:, axis]
    slab = np.floor((height[:atoms] - height[:atoms].min()) / SLAB).astype(int)
    parts = []
    for number in np.unique(slab):
        own = np.flatnonzero(slab == number)
        low, high = height[own].min() - reach, height[own].max() + reach
        around = np.setdiff1d(np.flatnonzero((height >= low) & (height <= high)), own, assume_unique=True)
        local = np.concatenate([own, around])
        pair, area, needed = _ridges(point[local] - point[local].mean(axis=0), len(own))
        parts.append((local[pair], area, needed))
    pairs, areas, reaches = zip(*parts, strict=True)
    return np.concatenate(pairs), np.concatenate(areas), max(reaches)


def _ridges(point: np.ndarray, atoms: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Faces of the cells of the first `atoms` points: (face, 2) points, from and to; (face,) Å²; reach needed in Å.

    The reach is twice the largest distance from an atom to a vertex of its cell, infinite for an open cell.
    """
    if np.linalg.matrix_rank(point - point[0], tol=1e-3) < 3:
        return np.zeros((0, 2), dtype=int), np.zeros(0), np.inf
    try:
        diagram = Voronoi(point)
    except QhullError as error:
        raise InputError("The crystal has no Voronoi cells: its atoms coincide or lie far too close") from error
    own = np.flatnonzero(diagram.ridge_points.min(axis=1) < atoms)
    ridge = [diagram.ridge_vertices[index] for index in own]
    count = np.fromiter(map(len, ridge), dtype=int, count=len(ridge))
    corner = np.fromiter(chain.from_iterable(ridge), dtype=int, count=count.sum())
    if corner.min() < 0:
        return np.zeros((0, 2), dtype=int), np.zeros(0), np.inf
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    following = np.arange(1, len(corner) + 1)
    following[first + count - 1] = first
    pair = diagram.ridge_points[own]
    vertex = diagram.vertices[corner]
    start = point[np.repeat(np.where(pair[:, 0] < atoms, pair[:, 0], pair[:, 1]), count)]
    needed = 2.0 * np.sqrt(((vertex - start) ** 2).sum(axis=1).max())
    arm = vertex - np.repeat(vertex[first], count, axis=0)
    area = 0.5 * np.linalg.norm(np.add.reduceat(np.cross(arm, arm[following]), first), axis=1)
    both = np.concatenate([pair, pair[:, ::-1]])
    inner = both[:, 0] < atoms
    return both[inner], np.tile(area, 2)[inner], float(needed)
