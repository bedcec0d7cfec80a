"""How far an imperfect sample is from what was learned: a score of 1 is the edge of the trained domain.

The largest of three terms: the substrate, beyond Si … Ge in units of 0.25 %; flaws, how many more there are in the
cell than in any that was trained on; and novelty, the distance of unusual planes to their nearest reference, in units
of what 99 % of training samples have to those of other composition profiles.
"""

from dataclasses import dataclass

import numpy as np

from core.forward.domain import LATTICE_UNIT, LargestTerm
from core.forward.imperfect.features import SeenPlanes
from core.forward.imperfect.samples import LATTICE_TRAINED, MOST_FLAWS, PLANES_TRAINED
from core.structure.imperfect import ImperfectSample


@dataclass(frozen=True)
class ImperfectScore(LargestTerm):
    """Score of a sample, and its three terms."""

    substrate: float
    flaws: float
    novelty: float

    @property
    def reason(self) -> str:
        """What takes the sample out of the domain, in words; empty inside."""
        if self.inside:
            return ""
        if self.value == self.substrate:
            low, high = LATTICE_TRAINED
            return f"the substrate lies outside the trained {low:.3f} to {high:.3f} Å"
        if self.value == self.flaws:
            return "it has more flaws than any that was trained on"
        return "its planes are unlike any that were trained on"


@dataclass(frozen=True, eq=False)
class ImperfectDomain:
    """Weighted reference planes to compare with, and the unit of their distance."""

    references: SeenPlanes
    unit: float

    def score(self, imperfect: ImperfectSample, seen: SeenPlanes) -> ImperfectScore:
        """Of a sample, from its weighted planes."""
        low, high = LATTICE_TRAINED
        beyond = max(low - imperfect.sample.lattice, imperfect.sample.lattice - high, 0.0) / imperfect.sample.lattice
        counts = {"antisite": len(imperfect.antisites), "vacancy": len(imperfect.vacancies)}
        excess = max([0, *(counts[kind] - most for kind, most in MOST_FLAWS.items())])
        return ImperfectScore(
            substrate=1.0 * (beyond > 0) + beyond / LATTICE_UNIT,
            flaws=1.0 * (excess > 0) + excess,
            novelty=self.novelty(seen) / self.unit,
        )

    def novelty(self, seen: SeenPlanes) -> float:
        """Of a sample: what a tenth of its weighted planes are farther from their nearest reference than."""
        return float(np.quantile(self.distances(seen), 0.9))

    def distances(self, seen: SeenPlanes) -> np.ndarray:
        """(row,) distance of weighted planes to the nearest reference."""
        flaws = squared_distance(seen.flaws, self.references.flaws)
        return np.sqrt((flaws + squared_distance(seen.layers, self.references.layers)).min(axis=1))


def why_untrained(imperfect: ImperfectSample) -> str:
    """Why nothing is predicted of a cell, in words; empty where there were such cells in training."""
    if imperfect.lateral not in PLANES_TRAINED:
        known = " and ".join(f"{n} × {n}" for n in PLANES_TRAINED)
        return f"the forward model was trained on lateral cells of {known}"
    low, high = PLANES_TRAINED[imperfect.lateral]
    if not low <= imperfect.planes <= high:
        return (
            f"the forward model was trained on {low} to {high} planes in a cell of {imperfect.lateral} × "
            f"{imperfect.lateral}, and this one has {imperfect.planes}"
        )
    return ""


def squared_distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(row of one, row of other) |difference|² of rows of features."""
    square = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    return np.maximum(square, 0.0)
