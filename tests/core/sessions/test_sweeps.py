"""Sweeps kept point by point."""

import pytest

from core.design.sweep import Sweep, point_of
from core.errors import InputError
from core.sessions import sweeps
from core.sessions.sweeps import compute_sweep, kept_points
from core.structure.sample import Sample

BASE = Sample("Si1Ge1", "Si")


def test_points_are_computed_once_and_shared_by_sweeps(monkeypatch):
    computed, done = [], []
    monkeypatch.setattr(sweeps, "point_of", lambda sample: computed.append(sample) or point_of(sample))
    first = Sweep(BASE, "substrate", 0.2, 0.4, 3)
    assert kept_points(first) == [None] * 3
    compute_sweep(first, done.append)
    assert (len(computed), done[-1]) == (3, 1.0)
    assert kept_points(first)[1] == point_of(Sample("Si1Ge1", "Si0.7Ge0.3"))
    other = Sweep(BASE, "substrate", 0.3, 0.5, 3)
    assert [point is None for point in kept_points(other)] == [False, False, True]
    compute_sweep(other, done.append)
    assert len(computed) == 4


def test_what_is_damaged_is_computed_again(monkeypatch):
    sweep = Sweep(BASE, "mixing", 0.0, 0.2, 3)
    sweeps.result_store().put(sweeps._key(sweep.samples[0]), b"[1]")
    assert kept_points(sweep)[0] is None


def test_cancelled_work_leaves_what_is_finished():
    def cancel(fraction: float) -> None:
        raise KeyboardInterrupt

    sweep = Sweep(BASE, "mixing", 0.3, 0.5, 3)
    with pytest.raises(KeyboardInterrupt):
        compute_sweep(sweep, cancel)
    assert sum(point is not None for point in kept_points(sweep)) == 1


def test_a_full_disk_is_said(monkeypatch):
    class Full:
        def get(self, key):
            return None

        def put(self, key, value):
            return False

    monkeypatch.setattr(sweeps, "result_store", Full)
    with pytest.raises(InputError, match="disk is full"):
        compute_sweep(Sweep(BASE, "mixing", 0.6, 0.8, 3), lambda fraction: None)
