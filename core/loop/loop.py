"""The loop itself: a generator of frozen steps from a first guess to a verdict."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np

from core.loop.hints import Hint, hints
from core.loop.moves import neighbours
from core.loop.refine import LOOSE, Fit, Prior, compared, free_parameters, refined
from core.reverse.candidates import composition_misfit, rank_by_composition
from core.reverse.cut import Cut
from core.reverse.distance import Target
from core.reverse.guess import Guess, Predictor, View, exact_picture
from core.reverse.inference import Estimate, Inference, infer
from core.reverse.quantities import QUANTITIES, crystal_figures
from core.structure.sample import Sample
from core.structure.stack import parse_stack

MISFIT_WEIGHT = 8.0
"""How much a deviation of the composition from the reverse model's estimates counts."""

TRUSTED = 0.012
"""Distance at which the loop's word on a figure counts as much as the reverse model's; chosen on validation stacks."""

LOOP_KNOWS = (
    "lattice_in_plane", "strain_silicon", "ge_fraction", "interface_width",
    "bond_length_si_si", "bond_length_si_ge", "bond_length_ge_ge",
)  # fmt: skip
"""Figures that the loop tells better than the reverse model alone."""

UNEXPLAINED = 0.03
"""Distance that matrix elements and the forward model's own error leave even for the right stack."""

AGREES = 1.5
"""The loop agrees with the image when its distance is within so many times noise and UNEXPLAINED."""

NOISE_ONLY = 0.6
"""Share of noise in an image's ridges above which there is nothing to compare with."""

WIDTHS = (0.0, 0.8, 1.6, 3.0)
"""ML: interface widths that are tried."""

TOGETHER = 4
"""Neighbours that are compared in one step."""

FURTHER = 30
"""Stacks of the library beyond the reverse model's candidates that are compared once the view is settled."""

TEMPERATURE = 8.0
"""What costs are divided by for probabilities: neighbouring values of an image's ridges are not independent, nor is
what the forward model gets wrong in them. Chosen by the likelihood of clean images of validation stacks."""

PROGRESS = 0.5
"""Fall of the cost (−2 log probability) that counts as progress."""

EXACT_AGREES = 0.03
"""Difference of the distances by the exact engine and by the forward model up to which they agree."""

NORMAL_90 = 1.645

STOPS = {
    "agreement": "The reconstruction agrees with the image within noise.",
    "no progress": "No move brings the reconstruction closer.",
    "budget": "The allowed number of predictions is used up.",
    "cancelled": "Stopped by hand.",
    "outside the domain": "The image is outside what the models know.",
    "noise only": "The image holds no bands above its noise.",
}
"""Why a loop ends."""


@dataclass(frozen=True)
class LoopSettings:
    """budget: forward predictions. beams: candidates that are refined side by side. rounds: of neighbour moves."""

    budget: int = 300
    beams: int = 4
    rounds: int = 8
    exact: bool = True


@dataclass(frozen=True)
class RankedCandidate:
    """A stack that the loop has tried: its best distance, and its probability among all that were."""

    stack: str
    mixing: float
    lattice: float
    distance: float
    probability: float


@dataclass(frozen=True, eq=False)
class Step:
    """Where the loop stands.

    number: from 0. note: what was done. guess: the best so far. distance: of it. noise: distance that noise alone
    makes. predictions: used so far. candidates: most probable first. stop_reason: of STOPS, empty while it goes on.
    """

    number: int
    note: str
    guess: Guess
    distance: float
    noise: float
    predictions: int
    candidates: tuple[RankedCandidate, ...]
    stop_reason: str = ""

    def document(self) -> dict:
        """Plain JSON, for one line of output."""
        return {
            "step": self.number,
            "note": self.note,
            "stack": self.guess.stack,
            "substrate": f"{self.guess.lattice:.4f} Å",
            "mixing": round(self.guess.mixing, 3),
            "views": [{name: _plain(value) for name, value in asdict(view).items()} for view in self.guess.views],
            "residual": round(self.distance, 4),
            "noise": round(self.noise, 4),
            "predictions": self.predictions,
            "candidates": [asdict(c) | {"probability": round(c.probability, 4)} for c in self.candidates[:5]],
        } | ({"stop_reason": self.stop_reason} if self.stop_reason else {})  # fmt: skip


def guesses_of(document: dict) -> list[Guess]:
    """The guesses that a step's document names: the best one, and its candidates seen as it was."""
    views = tuple(View(**view) for view in document["views"])
    best = Guess(Sample(document["stack"], document["substrate"], document["mixing"]), views)
    others = [Guess(Sample.on_lattice(c["stack"], c["lattice"], c["mixing"]), views) for c in document["candidates"]]
    return [best, *others]


def _plain(value: str | float) -> str | float:
    return value if isinstance(value, str) else round(float(value), 5)


class Loop:
    """A closed loop over one or several calibrated cuts of a sample.

    Iterate `steps()`; then `result()` gives the document that the command line prints. Everything between two steps is
    kept in this object, and nothing outside it.
    """

    def __init__(self, cuts: list[Cut], settings: LoopSettings | None = None, found: Inference | None = None):
        """Read the images first.

        Raises:
            InputError: as `infer`.
        """
        self.settings = settings or LoopSettings()
        self.found = found or infer(cuts)
        self.targets = tuple(Target(one.image) for one in self.found.images)
        self.known = tuple(
            {name for name, is_known in (("kz", cut.kz is not None), ("bend", np.isfinite(cut.radius))) if is_known}
            for cut in cuts
        )
        self.predict = Predictor()
        self.views = self.found.candidates[0].views
        self.prior = self._prior()
        self.fits: dict[str, Fit] = {}
        self.errors: dict[str, dict] = {}
        self.scales = tuple(max(target.noise, UNEXPLAINED) for target in self.targets)
        self.last: Step | None = None
        self.first_distance = 1.0
        self.before: dict | None = None

    @property
    def noise(self) -> float:
        """Mean over the images."""
        return float(np.mean([target.noise for target in self.targets]))

    def take_up(self, first: dict, last: dict) -> None:
        """Go on from the documents of the first and the last step of an earlier run of the same images."""
        self.before, self.first_distance, self.predict.count = last, float(first["residual"]), int(last["predictions"])

    def steps(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Step]:
        """Steps until the loop stops; the last one names why."""
        start = 0 if self.before is None else self.before["step"] + 1
        for number, (note, stop) in enumerate(self._moves(cancelled), start):
            self.last = self._step(number, note, stop)
            if number == 0:
                self.first_distance = self.last.distance
            yield self.last
            if stop:
                return

    def _moves(self, cancelled) -> Iterator[tuple[str, str]]:
        settings = self.settings
        if self.before is None:
            yield from self._first_moves(cancelled)
        else:
            for guess in guesses_of(self.before):
                self._compare(guess)
            yield "taken up where it was left", self._stop(cancelled)
        tried: set[str] = set()
        for _ in range(settings.rounds):
            best = self._ranked()[0]
            before = self.fits[best].cost
            if best in tried:
                break
            tried.add(best)
            if self._try_widths(best):
                yield f"{best} with other interface widths", self._stop(cancelled)
            new = [name for name in neighbours(best) if name not in self.fits]
            for start in range(0, len(new), TOGETHER):
                for name in new[start : start + TOGETHER]:
                    self._compare(self.fits[best].guess.changed(stack=name))
                yield f"neighbours of {best}: {', '.join(new[start : start + TOGETHER])}", self._stop(cancelled)
            for name in self._ranked()[: settings.beams]:
                self._refine(name)
                yield f"{name} refined", self._stop(cancelled)
            leader = self._ranked()[0]
            if leader == best and before - self.fits[best].cost < PROGRESS:
                break
        yield "last comparison", "agreement" if self._agrees() else "no progress"

    def _try_widths(self, name: str) -> bool:
        """Compare a stack with other interface widths: a slope at zero width shows no way out of it."""
        guess = self.fits[name].guess
        if not guess.mixes:
            return False
        for width in WIDTHS:
            if abs(width - guess.mixing) > 0.3:
                self._compare(guess.changed(mixing=width))
        return True

    def _first_moves(self, cancelled) -> Iterator[tuple[str, str]]:
        candidates, note = self.found.candidates, "first guess of the reverse model"
        self._compare(self._guess(candidates[0].stack, candidates[0].mixing))
        if self.noise > NOISE_ONLY:
            yield note, "noise only"
        elif not self.found.in_domain:
            yield note, "outside the domain"
        else:
            yield note, ""
            for candidate in candidates[1:]:
                self._compare(self._guess(candidate.stack, candidate.mixing))
            yield f"{len(candidates)} candidates of the reverse model", self._stop(cancelled)
            best = self._ranked()[0]
            for _ in range(2):
                self._refine(best)
                yield f"{best} refined", self._stop(cancelled)
            views = self.fits[best].guess
            more = rank_by_composition(self.found.estimates, self.found.sizes)[len(candidates) :][:FURTHER]
            for start in range(0, len(more), TOGETHER):
                for _, stack, mixing in more[start : start + TOGETHER]:
                    self._compare(views.changed(stack=stack.notation, mixing=mixing))
                yield "more stacks like it", self._stop(cancelled)
            for name in self._ranked()[: self.settings.beams]:
                for _ in range(2):
                    self._refine(name)
                    yield f"{name} refined", self._stop(cancelled)

    def _stop(self, cancelled) -> str:
        if cancelled():
            return "cancelled"
        return "budget" if self.predict.count >= self.settings.budget else ""

    def _agrees(self) -> bool:
        fit = self.fits[self._ranked()[0]]
        return all(
            distance <= AGREES * (target.noise + UNEXPLAINED)
            for distance, target in zip(fit.distances, self.targets, strict=True)
        )

    def _compare(self, guess: Guess) -> None:
        fit = compared(guess.within_limits(), self.targets, self.scales, self.prior, self.predict)
        if guess.stack not in self.fits or fit.cost < self.fits[guess.stack].cost:
            self.fits[guess.stack] = fit

    def _refine(self, name: str) -> None:
        self.fits[name], errors = refined(
            self.fits[name], self.targets, self.scales, self.prior, self.known, self.predict
        )
        keys = free_parameters(self.fits[name].guess, self.known)
        if len(keys) == len(errors):
            self.errors[name] = dict(zip(keys, errors.tolist(), strict=True))

    def _cost(self, name: str) -> float:
        fit = self.fits[name]
        misfit = composition_misfit(parse_stack(name), fit.guess.mixing, self.found.estimates, self.found.sizes)
        return fit.cost + MISFIT_WEIGHT * misfit

    def _ranked(self) -> list[str]:
        """Stacks, most probable first; the scale of what no guess explains follows the best one."""
        nearest = min(self.fits.values(), key=lambda fit: fit.distance)
        scales = tuple(
            max(target.noise, UNEXPLAINED, distance)
            for target, distance in zip(self.targets, nearest.distances, strict=True)
        )
        if scales != self.scales:
            self.scales = scales
            for name, fit in self.fits.items():
                cost = sum(t.independent * d / s for t, d, s in zip(self.targets, fit.distances, scales, strict=True))
                self.fits[name] = replace(fit, cost=cost + self.prior.misfit(fit.guess))
        return sorted(self.fits, key=self._cost)

    def _ranked_candidates(self) -> tuple[RankedCandidate, ...]:
        names = self._ranked()
        cost = np.array([self._cost(name) for name in names])
        weight = np.exp(-0.5 * (cost - cost[0]) / TEMPERATURE)
        weight /= weight.sum()
        rows = zip(names, weight.tolist(), strict=True)
        return tuple(
            RankedCandidate(n, f.guess.mixing if f.guess.mixes else 0.0, f.guess.lattice, round(f.distance, 5), p)
            for n, p, f in ((n, p, self.fits[n]) for n, p in rows)
        )

    def _step(self, number: int, note: str, stop: str) -> Step:
        tried = self._ranked_candidates()
        best = self.fits[tried[0].stack]
        return Step(number, note, best.guess, best.distance, self.noise, self.predict.count, tried, stop)

    def _guess(self, stack: str, mixing: float) -> Guess:
        return Guess(Sample.on_lattice(stack, self.found.candidates[0].lattice, mixing), self.views)

    def _prior(self) -> Prior:
        """The reverse model's own estimates, and how far views may stray."""
        found = self.found
        known = {
            ("lattice", -1): (found.estimates["lattice_in_plane"], found.sizes["lattice_in_plane"]),
            ("mixing", -1): (max(found.estimates["interface_width"], 0.0), found.sizes["interface_width"]),
        }
        for i, view in enumerate(self.views):
            for name, size in LOOSE.items():
                if name not in self.known[i]:
                    known[name, i] = (getattr(view, name), size)
        return Prior(known)

    def result(self) -> dict:
        """What the loop found, as plain JSON; the winner is verified by the exact engine."""
        last = self.last
        document = self.found.document()
        document |= {
            "descriptors": {
                name: {"value": e.value, "low": e.low, "high": e.high, "unit": e.unit}
                for name, e in self.descriptors().items()
            },
            "candidates": [
                {"stack": c.stack, "substrate": f"{c.lattice:.4f} Å", "mixing": round(c.mixing, 3),
                 "probability": round(c.probability, 4), "residual": c.distance}
                for c in last.candidates[:10]
            ],
            "residual_start": round(self.first_distance, 4),
            "residual_end": round(last.distance, 4),
            "noise": round(self.noise, 4),
            "predictions": self.predict.count,
            "stop_reason": last.stop_reason,
            "hints": [hint.document() for hint in self.hints()],
            "exact_check": self.exact_check() if self.settings.exact else None,
        }  # fmt: skip
        return document

    def hints(self) -> list[Hint]:
        """What may explain the residual of a loop without agreement; nothing of images that are not known."""
        if self.last.stop_reason in ("agreement", "noise only", "outside the domain"):
            return []

        def distance(guess: Guess) -> float:
            return float(np.mean([t.distance(self.predict.picture(guess, i)) for i, t in enumerate(self.targets)]))

        return hints(self.last.guess, self.last.distance, self.noise + UNEXPLAINED, distance)

    def exact_check(self) -> dict:
        """The winner's distance by the exact engine beside the forward model's."""
        guess = self.last.guess
        exact = float(np.mean([t.distance(exact_picture(guess, i)) for i, t in enumerate(self.targets)]))
        return {
            "residual_exact": round(exact, 4),
            "residual_forward": round(self.last.distance, 4),
            "agrees": abs(exact - self.last.distance) <= EXACT_AGREES,
        }

    def descriptors(self) -> dict[str, Estimate]:
        """The reverse model's figures, sharpened by the loop.

        Its word on LOOP_KNOWS is the mean over the probable stacks, with a spread from theirs and from the curvature of
        the best one. It counts the more, the better the reconstruction agrees with the image.
        """
        found = dict(self.found.descriptors)
        if self.last.stop_reason in ("noise only", "outside the domain"):
            return found
        probable = [c for c in self.last.candidates if c.probability > 0.01]
        weight = np.array([c.probability for c in probable])
        weight /= weight.sum()
        rows = []
        for c in probable:
            crystal = self.fits[c.stack].guess.crystal
            rows.append(crystal_figures(crystal, c.mixing))
        errors = self.errors.get(probable[0].stack, {})
        own = {
            "lattice_in_plane": errors.get(("lattice", -1), 0.0),
            "interface_width": errors.get(("mixing", -1), 0.0),
        }
        share = 1 / (1 + self.last.distance / TRUSTED)
        for name in LOOP_KNOWS:
            if name not in found:
                continue
            values, quantity, read = np.array([row[name] for row in rows]), QUANTITIES[name], found[name]
            mean = float(weight @ values)
            spread = float(np.sqrt(weight @ (values - mean) ** 2 + own.get(name, 0.0) ** 2))
            read_half = (read.high - read.low) / 2
            half = share * max(NORMAL_90 * spread, 0.3 * read_half) + (1 - share) * read_half
            mean = share * mean + (1 - share) * read.value
            ends = (round(float(np.clip(x, quantity.low, quantity.high)), 5) for x in (mean, mean - half, mean + half))
            found[name] = Estimate(*ends, quantity.unit)  # type: ignore[call-arg]
        return found
