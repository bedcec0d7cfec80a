"""Sharper pictures of bands: the second derivative and the curvature along energy, as ARPES images are shown."""

import numpy as np

SHARPENINGS = ("none", "second", "curvature")
CURVATURE_SOFTNESS = 0.05
"""C₀ in units of the largest squared slope: small sharpens more, large is the second derivative."""


def sharpened(values: np.ndarray, step: float, kind: str) -> np.ndarray:
    """Spectra whose maxima along energy stand out; what lies between maxima is 0.

    Args:
        values: (…, energy), even spacing.
        step: of the energies in eV.
        kind: one of SHARPENINGS; `second` is −∂²A/∂E² (unit of A over eV²), `curvature` is
            −A'' / (C₀ + A'²)^(3/2) after Zhang et al., Rev. Sci. Instrum. 82, 043712 (2011), scaled to a maximum of 1.

    Returns:
        The same shape.
    """
    if kind == "none":
        return values
    slope = np.gradient(values, step, axis=-1)
    bend = np.maximum(-np.gradient(slope, step, axis=-1), 0.0)
    if kind == "second":
        return bend
    softness = CURVATURE_SOFTNESS * float((slope**2).max()) or 1.0
    found = bend / (softness + slope**2) ** 1.5
    return found / (float(found.max()) or 1.0)
