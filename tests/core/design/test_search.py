"""The search: what it finds, in which order, what it keeps to, and how it stops."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from core.design import search as module
from core.design.answers import Design, Sensitivity, pareto_front
from core.design.figures import FIGURES, Measured, verified
from core.design.growth import Constraints
from core.design.search import DesignSearch, SearchSettings, mistakes
from core.design.targets import Target, Wanted, parse_wanted
from core.errors import InputError
from core.learning.samples import profile_key
from core.structure.sample import Sample
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

SHORT = Constraints(longest=5)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Few designs, of short periods, so that exact calculations take little."""
    monkeypatch.setattr(module, "BEST", 3)
    monkeypatch.setattr(module, "NEIGHBOURED", 1)


def found(wanted: Wanted, constraints: Constraints = SHORT, **settings) -> list:
    return list(DesignSearch(wanted, constraints, SearchSettings(**settings)).steps())


def test_a_gap_of_a_hidden_stack_is_met_by_another():
    hidden = Sample("Si3Ge2", "5.5 Å")
    gap = verified(hidden).figures["gap"]
    steps = found(Wanted((Target("gap", gap - 0.015, gap + 0.015),)), excluded=(hidden.stack,))
    best = steps[-1].designs[0]
    assert steps[-1].stop_reason == "met"
    assert best.exact
    assert profile_key(best.sample.layers) != profile_key(hidden.layers)
    assert abs(verified(best.sample).figures["gap"] - gap) <= 0.015 + 1e-9


def test_steps_are_frozen_ordered_and_end_with_a_reason():
    steps = found(parse_wanted(["gap=0.9..0.95", "valley=D2"]), neighbours=False)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1].done == 1.0
    assert all(not step.stop_reason for step in steps[:-1])
    costs = [design.cost for design in steps[-1].designs]
    assert costs == sorted(costs)
    assert len(steps[1].designs) == 1
    with pytest.raises(AttributeError):
        steps[0].done = 0.5
    document = steps[-1].document()
    assert document["designs"][0]["sample"]["stack"] == steps[-1].designs[0].sample.stack
    assert set(document["designs"][0]["figures"]) == set(document["designs"][0]["predicted"]) == set(FIGURES)


def test_answers_keep_to_the_constraints_and_differ():
    limits = Constraints(longest=5, thinnest=2, lattice=(5.45, 5.6))
    designs = found(parse_wanted(["gap=0.5..1.2"]), limits, neighbours=False)[-1].designs
    assert len(designs) == 3
    assert not any(limits.obstacle(design.sample) for design in designs)
    assert len({(design.sample.stack, design.sample.substrate) for design in designs}) == 3


def test_answers_have_the_interfaces_that_a_grower_makes():
    """A gap that sharp interfaces miss on this substrate is found, and verified, with mixed ones."""
    limits = Constraints(longest=4, thinnest=2, lattice=(5.5, 5.5), mixing=1.0)
    hidden = Sample("Si2Ge2", "5.5 Å", 1.0)
    mixed, sharp = verified(hidden).figures["gap"], verified(hidden.changed(mixing=0.0)).figures["gap"]
    assert abs(mixed - sharp) > 0.01
    steps = found(Wanted((Target("gap", mixed - 0.002, mixed + 0.002),)), limits, neighbours=False)
    best = steps[-1].designs[0]
    assert (best.sample.stack, best.sample.mixing, best.met) == ("Si2Ge2", 1.0, True)
    assert all(one.sample.mixing == 1.0 or len(one.sample.layers.blocks) == 1 for one in steps[-1].designs)
    assert any("tried with mixed interfaces" in step.note for step in steps)


def test_the_best_are_shaken_by_what_a_grower_gets_wrong():
    best = found(parse_wanted(["gap=0.5..1.2"]), neighbours=False)[-1].designs[0]
    assert {one.change for one in best.sensitivity} == {change for change, _ in mistakes(best.sample)}
    assert all(one.met == (one.cost == 0.0) for one in best.sensitivity)


def test_mistakes_are_judged_as_verified_figures_are(monkeypatch):
    """Quick gaps that are all wrong by the same 50 meV change nothing."""

    def sensed() -> list:
        search = DesignSearch(parse_wanted(["gap=0.915±0.01"]), SHORT)
        sample = Sample("Si2Ge2", "5.54 Å")
        search._keep(search._design(sample, verified(sample)))
        search._with_sensitivity(search._order()[0])
        return [(one.change, pytest.approx(one.cost)) for one in search._order()[0].sensitivity]

    before = sensed()
    known = module.quick
    off = lambda found: replace(found, figures=found.figures | {"gap": found.figures["gap"] + 0.05})  # noqa: E731
    monkeypatch.setattr(module, "quick", lambda sample: off(known(sample)))
    assert sensed() == before


def test_what_no_stack_has_is_said():
    steps = found(parse_wanted(["gap>3"]), neighbours=False)
    assert steps[-1].stop_reason == "nothing meets all targets"
    assert not steps[-1].designs[0].met


@pytest.mark.slow
def test_neighbours_are_tried_where_the_table_is_not_enough_and_never_make_it_worse():
    hidden = verified(Sample("Si2Ge1Si1Ge1", "5.6 Å")).figures
    reach = {"gap": 0.002, "delta2_delta4_splitting": 0.002, "electron_in_ge": 0.005, "hole_in_ge": 0.005}
    wanted = Wanted(tuple(Target(name, hidden[name] - by, hidden[name] + by) for name, by in reach.items()))
    table, beyond = (found(wanted, neighbours=there) for there in (False, True))
    assert any("neighbours of" in step.note for step in beyond)
    assert len(beyond[-1].designs) > len(table[-1].designs)
    assert beyond[-1].designs[0].cost <= table[-1].designs[0].cost


def test_a_search_is_cancelled_and_keeps_what_it_has():
    calls = iter([False, False, True])
    steps = list(DesignSearch(parse_wanted(["gap=0.9"]), SHORT).steps(lambda: next(calls, True)))
    assert steps[-1].stop_reason == "cancelled"
    assert len(steps[-1].designs) == 2


def test_a_search_keeps_to_its_budget():
    steps = found(parse_wanted(["gap=0.9"]), seconds=-1.0)
    assert [step.stop_reason for step in steps] == ["", "budget"]
    tight = Constraints(longest=5, balance=1e-9)
    assert [step.stop_reason for step in found(parse_wanted(["gap=0.5"]), tight, seconds=-1.0)] == ["budget"]


def test_one_substrate_alone_has_answers():
    """Its lattice constant has more digits than a sample's."""
    lattice = parse_substrate("Si0.33Ge0.67").lattice_constant
    designs = found(parse_wanted(["gap=0.6..0.9"]), Constraints(longest=4, lattice=(lattice, lattice)))[-1].designs
    assert len(designs) == 3
    assert [one.sample.lattice for one in designs] == pytest.approx([lattice] * 3, abs=1e-4)


def test_constraints_that_leave_nothing_are_refused():
    with pytest.raises(InputError, match="leave no period"):
        found(parse_wanted(["gap=0.9"]), Constraints(lattice=(5.5, 5.5), longest=4, balance=1e-6))


@pytest.mark.parametrize(
    ("stack", "count"), [("Si4Ge4", 4 + 2), ("Si1Ge3", 3 + 2), ("Si8", 2), ("Si2Ge1Si3Ge2", 7 + 2)]
)
def test_mistakes_of_a_grower(stack, count):
    changed = dict(mistakes(Sample(stack, "Si0.5Ge0.5")))
    assert len(changed) == count
    assert all(len(parse_stack(one.stack)) - len(parse_stack(stack)) in (-1, 0, 1) for one in changed.values())


def test_a_document_of_an_answer_without_a_figure_is_plain_json():
    measured = Measured(dict.fromkeys(FIGURES, np.nan), "indirect", "Δ2")
    mistake = Sensitivity("+1 ML", math.inf, met=False)
    design = Design(Sample("Si4Ge4", "Si"), measured, math.inf, False, 0.0, sensitivity=(mistake,))
    document = json.loads(json.dumps(design.document(), allow_nan=False))
    assert document["cost"] is document["sensitivity"][0]["cost"] is None


def test_a_hole_splitting_is_verified_where_the_holes_mix():
    limits = Constraints(longest=4, thinnest=2, lattice=(5.55, 5.58))
    designs = found(parse_wanted(["hhlh=0.05..0.08"]), limits, neighbours=False)[-1].designs
    assert any(one.sample.stack == "Si2Ge2" and one.met for one in designs)
    assert all(np.isfinite(one.cost) for one in designs)


def test_pareto_front_leaves_out_what_is_worse_in_everything():
    wanted = Wanted((Target("gap", 0.7, 0.7), Target("vbm", 0.2, 0.2)))

    def design(gap: float, vbm: float) -> Design:
        figures = dict.fromkeys(FIGURES, np.nan) | {"gap": gap, "vbm": vbm}
        measured = Measured(figures, "indirect", "Δ2")
        return Design(Sample("Si4Ge4", "Si"), measured, wanted.cost(measured), wanted.met(measured), 0.0)

    rows = [design(0.7, 0.3), design(0.8, 0.2), design(0.8, 0.3), design(0.75, 0.25)]
    assert pareto_front(wanted, rows) == [True, True, False, True]
    assert pareto_front(Wanted(kinds=("direct",)), rows) == [True] * 4
    assert pareto_front(wanted, []) == []


def test_a_kind_and_a_valley_count_on_the_front():
    """A design that is direct stays on the front though its gap is farther off; without the wish it does not."""

    def design(gap: float, kind: str, valley: str) -> Design:
        measured = Measured(dict.fromkeys(FIGURES, np.nan) | {"gap": gap}, kind, valley)
        return Design(Sample("Si4Ge4", "Si"), measured, 0.0, False, 0.0)

    rows = [design(0.75, "direct", "Γ"), design(0.7, "indirect", "Δ2"), design(0.71, "indirect", "Γ")]
    gap = Target("gap", 0.7, 0.7)
    assert pareto_front(Wanted((gap,)), rows) == [False, True, False]
    assert pareto_front(Wanted((gap,), kinds=("direct",)), rows) == [True, True, False]
    assert pareto_front(Wanted((gap,), valleys=("Γ",)), rows) == [False, True, True]
    assert pareto_front(Wanted(kinds=("direct",)), rows) == [True, False, False]


def test_an_answer_is_kept_as_plain_json_and_comes_back():
    mistake = Sensitivity("+1 ML", math.inf, met=False)
    measured = Measured(dict.fromkeys(FIGURES, np.nan) | {"gap": 0.75}, "direct", "Γ", 0.5)
    design = Design(
        Sample("Si4Ge4", "Si"), measured, 2.0, False, 0.01, True, replace(measured, curve=0.0), (mistake,), True, "x"
    )
    document = json.loads(json.dumps(design.document(), allow_nan=False))
    again = Design.from_document(document)
    assert again.document() == design.document()
    assert (again.sample, again.cost, again.sensitivity) == (design.sample, 2.0, (mistake,))
    assert Design.from_document(document | {"cost": None, "predicted": None}).cost == math.inf


def test_a_search_goes_on_from_what_is_known(monkeypatch):
    wanted, taken = parse_wanted(["gap=0.9..0.95", "valley=D2"]), []
    exact = module.verified
    monkeypatch.setattr(module, "verified", lambda sample: taken.append(sample.key) or exact(sample))
    search = DesignSearch(wanted, SHORT, SearchSettings(neighbours=False)).steps()
    stopped = next(step for step in search if len(step.designs) == 2)
    first = set(taken)
    taken.clear()
    on = list(DesignSearch(wanted, SHORT, SearchSettings(neighbours=False), stopped.designs).steps())
    assert taken
    assert not first & set(taken)
    assert [len(step.designs) for step in on][:4] == [2, 2, 2, 3]
    whole = found(wanted, neighbours=False)[-1]
    ordered = lambda step: [(one.sample, one.measured) for one in step.designs]  # noqa: E731
    assert ordered(on[-1]) == ordered(whole)
