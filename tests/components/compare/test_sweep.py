"""A sweep as a plot, a table and a file."""

import csv
import io
import math

import pytest

from components.compare.sweep import asked_sweep, block_choices, sweep_state, sweep_title
from components.figures.sweep_plot import sweep_figure
from core.design.sweep import QUANTITIES, Point, Sweep, point_of, sweep_csv
from core.errors import InputError
from core.structure.sample import Sample

SWEEP = Sweep(Sample("Si1Ge1", "Si"), "substrate", 0, 1, 3)


@pytest.fixture(scope="module")
def points() -> list[Point | None]:
    return [point_of(sample) for sample in SWEEP.samples[:2]] + [None]


@pytest.mark.parametrize("quantity", list(QUANTITIES))
def test_the_plot_has_the_values_with_units_and_leaves_open_what_is_not_known(points, quantity):
    drawn = QUANTITIES[quantity]
    figure = sweep_figure(SWEEP, points, quantity, "dark", ["/a", "/b", "/c"])
    assert len(figure.data) == len(drawn.series)
    for trace, name in zip(figure.data, drawn.series, strict=True):
        assert list(trace.y[:2]) == [pytest.approx(point.figures[name]) for point in points[:2]]
        assert trace.y[2] is None
        assert list(trace.customdata) == ["/a", "/b", "/c"]
    assert figure.layout.yaxis.title.text == (f"{drawn.label} ({drawn.unit})" if drawn.unit else drawn.label)
    low, high = figure.layout.xaxis.range
    assert low < 0  # the axis does not grow with the points
    assert high > 1


def test_a_mark_says_the_kind_of_the_gap(points):
    kinds = [Point(points[0].figures, kind, "Γ") for kind in ("indirect", "pseudo-direct", "direct")]
    symbols = sweep_figure(SWEEP, kinds, "gap", None, [""] * 3).data[0].marker.symbol
    assert len(set(symbols)) == 3


def test_what_is_no_number_is_left_open(points):
    figures = points[0].figures | {"split_off": math.nan, "hole_mass_100": math.inf}
    odd = [Point(figures, "indirect", "Δ4"), points[1], None]
    assert sweep_figure(SWEEP, odd, "split_off", None, [""] * 3).data[0].y[0] is None
    assert sweep_figure(SWEEP, odd, "hole_mass", None, [""] * 3).data[0].y[0] is None


def test_the_file_has_every_figure_of_the_known_points(points):
    head, *rows = csv.reader(io.StringIO(sweep_csv(SWEEP, points)))
    assert len(rows) == 2
    row = dict(zip(head, rows[1], strict=True))
    assert row["substrate"] == "Si0.5Ge0.5"
    assert float(row["gap (eV)"]) == pytest.approx(points[1].figures["gap"], rel=1e-5)
    assert float(row["hole_mass_110 (m₀)"]) == pytest.approx(points[1].figures["hole_mass_110"], rel=1e-5)
    assert row["gap_kind"] == points[1].kind


def test_how_far_a_sweep_is_stands_in_words(points):
    assert sweep_state(SWEEP, points).startswith("2 of 3 points are known")
    assert sweep_state(SWEEP, [points[0]] * 3) == "All 3 points are known."


def test_titles_say_what_changes():
    sample = Sample("[Si2Ge2]3", "Si", 0.5)
    assert sweep_title(Sweep(sample, "block", 1, 4, 4, 1), "gap") == (
        "Gap of [Si2Ge2]3 on Si, mixed over 0.5 ML against the thickness of block 2 (Ge)"
    )
    assert [choice["label"] for choice in block_choices(sample)] == ["1: Si, 2 ML", "2: Ge, 2 ML"]


@pytest.mark.parametrize("values", [(None, "1", 0, 1, 5), ("substrate", "1", "", 1, 5), ("block", "x", 1, None, 5),
                                    (["substrate"], "1", 0, 1, 5), ("substrate", 3, 0, True, 5)])  # fmt: skip
def test_odd_controls_are_refused_in_words(values):
    with pytest.raises(InputError):
        asked_sweep(Sample("Si1Ge1", "Si"), *values)
