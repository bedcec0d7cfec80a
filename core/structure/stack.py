"""Stacks of monolayers along [001] and their notation: Si4Ge4, (Si0.7Ge0.3)6, [Si2Ge2]3."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.errors import InputError
from core.structure.notation import MAX_MONOLAYERS, block_text, parse_blocks

_ON = re.compile(r"\s+on\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Block:
    """Neighbouring monolayers of one composition: `ge_fraction` in [0, 1], `monolayers` at least 1."""

    ge_fraction: float
    monolayers: int

    def __post_init__(self):
        """Refuse fractions and counts that no layer can have."""
        fraction, monolayers = float(self.ge_fraction), self.monolayers
        if not 0.0 <= fraction <= 1.0:
            raise InputError(f"A block has a Ge fraction of {fraction:g}; it must lie between 0 (Si) and 1 (Ge)")
        if isinstance(monolayers, bool) or not math.isfinite(monolayers) or int(monolayers) != monolayers:
            raise InputError(f"A block has {monolayers} monolayers; give a whole number")
        if not 1 <= monolayers <= MAX_MONOLAYERS:
            raise InputError(f"A block has {int(monolayers)} monolayers; allowed are 1 to {MAX_MONOLAYERS}")
        object.__setattr__(self, "ge_fraction", fraction + 0.0)
        object.__setattr__(self, "monolayers", int(monolayers))


@dataclass(frozen=True)
class Stack:
    """A period of monolayers in growth order; neighbouring blocks of equal composition are merged.

    Two stacks are equal exactly when their profiles are.
    """

    blocks: tuple[Block, ...]

    def __post_init__(self):
        """Merge equal neighbours; refuse an empty or an oversized stack."""
        merged: list[Block] = []
        for block in self.blocks:
            if merged and merged[-1].ge_fraction == block.ge_fraction:
                block = Block(block.ge_fraction, merged.pop().monolayers + block.monolayers)
            merged.append(block)
        if not merged:
            raise InputError("The stack is empty; give at least one monolayer, e.g. Si4Ge4")
        total = sum(block.monolayers for block in merged)
        if total > MAX_MONOLAYERS:
            raise InputError(f"The stack has {total} monolayers; at most {MAX_MONOLAYERS} are accepted")
        object.__setattr__(self, "blocks", tuple(merged))

    def __len__(self) -> int:
        """Number of monolayers."""
        return sum(block.monolayers for block in self.blocks)

    def __str__(self) -> str:
        """The canonical notation."""
        return self.notation

    @classmethod
    def from_profile(cls, ge_fractions: Sequence[float]) -> "Stack":
        """The stack of a profile (monolayer,) of Ge fractions in growth order."""
        return cls(tuple(Block(float(fraction), 1) for fraction in ge_fractions))

    @cached_property
    def ge_fractions(self) -> np.ndarray:
        """(monolayer,) Ge fraction of every plane in growth order, read-only."""
        profile = np.repeat([b.ge_fraction for b in self.blocks], [b.monolayers for b in self.blocks]).astype(float)
        profile.flags.writeable = False
        return profile

    @cached_property
    def repeat_unit(self) -> tuple["Stack", int]:
        """The shortest stack whose repetition is this one, and how often it is repeated (a uniform stack: once)."""
        if len(self.blocks) == 1:
            return self, 1
        profile = self.ge_fractions
        length = len(profile)
        for period in range(2, length // 2 + 1):
            if length % period == 0 and np.array_equal(profile[period:], profile[:-period]):
                return Stack.from_profile(profile[:period]), length // period
        return self, 1

    @cached_property
    def notation(self) -> str:
        """Canonical text; parsing it gives the same stack. A repeated stack reads [unit]n."""
        unit, repeats = self.repeat_unit
        text = "".join(block_text(block.ge_fraction, block.monolayers) for block in unit.blocks)
        return f"[{text}]{repeats}" if repeats > 1 else text

    def repeated(self, times: int) -> "Stack":
        """This stack `times` over."""
        if not 1 <= times * len(self) <= MAX_MONOLAYERS:
            raise InputError(
                f"{self.notation} repeated {times} times has {times * len(self)} monolayers; "
                f"allowed are 1 to {MAX_MONOLAYERS}"
            )
        return Stack(self.blocks * times)

    def reversed(self) -> "Stack":
        """The stack grown the other way round."""
        return Stack(self.blocks[::-1])

    def doubled_if_odd(self) -> tuple["Stack", tuple[str, ...]]:
        """A stack with an even number of monolayers, and the note that says so where it had to be doubled.

        Bond directions alternate from plane to plane, so a crystal period has an even number of planes.
        """
        if len(self) % 2 == 0:
            return self, ()
        note = (
            f"{self.notation} has an odd number of monolayers ({len(self)}) and was doubled to {2 * len(self)}: "
            "bond directions alternate from plane to plane"
        )
        return self.repeated(2), (note,)

    def as_two_block(self) -> tuple[int, int, int] | None:
        """(n_si, n_ge, repeats) where the stack is [SiₙGeₘ]ᵣ, with n or m possibly 0; None for any other stack."""
        unit, repeats = self.repeat_unit
        if any(block.ge_fraction not in (0.0, 1.0) for block in unit.blocks):
            return None
        if len(unit.blocks) == 1:
            block = unit.blocks[0]
            return (0, block.monolayers, 1) if block.ge_fraction else (block.monolayers, 0, 1)
        if len(unit.blocks) == 2 and unit.blocks[0].ge_fraction == 0.0:
            return unit.blocks[0].monolayers, unit.blocks[1].monolayers, repeats
        return None


def two_block(n_si: int, n_ge: int, repeats: int = 1) -> Stack:
    """The stack [SiₙGeₘ]ᵣ; one of the two counts may be 0."""
    if min(n_si, n_ge) < 0 or n_si + n_ge < 1:
        raise InputError(f"{n_si} Si and {n_ge} Ge monolayers make no stack; give counts of 0 or more, not both 0")
    blocks = tuple(Block(fraction, count) for fraction, count in ((0.0, n_si), (1.0, n_ge)) if count)
    return Stack(blocks).repeated(repeats)


def stack_and_substrate(text: str) -> tuple[str, str]:
    """What people write in one line, `Si4Ge4 on Ge`, as its two texts; the second is empty where there is no `on`."""
    stack, substrate = (_ON.split(text, maxsplit=1) + [""])[:2]
    return stack.strip(), substrate.strip()


def parse_stack(text: str) -> Stack:
    """The stack written in `text`, e.g. Si4Ge4, Si8Ge2Si2Ge4, (Si0.7Ge0.3)6 or [Si2Ge2]3.

    Case, spaces and subscript digits are forgiven, a missing count is 1, and (Si4Ge4)2, Si4/Ge4 are read as [Si4Ge4]2,
    Si4Ge4. Anything else raises InputError, whose
    `position` is the index of the offending character.
    """
    return Stack(tuple(Block(fraction, count) for fraction, count in parse_blocks(text)))
