"""The loop itself: a generator of frozen steps from a first guess to a verdict.

The networks propose, a search over stacks disposes: every candidate is fitted to the images as a measurement of it
would look, with the exact engine's spectra. What is found is a mixture of candidates, with intervals.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from core.loop.correction import THEORY_LATTICE_ERROR
from core.loop.decisive import Decision, ambiguity, decision
from core.loop.expected import image_to_fit, lattice_expected
from core.loop.explained import first_sentence, refined_sentence, sentence
from core.loop.fit import Problem, State
from core.loop.flaws import told_flaws
from core.loop.frame import Frame, frame_of
from core.loop.hints import Hint, hints
from core.loop.moves import named
from core.loop.pool import Key, Pool, key_of
from core.loop.posterior import Weighted, mixture, ranked, tracked
from core.loop.prior import Judged
from core.loop.search import Search, SearchSettings
from core.reverse.cut import Cut
from core.reverse.distance import Target
from core.reverse.guess import Guess, Predictor, View
from core.reverse.inference import Estimate, Inference, infer, strain_ends
from core.reverse.quantities import LOCAL_QUANTITIES, QUANTITIES
from core.structure.sample import Sample

TRUSTED_TO = 1.3
"""Times what noise and the engine's error explain: a best candidate that leaves more says nothing of the sample."""

DISAGREES = 1.5
"""Mean squared deviation of the best composition from the networks', in units of their errors, from which intervals
hold both words."""

NOISE_ONLY = 0.6
"""Share of noise in an image's ridges above which there is nothing to compare with."""

HINT_FLOOR = 0.03
"""Distance of ridges that matrix elements and the forward model's own error leave even for the right stack."""

FORWARD_AGREES = 1.5
"""Squares a pixel, in units of noise and its own error bar, that the forward model may leave of the right stack."""

TRACKED = ("lattice_in_plane", "ge_fraction")
"""Figures whose intervals each step has."""

STOPS = {
    "agreement": "The reconstruction agrees with the image within noise.",
    "no progress": "No stack that was tried brings the reconstruction closer.",
    "budget": "The allowed time or number of candidates is used up.",
    "cancelled": "Stopped by hand.",
    "outside the domain": "The image is outside what the models know.",
    "noise only": "The image holds no bands above its noise.",
}
"""Why a loop ends."""


@dataclass(frozen=True)
class LoopSettings:
    """How a loop works.

    search: when to stop. exact: whether the forward model is compared with the exact engine at the end. fidelity: of
    the theory that candidates are judged by, `tight-binding` (the exact engine) or `dft` (the forward model of it).
    """

    search: SearchSettings = SearchSettings()
    exact: bool = True
    fidelity: str = "tight-binding"


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

    number: from 0. note: what was done. guess: the best so far. distance: squares a pixel that it leaves, in units of
    noise and the engine's error; noise: 1. predictions: forward cuts used so far. exact_cuts: of the exact engine.
    candidates: most probable first. stop_reason: of STOPS, empty while it goes on. sentence: what the step has shown.
    intervals: value and ends of the 90 % interval of TRACKED. tried: stack and width (ML) of what was judged.
    fidelity: of the theory that judged it, see `LoopSettings`.
    """

    number: int
    note: str
    guess: Guess
    distance: float
    noise: float
    predictions: int
    exact_cuts: int
    candidates: tuple[RankedCandidate, ...]
    stop_reason: str = ""
    sentence: str = ""
    intervals: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    tried: tuple[tuple[str, float], ...] = ()
    fidelity: str = "tight-binding"

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
            "exact_cuts": self.exact_cuts,
            "fidelity": self.fidelity,
            "candidates": [asdict(c) | {"probability": round(c.probability, 4)} for c in self.candidates[:5]],
            "sentence": self.sentence,
            "intervals": {name: [round(x, 5) for x in ends] for name, ends in self.intervals.items()},
            "tried": [list(one) for one in self.tried],
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
        images = tuple(image_to_fit(*pair) for pair in zip(self.found.images, cuts, strict=True))
        pool = Pool(self.found.estimates, self.found.sizes, self.found.known)
        self.search = Search(images, pool, lattice_expected(self.found), self.settings.fidelity)
        self.last: Step | None = None
        self.first_distance: float | None = None
        self.before: dict | None = None
        self._rivals: set[Key] = set()
        self._known: dict[tuple[str, float], Judged] = {}
        self._best: tuple[Judged, Frame] | None = None

    def take_up(self, earlier: list[dict]) -> None:
        """Go on from the documents of the steps of an earlier run of the same images.

        What it has tried is not tried again, but for its best candidates, which are fitted anew; until they are, the
        probabilities are those of the earlier run.
        """
        last = earlier[-1]
        self.before, self.first_distance = last, float(earlier[0]["residual"])
        self._rivals = {key_of(one["stack"], float(one["mixing"])) for one in last["candidates"]}
        for stack, mixing in (one for step in earlier for one in step.get("tried", ())):
            self.search.leave_out(stack, float(mixing))
        self.search.begin_with(last["stack"], float(last["mixing"]))
        for candidate in last["candidates"]:
            self.search.ask(candidate["stack"], float(candidate["mixing"]))

    def watch(self, show: Callable[[Problem, State], None]) -> None:
        """Have each state that the search looks at shown, from several threads; it changes nothing."""
        self.search.forward.watch = self.search.corrected.watch = show

    @property
    def best_frame(self) -> Frame | None:
        """The best fit so far as it draws the first image; None before the first one."""
        return self._best[1] if self._best else None

    def steps(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Step]:
        """Steps until the loop stops; the last one names why."""
        number = 0 if self.before is None else self.before["step"] + 1
        for note, stop in self._moves(cancelled):
            self.last = replace(self._step(number, note, stop), fidelity=self.settings.fidelity)
            if self.first_distance is None:
                self.first_distance = self.last.distance
            number += 1
            yield self.last

    def _moves(self, cancelled) -> Iterator[tuple[str, str]]:
        if max(target.noise for target in self.targets) > NOISE_ONLY:
            yield "first guess of the reverse model", "noise only"
        elif not self.found.in_domain:
            yield "first guess of the reverse model", "outside the domain"
        elif cancelled():
            yield "first guess of the reverse model", "cancelled"
        else:
            yield "first guess of the reverse model" if self.before is None else "taken up where it was left", ""
            for note in self.search.steps(self.settings.search, cancelled):
                yield note, ""
            yield "last comparison", self._reason(cancelled())

    def _reason(self, cancelled: bool) -> str:
        if cancelled:
            return "cancelled"
        if self.search.explains(self.likeliest):
            return "agreement"
        return "budget" if self.search.spent(self.settings.search) else "no progress"

    def _step(self, number: int, note: str, stop: str) -> Step:
        search = self.search
        if not search.judged:
            return self._first_step(number, note, stop)
        candidates = self._candidates()
        best = self.likeliest
        tried = [one for key, one in search.judged.items() if self._known.get(key) is not one]
        new = tuple((one.stack, one.mixing) for one in tried if self._is_new(one))
        said, self._known = self._told(note, tried, best, stop), dict(search.judged)
        return Step(
            number, note, self._guess(best), float(np.mean(best.fitted.chi)), 1.0,
            round(search.forward_cuts) + self._used("predictions"), search.work.cuts + self._used("exact_cuts"),
            tuple(candidates), stop, said, self._intervals(), new,
        )  # fmt: skip

    def _is_new(self, one: Judged) -> bool:
        return all((one.stack, one.mixing) != (other.stack, other.mixing) for other in self._known.values())

    def _told(self, note: str, tried: list[Judged], best: Judged, stop: str) -> str:
        """A step in one sentence; keeps how the best fit draws the first image."""
        frame = replace(frame_of(self.search.corrected, best.fitted.state), chi=float(np.mean(best.fitted.chi)))
        before, self._best = self._best, (best, frame)
        if stop:
            return STOPS[stop]
        if before is None:
            return first_sentence(best.stack, float(np.mean(best.fitted.chi)))
        if not tried and "tried" in note:
            return f"Begun elsewhere, the fit finds nothing better than {named(best.stack, best.mixing)} as it was."
        if not tried or not any(self._is_new(one) for one in tried):
            moved = tried[0] if tried else best
            earlier = next(
                (o for o in self._known.values() if (o.stack, o.mixing) == (moved.stack, moved.mixing)), moved
            )
            return refined_sentence(
                named(moved.stack, moved.mixing), moved.fitted.state.lattice, earlier.fitted.state.lattice
            )
        return sentence(tried, before[0], best, before[1], self._best[1])

    def _intervals(self) -> dict[str, tuple[float, float, float]]:
        """What `descriptors` says of TRACKED."""
        networks = {name: e for name in TRACKED if (e := self.found.descriptors.get(name))}
        if not self.is_trusted:
            return {name: (e.value, e.low, e.high) for name, e in networks.items()}
        found = tracked(self._weighted(), self.search.unexplained(self.likeliest))
        return {name: self._held(name, *found[name]) for name in networks}

    def _first_step(self, number: int, note: str, stop: str) -> Step:
        """What the networks alone say, compared as a measurement of it would look; or where an earlier run was left."""
        if self.before is not None:
            return self._taken_up(self.before, number, note, stop)
        first, problem = self.found.candidates[0], self.search.corrected
        distance = float(np.mean(problem.misfit(problem.start(first.stack, first.mixing, first.lattice))[1]))
        ranked = [RankedCandidate(c.stack, c.mixing, c.lattice, distance, c.probability) for c in self.found.candidates]
        said = STOPS[stop] if stop else f"The networks read the image and propose {first.stack}; nothing is fitted yet."
        return Step(
            number, note, first.guess, distance, 1.0, round(self.search.forward_cuts), 0, tuple(ranked), stop, said,
            self._intervals(),
        )  # fmt: skip

    def _taken_up(self, last: dict, number: int, note: str, stop: str) -> Step:
        """Where an earlier run was left, by its last document."""
        intervals = {name: tuple(ends) for name, ends in (last.get("intervals") or {}).items()}
        said = STOPS[stop] if stop else "Taken up where it was left; the best candidates are fitted again."
        return Step(
            number, note, guesses_of(last)[0], float(last["residual"]), 1.0, int(last["predictions"]),
            int(last.get("exact_cuts", 0)), tuple(self._candidates()), stop, said, intervals,
        )  # fmt: skip

    def _used(self, what: str) -> int:
        """Cuts that an earlier run had used."""
        return 0 if self.before is None else int(self.before.get(what, 0))

    @property
    def is_settled(self) -> bool:
        """Whether the candidates of an earlier run, where there was one, are fitted anew and can be compared."""
        return self.before is None or (bool(self.search.judged) and self._rivals <= set(self.search.judged))

    def _candidates(self) -> list[RankedCandidate]:
        if self.before and not self.is_settled:
            return [RankedCandidate(**candidate) for candidate in self.before["candidates"]]
        return [
            RankedCandidate(
                one.stack, one.mixing, one.fitted.state.lattice, round(float(np.mean(one.fitted.chi)), 4), share
            )
            for one, share in ranked(self.search.judged.values())
        ]

    def _guess(self, one: Judged) -> Guess:
        """A fit as a guess that pages can draw."""
        state, views = one.fitted.state, []
        for number, (target, nuisance) in enumerate(zip(self.search.targets, state.nuisances, strict=True)):
            parts = self.search.corrected.parts(state, number)
            known = nuisance.scalars
            views.append(
                View(
                    target.cut, known["level"], known["kz"], known["k_stretch"], known["kz_width"], known["bend"],
                    known["resolution"], known["lifetime"],
                    float(parts.background.mean() / max(float(parts.signal.mean()), 1e-9)), known["e_stretch"],
                )
            )  # fmt: skip
        return Guess(Sample.on_lattice(one.stack, state.lattice, one.mixing), tuple(views)).within_limits()

    def result(self) -> dict:
        """What the loop found, as plain JSON."""
        last, exact, document = self.last, self.settings.exact, self.found.document()
        said = self.descriptors().items()
        figures = {name: {"value": e.value, "low": e.low, "high": e.high, "unit": e.unit} for name, e in said}
        return document | {
            "descriptors": figures,
            "figures_from": "candidates" if self.is_trusted else "networks",
            "candidates": [
                {"stack": c.stack, "substrate": f"{c.lattice:.4f} Å", "mixing": round(c.mixing, 3),
                 "probability": round(c.probability, 4), "residual": c.distance}
                for c in last.candidates[:10]
            ],
            "residual_start": round(self.first_distance, 4),
            "residual_end": round(last.distance, 4),
            "noise": round(last.noise, 4),
            "predictions": last.predictions,
            "exact_cuts": last.exact_cuts,
            "fidelity": self.settings.fidelity,
            "tried": len(self.search.judged),
            "widths_tried": self._widths_tried(),
            "unexplained": round(self.search.unexplained(self.likeliest), 3) if self.search.judged else None,
            "stop_reason": last.stop_reason,
            "hints": [hint.document() for hint in self.hints()],
            "ambiguity": ambiguity(self._left(), self.search.pictures) if self.is_trusted else "",
            "decide": None if (next_cut := self.decision()) is None else next_cut.document(),
            "exact_check": self.exact_check() if exact else None,
            "flaws": told_flaws(self.search.forward, self.likeliest.fitted) if exact and self.is_trusted else [],
        }  # fmt: skip

    def _widths_tried(self) -> bool:
        """Whether the best candidate's stack was fitted with more than one interface width."""
        judged = self.search.judged
        own = key_of(self.likeliest.stack, 0.0)[0] if judged else None
        return sum(profile == own for profile, _ in judged) > 1

    def hints(self) -> list[Hint]:
        """What may explain the residual of a loop without agreement; nothing of images that are not known.

        Nor by DFT: explanations are drawn by tight binding, whose distance to it would count as a flaw.
        """
        if self.last.stop_reason in ("agreement", "noise only", "outside the domain"):
            return []
        if self.settings.fidelity == "dft":
            return []
        predict = Predictor()

        def distance(guess: Guess) -> float:
            return float(np.mean([t.distance(predict.picture(guess, i)) for i, t in enumerate(self.targets)]))

        noise = float(np.mean([target.noise for target in self.targets]))
        return hints(self.last.guess, distance(self.last.guess), noise + HINT_FLOOR, distance)

    def decision(self) -> Decision | None:
        """Which measurement would tell the candidates that are left apart."""
        if not self.is_trusted:
            return None
        view = self.last.guess.views[0]
        return decision(self._left(), view.cut, view.kz, self.search.pictures)

    def _left(self) -> list[tuple[str, float, float, float]]:
        """Candidates as (stack, mixing, a∥, probability)."""
        return [(c.stack, c.mixing, c.lattice, c.probability) for c in self.last.candidates]

    def exact_check(self) -> dict | None:
        """What the winner leaves by the exact engine, and by the forward model with its error bar; None by DFT."""
        if not self.search.judged or self.settings.fidelity == "dft":
            return None
        best, search = self.likeliest, self.search
        alone = Problem(search.targets, search.pictures, search.lattice)
        forward = float(np.mean(alone.run(best.fitted.state, 6).chi))
        exact = float(np.mean(best.fitted.chi))
        return {
            "residual_exact": round(exact, 4),
            "residual_forward": round(forward, 4),
            "agrees": forward <= max(FORWARD_AGREES, exact),
        }

    @property
    def likeliest(self) -> Judged:
        """The candidate that is named, drawn and judged by: the most probable one."""
        return ranked(self.search.judged.values())[0][0]

    @property
    def is_trusted(self) -> bool:
        """Whether the best candidate explains the images well enough to say what the sample is."""
        return bool(self.search.judged) and self.search.unexplained(self.likeliest) <= TRUSTED_TO

    def descriptors(self) -> dict[str, Estimate]:
        """Figures with intervals: of the mixture of candidates, unless the best one is far from explaining the images.

        What no candidate explains is an error of the theory or another material: then the networks' intervals, which
        widen with what they leave, are the honest ones.
        """
        found = dict(self.found.descriptors)
        search = self.search
        if not self.is_trusted:
            return found
        quantities = QUANTITIES | LOCAL_QUANTITIES
        said = mixture(self._weighted(), search.pictures, search.unexplained(self.likeliest))
        said["strain_silicon"] = strain_ends(said["lattice_in_plane"])
        for name, ends in said.items():
            if name in found:
                found[name] = Estimate(*self._held(name, *ends), quantities[name].unit)
        return found

    def _weighted(self) -> list[Weighted]:
        more = THEORY_LATTICE_ERROR[self.settings.fidelity]
        if not self.is_settled:
            error = self.likeliest.fitted.lattice_error
            return [Weighted(c.stack, c.mixing, c.lattice, error, c.probability, more) for c in self._candidates()]
        return [
            Weighted(one.stack, one.mixing, one.fitted.state.lattice, one.fitted.lattice_error, share, more)
            for one, share in ranked(self.search.judged.values())
        ]

    def _held(self, name: str, value: float, low: float, high: float) -> tuple[float, float, float]:
        """A value and its interval, which holds the networks' word too where the best composition is far from it."""
        if self.likeliest.misfit > DISAGREES:
            low, high = min(low, self.found.descriptors[name].value), max(high, self.found.descriptors[name].value)
        low, high = math.floor(1e5 * min(low, value)) / 1e5, math.ceil(1e5 * max(high, value)) / 1e5
        return round(value, 5), low, high
