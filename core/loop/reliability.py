"""How often candidates of about one probability were the true stack, on the simulated images of the evaluation."""

import json
from functools import cache
from pathlib import Path

MEASURED_FILE = Path(__file__).parents[1] / "measured" / "loop.json"

BINS = (0.0, 0.2, 0.5, 0.8, 0.95, 1.0)
"""Of probabilities of candidates."""


def bin_of(probability: float) -> int:
    """Index of the bin that a probability lies in; 1 belongs to the last one."""
    return max(i for i, low in enumerate(BINS[:-1]) if probability >= low)


def tested_like(probability: float) -> tuple[int, int]:
    """Of tested candidates in the same bin: how many were the true stack, and how many there were; (0, 0) if none."""
    return _tested(bin_of(probability))


@cache
def _tested(number: int) -> tuple[int, int]:
    images = json.loads(MEASURED_FILE.read_text(encoding="utf-8"))["images"]
    rows = [one for name in ("clean", "realistic") for one in images[name]["reliability"]]
    rows = [row for row in rows if bin_of(row["said"]) == number]
    return round(sum(row["right"] * row["candidates"] for row in rows)), sum(row["candidates"] for row in rows)
