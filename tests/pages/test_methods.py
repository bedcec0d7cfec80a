import json

import pytest
from playwright.sync_api import expect

from components import measured
from components.figures.cost import cost_figure
from components.tables import data_table
from pages.methods import TEXT, sections
from tests.pages.conftest import PHONE, overflow, serious_violations

VALIDATION = [
    {
        "quantity": "Indirect gap",
        "setting": "bulk Si",
        "computed": 1.17312,
        "reference": 1.173,
        "unit": "eV",
        "tolerance": 0.002,
        "source": "A paper",
        "experiment": 1.17,
        "experiment_source": "Another paper",
    },
    {"quantity": "Mass", "setting": "bulk Ge", "computed": -0.2, "reference": None, "unit": "m₀", "tolerance": None},
]
COST = [{"atoms": 8, "seconds": 0.1, "lapack_seconds": 0.08}, {"atoms": 16, "seconds": 0.5, "lapack_seconds": 0.4}]


def test_sections_have_titles_anchors_and_text():
    found = sections(TEXT.read_text(encoding="utf-8"))
    assert len(found) >= 12
    assert len({part.anchor for part in found}) == len(found)
    assert all(part.text for part in found)
    assert {"tight-binding", "relaxation", "validation", "cost"} <= {part.anchor for part in found}


def test_measured_files_may_be_missing(tmp_path):
    assert measured.validation_rows(tmp_path) is None
    assert measured.cost_rows(tmp_path) is None


def test_validation_table_shows_what_the_tolerance_can_tell(tmp_path):
    (tmp_path / "validation.json").write_text(json.dumps(VALIDATION), encoding="utf-8")
    shown = str(measured.validation_table(measured.validation_rows(tmp_path)).to_plotly_json())
    for text in ("Bulk Si", "1.1731", "1.1730", "0.002", "A paper", "Another paper", "1, 2", "Bulk Ge", "−0.200"):
        assert text in shown


def test_alloy_table_shows_gaps_and_bowing(tmp_path):
    assert measured.alloy_tables(tmp_path) is None
    row = {
        "ge_fraction": 0.5,
        "virtual": 1.0264,
        "random": 0.9915,
        "random_std": None,
        "random_lowest": 0.973,
        "experiment": 0.9915,
    }
    found = {
        "rows": [row], "bowing": {"virtual": 0.167, "random": 0.305, "experiment": 0.206},
        "ends": {"Si": 1.173, "Ge": 0.963}, "configurations": 4, "atoms": 72, "experiment_source": "Weber, Alonso",
    }  # fmt: skip
    (tmp_path / "alloys.json").write_text(json.dumps(found), encoding="utf-8")
    shown = str(measured.alloy_tables(tmp_path)[0].to_plotly_json())
    for text in ("1.026", "0.992", "0.305", "4 configurations of 72 atoms", "Weber, Alonso", "Si 1.173"):
        assert text in shown


def test_figures_of_the_dft_forward_model_are_a_table(tmp_path):
    assert measured.dft_forward_tables(tmp_path) is None
    row = {"valence_error": 0.0214, "conduction_error": 0.036, "r2_total": 0.9751}
    bars = {"r2_atoms": 0.97, "coverage": 0.95, "coverage_visible": 0.9, "taught_by": 271}
    found = {"structures": 349, "held_out": 78, "tight_binding": row, "learning_curve": [row | bars]}
    (tmp_path / "dft-forward.json").write_text(json.dumps(found), encoding="utf-8")
    shown = str(measured.dft_forward_tables(tmp_path)[0].to_plotly_json())
    for text in ("78 of 349 structures", "Taught by 271 structures", "'21'", "'0.975'", "'90 %'", "not corrected"):
        assert text in shown


def test_columns_of_numbers_share_their_decimals():
    shown = str(data_table("Title", ["", "V"], [["a", 1.5], ["b", -22.125], ["c", None]]))
    assert "'1.500'" in shown
    assert "'−22.125'" in shown
    assert "'–'" in shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_cost_figure(scheme):
    figure = cost_figure(COST, scheme)
    assert [list(trace.y) for trace in figure.data] == [[0.1, 0.5], [0.08, 0.4]]
    assert figure.layout.template.layout.font.color == figure.layout.template.layout.xaxis.title.font.color
    assert "s" in figure.layout.yaxis.title.text


def test_equations_are_drawn_and_tables_filled(opened):
    page = opened("/methods")
    expect(page.locator("mjx-container[display=true]")).to_have_count(TEXT.read_text(encoding="utf-8").count("$$") // 2)
    expect(page.locator("mjx-merror, [data-mml-node=merror]")).to_have_count(0)
    expect(page.locator("#methods-curve .scatterlayer .trace")).to_have_count(2)
    page.get_by_text("The parameters, in three tables").click()
    bonds = page.get_by_role("table").filter(has_text="dd δ")
    expect(bonds.get_by_role("row").filter(has_text="ss σ").first).to_contain_text("−1.86600")


def test_anchor_in_address_is_reached(opened):
    page = opened("/methods#unfolding")
    expect(page.get_by_role("heading", name="Unfolding")).to_be_in_viewport()


def test_contents_lead_to_sections(opened):
    page = opened("/methods")
    page.locator(".contents").get_by_role("link", name="Sources").click()
    expect(page.get_by_role("heading", name="Sources")).to_be_in_viewport()


@pytest.mark.parametrize("context_options", [{}, {"color_scheme": "dark"}, PHONE], ids=["light", "dark", "phone"])
def test_accessible_and_no_wider_than_window(opened):
    page = opened("/methods")
    page.get_by_text("The parameters, in three tables").click()
    assert serious_violations(page) == []
    assert overflow(page) == 0


@pytest.mark.parametrize("context_options", [PHONE], ids=["phone"])
def test_wide_tables_scroll_in_their_own_box(opened):
    page = opened("/methods")
    page.get_by_text("The parameters, in three tables").click()
    box = page.get_by_role("group", name="Bonds: two-centre")
    assert box.evaluate("box => box.scrollWidth - box.clientWidth") > 0


@pytest.mark.usefixtures("measured_files")
def test_cost_plot_follows_scheme(opened):
    page = opened("/methods")
    paper = page.locator("#methods-cost-graph .main-svg").first
    expect(paper).to_have_css("background-color", "rgb(255, 255, 255)")
    page.locator("#theme-choice label:has(.icon-dark)").click()
    expect(paper).to_have_css("background-color", "rgb(16, 19, 20)")
    expect(page.get_by_role("table").filter(has_text="Indirect gap")).to_be_visible()


@pytest.fixture
def measured_files(monkeypatch):
    monkeypatch.setattr(measured, "validation_rows", lambda: VALIDATION)
    monkeypatch.setattr(measured, "cost_rows", lambda: COST)
