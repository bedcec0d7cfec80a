"""Many candidates against one fit at the price of a picture each: the fit's curvature serves them all.

A candidate's expected image differs from the fitted one by δ. To first order the best that the unknowns of the
measurement and a∥ can make of the difference follows from the normal equations of the fit, which are factorised once.
"""

from dataclasses import replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from core.loop.correction import ExactWork, difference, told
from core.loop.fit import Fitted, Problem
from core.loop.normal_equations import projected
from core.loop.pictures import LATTICE_STEP
from core.loop.render import rendered, state_of


class Screening:
    """What other stacks would cost, judged around the fit of one.

    Args:
        problem: of an engine whose pictures of the candidates are compared, with its error.
        fitted: around which all is linear.
    """

    def __init__(self, problem: Problem, fitted: Fitted):
        self.problem, self.state = problem, fitted.state
        self.normal = problem.normal(fitted.state)
        self.factor = cho_factor(self.normal.curvature, check_finite=False)
        self.linear = [problem.linearised(fitted.state, number) for number in range(len(problem.targets))]

    def exact_cost(self, stack: str, mixing: float, work: ExactWork) -> tuple[float, float]:
        """`cost` by the exact engine's signal instead of a predicted one that errs as that of the fitted stack does."""
        state = replace(self.state, stack=stack, mixing=mixing)
        for number in range(len(self.problem.targets)):
            known = self.problem.corrections.get((stack, mixing, number))
            if known is None or not told(known, self.problem, state, number):
                known = difference(self.problem, state, number, state.lattice, work)
            self.problem.corrections[stack, mixing, number] = known
        return self.cost(stack, mixing, own=True)

    def cost(self, stack: str, mixing: float, own: bool = False) -> tuple[float, float]:
        """Weighted squares and pulls that a stack would leave, and the a∥ (Å) at which it would.

        own: whether the stack's own correction is added to its prediction, or that of the fitted stack.
        """
        state, problem = self.state, self.problem
        lattice = round(state.lattice / LATTICE_STEP) * LATTICE_STEP
        problem.show(replace(state, stack=stack, mixing=mixing, lattice=lattice))
        gradient, squares, start = self.normal.gradient.copy(), 0.0, 1
        if problem.lattice:
            gradient[0] += (state.lattice - lattice) / problem.lattice[1] ** 2
        for number, (target, linear, size) in enumerate(
            zip(problem.targets, self.linear, self.normal.sizes, strict=True)
        ):
            nuisance = state.nuisances[number]
            signal = problem.pictures.signal(stack, mixing, lattice, target.cut, state_of(nuisance.scalars))
            of = (stack, mixing) if own else (state.stack, state.mixing)
            correction = problem.corrections.get((*of, number))
            if correction is not None:
                signal = np.maximum(signal + correction.at(lattice, target.cut, state_of(nuisance.scalars)), 0.0)
            shares = problem.shares(stack, mixing, lattice, number)
            parts = rendered(
                signal[None], np.array([lattice]), target.cut, [nuisance.scalars], nuisance, target.edge, shares
            )
            change = np.where(target.used, parts.total[0] - linear.mean, 0.0)
            squares += float((linear.weight * (linear.residual - change) ** 2).sum())
            pull = projected(linear.own, linear.on, linear.weight * change)
            place = np.r_[0, start : start + size]
            gradient[place] -= pull
            start += size
        move = cho_solve(self.factor, gradient, check_finite=False)
        return squares - float(gradient @ move), lattice + float(np.clip(move[0], -0.04, 0.04))
