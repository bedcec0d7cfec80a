"""Samples along growth, kept."""

import numpy as np
import pytest

from core.design.sweep import point_of
from core.electronic import layer_density as density
from core.errors import InputError
from core.sessions import growth
from core.sessions.growth import compute_growth, kept_growth
from core.structure.sample import Sample

SAMPLE = Sample("Si1Ge1", "Si", 0.1)


def test_density_and_figures_are_kept_and_damage_is_computed_again(monkeypatch):
    monkeypatch.setattr(growth, "layer_density", lambda crystal, progress: density.layer_density(crystal, points=2))
    assert kept_growth(SAMPLE) is None
    compute_growth(SAMPLE, lambda fraction: None)
    found, point = kept_growth(SAMPLE)
    np.testing.assert_array_equal(found.density, density.layer_density(SAMPLE.crystal(), points=2).density)
    assert point == point_of(SAMPLE)
    growth.result_store().put(growth._key(SAMPLE), b"no archive")
    assert kept_growth(SAMPLE) is None


def test_long_periods_are_refused_before_anything_is_computed():
    with pytest.raises(InputError, match="planes"):
        compute_growth(Sample("Si30Ge30", "Si"), lambda fraction: None)
