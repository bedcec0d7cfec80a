"""A linear basis for pictures A(k, E): principal components in groups of neighbouring k-points.

Bands are lines that move with strain and composition, so that a global principal component analysis needs a very long
series; within a few neighbouring k-points a short one suffices, and decoding it costs less.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class GroupBasis:
    """Pictures as coefficients and back.

    mean: (k, energy). components: (group, k in group × energy, coefficient), orthonormal columns in each group.
    """

    mean: np.ndarray
    components: np.ndarray

    @property
    def width(self) -> int:
        """Coefficients of a picture."""
        return self.components.shape[0] * self.components.shape[2]

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """(sample, coefficient) of pictures (sample, k, energy)."""
        parts = grouped(pictures.astype(np.float32) - self.mean, len(self.mean) // len(self.components))
        return (parts @ self.components).transpose(1, 0, 2).reshape(len(pictures), -1)

    def decode(self, coefficients: np.ndarray) -> np.ndarray:
        """(sample, k, energy) of coefficients (sample, coefficient)."""
        groups, _, kept = self.components.shape
        parts = coefficients.reshape(len(coefficients), groups, kept).transpose(1, 0, 2)
        parts = parts @ self.components.transpose(0, 2, 1)
        pictures = parts.transpose(1, 0, 2).reshape(len(coefficients), *self.mean.shape)
        pictures += self.mean
        return pictures


def grouped(pictures: np.ndarray, group: int) -> np.ndarray:
    """(group number, sample, k in group × energy)."""
    samples, points, energies = pictures.shape
    return pictures.reshape(samples, points // group, group * energies).transpose(1, 0, 2)
