"""What a person did on Interpret, in order: edits wait in the browser until the server has taken them in.

The browser notes each one at once and sends all that are not yet in the reading, so that none is lost and none is taken
in twice, however slow the network is and whichever answer comes last.
"""

from contextlib import suppress
from dataclasses import dataclass

from components.interpret.edit import with_controls, without
from components.requests import FOREIGN, listed
from core.errors import InputError
from core.experiment.calibration.editing import AXES
from core.sessions.readings import Reading

MOST_UNDONE = 30
MOST_WAITING = 200
"""Edits that the browser keeps, and a request may bring."""


@dataclass(frozen=True)
class Edited:
    """A reading and its history after edits.

    last: number of the last edit that is in them. back: whether the ends of axes on the page are those of the reading
    again, as after an undo.
    """

    reading: Reading
    history: list[dict]
    last: int
    back: bool = False


def edited(reading: Reading, history: list[dict], edits, last, names: tuple[str, ...]) -> Edited:
    """The reading after the edits that are not yet in it.

    Args:
        reading: as the page has it.
        history: documents of the readings before it.
        edits: as the browser notes them, {"n": number, "image": id} and one of "set": {control: value} with "ends" of
            axes as they stand on the page, "drop": a step's name, "undo": true.
        last: number of the last edit that is in the reading.
        names: of the controls that may be set.

    Raises:
        InputError: edits that no page sends.
    """
    now = Edited(reading, history, last if _is_number(last) else 0)
    edits = listed(edits)
    if len(edits) > MOST_WAITING or not all(isinstance(edit, dict) and _is_number(edit.get("n")) for edit in edits):
        raise InputError(FOREIGN)
    for edit in edits:
        if edit["n"] > now.last:
            now = _after(now, edit, names)
    return now


def _after(now: Edited, edit: dict, names: tuple[str, ...]) -> Edited:
    number = edit["n"]
    if edit.get("image") != now.reading.image:  # of an image that was there before
        return Edited(now.reading, now.history, number, now.back)
    if edit.get("undo"):
        if not now.history:
            return Edited(now.reading, now.history, number, now.back)
        return Edited(Reading.from_document(now.history[-1]), now.history[:-1], number, back=True)
    values, ends = (dict(given) if isinstance(given := edit.get(kind), dict) else {} for kind in ("set", "ends"))
    reading = now.reading
    if "drop" in edit:
        reading = without(reading, str(edit["drop"]))
    with suppress(InputError):  # a value that a control does not take is no edit
        reading = with_controls(reading, ends | values, [name for name in names if name in values])
    back = now.back and not set(values) & set(AXES)
    if reading == now.reading:
        return Edited(reading, now.history, number, back)
    return Edited(reading, [*now.history[-MOST_UNDONE:], now.reading.document()], number, back)


def _is_number(value) -> bool:
    return type(value) is int and 0 <= value < 2**53
