"""Maximum a posteriori of a stack's continuous unknowns and of everything in its images, by Levenberg-Marquardt.

Counts have the variance of counting, and that of what the engine gets wrong. Pixels beyond HUBER count linearly, hot
ones not at all. Priors of the smooth fields are learned from the image in the course of the fit (their spreads maximise
the evidence). The curvature at the end gives the Laplace evidence and the errors.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.ndimage import gaussian_filter
from scipy.optimize import nnls

from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.orbitals import orbital_shares_between
from core.experiment.photoemission.renderer import cut_end
from core.experiment.photoemission.spectra import HALF_POINTS
from core.learning.samples import LATTICE_TRAINED
from core.loop.image import Image
from core.loop.normal_equations import assembled
from core.loop.pictures import Pictures
from core.loop.render import BLOCKS, ORBITAL_SPREAD, SCALARS, Nuisance, Parts, rendered, state_of

HUBER = 4.0
"""Standard deviations from which a pixel counts linearly."""

ENGINE_ERROR = {"forward": 0.12, "exact": 0.012}
"""Relative error of the signal by an engine, of a pixel's own and of that around it: of the model (its typical one on
stacks that it was not trained on), and of interpolating exact pictures."""

AROUND = (1.5, 2.5)
"""Pixels (k, E) over which a band that lies a little off has its error."""

LATTICE_RANGE = (LATTICE_TRAINED[0] + 0.002, LATTICE_TRAINED[1] - 0.002)
LATTICE_LIMIT, LATTICE_STEP = 0.012, 0.003
"""Å: a∥ moves by so much at most in one step, and by so much for its numerical derivative."""

SCALE_SPREAD = 1e3
FIRST_DAMPING = 0.1
CONVERGED = 0.5
"""Fall of the cost (−2 log probability) that ends a fit."""

LEARNED = {
    "orbital": (0.05, 1.5), "elements": (0.05, 1.2), "background": (0.03, 0.4), "columns": (0.002, 0.06),
    "rows": (0.002, 0.04),
}  # fmt: skip
"""Fields whose spread is learned, and within which limits."""

LEARN_FROM = 3


@dataclass(frozen=True, eq=False)
class State:
    """Where a fit stands: a∥ in Å, what is unknown about each image, and spreads of its fields (per image)."""

    stack: str
    mixing: float
    lattice: float
    nuisances: tuple[Nuisance, ...]
    spreads: tuple[dict[str, float], ...]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A converged or interrupted fit.

    state: of it. cost: −2 log posterior at its best. evidence: −2 log of the Laplace evidence, up to a constant that
    all stacks share. chi: weighted squares a pixel, by image. lattice_error: standard error of a∥ (Å).
    errors: of each image's free scalars. steps: taken.
    """

    state: State
    cost: float
    evidence: float
    chi: tuple[float, ...]
    lattice_error: float
    errors: tuple[dict[str, float], ...]
    steps: int


@dataclass(frozen=True, eq=False)
class Correction:
    """What an engine adds to another's pictures at a lattice constant, and its slope in 1/Å.

    kz: (node,) 2π/c̄. value, slope: (node, k, energy). spacing: Å between planes.
    """

    lattice: float
    kz: np.ndarray
    value: np.ndarray
    spacing: float
    slope: np.ndarray | float = 0.0

    def at(self, lattice: float, cut: str, state: FinalState) -> np.ndarray:
        """(k, energy) at another lattice constant, as a final state sees it."""
        momentum = np.linspace(0.0, cut_end(cut, lattice), HALF_POINTS)
        shares = state.shares(momentum, self.spacing, self.kz).astype(np.float32)
        pictures = self.value + np.float32(lattice - self.lattice) * self.slope
        return np.einsum("kn,nke->ke", shares, pictures)


CorrectionKey = tuple[str, float, int]
"""Stack, mixing (ML) and number of the image."""


class Problem:
    """The images of a sample, an engine's pictures, and what is expected of a∥.

    Args:
        targets: images.
        pictures: of an engine.
        lattice: expected a∥ and its error in Å; None where nothing is known.
        engine_error: relative error of a signal.
        corrections: by (stack, mixing, image number), added to a signal.

    What `watch` holds is shown each state that is looked at, in a problem of its own; it changes nothing.
    """

    def __init__(
        self,
        targets: tuple[Image, ...],
        pictures: Pictures,
        lattice: tuple[float, float] | None = None,
        engine_error: float | None = None,
    ):
        self.targets, self.pictures, self.lattice = targets, pictures, lattice
        self.engine_error = ENGINE_ERROR[pictures.engine] if engine_error is None else engine_error
        self.corrections: dict[CorrectionKey, Correction] = {}
        self.watch: Callable[[Problem, State], None] | None = None

    def show(self, state: State, corrections: dict[CorrectionKey, Correction] | None = None) -> None:
        """Show a state to whoever watches, as it is, or with other corrections."""
        if self.watch:
            shown = Problem(self.targets, self.pictures.aside, self.lattice, self.engine_error)
            shown.corrections = self.corrections | (corrections or {})
            self.watch(shown, state)

    def signal(self, stack: str, mixing: float, lattice: float, number: int, scalars: dict[str, float]) -> np.ndarray:
        """(k, energy) of a stack as one image sees it."""
        cut = self.targets[number].cut
        found = self.pictures.signal(stack, mixing, lattice, cut, state_of(scalars))
        correction = self.corrections.get((stack, mixing, number))
        return found if correction is None else np.maximum(found + correction.at(lattice, cut, state_of(scalars)), 0.0)

    def start(self, stack: str, mixing: float, lattice: float, nuisances: tuple[Nuisance, ...] | None = None) -> State:
        """A state to begin with: flat fields and scales that fit, or nuisances of another stack's fit."""
        lattice = float(np.clip(lattice, *LATTICE_RANGE))
        known = {name: block.spread for name, block in BLOCKS.items()} | {"orbital": ORBITAL_SPREAD}
        spreads = tuple(known for _ in self.targets)
        if nuisances is None:
            nuisances = tuple(
                self._scaled(stack, mixing, lattice, i, Nuisance({n: t.centre.get(n, 0.0) for n in SCALARS}))
                for i, t in enumerate(self.targets)
            )
        return State(stack, mixing, lattice, nuisances, spreads)

    def _scaled(self, stack, mixing, lattice, number: int, nuisance: Nuisance) -> Nuisance:
        target = self.targets[number]
        signal = self.signal(stack, mixing, lattice, number, nuisance.scalars)
        shares = self.shares(stack, mixing, lattice, number)
        parts = rendered(
            signal[None], np.array([lattice]), target.cut, [nuisance.scalars], nuisance, target.edge, shares
        )
        columns = np.stack([parts.signal[0][target.used], parts.background[0][target.used]], 1)
        counts = target.counts[target.used]
        weight = 1 / np.sqrt(counts + target.gain)
        found = nnls(columns * weight[:, None], counts * weight)[0]
        mean = counts.mean()
        found = np.maximum(found, [0.05 * mean / max(columns[:, 0].mean(), 1e-9), 0.02 * mean])
        return replace(nuisance, log_signal=float(np.log(found[0])), log_background=float(np.log(found[1])))

    def parts(self, state: State, number: int) -> Parts:
        """The expected image."""
        nuisance, target = state.nuisances[number], self.targets[number]
        signal = self.signal(state.stack, state.mixing, state.lattice, number, nuisance.scalars)
        shares = self.shares(state.stack, state.mixing, state.lattice, number)
        return rendered(
            signal[None], np.array([state.lattice]), target.cut, [nuisance.scalars], nuisance, target.edge, shares
        )

    def shares(self, stack: str, mixing: float, lattice: float, number: int) -> np.ndarray:
        """(k, energy, combination) shares of orbital combinations in the stack's mean crystal."""
        target = self.targets[number]
        composition = float(self.pictures.crystal(stack, 0.0, LATTICE_RANGE[0]).plane_ge_fraction.mean())
        return orbital_shares_between(composition, lattice, target.cut, abs((target.centre.get("kz", 0.0) + 1) % 2 - 1))

    def variance(self, parts: Parts, target: Image) -> np.ndarray:
        """(kx, eV) of an expected image."""
        mean, signal = parts.total[0].astype(float), parts.signal[0].astype(float)
        error = self.engine_error**2 * (signal**2 + gaussian_filter(signal, AROUND, mode="nearest") ** 2)
        return target.gain * np.maximum(mean, 0.0) + target.gain**2 + error

    def misfit(self, state: State, variances: list[np.ndarray] | None = None) -> tuple[float, list[float]]:
        """−2 log posterior (with the variances given, or its own), and weighted squares a pixel by image."""
        cost, chi = self._prior(state), []
        for i, target in enumerate(self.targets):
            parts = self.parts(state, i)
            variance = self.variance(parts, target) if variances is None else variances[i]
            used = target.used
            variance = variance[used]
            z = np.abs((target.counts - parts.total[0])[used]) / np.sqrt(variance)
            squares = np.where(z < HUBER, z**2, 2 * HUBER * z - HUBER**2)
            cost += float(squares.sum()) + (float(np.log(variance).sum()) if variances is None else 0.0)
            chi.append(float(squares.mean()))
        return cost, chi

    def _prior(self, state: State) -> float:
        cost = 0.0
        if self.lattice:
            cost += ((state.lattice - self.lattice[0]) / self.lattice[1]) ** 2
        for target, nuisance, spread in zip(self.targets, state.nuisances, state.spreads, strict=True):
            for name in target.free:
                off = nuisance.scalars[name] - target.centre.get(name, 0.0)
                cost += (off / target.expected_error(name)) ** 2
            for name, values in _fields(nuisance).items():
                cost += float((values**2).sum()) / spread[name] ** 2 + 2 * values.size * np.log(spread[name])
        return cost

    def run(self, state: State, steps: int, cancelled=lambda: False, hopeless: float = np.inf) -> Fitted:
        """At most so many steps from a state; given up where a cost below `hopeless` is out of reach."""
        damping, done = FIRST_DAMPING, 0
        self.show(state)
        for number in range(steps):
            if cancelled():
                break
            normal = self.normal(state, early=number < 2)
            before, _ = self.misfit(state, normal.variances)
            better = None
            for _ in range(4):
                trial = self._moved(state, normal, damping)
                cost, _ = self.misfit(trial, normal.variances)
                self.show(trial)
                if cost < before:
                    better, damping = trial, damping / 6
                    break
                damping *= 10
            done = number + 1
            if better is None:
                break
            state = better
            if number >= LEARN_FROM - 1:
                state = self._learned(state, normal)
            self.show(state)
            if before - cost < CONVERGED and number > LEARN_FROM:
                break
            if number >= LEARN_FROM and np.isfinite(hopeless) and self.cost(state) - 4 * (before - cost) > hopeless:
                break
        return self._finished(state, done)

    def cost(self, state: State) -> float:
        """−2 log probability of a state up to a constant."""
        return self.misfit(state)[0]

    def _finished(self, state: State, steps: int) -> Fitted:
        normal = self.normal(state)
        cost, chi = self.misfit(state)
        factor = np.linalg.cholesky(normal.curvature)
        inverse = np.linalg.inv(factor)
        variance = (inverse**2).sum(axis=0)
        errors, start = [], 1
        for target, size in zip(self.targets, normal.sizes, strict=True):
            names = target.free
            errors.append(dict(zip(names, np.sqrt(variance[start : start + len(names)]).tolist(), strict=True)))
            start += size
        evidence = cost + 2 * float(np.log(np.diag(factor)).sum())
        return Fitted(state, cost, evidence, tuple(chi), float(np.sqrt(variance[0])), tuple(errors), steps)

    def _moved(self, state: State, normal: "Normal", damping: float) -> State:
        curvature = normal.curvature.copy()
        curvature[np.diag_indices_from(curvature)] *= 1 + damping
        move = cho_solve(cho_factor(curvature, check_finite=False), normal.gradient)
        return self.moved_by(state, move, normal.sizes)

    def moved_by(self, state: State, move: np.ndarray, sizes: list[int]) -> State:
        """A state after a step (unknown,) in the order of the normal equations, within the limits."""
        lattice = float(np.clip(state.lattice + np.clip(move[0], -LATTICE_LIMIT, LATTICE_LIMIT), *LATTICE_RANGE))
        nuisances, start = [], 1
        for target, nuisance, size in zip(self.targets, state.nuisances, sizes, strict=True):
            nuisances.append(_added(target, nuisance, move[start : start + size]))
            start += size
        return replace(state, lattice=lattice, nuisances=tuple(nuisances))

    def _learned(self, state: State, normal: "Normal") -> State:
        """Spreads of fields that make the image most probable, given their present values and errors."""
        variance = np.diag(np.linalg.inv(normal.curvature))
        spreads, start = [], 1
        for target, nuisance, spread, size in zip(
            self.targets, state.nuisances, state.spreads, normal.sizes, strict=True
        ):
            place, found = start + len(target.free) + 2, dict(spread)
            for name, values in _fields(nuisance).items():
                if name in LEARNED:
                    size_now = float((values**2).mean() + variance[place : place + values.size].mean())
                    found[name] = float(np.clip(np.sqrt(size_now), *LEARNED[name]))
                place += values.size
            spreads.append(found)
            start += size
        return replace(state, spreads=tuple(spreads))

    def normal(self, state: State, early: bool = False) -> "Normal":
        """Normal equations at a state; early: with variances that counts alone allow, against bad starts."""
        blocks = [self._image_normal(state, i, early) for i in range(len(self.targets))]
        sizes = [len(gradient) - 1 for _, gradient, _ in blocks]
        total = 1 + sum(sizes)
        curvature, gradient = np.zeros((total, total)), np.zeros(total)
        if self.lattice:
            curvature[0, 0] += self.lattice[1] ** -2
            gradient[0] += (self.lattice[0] - state.lattice) / self.lattice[1] ** 2
        start = 1
        for (own, slope, _), size in zip(blocks, sizes, strict=True):
            place = np.r_[0, start : start + size]
            curvature[np.ix_(place, place)] += own
            gradient[place] += slope
            start += size
        return Normal(curvature, gradient, sizes, [variance for _, _, variance in blocks])

    def _image_normal(self, state: State, number: int, early: bool):
        """Curvature and gradient of one image: a∥, free scalars, two scales, fields; and the variance (kx, eV)."""
        linear = self.linearised(state, number, early)
        curvature, gradient = assembled(linear.own, linear.on, linear.weight, linear.residual)
        prior, pull = _prior_terms(self.targets[number], state.nuisances[number], state.spreads[number])
        curvature[np.diag_indices_from(curvature)] += np.r_[0.0, prior]
        gradient[1:] += pull
        return curvature, gradient, linear.variance

    def linearised(self, state: State, number: int, early: bool = False) -> "Linear":
        """One image's expectation around a state; early: see `normal`."""
        target, nuisance = self.targets[number], state.nuisances[number]
        variants, lattice, steps = [nuisance.scalars], [state.lattice], []
        step = LATTICE_STEP if state.lattice + LATTICE_STEP < LATTICE_RANGE[1] else -LATTICE_STEP
        variants.append(nuisance.scalars)
        lattice.append(state.lattice + step)
        steps.append(step)
        for name in target.free:
            scalar, value = SCALARS[name], nuisance.scalars[name]
            step = scalar.step if value + scalar.step < scalar.high else -scalar.step
            variants.append(nuisance.scalars | {name: value + step})
            lattice.append(state.lattice)
            steps.append(step)
        cache: dict = {}
        signals = []
        for a, scalars in zip(lattice, variants, strict=True):
            key = (a, *(scalars[name] for name in ("kz", "kz_width", "bend")))
            if key not in cache:
                cache[key] = self.signal(state.stack, state.mixing, a, number, scalars)
            signals.append(cache[key])
        shares = self.shares(state.stack, state.mixing, state.lattice, number)
        parts = rendered(
            np.stack(signals), np.array(lattice), target.cut, variants, nuisance, target.edge, shares, derivatives=True
        )
        first = Parts(parts.signal[:1], parts.background[:1])
        variance = self.variance(first, target)
        if early:
            variance = np.maximum(variance, target.gain * target.counts)
        used = target.used
        mean = first.total[0].astype(float)
        residual = np.where(used, target.counts - mean, 0.0)
        z = np.abs(residual) / np.sqrt(variance)
        weight = np.where(used, np.where(z < HUBER, 1.0, HUBER / np.maximum(z, 1e-9)) / variance, 0.0)
        own = (parts.total[1:] - mean[None]) / np.array(steps)[:, None, None]
        own = np.concatenate([own, first.signal, first.background, parts.orbital]).astype(float)
        on = {"signal": first.signal[0].astype(float), "background": first.background[0].astype(float), "all": mean}
        return Linear(mean, own, on, weight, residual, variance)


@dataclass(frozen=True, eq=False)
class Linear:
    """An image around a state, every array (kx, eV) at its end.

    mean: expected. own: (n, …) its derivatives by a∥, free scalars, two scales and orbital elements. on: what the
    fields of BLOCKS multiply. weight, residual: of pixels. variance: of counts.
    """

    mean: np.ndarray
    own: np.ndarray
    on: dict[str, np.ndarray]
    weight: np.ndarray
    residual: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True, eq=False)
class Normal:
    """Normal equations: a∥ and then each image's unknowns; sizes of the latter; variances (kx, eV) by image."""

    curvature: np.ndarray
    gradient: np.ndarray
    sizes: list[int]
    variances: list[np.ndarray]


def _prior_terms(target: Image, nuisance: Nuisance, spread: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Precisions of an image's unknowns, and the pull towards what is expected of them."""
    sizes = [target.expected_error(name) for name in target.free] + [SCALE_SPREAD] * 2
    off = [nuisance.scalars[name] - target.centre.get(name, 0.0) for name in target.free] + [0.0, 0.0]
    for name, values in _fields(nuisance).items():
        sizes += [spread[name]] * values.size
        off += values.ravel().tolist()
    precision = np.array(sizes) ** -2
    return precision, -precision * np.array(off)


def _added(target: Image, nuisance: Nuisance, move: np.ndarray) -> Nuisance:
    """A nuisance after a step, within the limits."""
    names = target.free
    scalars = dict(nuisance.scalars)
    for name, value in zip(names, move, strict=False):
        scalar = SCALARS[name]
        moved = scalars[name] + np.clip(value, -4 * scalar.step, 4 * scalar.step)
        scalars[name] = float(np.clip(moved, scalar.low, scalar.high))
    place = len(names)
    scales = np.clip(move[place : place + 2], -1.0, 1.0)
    moved, place = {}, place + 2
    for name, values in _fields(nuisance).items():
        moved[name] = values + np.clip(move[place : place + values.size], -1.0, 1.0).reshape(values.shape)
        place += values.size
    orbital = moved.pop("orbital")
    return Nuisance(
        scalars, nuisance.log_signal + float(scales[0]), nuisance.log_background + float(scales[1]), orbital, moved
    )


def _fields(nuisance: Nuisance) -> dict[str, np.ndarray]:
    """Arrays of unknowns, in the order of the normal equations."""
    return {"orbital": nuisance.orbital} | nuisance.fields
