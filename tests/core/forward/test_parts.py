"""The parts that the forward model is made of: basis, network, features, error bars, domain, edges."""

import numpy as np
import pytest

from core.electronic.calculation import calculate_bands
from core.electronic.kpath import build_path
from core.electronic.spectral import Broadening, EnergyGrid, total_spectral_function
from core.forward.domain import Domain, shortest_period, weighted
from core.forward.edges import GAMMA, outermost_peak, read_edges
from core.forward.features import crystal_features, kz_features, layer_features
from core.learning.error_bars import PixelShape
from core.learning.network import Network
from core.learning.samples import LATTICE_TRAINED
from core.learning.training.basis import fit_basis
from core.learning.training.dense import fit_network
from core.learning.training.error_bars import fit_shape
from core.structure.build import build_crystal
from core.structure.stack import parse_stack, two_block
from core.structure.substrate import parse_substrate


def test_basis_reproduces_pictures_of_its_own_rank():
    random = np.random.default_rng(0)
    pictures = (random.normal(size=(40, 3)) @ random.normal(size=(3, 8 * 5)) + 2.0).reshape(40, 8, 5).astype(np.float32)
    basis = fit_basis([pictures[:25], pictures[25:]], group=4, coefficients=3)
    np.testing.assert_allclose(basis.decode(basis.encode(pictures)), pictures, atol=1e-4)
    assert basis.width == 6
    few = fit_basis([pictures], group=4, coefficients=1)
    assert np.abs(few.decode(few.encode(pictures)) - pictures).max() > 0.1


def test_network_learns_and_survives_a_file():
    pytest.importorskip("torch", reason="training needs requirements-train.txt")
    random = np.random.default_rng(1)
    inputs = random.uniform(-1, 1, size=(4000, 3)).astype(np.float32) * [1.0, 10.0, 0.0] + [0.0, 5.0, 2.0]
    targets = np.column_stack([inputs[:, 0] ** 2, 3 * inputs[:, 0] + 0.1 * inputs[:, 1], np.ones(len(inputs))])
    losses = []
    network = fit_network(inputs, targets, (32, 32), 60, seed=0, report=lambda epoch, loss: losses.append(loss))
    assert losses[-1] < losses[0] / 10
    assert np.sqrt(np.mean((network(inputs.astype(np.float32)) - targets) ** 2)) < 0.05 * targets.std()
    again = Network.from_arrays(network.arrays("x"), "x")
    np.testing.assert_array_equal(again(inputs.astype(np.float32)), network(inputs.astype(np.float32)))


def test_features_turn_with_the_stack():
    profile, spacing = parse_stack("Si3Ge1Si2Ge4").ge_fractions, np.full(10, 1.38)
    forward, backward = layer_features(profile, spacing, 5.5), layer_features(profile[::-1], spacing, 5.5)
    np.testing.assert_allclose(np.sort(forward, axis=0), np.sort(backward, axis=0), atol=1e-7)
    shifted = layer_features(np.roll(profile, 2), spacing, 5.5)
    np.testing.assert_allclose(shifted, np.roll(forward, 2, axis=0), atol=1e-7)


def test_features_do_not_depend_on_repeats():
    one, three = (crystal_features(build_crystal(two_block(3, 5, n), parse_substrate("Si"))) for n in (1, 3))
    np.testing.assert_allclose(three, np.tile(one, (3, 1)), atol=1e-6)


def test_kz_features_have_the_symmetry_of_kz():
    np.testing.assert_allclose(kz_features(0.3), kz_features(-0.3), atol=1e-6)
    np.testing.assert_allclose(kz_features(0.3), kz_features(2.3), atol=1e-6)
    assert np.abs(kz_features(0.3) - kz_features(0.35)).max() > 0.05


def test_error_bars_find_shifted_bands_and_cover_what_they_say():
    random, grid = np.random.default_rng(2), EnergyGrid(points=88)
    centre = random.uniform(-5, 2, size=(60, 4, 1))
    band = lambda shift: np.exp(-((grid.values - centre - shift) ** 2) / 0.02)  # noqa: E731
    shift, noise = 0.02 * random.normal(size=(60, 4, 1)), 0.002 * random.normal(size=(60, 4, 88))
    error = band(shift) - band(0.0) + noise
    shape = fit_shape(band(0.0), error, np.full(60, 1.0))
    assert shape.coefficients[0] > 0
    width = shape.half_width(band(0.0), np.full(60, 1.0))
    assert 0.85 < np.mean(np.abs(error) <= width) < 0.95
    bright = band(0.0) > 0.3
    assert width[bright].mean() > 5 * width[band(0.0) < 1e-3].mean()


def test_half_width_grows_with_the_typical_error():
    shape, picture = PixelShape(np.array([1.0, 1.0, 1.0]), 2.0), np.ones((1, 2, 5))
    np.testing.assert_allclose(shape.half_width(picture, [3.0]), 3 * shape.half_width(picture, [1.0]))


def test_domain_terms():
    crystal = build_crystal(two_block(4, 4), parse_substrate("Si0.5Ge0.5"))
    features = crystal_features(crystal)
    domain = Domain(weighted(features), unit=0.5)
    same = domain.score(features, crystal.plane_ge_fraction, crystal.lattice_in_plane)
    assert same.inside
    assert same.novelty < 0.01
    assert same.reason == ""
    outside = domain.score(features, crystal.plane_ge_fraction, LATTICE_TRAINED[1] + 0.02)
    assert not outside.inside
    assert "substrate" in outside.reason
    long = build_crystal(two_block(12, 12), parse_substrate("Si0.5Ge0.5"))
    score = domain.score(crystal_features(long), long.plane_ge_fraction, long.lattice_in_plane)
    assert score.period > 1
    assert score.novelty > same.novelty


def test_shortest_period():
    assert shortest_period(np.array([0, 0, 1, 1, 0, 0, 1, 1])) == 4
    assert shortest_period(np.zeros(6)) == 1
    assert shortest_period(np.array([0, 0, 1, 1, 0, 1])) == 6


def test_outermost_peak_of_two_gaussians():
    energy = EnergyGrid().values
    part = energy[(energy > -1) & (energy < 1.5)]
    gaussian = lambda at, weight: weight * np.exp(-((part - at) ** 2) / 0.02) / np.sqrt(0.02 * np.pi)  # noqa: E731
    line = gaussian(0.31, 0.8) + gaussian(0.55, 2.0)
    assert outermost_peak(line, part, rising=True) == pytest.approx(0.31, abs=0.01)
    assert outermost_peak(line, part, rising=False) == pytest.approx(0.55, abs=0.01)
    assert np.isnan(outermost_peak(gaussian(0.3, 0.1), part, rising=True))


@pytest.mark.parametrize("stack", ["Si2", "Ge2", "Si4Ge4", "Si3Ge7"])
def test_edges_read_from_exact_spectra_are_those_of_the_bands(stack):
    crystal = build_crystal(parse_stack(stack), parse_substrate("Si0.5Ge0.5"))
    path = build_path(crystal)
    bands = calculate_bands(crystal, path).bands
    total = total_spectral_function(bands, path.step, EnergyGrid(), Broadening())
    filled = 2 * len(crystal)
    found = read_edges(total, GAMMA)
    assert found.vbm == pytest.approx(bands.energy[:, filled - 1].max(), abs=0.015)
    assert found.cbm == pytest.approx(bands.energy[:, filled].min(), abs=0.02)
