"""What measures the search: hidden stacks and drawn bands that are what they are said to be."""

import numpy as np
import pytest

from core.design import evaluation
from core.design import search as module
from core.design.evaluation import ASKED, FIRST, drawn_samples, finds_drawn, hidden_samples, meets, ridge
from core.design.figures import FIGURES
from core.design.growth import Constraints
from core.engines import engine_named
from core.learning.samples import LONGEST_PERIOD, profile_key
from core.structure.sample import Sample


def test_hidden_stacks_are_pure_of_several_blocks_and_within_what_is_searched():
    samples = hidden_samples(20)
    assert samples == hidden_samples(20)
    low, high = Constraints().lattice
    for sample in samples:
        assert all(block.ge_fraction in (0, 1) for block in sample.layers.blocks)
        assert len(sample.layers.blocks) > 1
        assert len(sample.layers) <= LONGEST_PERIOD
        assert low <= sample.lattice <= high
    assert len({profile_key(sample.layers) for sample in samples}) > 15
    assert all(name in FIGURES for asked in ASKED for name in asked)


@pytest.mark.slow
def test_a_gap_of_a_hidden_stack_is_found_again_without_it(monkeypatch):
    monkeypatch.setattr(module, "BEST", 2)
    hidden = Sample("Si3Ge2", "5.5 Å")
    quickly = module.SearchSettings(excluded=(hidden.stack,), neighbours=False)
    assert meets(hidden, ("gap",), quickly)
    assert not meets(hidden, ("electron_mass_001", "hole_mass_001", "gap", "hh_lh_splitting"), quickly)


def test_a_drawn_band_is_the_pictures_own_and_leads_back_to_it(monkeypatch):
    monkeypatch.setattr(module, "BEST", FIRST)
    sample = drawn_samples(1)[0]
    picture = engine_named("exact").solve(sample.crystal()).total()
    assert ridge(picture).score(picture) > ridge(picture, rough=True).score(picture) > 0.9
    assert ridge(picture).off(picture) < 0.01
    assert 0.01 < ridge(picture, rough=True).off(picture) < 0.06
    pairs = module.atlas().pairs
    lattice = np.unique(np.linspace(*Constraints().lattice, module.CURVE_LATTICES))
    here = int(np.abs(lattice - sample.lattice).argmin())
    place = next(
        number
        for number, (n, m) in enumerate(pairs)
        if profile_key(module.two_block(int(n), int(m))) == profile_key(sample.layers)
    )
    found = finds_drawn(sample, {(place, here): picture})
    assert found["same"]
    assert found["found"]
    assert found["distance"] < 0.1


def test_what_a_stack_gave_is_kept_and_not_searched_again(tmp_path, monkeypatch):
    searched = []
    found = {"found": True, "same": False, "distance": 0.25}
    monkeypatch.setattr(evaluation, "hidden_samples", lambda: [Sample("Si2Ge2", "Si"), Sample("Si4Ge4", "Si")])
    monkeypatch.setattr(evaluation, "drawn_samples", lambda: [Sample("Si3Ge3", "Si")])
    monkeypatch.setattr(evaluation, "meets", lambda sample, asked: not searched.append(sample) and len(searched) == 1)
    monkeypatch.setattr(
        evaluation, "finds_drawn", lambda sample, totals, rough: searched.append((sample, rough)) or found
    )
    monkeypatch.setattr(evaluation, "library", dict)
    monkeypatch.setattr(evaluation, "speed", lambda report: {})
    first = evaluation.evaluate_design(tmp_path)
    assert first["hidden"]["met"] == 0.5
    assert first["drawn"] == first["drawn_roughly"] == {"bands": 1, "found": 1.0, "same_stack": 0.0, "distance": 0.25}
    assert evaluation.evaluate_design(tmp_path) == first
    assert searched[2:] == [(Sample("Si3Ge3", "Si"), False), (Sample("Si3Ge3", "Si"), True)]
