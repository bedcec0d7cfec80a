"""From bare atoms to a crystal: bonds, ideal diamond sites and the growth frame, found by walking the bond network."""

from dataclasses import dataclass

import numpy as np
from ase.geometry import minkowski_reduce
from ase.neighborlist import primitive_neighbor_list

from core.errors import InputError
from core.parameters.keating import keating_parameters
from core.structure.crystal import Crystal, species_label

BOND_REACH = 1.2
"""Two atoms count as neighbours within this many natural bond lengths; second neighbours start at 1.63."""

MAX_BOND_STRAIN = 0.08
VOLUME_RANGE = (14.0, 32.0)
"""Å³ an atom: bulk Si has 20.0, Ge 22.6, and bonds within ±8 % allow ±25 %."""

TETRAHEDRON = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
"""Ideal bonds of sublattice 0; those of sublattice 1 are opposite."""

UNNATURAL = 0.01
"""Mean strain of the bonds beyond which a note says so; layers half of which are strained by the other element stay at
0.008."""

LAYERED = 0.8
"""Share of the variance of the composition that lies between the planes of a layered crystal."""

TETRAGONAL = 0.003
"""Strain along one cubic axis by which a crystal of one composition shows its growth axis."""

_GROWTH = 2
_SHORTEST_TRANSLATION = 3.0
_CLOSE_BOX = 1.0
_MIN_COSINE = 0.92
_CLEAR_AXIS = 0.9


@dataclass(frozen=True, eq=False)
class _Bonds:
    """Directed bonds, four an atom and sorted by `start`: start, end (bond,) and vector (bond, 3) Å."""

    start: np.ndarray
    end: np.ndarray
    vector: np.ndarray


def crystal_from_atoms(
    cell: np.ndarray, positions: np.ndarray, ge_fraction: np.ndarray, label: str = "", notes: tuple[str, ...] = ()
) -> Crystal:
    """The crystal of atoms that are bonded like diamond, in any orientation and any cell.

    cell: (3, 3) Å in rows; positions: (atom, 3) Å; ge_fraction: (atom,). The cubic axis along which the composition
    changes from plane to plane becomes the growth direction z; where it is the same along all, the axis of a tetragonal
    strain; else the cubic axis along the cell's third vector (where that vector lies between axes, the cubic axis
    nearest to Cartesian z). The axis nearest to Cartesian x becomes x. Atoms keep their order. Raises InputError with
    the reason for atoms without four neighbours, bonds beyond ±8 % of their natural length, and networks that are not
    diamond's.
    """
    cell, positions, ge_fraction = (np.array(a, dtype=float) for a in (cell, positions, ge_fraction))
    _check_cell(cell, positions)
    positions = np.linalg.solve(cell.T, positions.T).T % 1.0 @ cell
    bonds = _find_bonds(cell, positions, ge_fraction)
    frame = _growth_frame(bonds.vector[:4], _third_vector(bonds.vector[:4], cell))
    step, sublattice, site, place, site_cell = _placed(bonds, frame, positions, cell)
    axis, reason = _stacked_along(site, site_cell, ge_fraction, cell)
    if axis != _GROWTH:
        towards, along = _along(frame[axis], cell)
        frame = _growth_frame(bonds.vector[:4], towards)
        step, sublattice, site, place, site_cell = _placed(bonds, frame, positions, cell)
        notes = (*notes, f"the layers are stacked along {along} by {reason}, which is taken as the growth axis")
    notes = (*notes, *_unnatural(bonds, ge_fraction))
    site = site - site[0] + (sublattice[0] * np.array([1, 1, 1]))
    rotation = _principal_rotation(4.0 * np.linalg.solve(site_cell, cell))
    shift = -np.floor(np.linalg.solve(cell.T, place.T).T + 1e-6).astype(int)
    outward = sublattice[bonds.start] == 0
    return Crystal(
        cell=cell @ rotation,
        positions=(place + shift @ cell) @ rotation,
        ge_fraction=ge_fraction,
        site=site + shift @ site_cell,
        sublattice=sublattice,
        site_cell=site_cell,
        bond_atoms=np.column_stack([bonds.start, bonds.end])[outward],
        bond_site=step[outward],
        bond_vector=bonds.vector[outward] @ rotation,
        label=label,
        notes=notes,
    )


def _check_cell(cell: np.ndarray, positions: np.ndarray):
    """Refuse cells that no four-bonded crystal can have, before anything expensive is tried."""
    if not (np.isfinite(cell).all() and np.isfinite(positions).all()):
        raise InputError("The structure has coordinates that are not numbers; write finite values in Å")
    if np.abs(cell).max() > 1e5 or np.abs(positions).max() > 1e7:
        raise InputError("The structure is larger than 10 μm; coordinates are expected in Å")
    volume = abs(np.linalg.det(cell))
    if volume < 1e-6:
        raise InputError("The structure has no three-dimensional cell; give three lattice vectors in Å")
    low, high = VOLUME_RANGE
    if not low <= volume / len(positions) <= high:
        raise InputError(
            f"The cell has {volume / len(positions):.3g} Å³ an atom; bulk Si has 20.0 and Ge 22.6: "
            "give the whole crystal without vacuum, lengths in Å"
        )
    reduced = _reduced_cell(cell)
    if np.linalg.norm(reduced, axis=1).min() < _SHORTEST_TRANSLATION:
        raise InputError(
            f"The cell repeats after {np.linalg.norm(reduced, axis=1).min():.3g} Å; the shortest lattice vector of "
            "Si and Ge is about 3.8 Å"
        )
    fractional = np.linalg.solve(reduced.T, positions.T).T % 1.0
    boxes = np.floor(fractional @ reduced / _CLOSE_BOX).astype(int)
    if len(np.unique(boxes, axis=0)) < len(positions):
        raise InputError("Two atoms of the structure lie closer than 1.8 Å; bonds of Si and Ge are about 2.4 Å")


def _reduced_cell(cell: np.ndarray) -> np.ndarray:
    try:
        return minkowski_reduce(cell)[0]
    except (RuntimeError, ValueError, np.linalg.LinAlgError) as error:
        raise InputError("The cell is too skewed to be read; give shorter lattice vectors") from error


def _find_bonds(cell: np.ndarray, positions: np.ndarray, ge_fraction: np.ndarray) -> _Bonds:
    """The four bonds of every atom."""
    parameters = keating_parameters()
    reach = BOND_REACH * parameters.natural_length.max()
    start, end, vector = primitive_neighbor_list("ijD", [True] * 3, _reduced_cell(cell), positions, reach)
    natural = parameters.bond_natural_length(ge_fraction[start], ge_fraction[end])
    strain = np.linalg.norm(vector, axis=1) / natural - 1.0
    near = strain <= BOND_REACH - 1.0
    order = np.flatnonzero(near)[np.argsort(start[near], kind="stable")]
    start, end, vector, strain = start[order], end[order], vector[order], strain[order]
    count = np.bincount(start, minlength=len(positions))
    if np.any(count != 4):
        atom = int(np.argmax(count != 4))
        raise InputError(
            f"Atom {atom} ({species_label(ge_fraction[atom])}) has {count[atom]} bonds within {BOND_REACH} natural "
            f"lengths, and {np.count_nonzero(count != 4)} of {len(count)} atoms have not four; every atom of a "
            "Si/Ge crystal needs exactly four"
        )
    worst = int(np.argmax(np.abs(strain)))
    if abs(strain[worst]) > MAX_BOND_STRAIN:
        raise InputError(
            f"The bond between atoms {start[worst]} and {end[worst]} is {100 * strain[worst]:+.1f} % off its natural "
            f"length; accepted are up to ±{100 * MAX_BOND_STRAIN:.0f} %: relax the structure first"
        )
    return _Bonds(start, end, vector)


def _unnatural(bonds: _Bonds, ge_fraction: np.ndarray) -> list[str]:
    """A note where bonds are far from natural on average, as at the lattice constant of a functional."""
    natural = keating_parameters().bond_natural_length(ge_fraction[bonds.start], ge_fraction[bonds.end])
    strain = float((np.linalg.norm(bonds.vector, axis=1) / natural).mean() - 1.0)
    if abs(strain) <= UNNATURAL:
        return []
    of = {0.0: "bulk Si's", 1.0: "bulk Ge's"}.get(float(ge_fraction.mean()), "natural")
    return [
        f"bonds are {100 * abs(strain):.1f} % {'longer' if strain > 0 else 'shorter'} than {of}: levels are those of "
        "that strain; scale the cell where it is the lattice constant of a functional"
    ]


def _placed(bonds: _Bonds, frame: np.ndarray, positions: np.ndarray, cell: np.ndarray):
    """Ideal bonds, sublattices, sites, unwrapped positions and lattice vectors in quarters, in a cubic frame."""
    step, sublattice = _ideal_bonds(bonds, frame)
    site, place = _walk(bonds, step, positions)
    return step, sublattice, site, place, _site_cell(bonds, step, site, place, cell)


def _stacked_along(
    site: np.ndarray, site_cell: np.ndarray, ge_fraction: np.ndarray, cell: np.ndarray
) -> tuple[int, str]:
    """The cubic axis (0, 1 or 2) along which layers are stacked, and what tells; the third where nothing does."""
    spread = float(ge_fraction.var())
    if spread > 1e-6:
        shares = [_layered_share(site[:, axis], site_cell[:, axis], ge_fraction) / spread for axis in range(3)]
        best = int(np.argmax(np.round(shares, 6)))
        others = max(share for axis, share in enumerate(shares) if axis != best)
        if shares[best] > LAYERED and others < LAYERED / 2:
            return best, "their composition"
        return _GROWTH, ""
    lengths = np.linalg.norm(4.0 * np.linalg.solve(site_cell, cell), axis=1)
    for axis in range(3):
        first, second = np.delete(lengths, axis)
        if abs(first / second - 1) < TETRAGONAL / 4 and abs(lengths[axis] / first - 1) > TETRAGONAL:
            return axis, "their strain"
    return _GROWTH, ""


def _layered_share(heights: np.ndarray, vectors: np.ndarray, ge_fraction: np.ndarray) -> float:
    """Variance of the mean Ge fractions of the planes normal to an axis."""
    period = int(np.gcd.reduce(np.abs(vectors))) or 1
    plane = heights % period
    count = np.bincount(plane, minlength=period)
    mean = np.bincount(plane, weights=ge_fraction, minlength=period) / np.maximum(count, 1)
    return float(np.average((mean - ge_fraction.mean()) ** 2, weights=count))


def _along(axis: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, str]:
    """An axis with the sign of the cell vector that runs along it most, and that vector in words."""
    cosine = cell @ axis / np.linalg.norm(cell, axis=1)
    vector = int(np.argmax(np.abs(np.round(cosine, 6))))
    name = ("the first cell vector", "the second cell vector", "the third cell vector")[vector]
    clear = abs(cosine[vector]) > _CLEAR_AXIS
    return axis * np.sign(cosine[vector]), name if clear else "a cubic axis between the cell vectors"


def _cubic_axes(bond_vectors: np.ndarray) -> np.ndarray:
    """(3, 3) the cubic axes in rows, right-handed, in some order, from the bonds of an atom."""
    directions = bond_vectors / np.linalg.norm(bond_vectors, axis=1)[:, None]
    correlation = TETRAHEDRON.T @ directions
    if np.linalg.det(correlation) < 0.0:
        correlation = TETRAHEDRON[[1, 0, 2, 3]].T @ directions
    return _nearest_rotation(correlation)


def _third_vector(bond_vectors: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """The direction of the cell's third vector, or of Cartesian z where that vector lies between the cubic axes."""
    towards = cell[2] / np.linalg.norm(cell[2])
    clear = np.abs(_cubic_axes(bond_vectors) @ towards).max() >= _CLEAR_AXIS
    return towards if clear else np.array([0.0, 0.0, 1.0])


def _growth_frame(bond_vectors: np.ndarray, towards: np.ndarray) -> np.ndarray:
    """(3, 3) rotation whose rows are the cubic axes x, y, z (growth) in Cartesian coordinates, from an atom's bonds."""
    axes = _cubic_axes(bond_vectors)
    growth = int(np.argmax(np.round(np.abs(axes @ towards), 3)))
    z_axis = axes[growth] * (1.0 if axes[growth] @ towards >= 0.0 else -1.0)
    in_plane = np.delete(axes, growth, axis=0)
    candidates = np.vstack([in_plane, -in_plane])
    x_axis = candidates[np.argmax(np.round(candidates @ np.array([1.0, 1e-2, 1e-4]), 4))]
    return np.array([x_axis, np.cross(z_axis, x_axis), z_axis])


def _nearest_rotation(matrix: np.ndarray) -> np.ndarray:
    """The orthogonal factor of the polar decomposition."""
    left, _, right = np.linalg.svd(matrix)
    return left @ right


def _ideal_bonds(bonds: _Bonds, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ideal vector (bond, 3) of every bond and sublattice (atom,) of every atom."""
    direction = bonds.vector @ frame.T / np.linalg.norm(bonds.vector, axis=1)[:, None]
    step = np.where(direction > 0.0, 1, -1)
    aligned = np.einsum("bi,bi->b", direction, step) / np.sqrt(3.0) > _MIN_COSINE
    hand = step.prod(axis=1).reshape(-1, 4)
    opposite = hand[:, 0][bonds.end] == -hand[:, 0][bonds.start]
    distinct = [len({tuple(vector) for vector in four}) == 4 for four in step.reshape(-1, 4, 3)]
    if not (aligned.all() and np.all(hand == hand[:, :1]) and opposite.all() and all(distinct)):
        raise _not_diamond("its bonds do not point along one set of tetrahedral directions")
    return step, (hand[:, 0] < 0).astype(int)


def _walk(bonds: _Bonds, step: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sites (atom, 3) and unwrapped positions (atom, 3) Å, reached from atom 0 along bonds."""
    site = np.zeros((len(positions), 3), dtype=int)
    place = np.array(positions)
    reached = np.zeros(len(positions), dtype=bool)
    reached[0] = True
    queue = [0]
    for atom in queue:
        for bond in range(4 * atom, 4 * atom + 4):
            end = bonds.end[bond]
            if not reached[end]:
                reached[end] = True
                site[end] = site[atom] + step[bond]
                place[end] = place[atom] + bonds.vector[bond]
                queue.append(end)
    if not reached.all():
        raise _not_diamond(f"only {reached.sum()} of {len(reached)} atoms hang together")
    return site, place


def _site_cell(bonds: _Bonds, step: np.ndarray, site: np.ndarray, place: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """(3, 3) int: the lattice vectors in quarters of the cubic cell; every loop of bonds has to agree on them."""
    translation = np.linalg.solve(cell.T, (place[bonds.start] + bonds.vector - place[bonds.end]).T).T
    whole = np.round(translation).astype(int)
    misfit = site[bonds.start] + step - site[bonds.end]
    if np.linalg.matrix_rank(whole) < 3:
        raise _not_diamond("its bonds do not connect the cell with its images in three directions")
    site_cell = np.round(np.linalg.lstsq(whole.astype(float), misfit.astype(float), rcond=None)[0]).astype(int)
    fcc = np.all(site_cell % 2 == 0) and np.all(site_cell.sum(axis=1) % 4 == 0)
    volume = abs(round(np.linalg.det(site_cell)))
    if not (np.array_equal(whole @ site_cell, misfit) and fcc and volume == 8 * len(site)):
        raise _not_diamond("its rings of bonds do not close as in diamond")
    return site_cell


def _principal_rotation(average_cell: np.ndarray) -> np.ndarray:
    """The rotation (to be applied from the right) that lays the average cubic axes along x, y, z."""
    rotation = _nearest_rotation(average_cell).T
    return np.eye(3) if np.abs(rotation - np.eye(3)).max() < 1e-12 else rotation


def _not_diamond(reason: str) -> InputError:
    return InputError(f"The structure is four-fold coordinated but not diamond-like: {reason}")
