"""An image that is fitted: which of its pixels count, how noisy they are, and what is expected of its measurement."""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import xarray as xr
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import median_filter, uniform_filter

from core.loop.render import SCALARS
from core.reverse.standard import EV, noise_share, standard_image

HOT = 7.0
"""Standard deviations off the median of its neighbours from which a pixel is hot."""

LAGS = (1, 2, 3, 4)
"""Steps of the standard grid between pixels whose difference tells noise that neighbours share."""

GROWS = 1.5
"""From one of LAGS to the next their difference grows by more where noise is still shared, or where there are bands."""

DARK_BELOW, DARKEST, DARK = -0.3, 0.02, 0.003
"""eV, a quantile, and a share of the mean intensity: where the darkest places below E_F are darker, there is neither
background nor lifetime."""


@dataclass(frozen=True, eq=False)
class Image:
    """One image to fit, (kx, eV) on KX and EV, NaN where nothing was measured.

    cut: `G-X` or `G-K`. fixed: SCALARS that are known. centre: SCALARS around which the others are expected.
    spread: their expected errors where they are not SCALARS' own. known_gain: variance of the noise over the mean,
    where it was found before pixels were averaged.
    """

    image: np.ndarray
    cut: str
    centre: dict[str, float]
    fixed: frozenset[str] = frozenset()
    spread: dict[str, float] = field(default_factory=dict)
    edge: bool = True
    known_gain: float | None = None

    @cached_property
    def gain(self) -> float:
        """Variance of the noise over the mean."""
        return noise_gain(self.image) if self.known_gain is None else self.known_gain

    @cached_property
    def used(self) -> np.ndarray:
        """(kx, eV) which pixels were measured and are not hot."""
        seen, gain = np.isfinite(self.image), self.gain
        filled = np.where(seen, self.image, np.median(self.image[seen]) if seen.any() else 0.0)
        around = median_filter(filled, 3, mode="nearest")
        return seen & (np.abs(filled - around) <= HOT * np.sqrt(gain * np.maximum(around, gain) + gain**2))

    @cached_property
    def counts(self) -> np.ndarray:
        """(kx, eV) what was measured where it is used, else 0."""
        return np.where(self.used, self.image, 0.0).astype(float)

    @property
    def free(self) -> tuple[str, ...]:
        """SCALARS that are fitted."""
        return tuple(name for name in SCALARS if name not in self.fixed)

    def expected_error(self, name: str) -> float:
        """Prior spread of a scalar."""
        return self.spread.get(name, SCALARS[name].spread)


def averaged_gain(image: xr.DataArray) -> float:
    """Variance of the noise over the mean on the standard grid, from the pixels as they were measured.

    Where neighbours share their noise, as in a screenshot that was scaled, those differ by too little, and less than
    averaged ones do: then it is told from averaged pixels that lie so far apart that their difference grows no more.

    image: calibrated, over (eV, kx).
    """
    values = image.transpose("kx", "eV").values.astype(float)
    known = values[np.isfinite(values)]
    measured = noise_gain(values - min(0.0, known.min() if known.size else 0.0)) * noise_share(image)
    averaged = standard_image(image)
    apart = [found for lag in LAGS if (found := _roughness(averaged, lag)) is not None]
    if not apart or measured >= apart[0]:
        return measured
    levels_off = (before for before, after in pairwise(apart) if after < GROWS * before)
    return next(levels_off, apart[0])


def noise_gain(image: np.ndarray) -> float:
    """Variance of an image's noise over its mean: 1 for counts, else from what neighbouring pixels do not share.

    image: (kx, eV), NaN where nothing was measured.
    """
    known = image[np.isfinite(image)]
    if np.array_equal(known, np.round(known)):
        return 1.0
    found = _roughness(image)
    return 1.0 if found is None else found


def _roughness(image: np.ndarray, lag: int = 1) -> float | None:
    """Variance over the mean of what pixels that lie `lag` apart do not share; None where too few are known."""
    stencil = np.outer([-0.5, 1, -0.5], [-0.5, 1, -0.5])
    around = sliding_window_view(image, (2 * lag + 1, 2 * lag + 1))[..., ::lag, ::lag]
    rough, mean = (around * stencil).sum(axis=(2, 3)), around.mean(axis=(2, 3))
    known = np.isfinite(rough) & (mean > 0)
    if known.sum() < 50:
        return None
    bright = known & (mean >= np.median(mean[known]))
    ratio = rough[bright] ** 2 / (2.25 * mean[bright])
    return float(max(np.median(ratio) / 0.4549, 1e-9))


def is_bare(image: np.ndarray) -> bool:
    """Whether an image (kx, eV) shows a spectral function alone: it is dark between the bands."""
    below = image[:, EV < DARK_BELOW]
    seen = np.isfinite(below)
    if not seen.any():
        return False
    share = uniform_filter(seen.astype(float), 3)
    smooth = uniform_filter(np.where(seen, below, 0.0), 3)[seen] / share[seen]
    return bool(np.quantile(smooth, DARKEST) < DARK * smooth.mean())
