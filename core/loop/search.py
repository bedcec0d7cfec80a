"""From the networks' guess to the stacks that explain the images, each judged by the exact engine.

Candidates come from a library, from the prior that stacks of many blocks are drawn from, and from the neighbours of the
best one so far. The forward model screens them around the best fit; the exact engine corrects the fits of those that
are most likely. What a candidate costs is the Laplace evidence of its fit and how far its composition lies from the
networks' estimates.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import product
from os import cpu_count

import numpy as np

from core.loop.clock import Clock
from core.loop.correction import CORRECTED_ERROR, ExactWork, difference, fitted_exactly, joined
from core.loop.explained import note
from core.loop.fit import LATTICE_RANGE, Correction, CorrectionKey, Fitted, Problem, State
from core.loop.image import Image
from core.loop.moves import ALONG_STEP, LONGEST, alloys, along, moves_from, named, neighbours, plane_neighbours, uniform
from core.loop.pictures import NODES_AT_ONCE, Pictures
from core.loop.pool import Key, Pool, key_of
from core.loop.posterior import ranked
from core.loop.prior import Judged, complexity
from core.loop.ranking import Ranking, Row, finalists, is_short
from core.loop.screening import Screening
from core.structure.stack import parse_stack

NEIGHBOUR_EVERY, TOGETHER = 4, 2
"""One pair of candidates in so many has a neighbour of the best; and how many are fitted at once."""

LEARNED_FROM = 20
"""Judgements from which both of a pair are chosen by what was learned; before, one is."""

BOLDNESS = 1.5
"""Standard deviations below its prediction for which a candidate is tried, the second of a pair."""

POLISHED = 5
"""Rounds in which the fractions of a best candidate's alloys are moved, at most."""

ALONG_STEPS, ALONG_COST = 8, 160.0
"""Steps of an alloy's fraction to either side of the best one, at most, and what they may cost more than it: with a∥
and the energy scale the fraction of an alloy is told badly, and an interval has to reach as far as images allow."""

AGAIN, NEARLY, CHANGED = 6, 300.0, 100.0
"""Candidates that are fitted again, at most, from how the best fit says that the images were measured: those that it
predicts to cost so little more than the best one, and so much less than they did."""

RESCREENED = 40.0
"""Screening is made anew around a best fit that costs so much less."""

STANDS_OUT = 400.0  # more than a candidate cost all others, where it explains a measured image without doubt

NEAREST, OTHERS, NEAREST_JUDGED = 24, 12, 4
"""Stacks a plane away from a candidate, and others, that the exact engine screens after the forward model has; and how
many are fitted then, half of them the best of sharp Si and Ge: alloys resemble whatever is not found yet."""

ROUNDS, BEAM = 8, 4
"""Candidates that are gone on from plane by plane, and among how many of the best the next one is."""

LIBRARY_SHARE = 1 / 3
"""Of the judgements and the time of a search of bare images, after which it goes on plane by plane."""

MOST_EXACT_CUTS = 10**6

MARGIN = 100.0
"""A fit is given up where its cost will lie above the best one's by more than so much."""

MOVED = 0.004
"""Å by which a∥ has to move in a fit for its correction to be made anew."""

FIRST_STEPS, STEPS = 12, 8
EXPLAINED = {True: 0.86, False: 0.45}
"""Weighted squares a pixel that noise and the engine's error explain, of images with a Fermi edge and without one."""


@dataclass(frozen=True)
class SearchSettings:
    """When a search stops trying stacks anew; following an alloy's fraction and fitting stacks again come on top.

    seconds: after which no more are tried. judgements, exact_cuts: after which no more are. patience: judgements
    without a better candidate that end a search whose best one explains the images.
    """

    seconds: float = 60.0
    judgements: int = 48
    exact_cuts: int = MOST_EXACT_CUTS
    patience: int = 16


@dataclass
class Search:
    """Candidates of some images.

    Args:
        targets: images of one sample.
        pool: of candidates; more join it.
        lattice: expected a∥ and its error (Å).
        fidelity: of the theory that judges, `tight-binding` (the exact engine) or `dft` (the forward model of it).
    """

    targets: tuple[Image, ...]
    pool: Pool
    lattice: tuple[float, float]
    fidelity: str = "tight-binding"
    judged: dict[tuple[str, float], Judged] = field(default_factory=dict)
    work: ExactWork = field(default_factory=ExactWork)
    first: list[Key] = field(default_factory=list)
    asked: list[tuple[str, float, float | None]] = field(default_factory=list)
    left_out: set[tuple[str, float]] = field(default_factory=set)
    seconds: float = 0.0
    clock: Clock = field(default_factory=Clock)
    threads: int = field(default_factory=lambda: min(TOGETHER, cpu_count() or 1))

    def __post_init__(self):
        known = dict.fromkeys(target.centre["kz"] for target in self.targets if "kz" in target.fixed)
        self.pictures = Pictures("forward", tuple(known) or (0.0,), fidelity=self.fidelity)
        self.forward = Problem(self.targets, self.pictures, self.lattice)
        self.corrected = Problem(self.targets, self.pictures, self.lattice, CORRECTED_ERROR[self.fidelity])
        self.ranking = Ranking(self.forward, self.pool, self.is_bare, self.work)

    def begin_with(self, stack: str, mixing: float) -> None:
        """Put a candidate of an earlier search before the others."""
        self.first.append(self.pool.add(stack, mixing))
        self.left_out.discard(self.first[-1])

    def leave_out(self, stack: str, mixing: float) -> None:
        """Do not try what an earlier search has tried, unless somebody asks for it."""
        self.left_out.add(key_of(stack, mixing))

    def _is_open(self, key: tuple[str, float]) -> bool:
        return key not in self.judged and key not in self.left_out

    def ask(self, stack: str, mixing: float, lattice: float | None = None) -> None:
        """Have a person's candidate fitted next, from an a∥ (Å) where one is given, beside the likeliest others."""
        self.pool.add(stack, mixing)
        self.asked.append((stack, mixing, lattice))

    def _answered(self) -> list[tuple[str, float, float]]:
        """Some of what was asked, and is not judged or begins elsewhere: stack, mixing, and the a∥ to begin with."""
        new = {key_of(*one[:2]): one for one in self.asked if one[2] or key_of(*one[:2]) not in self.judged}
        rows, self.asked = list(new.values())[:TOGETHER], list(new.values())[TOGETHER:]
        return [(stack, mixing, lattice or self.best.fitted.state.lattice) for stack, mixing, lattice in rows]

    def spent(self, settings: "SearchSettings") -> bool:
        """Whether time or judgements ran out."""
        return self.seconds >= settings.seconds or self.used_up(settings)

    def used_up(self, settings: "SearchSettings", share: float = 1.0) -> bool:
        """Whether a share of the judgements or exact cuts ran out."""
        return len(self.judged) >= share * settings.judgements or self.work.cuts >= share * settings.exact_cuts

    def unexplained(self, one: Judged) -> float:
        """How much more than noise and the engine's error a candidate leaves, as a ratio; 1 where nothing."""
        pairs = zip(one.fitted.chi, self.targets, strict=True)
        return max(1.0, max(chi / EXPLAINED[target.edge] for chi, target in pairs))

    @property
    def best(self) -> Judged:
        """The candidate of the least cost so far."""
        return min(self.judged.values(), key=lambda one: one.cost)

    def order(self) -> list[Judged]:
        """Judged candidates, that of the least cost first."""
        return sorted(self.judged.values(), key=lambda one: one.cost)

    def steps(self, settings: "SearchSettings", cancelled: Callable[[], bool] = lambda: False) -> Iterator[str]:
        """Notes on what was done, one a step; the time that whoever iterates takes between two is not counted.

        Args:
            settings: when to stop.
            cancelled: asked before each step.
        """
        for said in self._steps(settings, cancelled):
            with self.clock.stopped():
                yield said

    def _steps(self, settings: "SearchSettings", cancelled: Callable[[], bool]) -> Iterator[str]:
        began = self.clock()
        stack, mixing, _ = self.pool[self.first[0] if self.first else next(iter(self.pool))]
        begun = self.forward.start(stack, mixing, self.lattice[0])
        if self.fidelity == "tight-binding":
            self._judge(stack, mixing, self.forward.run(begun, FIRST_STEPS, cancelled).state)
        else:  # what another theory predicts would lead astray
            self._converge(stack, mixing, self.forward.run(begun, 0))
        yield f"{stack}, the first guess, fitted"
        if self.left_out:  # candidates of an earlier search, which take no time from new ones
            yield from self._asked(cancelled)
            began = self.clock()
        end = began + settings.seconds
        around, ranking, near, number, last = None, [], [], 0, 0
        share = LIBRARY_SHARE if self.is_bare else 1.0
        library_end = began + share * settings.seconds
        while self.clock() < library_end and not self.used_up(settings, share) and not cancelled():
            best = self.best
            key = key_of(best.stack, best.mixing)
            if around != key:
                new = self._moves(best)
                for other, width in new:
                    self.pool.add(other, width)
                around, last = key, number
                ranking = self._ranked_around(best)
                names = {key_of(*one) for one in new}
                near = [row for row in ranking if key_of(*row[:2]) in names]
            answered = self._answered()
            if not answered and (not ranking or (number - last >= settings.patience and self.plain(best))):
                break
            judged = list(self.judged.values())
            if near and number % (TOGETHER * NEIGHBOUR_EVERY) == 0:
                chosen = near[:1]
            elif len(judged) < LEARNED_FROM:
                chosen = ranking[:1]
            else:
                chosen = self.ranking.promising(ranking, [], judged, 0.0)
            chosen = answered or [*chosen, *self.ranking.promising(ranking, chosen, judged, BOLDNESS)]
            ranking, near = ([row for row in rows if row not in chosen] for rows in (ranking, near))
            number += len(chosen)
            found = self._judge_all(best, chosen)
            yield note(found, best, self.best)
        if self.is_bare:
            yield from self._by_planes(end, settings, cancelled)
        yield from self._asked(cancelled)
        yield from self._polished(end, settings.exact_cuts, cancelled)
        yield from self._along(end, settings, cancelled)
        if again := self._overtaken():
            best = self.best
            yield note(self._judge_all(best, again), best, self.best)
        self.seconds = self.clock() - began
        for one in finalists(self.order()):
            late = self.clock() > end + settings.seconds or self.work.cuts >= settings.exact_cuts
            if cancelled() or late:
                return
            self._refine(one)
            yield f"{named(one.stack, one.mixing)} refined until a∥ stays"

    def _asked(self, cancelled: Callable[[], bool]) -> Iterator[str]:
        while not cancelled() and (answered := self._answered()):
            yield note(self._judge_all(best := self.best, answered), best, self.best)

    def _judge_all(self, best: Judged, rows: list[tuple[str, float, float]]) -> list[Judged]:
        """Candidates (stack, mixing, a∥), begun where the best one stands, side by side."""
        limit = best.fitted.cost + MARGIN
        with ThreadPoolExecutor(self.threads) as threads:
            return list(threads.map(lambda row: self._judge(row[0], row[1], self._begun(best, *row), limit), rows))

    def _by_planes(self, end: float, settings: "SearchSettings", cancelled: Callable[[], bool]) -> Iterator[str]:
        """From the best candidates plane by plane, until none that is a plane away from the best one is better."""
        left: set[tuple[str, float]] = set()
        screened: set[tuple[str, float]] = set()
        for _ in range(ROUNDS):
            best = self.best
            rows = [one for one in self.order()[:BEAM] if key_of(one.stack, one.mixing) not in left]
            if not rows or self.clock() > end or self.used_up(settings) or cancelled():
                return
            if answered := self._answered():
                yield note(self._judge_all(best, answered), best, self.best)
                continue
            if rows[0] is not best and self.explains(best):
                return
            base = rows[0]
            left.add(key_of(base.stack, base.mixing))
            if not (nearest := self._nearest(base, screened, end, settings.exact_cuts - self.work.cuts)):
                return
            yield note(self._judge_all(best, nearest), best, self.best)

    def _nearest(self, base: Judged, screened: set, end: float, most_cuts: int) -> list[tuple[str, float, float]]:
        """What the exact engine finds most promising around a fit, of stacks a plane away and of others.

        Args:
            base: whose fit it is.
            screened: keys of others that were screened before; more are added.
            end: of the time for it, on `clock`.
            most_cuts: screened at most.

        Returns:
            Stack, mixing, a∥.
        """
        screening = Screening(self.corrected, base.fitted)
        longest = max(LONGEST, len(parse_stack(base.stack).ge_fractions))
        names = dict.fromkeys([*plane_neighbours(base.stack, longest), *neighbours(base.stack)])
        widths = sorted({0.0, base.mixing})
        spelt = {key_of(*one): one for one in product(names, widths)}
        fresh = self.pool.allowed(one for key, one in spelt.items() if self._is_open(key))

        def predicted(one: tuple[str, float]) -> float:
            return screening.cost(*one)[0] + complexity(*one)

        def exactly(one: tuple[str, float]) -> tuple[float, str, float, float]:
            if self.clock() > end:
                return np.inf, *one, base.fitted.state.lattice
            cost, lattice = screening.exact_cost(*one, self.work)
            return cost + complexity(*one), *one, lattice

        near = sorted(fresh, key=predicted)[:NEAREST]
        known = {key_of(*one) for one in near} | screened
        self.ranking.around(base.fitted, self.corrected.corrections)
        rows = [row[:2] for row in self.ranking.rows(self._is_open) if key_of(*row[:2]) not in known][:OTHERS]
        screened.update(key_of(*one) for one in rows)
        with ThreadPoolExecutor(self.threads) as threads:
            found = sorted(threads.map(exactly, [*near, *rows][:most_cuts]))
        found = [one for one in found if np.isfinite(one[0])]
        plain = [one for one in found if not one[2] and not alloys(one[1])][: NEAREST_JUDGED // 2]
        chosen = [*plain, *(one for one in found if one not in plain)][:NEAREST_JUDGED]
        for one in chosen:
            self.pool.add(*one[1:3])
        return [(name, width, lattice) for _, name, width, lattice in chosen]

    def _polished(self, end: float, most_cuts: int, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Fractions of the alloys of the best candidate, as long as they make it better."""
        for _ in range(POLISHED):
            best = self.best
            moves = [one for one in self._moves(best, polished=True) if self._is_open(key_of(*one))]
            moves = [one for one in moves if alloys(one[0]) != alloys(best.stack)]
            if not moves or self.clock() > end or self.work.cuts >= most_cuts or cancelled():
                return
            for move in moves:
                self.pool.add(*move)
            lattice = best.fitted.state.lattice
            found = self._judge_all(best, [(stack, mixing, lattice) for stack, mixing in moves])
            yield note(found, best, self.best)
            if self.best is best:
                return

    def _ranked_around(self, best: Judged) -> list[Row]:
        """Open candidates, screened around the best fit or one that costs little more."""
        if best.fitted.cost < self.ranking.base - RESCREENED:
            self.ranking.around(best.fitted, self.corrected.corrections)
        return self.ranking.rows(self._is_open, self.first)

    def _along(self, end: float, settings: SearchSettings, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Alloys richer and poorer in Ge, as far as they explain the images about as well as the best candidate.

        Those of the most probable candidate, and the crystal without interfaces of its mean composition.
        """
        left = settings.judgements - 1
        likeliest = ranked(self.judged.values())[0][0]
        mean = uniform(float(parse_stack(likeliest.stack).ge_fractions.mean()))
        bases = {key_of(mean, 0.0): mean} | {key_of(likeliest.stack, likeliest.mixing): likeliest.stack}
        bases = {key: stack for key, stack in bases.items() if self.pool.allowed([(stack, 0.0)])}
        for (_, mixing), stack in bases.items():
            for number, sign in product(range(len(parse_stack(stack).blocks)), (1, -1)):
                one = likeliest
                for other in [stack, *along(stack, number, sign * ALONG_STEP)[:ALONG_STEPS]]:
                    late = self.clock() > end or self.work.cuts >= settings.exact_cuts or cancelled()
                    if late or not left or one.cost > self.best.cost + ALONG_COST:
                        break
                    best, known = self.best, self.judged.get(self.pool.add(other, mixing))
                    if other == stack and known:
                        one = known
                        continue
                    left -= 1
                    state = self._begun(one, other, mixing, one.fitted.state.lattice)
                    one = self._converge(other, mixing, replace(one.fitted, state=state))
                    yield note([one], best, self.best)

    def _overtaken(self) -> list[Row]:
        """Candidates judged before it was known how the images were measured, that would cost far less by now."""
        best, rows = self.best, []
        screening = Screening(self.corrected, best.fitted)
        own = screening.cost(best.stack, best.mixing, own=True)[0]
        for one in self.order()[1:]:
            cost, lattice = screening.cost(one.stack, one.mixing, own=True)
            more = cost - own + (one.cost - one.fitted.evidence) - (best.cost - best.fitted.evidence)
            if more < NEARLY and more < one.cost - best.cost - CHANGED:
                rows.append((more, (one.stack, one.mixing, lattice)))
        return [row for _, row in sorted(rows)[:AGAIN]]

    def _begun(self, base: Judged, stack: str, mixing: float, lattice: float) -> State:
        return replace(base.fitted.state, stack=stack, mixing=mixing, lattice=lattice)

    def _refine(self, one: Judged) -> None:
        """Corrections made anew until a∥ stays, begun from how the best fit says that the images were measured."""
        best = self.best
        begun = one.fitted
        if one is not best:
            begun = replace(begun, state=self._begun(best, one.stack, one.mixing, one.fitted.state.lattice))
        self._converge(one.stack, one.mixing, begun, always=one is best)

    def _converge(self, stack: str, mixing: float, begun: Fitted, always: bool = False) -> Judged:
        """A candidate's fit with corrections made anew until a∥ stays, kept where it is better than the one before."""
        kept: dict[CorrectionKey, Correction] = {}
        fitted, work = fitted_exactly(self.forward, begun, rounds=2, kept=kept)
        self.work.cuts += work.cuts
        key = self.pool.add(stack, mixing)
        one = Judged(stack, mixing, fitted, self.pool[key][2])
        known = self.judged.get(key)
        if always or known is None or one.cost < known.cost:
            self.judged[key] = one
            self.corrected.corrections.update(kept)  # it is drawn, and others are compared with it, as it was fitted
        return self.judged[key]

    def _moves(self, base: Judged, polished: bool = False) -> list[tuple[str, float]]:
        """Stacks a step away from one, and interface widths around its own."""
        own = key_of(base.stack, 0.0)[0]
        tried = sorted(mixing for profile, mixing in self.judged if profile == own)
        return self.pool.allowed(moves_from(base.stack, base.mixing, tried, polished))

    def _judge(self, stack: str, mixing: float, state: State, limit: float = np.inf) -> Judged:
        """A candidate's fit by the exact engine, begun at a state; given up where its cost stays above a limit."""
        state = replace(state, lattice=float(np.clip(state.lattice, *LATTICE_RANGE)))
        if not self.is_bare and is_short(stack, mixing):
            limit = np.inf
        self._correct(state)
        fitted = self.corrected.run(state, STEPS, hopeless=limit)
        for _ in range(2):
            if abs(fitted.state.lattice - state.lattice) < MOVED or fitted.cost > limit:
                break
            state = fitted.state
            self._correct(state, slope=True)
            fitted = self.corrected.run(state, STEPS, hopeless=limit)
        key = key_of(stack, mixing)
        one = Judged(stack, mixing, fitted, self.pool[key][2])
        self.judged[key] = min(one, self.judged.get(key, one), key=lambda known: known.cost)
        return self.judged[key]

    def _correct(self, state: State, slope: bool = False) -> None:
        """What the exact engine adds to the forward model's signal at a state; a slope joins it to the one before."""
        for number in range(len(self.targets)):
            key = (state.stack, state.mixing, number)
            found = difference(self.corrected, state, number, state.lattice, self.work)
            known = self.corrected.corrections.get(key)
            self.corrected.corrections[key] = joined(known, found) if slope and known else found

    def plain(self, one: Judged) -> bool:
        """Whether an explanation stands out: bare images leave no doubt, others where no other stack comes near."""
        if not self.explains(one) or self.is_bare:
            return self.explains(one)
        own = key_of(one.stack, 0.0)[0]
        rivals = [other.cost for (profile, _), other in self.judged.items() if profile != own]
        return bool(rivals) and min(rivals) > one.cost + STANDS_OUT

    @property
    def is_bare(self) -> bool:
        """Whether all images show spectral functions alone, without what a measurement adds."""
        return not any(target.edge for target in self.targets)

    def explains(self, one: Judged) -> bool:
        """Whether a candidate leaves nothing but noise and its engine's error of every image."""
        return all(chi <= EXPLAINED[target.edge] for chi, target in zip(one.fitted.chi, self.targets, strict=True))

    @property
    def forward_cuts(self) -> float:
        """Used so far."""
        return self.pictures.count / NODES_AT_ONCE
