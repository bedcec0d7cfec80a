"""Stacks that people would have a run of the loop try: a line each in its folder, and how many it has fitted."""

import contextlib
import json
from pathlib import Path

from core.errors import InputError
from core.learning.samples import WIDEST_MIXING
from core.loop.fit import LATTICE_RANGE
from core.storage import write_whole
from core.structure.stack import parse_stack

LONGEST, MOST_WAITING = 24, 2_000
"""Planes of a stack that may be tried, and bytes of all that wait to be fitted."""

FILE, _ANSWERED = "suggestions.jsonl", "answered"
Suggestion = tuple[str, float, float | None]
"""Stack, interface width (ML), and the a∥ (Å) from which its fit begins; None where that is the best one's."""


def add(folder: Path, stack: str, mixing: float, lattice: float | None) -> None:
    """Keep a suggestion.

    Raises:
        InputError: it is not acceptable, or too many wait.
        OSError: it cannot be kept.
    """
    planes = len(parse_stack(stack).ge_fractions)
    if planes > LONGEST:
        raise InputError(f"{stack} has {planes} planes; a run tries stacks of up to {LONGEST}")
    if not 0 <= mixing <= WIDEST_MIXING:
        raise InputError(f"An interface width of {mixing:g} ML is not accepted; give 0 to {WIDEST_MIXING:g}")
    if lattice is not None and not LATTICE_RANGE[0] <= lattice <= LATTICE_RANGE[1]:
        raise InputError(f"An a∥ of {lattice:g} Å is not accepted; give {LATTICE_RANGE[0]:g} to {LATTICE_RANGE[1]:g}")
    line = json.dumps({"stack": parse_stack(stack).notation, "mixing": float(mixing), "lattice": lattice}) + "\n"
    if sum(len(one) for one in _lines(folder)[answered(folder) :]) > MOST_WAITING:
        raise InputError("This run was asked for too many stacks; let it go on first")
    with (folder / FILE).open("a", encoding="utf-8") as lines:
        lines.write(line)


def suggestions(folder: Path) -> list[Suggestion | None]:
    """All that a run was asked to try; None in place of a damaged line."""
    return [_read(line) for line in _lines(folder)]


def answered(folder: Path) -> int:
    """How many of them were fitted, from the first one."""
    with contextlib.suppress(OSError, ValueError):
        return max(0, int((folder / _ANSWERED).read_text(encoding="utf-8")))
    return 0


def keep_answered(folder: Path, count: int) -> None:
    """Keep how many of them were fitted."""
    write_whole(folder / _ANSWERED, str(count))


def _lines(folder: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return (folder / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    return []


def _read(line: str) -> Suggestion | None:
    with contextlib.suppress(InputError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        one = json.loads(line)
        begun = one.get("lattice")
        return parse_stack(one["stack"]).notation, float(one["mixing"]), begun and float(begun)
    return None
