"""A linear basis for pictures A(k, E): principal components in groups of neighbouring k-points.

Bands are lines that move with strain and composition, so that a global principal component analysis needs a very long
series; within a few neighbouring k-points a short one suffices, and decoding it costs less.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class GroupBasis:
    """Pictures as coefficients and back.

    mean: (k, energy). components: (group, k in group × energy, coefficient), orthonormal columns in each group.
    """

    mean: np.ndarray
    components: np.ndarray

    @classmethod
    def fit(cls, pictures: Iterable[np.ndarray], group: int, coefficients: int) -> "GroupBasis":
        """The basis that leaves the smallest squared error on batches of pictures (sample, k, energy).

        group: k-points a group, a divisor of all. coefficients: kept in each group.
        """
        count, total, square = 0, 0.0, 0.0
        for batch in pictures:
            count += len(batch)
            total = total + batch.sum(axis=0, dtype=np.float64)
            grouped = _grouped(batch, group).astype(np.float32)
            square = square + (grouped.transpose(0, 2, 1) @ grouped).astype(np.float64)
        mean = np.asarray(total) / count
        centre = _grouped(mean[None], group)
        covariance = square / count - centre.transpose(0, 2, 1) @ centre
        components = np.linalg.eigh(covariance)[1][:, :, ::-1][:, :, :coefficients]
        return cls(mean.astype(np.float32), np.ascontiguousarray(components, dtype=np.float32))

    @property
    def width(self) -> int:
        """Coefficients of a picture."""
        return self.components.shape[0] * self.components.shape[2]

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """(sample, coefficient) of pictures (sample, k, energy)."""
        grouped = _grouped(pictures.astype(np.float32) - self.mean, len(self.mean) // len(self.components))
        return (grouped @ self.components).transpose(1, 0, 2).reshape(len(pictures), -1)

    def decode(self, coefficients: np.ndarray) -> np.ndarray:
        """(sample, k, energy) of coefficients (sample, coefficient)."""
        groups, _, kept = self.components.shape
        grouped = coefficients.reshape(len(coefficients), groups, kept).transpose(1, 0, 2)
        parts = grouped @ self.components.transpose(0, 2, 1)
        pictures = parts.transpose(1, 0, 2).reshape(len(coefficients), *self.mean.shape)
        pictures += self.mean
        return pictures


def _grouped(pictures: np.ndarray, group: int) -> np.ndarray:
    """(group number, sample, k in group × energy)."""
    samples, points, energies = pictures.shape
    return pictures.reshape(samples, points // group, group * energies).transpose(1, 0, 2)
