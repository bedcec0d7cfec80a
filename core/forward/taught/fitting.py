"""Teaching the Hamiltonian: its parameters from levels by DFT, by damped Gauss-Newton steps with a prior.

Levels without the scissor are compared in order of energy at each k, counted from the lowest band: both engines have
the same number of them, and the same number is filled. What is minimised is

    F(p) = Σ w ρ(E_DFT − E(p)) / σ² + Σ (p / s)²,

ρ a square that turns linear beyond OUTLIER, w the unfolding weights, so that a structure counts like a primitive cell,
s the prior's spreads. A structure's levels thus stand for some six independent ones with an error of σ, which is what
nearby k-points that err alike are worth; the inverse of the curvature at the minimum is the covariance of p.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.dft.dataset import Entry
from core.electronic.calculation import energy_zero
from core.forward.taught.derivatives import levels
from core.forward.taught.parameters import HIGHEST, directions, prior_spread
from core.structure.crystal import Crystal

NOISE = 0.012
"""eV, σ: what the Hamiltonian leaves of a filled level."""

OUTLIER = 0.15
"""eV."""

FADING = 1.0
"""eV: levels so much above HIGHEST do not count at all."""

FOLDED_WEIGHT = 0.05
"""What a level counts that does not unfold onto its k."""

EMPTY_SHARE = 0.5
"""What an empty level counts beside a filled one."""

CAUTIOUS, BOLD = 0.3, 0.01
"""Damping of the first step, in units of the curvature's diagonal (D. W. Marquardt, J. SIAM 11, 431 (1963)): far from
the minimum, and near it."""

MOST_STEPS = 30
SETTLED = 5e-3
"""Relative change of F that ends a fit."""

FIRST_STRUCTURES = 24
"""Fits begin with so many structures, evenly chosen, and with a prior that is at first FIRST_SPREAD as wide: the way to
the minimum is quick and smooth then."""

FIRST_SPREAD = 0.4


@dataclass(frozen=True, eq=False)
class Target:
    """Levels by DFT that a structure teaches.

    crystal: of the functional. k_reduced: (k, 3). energy: (k, band) eV, without scissor, from unstrained Si's valence
    band. weight: (k, band) w. first_band: number of the lowest.
    """

    crystal: Crystal
    k_reduced: np.ndarray
    energy: np.ndarray
    weight: np.ndarray
    first_band: int

    @classmethod
    def of(cls, entry: Entry, turn: int = 0) -> "Target":
        """Of a structure of the data set, at every few of its k-points: more for small cells, which have fewer bands.

        turn: which of them, so that neighbours in the data set complement each other.
        """
        result = entry.result
        atoms = len(result.crystal)
        every = int(np.clip(2.4 * atoms, 6, 32))
        k = np.arange(turn % every, len(result.k_reduced), every)
        bands = result.aligned(scissor=False)
        count = int((bands.energy[k] < HIGHEST + FADING).sum(axis=1).max())
        energy, unfolded = bands.energy[k, :count], bands.unfolding_weight[k, :count]
        fading = np.clip((HIGHEST + FADING - energy) / FADING, 0, 1)
        filled = np.where(np.arange(count) < result.valence_bands, 1.0, EMPTY_SHARE)
        weight = (unfolded + FOLDED_WEIGHT) * fading * filled / len(k)
        return cls(result.crystal, result.k_reduced[k], energy, weight, result.first_band)


@dataclass(frozen=True, eq=False)
class Linearised:
    """F's own part of a structure at some parameters: cost, half its gradient (direction,), half its curvature."""

    cost: float
    gradient: np.ndarray
    curvature: np.ndarray


def linearised(target: Target, values: np.ndarray) -> Linearised:
    """A structure's levels and their derivatives, summed up, at (direction,) values."""
    bands = slice(target.first_band, target.first_band + target.energy.shape[1])
    found = levels(target.crystal, target.k_reduced, values, bands.stop)
    miss = target.energy - (found.energy[:, bands] - energy_zero(False))
    slope = found.slope[:, bands].reshape(-1, len(values))
    far = np.maximum(np.abs(miss) / OUTLIER, 1.0)
    weight = (target.weight / far).ravel() / NOISE**2
    loss = np.where(far > 1, OUTLIER * (2 * np.abs(miss) - OUTLIER), miss**2)
    weighted = slope * weight[:, None]
    return Linearised(float((target.weight * loss).sum()) / NOISE**2, -weighted.T @ miss.ravel(), weighted.T @ slope)


@dataclass(frozen=True, eq=False)
class Taught:
    """What a fit found: (direction,) values and their (direction, direction) covariance."""

    values: np.ndarray
    covariance: np.ndarray


@dataclass(frozen=True)
class Settings:
    """spread: of the prior, times those of the directions. frozen: fields of the parameters that are not taught."""

    spread: float = 1.0
    frozen: tuple[str, ...] = ()

    def spreads(self) -> np.ndarray:
        """(direction,) of the prior; nearly none where a field is frozen."""
        free = np.array([direction.field not in self.frozen for direction in directions()])
        return np.where(free, self.spread * prior_spread(), 1e-6)


@dataclass
class Teacher:
    """Fits, each kept in a folder once it is done: what was killed goes on with the fit it was at.

    folder: made if missing; None keeps nothing. report: gets a line a step.
    """

    folder: Path | None = None
    settings: Settings = Settings()
    report: Callable[[str], None] = field(default=lambda line: None)

    def fit(self, targets: Sequence[Target], name: str = "") -> Taught:
        """Parameters that structures teach; `name` says in reports which of several fits it is."""
        file = self.folder and self.folder / f"{self._key(targets)}.npz"
        if file and file.exists():
            with np.load(file, allow_pickle=False) as found:
                return Taught(found["values"], found["covariance"])
        chosen = np.linspace(0, len(targets) - 1, min(FIRST_STRUCTURES, len(targets))).round().astype(int)
        first, spreads = [targets[i] for i in chosen], self.settings.spreads()
        values = np.zeros(len(spreads))
        values, _ = self._minimised(first, values, FIRST_SPREAD * spreads, CAUTIOUS, f"{name} begins,")
        values, _ = self._minimised(first, values, spreads, BOLD, f"{name} goes on,")
        values, curvature = self._minimised(targets, values, spreads, BOLD, name)
        taught = Taught(values, np.linalg.inv(curvature))
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part.npz")
            np.savez(part, values=taught.values, covariance=taught.covariance)
            part.replace(file)
        return taught

    def _minimised(
        self, targets, values: np.ndarray, spreads: np.ndarray, damping: float, name: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values at the minimum, and half the curvature there."""
        precision = 1 / spreads**2
        cost, gradient, curvature = _summed(targets, values, precision)
        for step in range(MOST_STEPS):
            tried = values - np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), gradient)
            found = _summed(targets, tried, precision)
            self.report(f"{name} step {step + 1}: {cost:.1f} → {found[0]:.1f}, damping {damping:.3g}")
            gain = (cost - found[0]) / cost
            if gain <= 0:
                damping *= 4
                if damping > 1e4:
                    break
                continue
            values, (cost, gradient, curvature) = tried, found
            damping /= 5
            if gain < SETTLED:
                break
        return values, curvature

    def _key(self, targets) -> str:
        told = {
            name: globals()[name]
            for name in ("NOISE", "OUTLIER", "MOST_STEPS", "SETTLED", "FIRST_STRUCTURES", "FIRST_SPREAD")
        }
        text = json.dumps([told, self.settings.spreads().tolist(), [d.name for d in directions()]])
        found = hashlib.sha256(text.encode())
        for target in targets:
            for array in (target.crystal.positions, target.k_reduced, target.energy, target.weight):
                found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()[:24]


def _summed(targets, values: np.ndarray, precision: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """F, half its gradient and half its curvature (Gauss-Newton) of structures and prior."""
    cost, gradient, curvature = float(values**2 @ precision), values * precision, np.diag(precision)
    for target in targets:
        part = linearised(target, values)
        cost, gradient, curvature = cost + part.cost, gradient + part.gradient, curvature + part.curvature
    return cost, gradient, curvature
