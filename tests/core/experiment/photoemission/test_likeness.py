"""The figures by which simulated images are matched to measured ones."""

import numpy as np
import pytest

from core.experiment.photoemission.likeness import likeness

K, E = np.linspace(-1, 1, 240), np.linspace(-6, 0, 320)
BAND = np.exp(-((E + 1 + 3 * K[:, None] ** 2) ** 2) / 0.08)


def test_more_background_lowers_the_signal_in_proportion():
    one, two = likeness(BAND + 1.0), likeness(BAND + 2.0)
    assert one["signal_to_background"] == pytest.approx(2 * two["signal_to_background"], rel=0.05)
    assert one["brightest"] == pytest.approx(2 * two["brightest"], rel=0.1)


def test_asymmetry_is_half_the_logarithm_of_the_two_sides():
    sides = np.where(K > 0, np.exp(0.4), np.exp(-0.4))[:, None]
    found = likeness(BAND * sides + 0.5)
    assert found["asymmetry"] == pytest.approx(0.4, abs=0.06)
    assert likeness(BAND + 0.5)["asymmetry"] < 0.02
    assert likeness(7 * (BAND * sides + 0.5)[::-1]) == pytest.approx(found, rel=0.05)


def test_what_was_not_measured_is_left_out():
    image = BAND + 0.5
    wider = np.full((300, 320), np.nan)
    wider[30:270] = image
    assert likeness(wider) == pytest.approx(likeness(image))
