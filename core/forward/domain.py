"""How far a request is from what was learned: a score of 1 is the edge of the trained domain.

The largest of three terms: the substrate, beyond the trained lattice constants in units of 0.25 %; the period, its
excess over the longest trained one in units of 2 monolayers; and novelty, the distance of the most unusual atom to its
nearest training atom, in units of what 99 % of the validation atoms stay below.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.forward.features import REACH
from core.learning.samples import LATTICE_TRAINED, LONGEST_PERIOD

LATTICE_UNIT = 0.0025
PERIOD_UNIT = 2.0
NEAR = 4.0
"""Planes over which the weight of a plane in the distance falls by 1/e."""


class LargestTerm:
    """A score (1 is the edge) that is the largest of its terms, the fields of the data class that inherits it."""

    @property
    def value(self) -> float:
        """The largest term."""
        return max(vars(self).values())

    @property
    def inside(self) -> bool:
        """Whether it lies where the model was trained."""
        return self.value <= 1.0


@dataclass(frozen=True)
class DomainScore(LargestTerm):
    """Score of a request, and its three terms."""

    substrate: float
    period: float
    novelty: float

    @property
    def reason(self) -> str:
        """What takes the request out of the domain, in words; empty inside."""
        if self.inside:
            return ""
        if self.value == self.substrate:
            low, high = LATTICE_TRAINED
            return f"the substrate lies outside the trained {low:.3f} to {high:.3f} Å"
        if self.value == self.period:
            return f"the period is longer than the trained {LONGEST_PERIOD} monolayers"
        return "its layers are unlike any that were trained on"


@dataclass(frozen=True, eq=False)
class Domain:
    """Training atoms to compare with: references (reference, feature) weighted for the distance, and its unit."""

    references: np.ndarray
    unit: float

    def score(self, features: np.ndarray, ge_fraction: np.ndarray, lattice: float) -> DomainScore:
        """Of a stack, from its features (class, feature), planes (plane,) and a∥ in Å."""
        low, high = LATTICE_TRAINED
        beyond = max(low - lattice, lattice - high, 0.0) / lattice
        excess = max(shortest_period(ge_fraction) - LONGEST_PERIOD, 0)
        return DomainScore(
            substrate=1.0 * (beyond > 0) + beyond / LATTICE_UNIT,
            period=1.0 * (excess > 0) + excess / PERIOD_UNIT,
            novelty=float(self.distances(features).max()) / self.unit,
        )

    def distances(self, features: np.ndarray) -> np.ndarray:
        """(sample,) distance to the nearest reference."""
        points = weighted(features)
        square = (points**2).sum(1)[:, None] + self._reference_squares - 2 * points @ self.references.T
        return np.sqrt(np.maximum(square.min(axis=1), 0.0))

    @cached_property
    def _reference_squares(self) -> np.ndarray:
        """(reference,) |reference|², the same for every request."""
        return (self.references**2).sum(1)

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Everything by name, for a weights file."""
        return {f"{prefix}.references": self.references, f"{prefix}.unit": np.array(self.unit, np.float32)}

    @classmethod
    def from_arrays(cls, arrays, prefix: str) -> "Domain":
        """The inverse of `arrays`."""
        return cls(np.asarray(arrays[f"{prefix}.references"], np.float32), float(arrays[f"{prefix}.unit"]))


def weighted(features: np.ndarray) -> np.ndarray:
    """(sample, 2 REACH + 2): the features that the distance compares: near planes, then the strain."""
    distance = np.abs(np.arange(-REACH, REACH + 1))
    planes = features[:, : 2 * REACH + 1] * np.exp(-distance / NEAR).astype(np.float32)
    return np.hstack([planes, features[:, 2 * REACH + 1 : 2 * REACH + 2]])


def shortest_period(ge_fraction: np.ndarray) -> int:
    """Monolayers after which the composition repeats; planes 1e-6 apart count as equal."""
    x = np.round(np.asarray(ge_fraction, dtype=float), 6)
    for period in range(1, len(x) // 2 + 1):
        if len(x) % period == 0 and np.array_equal(x, np.roll(x, period)):
            return period
    return len(x)
