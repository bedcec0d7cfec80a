"""What a page asks of the forward model: whether it may predict a request, and how well a prediction held."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.electronic.calculation import BandCalculation
from core.electronic.kpath import DEFAULT_PATH
from core.electronic.spectral import DEFAULT_SIGMA, Broadening, EnergyGrid, total_spectral_function
from core.forward.edges import GAMMA, read_edges
from core.forward.model import LIVE_ATOM_LIMIT
from core.structure.crystal import Crystal


class Totalled(Protocol):
    """What has a total A(k, E)."""

    def total(self) -> np.ndarray:
        """(k, energy) 1/eV."""


@dataclass(frozen=True)
class Agreement:
    """A prediction against the exact calculation: R² of the total, and errors of the band edges in eV.

    Edges are those of the default path; NaN on other lines.
    """

    r2: float
    vbm_error: float
    cbm_error: float


def why_not_predicted(crystal: Crystal, spin_orbit: bool, sigma: float = DEFAULT_SIGMA, all_shells: bool = True) -> str:
    """What keeps the forward model from predicting, in words; empty where it can."""
    if spin_orbit:
        return "the forward model was trained without spin-orbit coupling"
    if abs(sigma - DEFAULT_SIGMA) > 1e-9:
        return f"the forward model knows a broadening of {DEFAULT_SIGMA:.2f} eV only"
    if not all_shells:
        return "the forward model does not tell orbitals apart"
    if crystal.plane_count != len(crystal):
        return "the forward model takes stacks with one atom a plane"
    if len(crystal) > LIVE_ATOM_LIMIT:
        return f"the forward model takes at most {LIVE_ATOM_LIMIT} atoms"
    return ""


def agreement(prediction: Totalled, exact: BandCalculation) -> Agreement:
    """How well a prediction agrees with the exact bands on the same line.

    Edges are read from the predicted total; the exact ones are those of the bands, at the same k-points.
    """
    grid, total = EnergyGrid(), prediction.total()
    true = total_spectral_function(exact.bands, exact.path.step, grid, Broadening())
    spread = float(((true - true.mean()) ** 2).sum())
    r2 = 1.0 - float(((total - true) ** 2).sum()) / spread
    if exact.path.text != DEFAULT_PATH:
        return Agreement(r2, np.nan, np.nan)
    found = read_edges(total, GAMMA)
    vbm, cbm = path_edges(exact)
    return Agreement(r2, found.vbm - vbm, found.cbm - cbm)


def path_edges(exact: BandCalculation) -> tuple[float, float]:
    """VBM and CBM (eV) on the path: the energies on either side of the widest empty range near the Si VBM.

    Bands may lack the deepest ones, so that counting from below is not possible here.
    """
    energy = np.sort(exact.bands.energy[np.isfinite(exact.bands.energy)])
    near = energy[(energy > -1.5) & (energy < 3.0)]
    widest = int(np.argmax(np.diff(near)))
    return float(near[widest]), float(near[widest + 1])
