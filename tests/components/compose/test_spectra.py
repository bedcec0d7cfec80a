"""The spectrum that Compose shows, from a calculation or from a prediction."""

import numpy as np
import pytest

from components.compose.spectra import chosen_spectrum, energy_pixels
from core.engines import ENGINES
from core.engines.exact import ExactSpectra
from core.sessions.requests import cut_line, make_request, path_line, solve


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


def test_on_a_cut_the_error_bar_is_that_cut_s_and_on_other_paths_there_is_none():
    cut, path = cut_line("G-K", 0.6), path_line("X-G-Z")
    on_cut, on_path = (ExactSpectra(solve(make_request("Si2Ge2", "Si", line=line))) for line in (cut, path))
    bar, title = chosen_spectrum(on_cut, "error", 1, 0, "spdS", 0.10, line=cut)
    predicted = ENGINES["forward"].solve(on_cut.crystal, cut)
    assert np.array_equal(bar.values, predicted.atom_error(1))
    assert title.endswith("Si2Ge2 on Si · Γ–K cut at kz = 0.60 · 2π/c̄")
    shown, title = chosen_spectrum(on_path, "error", 1, 0, "spdS", 0.10, line=path)
    assert np.array_equal(shown.values, on_path.atoms([1])[0])
    assert "no error bar: the forward model knows the standard path" in title
    assert title.endswith("path X–Γ–Z")


def test_energies_are_as_fine_as_the_broadening_and_the_zoom_need(exact):
    assert [energy_pixels(exact, sigma) for sigma in (0.3, 0.1, 0.05, 0.02)] == [1, 1, 2, 4]
    assert energy_pixels(exact, 0.1, zoom=4) == 4
    assert energy_pixels(exact, 0.1, sharpening="curvature") == 2
    assert energy_pixels(ENGINES["forward"].solve(exact.crystal), 0.1, zoom=4) == 1
    spectrum, _ = chosen_spectrum(exact, "total", 0, 1, "spdS", 0.02, 4)
    assert spectrum.values.shape == (96, 704)
    assert np.diff(spectrum.energy).max() < 0.02, "pixels wider than the lines make beads of them"


def test_sharpened_spectra_say_their_unit_and_differences_stay(exact):
    second, title = chosen_spectrum(exact, "atom", 2, 0, "spdS", 0.1, 2, "second")
    assert (second.unit, "second derivative" in title, second.values.min()) == ("1/eV³", True, 0.0)
    difference, title = chosen_spectrum(exact, "difference", 2, 0, "spdS", 0.1, 2, "second")
    assert (difference.unit, difference.values.min() < 0) == ("1/eV", True)
