"""The rendered image and its derivatives, and what a fit takes out of images that it could have made itself."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import zoom

from core.engines import engine_named
from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.orbitals import orbital_shares, orbital_shares_between
from core.loop.correction import ExactWork, difference, fitted_exactly
from core.loop.fit import LATTICE_STEP as LATTICE_FIT_STEP
from core.loop.fit import Problem
from core.loop.image import Image, averaged_gain, noise_gain
from core.loop.pictures import LATTICE_STEP, Pictures
from core.loop.render import BLOCKS, SCALARS, Nuisance
from core.reverse.standard import EV, KX, noise_share, standard_image

STACK, LATTICE, KZ = "Si2Ge2", 5.5, 0.3
USUAL = {
    "level": 0.9, "kz": KZ, "resolution": 0.12, "momentum_resolution": 0.02, "lifetime": 0.1, "kz_width": 0.05,
    "bend": 0.15,
}  # fmt: skip
FLAT = np.full((len(KX), len(EV)), 100.0)


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    return Pictures("forward", (KZ,))


def nuisance(random: np.random.Generator, **scalars: float) -> Nuisance:
    """As a measurement might be: smooth fields, a background, 200 counts in a mean pixel."""
    fields = {name: 0.3 * random.standard_normal(block.shape) for name, block in BLOCKS.items()}
    for name in ("columns", "rows"):
        fields[name] *= 0.05
    found = Nuisance({name: USUAL.get(name, 0.0) for name in SCALARS} | scalars, 6.0, 3.5, fields=fields)
    return replace(found, orbital=0.3 * random.standard_normal(found.orbital.shape))


def problem_of(image: np.ndarray, pictures: Pictures, fixed=("kz",), **centre: float) -> Problem:
    target = Image(image, "G-X", USUAL | centre, frozenset(fixed))
    return Problem((target,), pictures, (LATTICE, 0.03), engine_error=0.005)


def measured(pictures: Pictures, found: Nuisance, lattice: float, random: np.random.Generator) -> np.ndarray:
    problem = problem_of(FLAT, pictures)
    state = replace(problem.start(STACK, 0.0, lattice), nuisances=(found,))
    return random.poisson(problem.parts(state, 0).total[0]).astype(float)


def test_a_fit_shows_every_trial_and_is_none_the_worse_for_it(pictures):
    random = np.random.default_rng(3)
    problem, shown = problem_of(measured(pictures, nuisance(random), LATTICE, random), pictures), []
    begun = problem.start(STACK, 0.0, LATTICE + 0.01)
    alone = problem.run(begun, 3)
    tried, moved = [], problem._moved
    problem._moved = lambda *step: tried.append(moved(*step)) or tried[-1]
    problem.watch = lambda _, state: shown.append(state)
    watched = problem.run(begun, 3)
    assert watched.cost == alone.cost
    assert watched.state.lattice == alone.state.lattice
    assert shown[0] is begun
    assert len(tried) >= 3
    assert all(any(state is one for state in shown) for one in tried)


def test_every_known_kz_is_seen_as_it_is_and_not_mixed_of_its_neighbours():
    node = round(LATTICE / LATTICE_STEP)
    pictures, lattice = Pictures("forward", (0.0067, 0.4067)), node * LATTICE_STEP
    for kz in (0.0067, 0.4067):
        seen = pictures.signal(STACK, 0.0, lattice, "G-X", FinalState(kz))
        own = engine_named("forward").cut_totals(pictures.crystal(STACK, 0.0, lattice), "G-X", np.array([kz]))[0]
        assert np.allclose(seen, np.maximum(own, 0.0), atol=1e-3 * own.max())


def test_what_a_watcher_computes_is_not_counted():
    pictures = Pictures("forward", (KZ,))
    problem = problem_of(FLAT, pictures)
    state = problem.start(STACK, 0.0, LATTICE)
    before, drawn = pictures.count, []
    problem.watch = lambda one, state: drawn.append(one.parts(replace(state, lattice=LATTICE + 0.1), 0))
    problem.show(state)
    assert len(drawn) == 1
    assert pictures.count == before
    problem.parts(replace(state, lattice=LATTICE + 0.1), 0)
    assert pictures.count > before


def test_the_exact_engine_is_watched_at_work(pictures):
    """A candidate's prediction first, then what is corrected of it so far, and in the end all of it."""
    problem = problem_of(FLAT, pictures)
    state = problem.start(STACK, 0.0, LATTICE)
    found, predicted = difference(problem, state, 0, LATTICE, ExactWork()), problem.parts(state, 0).total[0]
    shown: list[np.ndarray] = []
    problem.watch = lambda one, state: shown.append(one.parts(state, 0).total[0])
    watched = difference(problem, state, 0, LATTICE, ExactWork())
    assert np.array_equal(watched.value, found.value)
    assert not problem.corrections, "what is watched is no result"
    problem.corrections[STACK, 0.0, 0] = found
    assert len(shown) > 2
    assert np.array_equal(shown[0], predicted)
    assert np.array_equal(shown[-1], problem.parts(state, 0).total[0])
    assert all(np.isfinite(one).all() for one in shown)
    assert len({one.tobytes() for one in shown}) > 2


def test_gradient_is_that_of_differences(pictures):
    """For one unknown of every kind, to a tenth of it, or of what one step of a numerical derivative changes it by."""
    random = np.random.default_rng(3)
    image = measured(pictures, nuisance(random), LATTICE, random)
    problem = problem_of(image, pictures)
    state = replace(problem.start(STACK, 0.0, LATTICE + 0.004), nuisances=(nuisance(np.random.default_rng(4)),))
    normal = problem.normal(state)
    names, sizes = problem.targets[0].free, [block.shape[0] * block.shape[1] for block in BLOCKS.values()]
    scales = 1 + len(names)
    orbital = scales + 2
    blocks = orbital + 20 + np.concatenate([[0], np.cumsum(sizes)[:-1]])
    places = [0, *(1 + names.index(n) for n in ("level", "kz_width", "resolution", "k_shift")), scales, scales + 1]
    places += [orbital + 3, *(int(start) + size // 2 for start, size in zip(blocks, sizes, strict=True))]
    for place in places:
        step = 1e-4 if place == 0 else 1e-3
        cost = []
        for sign in (1, -1):
            move = np.zeros(len(normal.gradient))
            move[place] = sign * step
            cost.append(problem.misfit(problem.moved_by(state, move, normal.sizes), normal.variances)[0])
        slope, curvature = (cost[0] - cost[1]) / (2 * step), 2 * normal.curvature[place, place]
        taken = LATTICE_FIT_STEP if place == 0 else SCALARS[names[place - 1]].step if place < scales else 0.02
        assert abs(-2 * normal.gradient[place] - slope) < 0.1 * abs(slope) + 0.1 * taken * curvature, place


def test_a_fit_finds_what_the_image_was_made_with(pictures):
    """From a start 0.012 Å and 0.1 eV off, to within its own errors; what is left is Poisson noise."""
    random = np.random.default_rng(7)
    true = nuisance(random, level=0.97, k_shift=0.01)
    image = measured(pictures, true, 5.512, random)
    problem = problem_of(image, pictures, level=0.87)
    fitted = problem.run(problem.start(STACK, 0.0, LATTICE), 15)
    assert abs(fitted.state.lattice - 5.512) < max(3 * fitted.lattice_error, 0.001)
    assert fitted.lattice_error < 0.004
    found = fitted.state.nuisances[0].scalars
    for name in ("level", "k_shift", "resolution"):
        assert abs(found[name] - true.scalars[name]) < 4 * fitted.errors[0][name] + 0.004, name
    assert 0.8 < fitted.chi[0] < 1.1


def test_evidence_tells_the_right_stack_from_its_neighbours(pictures):
    random = np.random.default_rng(8)
    image = measured(pictures, nuisance(random), LATTICE, random)
    problem = problem_of(image, pictures)
    evidence = {
        stack: problem.run(problem.start(stack, 0.0, LATTICE), 10).evidence for stack in ("Si2Ge2", "Si3Ge3", "Si3Ge2")
    }
    assert min(evidence, key=evidence.__getitem__) == "Si2Ge2"


def test_two_images_share_the_sample_and_nothing_else(pictures):
    random = np.random.default_rng(9)
    seen = [nuisance(random, level=level) for level in (0.8, 1.0)]
    images = [measured(pictures, one, 5.508, random) for one in seen]
    targets = tuple(
        Image(image, "G-X", USUAL | {"level": one.scalars["level"]}, frozenset({"kz"}))
        for image, one in zip(images, seen, strict=True)
    )
    both = Problem(targets, pictures, (LATTICE, 0.03), engine_error=0.005)
    fitted = both.run(both.start(STACK, 0.0, LATTICE), 10)
    alone = problem_of(images[0], pictures, level=0.8)
    single = alone.run(alone.start(STACK, 0.0, LATTICE), 10)
    assert abs(fitted.state.lattice - 5.508) < max(3 * fitted.lattice_error, 0.001)
    assert fitted.lattice_error < single.lattice_error
    levels = [part.scalars["level"] for part in fitted.state.nuisances]
    np.testing.assert_allclose(levels, [0.8, 1.0], atol=0.02)


def test_exact_engine_takes_a_fit_to_the_exact_lattice():
    """A sharp image by the exact engine: the forward model's error is gone from a∥."""
    exact = Pictures("exact", (KZ,))
    sharp = {"kz_width": 0.0, "bend": 0.0}
    random = np.random.default_rng(10)
    image = measured(exact, nuisance(random, **sharp), 5.507, random)
    problem = problem_of(image, Pictures("forward", (KZ,)), fixed=("kz", "kz_width", "bend"), **sharp)
    problem.engine_error = 0.1
    first = problem.run(problem.start(STACK, 0.0, LATTICE), 10)
    last, work = fitted_exactly(problem, first)
    assert abs(last.state.lattice - 5.507) < 0.0015
    assert abs(last.state.lattice - 5.507) < abs(first.state.lattice - 5.507)
    assert work.cuts == work.corrections <= 8


def test_orbital_shares_of_a_fit_are_continuous_and_those_of_the_table_at_its_values():
    """Half way between values of a∥, where a fit would stop at a step of the nearest one."""
    at_value = orbital_shares_between(0.25, 5.45, "G-X", 0.3)
    np.testing.assert_allclose(at_value, orbital_shares(0.25, 5.45, "G-X", 0.3), atol=1e-6)
    below, above = (orbital_shares_between(0.3, 5.4 + d, "G-X", 0.33) for d in (-1e-5, 1e-5))
    assert np.abs(above - below).max() < 1e-4
    np.testing.assert_allclose(above.sum(axis=2), 1.0, atol=1e-4)


def test_hot_and_missing_pixels_do_not_count():
    random = np.random.default_rng(11)
    image = random.poisson(FLAT).astype(float)
    image[40, 70] = 5000.0
    image[:5] = np.nan
    target = Image(image, "G-X", USUAL)
    assert not target.used[40, 70]
    assert not target.used[:5].any()
    assert target.used.sum() == image.size - 5 * len(EV) - 1


def test_pictures_are_continuous_in_lattice_and_final_state(pictures):
    """Across nodes of a∥ and of k_z, and where a wider final state calls for other nodes."""
    node = round(5.5 / LATTICE_STEP) * LATTICE_STEP

    def signal(lattice=LATTICE, kz=KZ, radius=6.0, width=0.05):
        return pictures.signal(STACK, 0.0, lattice, "G-X", FinalState(kz, radius, width))

    scale = signal().max()
    assert np.abs(signal(node + 1e-7) - signal(node - 1e-7)).max() < 1e-4 * scale
    for width in np.linspace(0.02, 0.08, 13):
        assert np.abs(signal(width=width + 1e-6) - signal(width=width - 1e-6)).max() < 1e-3 * scale


def test_known_kz_is_seen_alone(pictures):
    exactly = pictures.signal(STACK, 0.0, node_lattice(), "G-X", FinalState(KZ))
    crystal = pictures.crystal(STACK, 0.0, node_lattice())
    expected = engine_named("forward").cut_totals(crystal, "G-X", np.array([KZ]))[0]
    np.testing.assert_allclose(exactly, expected, atol=1e-5 * expected.max())


def node_lattice() -> float:
    return round(5.5 / LATTICE_STEP) * LATTICE_STEP


@pytest.mark.parametrize("shape", [(241, 185), (144, 97), (90, 60)])
def test_noise_that_averaging_hides_is_known_from_the_pixels_before(shape):
    counts = np.random.default_rng(0).poisson(200, shape).astype(float)
    axes = {"eV": np.linspace(-7.2, 0.5, shape[0]), "kx": np.linspace(-1.15, 1.15, shape[1])}
    image = xr.DataArray(counts, dims=("eV", "kx"), coords=axes)
    averaged = standard_image(image)
    noise = np.nanvar(averaged) / np.nanmean(averaged)
    assert averaged_gain(image) == pytest.approx(noise, rel=0.1)
    assert noise_gain(averaged) < 0.7 * noise
    assert averaged_gain(image * 0.02) == pytest.approx(0.02 * noise, rel=0.15)


def test_noise_gain_of_counts_and_of_scaled_counts():
    random = np.random.default_rng(5)
    counts = random.poisson(np.full((97, 144), 80.0)).astype(float)
    assert noise_gain(counts) == 1.0
    assert noise_gain(counts * 0.013) == pytest.approx(0.013, rel=0.1)
    counts[:30] = np.nan
    assert noise_gain(counts * 5.5) == pytest.approx(5.5, rel=0.1)


@pytest.mark.parametrize("times", [2, 4, 8])
def test_noise_that_neighbours_share_is_told_from_pixels_farther_apart(times):
    """A screenshot that was scaled hides its noise from neighbouring pixels."""
    counts = np.random.default_rng(0).poisson(100, (480 // times, 320 // times)).astype(float)
    scaled = zoom(counts, times, order=3)
    axes = {"eV": np.linspace(-7.2, 0.5, scaled.shape[0]), "kx": np.linspace(-1.15, 1.15, scaled.shape[1])}
    image = xr.DataArray(scaled, dims=("eV", "kx"), coords=axes)
    averaged = standard_image(image)
    noise = np.nanvar(averaged) / np.nanmean(averaged)
    assert noise_gain(scaled) * noise_share(image) < 0.05 * noise
    assert averaged_gain(image) == pytest.approx(noise, rel=0.2)
