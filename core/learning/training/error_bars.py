"""Fits of error bars to errors on pictures that training did not see."""

import numpy as np
from scipy.optimize import nnls

from core.learning.error_bars import PixelShape, error_parts
from core.learning.network import Network
from core.learning.training.dense import fit_network

COVERAGE = 0.90
SMALLEST_SQUARE = 1e-8
"""(1/eV)²: below it an error is none."""


def fit_scale(features: np.ndarray, squared_error: np.ndarray, seed: int) -> Network:
    """The network of typical errors from mean squared errors (sample,) of pictures that training did not see."""
    return fit_network(features, 0.5 * np.log(np.maximum(squared_error, SMALLEST_SQUARE))[:, None], (64, 64), 40, seed)


def fit_shape(pictures: np.ndarray, errors: np.ndarray, typical: np.ndarray) -> PixelShape:
    """Coefficients by non-negative least squares, and the quantile on the same pictures.

    Args:
        pictures: (sample, k, energy) predicted.
        errors: (sample, k, energy) predicted minus exact.
        typical: (sample,) typical errors of the pictures.
    """
    scaled = (errors / typical[:, None, None]) ** 2
    columns = np.stack([part.ravel() for part in error_parts(pictures)], axis=1)
    # Bins of equal predicted size would need a size first; two rounds of reweighting come to the same.
    coefficients = np.array([0.0, 0.0, 1.0])
    for _ in range(4):
        weight = 1.0 / (columns @ coefficients + 1e-4 * columns.mean())
        coefficients = nnls(columns * weight[:, None], scaled.ravel() * weight)[0]
        coefficients[2] = max(coefficients[2], 1e-4 * scaled.mean())
    return recalibrated(PixelShape(coefficients, 1.0), pictures, errors, typical)


def recalibrated(shape: PixelShape, pictures: np.ndarray, errors: np.ndarray, typical: np.ndarray) -> PixelShape:
    """The same shape with the quantile that covers 90 % of the given errors."""
    ratio = np.abs(errors) / PixelShape(shape.coefficients, 1.0).half_width(pictures, typical)
    return PixelShape(shape.coefficients, float(np.quantile(ratio, COVERAGE)))
