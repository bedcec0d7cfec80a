"""Stacks that a search may try: each crystal once, with how far its composition lies from the networks' word."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from core.learning.samples import profile_key
from core.loop.prior import drawn_stacks
from core.reverse.candidates import composition_misfit, rank_by_composition
from core.reverse.knowledge import NOTHING, Knowledge
from core.structure.stack import parse_stack

LIBRARY, DRAWN = 130, 30
"""Candidates of the least misfit: of the library, and of the stacks of many blocks that the prior draws."""

Key = tuple[str, float]
"""Of a crystal's profile and its interface width (ML)."""

Move = tuple[str, float]
"""Stack and interface width (ML)."""


@lru_cache(maxsize=16384)
def key_of(stack: str, mixing: float) -> Key:
    """The same for all spellings of a crystal."""
    return profile_key(parse_stack(stack)), mixing


class Pool:
    """Candidates by key: (stack, mixing, misfit).

    Args:
        estimates, sizes: the networks' figures and composition, and their typical errors.
        knowledge: of the sample beforehand: nothing else is tried, but for what a person asks for.
    """

    def __init__(self, estimates: dict[str, float], sizes: dict[str, float], knowledge: Knowledge = NOTHING):
        self.estimates, self.sizes, self.knowledge = estimates, sizes, knowledge
        self.known: dict[Key, tuple[str, float, float]] = {}
        for misfit, stack, mixing in rank_by_composition(estimates, sizes, knowledge)[:LIBRARY]:
            self.add(stack.notation, mixing, misfit)
        others = ((composition_misfit(s, w, estimates, sizes), s, w) for s, w in drawn_stacks() if knowledge.allows(s))
        for misfit, stack, mixing in sorted(others, key=lambda row: row[0])[:DRAWN]:
            self.add(stack.notation, mixing, misfit)

    def add(self, stack: str, mixing: float, misfit: float | None = None) -> Key:
        """Know a candidate from now on; its spelling stays the first one."""
        key = key_of(stack, mixing)
        if key not in self.known:
            if misfit is None:
                misfit = composition_misfit(parse_stack(stack), mixing, self.estimates, self.sizes)
            self.known[key] = (stack, mixing, misfit)
        return key

    def allowed(self, moves: Iterable[Move]) -> list[Move]:
        """Those that the knowledge of the sample allows."""
        return [move for move in moves if self.knowledge.allows(parse_stack(move[0]))]

    def __getitem__(self, key: Key) -> tuple[str, float, float]:
        return self.known[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.known)
