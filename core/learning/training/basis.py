"""The basis that fits pictures best."""

from collections.abc import Iterable

import numpy as np

from core.learning.basis import GroupBasis, grouped


def fit_basis(pictures: Iterable[np.ndarray], group: int, coefficients: int) -> GroupBasis:
    """The basis that leaves the smallest squared error on batches of pictures (sample, k, energy).

    group: k-points a group, a divisor of all. coefficients: kept in each group.
    """
    count = 0
    total: np.ndarray | float = 0.0
    square: np.ndarray | float = 0.0
    for batch in pictures:
        count += len(batch)
        total = total + batch.sum(axis=0, dtype=np.float64)
        parts = grouped(batch, group).astype(np.float32)
        square = square + (parts.transpose(0, 2, 1) @ parts).astype(np.float64)
    mean = np.asarray(total) / count
    centre = grouped(mean[None], group)
    covariance = square / count - centre.transpose(0, 2, 1) @ centre
    components = np.linalg.eigh(covariance)[1][:, :, ::-1][:, :, :coefficients]
    return GroupBasis(mean.astype(np.float32), np.ascontiguousarray(components, dtype=np.float32))
