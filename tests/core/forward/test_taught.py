"""The forward model of DFT: derivatives, fits and bars on made levels, and the weights that are shipped."""

from dataclasses import replace

import numpy as np
import pytest

import core.forward.taught.fitting as fitting
import core.forward.taught.training as training
from core.dft.calculation import DftResult
from core.dft.comparison import matched_levels, tight_binding_bands
from core.dft.dataset import Entry, read_packed
from core.dft.recipe import recipe_document
from core.dft.structure import functional_crystal
from core.electronic.calculation import energy_zero
from core.electronic.diagonalise import solve_bands
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.kpath import build_path
from core.forward.taught.bands import taught_bands
from core.forward.taught.derivatives import levels
from core.forward.taught.error_bars import KNOTS, LevelError, PixelBar, at_knots, parameter_error
from core.forward.taught.evaluation import evaluate_taught, held_example, held_figures
from core.forward.taught.fitting import Settings, Target, Teacher
from core.forward.taught.model import TaughtModel, pictures, taught_model
from core.forward.taught.parameters import directions, prior_spread, taught_parameters
from core.forward.taught.race import _warp
from core.forward.taught.training import calibrated, examples, folds, level_misses, train_taught
from core.learning.samples import drawn_sample
from core.learning.weights import WeightsError, read_weights
from core.parameters.tight_binding import tight_binding_parameters
from core.structure.sample import Sample

COUNT = len(directions())
STACKS = (("Si2", 5.431), ("Si1Ge1", 5.5), ("Ge2", 5.62), ("Si1Ge3", 5.45), ("Si2Ge2", 5.6), ("Si3Ge1", 5.55))


def hidden() -> np.ndarray:
    """Values that a fit is to find."""
    return np.random.default_rng(5).normal(0.0, 0.02, COUNT) * prior_spread()


def made_entry(stack: str, lattice: float) -> Entry:
    """A structure whose DFT is a taught Hamiltonian, on the scale that aligns it with silicon."""
    sample = drawn_sample("made", stack, lattice)
    crystal = functional_crystal(sample.crystal())
    path = build_path(crystal)
    found = solve_bands(
        build_hamiltonian(crystal, parameters=taught_parameters(hidden())), path.k_reduced, path.direction, workers=1
    )
    kept = 2 * len(crystal) + 4
    bands = type(found)(*(getattr(found, n)[..., :kept] for n in vars(found)))
    zeros = np.zeros(len(crystal))
    potentials = {"correction": zeros, "neutral_atom": zeros, "at_atom": zeros}
    result = DftResult(crystal, path.k_reduced, bands, 0, potentials, recipe_document())
    energy = bands.energy - energy_zero(False) - result.offset
    return Entry(sample, replace(result, bands=replace(bands, energy=energy)))


@pytest.fixture(scope="module")
def made():
    return [made_entry(*each) for each in STACKS]


def test_derivatives_are_those_of_the_levels():
    crystal = functional_crystal(Sample("Si3Ge1", "Si0.5Ge0.5").crystal())
    k, values = np.array([[0.13, 0.21, 0.37], [0.4, 0.1, 0.05]]), hidden()
    slope = levels(crystal, k, values, 14).slope
    for number in range(0, COUNT, 3):
        step = np.zeros(COUNT)
        step[number] = 1e-4
        up, down = (levels(crystal, k, values + sign * step, 14).energy for sign in (1, -1))
        np.testing.assert_allclose(
            (up - down) / 2e-4, slope[:, :, number], atol=2e-5, err_msg=directions()[number].name
        )


def test_levels_are_those_of_the_bands_and_some_of_them_are_the_same():
    crystal = functional_crystal(Sample("Si3Ge1", "Si0.5Ge0.5").crystal())
    path = build_path(crystal, "Z-G-X", 4)
    found = levels(crystal, path.k_reduced, hidden(), 12)
    bands = taught_bands(crystal, path, hidden(), scissor=False)
    np.testing.assert_allclose(found.energy - energy_zero(False), bands.energy[:, :12], atol=1e-6)
    some = levels(crystal, path.k_reduced, hidden(), 12, every=5)
    np.testing.assert_allclose(some.slope, found.slope[:, ::5], atol=1e-5)


def test_untaught_parameters_are_the_published_ones_on_the_functional_s_lattice():
    published, untaught = tight_binding_parameters(), taught_parameters(np.zeros(COUNT))
    for name in ("onsite", "hopping", "exponent", "alpha", "beta_constant", "beta_slope"):
        np.testing.assert_array_equal(getattr(untaught, name), getattr(published, name))
    np.testing.assert_allclose(np.diag(untaught.bond_length), np.sqrt(3) / 4 * np.array([5.477, 5.774]), rtol=1e-5)
    assert len({direction.name for direction in directions()}) == COUNT


def test_both_ends_of_a_bond_say_the_same():
    """A hopping table seen from the other end is its transpose, whatever was taught."""
    tb = taught_parameters(np.random.default_rng(0).normal(size=COUNT))
    for table in (tb.hopping, tb.exponent, tb.second_hopping, tb.second_exponent):
        np.testing.assert_allclose(table, table.transpose(1, 0, 3, 2, 4))


def test_a_fit_finds_what_taught_the_levels_and_is_kept(made, tmp_path, monkeypatch):
    targets = [Target.of(entry, number) for number, entry in enumerate(made)]
    miss = lambda values: max(np.abs(_misses(target, values)).max() for target in targets)  # noqa: E731
    assert miss(np.zeros(COUNT)) > 0.2
    taught = Teacher(tmp_path).fit(targets)
    assert miss(taught.values) < 0.02
    assert (np.linalg.eigvalsh(taught.covariance) > 0).all()

    def refused(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(fitting, "linearised", refused)
    np.testing.assert_array_equal(Teacher(tmp_path).fit(targets).values, taught.values)
    with pytest.raises(AssertionError, match="again"):
        Teacher(tmp_path).fit(targets[:-1])
    with pytest.raises(AssertionError, match="again"):
        Teacher(tmp_path, Settings(spread=2.0)).fit(targets)


def _misses(target: Target, values: np.ndarray) -> np.ndarray:
    stop = target.first_band + target.energy.shape[1]
    found = levels(target.crystal, target.k_reduced, values, stop).energy[:, target.first_band :] - energy_zero(False)
    return (found - target.energy)[target.weight > 0.01 * target.weight.max()]


def test_a_frozen_field_stays(made, monkeypatch):
    monkeypatch.setattr(fitting, "MOST_STEPS", 2)
    taught = Teacher(None, Settings(frozen=("second_hopping", "second_exponent"))).fit([Target.of(made[0])])
    frozen = np.array([direction.field.startswith("second") for direction in directions()])
    assert np.abs(taught.values[frozen]).max() < 1e-3 < np.abs(taught.values[~frozen]).max()


def test_few_structures_leave_more_open(made, monkeypatch):
    monkeypatch.setattr(fitting, "MOST_STEPS", 3)
    targets = [Target.of(entry) for entry in made]
    sizes = []
    for count in (1, len(targets)):
        taught = Teacher().fit(targets[:count])
        factor = np.linalg.cholesky(taught.covariance)
        sizes.append(parameter_error(targets[4].crystal, targets[4].k_reduced, taught.values, factor).mean())
    assert sizes[0] > 3 * sizes[1]


def test_values_at_knots_are_those_between_them():
    energy = np.linspace(KNOTS[0], KNOTS[-1], 4000)
    np.testing.assert_allclose(at_knots(energy, np.full(4000, 0.3), np.ones(4000)), 0.3, rtol=1e-6)
    assert at_knots(np.array([99.0, -99.0]), np.array([1.0, 1.0]), np.ones(2)) == pytest.approx(np.ones(len(KNOTS)))


def test_intervals_of_levels_and_bars_of_pixels_hold_what_they_say():
    random = np.random.default_rng(0)
    energy = random.uniform(-12, 4, 20000)
    size = np.interp(energy, [-12, 4], [0.01, 0.05])
    miss, weight = size * random.standard_t(4, energy.shape), np.ones_like(energy)
    fitted = LevelError.fitted(energy, miss, np.full_like(energy, 0.003), weight)
    inside = np.abs(miss) <= fitted.quantile * fitted.at(energy, np.full(len(KNOTS), 0.003))
    assert inside.mean() == pytest.approx(0.9, abs=0.01)
    for part in (energy < -8, energy > 0):
        assert inside[part].mean() == pytest.approx(0.9, abs=0.03)
    picture, moved = random.exponential(1.0, 20000), random.exponential(0.1, 20000)
    error = np.sqrt(moved**2 + 1e-3 * picture**2) * random.normal(size=20000)
    bar = PixelBar.fitted(picture, moved, error)
    assert (np.abs(error) <= bar.half_width(picture, moved)).mean() == pytest.approx(0.9, abs=0.01)
    assert bar.size == pytest.approx(1e-3, rel=0.3)


def test_spectra_move_as_levels_do(made):
    """A shift that is small beside the broadening changes the picture by no more than it is said to."""
    crystal, path = made[3].result.crystal, build_path(made[3].result.crystal)
    bands = taught_bands(crystal, path, hidden())
    error, shift = np.full(bands.energy.shape, 0.004), 0.004
    found = pictures(bands, error, path.step)
    after = pictures(replace(bands, energy=bands.energy + shift), error, path.step)
    off = np.abs(after.total - found.total)
    assert (off <= found.total_moved * 1.05 + 0.01).all()
    assert off.max() > 0.5 * found.total_moved.max()
    np.testing.assert_allclose(found.atoms_moved.sum(axis=0), found.total_moved, atol=1e-9)


def test_groups_are_held_out_whole(made):
    found = examples([*made, made_entry("Ge1Si1", 5.6)])
    assert found[-1].group == found[1].group
    parts = folds(found, 3)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(found)))
    for part in parts:
        assert {found[i].group for i in part}.isdisjoint(found[i].group for i in range(len(found)) if i not in part)


def test_training_and_evaluation_on_made_structures(made, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "MOST_STEPS", 4)
    monkeypatch.setattr("core.forward.taught.evaluation.OUTER_FOLDS", 2)
    monkeypatch.setattr("core.forward.taught.evaluation.CURVE", (1,))
    made = made[:4]
    figures = evaluate_taught(made, tmp_path / "fits")
    assert figures["held_out"] == figures["structures"] == len(made)
    assert figures["taught"]["valence_error"] < figures["tight_binding"]["valence_error"]
    assert [row["structures"] for row in figures["learning_curve"]] == [len(made)] * len(figures["learning_curve"])
    assert {"coverage", "coverage_visible", "coverage_levels", "r2_atoms"} <= set(figures["taught"])
    card = train_taught(made, tmp_path / "fits", tmp_path / "dft.npz", figures)
    assert card["structures"] == len(made)
    assert card["held_out"]["learning_curve"]
    again = TaughtModel.from_arrays(read_weights(tmp_path / "dft.npz"))
    assert held_figures([held_example(again, example) for example in examples(made[:2])])["r2_total"] > 0.8


def test_a_warp_of_degree_none_is_a_shift_of_filled_and_one_of_empty_levels(made):
    """Each the mean of what DFT and tight binding differ by."""
    (example,) = examples(made[:1])
    before, after = tight_binding_bands(example.entry).energy, _warp(0, False)([example], None)(example).energy
    filled = 2 * len(example.target.crystal)
    for part, matched in zip(
        (slice(1, filled), slice(filled, filled + 1)),
        matched_levels(example.entry.result, tight_binding_bands(example.entry)),
        strict=True,
    ):
        assert abs(matched.shift()) > 0.01
        np.testing.assert_allclose(after[:, part] - before[:, part], matched.shift(), atol=1e-9)


def test_weights_of_other_parameters_are_refused():
    arrays = taught_model().arrays()
    with pytest.raises(WeightsError, match="train them again"):
        TaughtModel.from_arrays(arrays | {"values": arrays["values"][:-1]})
    again = TaughtModel.from_arrays(arrays)
    np.testing.assert_array_equal(again.values, taught_model().values)
    assert vars(again.of_totals) == vars(taught_model().of_totals)


def test_shipped_weights_are_close_to_dft():
    """On structures that the project brings; figures of structures that were held out are in the card."""
    entries = [entry for entry in read_packed() if entry.sample.stack in ("Si2", "Si2Ge2", "Si3Ge1")]
    held = [held_example(taught_model(), example) for example in examples(entries[1:9:2])]
    figures = held_figures(held)
    assert figures["r2_total"] > 0.95
    assert figures["valence_error"] < 0.05
    assert 0.8 < figures["coverage_visible"] < 0.99


def test_bars_are_calibrated_on_structures_that_taught_nothing(made, monkeypatch):
    """As after a fit without them, which leaves more of their levels than the fit with them."""
    found, seen = examples(made[:3]), []
    taught = Teacher().fit([example.target for example in found])

    def spied(target, values, open_error):
        seen.append((target, values))
        return level_misses(target, values, open_error)

    monkeypatch.setattr(training, "level_misses", spied)
    monkeypatch.setattr(training, "INNER_FOLDS", len(found))
    assert 0 < calibrated(found, taught).usual < 1
    assert len(seen) == len(found)
    size = lambda target, values: np.sqrt((_misses(target, values) ** 2).mean())  # noqa: E731
    for target, values in seen[:2]:
        others = [example.target for example in found if example.target is not target]
        again, _ = Teacher()._minimised(others, taught.values, prior_spread(), fitting.BOLD, "")
        assert size(target, values) == pytest.approx(size(target, again), rel=0.4)
        assert size(target, taught.values) < 0.3 * size(target, values)


def test_bars_grow_with_what_is_missed(made, monkeypatch):
    monkeypatch.setattr(fitting, "MOST_STEPS", 4)
    found = examples(made)
    taught = Teacher().fit([example.target for example in found])
    model = calibrated(found, taught)
    wrong = [replace(e, target=replace(e.target, energy=e.target.energy + 0.1)) for e in found]
    worse = calibrated(wrong, taught)
    assert 0 < model.usual < 1
    assert worse.levels.quantile * worse.levels.left.max() > 3 * model.levels.quantile * model.levels.left.max()
