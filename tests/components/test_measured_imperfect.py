"""The table of predicted means of imperfect samples, from a file as core writes it."""

import json

from components.measured_imperfect import imperfect_tables

SCORE = {"pictures": 12, "r2": 0.9871, "relative_l1": 0.1234}
FAMILY = {
    "virtual": {"total": SCORE | {"r2": 0.4321}, "planes": SCORE},
    "predicted": {"total": SCORE | {"coverage": 0.912}, "planes": SCORE},
}


def test_the_table_has_what_was_measured(tmp_path):
    assert imperfect_tables(tmp_path) is None
    figures = {"samples": 12, "profiles": 9, "families": {"vacancy": FAMILY, "all": FAMILY}, "taught": 74, "fifths": {}}
    (tmp_path / "imperfect.json").write_text(json.dumps(figures))
    table = str(imperfect_tables(tmp_path)[0])
    for text in ("12 imperfect samples of 9", "one vacancy", "0.432", "0.987", "0.123", "91 %", "uncorrected"):
        assert text in table
    assert "half of 8" not in table
    (tmp_path / "imperfect.json").write_text(json.dumps(figures | {"fifths": {"all": FAMILY}}))
    assert "The 74 samples" in str(imperfect_tables(tmp_path)[1])
