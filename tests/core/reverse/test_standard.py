"""Standard images: regridding, alignment, freedom from smooth intensity."""

import numpy as np
import pytest
import xarray as xr

from core.errors import InputError
from core.reverse.standard import EV, KX, THEORY, aligned, relative, ridges, standard_image


def image(kx, ev, function) -> xr.DataArray:
    return xr.DataArray(function(kx[None], ev[:, None]), dims=("eV", "kx"), coords={"eV": ev, "kx": kx})


def slope(k, e):
    return 10 + 2 * k + e + 0 * k * e


@pytest.mark.parametrize("points", [(600, 700), (60, 90)], ids=["finer", "coarser"])
def test_regridding_keeps_a_linear_image(points):
    fine = image(np.linspace(-1.4, 1.4, points[0]), np.linspace(-8.5, 1.5, points[1]), slope)
    found = standard_image(fine)
    expected = slope(KX[:, None], EV[None])
    np.testing.assert_allclose(found, expected - min(0, expected.min()), atol=0.02)


def test_what_was_not_measured_stays_empty():
    part = image(np.linspace(-0.6, 0.9, 300), np.linspace(-4, 0.2, 300), slope)
    found = standard_image(part)
    inside = (KX[:, None] > -0.57) & (KX[:, None] < 0.87) & (EV > -3.9) & (EV < 0.1)
    assert np.isfinite(found[inside]).all()
    outside = (KX[:, None] < -0.65) | (KX[:, None] > 0.95) | (EV < -4.1) | (EV > 0.3)
    assert np.isnan(found[outside]).all()


def test_an_image_of_elsewhere_is_refused():
    with pytest.raises(InputError, match="check the calibration"):
        standard_image(image(np.linspace(3, 5, 50), np.linspace(-4, 0, 50), slope))


def test_alignment_moves_bands_to_the_theory():
    level = 0.7
    band = np.exp(-((EV + 2.0) ** 2) / 0.05) * np.ones((len(KX), 1))
    moved = aligned(band[None].astype(np.float32), np.array([level]))[0]
    assert THEORY[np.nanargmax(moved[0])] == pytest.approx(-2.0 + level, abs=0.04)
    assert np.isnan(aligned(band[None], np.array([3.0]))[0][:, EV[0] + 3.0 > THEORY]).all()


def curved(background: float = 0.2) -> np.ndarray:
    return (100 * (background + np.exp(-((EV[None] + 1 + 2 * KX[:, None] ** 2) ** 2) / 0.05))).astype(np.float32)


def test_relative_images_ignore_scale_and_smooth_intensity():
    bands = curved()
    smooth = np.exp(0.4 * KX[:, None] + 0.1 * EV[None])
    plain = relative(np.stack([bands, bands * smooth, 7 * bands]).astype(np.float32))
    assert plain.shape == (3, 2, len(KX) // 2 + 1, len(EV))
    np.testing.assert_allclose(plain[0], plain[2], atol=1e-4)
    assert np.corrcoef(plain[0].ravel(), plain[1].ravel())[0, 1] > 0.96
    whole = (plain[0, 0, 1:] ** 2).mean() + (plain[0, 1] ** 2).mean()
    assert whole / 2 == pytest.approx(1.0, abs=0.05)


def test_relative_images_keep_both_signs_and_what_was_not_measured():
    bands = curved()
    bands[KX < -1e-9] = np.nan
    bands[KX > 0.5] *= 0.5
    seen = relative(bands[None])[0]
    assert np.isfinite(seen[0]).all()
    assert np.isnan(seen[1][1:]).all()
    np.testing.assert_allclose(relative(bands[None, ::-1])[0], seen[::-1], atol=1e-4)


def test_ridges_drop_the_steps_of_a_background():
    bands = curved()
    stepped = bands + 150 * (EV < -2.5) + 40 * (EV < 0)
    (plain, other), seen = ridges(np.stack([bands, stepped]).astype(np.float32))
    assert (seen == 1).all()
    band = plain > 1.5
    assert other[band].mean() > 4 * np.abs(other[~band]).mean()
    np.testing.assert_allclose(np.sqrt((plain**2).mean()), 1.0, atol=0.05)


def test_one_measured_side_is_enough():
    bands = curved()
    half = bands.copy()
    half[KX < -1e-9] = np.nan
    (whole, part), seen = ridges(np.stack([bands, half]))
    assert np.corrcoef(whole[2:].ravel(), part[2:].ravel())[0, 1] > 0.98
    assert (seen[1][1:] == 0.5).all()
