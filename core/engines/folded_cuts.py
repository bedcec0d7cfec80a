"""Totals of in-plane cuts at many k_z by diagonalisation, one for all that fold onto each other."""

from collections.abc import Callable

import numpy as np

from core.electronic.diagonalise import Bands
from core.electronic.zone import classes, folded_totals
from core.engines.protocol import DEFAULT_PICTURE
from core.learning.dataset import CUT_POINTS, half_cut
from core.parameters.tight_binding import TightBindingParameters
from core.structure.crystal import Crystal


def folded_cut_totals(
    crystal: Crystal,
    cut: str,
    kz: np.ndarray,
    window: tuple[float, float],
    watch: Callable[[np.ndarray], None] | None = None,
    parameters: TightBindingParameters | None = None,
    shift: Callable[[Bands, np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """(kz, k, energy) 1/eV: totals on the outward half of a cut, default picture, on one thread.

    Args:
        crystal: up to the exact engine's limit.
        cut: `G-X` or `G-K`.
        kz: (n,) 2π/c̄.
        window: eV of the states that count.
        watch: gets the totals so far, NaN where they are still to come; it must not change them.
        parameters: as of `core.electronic.zone.folded_totals`.
        shift: as of `core.electronic.zone.folded_totals`.
    """
    points, which, foldings = classes(crystal, kz)
    grid, broadening = DEFAULT_PICTURE.grid, DEFAULT_PICTURE.broadening
    totals = np.full((len(which), CUT_POINTS // 2 + 1, grid.points), np.nan, np.float32)
    for number, point in enumerate(points):
        members = np.flatnonzero(which == number)
        wanted, place = np.unique(foldings[members], return_inverse=True)
        path = half_cut(crystal, cut, float(point))

        def added(found: np.ndarray, part: slice, members=members, place=place) -> None:
            totals[members, part] = found[place, part]
            if watch:
                watch(totals)

        folded_totals(crystal, path, wanted, window, grid, broadening, added, parameters, shift)
    return totals
