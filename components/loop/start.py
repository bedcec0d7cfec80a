"""How a run of the loop begins."""

from datetime import UTC, datetime

from components.interpret.report import step_line
from components.requests import listed
from core import __version__
from core.learning.versions import in_force
from core.sessions import runs
from core.sessions.budgets import Budget
from core.sessions.readings import Reading, cuts_of, kept_digest, kept_name

MOST_CUTS = 4
"""Kept cuts of a sample that are read together with the one that is shown."""


def run_on(readings: tuple[Reading, ...], budget: Budget | None = None) -> str:
    """A new run on images that are read so; returns its id.

    Raises:
        InputError: an image that is not calibrated, or hardly reaches the model's window.
    """
    cuts, images = cuts_of(readings)
    about = {
        "readings": [reading.document() for reading in readings],
        "sources": [source_of(reading) for reading in readings],
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "weights": in_force(),
    }
    return runs.create(cuts, images, about, budget)


def run_on_shown(document: dict, others) -> str:
    """A new run on the image that Interpret shows and on the kept cuts of its sample, as it sends them.

    Raises:
        InputError: as `run_on`.
    """
    first = Reading.from_document(document)
    kept = (Reading.from_document(other) for other in listed(others)[:MOST_CUTS])
    return run_on((first, *(other for other in kept if other != first)))


def source_of(reading: Reading) -> dict:
    """What a report says of an image: its file, what was read from it, and its calibration in words."""
    return {
        "name": kept_name(reading.image),
        "sha256": kept_digest(reading.image),
        "cut": reading.cut,
        "record": reading.record().lines(),
        "steps": [step_line(step) for step in reading.steps],
    }
