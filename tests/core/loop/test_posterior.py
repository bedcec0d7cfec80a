"""Probabilities of candidates: what pixels tell is tempered, what is expected beforehand is not."""

from types import SimpleNamespace

import pytest

from core.loop.posterior import ranked
from core.loop.prior import Judged


def judged(stack: str, evidence: float, mixing: float = 0.0, misfit: float = 0.0) -> Judged:
    return Judged(stack, mixing, SimpleNamespace(evidence=evidence), misfit)


def probabilities(*candidates: Judged) -> dict[tuple[str, float], float]:
    return {(one.stack, one.mixing): share for one, share in ranked(candidates)}


def test_most_probable_first_and_all_together_one():
    rows = ranked([judged("Si4Ge4", 100.0), judged("Si3Ge5", 20.0), judged("Si8", 400.0)])
    assert [one.stack for one, _ in rows] == ["Si3Ge5", "Si4Ge4", "Si8"]
    assert sum(share for _, share in rows) == pytest.approx(1.0)


def test_pixels_share_what_the_engine_gets_wrong():
    found = probabilities(judged("Si4Ge4", 0.0), judged("Si3Ge5", 80.0))
    assert found["Si4Ge4", 0.0] / found["Si3Ge5", 0.0] == pytest.approx(2.718, rel=1e-3)


def test_sharp_interfaces_are_expected_where_mixed_ones_explain_as_much():
    found = probabilities(judged("Si4Ge4", 50.0), judged("Si4Ge4", 50.0, mixing=1.0))
    assert found["Si4Ge4", 0.0] > 0.95


def test_mixed_interfaces_win_where_pixels_ask_for_them():
    found = probabilities(judged("Si4Ge4", 2000.0), judged("Si4Ge4", 50.0, mixing=1.0))
    assert found["Si4Ge4", 1.0] > 0.999


def test_blocks_and_alloys_are_less_expected():
    found = probabilities(judged("Si4Ge4", 0.0), judged("Si2Ge2Si3Ge1", 0.0), judged("(Si0.5Ge0.5)4Ge4", 0.0))
    assert found.pop(("Si4Ge4", 0.0)) > 2 * max(found.values())


def test_a_composition_far_from_the_networks_is_less_expected():
    found = probabilities(judged("Si4Ge4", 0.0, misfit=0.2), judged("Si2Ge6", 0.0, misfit=9.0))
    assert found["Si4Ge4", 0.0] > 0.8
