"""What the model sees of one configuration: its planes as a virtual crystal, and how its atoms differ from that.

Rows are planes. As in `core.forward.features` a plane of sublattice 0 looks along growth, one of sublattice 1 against
it, so that one model serves both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.forward.features import CORRELATION_REACH, layer_features
from core.forward.features import REACH as LAYERS
from core.structure.build import crystal_of_planes
from core.structure.imperfect import DrawnAtoms, ImperfectSample
from core.structure.keating import relax_spacings
from core.structure.supercell import lateral_supercell

REACH = 6
"""Planes on either side whose disorder is seen."""

NEAR = 3
"""Planes on either side whose order in the plane is seen."""

OWN = (6, 19, 32, 45)
"""Features of the plane itself: variance, missing atoms open and passivated, and the gap ahead of it."""

MEANS = 65
"""The first of the features that are means over the planes."""

FLAW_DECAY, LAYER_DECAY = 3.0, 3.0
"""Planes over which the weight of a flaw, or of a layer, falls by 1/e."""


@dataclass(frozen=True, eq=False)
class SeenPlanes:
    """Planes of one or several configurations.

    layers: (row, feature) inputs of the forward model for the virtual crystal of each configuration.
    flaws: (row, feature) from `flaw_features`.
    """

    layers: np.ndarray
    flaws: np.ndarray


def seen_planes(imperfect: ImperfectSample, configurations: Sequence[int]) -> SeenPlanes:
    """The planes (configuration × plane,) of some configurations, in order.

    Raises:
        InputError: strains that are not accepted.
    """
    drawn = [imperfect.drawn_atoms(number) for number in configurations]
    layers = [virtual_features(atoms.ge_fraction.mean(axis=1), imperfect.sample.lattice) for atoms in drawn]
    return SeenPlanes(np.concatenate(layers), np.concatenate([flaw_features(imperfect, atoms) for atoms in drawn]))


def mean_profile(imperfect: ImperfectSample) -> np.ndarray:
    """(plane,) Ge fractions of the virtual crystal: mixed, stepped, an antisite as its share of a plane's sites.

    A missing atom counts as the one that is missing.
    """
    atoms = imperfect.drawn_atoms()
    profile = atoms.stack.mean(axis=1)
    for plane in imperfect.antisites:
        profile[plane - 1] += (1.0 - 2.0 * profile[plane - 1]) / imperfect.lateral**2
    return profile


def virtual_features(profile: np.ndarray, lattice: float) -> np.ndarray:
    """(plane, feature) inputs of the forward model for a virtual crystal of Ge fractions (plane,) on a∥ in Å."""
    return layer_features(profile, relax_spacings(profile, lattice), lattice)


def flaw_features(imperfect: ImperfectSample, atoms: DrawnAtoms) -> np.ndarray:
    """(plane, feature) float32: how the atoms of a configuration differ from its virtual crystal.

    Of planes −REACH … REACH the variance x (1 − x) of their atoms and the shares of missing atoms, open and passivated;
    of gaps −REACH … REACH − 1 the share of Si-Ge bonds beyond that of atoms without order; of planes −NEAR … NEAR the
    correlation of neighbours along both in-plane vectors; their means over the planes. Perfect stacks have 0.
    """
    lateral, fraction = imperfect.lateral, atoms.ge_fraction
    planes, sites = fraction.shape
    x = fraction.mean(axis=1)
    missing = np.zeros(planes * sites)
    missing[list(atoms.vacancies)] = 1.0
    share = missing.reshape(planes, sites).mean(axis=1)
    passivated = imperfect.dangling == "passivated"
    each = [x * (1.0 - x), share * (not passivated), share * passivated]
    square = fraction.reshape(planes, lateral, lateral)
    order = [(square * np.roll(square, 1, axis)).mean(axis=(1, 2)) - x**2 for axis in (1, 2)]
    bonds = _unlike_bonds(fraction.ravel(), planes, lateral) - x * (1 - np.roll(x, -1)) - np.roll(x, -1) * (1 - x)
    facing = np.where(np.arange(planes) % 2 == 0, 1, -1)[:, None]
    own = np.arange(planes)[:, None]
    around = (own + facing * np.arange(-REACH, REACH + 1)) % planes
    beside = (own + facing * np.arange(-NEAR, NEAR + 1)) % planes
    gaps = (own + facing * np.arange(-REACH, REACH) - (facing < 0)) % planes
    means = np.array([line.mean() for line in (*each, bonds, *order)])
    columns = [*(line[around] for line in each), bonds[gaps], *(line[beside] for line in order)]
    return np.hstack([*columns, np.broadcast_to(means, (planes, len(means)))]).astype(np.float32)


def flaw_weights(flaws: np.ndarray, emphasis: float = 1.0) -> np.ndarray:
    """(feature,) that bring each kind of flaw to unit mean square over rows (row, feature), near planes first.

    emphasis: of vacancies over the other kinds.
    """
    plane, gap, near = np.arange(-REACH, REACH + 1), np.arange(-REACH, REACH) + 0.5, np.arange(-NEAR, NEAR + 1)
    distances = [plane, plane, plane, gap, near, near]
    vacancies = (1, 2)
    weights, start = np.zeros(flaws.shape[1]), 0
    for kind, distance in enumerate(distances):
        part, mean = slice(start, start + len(distance)), sum(map(len, distances)) + kind
        near_ones = np.exp(-np.abs(distance) / FLAW_DECAY)
        factor = emphasis if kind in vacancies else 1.0
        weights[part] = factor * near_ones * _inverse_size(flaws[:, part] * near_ones)
        weights[mean] = factor * _inverse_size(flaws[:, mean : mean + 1])
        start += len(distance)
    return weights


def layer_weights() -> np.ndarray:
    """(feature,) of the forward model's inputs in the distance: near planes before far ones, then strain and means."""
    near = np.exp(-np.abs(np.arange(-LAYERS, LAYERS + 1)) / LAYER_DECAY)
    return np.concatenate([near, np.full(3, 2.0), np.full(CORRELATION_REACH + 1, 0.3)])


def _inverse_size(values: np.ndarray) -> float:
    size = float(np.sqrt((values**2).sum(axis=1).mean()))
    return 1.0 / size if size > 1e-6 else 0.0


def _unlike_bonds(fraction: np.ndarray, planes: int, lateral: int) -> np.ndarray:
    """(gap,) share of the bonds from plane j to plane j+1 that join Si and Ge."""
    lower, first, second = _bonds(planes, lateral)
    unlike = np.abs(fraction[first] - fraction[second])
    return np.bincount(lower, weights=unlike, minlength=planes) / np.bincount(lower, minlength=planes)


@lru_cache(maxsize=64)
def _bonds(planes: int, lateral: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gap and atoms of every bond."""
    crystal = lateral_supercell(crystal_of_planes(np.zeros(planes), np.full(planes, 1.36), 5.43), lateral)
    first, second = crystal.bond_atoms.T
    up = crystal.bond_site[:, 2] > 0
    return np.where(up, first, second) // lateral**2, first, second
