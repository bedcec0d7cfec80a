"""Bands by the taught Hamiltonian, on the scale and with the scissor of DFT."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.dft.calculation import scissor_shift
from core.dft.recipe import VALENCE_BANDS_PER_ATOM
from core.dft.scissor import in_order, raised_states
from core.electronic.calculation import calculate_bands
from core.electronic.diagonalise import Bands
from core.electronic.kpath import KPath
from core.electronic.spectral import STEEPEST_BAND, Broadening, EnergyGrid, covering_window
from core.forward.taught.parameters import taught_parameters
from core.structure.crystal import Crystal

LOWEST = -40.0
"""eV, below all bands: filled ones are told by their number."""


def taught_bands(
    crystal: Crystal,
    path: KPath,
    values: np.ndarray,
    highest: float | None = None,
    scissor: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Bands:
    """Bands of a crystal along a path, eV from unstrained silicon's valence band.

    Args:
        crystal: of the functional.
        path: in its zone.
        values: (direction,) of `core.forward.taught.parameters`.
        highest: eV, of the bands that are kept; what reaches into the usual picture by default.
        scissor: whether the empty ones are raised by what the functional's gaps lack.
        progress: called with the fraction done; what it raises cancels the work.
    """
    if highest is None:
        highest = covering_window(EnergyGrid(), Broadening(), path.step)[1]
    parameters = taught_parameters(values)
    bands = calculate_bands(
        crystal, path, window=(LOWEST, highest), progress=progress, workers=1, parameters=parameters
    ).bands
    if not scissor:
        return bands
    return in_order(replace(bands, energy=bands.energy + raised_by(crystal, bands, path.k_reduced)))


def raised_by(crystal: Crystal, bands: Bands, k_reduced: np.ndarray) -> np.ndarray:
    """(k, band) eV: what the functional's gaps lack where a state counts as empty, 0 elsewhere."""
    return scissor_shift(crystal) * raised_states(bands, k_reduced, VALENCE_BANDS_PER_ATOM * len(crystal))


def moved_spectra(
    bands: Bands, error: np.ndarray, share: np.ndarray, step: np.ndarray, grid: EnergyGrid, broadening: Broadening
) -> np.ndarray:
    """By how much spectra change when every level is off by its error, Σ_n W_n P_i,n e_n |∂g_σn/∂E|.

    Args:
        bands: of a path.
        error: (k, band) eV.
        share: (k, row, band) of the unfolded weight, atoms or the total.
        step: (k,) 1/Å.
        grid: energy axis.
        broadening: σ and kind.

    Returns:
        (row, k, energy) 1/eV.
    """
    variance = np.full(bands.energy.shape, broadening.sigma**2)
    if broadening.smearing == "adaptive":
        variance += (0.5 * np.clip(bands.velocity, -STEEPEST_BAND, STEEPEST_BAND) * step[:, None]) ** 2
    seen = np.isfinite(bands.energy)
    energy = np.where(seen, bands.energy, 1e3)
    amplitude = bands.unfolding_weight * seen * np.where(seen, error, 0.0) / np.sqrt(2 * np.pi * variance) / variance
    out = np.empty((share.shape[1], len(energy), grid.points))
    for k in range(len(energy)):
        offset = grid.values - energy[k, :, None]
        slope = np.abs(offset) * np.exp(-(offset**2) / (2 * variance[k, :, None])) * amplitude[k, :, None]
        out[:, k] = share[k] @ slope
    return out
