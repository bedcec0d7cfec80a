"""What is asked of a design, as typed and as ranges of figures."""

import math

import numpy as np
import pytest

from core.design.figures import FIGURES, KINDS, VALLEYS, Measured
from core.design.targets import NAMES, WRONG_KIND, Target, Wanted, parse_wanted
from core.errors import InputError


def measured(kind: str = "indirect", valley: str = "Δ2", **figures: float) -> Measured:
    return Measured(dict.fromkeys(FIGURES, np.nan) | figures, kind, valley)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gap=0.8±0.02", Target("gap", 0.78, 0.82)),
        ("gap = 0.8 +- 0.02", Target("gap", 0.78, 0.82)),
        ("gap=0.8", Target("gap", 0.79, 0.81)),
        ("Gap=0.7..0.9", Target("gap", 0.7, 0.9)),
        ("delta=−0.2..-.1", Target("delta2_delta4_splitting", -0.2, -0.1)),
        ("direct<1", Target("direct_gap", -math.inf, 1.0)),
        ("me001≥0.5", Target("electron_mass_001", 0.5, math.inf)),
        ("gap=0.8±0.02*3", Target("gap", 0.78, 0.82, 3.0)),
        ("gap = 0.7..0.9 * 0.5", Target("gap", 0.7, 0.9, 0.5)),
        ("hhlh>0.05×2", Target("hh_lh_splitting", 0.05, math.inf, 2.0)),
    ],
)
def test_what_people_type(text, expected):
    (target,) = parse_wanted([text]).targets
    assert target.figure == expected.figure
    assert (target.low, target.high) == pytest.approx((expected.low, expected.high))
    assert target.weight == expected.weight


def test_kinds_and_valleys():
    wanted = parse_wanted(["kind=direct,pseudo-direct", "valley=D2", "valley=gamma"])
    assert wanted.kinds == ("direct", "pseudo-direct")
    assert wanted.valleys == ("Δ2", "Γ")


def test_several_in_one_text_as_one_line():
    wanted = parse_wanted(["gap=0.80,direct", "D2; delta<0"])
    assert [target.figure for target in wanted.targets] == ["gap", "delta2_delta4_splitting"]
    assert (wanted.kinds, wanted.valleys) == (("direct",), ("Δ2",))


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ([], "Give 1 to"),
        (["gap"], "not understood"),
        (["colour=3"], "not known"),
        (["gap=0.9..0.7"], "no range"),
        (["gap=nan"], "not understood"),
        (["valley=K"], "valley 'k' is not known"),
        (["kind=fair"], "kind of gap 'fair' is not known"),
        (["gap=1"] * 13, "1 to 12"),
        (["gap=0.8*0"], "weight of 0 is none"),
        (["gap=0.8*1e999"], "weight of inf is none"),
        (["gap=0.8*"], "not understood"),
        (["direct*2"], "not understood"),
        (["kind=direct*2"], "not known"),
        (["gap=1e999"], "between -1000 and 1000"),
        (["gap<1e999"], "between -1000 and 1000"),
        (["gap>1e999"], "between -1000 and 1000"),
        (["gap=0.8±1e999"], "between -1000 and 1000"),
        (["gap=1e300"], "between -1000 and 1000"),
    ],
)
def test_what_is_refused_with_the_reason(texts, reason):
    with pytest.raises(InputError, match=reason):
        parse_wanted(texts)


def test_every_figure_has_a_name_to_type():
    assert set(NAMES.values()) == set(FIGURES)


def test_cost_is_zero_inside_and_grows_outside():
    wanted = Wanted((Target("gap", 0.7, 0.8), Target("electron_in_ge", 0.5, math.inf, 2.0)))
    assert wanted.cost(measured(gap=0.75, electron_in_ge=0.9)) == 0.0
    assert wanted.cost(measured(gap=0.82, electron_in_ge=0.9)) == pytest.approx(4.0)
    assert wanted.cost(measured(gap=0.75, electron_in_ge=0.4)) == pytest.approx(2.0 * 4.0)
    assert wanted.cost(measured(gap=0.75)) == math.inf


def test_a_weight_is_said_and_counts():
    heavy, plain = parse_wanted(["gap=0.8±0.02*3"]), parse_wanted(["gap=0.8±0.02"])
    assert heavy.text() == "Gap 0.78 to 0.82 eV (3 times as important)"
    assert heavy.cost(measured(gap=0.9)) == pytest.approx(3 * plain.cost(measured(gap=0.9)))


def test_kind_and_valley_cost_where_they_are_wrong():
    wanted = Wanted(kinds=("direct",), valleys=("Γ", "L"))
    assert wanted.cost(measured("direct", "L")) == 0.0
    assert wanted.cost(measured("direct", "Δ4")) == WRONG_KIND
    assert wanted.cost(measured("indirect", "Δ4")) == 2 * WRONG_KIND


def test_many_samples_cost_what_each_does():
    wanted = parse_wanted(["gap=0.7..0.8", "kind=direct"])
    gaps, kinds = np.array([[0.6, 0.75], [0.85, 0.7]]), np.array([[0, 2], [2, 1]])
    valleys = np.zeros((2, 2), int)
    costs = wanted.costs({"gap": gaps}, kinds, valleys)
    each = [
        [wanted.cost(measured(KINDS[k], VALLEYS[0], gap=g)) for g, k in zip(*rows, strict=True)]
        for rows in zip(gaps, kinds, strict=True)
    ]
    assert costs == pytest.approx(np.array(each))
