"""Answers of a search: designs with their figures and what they bear, its steps, and the front of the answers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.design.figures import Measured
from core.design.targets import Wanted, curve_cost
from core.structure.sample import Sample

ENDS = ("met", "nothing meets all targets")
"""Reasons to stop after which a search has nothing more to do; after others it can go on."""


@dataclass(frozen=True)
class Sensitivity:
    """One thing that a grower may get wrong, the cost with it, and whether all that is asked for is still met."""

    change: str
    cost: float
    met: bool


@dataclass(frozen=True)
class Design:
    """An answer: its sample and figures, its cost, and whether it is all that is asked for.

    exact: whether its figures are verified. predicted: what was expected of them before.
    strain: mean of the period, not in percent. sensitivity: of the best ones.
    front: whether no other answer is better in one target and no worse in the others. begun: key of the sample of the
    table, or of a neighbour, that was moved in a∥ to this one.
    """

    sample: Sample
    measured: Measured
    cost: float
    met: bool
    strain: float
    exact: bool = False
    predicted: Measured | None = None
    sensitivity: tuple[Sensitivity, ...] = ()
    front: bool = False
    begun: str = ""

    def document(self) -> dict:
        """Plain JSON."""
        return {
            "sample": self.sample.document(),
            "curve": round(self.measured.curve, 4),
            "off": round(self.measured.off, 5),
            "figures": _plain(self.measured.figures),
            "predicted": _plain(self.predicted.figures) if self.predicted else None,
            "kind": self.measured.kind,
            "valley": self.measured.valley,
            "cost": _finite(self.cost),
            "met": self.met,
            "exact": self.exact,
            "strain": round(self.strain, 6),
            "front": self.front,
            "begun": self.begun,
            "sensitivity": [vars(one) | {"cost": _finite(one.cost)} for one in self.sensitivity],
        }

    @classmethod
    def from_document(cls, document: Mapping) -> "Design":
        """The inverse of `document`, but for what is rounded there, and the share of a drawn band predicted before."""
        kind, valley, given = document["kind"], document["valley"], document["predicted"]
        return cls(
            Sample.from_document(document["sample"]),
            Measured(_known(document["figures"]), kind, valley, document["curve"], document["off"]),
            _cost(document["cost"]), document["met"], document["strain"], document["exact"],
            Measured(_known(given), kind, valley) if given else None,
            tuple(Sensitivity(**one | {"cost": _cost(one["cost"])}) for one in document["sensitivity"]),
            document["front"], document["begun"],
        )  # fmt: skip


@dataclass(frozen=True)
class Step:
    """Where the search stands: what was done, the share that is done, the designs so far, best first."""

    note: str
    done: float
    designs: tuple[Design, ...]
    stop_reason: str = ""

    def document(self) -> dict:
        """Plain JSON."""
        return {
            "note": self.note, "done": round(self.done, 3), "designs": [one.document() for one in self.designs],
            "stop_reason": self.stop_reason,
        }  # fmt: skip


def pareto_front(wanted: Wanted, designs: list[Design]) -> list[bool]:
    """Whether no other design misses each target by no more, and one by less.

    A kind of gap and a valley are met or missed; of a drawn band, what is not there is missed.
    """
    if not designs:
        return []
    miss = np.nan_to_num([_misses(wanted, design.measured) for design in designs], posinf=1e9)
    no_worse = (miss[None] <= miss[:, None]).all(axis=2)
    better = (miss[None] < miss[:, None]).any(axis=2)
    return [not bool(row) for row in (no_worse & better).any(axis=1)]


def _misses(wanted: Wanted, found: Measured) -> list[float]:
    """Of each thing that is asked for."""
    return [
        *(float(target.miss(np.array(found.figures[target.figure]))) for target in wanted.targets),
        *([float(found.kind not in wanted.kinds)] if wanted.kinds else []),
        *([float(found.valley not in wanted.valleys)] if wanted.valleys else []),
        *([float(curve_cost(found.curve, found.off))] if wanted.curve else []),
    ]


def _finite(cost: float) -> float | None:
    """A cost in a document; None where a sample has no such figure."""
    return round(cost, 4) if np.isfinite(cost) else None


def _plain(figures: dict[str, float]) -> dict[str, float | None]:
    return {name: None if np.isnan(value) else round(value, 5) for name, value in figures.items()}


def _cost(given: float | None) -> float:
    return math.inf if given is None else float(given)


def _known(figures: Mapping[str, float | None]) -> dict[str, float]:
    return {name: math.nan if value is None else float(value) for name, value in figures.items()}
