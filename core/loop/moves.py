"""Neighbours of a stack: what a grower, or a wrong first guess, may have made instead."""

from core.learning.samples import LONGEST_BLOCK, profile_key
from core.structure.stack import Block, Stack, parse_stack

ALLOY_STEPS = (0.02, 0.08)
"""Changes of the Ge fraction of alloy blocks."""


def neighbours(notation: str) -> list[str]:
    """Stacks one move away, each crystal once.

    Moves are a monolayer more or less of a block, one moved across an interface, an alloy block a little richer or
    poorer, a period halved or doubled.
    """
    stack = parse_stack(notation)
    blocks = list(stack.blocks)
    found: list[Stack] = []

    def add(parts: list[Block]) -> None:
        if parts and sum(part.monolayers for part in parts) <= 2 * LONGEST_BLOCK + 8:
            found.append(Stack(tuple(parts)))

    for i, block in enumerate(blocks):
        for change in (1, -1) if len(blocks) > 1 else ():
            add(_resized(blocks, {i: change}))
            if i + 1 < len(blocks):
                add(_resized(blocks, {i: change, i + 1: -change}))
        if 0 < block.ge_fraction < 1:
            for step in ALLOY_STEPS:
                for fraction in (block.ge_fraction - step, block.ge_fraction + step):
                    x = round(min(1.0, max(0.0, fraction)), 4)
                    add([*blocks[:i], Block(x, block.monolayers), *blocks[i + 1 :]])
    if len(blocks) > 1:
        add([Block(block.ge_fraction, 2 * block.monolayers) for block in blocks])
        if all(block.monolayers % 2 == 0 for block in blocks):
            add([Block(block.ge_fraction, block.monolayers // 2) for block in blocks])
    own, seen, kept = profile_key(stack), set(), []
    for other in found:
        key = profile_key(other)
        if key != own and key not in seen:
            seen.add(key)
            kept.append(other.notation)
    return kept


def _resized(blocks: list[Block], changes: dict[int, int]) -> list[Block]:
    """Blocks with more or fewer monolayers; those without any are left out; [] where a count would be negative."""
    parts = []
    for i, block in enumerate(blocks):
        count = block.monolayers + changes.get(i, 0)
        if count < 0:
            return []
        if count:
            parts.append(Block(block.ge_fraction, count))
    return parts
