"""Tables of Design's search and of flaws told in images, from files as core writes them."""

import json

from components.measured_design import design_tables, detection_tables

DESIGN = {
    "hidden": {"targets": 50, "met": 0.96, "seconds": 21.4},
    "drawn": {"bands": 20, "found": 0.85, "same_stack": 0.4, "distance": 0.07},
    "drawn_roughly": {"bands": 20, "found": 0.85, "same_stack": 0.4, "distance": 0.07},
    "speed": {"samples": 4410, "compared_seconds": 30.0, "exact": 100, "exact_seconds": 61.0, "ratio": 2.03},
}
DETECTION = {
    "pristine": {"images": 60},
    "odds": 20.0,
    "mixed": {"images": 19, "auc": 0.934, "by": "mixed", "found": 0.5, "false_alarms": 0.0167},
    "vacancy": {"images": 10, "auc": 0.7, "by": "residual"},
}


def test_tables_have_what_was_measured(tmp_path):
    (tmp_path / "design.json").write_text(json.dumps(DESIGN))
    (tmp_path / "detection.json").write_text(json.dumps(DETECTION))
    design, detection = (str(tables[0]) for tables in (design_tables(tmp_path), detection_tables(tmp_path)))
    assert all(text in design for text in ("96 %", "85 %", "40 %", "21 s", "4410", "30 s", "61 s"))
    assert all(text in detection for text in ("0.93", "50 %", "2 %", "0.70", "60 images", "20 to 1"))
    assert "one antisite" not in detection


def test_nothing_is_shown_that_was_not_measured(tmp_path):
    assert design_tables(tmp_path) is None
    assert detection_tables(tmp_path) is None
