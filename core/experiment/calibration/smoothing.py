"""Widths of Gaussian means, from an axis' unit to its points."""

import numpy as np


def sigma_in_points(sigma: float, axis: np.ndarray, least: float = 0.0) -> float:
    """A standard deviation in points of an axis, at least `least` and at most as many as the axis has.

    A kernel grows with its width: on an axis of tiny steps it would take more memory than there is.

    Args:
        sigma: in the axis' unit.
        axis: (point,) rising.
        least: in points.
    """
    step = float(np.median(np.diff(axis)))
    return min(max(least, sigma / step), float(len(axis)))
