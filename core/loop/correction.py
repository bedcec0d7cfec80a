"""What the exact engine adds to a predicted signal, so that a fit goes on as if its engine were exact.

The difference of both changes slowly with a∥: at two lattice constants around a fitted one it is computed, and a line
through both stands for it until the fit has moved on. Values of k_z are chosen so that one diagonalisation tells many.
"""

from dataclasses import dataclass

import numpy as np

from core.electronic.zone import classes
from core.engines import engine_named
from core.experiment.photoemission.spectra import seen_momenta
from core.loop.fit import LATTICE_RANGE, Correction, Fitted, Problem, State

SPAN = 0.006
"""Å on either side of a fitted a∥ at which the exact engine is asked."""

CLOSE, STAYS = 0.0003, 0.3
"""Å, and part of its error: a∥ that moves by less has been found."""

FARTHEST = 0.06
"""2π/c̄ between values of k_z at which it is asked."""

EXACT_ERROR = 0.02
"""Relative error of a signal that the exact engine has corrected."""


@dataclass
class ExactWork:
    """How much the exact engine was used. cuts: diagonalised, one k_z at one a∥ each. corrections: of signals."""

    cuts: int = 0
    corrections: int = 0


def fitted_exactly(problem: Problem, fitted: Fitted, rounds: int = 4, steps: int = 12) -> tuple[Fitted, ExactWork]:
    """A fit by predictions taken on by the exact engine.

    Args:
        problem: that the fit belongs to.
        fitted: to begin with.
        rounds: how often the corrections are made anew at most; they are good where a∥ stays.
        steps: of the fit in each round.

    Returns:
        The fit, and what it cost.
    """
    corrected, work = with_engine_error(problem, EXACT_ERROR), ExactWork()
    for _ in range(rounds):
        state = fitted.state
        low, high = (float(np.clip(state.lattice + d, *LATTICE_RANGE)) for d in (-SPAN, SPAN))
        for number in range(len(problem.targets)):
            below, above = (difference(problem, state, number, lattice, work) for lattice in (low, high))
            slope = (above - below) / np.float32(high - low)
            corrected.corrections[state.stack, state.mixing, number] = Correction(low, below, slope)
        fitted = corrected.run(state, steps)
        if abs(fitted.state.lattice - state.lattice) < max(CLOSE, STAYS * fitted.lattice_error):
            break
    return fitted, work


def with_engine_error(problem: Problem, engine_error: float) -> Problem:
    """The same problem with another error of its engine, and no corrections."""
    return Problem(problem.targets, problem.pictures, problem.lattice, engine_error)


def difference(problem: Problem, state: State, number: int, lattice: float, work: ExactWork) -> np.ndarray:
    """(k, energy) exact less predicted signal of a state at a lattice constant, as one image sees it."""
    target, seen = problem.targets[number], state.nuisances[number].state
    crystal = problem.pictures.crystal(state.stack, state.mixing, lattice)
    nodes, shares = seen_momenta(crystal, target.cut, seen, FARTHEST)
    exact = engine_named("exact").cut_totals(crystal, target.cut, nodes)
    predicted = engine_named(problem.pictures.engine).cut_totals(crystal, target.cut, nodes)
    work.cuts += len(classes(crystal, nodes)[0])
    work.corrections += 1
    return np.einsum("kn,nke->ke", shares.astype(np.float32), (exact - predicted).astype(np.float32))
