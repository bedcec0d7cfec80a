"""One least-squares step of a guess through the forward model, towards one or several images of a sample."""

from dataclasses import dataclass, replace

import numpy as np

from core.learning.samples import LATTICE_TRAINED
from core.reverse.distance import Target
from core.reverse.guess import Guess, Predictor

SHARED = {"lattice": 0.008, "mixing": 0.2}
PER_VIEW = {
    "level": 0.03, "k_stretch": 0.006, "e_stretch": 0.008, "kz": 0.02, "kz_width": 0.012, "bend": 0.04,
    "resolution": 0.03, "lifetime": 0.05, "background": 0.4,
}  # fmt: skip
"""Parameters and the steps of their numerical derivatives: Å, ML; eV, 1, 1, 2π/c̄, 1/Å, Å, eV, eV, 1."""

TRUST = 3.0
"""A parameter moves by so many of its steps at most."""

LOOSE = {"level": 0.1, "k_stretch": 0.01, "e_stretch": 0.03, "kz": 0.02, "kz_width": 0.03, "bend": 0.1,
         "resolution": 0.1, "lifetime": 0.2, "background": 4.0}  # fmt: skip
"""Typical errors that views start with, where the reverse model says nothing of them."""


@dataclass(frozen=True)
class Prior:
    """What is known before: a parameter's value and typical error, by (name, view); view −1 for the sample."""

    known: dict[tuple[str, int], tuple[float, float]]

    def misfit(self, guess: Guess) -> float:
        """Sum of squared deviations in units of the typical errors."""
        return sum(((value_of(guess, key) - value) / size) ** 2 for key, (value, size) in self.known.items())


@dataclass(frozen=True, eq=False)
class Fit:
    """A guess beside its images.

    distances: one an image. cost: −2 log probability up to a constant. residuals: what the fitted ridges leave.
    """

    guess: Guess
    distances: tuple[float, ...]
    cost: float
    fitted: tuple[np.ndarray, ...]

    @property
    def distance(self) -> float:
        """Mean over the images."""
        return float(np.mean(self.distances))


def compared(guess: Guess, targets: tuple[Target, ...], scales: tuple[float, ...], prior: Prior, predict) -> Fit:
    """A guess's distances and cost.

    Args:
        guess: in question.
        targets: images.
        scales: distance that noise and what no guess explains would leave, one an image.
        prior: of continuous parameters.
        predict: `Predictor`.
    """
    fitted = tuple(target.fitted(predict.picture(guess, i)) for i, target in enumerate(targets))
    distances = tuple(target.distance_of(part) for target, part in zip(targets, fitted, strict=True))
    cost = sum(t.independent * d / s for t, d, s in zip(targets, distances, scales, strict=True))
    return Fit(guess, distances, cost + prior.misfit(guess), fitted)


def value_of(guess: Guess, key: tuple[str, int]) -> float:
    """A parameter of a guess."""
    name, view = key
    return float(getattr(guess if view < 0 else guess.views[view], name))


def with_values(guess: Guess, values: dict[tuple[str, int], float]) -> Guess:
    """A guess with other parameters, within the limits."""
    views = list(guess.views)
    for (name, view), value in values.items():
        if view >= 0:
            views[view] = replace(views[view], **{name: value})
    shared = {name: value for (name, view), value in values.items() if view < 0}
    if "lattice" in shared:
        shared["lattice"] = float(np.clip(shared["lattice"], *LATTICE_TRAINED))
    return replace(guess, views=tuple(views)).changed(**shared).within_limits()


def free_parameters(guess: Guess, known: tuple[set[str], ...]) -> list[tuple[str, int]]:
    """What may vary: the mixing where there are interfaces, and of each image what is not among its `known`."""
    keys = [("lattice", -1)] + ([("mixing", -1)] if guess.mixes else [])
    for i, given in enumerate(known):
        keys += [(name, i) for name in PER_VIEW if name not in given]
    return keys


def step_of(key: tuple[str, int]) -> float:
    """The step of a parameter's numerical derivative."""
    return SHARED[key[0]] if key[1] < 0 else PER_VIEW[key[0]]


def refined(
    fit: Fit,
    targets: tuple[Target, ...],
    scales: tuple[float, ...],
    prior: Prior,
    known: tuple[set[str], ...],
    predict: Predictor,
) -> tuple[Fit, np.ndarray]:
    """One Gauss-Newton step, halved where it does not help; the fit itself where no step does.

    Returns:
        The better fit, and (parameter,) standard errors of `free_parameters` from the curvature.
    """
    guess = fit.guess
    keys = free_parameters(guess, known)
    blocks = []
    for key in keys:
        step = step_of(key)
        moved = with_values(guess, {key: value_of(guess, key) + step})
        if value_of(moved, key) == value_of(guess, key):  # at its limit: look the other way
            step = -step
            moved = with_values(guess, {key: value_of(guess, key) + step})
        change = value_of(moved, key) - value_of(guess, key)
        rows = [target.fitted(predict.picture(moved, i)) - fit.fitted[i] for i, target in enumerate(targets)]
        blocks.append([row / (change or step) for row in rows])
    curvature, gradient = np.zeros((len(keys), len(keys))), np.zeros(len(keys))
    for i, (target, scale) in enumerate(zip(targets, scales, strict=True)):
        jacobian = np.stack([block[i] for block in blocks], axis=1)
        weight = target.independent / scale / max(float((target.seen**2).sum()), 1e-12)
        curvature += weight * jacobian.T @ jacobian
        gradient += weight * jacobian.T @ (target.seen - fit.fitted[i])
    for row, key in enumerate(keys):
        if key in prior.known:
            value, size = prior.known[key]
            curvature[row, row] += size**-2
            gradient[row] += (value - value_of(guess, key)) / size**2
        curvature[row, row] += (5 * step_of(key)) ** -2
    errors = np.sqrt(np.diag(np.linalg.inv(curvature)))
    move = np.linalg.solve(curvature, gradient)
    limit = TRUST * np.array([step_of(key) for key in keys])
    move *= min(1.0, float((limit / np.maximum(np.abs(move), 1e-12)).min()))
    for share in (1.0, 0.4):
        values = {key: value_of(guess, key) + share * m for key, m in zip(keys, move, strict=True)}
        trial = compared(with_values(guess, values), targets, scales, prior, predict)
        if trial.cost < fit.cost:
            return trial, errors
    return fit, errors
