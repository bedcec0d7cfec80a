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


@cache
def tested(number: int) -> tuple[int, int]:
    """Of candidates in a bin: how many were the true stack, and how many there were; (0, 0) where none was tested."""
    images = json.loads(MEASURED_FILE.read_text(encoding="utf-8"))["images"]
    rows = [
        row for name in ("clean", "realistic") for row in images[name]["reliability"] if bin_of(row["said"]) == number
    ]
    right = sum(row["right"] * row["candidates"] for row in rows)
    return round(right), sum(row["candidates"] for row in rows)
