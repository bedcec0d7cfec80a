"""How a run of the loop begins."""

from components.interpret.report import source_of
from components.requests import listed
from core.reverse.truth import truth_of
from core.sessions import runs
from core.sessions.budgets import Budget
from core.sessions.interpretations import MOST_CUTS
from core.sessions.readings import Reading, cuts_of, readings_of_sample


def run_on(readings: tuple[Reading, ...], budget: Budget | None = None) -> str:
    """A new run on images of a sample that are read so, the first of which says what is known of it; returns its id.

    Raises:
        InputError: an image that is not calibrated, or hardly reaches the model's window.
    """
    cuts, images = cuts_of(readings)
    truth = truth_of(readings[0].raw().attrs)
    about = {
        "readings": [reading.document() for reading in readings],
        "sources": [source_of(reading) for reading in readings],
        "truth": truth.words if truth else "",
    }
    return runs.create(cuts, images, about, budget, readings[0].knowledge)


def run_on_shown(document: dict, others) -> str:
    """A new run on the image that Interpret shows and on the kept cuts of its sample, as it sends them.

    Raises:
        InputError: as `run_on`.
    """
    first = Reading.from_document(document)
    kept = [Reading.from_document(other) for other in listed(others)[:MOST_CUTS]]
    return run_on(readings_of_sample(first, kept))
