"""How a run of the loop begins."""

from core.sessions import runs
from core.sessions.readings import Reading, cuts_of


def run_on(readings: tuple[Reading, ...]) -> str:
    """A new run on images that are read so; returns its id.

    Raises:
        InputError: an image that is not calibrated, or hardly reaches the model's window.
    """
    cuts, images = cuts_of(readings)
    return runs.create(cuts, images, {"readings": [reading.document() for reading in readings]})
