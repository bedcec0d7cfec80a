"""What the exact engine, or DFT, adds to a predicted signal, so that a fit goes on as if its engine were that one.

The difference of both changes slowly with a∥: at two lattice constants around a fitted one it is computed, and a line
through both stands for it until the fit has moved on. Values of k_z are chosen so that one diagonalisation tells many.
"""

from dataclasses import dataclass, replace

import numpy as np

from core.electronic.zone import classes, folded_nodes
from core.engines import engine_named, theory
from core.experiment.photoemission.final_state import OVERLAPPING
from core.experiment.photoemission.spectra import seen_momenta
from core.loop.fit import LATTICE_RANGE, Correction, CorrectionKey, Fitted, Problem, State

SPAN = 0.006
"""Å on either side of a fitted a∥ at which the exact engine is asked."""

CLOSE, STAYS = 0.0003, 0.3
"""Å, and part of its error: a∥ that moves by less has been found."""

REUSED = 0.02
"""Å within which what was told at another a∥ serves to screen a candidate: it changes slowly."""

FARTHEST = OVERLAPPING
"""2π/c̄ between values of k_z at which it is asked. Farther apart (0.08), what lies between them is not told, and a fit
makes up for it by a stretched energy axis and by another a∥ (0.006 to 0.03 Å on images of short periods)."""

MARGIN = 0.1
"""2π/c̄ beyond what is seen where k_z is not known."""

CORRECTED_ERROR = {"tight-binding": 0.02, "dft": 0.05}
"""Relative error of a signal that a theory has corrected: of interpolating between exact results, and of what DFT's
forward model gets wrong besides. Larger ones (0.12) leave less, and a∥ farther off."""

THEORY_LATTICE_ERROR = {"tight-binding": 0.0, "dft": 0.010}
"""Å, standard error of a∥ that a theory adds: for DFT's forward model, on images that DFT itself has drawn, of the true
stacks (docs/methods.md)."""


@dataclass
class ExactWork:
    """How much the exact engine was used. cuts: diagonalised, one k_z at one a∥ each. corrections: of signals."""

    cuts: int = 0
    corrections: int = 0


def fitted_exactly(
    problem: Problem,
    fitted: Fitted,
    rounds: int = 4,
    steps: int = 12,
    kept: dict[CorrectionKey, Correction] | None = None,
) -> tuple[Fitted, ExactWork]:
    """A fit by predictions taken on by the exact engine.

    Args:
        problem: that the fit belongs to.
        fitted: to begin with.
        rounds: how often the corrections are made anew at most; they are good where a∥ stays.
        steps: of the fit in each round.
        kept: gets the corrections that the fit ended with.

    Returns:
        The fit, and what it cost.
    """
    corrected, work = with_engine_error(problem, CORRECTED_ERROR[problem.pictures.fidelity]), ExactWork()
    for _ in range(rounds):
        state = fitted.state
        low, high = (float(np.clip(state.lattice + d, *LATTICE_RANGE)) for d in (-SPAN, SPAN))
        for number in range(len(problem.targets)):
            below, above = (difference(problem, state, number, lattice, work) for lattice in (low, high))
            corrected.corrections[state.stack, state.mixing, number] = joined(below, above)
        fitted = corrected.run(state, steps)
        if abs(fitted.state.lattice - state.lattice) < max(CLOSE, STAYS * fitted.lattice_error):
            break
    if kept is not None:
        kept.update(corrected.corrections)
    return fitted, work


def with_engine_error(problem: Problem, engine_error: float) -> Problem:
    """The same problem with another error of its engine, and no corrections."""
    other = Problem(problem.targets, problem.pictures, problem.lattice, engine_error)
    other.watch = problem.watch
    return other


def told(known: Correction, problem: Problem, state: State, number: int) -> bool:
    """Whether a correction made before still serves a state: close in a∥, and at all k_z that its image sees."""
    target, seen = problem.targets[number], state.nuisances[number].state
    crystal = problem.pictures.crystal(state.stack, state.mixing, state.lattice)
    ends, _ = seen_momenta(crystal, target.cut, seen)
    near = abs(known.lattice - state.lattice) <= REUSED
    return near and bool(known.kz[0] <= ends.min() + 1e-9 and ends.max() <= known.kz[-1] + 1e-9)


def difference(problem: Problem, state: State, number: int, lattice: float, work: ExactWork) -> Correction:
    """Exact less predicted pictures of a state at a lattice constant, at all k_z that one image may see.

    Whoever watches the problem is shown the state at once, and again as the exact pictures come.
    """
    problem.show(replace(state, lattice=lattice))
    target, seen = problem.targets[number], state.nuisances[number].state
    crystal = problem.pictures.crystal(state.stack, state.mixing, lattice)
    if {"kz", "kz_width", "bend"} <= target.fixed and seen.width == 0 and not np.isfinite(seen.radius):
        nodes = np.array([seen.kz])
    else:
        ends, _ = seen_momenta(crystal, target.cut, seen, FARTHEST)
        more = FARTHEST if "kz" in target.fixed else MARGIN
        nodes = folded_nodes(crystal, ends[0] - more, ends[-1] + more, FARTHEST)
    predicted = engine_named(problem.pictures.engine).cut_totals(crystal, target.cut, nodes)

    def correction(exact: np.ndarray) -> Correction:
        return Correction(lattice, nodes, (exact - predicted).astype(np.float32), float(crystal.plane_spacing.mean()))

    def seen_so_far(exact: np.ndarray) -> None:
        so_far = _filled(correction(exact), problem.corrections.get(key))
        problem.show(replace(state, lattice=lattice), {key: so_far})

    key, watch = (state.stack, state.mixing, number), seen_so_far if problem.watch else None
    exact = theory(problem.pictures.fidelity).cut_totals(crystal, target.cut, nodes, watch)
    work.cuts += len(classes(crystal, nodes)[0])
    work.corrections += 1
    return correction(exact)


def joined(one: Correction, other: Correction) -> Correction:
    """A correction with the slope between two lattice constants, on the k_z of the second."""
    if other.lattice == one.lattice:
        return other
    slope = (other.value - _value_at(one, other.kz)) / np.float32(other.lattice - one.lattice)
    return replace(other, slope=slope)


def _value_at(one: Correction, kz: np.ndarray) -> np.ndarray:
    """(node, k, energy) a correction at its own lattice constant, at other k_z."""
    place = np.clip(np.interp(kz, one.kz, np.arange(len(one.kz))), 0, max(len(one.kz) - 1.0001, 0))
    low = place.astype(int)
    part = (place - low).astype(np.float32)[:, None, None]
    high = np.minimum(low + 1, len(one.kz) - 1)
    return one.value[low] * (1 - part) + one.value[high] * part


def _filled(one: Correction, earlier: Correction | None) -> Correction:
    """A correction with an earlier one, or none, in place of what is still to come."""
    other = 0.0 if earlier is None else _value_at(earlier, one.kz)
    return replace(one, value=np.where(np.isnan(one.value), other, one.value))
