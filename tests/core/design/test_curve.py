"""A drawn band: how it is written, what of a picture lies on it, and that the search follows it."""

import numpy as np
import pytest

from core.design import search as module
from core.design.curve import FARTHEST, MOST_POINTS, POINTS, Curve
from core.design.evaluation import ridge
from core.design.figures import quick
from core.design.growth import Constraints
from core.design.search import DesignSearch, SearchSettings
from core.design.targets import CURVE_MET, Target, Wanted, curve_cost
from core.electronic.calculation import calculate_bands
from core.electronic.kpath import build_path
from core.electronic.spectral import DEFAULT_SIGMA, EnergyGrid
from core.engines import engine_named
from core.errors import InputError
from core.structure.sample import Sample

ENERGIES = EnergyGrid().values


@pytest.fixture(scope="module")
def silicon() -> np.ndarray:
    return engine_named("exact").solve(Sample("Si4", "Si").crystal()).total()


def band(total: np.ndarray, rows: range) -> Curve:
    """The light-hole and split-off branch of silicon from Γ to X: its strongest occupied band."""
    return Curve.drawn(np.array(rows), [ENERGIES[total[row, ENERGIES < 0.4].argmax()] for row in rows])


def test_k_points_are_those_of_the_standard_path():
    assert len(build_path(Sample("Si4", "Si").crystal())) == POINTS


def test_a_band_lies_on_itself_and_not_where_there_is_none(silicon):
    own = band(silicon, range(26, 46))
    assert own.score(silicon) > 0.85
    assert Curve(tuple((k, energy + 0.6) for k, energy in own.corners)).score(silicon) < 0.2
    gap = Curve(((20.0, 0.5), (30.0, 0.5)))
    assert gap.score(silicon) < 0.02


def moved(curve: Curve, by: float) -> Curve:
    return Curve(tuple((k, energy + by) for k, energy in curve.corners))


def branch(number: int) -> Curve:
    """One band of silicon from Γ to X, from the lowest."""
    crystal = Sample("Si2", "Si").crystal()
    energy = calculate_bands(crystal, build_path(crystal)).bands.energy[:, number]
    return Curve(tuple((float(row), float(energy[row])) for row in range(24, 46) if energy[row] > -6.8))


@pytest.mark.parametrize("off", [-1, 1])
def test_a_band_beside_the_curve_counts_in_part_even_where_two_lie_there(silicon, off):
    """The uppermost branch is two bands of the same energy; 0.4 eV under it the third one lies near Γ."""
    scores = [moved(branch(3), off * by).score(silicon) for by in (0, 0.05, 0.15, 0.25, 0.4)]
    assert scores[0] > 0.98
    assert scores[1] > 0.9
    assert 0.4 < scores[2] < 0.7
    assert scores[3] < 0.4
    assert scores[4] < 0.2


def test_how_far_a_band_lies_beside_the_curve_is_told_below_a_pixel(silicon):
    own = branch(3).off(silicon)
    assert own < 0.01
    for by in (0.02, -0.04):
        assert own < 0.5 * abs(by) < moved(branch(3), by).off(silicon) < 1.3 * abs(by)


def test_a_band_out_of_sight_is_no_nearer_than_one_beside_the_curve():
    curve = Curve(((24.0, -1.0), (40.0, -1.0)))

    def one_band(by: float) -> np.ndarray:
        row = np.exp(-0.5 * ((ENERGIES + 1.0 - by) / DEFAULT_SIGMA) ** 2) / (DEFAULT_SIGMA * np.sqrt(2 * np.pi))
        return np.tile(row, (POINTS, 1))

    off = [curve.off(one_band(by)) for by in (0.0, 0.1, 0.2, 0.3, 0.5, 1.0, 3.0)]
    assert off[:4] == pytest.approx([0.0, 0.1, 0.2, 0.3], abs=0.003)
    assert off[4:] == [FARTHEST] * 3
    assert curve.off(np.zeros((POINTS, len(ENERGIES)))) == FARTHEST
    assert curve_cost(0.0, off[5]) > curve_cost(curve.score(one_band(0.3)), off[3])


def test_a_steep_band_is_wide_and_lies_on_itself(silicon):
    """From 0 to −6.5 eV, up to 0.44 eV a k-point; 0.25 eV beside it is but half a k-point."""
    steep = branch(1)
    assert np.ptp(steep.energies) > 3
    assert steep.score(silicon) > 0.9
    assert 0.5 < moved(steep, 0.25).score(silicon) < 0.7


@pytest.mark.parametrize("stack", ["Si2", "Si4Ge4", "Si8Ge8"])
@pytest.mark.parametrize("engine", ["exact", "forward"])
def test_a_band_is_held_against_one_band_of_the_total_whatever_the_number_of_planes(stack, engine):
    """Γ to X: four valence bands at −12 to 0 eV, of which the lowest is outside the picture."""
    total = engine_named(engine).solve(Sample(stack, "Si0.5Ge0.5").crystal()).total()
    inside = total[30, (ENERGIES > -7) & (ENERGIES < 0.9)].sum() * EnergyGrid().step
    assert inside == pytest.approx(3, abs=0.1)
    assert ridge(total).score(total) > 0.98


def test_a_line_between_corners_and_any_order_of_a_pen():
    curve = Curve.parse("10:-1, 14:-3")
    assert curve.energies == pytest.approx([-1, -1.5, -2, -2.5, -3])
    assert Curve.parse(curve.text) == curve
    pen = Curve.drawn(np.array([14.2, 12.0, 10.0, 10.3]), np.array([-3.0, -2.0, -1.0, -1.4]))
    assert pen.corners == ((10.0, -1.2), (12.0, -2.0), (14.0, -3.0))
    assert len(Curve.drawn(np.linspace(0, POINTS - 1, 500), np.zeros(500)).corners) == MOST_POINTS


@pytest.mark.parametrize("separator", [",", ";", "\t", "  "])
def test_a_table_is_read_with_its_heading_and_any_separator(separator):
    lines = ["# a band", f"k{separator}E (eV)", f"24{separator}-0.1", "", f"30.5{separator}−0.35"]
    assert Curve.read("\r\n".join(lines).encode("utf-8-sig")) == Curve.parse("24:-0.1, 30.5:-0.35")


def test_a_table_of_many_points_in_any_order_is_thinned():
    rows = [f"{k},{-0.01 * k}" for k in np.linspace(0, POINTS - 1, 500)]
    curve = Curve.read("\n".join(reversed(rows)).encode())
    assert len(curve.corners) == MOST_POINTS
    assert curve.energies == pytest.approx(-0.01 * curve.rows, abs=0.02)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no line with numbers"), (b"k,E", "no line with numbers"), (b"24,-0.1,3", "Line 1"), (b"24\n", "Line 1"),
        (b"24,-0.1\n30,x", "Line 2"), (b"24,-0.1", "2 to"), (b"24,nan\n30,1", "between"), (b"nan,1\n30,1", "2 to"),
        (b"1" * 300_000, "bytes"), (bytes(range(256)), "Line|no line"),
    ],
)  # fmt: skip
def test_a_table_that_is_none_is_refused_in_words(content, why):
    with pytest.raises(InputError, match=why):
        Curve.read(content)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("24", "not understood"), ("24:-0.1", "2 to"), ("24:-0.1,20:0", "left to right"),
        ("24:-0.1,99:0", "left to right"), ("24:-0.1,30:9", "between"),
        ("24.2:0,24.4:0", "at least one"), ("24:x,30:0", "not understood"),
    ],
)  # fmt: skip
def test_what_is_no_curve_is_refused_in_words(text, why):
    with pytest.raises(InputError, match=why):
        Curve.parse(text)


def test_a_pen_beside_the_picture_is_refused():
    with pytest.raises(InputError, match="outside the picture"):
        Curve.drawn(np.array([-5.0, -3.0]), np.array([0.0, 0.0]))


def test_the_search_follows_a_band_of_a_hidden_stack(monkeypatch):
    monkeypatch.setattr(module, "BEST", 3)
    monkeypatch.setattr(module, "CURVE_LATTICES", 3)
    monkeypatch.setattr(module, "NEIGHBOURED", 1)
    hidden = Sample("Si1Ge3", "Ge")
    total = engine_named("exact").solve(hidden.crystal()).total()
    wanted = Wanted(curve=band(total, range(26, 46)))
    steps = list(DesignSearch(wanted, Constraints(longest=4), SearchSettings(neighbours=False)).steps())
    best = steps[-1].designs[0]
    assert best.met
    assert best.measured.curve >= CURVE_MET
    costs = [float(curve_cost(one.measured.curve, one.measured.off)) for one in steps[-1].designs]
    assert costs == sorted(costs)
    assert best.measured.off < 0.03
    assert steps[-1].document()["designs"][0]["curve"] == round(best.measured.curve, 4)
    silicon_like = Sample("Si3Ge1", "Si")
    other = wanted.curve.score(engine_named("exact").solve(silicon_like.crystal()).total())
    assert best.measured.curve > other + 0.1


def test_figures_that_nobody_asks_for_are_computed_of_verified_answers_alone(monkeypatch):
    """The answers are those of a search that computes them of every sample it tries."""
    total = engine_named("exact").solve(Sample("Si2Ge2", "Si").crystal()).total()
    curve = band(total, range(26, 46))
    monkeypatch.setattr(module, "CURVE_LATTICES", 3)
    monkeypatch.setattr(module, "BEST", 2)
    short, settings = Constraints(longest=4), SearchSettings(neighbours=False)
    asked = []
    monkeypatch.setattr(module, "quick", lambda sample: asked.append(sample) or quick(sample))
    found = {}
    for name, targets in (("curve", ()), ("figures", (Target("gap", -10.0, 10.0),))):
        steps = list(DesignSearch(Wanted(targets, curve=curve), short, settings).steps())
        found[name] = [(one.sample, round(one.cost, 9)) for one in steps[-1].designs]
        assert all(np.isfinite(one.measured.figures["gap"]) for one in steps[-1].designs)
        assert bool(asked) == bool(targets)
    assert found["curve"] == found["figures"]
