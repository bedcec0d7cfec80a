"""From the networks' guess to the stacks that explain the images, each judged by the exact engine.

Candidates come from a library, from the prior that stacks of many blocks are drawn from, and from the neighbours of the
best one so far. The forward model screens them around the best fit; the exact engine corrects the fits of those that
are most likely. What a candidate costs is the Laplace evidence of its fit and how far its composition lies from the
networks' estimates.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import product
from os import cpu_count

import numpy as np

from core.learning.samples import profile_key
from core.loop.correction import EXACT_ERROR, ExactWork, difference, fitted_exactly, joined
from core.loop.explained import note
from core.loop.fit import LATTICE_RANGE, Problem, State
from core.loop.image import Image
from core.loop.moves import alloys, named, neighbours, plane_neighbours
from core.loop.pictures import NODES_AT_ONCE, Pictures
from core.loop.prior import MISFIT_WEIGHT, Judged, complexity, drawn_stacks
from core.loop.promising import SCALE, features, promise
from core.loop.screening import Screening
from core.reverse.candidates import composition_misfit, rank_by_composition
from core.structure.stack import parse_stack

LIBRARY, DRAWN = 130, 30
"""Candidates of the least misfit: of the library, and of DRAWS stacks of many blocks."""

NEIGHBOUR_EVERY, TOGETHER = 4, 2
"""One pair of candidates in so many has a neighbour of the best; and how many are fitted at once."""

LEARN_FROM, LEARNED_FROM, SIMPLER = 6, 20, 0.6
"""Judgements from which one of a pair is chosen by what was learned, and from which both are; and how much simplicity
counts then."""

BOLDNESS = 1.5
"""Standard deviations below its prediction for which a candidate is tried, the second of a pair."""

POLISHED = 5
"""Rounds in which the fractions of a best candidate's alloys are moved, at most."""

NEAREST, OTHERS, NEAREST_JUDGED = 24, 12, 4
"""Stacks a plane away from a candidate, and others, that the exact engine screens after the forward model has; and how
many are fitted then, half of them the best of sharp Si and Ge: alloys resemble whatever is not found yet."""

ROUNDS, BEAM = 8, 4
"""Candidates that are gone on from plane by plane, and among how many of the best the next one is."""

LIBRARY_SHARE = 1 / 3
"""Of the judgements and the time of a search of bare images, after which it goes on plane by plane."""

FIRST, MOST_EXACT_CUTS = 1e6, 10**6
SCREENING_LIMIT = 16.0
"""Most that a screened cost adds to what decides which candidate is judged next."""

MARGIN = 100.0
"""A fit is given up where its cost will lie above the best one's by more than so much."""

LONGEST = 24
"""Planes of a period that is tried as a neighbour, at most, unless the networks' own candidates are longer."""

MOVED = 0.004
"""Å by which a∥ has to move in a fit for its correction to be made anew."""

SPAN = 0.008
"""Å between the lattice constants of a correction with a slope, at least."""

FIRST_STEPS, STEPS = 12, 8

REFINED, NEAR_WIDTH = 3, 0.6
"""Candidates whose corrections are made anew until a∥ stays; and ML from the best one's width, for its own stack."""

SHORT = 6  # planes of a sharp stack up to which the exact engine screens it: predictions of short periods err most
CLOSE_COST = 500.0
"""Candidates whose costs lie farther apart are not to be compared more exactly."""

EXPLAINED = {True: 0.86, False: 0.45}
"""Weighted squares a pixel that noise and the engine's error explain, of images with a Fermi edge and without one."""

WIDTHS, LEAST_WIDTH = (0.0, 0.5, 1.0, 2.0, 3.0), 0.2
"""ML: interface widths that are tried for the best candidates; those between two tried ones down to so small a gap."""


@dataclass(frozen=True)
class SearchSettings:
    """When a search stops.

    seconds: after which no more candidates are judged. judgements, exact_cuts: at most. patience: judgements without a
    better candidate that end a search whose best one explains the images.
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
        estimates, sizes: the networks' figures and composition, and their typical errors.
        lattice: expected a∥ and its error (Å).
    """

    targets: tuple[Image, ...]
    estimates: dict[str, float]
    sizes: dict[str, float]
    lattice: tuple[float, float]
    judged: dict[tuple[str, float], Judged] = field(default_factory=dict)
    work: ExactWork = field(default_factory=ExactWork)
    first: list[tuple[str, float]] = field(default_factory=list)
    asked: list[tuple[str, float, float | None]] = field(default_factory=list)
    left_out: set[tuple[str, float]] = field(default_factory=set)
    screened: dict[tuple[str, float], float] = field(default_factory=dict)
    seconds: float = 0.0
    threads: int = field(default_factory=lambda: min(TOGETHER, cpu_count() or 1))

    def __post_init__(self):
        origin = self.targets[0].centre.get("kz", 0.0) if "kz" in self.targets[0].fixed else 0.0
        self.pictures = Pictures("forward", origin)
        self.forward = Problem(self.targets, self.pictures, self.lattice)
        self.corrected = Problem(self.targets, self.pictures, self.lattice, EXACT_ERROR)
        self.pool: dict[tuple[str, float], tuple[str, float, float]] = {}
        ranked = rank_by_composition(self.estimates, self.sizes)
        for misfit, stack, mixing in ranked[:LIBRARY]:
            self._add(stack.notation, mixing, misfit)
        others = ((composition_misfit(s, w, self.estimates, self.sizes), s, w) for s, w in drawn_stacks())
        for misfit, stack, mixing in sorted(others, key=lambda row: row[0])[:DRAWN]:
            self._add(stack.notation, mixing, misfit)

    def begin_with(self, stack: str, mixing: float) -> None:
        """Put a candidate of an earlier search before the others."""
        self._add(stack, mixing)
        self.first.append(self._key(stack, mixing))
        self.left_out.discard(self.first[-1])

    def leave_out(self, stack: str, mixing: float) -> None:
        """Do not try what an earlier search has tried, unless somebody asks for it."""
        self.left_out.add(self._key(stack, mixing))

    def _is_open(self, key: tuple[str, float]) -> bool:
        return key not in self.judged and key not in self.left_out

    def ask(self, stack: str, mixing: float, lattice: float | None = None) -> None:
        """Have a person's candidate fitted next, from an a∥ (Å) where one is given, beside the likeliest others."""
        self._add(stack, mixing)
        self.asked.append((stack, mixing, lattice))

    def _answered(self) -> list[tuple[str, float, float]]:
        """Some of what was asked, and is not judged or begins elsewhere: stack, mixing, and the a∥ to begin with."""
        new = {self._key(*one[:2]): one for one in self.asked if one[2] or self._key(*one[:2]) not in self.judged}
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

    def _key(self, stack: str, mixing: float) -> tuple[str, float]:
        return profile_key(parse_stack(stack)), mixing

    def _add(self, stack: str, mixing: float, misfit: float | None = None) -> None:
        key = self._key(stack, mixing)
        if key not in self.pool:
            if misfit is None:
                misfit = composition_misfit(parse_stack(stack), mixing, self.estimates, self.sizes)
            self.pool[key] = (stack, mixing, misfit)

    @property
    def best(self) -> Judged:
        """The candidate of the least cost so far."""
        return min(self.judged.values(), key=lambda one: one.cost)

    def order(self) -> list[Judged]:
        """Judged candidates, that of the least cost first."""
        return sorted(self.judged.values(), key=lambda one: one.cost)

    def steps(self, settings: "SearchSettings", cancelled: Callable[[], bool] = lambda: False) -> Iterator[str]:
        """Notes on what was done, one a step.

        Args:
            settings: when to stop.
            cancelled: asked before each step.
        """
        end = (began := time.monotonic()) + settings.seconds
        stack, mixing, _ = self.pool[self.first[0]] if self.first else next(iter(self.pool.values()))
        begun = self.forward.run(self.forward.start(stack, mixing, self.lattice[0]), FIRST_STEPS, cancelled)
        self._judge(stack, mixing, begun.state)
        yield f"{stack}, the first guess, fitted"
        around, ranking, near, number, last = None, [], [], 0, 0
        share = LIBRARY_SHARE if self.is_bare else 1.0
        library_end = began + share * settings.seconds
        while time.monotonic() < library_end and not self.used_up(settings, share) and not cancelled():
            best = self.best
            key = self._key(best.stack, best.mixing)
            if around != key:
                new = self._moves(best)
                for other, width in new:
                    self._add(other, width)
                around, ranking, last = key, self._ranking(best), number
                names = {self._key(*one) for one in new}
                near = [row for row in ranking if self._key(*row[:2]) in names]
            answered = self._answered()
            if not answered and (not ranking or (number - last >= settings.patience and self.plain(best))):
                break
            if near and number % (TOGETHER * NEIGHBOUR_EVERY) == 0:
                chosen = near[:1]
            elif len(self.judged) < LEARNED_FROM:
                chosen = ranking[:1]
            else:
                chosen = self._promising(ranking, [], 0.0)
            chosen = answered or [*chosen, *self._promising(ranking, chosen, BOLDNESS)]
            ranking, near = ([row for row in rows if row not in chosen] for rows in (ranking, near))
            number += len(chosen)
            found = self._judge_all(best, chosen)
            yield note(found, best, self.best)
        if self.is_bare:
            yield from self._by_planes(end, settings, cancelled)
        while not cancelled() and (answered := self._answered()):
            yield note(self._judge_all(best := self.best, answered), best, self.best)
        yield from self._polished(end, settings.exact_cuts, cancelled)
        self.seconds = time.monotonic() - began
        for one in self._finalists():
            late = time.monotonic() > end + settings.seconds or self.work.cuts >= settings.exact_cuts
            if cancelled() or late:
                return
            self._refine(one)
            yield f"{named(one.stack, one.mixing)} refined until a∥ stays"

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
            rows = [one for one in self.order()[:BEAM] if self._key(one.stack, one.mixing) not in left]
            if not rows or time.monotonic() > end or self.used_up(settings) or cancelled():
                return
            if answered := self._answered():
                yield note(self._judge_all(best, answered), best, self.best)
                continue
            if rows[0] is not best and self.explains(best):
                return
            base = rows[0]
            left.add(self._key(base.stack, base.mixing))
            if not (nearest := self._nearest(base, screened, end, settings.exact_cuts - self.work.cuts)):
                return
            yield note(self._judge_all(best, nearest), best, self.best)

    def _nearest(self, base: Judged, screened: set, end: float, most_cuts: int) -> list[tuple[str, float, float]]:
        """What the exact engine finds most promising around a fit, of stacks a plane away and of others.

        Args:
            base: whose fit it is.
            screened: keys of others that were screened before; more are added.
            end: of the time for it, on the monotonic clock.
            most_cuts: screened at most.

        Returns:
            Stack, mixing, a∥.
        """
        screening = Screening(self.corrected, base.fitted)
        longest = max(LONGEST, len(parse_stack(base.stack).ge_fractions))
        names = dict.fromkeys([*plane_neighbours(base.stack, longest), *neighbours(base.stack)])
        widths = sorted({0.0, base.mixing})
        spelt = {self._key(*one): one for one in product(names, widths)}
        fresh = [one for key, one in spelt.items() if self._is_open(key)]

        def predicted(one: tuple[str, float]) -> float:
            return screening.cost(*one)[0] + complexity(*one)

        def exactly(one: tuple[str, float]) -> tuple[float, str, float, float]:
            if time.monotonic() > end:
                return np.inf, *one, base.fitted.state.lattice
            cost, lattice = screening.exact_cost(*one, self.work)
            return cost + complexity(*one), *one, lattice

        near = sorted(fresh, key=predicted)[:NEAREST]
        known = {self._key(*one) for one in near} | screened
        rows = [row[:2] for row in self._ranking(base) if self._key(*row[:2]) not in known][:OTHERS]
        screened.update(self._key(*one) for one in rows)
        with ThreadPoolExecutor(self.threads) as threads:
            found = sorted(threads.map(exactly, [*near, *rows][:most_cuts]))
        found = [one for one in found if np.isfinite(one[0])]
        plain = [one for one in found if not one[2] and not alloys(one[1])][: NEAREST_JUDGED // 2]
        chosen = [*plain, *(one for one in found if one not in plain)][:NEAREST_JUDGED]
        for one in chosen:
            self._add(*one[1:3])
        return [(name, width, lattice) for _, name, width, lattice in chosen]

    def _polished(self, end: float, most_cuts: int, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Fractions of the alloys of the best candidate, as long as they make it better."""
        for _ in range(POLISHED):
            best = self.best
            moves = [one for one in self._moves(best, polished=True) if self._is_open(self._key(*one))]
            moves = [one for one in moves if alloys(one[0]) != alloys(best.stack)]
            if not moves or time.monotonic() > end or self.work.cuts >= most_cuts or cancelled():
                return
            for move in moves:
                self._add(*move)
            lattice = best.fitted.state.lattice
            found = self._judge_all(best, [(stack, mixing, lattice) for stack, mixing in moves])
            yield note(found, best, self.best)
            if self.best is best:
                return

    def _promising(self, ranking: list, chosen: list, boldness: float) -> list:
        """One candidate of a ranking that, after those judged, may cost least; the first one while few are judged."""
        rows = [row for row in ranking if row not in chosen]
        if not rows or len(self.judged) < LEARN_FROM:
            return rows[:1]
        judged = list(self.judged.values())
        known = np.stack([self._features(one.stack, one.mixing) for one in judged])
        cost = np.array([one.cost for one in judged])
        others = np.stack([self._features(stack, mixing) for stack, mixing, _ in rows])
        extra = [complexity(stack, mixing) / MISFIT_WEIGHT for stack, mixing, _ in rows]
        return [rows[int(np.argmin(promise(known, cost, others, boldness) + SIMPLER * np.array(extra)))]]

    def _features(self, stack: str, mixing: float) -> np.ndarray:
        """What is known of a candidate before it is fitted: its composition, and how it was screened."""
        return np.append(features(stack, mixing), self.screened[self._key(stack, mixing)])

    def _begun(self, base: Judged, stack: str, mixing: float, lattice: float) -> State:
        return replace(base.fitted.state, stack=stack, mixing=mixing, lattice=lattice)

    def _finalists(self) -> list[Judged]:
        """The first candidates, and the widths of the best stack next to its own: all are to be compared converged."""
        order = self.order()
        first = [one for one in order[:REFINED] if one.cost < order[0].cost + CLOSE_COST]
        own = [
            one
            for one in order[1:]
            if one not in first and self._key(one.stack, 0.0)[0] == self._key(order[0].stack, 0.0)[0]
        ]
        near = [one for one in own if abs(one.mixing - order[0].mixing) < NEAR_WIDTH or one.mixing == 0]
        return first + sorted(near, key=lambda one: (one.mixing > 0, abs(one.mixing - order[0].mixing)))[:3]

    def _refine(self, one: Judged) -> None:
        """Corrections made anew until a∥ stays, begun from how the best fit says that the images were measured."""
        best, key = self.best, self._key(one.stack, one.mixing)
        begun = one.fitted
        if one is not best:
            begun = replace(begun, state=self._begun(best, one.stack, one.mixing, one.fitted.state.lattice))
        fitted, work = fitted_exactly(self.forward, begun, rounds=2)
        self.work.cuts += work.cuts
        if fitted.cost < one.fitted.cost or one is best:
            self.judged[key] = replace(one, fitted=fitted)

    def _moves(self, base: Judged, polished: bool = False) -> list[tuple[str, float]]:
        """Stacks a step away from one, and interface widths around its own."""
        own = parse_stack(base.stack)
        longest = max(LONGEST, len(own.ge_fractions))
        names = neighbours(base.stack)
        found = [(name, base.mixing) for name in names if len(parse_stack(name).ge_fractions) <= longest]
        fractions = alloys(base.stack)
        if fractions and not polished:  # they are settled last
            found = [one for one in found if fractions >= alloys(one[0])]
        if len(parse_stack(base.stack).blocks) > 1:
            tried = sorted(m for key, m in self.judged if key == self._key(base.stack, 0.0)[0])
            widths = set(WIDTHS)
            for low, high in zip(tried, tried[1:], strict=False):
                if base.mixing in (low, high) and high - low > LEAST_WIDTH:
                    widths.add(round((low + high) / 2, 2))
            found += [(base.stack, width) for width in sorted(widths)]
        return found

    def _ranking(self, base: Judged) -> list[tuple[str, float, float]]:
        """Candidates not judged yet, the most promising first: stack, mixing, and the a∥ to begin with."""
        screening = Screening(self.forward, base.fitted)
        cost, lattice = {}, {}
        for key, (stack, mixing, _) in self.pool.items():
            short = not (self.is_bare or mixing or alloys(stack)) and len(parse_stack(stack)) <= SHORT
            found = screening.exact_cost(stack, mixing, self.work) if short else screening.cost(stack, mixing)
            cost[key], lattice[key] = found
        least = min(cost.values())
        self.screened = {key: float(np.log1p((value - least) / SCALE)) for key, value in cost.items()}
        rows = [key for key in self.pool if self._is_open(key)]
        place = dict(zip(sorted(rows, key=cost.__getitem__), np.linspace(0, SCREENING_LIMIT, len(rows)), strict=True))

        def unlikely(key: tuple[str, float]) -> float:
            stack, mixing, misfit = self.pool[key]
            likely = MISFIT_WEIGHT * np.log1p(misfit) + complexity(stack, mixing) + place[key]
            return likely - (FIRST if key in self.first else 0.0)

        return [(*self.pool[key][:2], lattice[key]) for key in sorted(rows, key=unlikely)]

    def _judge(self, stack: str, mixing: float, state: State, limit: float = np.inf) -> Judged:
        """A candidate's fit by the exact engine, begun at a state; given up where its cost stays above a limit."""
        state = replace(state, lattice=float(np.clip(state.lattice, *LATTICE_RANGE)))
        self._correct(state)
        fitted = self.corrected.run(state, STEPS, hopeless=limit)
        for _ in range(2):
            if abs(fitted.state.lattice - state.lattice) < MOVED or fitted.cost > limit:
                break
            state = fitted.state
            self._correct(state, slope=True)
            fitted = self.corrected.run(state, STEPS, hopeless=limit)
        key = self._key(stack, mixing)
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
        """Whether an explanation stands out: bare images leave no doubt."""
        return self.explains(one) and self.is_bare

    @property
    def is_bare(self) -> bool:
        """Whether all images show spectral functions alone, without what a measurement adds."""
        return not any(target.edge for target in self.targets)

    def explains(self, one: Judged) -> bool:
        """Whether a candidate leaves nothing but noise and its engine's error of every image."""
        return all(chi <= EXPLAINED[target.edge] for chi, target in zip(one.fitted.chi, self.targets, strict=True))

    @property
    def forward_cuts(self) -> float:
        """Forward cuts used so far."""
        return self.pictures.count / NODES_AT_ONCE
