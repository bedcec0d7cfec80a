"""What moves a band: the response of an atom's spectral function to what the forward model sees of its surroundings.

Central finite differences through the model, one input at a time. A plane's Ge fraction is changed where the atom sees
it, and nowhere else in the period.
"""

from dataclasses import dataclass

import numpy as np

from core.forward.features import REACH, crystal_features
from core.forward.model import spectrum_model
from core.structure.crystal import Crystal

COMPOSITION_STEP = 0.1
STRAIN_STEP = 0.1
"""Of the strain between Si (0) and Ge (1), and of the mean plane spacing in the same measure."""

MISFIT_PERCENT = 4.18
"""In-plane strain of Si on Ge."""


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Changes of A_i at one k-point and energy.

    planes: (2 REACH + 1,) 1/eV for a whole exchange of Si by Ge, planes −REACH … REACH along growth, 0 the atom itself.
    strain: 1/eV for one percent of in-plane strain. growth: the same for the mean plane spacing.
    """

    planes: np.ndarray
    strain: float
    growth: float


def sensitivity(crystal: Crystal, atom: int, k: int, energy: int) -> Sensitivity:
    """Sensitivity of A_i(k, E) of an atom at a pixel of the default path's picture.

    Raises:
        InputError: see `core.forward.model.predict`.
    """
    row = crystal_features(crystal)[atom]
    width = 2 * REACH + 1
    steps = np.zeros((width + 2, len(row)), np.float32)
    steps[np.arange(width), np.arange(width)] = COMPOSITION_STEP
    steps[[width, width + 1], [width, width + 1]] = STRAIN_STEP
    model = spectrum_model("path")
    pictures = model.pictures(model.hidden(np.concatenate([row + steps, row - steps])))
    up, down = np.split(pictures[:, k, energy] / len(crystal), 2)
    slope = (up - down) / (2 * np.append(np.full(width, COMPOSITION_STEP), np.full(2, STRAIN_STEP)))
    along = slice(None) if crystal.sublattice[atom] == 0 else slice(None, None, -1)
    return Sensitivity(slope[:width][along], float(slope[width] / MISFIT_PERCENT), float(slope[-1] / MISFIT_PERCENT))
