import numpy as np

from core.electronic.sharpening import sharpened

ENERGY = np.linspace(-2.0, 2.0, 801)
STEP = ENERGY[1] - ENERGY[0]


def peak(centre: float, sigma: float = 0.2) -> np.ndarray:
    return np.exp(-((ENERGY - centre) ** 2) / (2 * sigma**2))


def test_second_derivative_is_that_of_a_gaussian():
    found = sharpened(peak(0.3)[None], STEP, "second")[0]
    x = (ENERGY - 0.3) / 0.2
    true = np.maximum((1 - x**2) * np.exp(-(x**2) / 2) / 0.2**2, 0.0)
    np.testing.assert_allclose(found, true, atol=0.02 * true.max())


def test_two_bands_that_run_together_come_apart():
    together = peak(-0.19) + peak(0.19)
    found = sharpened(together, STEP, "second")
    assert found[:400].max() > 2 * found[400] < 2 * found[401:].max()


def test_curvature_draws_thinner_lines_and_flat_spectra_stay_flat():
    widths = [(found > found.max() / 2).sum() for found in (peak(0.0), *map(sharpen, ("second", "curvature")))]
    assert widths[0] > 1.5 * widths[1] > 1.5 * widths[2]
    assert sharpen("curvature").max() == 1.0
    assert not sharpened(np.ones(50), STEP, "curvature").any()


def sharpen(kind: str) -> np.ndarray:
    return sharpened(peak(0.0), STEP, kind)
