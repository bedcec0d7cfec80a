"""Each step in one sentence, and the pictures of fits while they run."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from core.loop.explained import change, refined_sentence, sentence
from core.loop.frame import Frame, read_frame
from core.loop.pictures import Pictures
from core.loop.posterior import Weighted, mixture, tracked
from core.reverse.standard import EV, KX


@dataclass(frozen=True)
class Fit:
    chi: tuple[float, ...]


@dataclass(frozen=True)
class Candidate:
    """As much of a judged candidate as sentences need."""

    stack: str
    mixing: float
    fitted: Fit


def candidate(stack: str, mixing: float = 0.0, chi: float = 1.0) -> Candidate:
    return Candidate(stack, mixing, Fit((chi,)))


def frame(wrong_at: float) -> Frame:
    """A picture that is off by a standard deviation around one energy."""
    pull = np.zeros((len(KX), len(EV)), np.float32)
    pull[:, np.abs(EV - wrong_at) < 0.2] = 1.0
    return Frame("Si4Ge4", 0.0, 5.5, 1.0, np.ones_like(pull), pull)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (("Si4Ge4", 0.0), ("Si4Ge5", 0.0), "one Ge plane more"),
        (("Si4Ge6", 0.0), ("Si4Ge4", 0.0), "two Ge planes less"),
        (("Si4Ge4", 0.0), ("Si5Ge3", 0.0), "one Si plane more and one Ge plane less"),
        (("Si4Ge4", 0.0), ("Si4Ge4", 1.5), "interfaces mixed over 1.5 ML"),
        (("Si4Ge4", 1.0), ("Si4Ge4", 1.5), "wider interfaces, 1.5 ML for 1 ML"),
        (("Si4Ge4", 1.0), ("Si4Ge4", 0.0), "sharp interfaces instead of mixed ones"),
        (("(Si0.3Ge0.7)4Si4", 0.0), ("(Si0.4Ge0.6)4Si4", 0.0), "60 % Ge for 70 % in a layer"),
        (("Si4Ge4", 0.0), ("Si2Ge1Si2Ge3", 0.0), "another order of layers"),
    ],
)
def test_how_candidates_differ(before, after, words):
    assert change(candidate(*before), candidate(*after)).startswith(words)


def test_a_better_candidate_is_said_with_the_energy_that_it_explains():
    before, best = candidate("Si4Ge4", chi=1.5), candidate("Si4Ge5", chi=1.2)
    found = sentence([best], before, best, frame(-1.2), frame(-9.0))
    assert found == "One Ge plane more explains the image better, most at −1.2 eV: χ² 1.50 → 1.20."


def test_several_interfaces_and_a_simpler_stack_are_said():
    before, best = candidate("Si4Ge4", chi=1.5), candidate("Si4Ge4", 0.5, chi=1.2)
    assert sentence([best], before, best, frame(-1.2), frame(-9.0)).startswith(
        "Interfaces mixed over 0.5 ML explain the"
    )
    simple = candidate("Si4Ge4", chi=1.205)
    found = sentence([simple], best, simple, frame(-1.2), frame(-1.2))
    assert found == (
        "Sharp interfaces instead of mixed ones fit as well and are more likely to be made, χ² 1.21 a pixel."
    )


def test_worse_and_equal_candidates_are_told_apart():
    best = candidate("Si4Ge4", chi=1.2)
    tried = [candidate("Si4Ge5", chi=1.9), candidate("Si4Ge4", 0.5, 1.201)]
    found = sentence(tried, best, best, frame(-1.0), frame(-1.0))
    assert found == (
        "Si4Ge5 leaves more than Si4Ge4, χ² 1.90 for 1.20; Si4Ge4 mixed over 0.5 ML fits no worse than Si4Ge4, but is "
        "less likely to be made."
    )
    assert "3.5 mÅ less" in refined_sentence("Si4Ge4", 5.5513, 5.5548)


def test_a_frame_is_read_as_it_was_packed_and_damage_is_no_frame(tmp_path):
    file, given = tmp_path / "live.npz", replace(frame(-1.0), mixing=0.5)
    assert read_frame(file) is None
    file.write_bytes(given.packed())
    found = read_frame(file)
    assert (found.stack, found.mixing, found.lattice, found.chi) == ("Si4Ge4", 0.5, 5.5, 1.0)
    np.testing.assert_array_equal(found.pull, given.pull)
    file.write_bytes(given.packed()[:-200])
    assert read_frame(file) is None
    file.write_bytes(b"garbage")
    assert read_frame(file) is None


@pytest.mark.parametrize("unexplained", [1.0, 1.2])
def test_tracked_intervals_are_those_of_the_mixture(unexplained):
    candidates = [Weighted("Si4Ge4", 0.0, 5.5, 0.001, 0.7), Weighted("Si4Ge5", 0.5, 5.51, 0.002, 0.3)]
    found, whole = tracked(candidates, unexplained), mixture(candidates, Pictures("forward"), unexplained)
    for name, ends in found.items():
        np.testing.assert_allclose(ends, whole[name], atol=1e-4)
