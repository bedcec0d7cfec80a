"""What may be wrong where the best stack leaves a residual: explanations, by how much of it each removes."""

from collections.abc import Callable
from dataclasses import dataclass

from core.learning.samples import LONGEST_PERIOD
from core.reverse.guess import MOST_MIXED, Guess
from core.structure.stack import Block, Stack, parse_stack

WIDENED = (0.7, 1.5)
"""ML: more interface mixing that is tried."""

ALLOYED = (0.1, 0.25)
"""Admixtures of the other kind to a block that are tried."""

SENTENCES = {
    "interface mixing": "Interfaces are wider than those of the best stack.",
    "a wrong period": "The period is longer or shorter.",
    "an alloyed layer": "A layer holds atoms of the other kind.",
    "a missing layer": "Every second period lacks a monolayer, or has one too many.",
    "atoms out of place": "A plane inside a layer is partly of the other kind.",
    "another material": "None of these explains the rest: another material, or something else in the image.",
}


@dataclass(frozen=True)
class Hint:
    """An explanation of SENTENCES, the guess that stands for it, and the share of the residual that it removes."""

    explanation: str
    guess: Guess
    removes: float

    def document(self) -> dict:
        """Plain JSON."""
        return {
            "explanation": self.explanation,
            "sentence": SENTENCES[self.explanation],
            "stack": self.guess.stack,
            "mixing": round(self.guess.mixing, 3),
            "removes": round(self.removes, 4),
        }


def hints(guess: Guess, residual: float, floor: float, distance: Callable[[Guess], float]) -> list[Hint]:
    """Explanations of what a guess leaves, most telling first; the last kind gets what none of the others removes.

    Args:
        guess: the best one.
        residual: distance of it.
        floor: distance that noise and the forward model's own error leave.
        distance: of any guess.
    """
    found = []
    for explanation, others in explanations(guess).items():
        tried = [(distance(other), other) for other in others]
        if tried:
            least, other = min(tried, key=lambda pair: pair[0])
            found.append(Hint(explanation, other, max(0.0, residual - least) / max(residual, 1e-12)))
    best = max((hint.removes for hint in found), default=0.0)
    left = max(0.0, residual * (1 - best) - floor) / max(residual, 1e-12)
    found.append(Hint("another material", guess, left))
    return sorted(found, key=lambda hint: -hint.removes)


def explanations(guess: Guess) -> dict[str, list[Guess]]:
    """Guesses that stand for each explanation but the last."""
    stack = parse_stack(guess.stack)
    blocks, total = list(stack.blocks), len(stack)
    made: dict[str, list[list[Block]]] = {name: [] for name in SENTENCES if name != "another material"}
    if len(blocks) > 1:
        for change in (1, -1, 2, -2):
            if all(block.monolayers + change > 0 for block in blocks):
                made["a wrong period"].append([_with(block, change) for block in blocks])
        if 2 * total <= LONGEST_PERIOD:
            for i, block in enumerate(blocks):
                for change in (-1, 1):
                    if block.monolayers + change > 0:
                        made["a missing layer"].append([*blocks, *_changed(blocks, i, [_with(block, change)])])
    for i, block in enumerate(blocks):
        other = 0.0 if block.ge_fraction > 0.5 else 1.0
        for share in ALLOYED:
            x = round(block.ge_fraction + share * (other - block.ge_fraction), 4)
            made["an alloyed layer"].append(_changed(blocks, i, [Block(x, block.monolayers)]))
        if block.monolayers >= 3:
            below = block.monolayers // 2
            plane = Block(round((block.ge_fraction + other) / 2, 4), 1)
            parts = [Block(block.ge_fraction, below), plane, Block(block.ge_fraction, block.monolayers - below - 1)]
            made["atoms out of place"].append(_changed(blocks, i, parts))
    found = {name: [guess.changed(stack=Stack(tuple(b)).notation) for b in parts] for name, parts in made.items()}
    if guess.mixes:
        widths = [min(MOST_MIXED, guess.mixing + more) for more in WIDENED]
        found["interface mixing"] = [guess.changed(mixing=width) for width in widths]
    return found


def _with(block: Block, change: int) -> Block:
    return Block(block.ge_fraction, block.monolayers + change)


def _changed(blocks: list[Block], number: int, parts: list[Block]) -> list[Block]:
    return [*blocks[:number], *parts, *blocks[number + 1 :]]
