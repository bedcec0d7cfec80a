"""Normal emission of an image, found where the picture is its own mirror image."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter

LEAST_OVERLAP = 0.4
"""Share of the angles that must have a partner on the other side."""

CLEARLY = 0.2
"""Correlation by which a centre must beat zero to be taken instead. Half a degree off costs a simulated cut 0.35; in a
measured cut with one cone of graphene the cone's own axis beats zero by 0.12."""

SYMMETRIC = 0.5
"""Correlation with its mirror image from which a picture counts as symmetric."""

LEAST_SPAN = 1.5
"""eV: a shorter cut may show one pocket alone, which has an axis of its own."""

_BLOCKS = 5
"""Parts of the energies that are asked one by one for the uncertainty."""

_SMOOTH, _AROUND = 1.0, 0.05
"""Pixels, and share of the angles: noise below the first and matrix elements above the second are taken out before the
comparison."""

_MOST_ROWS, _MOST_COLUMNS = 160, 320
"""Larger pictures are averaged to less than twice as many."""


@dataclass(frozen=True)
class Centre:
    """Where a picture is most symmetric.

    angle, uncertainty: degrees. correlation: with its mirror image there, 1 for a perfect one. at_zero: the same about
    the axis' own zero; NaN where too little of the picture lies on one side of it.
    """

    angle: float
    uncertainty: float
    correlation: float
    at_zero: float
    span: float

    @property
    def clear(self) -> bool:
        """Whether the picture says that normal emission is not where the axis has its zero."""
        better = not self.at_zero > self.correlation - CLEARLY
        better = better and self.span > LEAST_SPAN
        return self.correlation > SYMMETRIC and better and abs(self.angle) > 3 * self.uncertainty


def symmetry_centre(image: xr.DataArray) -> Centre | None:
    """Where an image over (eV, alpha) is its own mirror image; None where it is too small or empty to tell.

    Matrix elements weigh the two sides differently, so that ridges are compared and not intensities.
    """
    values = _averaged(image.values, len(image.values) // _MOST_ROWS, 0)
    values = _averaged(values, values.shape[1] // _MOST_COLUMNS, 1)
    angle = _averaged(image["alpha"].values, image.sizes["alpha"] // _MOST_COLUMNS, 0)
    even = np.linspace(angle[0], angle[-1], len(angle))
    spacing = float(even[1] - even[0])
    rows = np.array([np.interp(even, angle, row, left=np.nan, right=np.nan) for row in values])
    ridges = _ridges(rows)
    if ridges is None:
        return None
    centres = _centres(even)
    whole = _correlations(ridges, len(centres))
    if not np.isfinite(whole).any():
        return None
    place = _best(whole, centres)
    blocks = [block for block in np.array_split(ridges, _BLOCKS) if block.std() > 0.3 * ridges.std()]
    near = slice(max(0, place - 8), place + 9)
    found = [centres[near][np.nanargmax(_correlations(block, len(centres))[near])] for block in blocks]
    scatter = np.std(found) / np.sqrt(max(1, len(found) - 1)) if len(found) > 1 else spacing
    zero = int(np.argmin(np.abs(centres)))
    at_zero = float(whole[zero]) if abs(centres[zero]) <= spacing else np.nan
    uncertainty, span = float(max(scatter, spacing / 4)), float(np.ptp(image["eV"].values))
    return Centre(float(_vertex(whole, centres, place)), uncertainty, float(whole[place]), at_zero, span)


def _averaged(values: np.ndarray, size: int, axis: int) -> np.ndarray:
    """Values with so many of them averaged along an axis; those that are left over are dropped."""
    if size < 2:
        return values
    whole = np.moveaxis(values, axis, 0)
    whole = whole[: len(whole) // size * size]
    return np.moveaxis(whole.reshape(-1, size, *whole.shape[1:]).mean(axis=1), 0, axis)


def _ridges(rows: np.ndarray) -> np.ndarray | None:
    """(energy, angle) ridges of a picture's square roots, each relative to what is around; 0 where nothing is."""
    measured = np.isfinite(rows)
    root = np.sqrt(np.maximum(np.where(measured, rows, 0.0), 0.0))
    reach = _AROUND * rows.shape[1]
    weight = gaussian_filter(measured.astype(float), reach)
    around = gaussian_filter(root, reach) / np.maximum(weight, 1e-3)
    level = around.mean()
    if not level > 0:
        return None
    return np.where(measured, (gaussian_filter(root, _SMOOTH) - around) / (around + 0.3 * level), 0.0)


def _centres(angle: np.ndarray) -> np.ndarray:
    """Possible centres: pixels and the middles between them, in the order of `_correlations`."""
    return (angle[0] + angle[-1]) / 2 + np.arange(-len(angle) + 1, len(angle)) * (angle[1] - angle[0]) / 2


def _correlations(ridges: np.ndarray, count: int) -> np.ndarray:
    """(centre,) correlation of the rows with their mirror images; NaN where too few angles have a partner."""
    width = ridges.shape[1]
    found = np.full(count, np.nan)
    for number in range(count):
        shift = number - (width - 1)  # sum of the pixels that are partners, less width - 1
        left, right = max(0, shift), min(width - 1, width - 1 + shift)
        if right - left + 1 < LEAST_OVERLAP * width:
            continue
        part = ridges[:, left : right + 1]
        power = float((part**2).sum())
        found[number] = float((part * part[:, ::-1]).sum()) / power if power > 0 else np.nan
    return found


def _best(correlation: np.ndarray, centres: np.ndarray) -> int:
    """The best centre; of maxima that are nearly as good the one nearest to zero."""
    filled = np.nan_to_num(correlation, nan=-1.0)
    peaks = [
        i for i in range(1, len(filled) - 1) if filled[i] >= filled[i - 1] and filled[i] >= filled[i + 1]
    ] or [int(np.argmax(filled))]  # fmt: skip
    best = max(filled[i] for i in peaks)
    good = [i for i in peaks if filled[i] > best - CLEARLY / 2]
    return min(good, key=lambda i: abs(centres[i]))


def _vertex(correlation: np.ndarray, centres: np.ndarray, place: int) -> float:
    """The top of the parabola through the best centre and its neighbours."""
    if not 0 < place < len(centres) - 1:
        return float(centres[place])
    before, at, after = correlation[place - 1 : place + 2]
    bend = before - 2 * at + after
    move = 0.5 * (before - after) / bend if np.isfinite(bend) and bend < 0 else 0.0
    return float(centres[place] + np.clip(move, -0.5, 0.5) * (centres[1] - centres[0]))
