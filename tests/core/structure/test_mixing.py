import numpy as np
import pytest
from scipy.special import erf

from core.errors import InputError
from core.structure.mixing import mix_profile
from core.structure.stack import parse_stack

WIDTHS = (0.05, 0.5, 1.0, 2.7, 8.0, 20.0)


@pytest.mark.parametrize("width", WIDTHS)
def test_mean_is_conserved_and_fractions_stay_fractions(width):
    profile = np.random.default_rng(1).random(37)
    mixed = mix_profile(profile, width)
    assert abs(mixed.mean() - profile.mean()) < 1e-12
    assert mixed.min() >= 0.0
    assert mixed.max() <= 1.0


def test_zero_width_changes_nothing():
    profile = parse_stack("Si4Ge4").ge_fractions
    np.testing.assert_array_equal(mix_profile(profile, 0.0), profile)


def test_single_interface_is_an_error_function():
    width, half = 2.0, 60
    mixed = mix_profile(np.repeat([0.0, 1.0], half), width)
    height = np.arange(2 * half) - half + 0.5
    near = np.abs(height) < 20
    np.testing.assert_allclose(mixed[near], 0.5 * (1.0 + erf(height[near] / width)), atol=1e-12)


@pytest.mark.parametrize("width", WIDTHS)
def test_direct_sum_over_images(width):
    profile = parse_stack("Si3Ge2(Si0.5Ge0.5)2").ge_fractions
    images = np.tile(profile, 101)
    distance = np.arange(len(profile))[:, None] - (np.arange(len(images)) - 50 * len(profile))
    kernel = 0.5 * (erf((distance + 0.5) / width) - erf((distance - 0.5) / width))
    np.testing.assert_allclose(mix_profile(profile, width), kernel @ images, atol=1e-12)


@pytest.mark.parametrize("width", WIDTHS)
def test_bulk_stays_bulk_exactly(width):
    for fraction in (0.0, 1.0):
        np.testing.assert_array_equal(mix_profile(np.full(7, fraction), width), fraction)


@pytest.mark.parametrize("width", WIDTHS)
def test_invariance_under_repeat_shift_and_reversal(width):
    profile = parse_stack("Si4Ge3").ge_fractions
    mixed = mix_profile(profile, width)
    np.testing.assert_allclose(mix_profile(np.tile(profile, 3), width), np.tile(mixed, 3), atol=1e-12)
    np.testing.assert_allclose(mix_profile(np.roll(profile, 2), width), np.roll(mixed, 2), atol=1e-12)
    np.testing.assert_allclose(mix_profile(profile[::-1], width), mixed[::-1], atol=1e-12)


@pytest.mark.parametrize("width", [-0.1, float("nan"), float("inf"), 20.1])
def test_impossible_widths_are_refused(width):
    with pytest.raises(InputError, match="20"):
        mix_profile(np.zeros(4), width)
