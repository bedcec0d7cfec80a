"""Band edges read from a spectral function alone, as from a measurement: peaks of known width, fitted by weights ≥ 0.

At a band edge the velocity vanishes and the broadening is σ itself, so that a line A(E) there is a sum of Gaussians of
width σ. The edge is the outermost one that carries visible weight.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from core.electronic.kpath import point_indices
from core.electronic.spectral import DEFAULT_SIGMA, EnergyGrid

GAMMA = point_indices("G")
"""Γ on the default path."""

LEVEL_SPACING = 0.03
"""eV between the levels that are fitted."""

VISIBLE_WEIGHT = 0.2
"""States a primitive cell: less is not seen as a band. The valence band maximum at Γ carries 1 to 3."""

PEAK_REACH = 0.05
"""eV: levels this close belong to one peak."""

VALENCE_RANGE = (-1.3, 1.3)
CONDUCTION_REACH = 2.2
SMALLEST_GAP = 0.2
VALENCE_TAIL = 0.5
"""eV of valence levels that are fitted along with the conduction band, so that their tails are not taken for it."""


@dataclass(frozen=True)
class ReadEdges:
    """Edges in eV, and the k-point of the conduction band minimum."""

    vbm: float
    cbm: float
    cbm_index: int

    @property
    def gap(self) -> float:
        """Distance of the two in eV."""
        return self.cbm - self.vbm


def read_edges(total: np.ndarray, gamma: list[int], grid: EnergyGrid | None = None) -> ReadEdges:
    """Valence band maximum at Γ and the lowest conduction band minimum of a total A(k, E).

    Args:
        total: (k, energy) 1/eV, broadened by DEFAULT_SIGMA.
        gamma: indices of Γ on the path.
        grid: energy axis, the default one if not given.
    """
    grid = grid or EnergyGrid()
    energy = grid.values
    valence = (energy > VALENCE_RANGE[0]) & (energy < VALENCE_RANGE[1])
    vbm = outermost_peak(total[gamma].mean(axis=0)[valence], energy[valence], rising=False)
    fitted = (energy > vbm - VALENCE_TAIL) & (energy < vbm + CONDUCTION_REACH)
    conduction = fitted & (energy > vbm + SMALLEST_GAP)
    lines, shown = total[:, conduction].astype(float), energy[conduction]
    reached = np.cumsum(lines, axis=1) * grid.step > 0.5 * VISIBLE_WEIGHT
    onset = np.where(reached.any(axis=1), shown[np.argmax(reached, axis=1)], np.inf)
    lowest, index = np.inf, -1
    for k in np.argsort(onset, kind="stable"):
        if onset[k] > lowest + 1.5 * DEFAULT_SIGMA:  # its weight sets in too late to hold the minimum
            break
        peak = outermost_peak(total[k, fitted], energy[fitted], rising=True, above=vbm + SMALLEST_GAP)
        if peak < lowest:
            lowest, index = peak, int(k)
    return ReadEdges(vbm, lowest if index >= 0 else float("nan"), index)


def outermost_peak(line: np.ndarray, energy: np.ndarray, rising: bool, above: float = -np.inf) -> float:
    """Energy (eV) of the lowest peak of a line A(E) `above` an energy, the highest one if not `rising`; NaN if none."""
    levels = np.arange(energy[0], energy[-1] + LEVEL_SPACING, LEVEL_SPACING)
    gaussians = np.exp(-((energy[:, None] - levels) ** 2) / (2 * DEFAULT_SIGMA**2))
    gaussians /= np.sqrt(2 * np.pi) * DEFAULT_SIGMA
    weight = nnls(gaussians, np.asarray(line, dtype=float), maxiter=50 * len(levels))[0]
    levels, weight = levels[levels > above], weight[levels > above]
    if not rising:
        levels, weight = levels[::-1], weight[::-1]
    first = int(np.searchsorted(np.cumsum(weight), VISIBLE_WEIGHT))
    if first == len(levels):
        return float("nan")
    peak = np.abs(levels - levels[first]) <= PEAK_REACH
    return float((levels[peak] * weight[peak]).sum() / weight[peak].sum())
