"""What Design shows of answers: columns, order, files; what its controls make of what is typed."""

import csv
import io
import math
from urllib.parse import parse_qs

import pytest

from components.design import results
from components.design.controls import DEFAULTS, added, link, linked, typed
from components.design.picture import NOTHING, drawn_curve, picture_figure
from core.design.curve import Curve
from core.design.figures import FIGURES
from core.design.targets import parse_wanted
from core.electronic.kpath import build_path
from core.errors import InputError

WANTED = parse_wanted(["gap=0.7..0.9", "hhlh>0.05"])


def answer(stack: str, cost: float, **more) -> dict:
    figures = dict.fromkeys(FIGURES, 0.5) | more.pop("figures", {})
    return {
        "sample": {"stack": stack, "substrate": "5.5 Å", "mixing": 0.0}, "figures": figures, "predicted": figures,
        "kind": "direct", "valley": "Δ2", "cost": cost, "met": cost == 0.0, "exact": True, "strain": 0.01, "curve": 0.0,
        "front": True, "sensitivity": [],
    } | more  # fmt: skip


ANSWERS = [
    answer("Si2Ge2", 0.0, figures={"gap": 0.8}, sensitivity=[{"change": "+1 ML", "cost": 0.0, "met": True}]),
    answer("Si4Ge4", 2.0, figures={"gap": 0.7}),
    answer("Si1Ge4", 1.0, figures={"gap": None}, front=False),
]


def stacks(designs) -> list[str]:
    return [one["sample"]["stack"] for one in designs]


def test_answers_are_sorted_both_ways_and_what_is_unknown_comes_last():
    assert stacks(results.in_order(ANSWERS, "cost", False)) == ["Si2Ge2", "Si1Ge4", "Si4Ge4"]
    assert stacks(results.in_order(ANSWERS, "gap", False)) == ["Si4Ge4", "Si2Ge2", "Si1Ge4"]
    assert stacks(results.in_order(ANSWERS, "gap", True)) == ["Si2Ge2", "Si4Ge4", "Si1Ge4"]
    assert stacks(results.in_order(ANSWERS, "bears", True))[0] == "Si2Ge2"


def test_columns_are_what_was_asked_for_with_units():
    assert ("gap", "Gap (eV)") in results.columns(WANTED)
    assert ("hh_lh_splitting", "HH − LH (eV)") in results.columns(WANTED)
    assert "curve" in dict(results.columns(parse_wanted(["gap<1"], Curve.parse("1:0,5:0"))))
    assert results.shown(ANSWERS[0], "gap") == "0.800"
    assert results.shown(ANSWERS[2], "gap") == "–"
    assert results.shown(ANSWERS[0], "cost") == "none"
    assert results.shown(ANSWERS[0], "bears") == "1 of 1"


def test_an_answer_without_a_figure_misses_no_number():
    unknown = answer("Si1Ge1", 0.0, met=False) | {"cost": None}
    assert results.shown(unknown, "cost") == "–"
    assert stacks(results.in_order([unknown, *ANSWERS], "cost", True))[-1] == "Si1Ge1"
    mistake = {"change": "+1 ML", "cost": None, "met": False}
    said = str(results.details(WANTED, ANSWERS[0] | {"sensitivity": [mistake]}))
    assert "has no such figure" in said
    assert "inf" not in said


def test_the_file_has_every_answer_and_every_figure():
    rows = list(csv.DictReader(io.StringIO(results.answers_csv(WANTED, ANSWERS))))
    assert [row["stack"] for row in rows] == stacks(ANSWERS)
    assert float(rows[0]["gap (eV)"]) == 0.8
    assert rows[2]["gap (eV)"] == ""
    assert sum(name.split(" (")[0] in FIGURES for name in rows[0]) == len(FIGURES)


def test_the_front_says_which_answers_no_other_is_better_than():
    figure = results.front_figure(WANTED, ANSWERS, results.mark_of(ANSWERS[0]["sample"]), "light")
    names = {trace.name: list(trace.text) for trace in figure.data}
    assert names["on the front"] == ["Si2Ge2 on 5.5 Å", "Si4Ge4 on 5.5 Å"]
    assert figure.layout.xaxis.title.text == "Gap (eV)"
    assert figure.layout.yaxis.title.text == "HH − LH (eV)"
    band = figure.layout.shapes[0]
    assert (band.x0, band.x1) == pytest.approx((0.7, 0.9))


def test_targets_are_added_in_the_words_that_are_read():
    text = added("gap<1,", "hole_mass_100", 0.1, "")
    assert text == "gap<1, mh100>0.1"
    text = added(added(text, "gap", 0.5, 0.75), "Δ2", "", "")
    wanted = parse_wanted([text])
    assert [(one.figure, one.low, one.high) for one in wanted.targets] == [
        ("gap", -math.inf, 1.0), ("hole_mass_100", 0.1, math.inf), ("gap", 0.5, 0.75),
    ]  # fmt: skip
    assert wanted.valleys == ("Δ2",)
    for figure in FIGURES:
        assert parse_wanted([added("", figure, 0.1, 0.2)]).targets[0].figure == figure
    for bad in (("gap", "", ""), ("gap", 2, 1), ("no", 1, 2), ("gap", "a", 1)):
        with pytest.raises(InputError):
            added("", *bad)


def test_a_link_holds_what_is_asked_for():
    asked = DEFAULTS | {
        "targets": "gap<1, Δ2",
        "curve": "24:-0.1, 30:-0.3",
        "longest": 12,
        "balance": 0.5,
        "mixing": 1.5,
    }
    query = {name: values[0] for name, values in parse_qs(link(asked)[1:]).items()}
    assert linked(query) == (asked, [])
    values, problems = linked({"longest": "x", "no": "1"})
    assert values == DEFAULTS
    assert len(problems) == 2
    emptied = asked | {"critical": "none", "balance": "", "mixing": ""}
    assert typed(list(emptied.values())) == asked | {"balance": None, "mixing": 0.0}
    assert linked({"mixing": "9"})[1][0].startswith("Interface mixing")


def test_a_pen_on_the_picture_gives_the_band_that_is_drawn_again():
    distance = build_path(NOTHING.crystal()).distance
    pen = "M" + "L".join(f"{distance[k]:.4f},{-0.1 * k:.3f}" for k in (26, 28, 32))
    curve = drawn_curve({"shapes": [{"type": "line"}, {"type": "path", "path": pen}]}, NOTHING)
    assert curve is not None
    assert curve.corners == ((26.0, -2.6), (28.0, -2.8), (32.0, -3.2))
    again = picture_figure(NOTHING, curve, "dark").layout.shapes[0].path
    assert drawn_curve({"shapes[0].path": again}, NOTHING) == curve
    assert drawn_curve({"shapes": []}, NOTHING) is None
    with pytest.raises(LookupError):
        drawn_curve({"xaxis.range[0]": 1}, NOTHING)
    for odd in ({"shapes": [{"path": "M"}]}, {"shapes": "x"}, {"shapes[0].path": 3}, {"shapes": [None]}):
        with pytest.raises(InputError):
            drawn_curve(odd, NOTHING)
