"""How often probable candidates were true in tests."""

import json

import pytest

from core.loop import reliability


@pytest.mark.parametrize(("probability", "number"), [(0.0, 0), (0.199, 0), (0.2, 1), (0.95, 4), (1.0, 4)])
def test_bins_meet_without_a_gap(probability, number):
    assert reliability.bin_of(probability) == number


def test_both_severities_are_counted_together(tmp_path, monkeypatch):
    def rows(*found):
        return {"reliability": [dict(zip(("said", "right", "candidates"), row, strict=True)) for row in found]}

    file = tmp_path / "loop.json"
    images = {"clean": rows((0.99, 0.75, 8), (0.3, 0.0, 2)), "realistic": rows((0.97, 0.5, 4), (0.6, 1.0, 1))}
    file.write_text(json.dumps({"images": images}), encoding="utf-8")
    monkeypatch.setattr(reliability, "MEASURED_FILE", file)
    reliability._tested.cache_clear()
    found = [reliability.tested_like(p) for p in (1.0, 0.7, 0.25, 0.1)]
    reliability._tested.cache_clear()
    assert found == [(8, 12), (1, 1), (0, 2), (0, 0)]


def test_every_probable_candidate_was_tested():
    right, tested = reliability.tested_like(0.99)
    assert 0 < right <= tested
