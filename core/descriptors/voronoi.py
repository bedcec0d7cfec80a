"""The Voronoi family of descriptors: an atom's cell in some fifty numbers, under their published names.

After Ward et al., Phys. Rev. B 96, 024104 (2017), with the directional variants of Pimachev and Neogi as published in
CUANTAM/Crystal-Graph-Features: _a, _b and _c take A cos²θ in place of the face area A, θ being the angle between the
neighbour's direction and the Cartesian x, y or z (the cubic axes of a crystal of planes; the three add up to A). Where
that code gives a variance of the face areas (var_face_area), this one gives their mean absolute deviation
(mad_face_area), and its electronegativities and ionic_character are mean_electronegativities and mean_ionic_character.
"""

import numpy as np

from core.descriptors.order import order_parameters
from core.descriptors.tessellation import MIN_FACE_AREA, VoronoiFaces, voronoi_faces

ELECTRONEGATIVITY = (1.90, 2.01)
"""Si and Ge on Pauling's scale: A. L. Allred, J. Inorg. Nucl. Chem. 17, 215 (1961). Virtual-crystal atoms: linear."""

PLAIN_NAMES = ("maximum_packing_efficiency", "tot_cell_volume")
BIASED_NAMES = (
    "bond_length",
    "var_bond_length",
    "mean_face_area",
    "max_face_area",
    "min_face_area",
    "mad_face_area",
    "tot_face_area",
    "coordination",
    "mean_electronegativities",
    "mean_ionic_character",
    "1_order",
    "2_order",
    "3_order",
)
SUFFIXES = ("", "_a", "_b", "_c")
VORONOI_NAMES = PLAIN_NAMES + tuple(name + suffix for name in BIASED_NAMES for suffix in SUFFIXES)


def voronoi_descriptors(
    cell: np.ndarray, positions: np.ndarray, ge_fraction: np.ndarray, min_area: float = MIN_FACE_AREA
) -> dict[str, np.ndarray]:
    """The Voronoi family of every atom: {name: (atom,)} in the order of VORONOI_NAMES.

    With A the face areas, d the distances to the neighbours behind them and χ the electronegativities:

        maximum_packing_efficiency  4π/3 (d_min/2)³ / V, the largest sphere in the cell
        tot_cell_volume             V, Å³
        bond_length                 d̄ = ΣA d / ΣA, over all neighbours, Å
        var_bond_length             ΣA (d − d̄)² / ΣA, Å²
        mean_, max_, min_, tot_     of the areas, Å²; mad_ is the mean of |A − mean A|, not weighted
        coordination                (ΣA)² / ΣA², effective number of neighbours
        mean_electronegativities    ΣA |Δχ| / ΣA
        mean_ionic_character        ΣA [1 − exp(−Δχ²/4)] / ΣA
        1_order, 2_order, 3_order   see `order_parameters`

    Columns that count faces (mean_, min_ and mad_face_area) jump where a face appears or goes; the area-weighted ones
    are continuous in the positions.

    Args:
        cell: (3, 3) Å, lattice vectors in rows.
        positions: (atom, 3) Å.
        ge_fraction: (atom,), 0 is Si, 1 is Ge, in between a virtual-crystal atom.
        min_area: Å², smaller faces are left out, see MIN_FACE_AREA.

    Raises:
        InputError: see `voronoi_faces`.
    """
    faces = voronoi_faces(cell, positions, min_area)
    ge_fraction = np.asarray(ge_fraction, dtype=float)
    inscribed = 4.0 / 3.0 * np.pi * (np.minimum.reduceat(faces.distance, faces.first) / 2.0) ** 3
    plain = dict(zip(PLAIN_NAMES, (inscribed / faces.volume, faces.volume), strict=True))
    blocks = [*_lengths(faces), *_areas(faces), *_chemistry(faces, ge_fraction)]
    blocks += list(order_parameters(faces, ge_fraction).swapaxes(0, 1))
    biased = {
        name + suffix: block[:, bias]
        for name, block in zip(BIASED_NAMES, blocks, strict=True)
        for bias, suffix in enumerate(SUFFIXES)
    }
    return plain | biased


def _mean(faces: VoronoiFaces, value: np.ndarray) -> np.ndarray:
    """(atom, 4) area-weighted means of a (face,) or (face, 4) quantity."""
    value = value if value.ndim == 2 else value[:, None]
    total = np.add.reduceat(faces.biased_area, faces.first, axis=0)
    return np.add.reduceat(faces.biased_area * value, faces.first, axis=0) / total


def _lengths(faces: VoronoiFaces) -> list[np.ndarray]:
    mean = _mean(faces, faces.distance)
    return [mean, _mean(faces, (faces.distance[:, None] - mean[faces.centre]) ** 2)]


def _areas(faces: VoronoiFaces) -> list[np.ndarray]:
    area, first = faces.biased_area, faces.first
    count = np.diff(np.append(first, len(area)))[:, None]
    total = np.add.reduceat(area, first, axis=0)
    mean = total / count
    deviation = np.add.reduceat(np.abs(area - mean[faces.centre]), first, axis=0) / count
    largest, smallest = np.maximum.reduceat(area, first, axis=0), np.minimum.reduceat(area, first, axis=0)
    coordination = total**2 / np.add.reduceat(area**2, first, axis=0)
    return [mean, largest, smallest, deviation, total, coordination]


def _chemistry(faces: VoronoiFaces, ge_fraction: np.ndarray) -> list[np.ndarray]:
    silicon, germanium = ELECTRONEGATIVITY
    value = silicon + (germanium - silicon) * ge_fraction
    difference = np.abs(value[faces.neighbour] - value[faces.centre])
    return [_mean(faces, difference), _mean(faces, -np.expm1(-0.25 * difference**2))]
