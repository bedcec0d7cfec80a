"""How far predicted pictures are from a measured image, fair to what matrix elements and backgrounds do.

Both are turned into ridges (`core.reverse.standard.ridges`), so that slow intensities and steps drop out, less their
mean over k∥ at each energy, so that light of electrons that lost their momentum drops out. The prediction's ridges may
be strengthened or weakened by smooth, non-negative gains, one for each of a few overlapping regions, fitted to the
image: a branch that matrix elements make weak does not count against a stack, one that lies elsewhere does. The
distance is the share of the variance of the image's ridges that is left.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import nnls

from core.reverse.standard import EV, KX, despiked, narrow_noise, ridges

REGIONS = (3, 5)
"""Regions (k∥, E) of the gains, over 0 … 1.2 1/Å and the occupied energies."""

BELOW_FERMI = -0.1
"""eV: above it the Fermi edge decides what is seen."""

SMOOTHED_PIXELS = 14.0
"""Pixels that ridges blur into one independent value: 2π · 1.5²."""

_HALF = len(KX) // 2


@dataclass(frozen=True, eq=False)
class Target:
    """A measured image to compare with.

    image: (kx, eV) on KX and EV, NaN where nothing was measured.
    """

    image: np.ndarray

    @cached_property
    def used(self) -> np.ndarray:
        """(half k, eV) which pixels count."""
        return (self._ridges[1] > 0) & (EV <= BELOW_FERMI)

    @cached_property
    def seen(self) -> np.ndarray:
        """(pixel,) ridges of the image where they count, without what does not depend on momentum."""
        return self._dispersing(self._ridges[0][self.used])

    @cached_property
    def noise(self) -> float:
        """Share of the variance of `seen` that counting noise explains, 0 to 1."""
        every = float((self._ridges[0][self.used] ** 2).sum())
        return min(1.0, narrow_noise(despiked(self.image), self.used) * every / max(float((self.seen**2).sum()), 1e-12))

    @property
    def independent(self) -> float:
        """Number of independent values in the image."""
        return max(1.0, self.used.sum() / SMOOTHED_PIXELS)

    def fitted(self, picture: np.ndarray) -> np.ndarray:
        """(pixel,) ridges of a predicted picture (kx, eV) of counts, with the gains that fit the image best."""
        hidden = np.where(np.isfinite(self.image), picture, np.nan)
        found = ridges(hidden[None])[0][0][self.used]
        parts = self._dispersing(found[:, None] * self._gains)
        return parts @ nnls(parts.T @ parts, parts.T @ self.seen)[0]

    def distance(self, picture: np.ndarray) -> float:
        """Unexplained share of the variance of the image's ridges, 0 (the same) to 1 (nothing in common)."""
        return self.distance_of(self.fitted(picture))

    def distance_of(self, fitted: np.ndarray) -> float:
        """The same from fitted ridges (pixel,)."""
        return float(((self.seen - fitted) ** 2).sum() / max((self.seen**2).sum(), 1e-12))

    def _dispersing(self, values: np.ndarray) -> np.ndarray:
        """(pixel, …) values less their mean over k∥ at each energy."""
        row, count = self._rows
        mean = np.zeros((len(count), *values.shape[1:]), np.float32)
        for energy, (start, stop) in enumerate(zip(row, row + count, strict=True)):
            mean[energy] = values[self._by_energy[start:stop]].mean(axis=0) if stop > start else 0.0
        return values - mean[self._energy]

    @cached_property
    def _energy(self) -> np.ndarray:
        """(pixel,) number of its energy."""
        return np.nonzero(self.used)[1]

    @cached_property
    def _by_energy(self) -> np.ndarray:
        """(pixel,) pixels sorted by energy."""
        return np.argsort(self._energy, kind="stable")

    @cached_property
    def _rows(self) -> tuple[np.ndarray, np.ndarray]:
        """(energy,) first place in `_by_energy`, and number of pixels."""
        count = np.bincount(self._energy, minlength=len(EV))
        return np.cumsum(count) - count, count

    @cached_property
    def _ridges(self) -> tuple[np.ndarray, np.ndarray]:
        found, measured = ridges(despiked(self.image)[None])
        return found[0], measured[0]

    @cached_property
    def _gains(self) -> np.ndarray:
        """(pixel, region) overlapping bumps that add up to 1."""
        along_k = _bumps(KX[_HALF:], 0.0, KX[-1], REGIONS[0])
        along_e = _bumps(EV, EV[0], BELOW_FERMI, REGIONS[1])
        bumps = along_k[:, None, :, None] * along_e[None, :, None, :]
        return bumps.reshape(*bumps.shape[:2], -1)[self.used].astype(np.float32)


def _bumps(axis: np.ndarray, low: float, high: float, count: int) -> np.ndarray:
    """(point, bump) Gaussians whose sum is 1 everywhere."""
    centres = np.linspace(low, high, count)
    width = (high - low) / (count - 1) * 0.6
    bumps = np.exp(-0.5 * ((axis[:, None] - centres) / width) ** 2)
    return bumps / bumps.sum(axis=1, keepdims=True)
