"""Neighbours of a stack: what a grower, or a wrong first guess, may have made instead."""

from collections.abc import Sequence
from itertools import combinations, islice

from core.learning.samples import LONGEST_BLOCK, profile_key
from core.structure.stack import Block, Stack, parse_stack

ALLOY_STEPS = (0.02, 0.08)
"""Changes of the Ge fraction of alloy blocks."""

ALONG_STEP = 0.06
"""Of the Ge fraction, where a search follows an alloy that is told badly."""

WIDTHS, LEAST_WIDTH = (0.0, 0.5, 1.0, 2.0, 3.0), 0.2
"""ML: interface widths that are tried for the best candidates; those between two tried ones down to so small a gap."""

LONGEST = 24
"""Planes of a period that is tried as a neighbour, at most, unless the networks' own candidates are longer."""

ARRANGEMENTS = 120
"""Of the planes of an alloy block as Si and Ge, at most."""

LONGEST_ALLOY = 6
"""Planes of an alloy that two blocks are merged to."""


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
    return _distinct(stack, found)


def plane_neighbours(notation: str, longest: int) -> list[str]:
    """Stacks that differ in a plane, each crystal once: one turned into Si or Ge, put in, taken out, or swapped.

    The planes of an alloy block may be Si and Ge in any order, and two blocks may be an alloy.

    Args:
        notation: of a stack.
        longest: period in planes that is allowed.
    """
    stack = parse_stack(notation)
    own = [float(x) for x in stack.ge_fractions]
    found: list[Sequence[float]] = []
    for i, fraction in enumerate(own):
        for element in (0.0, 1.0):
            if fraction != element:
                found.append([*own[:i], element, *own[i + 1 :]])
            found.append([*own[:i], element, *own[i:]])
        found.append([*own[:i], *own[i + 1 :]])
        swapped = list(own)
        swapped[i], swapped[i - 1] = own[i - 1], own[i]
        found.append(swapped)
    start = 0
    for block, after in zip(stack.blocks, [*stack.blocks[1:], None], strict=True):
        end = start + block.monolayers
        if 0 < block.ge_fraction < 1:
            found += [[*own[:start], *planes, *own[end:]] for planes in _arrangements(block)]
        if after and len(stack.blocks) > 2 and block.monolayers + after.monolayers <= LONGEST_ALLOY:
            both = own[start : end + after.monolayers]
            mean = round(sum(both) / len(both), 2)
            found.append([*own[:start], *[mean] * len(both), *own[end + after.monolayers :]])
        start = end
    return _distinct(stack, [_stack_of(planes) for planes in found if 2 <= len(planes) <= longest])


def _arrangements(block: Block) -> list[list[float]]:
    """Si and Ge planes (ARRANGEMENTS of them at most) of nearly the composition of an alloy."""
    count, mean = block.monolayers, block.monolayers * block.ge_fraction
    numbers = sorted(range(count + 1), key=lambda number: abs(number - mean))[:2]
    places = (set(place) for number in numbers for place in combinations(range(count), number))
    return [[float(i in place) for i in range(count)] for place in islice(places, ARRANGEMENTS)]


def _stack_of(planes: Sequence[float]) -> Stack:
    """A period that begins with a block, so that none is split between its ends."""
    start = next((i for i in range(len(planes)) if planes[i] != planes[i - 1]), 0)
    planes, blocks = [*planes[start:], *planes[:start]], []
    for fraction in planes:
        if blocks and blocks[-1][0] == fraction:
            blocks[-1][1] += 1
        else:
            blocks.append([fraction, 1])
    return Stack(tuple(Block(fraction, count) for fraction, count in blocks))


def _distinct(stack: Stack, found: list[Stack]) -> list[str]:
    """Notations of those that are other crystals than a stack and each other."""
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


def moves_from(notation: str, mixing: float, tried: list[float], polished: bool = False) -> list[tuple[str, float]]:
    """Stacks a step away from one with their interface widths, and its own with other widths.

    Args:
        notation: of a stack.
        mixing: its interface width in ML.
        tried: widths of it that were tried, in order.
        polished: whether fractions of its alloys may be moved to new ones; else they are settled last.
    """
    own = parse_stack(notation)
    longest, fractions = max(LONGEST, len(own.ge_fractions)), alloys(notation)
    found = [(name, mixing) for name in neighbours(notation) if len(parse_stack(name).ge_fractions) <= longest]
    if fractions and not polished:
        found = [one for one in found if fractions >= alloys(one[0])]
    if len(own.blocks) > 1:
        widths = set(WIDTHS)
        for low, high in zip(tried, tried[1:], strict=False):
            if mixing in (low, high) and high - low > LEAST_WIDTH:
                widths.add(round((low + high) / 2, 2))
        found += [(notation, width) for width in sorted(widths)]
    return found


def along(notation: str, number: int, step: float) -> list[str]:
    """A stack with the Ge fraction of its alloy block of a number moved in steps, as far as Si or Ge."""
    stack = parse_stack(notation)
    start = sum(block.monolayers for block in stack.blocks[:number])
    block, planes, found = stack.blocks[number], [float(x) for x in stack.ge_fractions], []
    fraction = block.ge_fraction
    while 0 < fraction < 1:
        fraction = round(min(1.0, max(0.0, fraction + step)), 4)
        planes[start : start + block.monolayers] = [fraction] * block.monolayers
        found.append(_stack_of(planes).notation)
    return found


def uniform(fraction: float) -> str:
    """A crystal without interfaces, of a Ge fraction to a hundredth."""
    return _stack_of([round(fraction, 2)] * 2).notation


def named(stack: str, mixing: float) -> str:
    """A stack and its interface width in words."""
    return f"{stack} mixed over {mixing:.2g} ML" if mixing > 0 else stack


def alloys(stack: str) -> set[float]:
    """Ge fractions of the blocks that are neither Si nor Ge."""
    return {block.ge_fraction for block in parse_stack(stack).blocks if 0 < block.ge_fraction < 1}
