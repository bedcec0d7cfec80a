import json

import pytest

from core.alloys import MEASURED_FILE, alloy_table


@pytest.fixture(scope="module")
def table():
    return alloy_table((0.5,), planes=4, lateral=2, configurations=2)


def test_disorder_lowers_the_gap_towards_experiment(table):
    (row,) = table["rows"]
    assert row["random_lowest"] < row["random"] < row["virtual"] - 0.02
    assert abs(row["random"] - row["experiment"]) < abs(row["virtual"] - row["experiment"])
    assert row["experiment"] == pytest.approx(1.155 - 0.43 * 0.5 + 0.206 * 0.25)
    assert table["atoms"] == 16


def test_bowing_passes_through_one_composition(table):
    ends, x = table["ends"], 0.5
    for name in ("virtual", "random"):
        line = (1 - x) * ends["Si"] + x * ends["Ge"]
        assert line - table["bowing"][name] * x * (1 - x) == pytest.approx(table["rows"][0][name])
    assert table["bowing"]["experiment"] == 0.206


def test_kept_table_agrees_with_experiment():
    """Random alloys within 15 meV of the exciton's energy, closer than virtual crystals; a larger cell than above."""
    kept = json.loads(MEASURED_FILE.read_text(encoding="utf-8"))
    assert [row["ge_fraction"] for row in kept["rows"]] == [0.25, 0.5, 0.75]
    for row in kept["rows"]:
        assert abs(row["random"] - row["experiment"]) < 0.015
        assert abs(row["random"] - row["experiment"]) < abs(row["virtual"] - row["experiment"])
