"""What is expected of a stack before an image of it is looked at, and what a candidate costs after."""

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice

import numpy as np

from core.learning.samples import random_stacks
from core.loop.fit import Fitted
from core.structure.stack import Stack, parse_stack

DRAWS, DRAWS_SEED = 3000, 5
"""Stacks of many blocks that candidates are taken from, and the seed that they are drawn with."""

MISFIT_WEIGHT = 12.0
"""How much the logarithm of one plus the mean squared deviation of a candidate's composition from the networks'
estimates adds to its cost: networks err widely now and then."""

BLOCK_COST, ALLOY_COST, MIXED_COST = 8.0, 12.0, 20.0
"""What each block beyond two, each alloy, and mixed interfaces add to a cost: growers make two sharp blocks."""


@lru_cache(maxsize=4096)
def complexity(stack: str, mixing: float) -> float:
    """−2 log prior probability of a stack and its interface width in ML, up to a constant."""
    blocks = parse_stack(stack).repeat_unit[0].blocks
    alloys = sum(0 < block.ge_fraction < 1 for block in blocks)
    return BLOCK_COST * max(len(blocks) - 2, 0) + ALLOY_COST * alloys + MIXED_COST * (mixing > 0)


@cache
def drawn_stacks() -> tuple[tuple[Stack, float], ...]:
    """Stacks and interface widths as the models' training draws them, the same ones every time."""
    return tuple(islice(random_stacks(DRAWS_SEED), DRAWS))


@dataclass(frozen=True, eq=False)
class Judged:
    """A candidate's fit by the exact engine. misfit: of its composition."""

    stack: str
    mixing: float
    fitted: Fitted
    misfit: float

    @property
    def cost(self) -> float:
        """−2 log probability up to a constant."""
        return self.fitted.evidence + MISFIT_WEIGHT * np.log1p(self.misfit) + complexity(self.stack, self.mixing)
