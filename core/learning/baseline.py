"""The virtual crystal of a stack: a cheap first guess of its in-plane cuts, to which the network adds the difference.

Bands move by electronvolts with k_z. Two planes of the mean composition, strain and spacing, solved exactly, follow
them at a cost that does not depend on the number of layers; what is left to learn varies slowly with k_z.
"""

from functools import lru_cache

import numpy as np

from core.electronic.calculation import calculate_bands
from core.electronic.spectral import Broadening, EnergyGrid, total_spectral_function
from core.learning.dataset import half_cut
from core.structure.build import crystal_of_planes

_WINDOW = (-8.5, 5.5)


@lru_cache(maxsize=1024)
def virtual_cut(ge_fraction: float, lattice: float, spacing: float, cut: str, kz: float) -> np.ndarray:
    """(k, energy) 1/eV, read-only: A(k, E) of the virtual crystal on the outward half of a cut.

    Args:
        ge_fraction: mean over the stack.
        lattice: a∥ in Å.
        spacing: mean plane spacing in Å.
        cut: `G-X` or `G-K`.
        kz: in 2π/c̄.
    """
    fraction = min(max(ge_fraction, 0.0), 1.0)
    crystal = crystal_of_planes(np.full(2, fraction), np.full(2, spacing), lattice)
    path = half_cut(crystal, cut, kz)
    bands = calculate_bands(crystal, path, window=_WINDOW, workers=1).bands
    picture = total_spectral_function(bands, path.step, EnergyGrid(), Broadening()).astype(np.float32)
    picture.flags.writeable = False
    return picture
