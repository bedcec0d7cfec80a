"""Whether a crystal is as drawn: fits of the perfect stack against fits with a flaw's signature, by the exact engine.

Odds of ODDS to 1 for the signature tell a flaw. How often that is right on images of stacks that no model was trained
on is measured by `core.loop.detection_evaluation`, and said with every answer.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from core.loop.correction import fitted_exactly
from core.loop.fit import Fitted, Problem
from core.structure.stack import Block, Stack, parse_stack

MEASURED_FILE = Path(__file__).parents[1] / "measured" / "detection.json"
ODDS = 20.0
LONGEST = 8
"""Monolayers of a period up to which it was measured: a flaw of a longer one changes an image less."""

LATERAL = 2
WIDTHS = (1.0, 2.0)
"""ML: mixing of interfaces that is tried."""

FLAWS = {
    "mixed": f"interfaces mixed over {WIDTHS[0]:g} to {WIDTHS[1]:g} ML",
    "antisite": f"an atom in {LATERAL**2} of a plane exchanged",
}
"""What has a signature among virtual crystals, in words."""


@dataclass(frozen=True)
class Flaw:
    """An answer: name of FLAWS, −2 log odds for its signature against the perfect stack, and the odds' verdict."""

    name: str
    gain: float

    @property
    def found(self) -> bool:
        """Whether the odds for it are ODDS to 1."""
        return self.gain > 2 * float(np.log(ODDS))

    def document(self) -> dict:
        """Plain JSON, with the rates that were measured: of flaws found, and of false alarms."""
        return {"flaw": self.name, "gain": round(self.gain, 2), "found": self.found} | rates().get(self.name, {})


def signatures(stack: str) -> dict[str, list[tuple[str, float]]]:
    """Stacks and mixings that stand for each flaw: wider interfaces; a plane of each block with an atom exchanged."""
    blocks, made = list(parse_stack(stack).blocks), []
    for number, block in enumerate(blocks):
        other, below = 1.0 - block.ge_fraction, block.monolayers // 2
        share = block.ge_fraction + (other - block.ge_fraction) / LATERAL**2
        around = ((block.ge_fraction, below), (share, 1), (block.ge_fraction, block.monolayers - below - 1))
        parts = [Block(x, monolayers) for x, monolayers in around if monolayers]
        changed = [*blocks[:number], *parts, *blocks[number + 1 :]]
        made.append((Stack(tuple(changed)).notation, 0.0))
    return {"mixed": [(stack, width) for width in WIDTHS], "antisite": made}


def flaws(problem: Problem, perfect: Fitted, wanted: Sequence[str] = tuple(FLAWS)) -> list[Flaw]:
    """What the fits of signatures say against that of the perfect stack, which the exact engine has taken on."""
    found, tried = [], signatures(perfect.state.stack)
    for name in wanted:
        fits = [_taken_on(problem, perfect, *other) for other in tried[name]]
        found.append(Flaw(name, float(perfect.evidence - min(fit.evidence for fit in fits))))
    return found


def told_flaws(problem: Problem, perfect: Fitted) -> list[dict]:
    """Documents of `flaws`, where it was measured how surely they are told: short stacks, a known k_z, tight binding.

    The perfect stack's fit is taken on as those of the signatures are, however a search left it.
    """
    known = all("kz" in target.fixed for target in problem.targets)
    measured = can_be_asked(perfect.state.stack, perfect.state.mixing) and problem.pictures.fidelity == "tight-binding"
    if not (known and measured):
        return []
    return [flaw.document() for flaw in flaws(problem, fitted_exactly(problem, perfect)[0])]


def can_be_asked(stack: str, mixing: float) -> bool:
    """Whether a stack is one of those it was measured for: sharp, of pure Si and Ge, of a short period."""
    layers = parse_stack(stack)
    pure = all(block.ge_fraction in (0.0, 1.0) for block in layers.blocks)
    return not mixing and pure and len(layers.blocks) > 1 and len(layers) <= LONGEST


def _taken_on(problem: Problem, perfect: Fitted, stack: str, mixing: float) -> Fitted:
    """The fit of another virtual crystal, from where that of the perfect stack ended."""
    return fitted_exactly(problem, replace(perfect, state=replace(perfect.state, stack=stack, mixing=mixing)), 2)[0]


@cache
def rates() -> dict[str, dict[str, float]]:
    """Shares by flaw, where they were measured: `rate` of flawed crystals that are found, `false_alarms` of others."""
    try:
        measured = json.loads(MEASURED_FILE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    rows = {name: measured[name] for name in FLAWS if "found" in measured.get(name, {})}
    return {name: {"rate": row["found"], "false_alarms": row["false_alarms"]} for name, row in rows.items()}
