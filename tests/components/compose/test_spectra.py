"""The spectrum that Compose shows, from a calculation or from a prediction."""

import numpy as np
import pytest

from components.compose.spectra import chosen_spectrum
from core.engines import ENGINES
from core.engines.exact import ExactSpectra
from core.sessions.requests import make_request, solve


@pytest.fixture(scope="module")
def exact():
    return ExactSpectra(solve(make_request("Si4Ge4", "Si0.5Ge0.5")))


def _shown(source, view, atom=2):
    return chosen_spectrum(source, view, atom, 0, "spdS", 0.10)


def test_error_bar_is_the_prediction_s_whichever_engine_draws(exact):
    predicted = ENGINES["forward"].solve(exact.crystal)
    bar, title = _shown(exact, "error")
    assert np.array_equal(bar.values, predicted.atom_error(2))
    assert np.array_equal(bar.values, _shown(predicted, "error")[0].values)
    assert "90 % error bar" in title
    assert "3 Si" in title


def test_error_bar_holds_the_exact_spectrum_in_most_pixels(exact):
    bar, _ = _shown(exact, "error")
    off = np.abs(_shown(exact, "atom")[0].values - _shown(ENGINES["forward"].solve(exact.crystal), "atom")[0].values)
    assert 0.8 <= (off <= bar.values).mean() <= 1.0


def test_error_bar_that_does_not_exist_is_said():
    spin = ExactSpectra(solve(make_request("Si4", "Si", spin_orbit=True)))
    shown, title = _shown(spin, "error")
    assert np.array_equal(shown.values, _shown(spin, "atom")[0].values)
    assert "no error bar: the forward model was trained without spin-orbit" in title
