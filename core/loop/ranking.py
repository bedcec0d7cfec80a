"""Which candidates are worth a fit next: screened around the best fit so far, and learned from those judged."""

from collections.abc import Callable, Collection, Mapping

import numpy as np

from core.loop.correction import ExactWork
from core.loop.fit import Correction, CorrectionKey, Fitted, Problem
from core.loop.moves import alloys
from core.loop.pool import Key, Pool, key_of
from core.loop.prior import MISFIT_WEIGHT, Judged, complexity
from core.loop.promising import SCALE, features, promise
from core.loop.screening import Screening
from core.structure.stack import parse_stack

SCREENING_LIMIT = 16.0
"""Most that a screened cost adds to what decides which candidate is judged next."""

SHORT = 6
"""Planes of a sharp stack up to which the exact engine screens it, and no fit of it is given up: predictions of short
periods err most, and change most with a∥."""

LEARN_FROM, SIMPLER = 6, 0.6
"""Judgements from which candidates are chosen by what was learned; and how much simplicity counts then."""

REFINED, NEAR_WIDTH = 3, 0.6
"""Candidates whose corrections are made anew until a∥ stays; and ML from the best one's width, for its own stack."""

CLOSE_COST = 500.0
"""Candidates whose costs lie farther apart are not to be compared more exactly."""

Row = tuple[str, float, float]
"""Stack, interface width (ML), and the a∥ (Å) to begin with."""


def is_short(stack: str, mixing: float) -> bool:
    """Whether a candidate is a sharp stack of Si and Ge of at most SHORT planes."""
    return not mixing and not alloys(stack) and len(parse_stack(stack)) <= SHORT


def finalists(order: list[Judged]) -> list[Judged]:
    """The first candidates, and the widths of the best stack next to its own: all are to be compared converged."""
    first = [one for one in order[:REFINED] if one.cost < order[0].cost + CLOSE_COST]
    own = [one for one in order[1:] if one not in first and key_of(one.stack, 0.0)[0] == key_of(order[0].stack, 0.0)[0]]
    near = [one for one in own if abs(one.mixing - order[0].mixing) < NEAR_WIDTH or one.mixing == 0]
    return first + sorted(near, key=lambda one: (one.mixing > 0, abs(one.mixing - order[0].mixing)))[:3]


class Ranking:
    """Candidates screened around one fit.

    Args:
        problem: that screens; what the exact engine adds to its predictions is kept in it.
        pool: of candidates.
        is_bare: whether the images show spectral functions alone.
        work: counts the use of the exact engine.
    """

    def __init__(self, problem: Problem, pool: Pool, is_bare: bool, work: ExactWork):
        self.problem, self.pool, self.is_bare, self.work = problem, pool, is_bare, work
        self.base = np.inf
        self._screening: Screening | None = None
        self._cost: dict[Key, float] = {}
        self._lattice: dict[Key, float] = {}
        self._screened: dict[Key, float] = {}

    def around(self, fitted: Fitted, corrections: Mapping[CorrectionKey, Correction]) -> None:
        """Screen all candidates anew, around another fit; corrections: that it was made with.

        By DFT it is drawn with its own, and others with the same: tight binding's bands would be held against DFT's.
        """
        if self.problem.pictures.fidelity == "dft":
            own = fitted.state.stack, fitted.state.mixing
            self.problem.corrections |= {key: one for key, one in corrections.items() if key[:2] == own}
        self._screening, self.base = Screening(self.problem, fitted), fitted.cost
        self._cost, self._lattice = {}, {}

    def rows(self, is_open: Callable[[Key], bool], first: Collection[Key] = ()) -> list[Row]:
        """Open candidates, the most promising first.

        Args:
            is_open: whether a candidate is still to be judged.
            first: what goes before all others.
        """
        for key in self.pool:
            if key not in self._cost:
                self._cost[key], self._lattice[key] = self._screen(*self.pool[key][:2])
        least = min(self._cost.values())
        self._screened = {key: float(np.log1p((value - least) / SCALE)) for key, value in self._cost.items()}
        rows = sorted(filter(is_open, self.pool), key=self._cost.__getitem__)
        place = dict(zip(rows, np.linspace(0, SCREENING_LIMIT, len(rows)), strict=True))

        def unlikely(key: Key) -> tuple[bool, float]:
            stack, mixing, misfit = self.pool[key]
            return key not in first, MISFIT_WEIGHT * np.log1p(misfit) + complexity(stack, mixing) + place[key]

        return [(*self.pool[key][:2], self._lattice[key]) for key in sorted(rows, key=unlikely)]

    def _screen(self, stack: str, mixing: float) -> tuple[float, float]:
        assert self._screening is not None, "screened around no fit"
        told_badly = not self.is_bare or self.problem.pictures.fidelity == "dft"
        if told_badly and is_short(stack, mixing):
            return self._screening.exact_cost(stack, mixing, self.work)
        return self._screening.cost(stack, mixing)

    def promising(self, rows: list[Row], chosen: list[Row], judged: list[Judged], boldness: float) -> list[Row]:
        """One of some rows that, after those judged, may cost least; the first one while few are judged."""
        rows = [row for row in rows if row not in chosen]
        if not rows or len(judged) < LEARN_FROM:
            return rows[:1]
        known = np.stack([self._features(one.stack, one.mixing) for one in judged])
        cost = np.array([one.cost for one in judged])
        others = np.stack([self._features(stack, mixing) for stack, mixing, _ in rows])
        extra = [complexity(stack, mixing) / MISFIT_WEIGHT for stack, mixing, _ in rows]
        return [rows[int(np.argmin(promise(known, cost, others, boldness) + SIMPLER * np.array(extra)))]]

    def _features(self, stack: str, mixing: float) -> np.ndarray:
        """What is known of a candidate before it is fitted: its composition, and how it was screened."""
        return np.append(features(stack, mixing), self._screened[key_of(stack, mixing)])
