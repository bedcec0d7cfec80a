"""Which candidates are worth a fit next, learned from those that were fitted.

Costs of stacks of like composition are alike. A Gaussian process over what can be said of a composition without
relaxing it predicts the costs of all candidates from those known, and how uncertain each prediction is (Rasmussen and
Williams, Gaussian Processes for Machine Learning, 2006, algorithm 2.1); the lower end of the prediction decides.
"""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from core.reverse.candidates import composition_figures
from core.structure.stack import parse_stack

LENGTHS = (0.7, 1.5, 3.0)
"""Of the kernel, in standard deviations of the features: the likeliest one is taken."""

NOISE = 0.15
"""Of what is predicted, beside a spread of 1."""

SCALE = 30.0
"""Differences of costs are compressed: log(1 + Δ/SCALE)."""


def features(stack: str, mixing: float) -> np.ndarray:
    """(feature,) of a composition: Ge fraction, interfacial share, width, inverse period, pair correlations."""
    figures = composition_figures(parse_stack(stack), mixing)
    values = [1 / value if name == "period" else value for name, value in figures.items()]
    return np.array(values)


def promise(known: np.ndarray, cost: np.ndarray, others: np.ndarray, boldness: float) -> np.ndarray:
    """(other,) the lower, the more promising: what a candidate's compressed cost may be at best.

    Args:
        known: (judged, feature); their units do not matter.
        cost: (judged,) −2 log probabilities.
        others: (other, feature).
        boldness: standard deviations that predictions may err to the better.
    """
    every = np.vstack([known, others])
    spread = np.maximum(every.std(axis=0), 1e-9)
    known, others = known / spread, others / spread
    target = np.log1p((cost - cost.min()) / SCALE)
    centre, size = target.mean(), max(float(target.std()), 1e-6)
    target = (target - centre) / size
    best: tuple[float, np.ndarray] | None = None
    for length in LENGTHS:
        factor = cho_factor(_kernel(known, known, length) + NOISE**2 * np.eye(len(known)), lower=True)
        weight = cho_solve(factor, target)
        likelihood = -0.5 * float(target @ weight) - float(np.log(np.diag(factor[0])).sum())
        if best is None or likelihood > best[0]:
            cross = _kernel(others, known, length)
            variance = 1 - np.einsum("on,no->o", cross, cho_solve(factor, cross.T))
            best = likelihood, cross @ weight - boldness * np.sqrt(np.maximum(variance, 0.0))
    return centre + size * best[1]  # type: ignore[index]


def _kernel(one: np.ndarray, two: np.ndarray, length: float) -> np.ndarray:
    squares = ((one[:, None] - two[None]) ** 2).mean(axis=2)
    return np.exp(-0.5 * squares / length**2)
