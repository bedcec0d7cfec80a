"""Backgrounds of photoemission spectra, one for every momentum."""

import numpy as np

BACKGROUNDS = ("none", "constant", "shirley")
_ROUNDS = 12
_EDGE_SHARE = 0.05


def subtracted(values: np.ndarray, kind: str) -> np.ndarray:
    """(eV, k) without its background; energies rise along the first axis, NaN stays.

    constant: the mean of the unoccupied end. shirley: in proportion to what lies at higher energy, so that the
    background meets the spectrum at both ends (Shirley, Phys. Rev. B 5, 4709).
    """
    if kind == "none":
        return values
    edge = max(1, int(_EDGE_SHARE * len(values)))
    with np.errstate(invalid="ignore"):
        top = _end_mean(values[::-1], edge)
    if kind == "constant":
        return np.maximum(values - top, 0.0)
    filled = np.nan_to_num(values - top)
    bottom = np.nan_to_num(_end_mean(values - top, edge))
    background = np.zeros_like(filled)
    for _ in range(_ROUNDS):
        above = np.cumsum((filled - background)[::-1], axis=0)[::-1]
        background = bottom * above / np.where(np.abs(above[0]) > 1e-12, above[0], 1.0)
    return np.maximum(values - top - background, 0.0)


def _end_mean(values: np.ndarray, count: int) -> np.ndarray:
    """(k,) mean of the first measured values of every column."""
    measured = np.isfinite(values)
    first = (np.cumsum(measured, axis=0) <= count) & measured
    return np.where(first, values, 0.0).sum(axis=0) / np.maximum(first.sum(axis=0), 1)
