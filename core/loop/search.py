"""From the networks' guess to the stacks that explain the images: fits of many candidates, then their neighbours, then
the exact engine for the best.

A candidate is a stack with an interface width. Its fit starts from the unknowns of the best one so far, so that three
steps tell whether it is worth more. What a candidate costs is the Laplace evidence of its fit and how far its
composition lies from the networks' estimates.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from core.engines import ENGINES
from core.experiment.photoemission.renderer import cut_end
from core.experiment.photoemission.spectra import HALF_POINTS
from core.learning.samples import profile_key
from core.loop.fit import LATTICE_RANGE, Correction, Fitted, Problem, Target
from core.loop.moves import neighbours
from core.loop.pictures import NODES_AT_ONCE, Pictures
from core.reverse.candidates import composition_misfit
from core.reverse.standard import KX
from core.structure.stack import parse_stack

MISFIT_WEIGHT = 8.0
"""How much the mean squared deviation of a candidate's composition from the networks' estimates adds to its cost."""

TEMPERATURES = {"forward": 8.0, "exact": 5.0}
"""What differences of costs are divided by: errors of an engine are not independent from pixel to pixel."""

WIDTHS = (0.0, 0.6, 1.2, 2.0, 3.0)
"""ML: interface widths that are tried."""

EXACT_FARTHEST = 0.06
"""2π/c̄ between values of k_z at which the exact engine corrects the forward model."""

MIDDLES = np.arange(4, HALF_POINTS, 8)
FEW = np.unique(MIDDLES[:, None] + np.arange(-1, 2))
"""Momenta of the exact engine that tell candidates apart: triples, so that pixels beside the middle ones are known."""

NOISE_LIMITED = 0.09
"""Relative error of the forward model up to which noise, not the model, decides how well candidates are told apart."""

CONVERGED_STEPS = 8
SCANNED = 0.6
"""Share of the forward budget after which no more of the networks' candidates are fitted."""

MOST_EXACT = 8
"""Candidates that the exact engine judges at all momenta of a noisy image."""

EXPLAINED = 1.0
"""Weighted squares a pixel below which a candidate explains an image."""

FULL, FULL_SHARE = 2, 0.35
"""Candidates that the exact engine judges at all momenta, and their share of its budget."""

SPAN = 0.006
"""Å on either side of a fitted a∥ at which the exact engine corrects the forward model at all momenta."""

ERRORS = (0.05, 0.2)
"""Relative errors that a forward model may have."""

EXACT_ERROR = 0.02
"""Relative error of a signal that has been corrected by the exact engine."""


@dataclass(frozen=True)
class SearchSettings:
    """candidates: of the networks' ranking that are fitted. rounds: of neighbour moves. beams: that are refined.

    moved: neighbours a round. exact_cuts: budget of the exact engine. budget: forward cuts.
    """

    candidates: int = 40
    beams: int = 10
    rounds: int = 3
    moved: int = 8
    exact_cuts: float = 12.0
    budget: float = 400.0


@dataclass(frozen=True, eq=False)
class Tried:
    """A candidate and its best fit. engine: that judged it last. misfit: of its composition."""

    stack: str
    mixing: float
    fitted: Fitted
    misfit: float
    engine: str = "forward"

    @property
    def cost(self) -> float:
        """−2 log probability up to a constant, by its engine."""
        return self.fitted.evidence + MISFIT_WEIGHT * self.misfit


@dataclass
class Search:
    """Candidates of some images.

    Args:
        targets: images.
        ranked: (misfit, stack, mixing) of candidates, most likely first.
        lattice: expected a∥ and its error (Å).
        estimates, sizes: the networks' composition figures and their typical errors.
    """

    targets: tuple[Target, ...]
    ranked: list[tuple[float, str, float]]
    lattice: tuple[float, float]
    estimates: dict[str, float]
    sizes: dict[str, float]
    settings: SearchSettings = SearchSettings()
    tried: dict[tuple[str, float], Tried] = field(default_factory=dict)
    exact: dict[tuple[str, float], Tried] = field(default_factory=dict)
    judged: dict[tuple[str, float], Tried] = field(default_factory=dict)
    exact_cuts: float = 0.0
    exact_momenta: int = 0

    def __post_init__(self):
        origin = self.targets[0].centre.get("kz", 0.0) if "kz" in self.targets[0].fixed else 0.0
        self.pictures = Pictures("forward", origin)
        self.problem = Problem(self.targets, self.pictures, self.lattice)
        self.corrected = Problem(self.targets, self.pictures, self.lattice, EXACT_ERROR)
        self.sparse = Problem(self.targets, self.pictures, self.lattice, EXACT_ERROR)

    @property
    def forward_cuts(self) -> float:
        """Forward cuts used so far."""
        return self.pictures.count / NODES_AT_ONCE

    def steps(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[str]:
        """Notes on what was done, one a step."""
        settings = self.settings
        _, stack, mixing = self.ranked[0]
        self._try(stack, mixing, None, 8)
        yield f"first fit of {stack}"
        self._learn_error()
        self._refine(self.best, 3)
        yield f"{stack} refined"
        for start in range(1, settings.candidates, 4):
            for _, stack, mixing in self.ranked[start : min(start + 4, settings.candidates)]:
                self._try(stack, mixing, self.best, 4)
            yield "candidates of the networks"
            if cancelled() or self.forward_cuts > SCANNED * settings.budget:
                break
        done: set = set()
        for _ in range(settings.rounds):
            for one in self.order()[: settings.beams]:
                if one.fitted.steps < CONVERGED_STEPS:
                    self._refine(one, 5)
            self._learn_error()
            yield "best candidates refined"
            base = next((one for one in self.order()[:2] if (one.stack, one.mixing) not in done), None)
            if base is None or cancelled() or self.forward_cuts > settings.budget:
                break
            done.add((base.stack, base.mixing))
            moves = self._moves(base)[: settings.moved]
            for stack, mixing in moves:
                self._try(stack, mixing, base, 3)
            yield f"neighbours of {base.stack}"
        if settings.exact_cuts:
            yield from self._exact_steps(cancelled)

    @property
    def best(self) -> Tried:
        """The most probable candidate by the forward model."""
        return self.order()[0]

    def order(self) -> list[Tried]:
        """Candidates by the forward model, most probable first."""
        return sorted(self.tried.values(), key=lambda one: one.cost)

    def probabilities(self) -> list[tuple[Tried, float]]:
        """Candidates with probabilities, most probable first.

        Where the exact engine has judged some, they are all that counts.
        """
        tried = list((self.judged or self.tried).values())
        temperature = TEMPERATURES["exact" if self.judged else "forward"]
        cost = np.array([one.cost for one in tried])
        weight = np.exp(-0.5 * (cost - cost.min()) / temperature)
        weight /= weight.sum()
        rows = [
            (self.exact.get((one.stack, one.mixing), one), p) for one, p in zip(tried, weight.tolist(), strict=True)
        ]
        return sorted(rows, key=lambda row: -row[1])

    def _learn_error(self) -> None:
        """The forward model's relative error, so that the best fit leaves what is expected of it; re-judges all."""
        state = self.best.fitted.state
        low, high = ERRORS
        for _ in range(12):
            self.problem.engine_error = (low * high) ** 0.5
            _, chi = self.problem.misfit(state)
            low, high = (self.problem.engine_error, high) if np.mean(chi) > 1.0 else (low, self.problem.engine_error)
        for key, one in self.tried.items():
            self.tried[key] = replace(one, fitted=self.problem.finished(one.fitted.state, one.fitted.steps))

    def _try(self, stack: str, mixing: float, like: Tried | None, steps: int) -> None:
        if (stack, mixing) in self.tried:
            return
        state = like.fitted.state if like else None
        lattice = state.lattice if state else self.lattice[0]
        start = self.problem.start(stack, mixing, lattice, state.nuisances if state else None)
        if state:
            start = replace(start, spreads=state.spreads)
        fitted = self.problem.run(start, steps)
        misfit = composition_misfit(parse_stack(stack), mixing, self.estimates, self.sizes)
        self.tried[stack, mixing] = Tried(stack, mixing, fitted, misfit)

    def _refine(self, one: Tried, steps: int) -> None:
        fitted = self.problem.run(one.fitted.state, steps)
        fitted = replace(fitted, steps=fitted.steps + one.fitted.steps)
        self.tried[one.stack, one.mixing] = replace(one, fitted=fitted)

    def _moves(self, base: Tried) -> list[tuple[str, float]]:
        """Neighbours not tried yet, the ones whose composition suits the networks' estimates first."""
        known = {(profile_key(parse_stack(s)), m) for s, m in self.tried}
        found = [(name, base.mixing) for name in neighbours(base.stack)]
        if len(parse_stack(base.stack).blocks) > 1:
            found += [(base.stack, width) for width in WIDTHS if abs(width - base.mixing) > 0.2]
        new = [(s, m) for s, m in found if (profile_key(parse_stack(s)), m) not in known]
        return sorted(new, key=lambda c: composition_misfit(parse_stack(c[0]), c[1], self.estimates, self.sizes))

    def _exact_steps(self, cancelled) -> Iterator[str]:
        """The exact engine on the best: on few momenta of many where the forward model's error hides which is right,
        on all momenta of a few where noise does; then what changes with a∥, for the first ones.
        """
        noisy = self.problem.engine_error < NOISE_LIMITED
        momenta = np.arange(HALF_POINTS) if noisy else FEW
        if not noisy:
            self._choose_rows(self.best.fitted.state)
        queue = [one for one, _ in self.probabilities()][: MOST_EXACT if noisy else None]
        budget, done = self.settings.exact_cuts * (1 - FULL_SHARE), set()
        while self.exact_cuts < budget and not cancelled():
            if not queue:
                base = min(self.judged.values(), key=lambda one: one.cost)
                if noisy or (base.stack, base.mixing) in done:
                    break
                done.add((base.stack, base.mixing))
                for stack, mixing in self._moves(base)[: self.settings.moved]:
                    self._try(stack, mixing, self.best, 3)
                    queue.append(self.tried[stack, mixing])
                continue
            self._judge(queue.pop(0), momenta)
            ranked = sorted(self.judged.values(), key=lambda o: o.cost)
            if len(self.judged) % 4 == 0 or not queue:
                yield f"{len(self.judged)} candidates by the exact engine, {ranked[0].stack} first"
            explained = np.mean(ranked[0].fitted.chi) < EXPLAINED
            if not noisy and explained and (ranked[0].stack, ranked[0].mixing) not in done:
                queue = queue[:4]  # its neighbours are worth more than what the forward model puts far behind
        every = np.arange(HALF_POINTS)
        for one in sorted(self.judged.values(), key=lambda o: o.cost)[:FULL]:
            if cancelled():
                return
            state = one.fitted.state
            ends = [replace(state, lattice=float(np.clip(state.lattice + d, *LATTICE_RANGE))) for d in (-SPAN, SPAN)]
            self._correct(ends[0], self.corrected, every)
            self._correct(ends[1], self.corrected, every, between=True)
            fitted = self.corrected.run(state, 8)
            self.exact[one.stack, one.mixing] = replace(one, fitted=fitted, engine="exact")
            yield f"{one.stack} by the exact engine at all momenta"

    def _choose_rows(self, state) -> None:
        """Pixels whose spectra a few momenta of the exact engine tell, at the lattice of a state."""
        masks = []
        for target, nuisance in zip(self.targets, state.nuisances, strict=True):
            k = (KX - nuisance.scalars["k_shift"]) / (1 + nuisance.scalars["k_stretch"])
            place = np.abs(k) / cut_end(target.cut, state.lattice)
            place = 1 - np.abs(1 - place % 2.0) if target.cut == "G-X" else np.minimum(place, 1.0)
            near = np.abs(place[:, None] * (HALF_POINTS - 1) - MIDDLES).min(axis=1) <= 0.55
            masks.append(target.used & near[:, None])
        self.sparse.masks = tuple(masks)

    def _judge(self, one: Tried, momenta: np.ndarray) -> None:
        best = min(self.judged.values(), key=lambda o: o.cost, default=None)
        state = one.fitted.state
        if best is not None and len(momenta) < HALF_POINTS:
            known = best.fitted.state
            state = replace(state, nuisances=known.nuisances, spreads=known.spreads)
        self._correct(state, self.sparse, momenta)
        fitted = self.sparse.run(state, 5 if len(momenta) < HALF_POINTS else 8)
        self.judged[one.stack, one.mixing] = replace(one, fitted=fitted, engine="exact")

    def _correct(self, state, problem: Problem, momenta: np.ndarray, between: bool = False) -> None:
        """What the exact engine adds to the forward model's signal, at a state of a fit.

        between: the correction that is known at another lattice constant becomes a line through both.
        """
        for i, target in enumerate(self.targets):
            seen = state.nuisances[i].state
            crystal = self.pictures.crystal(state.stack, state.mixing, state.lattice)
            k = np.linspace(0.0, cut_end(target.cut, state.lattice), HALF_POINTS)
            spacing = float(crystal.plane_spacing.mean())
            nodes, weights = seen.sampling(k, spacing)
            if len(nodes) > 1:
                nodes = np.linspace(nodes[0], nodes[-1], int(np.ceil((nodes[-1] - nodes[0]) / EXACT_FARTHEST)) + 1)
                weights = seen.shares(k, spacing, nodes)
            exact = ENGINES["exact"].cut_totals(crystal, target.cut, nodes, momenta)
            forward = ENGINES["forward"].cut_totals(crystal, target.cut, nodes)[:, momenta]
            self.pictures.count += len(nodes)
            value = np.zeros((HALF_POINTS, exact.shape[2]), np.float32)
            value[momenta] = np.einsum("kn,nke->ke", weights[momenta], exact - forward)
            key = (state.stack, state.mixing, i)
            found = Correction(state.lattice, value)
            if between and state.lattice != (known := problem.corrections[key]).lattice:
                found = replace(found, slope=(value - known.value) / np.float32(state.lattice - known.lattice))
            problem.corrections[key] = found
            self.exact_cuts += len(momenta) / HALF_POINTS
            self.exact_momenta += len(nodes) * len(momenta)
