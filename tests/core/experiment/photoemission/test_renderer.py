"""Artefacts of a measurement, one at a time."""

import numpy as np
import pytest

from core.electronic.spectral import EnergyGrid
from core.errors import InputError
from core.experiment.photoemission.artefacts import HIGHEST_FERMI_LEVEL, Artefacts, clean_artefacts, realistic_artefacts
from core.experiment.photoemission.background_states import background_states
from core.experiment.photoemission.final_state import FinalState, final_momentum, reduced_kz
from core.experiment.photoemission.renderer import cut_end, simulate

KX, EV = np.linspace(-1.2, 1.2, 97), np.linspace(-6.5, 0.9, 119)
LATTICE = 5.431


def signal() -> np.ndarray:
    """One band that goes down from −1 eV at Γ to −3 eV at X."""
    energy, k = EnergyGrid().values, np.linspace(0, 1, 49)
    return np.exp(-((energy + 1 + 2 * k[:, None] ** 2) ** 2) / 0.05)[None].astype(np.float32)


def image(**settings) -> np.ndarray:
    noise = settings.pop("noise", False)
    states = background_states(np.array([0.0]), np.array([LATTICE]))
    return simulate(signal(), np.array([LATTICE]), "G-X", [Artefacts(**settings)], KX, EV, noise=noise, states=states)[
        0
    ]


def ridge(values: np.ndarray, k: float) -> float:
    return EV[np.argmax(values[np.argmin(np.abs(KX - k))])]


def test_bands_lie_where_the_theory_has_them():
    plain = image()
    for k in (0.0, 0.4, -0.8):
        expected = -1 - 2 * (k / cut_end("G-X", LATTICE)) ** 2
        assert ridge(plain, k) == pytest.approx(expected, abs=0.07)
    np.testing.assert_allclose(plain, plain[::-1], rtol=1e-4)


def test_fermi_level_and_calibration_errors_move_bands():
    assert ridge(image(fermi_level=0.5), 0.0) == pytest.approx(-1.5, abs=0.07)
    assert ridge(image(k_shift=0.2), 0.2) == pytest.approx(-1.0, abs=0.07)
    assert ridge(image(e_stretch=0.1), 0.0) == pytest.approx(-1.1, abs=0.07)


def test_occupation_ends_at_the_fermi_level():
    cut = image(fermi_edge=True, fermi_level=-1.5, temperature=30)
    assert cut[:, EV > 0.1].max() < 1e-3 * np.nanmax(cut)
    whole = image(fermi_level=-1.5)
    assert whole[:, EV > 0.1].max() > 0.5 * np.nanmax(whole)


def test_resolution_widens_and_keeps_intensity():
    sharp, blurred = image(), image(energy_resolution=0.6)
    assert blurred.max() < 0.8 * sharp.max()
    assert blurred.sum() == pytest.approx(sharp.sum(), rel=0.02)
    deep = image(lifetime=0.4)
    assert deep[0].max() / sharp[0].max() < deep[48].max() / sharp[48].max()


def test_a_branch_can_vanish_at_one_sign():
    weak = image(asymmetry=2.0)
    assert weak[: len(KX) // 3].max() < 0.1 * weak[2 * len(KX) // 3 :].max()


def test_backgrounds_fill_what_was_empty():
    empty = (np.abs(KX) < 0.05)[:, None] & (EV < -4)
    assert image()[empty].mean() < 0.01 * image().mean()
    for name in ("shirley", "linear"):
        assert image(**{name: 1.0})[empty].mean() > 0.2 * image().mean(), name


def test_only_what_was_measured_has_counts():
    cut = image(k_left=-0.5, k_right=0.8, e_bottom=-4.0)
    assert np.isnan(cut[KX < -0.51]).all()
    assert np.isnan(cut[:, EV < -4.01]).all()
    assert np.isfinite(cut[(KX > -0.49) & (KX < 0.79)][:, EV > -3.9]).all()
    assert np.isnan(image(round_edge=0.8)[0, 0])
    assert np.isfinite(image(round_edge=0.8)[48, 60])


def test_noise_is_that_of_counting_and_follows_the_seed():
    expected, drawn = (
        image(counts=100.0, dos_background=2.0),
        image(counts=100.0, dos_background=2.0, noise=True, seed=3),
    )
    bright = expected > 10
    assert np.mean((drawn - expected)[bright] ** 2 / expected[bright]) == pytest.approx(1.0, abs=0.06)
    assert expected.mean() == pytest.approx(100.0, rel=1e-3)
    np.testing.assert_array_equal(drawn, image(counts=100.0, dos_background=2.0, noise=True, seed=3))
    assert not np.array_equal(drawn, image(counts=100.0, dos_background=2.0, noise=True, seed=4))


def test_severities_draw_within_what_they_promise():
    random = np.random.default_rng(0)
    for _ in range(200):
        clean, real = clean_artefacts(random), realistic_artefacts(random, 0.3)
        assert abs(clean.fermi_level) <= 0.25
        assert clean.counts == 200
        assert clean.ripple == 0.4
        assert 0.3 <= real.fermi_level <= 0.3 + HIGHEST_FERMI_LEVEL
        assert real.fermi_edge


def test_final_state_of_soft_x_rays():
    assert final_momentum(380.0, 12.6) == pytest.approx(10.09, abs=0.01)
    assert reduced_kz(10.05, LATTICE / 4) == pytest.approx(0.69, abs=0.01)
    assert reduced_kz(0.0, LATTICE / 4) == 0
    assert reduced_kz(2 * np.pi / LATTICE, LATTICE / 4) == pytest.approx(1.0)
    with pytest.raises(InputError, match="free no electrons"):
        final_momentum(3.0, 12.6)


def test_sampling_of_kz_is_a_weighted_mean_about_the_sphere():
    k = np.linspace(0, 1.2, 49)
    nodes, weights = FinalState(0.5, 5.0, 0.05).sampling(k, LATTICE / 4)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    unit = 2 * np.pi / LATTICE
    expected = 0.5 - (5.0 - np.sqrt(25 - k**2)) / unit
    np.testing.assert_allclose(weights @ nodes, expected, atol=0.03)
    nodes, weights = FinalState(0.3).sampling(k, LATTICE / 4)
    assert nodes == [0.3]
    assert (weights == 1).all()
