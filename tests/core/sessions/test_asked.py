"""What a run of the loop is asked reaches its search: the noise of measured pixels, and what is known of the sample."""

import json

import pytest

from components.loop.start import run_on
from core.loop.image import averaged_gain, noise_gain
from core.loop.loop import Loop
from core.reverse.knowledge import Knowledge
from core.sessions import runs
from core.sessions.readings import Reading, cuts_of
from core.structure.stack import parse_stack
from tests.loops import SHORT, fit_loosely


@pytest.fixture
def loop_of(monkeypatch):
    """The loop that a worker makes of a run."""
    fit_loosely(monkeypatch)
    made = []

    class Kept(Loop):
        def __init__(self, *given):
            super().__init__(*given)
            made.append(self)

    monkeypatch.setattr(runs, "Loop", Kept)

    def work_on(run: str) -> Loop:
        runs.order(run, "cancel")
        assert runs.work(run, SHORT)
        return made.pop()

    return work_on


def test_a_run_is_told_the_noise_of_the_pixels_as_they_were_measured(loop_of):
    cuts, images = cuts_of((Reading("example-sharp"),))
    gain = averaged_gain(cuts[0].image)
    assert noise_gain(images[0]) < 0.8 * gain, "averaging hides nothing of this image's noise"
    run = runs.create(cuts, images)
    assert loop_of(run).search.targets[0].gain == gain
    assert loop_of(runs.copied(run)).search.targets[0].gain == gain


def test_a_run_is_told_what_is_known_of_the_sample(loop_of):
    run = run_on((Reading("example-sharp", substrate="Si0.5Ge0.5", family="bulk"),))
    loop = loop_of(runs.copied(run))
    assert loop.found.known == Knowledge("Si0.5Ge0.5", "bulk")
    assert runs.request(run)["about"]["truth"] == "Si5Ge7 on Si0.5Ge0.5, sharp interfaces"
    stacks = [parse_stack(loop.search.pool[key][0]) for key in loop.search.pool]
    assert stacks
    assert {len(stack.blocks) for stack in stacks} == {1}
    assert loop.search.lattice[1] < 0.01, "a substrate is known better than the networks' a∥"


def test_a_search_tries_no_move_that_the_family_of_the_sample_forbids(loop_of):
    search = loop_of(run_on((Reading("example-sharp", family="two-block"),))).search
    assert search.pool.allowed([("Si4Ge4", 0.0), ("Si1Ge1Si2Ge4", 0.0), ("(Si0.5Ge0.5)2", 0.0)]) == [("Si4Ge4", 0.0)]


def test_a_run_of_an_earlier_version_knows_nothing_beforehand(loop_of):
    run = runs.create(*cuts_of((Reading("example-sharp"),)))
    file = runs._folder(run) / "request.json"
    asked = json.loads(file.read_text(encoding="utf-8"))
    del asked["known"], asked["cuts"][0]["noise_gain"]
    file.write_text(json.dumps(asked), encoding="utf-8")
    loop = loop_of(run)
    assert loop.found.known == Knowledge()
    assert loop.search.targets[0].known_gain is None


@pytest.mark.parametrize("known", [{"family": "of mine"}, {"substrate": "cheese"}, {"colour": "red"}, ["Ge"]])
def test_a_damaged_request_says_so(known):
    run = runs.create(*cuts_of((Reading("example-sharp"),)))
    file = runs._folder(run) / "request.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | {"known": known}), encoding="utf-8")
    with pytest.raises(runs.InputError, match=r"damaged \(request.json"):
        runs.request(run)
