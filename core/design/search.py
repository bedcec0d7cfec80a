"""The search: the table of levels first, the best verified by the exact engine, then neighbours of many blocks.

A generator of frozen steps, cancellable, with its budget; nothing is random.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.design.answers import ENDS, Design, Sensitivity, Step, pareto_front
from core.design.atlas import atlas
from core.design.figures import FIGURES, KINDS, VALLEYS, Measured, quick, verified
from core.design.growth import Constraints, mean_strain
from core.design.targets import Wanted, curve_cost
from core.engines import AtomicSpectra, engine_named
from core.errors import InputError
from core.forward.model import Prediction, predict
from core.learning.samples import profile_key
from core.loop.moves import plane_neighbours
from core.structure.sample import Sample
from core.structure.stack import parse_stack, two_block

LATTICES = 61
"""In-plane lattice constants tried of every period of the table, evenly spaced over the allowed ones."""

BEST, MIXED = 20, 40
"""Designs that are verified; and of the table, which is of sharp interfaces, that are tried where these are mixed."""

CURVE_LATTICES = 21
"""The same where a drawn band is asked for: a picture is predicted of each sample."""

LOOKED_UP = 100
"""Samples of the table between two looks at the clock."""

REFINEMENTS = 4
"""Steps in a∥ by which a verified design may still be moved."""

STEP = 0.004
"""Å: the first of them."""

NEIGHBOURED = 3
"""Designs whose neighbours are tried."""

ALIKE = 2
"""Monolayers by which a period must differ from a better one of the same a∥ to be another answer."""

ALIKE_LATTICE = 0.03
"""Å: the same a∥."""

SENSED = 6
"""Designs of which it is worked out what a grower's mistakes do."""

MOST_OF_ONE = 2
"""Answers of the same stack, on other substrates."""

UNASKED = KINDS[0], VALLEYS[0]
"""Kind of gap and valley of a sample whose figures nobody asks for."""

TOLERATED_STRAIN = 0.002
"""Error of a∥, as a strain, that a design should bear, beside a monolayer more or less of each block."""


@dataclass(frozen=True)
class SearchSettings:
    """seconds: allowed. excluded: stacks that are no answers. neighbours: whether to leave the table."""

    seconds: float = 300.0
    excluded: tuple[str, ...] = ()
    neighbours: bool = True


@dataclass
class DesignSearch:
    """A search for what is wanted within constraints; iterate `steps()`.

    known: verified answers to the same question, of a search that did not end; they are not verified again.
    """

    wanted: Wanted
    constraints: Constraints = field(default_factory=Constraints)
    settings: SearchSettings = field(default_factory=SearchSettings)
    known: Sequence[Design] = ()

    def __post_init__(self):
        """Nothing is found yet but what is known."""
        self._designs = {design.sample.key: design for design in self.known}
        self._begun = {design.begun for design in self.known}
        self._curve_costs: np.ndarray | None = None
        self._excluded = {profile_key(parse_stack(stack)) for stack in self.settings.excluded}

    def steps(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Step]:
        """Steps until the search stops; the last one says why.

        Raises:
            InputError: the table of levels is missing, or the constraints leave nothing.
        """
        end = time.monotonic() + self.settings.seconds
        if self.wanted.curve:
            for done in self._score():
                if stop := self._stop(cancelled, end):
                    yield self._step("stopped", 1.0, stop)
                    return
                yield self._step("pictures are predicted", 0.3 * done)
        chosen = self._from_table(lambda: bool(self._stop(cancelled, end)))
        if not chosen and (stop := self._stop(cancelled, end)):
            yield self._step("stopped", 1.0, stop)
            return
        if not chosen:
            raise InputError("The constraints leave no period; allow thicker films, other substrates or more strain")
        begun = 0.3 if self.wanted.curve else 0.05
        yield self._step(f"{len(atlas().pairs) * self._lattices().size} samples of the table compared", begun)
        if self.constraints.mixing:
            costs = []
            for sample in chosen:
                if stop := self._stop(cancelled, end):
                    yield self._step("stopped", 1.0, stop)
                    return
                costs.append(self.wanted.cost(self._quick(sample)))
            chosen = [chosen[place] for place in np.argsort(costs, kind="stable")[:BEST]]
            yield self._step(f"{len(costs)} samples tried with mixed interfaces", begun)
        share = 0.55 - begun if self.settings.neighbours else 0.9 - begun
        for number, sample in enumerate(chosen, 1):
            if stop := self._stop(cancelled, end):
                yield self._step("stopped", 1.0, stop)
                return
            note = f"{sample.layers} on {sample.lattice:.4f} Å was verified before"
            if sample.key not in self._begun:
                design = self._verified(sample)
                note = f"{design.sample.layers} on {design.sample.lattice:.4f} Å verified"
            yield self._step(note, begun + share * number / len(chosen))
        if self.settings.neighbours:
            for note, done in self._neighbours():
                if stop := self._stop(cancelled, end):
                    yield self._step("stopped", 1.0, stop)
                    return
                yield self._step(note, 0.55 + 0.35 * done)
        for number, design in enumerate(self._order()[:SENSED], 1):
            if stop := self._stop(cancelled, end):
                yield self._step("stopped", 1.0, stop)
                return
            yield self._step(self._with_sensitivity(design), 0.9 + 0.1 * number / SENSED)
        best = self._order()[0]
        yield self._step("finished", 1.0, ENDS[0] if best.met else ENDS[1])

    def _lattices(self) -> np.ndarray:
        """(lattice,) Å: in-plane lattice constants that are compared."""
        return np.unique(np.linspace(*self.constraints.lattice, CURVE_LATTICES if self.wanted.curve else LATTICES))

    def _score(self) -> Iterator[float]:
        """Predict what the drawn band costs each sample of the table; how many are done."""
        table, lattice = atlas(), self._lattices()
        costs = self._curve_costs = np.full((len(table.pairs), len(lattice)), np.inf)
        for number, pair in enumerate(table.pairs):
            if pair.sum() <= self.constraints.longest:
                stack = two_block(*map(int, pair))
                for at, here in enumerate(lattice):
                    sample = self.constraints.sample(stack, float(here))
                    costs[number, at] = curve_cost(*self._along(predict(sample.crystal())))
            yield (number + 1) / len(costs)

    def _along(self, spectra: Prediction | AtomicSpectra) -> tuple[float, float]:
        """Share of the drawn band that spectra have, and eV by which theirs lies beside it."""
        total, curve = spectra.total(), self.wanted.curve
        return (curve.score(total), curve.off(total)) if curve else (0.0, 0.0)

    def _with_curve(self, found: Measured, spectra: Callable[[], Prediction | AtomicSpectra]) -> Measured:
        if not self.wanted.curve:
            return found
        share, off = self._along(spectra())
        return replace(found, curve=share, off=off)

    def _quick(self, sample: Sample) -> Measured:
        """What is expected of a sample: its figures, where any is asked for, and the drawn band."""
        found = quick(sample) if self.wanted.asks_figures else Measured(dict.fromkeys(FIGURES, np.nan), *UNASKED)
        return self._with_curve(found, lambda: predict(sample.crystal()))

    def _exact(self, sample: Sample) -> Measured:
        return self._with_curve(verified(sample), lambda: engine_named("exact").solve(sample.crystal()))

    def _from_table(self, stopped: Callable[[], bool]) -> list[Sample]:
        """The best of the table that constraints allow, no two alike."""
        table, limits, lattice = atlas(), self.constraints, self._lattices()
        counts = table.pairs
        fits = (counts.sum(axis=1) <= limits.longest) & (
            (counts.min(axis=1) == 0) | ((counts >= limits.thinnest) & (counts <= limits.thickest)).all(axis=1)
        )
        cost = self.wanted.costs(*table.figures(lattice)) + (0.0 if self._curve_costs is None else self._curve_costs)
        cost = np.where(fits[:, None], cost, np.inf)
        off_centre = self.wanted.off_centre(table.figures(lattice)[0])
        order = np.column_stack(np.unravel_index(np.lexsort((off_centre.ravel(), cost.ravel())), cost.shape))
        chosen: list[tuple[np.ndarray, float, Sample]] = []
        for number, (pair, at) in enumerate(order):
            if np.isinf(cost[pair, at]) or (number % LOOKED_UP == LOOKED_UP - 1 and stopped()):
                break
            counts, here = table.pairs[pair], float(lattice[at])
            distances = [(abs(counts - other).sum(), abs(here - there)) for other, there, _ in chosen]
            if any(off < ALIKE and apart < ALIKE_LATTICE for off, apart in distances):
                continue
            if sum(off == 0 for off, _ in distances) == MOST_OF_ONE:
                continue
            stack = two_block(*map(int, counts))
            if profile_key(stack) in self._excluded:
                continue
            sample = self.constraints.sample(stack, here)
            if not self.constraints.obstacle(sample):
                chosen.append((counts, here, sample))
            if len(chosen) == (MIXED if limits.mixing else BEST):
                break
        return [sample for _, _, sample in chosen]

    def _verified(self, sample: Sample) -> Design:
        """A sample moved in a∥ to where it costs least; quick figures are corrected by what the exact ones differ."""
        start, exact = self._quick(sample), self._exact(sample)
        best = design = self._design(sample, exact)
        step = STEP
        for _ in range(REFINEMENTS):
            if best.cost == 0.0:
                break
            moved = (best.sample.changed(lattice=round(best.sample.lattice + s, 5)) for s in (step, -step))
            found = [self._design(one, _shifted(self._quick(one), start, exact)) for one in moved if self._allowed(one)]
            better = min(found, key=lambda one: one.cost, default=best)
            best, step = (better, step) if better.cost < best.cost else (best, step / 3)
        if best is not design:
            refined = self._design(best.sample, self._exact(best.sample))
            design = min(design, refined, key=lambda one: one.cost)
        design = replace(design, exact=True, predicted=self._quick(design.sample), begun=sample.key)
        self._keep(design)
        return design

    def _neighbours(self) -> Iterator[tuple[str, float]]:
        """Stacks a plane away from the best, unless these meet everything already."""
        for number in range(NEIGHBOURED):
            order = self._order()
            if order[0].cost == 0.0 or number >= len(order):
                return
            start = order[number]
            names = plane_neighbours(start.sample.stack, self.constraints.longest)
            tried = [start.sample.changed(stack=name) for name in names]
            fresh = [one for one in tried if self._allowed(one) and profile_key(one.layers) not in self._excluded]
            found = []
            for count, sample in enumerate(fresh, 1):
                found.append(self._design(sample, self._quick(sample)))
                if count % 10 == 0:
                    yield (
                        f"{count} neighbours of {start.sample.layers} tried",
                        (number + count / len(fresh)) / NEIGHBOURED,
                    )
            for one in sorted(found, key=lambda one: one.cost)[:2]:
                if one.cost < order[-1].cost and one.sample.key not in self._begun:
                    self._verified(one.sample)
            yield f"neighbours of {start.sample.layers} tried", (number + 1) / NEIGHBOURED

    def _with_sensitivity(self, design: Design) -> str:
        """Work out what the errors of a grower do to a design, by quick figures corrected as in `_verified`."""
        note = f"what a grower may get wrong of {design.sample.layers}"
        if design.sensitivity:
            return note
        rows, start = [], self._quick(design.sample)
        for change, sample in mistakes(design.sample):
            found = _shifted(self._quick(sample), start, design.measured)
            rows.append(Sensitivity(change, self.wanted.cost(found), self.wanted.met(found)))
        self._designs[design.sample.key] = replace(design, sensitivity=tuple(rows))
        return note

    def _design(self, sample: Sample, measured: Measured) -> Design:
        return Design(sample, measured, self.wanted.cost(measured), self.wanted.met(measured), mean_strain(sample))

    def _allowed(self, sample: Sample) -> bool:
        try:
            return not self.constraints.obstacle(sample)
        except InputError:
            return False

    def _keep(self, design: Design) -> None:
        self._designs[design.sample.key] = design

    def _order(self) -> list[Design]:
        def place(one: Design) -> tuple:
            held = sum(row.met for row in one.sensitivity)
            return one.cost, -held, len(one.sample.layers.blocks), len(one.sample.layers)

        return sorted(self._designs.values(), key=place)

    def _step(self, note: str, done: float, stop: str = "") -> Step:
        designs = self._order()
        front = pareto_front(self.wanted, designs)
        return Step(note, done, tuple(replace(d, front=f) for d, f in zip(designs, front, strict=True)), stop)

    def _stop(self, cancelled: Callable[[], bool], end: float) -> str:
        if cancelled():
            return "cancelled"
        return "budget" if time.monotonic() > end else ""


def _shifted(measured: Measured, start: Measured, exact: Measured) -> Measured:
    """Quick figures, corrected by what exact ones of a sample nearby differ from its quick ones."""
    figures = {name: value + exact.figures[name] - start.figures[name] for name, value in measured.figures.items()}
    curve = float(np.clip(measured.curve + exact.curve - start.curve, 0.0, 1.0))
    return replace(measured, figures=figures, curve=curve, off=max(0.0, measured.off + exact.off - start.off))


def mistakes(sample: Sample) -> Iterator[tuple[str, Sample]]:
    """What a grower may get wrong: a monolayer more or less of each block, TOLERATED_STRAIN more or less of a∥."""
    blocks = list(sample.layers.repeat_unit[0].blocks)
    for place, block in enumerate(blocks if len(blocks) > 1 else []):
        for change in (1, -1):
            if block.monolayers + change >= 1:
                changed = [replace(b, monolayers=b.monolayers + change * (i == place)) for i, b in enumerate(blocks)]
                stack = type(sample.layers)(tuple(changed))
                yield _signed(f"{change:+d} ML of block {place + 1}"), sample.changed(stack=stack.notation)
    for sign in (1, -1):
        lattice = sample.lattice * (1 + sign * TOLERATED_STRAIN)
        yield _signed(f"{100 * sign * TOLERATED_STRAIN:+.1f} % of strain"), sample.changed(lattice=round(lattice, 5))


def _signed(text: str) -> str:
    return text.replace("-", "−")
