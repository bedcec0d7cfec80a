"""How far a level may be off, and a pixel: what the data leave open of the parameters, and what no parameters can do.

The error of a level is e_n² = J_n C J_nᵀ + f(E)². C is the covariance of the parameters, which is large where few
structures taught; J_n = dE_n/dp; f what the best parameters leave, by energy. A pixel's is q √(D² + b A² + c), D how
much the spectrum changes when levels are off by e_n. f, b, c and the quantiles q that make 90 % bars come from
structures that the parameters were not fitted to (split conformal prediction: G. Shafer, V. Vovk, J. Mach. Learn. Res.
9, 371 (2008)).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import nnls

from core.dft.calculation import scissor_shift
from core.dft.recipe import VALENCE_BANDS_PER_ATOM
from core.electronic.calculation import energy_zero
from core.electronic.diagonalise import Bands
from core.forward.taught.derivatives import levels
from core.structure.crystal import Crystal

COVERAGE = 0.90
KNOTS = np.arange(-13.0, 6.0)
"""eV: f and the parameters' part of a level's error are interpolated between these energies."""

K_POINTS = 8
"""Of a line, at which the parameters' part is computed; it is smooth in energy."""

AT_ONCE = 24
"""Atoms up to which these are computed together."""

MOST_BANDS = 160
"""At each of them; evenly chosen among more."""

VISIBLE = 0.05
"""1/eV, of A or its prediction: pixels that show a band; bars are calibrated where there is one."""

ROUNDS = 6


def at_knots(energy: np.ndarray, values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(knot,) weighted root mean square of values around each knot, each shared by its two neighbours."""
    place = np.clip((energy - KNOTS[0]) / (KNOTS[1] - KNOTS[0]), 0, len(KNOTS) - 1 - 1e-9)
    lower, part = place.astype(int), place % 1
    squares, weights = np.zeros(len(KNOTS)), np.full(len(KNOTS), 1e-12)
    for at, share in ((lower, 1 - part), (lower + 1, part)):
        np.add.at(squares, at, weight * share * values**2)
        np.add.at(weights, at, weight * share)
    known = weights > 1e-6 * weights.sum()
    return np.sqrt(np.interp(KNOTS, KNOTS[known], squares[known] / weights[known]))


def parameter_error(crystal: Crystal, k_reduced: np.ndarray, values: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """(knot,) eV: standard deviation of levels by energy (without scissor) that the parameters leave open.

    Args:
        crystal: of the functional.
        k_reduced: (k, 3) of a line.
        values: (direction,).
        factor: (direction, n) with C = factor · factorᵀ.
    """
    chosen = np.linspace(0, len(k_reduced) - 1, min(K_POINTS, len(k_reduced))).round().astype(int)
    bands = int(3.2 * len(crystal)) + 2
    at_once = K_POINTS if len(crystal) <= AT_ONCE else 1
    parts = []
    for start in range(0, len(chosen), at_once):
        k = k_reduced[chosen[start : start + at_once]]
        found = levels(crystal, k, values, bands, max(1, bands // MOST_BANDS))
        error = np.linalg.norm(found.slope @ factor, axis=2)
        parts.append((found.energy - energy_zero(False), error, found.weight))
    return at_knots(*(np.concatenate([part.ravel() for part in column]) for column in zip(*parts, strict=True)))


@dataclass(frozen=True, eq=False)
class PixelBar:
    """b and c of the head of this module, and the quantile: for one kind of picture."""

    size: float
    floor: float
    quantile: float

    def half_width(self, picture: np.ndarray, moved: np.ndarray) -> np.ndarray:
        """Of the 90 % bar, in the shape of `picture` and `moved`, both in 1/eV."""
        return self.quantile * np.sqrt(moved**2 + self.size * picture**2 + self.floor)

    @classmethod
    def fitted(cls, picture: np.ndarray, moved: np.ndarray, error: np.ndarray) -> "PixelBar":
        """From pixels (n,) of structures that were held out: shape from all, the quantile from those with a band."""
        columns, squares = np.stack([moved**2, picture**2, np.ones_like(picture)], axis=1), error**2
        found = np.array([1.0, 0.0, squares.mean()])
        for _ in range(ROUNDS):  # each pixel relative to its own variance
            weight = 1.0 / (columns @ found + 1e-5 * squares.mean())
            found = nnls(columns * weight[:, None], squares * weight)[0]
        found = np.maximum(found, [0.1, 0.0, 1e-8])
        bar = cls(float(found[1] / found[0]), float(found[2] / found[0]), 1.0)
        shown = np.maximum(picture, picture - error) > VISIBLE
        ratio = np.abs(error[shown]) / bar.half_width(picture[shown], moved[shown])
        return replace(bar, quantile=float(np.quantile(ratio, COVERAGE)))


@dataclass(frozen=True, eq=False)
class LevelError:
    """f at KNOTS, (knot,) eV, and the quantile that makes a 90 % interval of e."""

    left: np.ndarray
    quantile: float

    def at(self, energy: np.ndarray, open_error: np.ndarray) -> np.ndarray:
        """E of levels at energies without scissor; open_error: (knot,), of `parameter_error`."""
        return np.interp(energy, KNOTS, np.hypot(self.left, open_error))

    @classmethod
    def fitted(cls, energy: np.ndarray, miss: np.ndarray, open_error: np.ndarray, weight: np.ndarray) -> "LevelError":
        """From levels (n,) of held-out structures, each with the parameters' part of its own error."""
        squares = at_knots(energy, miss, weight) ** 2 - at_knots(energy, open_error, weight) ** 2
        left = np.sqrt(np.maximum(squares, 1e-3**2))
        ratio = np.abs(miss) / np.hypot(np.interp(energy, KNOTS, left), open_error)
        order = np.argsort(ratio)
        counted = np.cumsum(weight[order])
        return cls(left, float(ratio[order][np.searchsorted(counted, COVERAGE * counted[-1])]))


def unscissored(bands: Bands, crystal: Crystal, scissor: bool) -> np.ndarray:
    """(k, band) eV: energies of bands from the lowest on with their scissor taken off again, by number."""
    empty = np.arange(bands.energy.shape[1]) >= VALENCE_BANDS_PER_ATOM * len(crystal)
    return bands.energy - (scissor_shift(crystal) * empty if scissor else 0.0)
