"""What the forward model sees of an atom: the layers around it and the crystal it is part of.

An atom of sublattice 0 looks along growth, one of sublattice 1 against it: inversion turns growth round and swaps the
sublattices, and leaves every atom's spectral function unchanged, so that one model serves both.
"""

from functools import lru_cache

import numpy as np

from core.structure.crystal import Crystal
from core.structure.substrate import bulk_lattice_constant

REACH = 20
"""Planes on either side of an atom."""

CORRELATION_REACH = 20
"""Longest distance (planes) of the pair correlation of the composition."""

KZ_MARKS = 25

_SILICON, _GERMANIUM = (float(bulk_lattice_constant(x)) for x in (0.0, 1.0))


def layer_features(ge_fraction: np.ndarray, spacing: np.ndarray, lattice: float) -> np.ndarray:
    """(plane, feature) float32 inputs of the forward model, in order of a period whose first plane is of sublattice 0.

    Ge fractions of planes −REACH … REACH as the atom sees them; then, the same for all planes, the strain of the
    substrate (0 for Si, 1 for Ge), the mean plane spacing (0 and 1 for relaxed Si and Ge), the mean Ge fraction and its
    pair correlations ⟨x_j x_j+d⟩, d = 0 … CORRELATION_REACH.

    Args:
        ge_fraction: (plane,) in growth order, an even number.
        spacing: (plane,) Å, from plane j to plane j+1.
        lattice: a∥ in Å.
    """
    planes = len(ge_fraction)
    window = np.asarray(ge_fraction, dtype=np.float32)[_window_index(planes)]
    shared = np.concatenate(
        [
            [
                (lattice - _SILICON) / (_GERMANIUM - _SILICON),
                (4 * float(np.mean(spacing)) - _SILICON) / (_GERMANIUM - _SILICON),
                float(np.mean(ge_fraction)),
            ],
            pair_correlation(ge_fraction),
        ]
    )
    return np.hstack([window, np.broadcast_to(shared.astype(np.float32), (planes, len(shared)))])


def pair_correlation(ge_fraction: np.ndarray) -> np.ndarray:
    """(CORRELATION_REACH + 1,) ⟨x_j x_j+d⟩ over the period."""
    x = np.asarray(ge_fraction, dtype=float)
    index = (np.arange(len(x))[:, None] + np.arange(CORRELATION_REACH + 1)) % len(x)
    return x @ x[index] / len(x)


@lru_cache(maxsize=64)
def _window_index(planes: int) -> np.ndarray:
    plane = np.arange(planes)
    facing = np.where(plane % 2 == 0, 1, -1)
    return (plane[:, None] + facing[:, None] * np.arange(-REACH, REACH + 1)) % planes


def crystal_features(crystal: Crystal) -> np.ndarray:
    """The same for a crystal of planes with one atom each."""
    return layer_features(crystal.plane_ge_fraction, crystal.plane_spacing, crystal.lattice_in_plane)


def kz_features(kz: float | np.ndarray) -> np.ndarray:
    """(…, KZ_MARKS) of k_z (in 2π/c̄): bumps at equal distances between 0 and 1.

    Spectra are even in k_z and repeat after 2, so that every k_z is folded into that range.
    """
    folded = np.abs((np.asarray(kz, dtype=float)[..., None] + 1.0) % 2.0 - 1.0)
    marks = np.linspace(0.0, 1.0, KZ_MARKS)
    return np.exp(-(((folded - marks) * (KZ_MARKS - 1) / 1.2) ** 2)).astype(np.float32)
