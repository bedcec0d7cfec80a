"""The speed figures: their names and their arithmetic, never their size."""

import json
import math

import pytest

from core import bench
from core.loop.loop import LoopSettings
from core.loop.search import SearchSettings


@pytest.mark.slow
def test_figures(monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "SIZES", {4: (1, 3), 16: (1, 2)})
    monkeypatch.setattr(bench, "LOOP", LoopSettings(SearchSettings(judgements=1), exact=False))
    monkeypatch.setattr(bench, "MEASURED_FILE", tmp_path / "bench.json")
    figures = bench.run_bench()
    small, sixteen = figures["cost"]
    assert [small["atoms"], sixteen["atoms"]] == [4, 16]
    for row in figures["cost"]:
        assert row["ratio"] == pytest.approx(row["seconds"] / row["lapack_seconds"], rel=0.02)
    assert figures["exact_over_lapack_16_atoms"] == sixteen["ratio"]
    exponent = math.log(sixteen["seconds"] / small["seconds"]) / math.log(4)
    assert figures["fitted_exponent"] == pytest.approx(exponent, abs=0.02)
    assert 0 < figures["rebroaden_over_solve_16_atoms"] < 1
    assert figures["loop"]["candidates"] == 1
    assert figures["loop"]["exact_cuts"] >= 1
    assert (figures["k_points"], figures["threads"]) == (96, 1)
    bench.write_measured(figures)
    assert json.loads((tmp_path / "bench.json").read_text(encoding="utf-8")) == figures


def test_kept_figures():
    """What the methods page plots was measured with this engine's sizes, and is the ratio that was promised."""
    kept = json.loads(bench.MEASURED_FILE.read_text(encoding="utf-8"))
    assert [row["atoms"] for row in kept["cost"]] == list(bench.SIZES)
    assert kept["exact_over_lapack_16_atoms"] <= 1.3
