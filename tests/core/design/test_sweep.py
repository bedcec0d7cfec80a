"""Sweeps: their samples, what is refused and how, and figures that are those of the sample alone."""

import math

import pytest

from core.design.figures import verified
from core.design.sweep import ALONG, MOST, QUANTITIES, Point, Sweep, point_of, unit_blocks
from core.electronic.readouts import readouts_document
from core.errors import InputError
from core.structure.sample import Sample

SI4GE4 = Sample("Si4Ge4", "Si")


def test_each_way_changes_its_own_part_of_the_sample():
    assert [s.substrate for s in Sweep(SI4GE4, "substrate", 0, 1, 3).samples] == ["Si", "Si0.5Ge0.5", "Ge"]
    assert [s.lattice for s in Sweep(SI4GE4, "lattice", 5.4, 5.6, 3).samples] == pytest.approx([5.4, 5.5, 5.6])
    assert [s.mixing for s in Sweep(SI4GE4, "mixing", 0, 3, 4).samples] == [0, 1, 2, 3]
    assert [s.stack for s in Sweep(SI4GE4, "block", 2, 4, 3, 1).samples] == ["Si4Ge2", "Si4Ge3", "Si4Ge4"]
    assert [s.stack for s in Sweep(Sample("[Si2Ge2]3", "Si"), "block", 1, 3, 3).samples] == [
        "Si1Ge2",
        "Si2Ge2",
        "Si3Ge2",
    ]


def test_thicknesses_are_whole_and_none_comes_twice():
    sweep = Sweep(SI4GE4, "block", 1, 6, 25)
    assert sweep.values == (1, 2, 3, 4, 5, 6)
    assert len(unit_blocks(SI4GE4)) == 2


@pytest.mark.parametrize("along", list(ALONG))
def test_what_is_proposed_is_accepted(along):
    low, high, points = ALONG[along].proposed
    assert len(Sweep(Sample("Si4Ge4", "Si0.5Ge0.5"), along, low, high, points).samples) == points


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((SI4GE4, "colour", 0, 1, 5), "substrate, lattice, block, mixing"),
        ((SI4GE4, "substrate", 0, 1.5, 5), "0 to 1"),
        ((SI4GE4, "substrate", 1, 0, 5), "smaller one first"),
        ((SI4GE4, "substrate", 0, math.nan, 5), "numbers"),
        ((SI4GE4, "substrate", 0, 1, 2), "3 to 25"),
        ((SI4GE4, "substrate", 0, 1, MOST + 1), "3 to 25"),
        ((SI4GE4, "substrate", 0, 1, 5.5), "3 to 25"),
        ((SI4GE4, "lattice", 5.2, 5.3, 5), "strained"),
        ((SI4GE4, "block", 1, 4, 4, 2), "blocks 1 to 2"),
        ((Sample("Si8", "Si"), "block", 1, 4, 4), "one material"),
        ((Sample("Si70Ge60", "Si"), "substrate", 0, 1, 5), "at most 128"),
        ((Sample("Si35Ge30", "Si"), "block", 20, 40, 5), "doubled"),
    ],
)
def test_what_is_refused_says_what_is_allowed(given, said):
    with pytest.raises(InputError, match=said):
        Sweep(*given)


def test_what_would_take_too_long_says_how_much_is_allowed():
    long = Sample("Si24Ge24", "Si0.5Ge0.5")
    with pytest.raises(
        InputError, match=r"minutes of one core, and 3 are allowed.*48 planes.*at most (\d+) points"
    ) as found:
        Sweep(long, "substrate", 0, 1, 25)
    allowed = int(str(found.value).partition("at most ")[2].split()[0])
    assert Sweep(long, "substrate", 0, 1, allowed).seconds <= 180
    with pytest.raises(InputError):
        Sweep(long, "substrate", 0, 1, allowed + 1)


def test_documents_go_back_and_forth_and_foreign_ones_are_refused():
    sweep = Sweep(SI4GE4, "mixing", 0.5, 2, 4)
    assert Sweep.from_document(sweep.document()) == sweep
    for foreign in (None, [], {}, sweep.document() | {"x": 1}, sweep.document() | {"sample": "Si4Ge4"},
                    sweep.document() | {"points": "5"}, sweep.document() | {"along": ["x"]},
                    sweep.document() | {"sample": {"stack": 1, "substrate": 2, "mixing": 0}}):  # fmt: skip
        with pytest.raises(InputError):
            Sweep.from_document(foreign)


def test_a_point_has_every_figure_of_the_readouts_with_spin_orbit():
    sample = Sample("Si2Ge2", "Si0.5Ge0.5")
    point, document = point_of(sample), readouts_document(sample.crystal(), spin_orbit=True)
    for name in ("gap", "direct_gap", "vbm", "cbm", "hh_lh_splitting", "delta2_delta4_splitting", "split_off"):
        assert point.figures[name] == pytest.approx(document[name], abs=1e-9), name
    for name in ("Δ2", "Δ4", "L"):
        assert point.figures[name] == pytest.approx(document["valleys"][name]["energy"], abs=1e-9)
    for direction in ("100", "110", "001"):
        masses = document["masses"]["vbm"][f"[{direction}]"]
        assert point.figures[f"hole_mass_{direction}"] == pytest.approx(min(map(abs, masses)))
    assert point.kind == verified(sample).kind == document["gap_kind"]
    drawn = {name for quantity in QUANTITIES.values() for name in quantity.series}
    assert drawn <= point.figures.keys()
    assert all(math.isfinite(point.figures[name]) for name in drawn)
    assert Point.from_document(point.document()) == point
