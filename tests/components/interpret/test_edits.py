"""Edits of Interpret on their way: none is lost, none is taken in twice, in whatever order requests are answered."""

import pytest

from components.interpret.edits import MOST_UNDONE, MOST_WAITING, edited
from core.errors import InputError
from core.experiment.calibration.steps import Momentum, Symmetrise
from core.sessions.readings import Reading
from pages.interpret import FIELDS
from tests.components.interpret.test_edit import picture

SHARP = Reading("example-sharp")


def edit(number: int, image: str = SHARP.image, **what) -> dict:
    return {"n": number, "image": image} | what


def taken(edits, reading: Reading = SHARP, history=(), last: int = 0):
    return edited(reading, list(history), edits, last, FIELDS)


CENTRE = edit(1, set={"k_centre": 0.02})
SCALE = edit(2, set={"k_scale": 1.1})
EVEN = edit(3, set={"symmetrise": True})


def test_edits_are_taken_in_order_and_once():
    both = taken([CENTRE, SCALE])
    assert both.reading.steps == (Momentum(0.02, 1.1),)
    assert [Reading.from_document(document).steps for document in both.history] == [(), (Momentum(0.02),)]
    again = taken([CENTRE, SCALE, EVEN], both.reading, both.history, both.last)
    assert again.reading.steps == (Momentum(0.02, 1.1), Symmetrise())
    assert again == taken([CENTRE, SCALE, EVEN])
    assert taken([CENTRE, SCALE], both.reading, both.history, both.last) == both


def test_removals_and_undoing_have_their_place_among_them():
    drop, undo = edit(4, drop="momentum"), edit(5, undo=True)
    assert taken([CENTRE, SCALE, EVEN, drop]).reading.steps == (Symmetrise(),)
    undone = taken([CENTRE, SCALE, EVEN, drop, undo])
    assert undone.reading.steps == (Momentum(0.02, 1.1), Symmetrise())
    assert undone.back
    nothing = taken([CENTRE, edit(2, undo=True), edit(3, undo=True)])
    assert (nothing.reading, nothing.history, nothing.last) == (SHARP, [], 3)
    assert taken([CENTRE, edit(2, drop="no such step")]).reading.steps == (Momentum(0.02),)


def test_edits_of_another_image_and_refused_values_are_passed_over():
    found = taken([edit(1, "example-alloy", undo=True), edit(2, set={"k_centre": "x"}), edit(3, set={"cut": "G-K"})])
    assert (found.reading, found.last) == (Reading("example-sharp", cut="G-K"), 3)
    assert len(found.history) == 1


def test_ends_of_axes_wait_for_each_other():
    reading = picture()
    ends = {"k_left": -1, "k_right": 1, "e_bottom": "", "e_top": ""}
    waiting = edit(1, reading.image, set={"k_right": 1}, ends=ends)
    whole = edit(2, reading.image, set={"e_top": 0}, ends=ends | {"e_bottom": -5, "e_top": 0})
    assert taken([waiting], reading).reading == reading
    found = taken([waiting, whole], reading)
    assert found.reading.steps[-1].document()["k_right"] == 1
    assert len(found.history) == 1
    undone = taken([waiting, whole, edit(3, reading.image, undo=True)], reading)
    assert (undone.reading, undone.back) == (reading, True)
    assert not taken([edit(4, reading.image, set={"k_left": -2}, ends=ends)], reading, last=3).back


def test_the_history_stays_short():
    many = [edit(n, set={"k_centre": n / 1000}) for n in range(1, MOST_WAITING + 1)]
    assert len(taken(many).history) == MOST_UNDONE + 1
    with pytest.raises(InputError, match="reload"):
        taken([*many, CENTRE])
