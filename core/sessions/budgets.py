"""How long a run of the loop may try candidates, and how many, as a person asks for it."""

import contextlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.errors import InputError
from core.loop.loop import LoopSettings

SECONDS, CANDIDATES = (2, 900), (2, 300)
"""What may be asked for."""

MOST_TIMES = 15
"""A person may ask for so many times the seconds that the host allows without being asked."""

FILE = "budget.json"


@dataclass(frozen=True)
class Budget:
    """Seconds in which stacks are tried anew, and how many of them are.

    Fits that follow the fraction of an alloy, stacks that people ask for, and fits of the best ones again come on top.

    Raises:
        InputError: outside SECONDS or CANDIDATES.
    """

    seconds: float = 60.0
    candidates: int = 48

    def __post_init__(self):
        for name, (low, high) in (("seconds", SECONDS), ("candidates", CANDIDATES)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise InputError(f"A budget of {str(value)[:40]} {name} is not accepted; give {low} to {high}")

    def document(self, after: int | None = None) -> dict:
        """Plain JSON; after: number of steps that a run had done when it was given."""
        return asdict(self) if after is None else asdict(self) | {"after": after}


def budget_in(folder: Path) -> Budget | None:
    """What a run was given; None where nothing was asked for, or it cannot be read."""
    try:
        asked = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return Budget(float(asked["seconds"]), int(asked["candidates"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, InputError):
        return None


def steps_before(folder: Path) -> int | None:
    """Number of steps that a run had done when it was given its budget; None where that was at its start."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, OverflowError):
        return int(json.loads((folder / FILE).read_text(encoding="utf-8"))["after"])
    return None


def limited(settings: LoopSettings, budget: Budget | None) -> LoopSettings:
    """Settings that keep to a budget, where one was asked for, as far as the host's own seconds reach."""
    if budget is None:
        return settings
    seconds = min(budget.seconds, MOST_TIMES * settings.search.seconds)
    return replace(settings, search=replace(settings.search, seconds=seconds, judgements=budget.candidates))
