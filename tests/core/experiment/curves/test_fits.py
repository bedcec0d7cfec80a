"""Peaks and edges that were put into an image come out of it, with errors that hold them."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.special import erf, voigt_profile

from core.errors import InputError
from core.experiment.calibration.steps import FermiLevel, FittedFermiLevel
from core.experiment.curves import fits
from core.experiment.curves.fits import MOST_POINTS, curve_of, fitted_fermi_edge, fitted_peaks
from core.experiment.curves.processed import DERIVATIVES, processed
from core.sessions.readings import Reading, calibrated, uploaded_reading, with_fermi_level
from tests.data import DATA

EV, KX = np.linspace(-3.0, 0.5, 281), np.linspace(-1.0, 1.0, 201)
PEAKS = ((-0.42, 0.06, 900.0), (0.35, 0.1, 500.0))
"""Position and half-width in 1/Å, height."""

EDGE, WIDTH = 0.031, 0.04


def image(seed: int = 1, values=None) -> xr.DataArray:
    """Straight bands, cut off at an edge, with counting noise."""
    if values is None:
        line = 40.0 + sum(h * w**2 / ((KX - at) ** 2 + w**2) for at, w, h in PEAKS)
        occupied = 0.5 * (1 - erf((EV - EDGE) / (np.sqrt(2) * WIDTH)))
        values = np.random.default_rng(seed).poisson(occupied[:, None] * line[None] + 2.0).astype(float)
    return xr.DataArray(values, dims=("eV", "kx"), coords={"eV": EV, "kx": KX})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_peaks_come_out_with_errors_that_hold_them(seed):
    fit = fitted_peaks(image(seed), "mdc", -1.0, 2, 0.05)
    for peak, (at, half, _) in zip(fit.peaks, PEAKS, strict=True):
        for found, true in ((peak["position"], at), (peak["width"], 2 * half)):
            assert 0 < found.error < 0.02
            assert abs(found.value - true) < 4 * found.error
    assert np.abs(fit.fitted - fit.curve).std() < 0.1 * np.ptp(fit.curve)


@pytest.mark.parametrize(("sigma", "gamma"), [(0.1, 0.01), (0.05, 0.05), (0.03, 0.1)])
def test_both_widths_of_a_voigt_peak_are_free(sigma, gamma):
    exact = voigt_profile(KX - 0.1, sigma, gamma)
    exact /= exact.max()
    fine = np.linspace(-2.0, 2.0, 400_001)
    profile = voigt_profile(fine, sigma, gamma)
    width = np.ptp(fine[profile >= profile.max() / 2])
    noise = np.random.default_rng(3).normal(size=len(KX))
    measured = np.tile(100 * exact + 10 + noise, (len(EV), 1))
    fit = fitted_peaks(image(values=measured), "mdc", -1.0, 1, 0.0, None, "voigt")
    found = fit.peaks[0]["width"]
    assert 0 < found.error < 0.02
    assert abs(found.value - width) < 3 * found.error
    assert found.value == pytest.approx(width, rel=0.03)


def test_the_longest_curves_are_binned_and_lose_no_precision():
    kx = np.linspace(-1.0, 1.0, 8191)
    line = 40.0 + sum(h * w**2 / ((kx - at) ** 2 + w**2) for at, w, h in PEAKS)
    curve = np.random.default_rng(2).poisson(line).astype(float)
    long = xr.DataArray(np.tile(curve, (2, 1)), dims=("eV", "kx"), coords={"eV": [-1.0, 0.0], "kx": kx})
    fit = fitted_peaks(long, "mdc", -1.0, 2)
    assert len(fit.axis) == len(fit.curve) == len(fit.fitted) <= MOST_POINTS
    for peak, (at, half, _) in zip(fit.peaks, PEAKS, strict=True):
        for found, true in ((peak["position"], at), (peak["width"], 2 * half)):
            assert 0 < found.error < 0.005
            assert abs(found.value - true) < 4 * found.error


def test_a_fit_that_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(fits, "MOST_SECONDS", 0.0)
    with pytest.raises(InputError, match="cannot be fitted"):
        fitted_peaks(image(), "mdc", -1.0, 2, 0.05)


def test_errors_grow_with_the_noise():
    quiet, loud = (
        fitted_peaks(
            image(values=image().values + n * np.random.default_rng(0).normal(size=image().shape)), "mdc", -1.0, 2
        )
        for n in (0.0, 100.0)
    )
    assert loud.peaks[0]["position"].error > 2 * quiet.peaks[0]["position"].error


def test_a_peak_that_is_not_there_is_not_given_an_error_it_has_not():
    flat = image(values=np.tile(50.0 + np.linspace(0, 1, len(KX)), (len(EV), 1)))
    fit = fitted_peaks(flat, "mdc", -1.0, 1)
    area = fit.peaks[0]["area"]
    assert area.error is None or area.value < 3 * max(area.error, 0.5)


def test_a_part_of_a_curve_is_fitted_alone():
    fit = fitted_peaks(image(), "mdc", -1.0, 1, 0.05, (0.1, 0.8))
    assert fit.axis.min() >= 0.1
    assert fit.peaks[0]["position"].value == pytest.approx(PEAKS[1][0], abs=0.01)


def test_the_edge_comes_out():
    edge, fit = fitted_fermi_edge(image())
    assert edge.level == pytest.approx(EDGE, abs=4 * edge.uncertainty)
    assert edge.uncertainty < 0.01
    assert edge.width == pytest.approx(WIDTH, abs=0.01)
    assert len(fit.axis) == len(fit.fitted)
    below = image(values=np.random.default_rng(0).poisson(30.0, (len(EV), len(KX))).astype(float))
    with pytest.raises(InputError, match="No Fermi edge"):
        fitted_fermi_edge(below)


def test_a_fitted_edge_becomes_the_zero_of_energies():
    reading = Reading("example-sharp")
    moved = with_fermi_level(with_fermi_level(reading, 0.2, 0.01), 0.1, 0.02)
    assert calibrated(moved)["eV"].values == pytest.approx(calibrated(reading)["eV"].values - 0.3)
    assert moved.record().fermi_level.origin == "fitted edge"
    assert moved.record().fermi_uncertainty == 0.02


def test_an_edge_beside_a_fitted_level_counts_from_that_level():
    metal = uploaded_reading((DATA / "solaris_uranos_DA30.ibw").read_bytes(), "metal.ibw")
    rest = tuple(step for step in metal.steps if not isinstance(step, FermiLevel))
    reading = replace(metal, steps=(FittedFermiLevel(), *rest))
    moved = with_fermi_level(reading, 0.01, 0.002)
    assert calibrated(moved)["eV"].values == pytest.approx(calibrated(reading)["eV"].values - 0.01, abs=1e-9)


@pytest.mark.parametrize(
    "ask", [("xyz", 0.0, 1), ("edc", 3.0, 1), ("edc", 0.0, 0), ("edc", 0.0, 9), ("mdc", -1.0, 2, 0.0, (0.0, 0.01))]
)
def test_what_cannot_be_fitted_is_refused(ask):
    with pytest.raises(InputError):
        fitted_peaks(image(), *ask)


def test_curves_leave_out_what_was_not_measured():
    values = image().values.copy()
    values[:40] = np.nan
    axis, curve = curve_of(image(values=values), "edc", 0.0, 0.02)
    assert axis[0] == pytest.approx(EV[40])
    assert np.isfinite(curve).all()


@pytest.mark.parametrize("kind", [kind for kind in DERIVATIVES if kind != "none"])
def test_derivatives_stand_on_the_ridges(kind):
    energy, k = -1.2, 0.3
    ridge = np.exp(-(((EV - energy) / 0.15) ** 2))[:, None] * np.exp(-(((KX - k) / 0.08) ** 2))[None]
    values = ridge.copy()
    values[:, :3] = np.nan
    found = processed(image(values=values), derivative=kind)
    assert np.isnan(found[:, 0]).all()
    at = np.unravel_index(np.nanargmax(found[:, 3:]), found[:, 3:].shape)
    assert (EV[at[0]], KX[3:][at[1]]) == pytest.approx((energy, k), abs=0.03) or kind == "curvature"
    if kind == "curvature":
        assert EV[np.nanargmax(found[:, np.argmin(np.abs(KX - k))])] == pytest.approx(energy, abs=0.03)


def test_normalisation_levels_and_nothing_chosen_changes_nothing():
    data = image()
    assert processed(data) is data.values
    assert processed(data, "x", "y") is data.values
    assert processed(data, "energy")[20:200].mean(axis=1) == pytest.approx(1.0)
    assert processed(data, "momentum").mean(axis=0) == pytest.approx(1.0)
