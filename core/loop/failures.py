"""What a loop leaves to learn from: the exact spectra of a stack that a model, or the loop, got wrong."""

from core.learning.dataset import compute_record
from core.learning.replay import case_file, keep_case
from core.learning.samples import drawn_sample
from core.loop.loop import Loop

MOST_ATOMS = 64
"""Exact spectra of longer periods take too long beside a loop."""

STRUCTURED = 1.5
"""Times the noise: a residual of at least so much is one that the models should have explained."""


def failure(loop: Loop, result: dict) -> str:
    """Why a finished loop is one to learn from, in a few words; empty where it is not.

    result: its document, with the exact check.
    """
    check = result["exact_check"]
    if result["stop_reason"] in ("noise only", "outside the domain", "cancelled") or check is None:
        return ""
    if not check["agrees"]:
        return "the exact engine disagrees with the forward model"
    if result["stop_reason"] != "agreement" and result["residual_end"] > STRUCTURED * result["noise"]:
        return "the loop ended with a structured residual"
    return ""


def keep_failure(loop: Loop, result: dict, origin: str) -> bool:
    """Add the winner of a loop to the replay store where there is something to learn from it; whether it was added."""
    reason, guess = failure(loop, result), loop.last.guess
    if not reason or len(guess.crystal) > MOST_ATOMS:
        return False
    mixing = round(guess.mixing, 3) if guess.mixes else 0.0
    sample = drawn_sample("replay", guess.stack, round(guess.lattice, 4), mixing, round(float(guess.views[0].kz), 4))
    if case_file(sample).exists():
        return False
    keep_case(compute_record(sample), reason, origin)
    return True
