"""From raw weights to pictures: broadening of unfolded bands into spectral functions, without re-diagonalising."""

from dataclasses import dataclass

import numpy as np

from core.electronic.diagonalise import Bands
from core.errors import InputError

SMEARINGS = ("adaptive", "fixed")
DEFAULT_SIGMA = 0.10
STEEPEST_BAND = 12.0
"""eV Å: bound of |dE/ds| in Si and Ge up to 7 eV; the steepest band of either reaches 11.5."""

_CHUNK = 48e6


@dataclass(frozen=True)
class EnergyGrid:
    """Pixels on the energy axis: `points` of equal width between `low` and `high` (eV), values at their centres."""

    low: float = -7.0
    high: float = 4.0
    points: int = 176

    def __post_init__(self):
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low < self.high):
            raise InputError(f"Energy window {self.low} to {self.high} eV: the lower end must lie below the upper one")
        if not 2 <= self.points <= 4096:
            raise InputError(f"{self.points} energy points; 2 to 4096 are allowed")

    @property
    def step(self) -> float:
        """Width of a pixel in eV."""
        return (self.high - self.low) / self.points

    @property
    def values(self) -> np.ndarray:
        """(energy,) eV, centres of the pixels."""
        return self.low + self.step * (np.arange(self.points) + 0.5)


@dataclass(frozen=True)
class Broadening:
    """Gaussian broadening: σ in eV; adaptive adds half the energy a band crosses in one k-step.

    σ_n² = σ² + (½ |dE_n/ds| Δs)², after Yates, Wang, Vanderbilt, Souza, Phys. Rev. B 75, 195121 (2007).
    """

    sigma: float = DEFAULT_SIGMA
    smearing: str = "adaptive"

    def __post_init__(self):
        if not 0.005 <= self.sigma <= 1.0:
            raise InputError(f"Broadening {self.sigma} eV; 0.005 to 1 eV is allowed")
        if self.smearing not in SMEARINGS:
            raise InputError(f"Smearing {self.smearing!r}; allowed: {', '.join(SMEARINGS)}")


def covering_window(grid: EnergyGrid, broadening: Broadening, step: np.ndarray) -> tuple[float, float]:
    """(low, high) eV: bands that reach into the grid within 5 σ_n, the widest that the k-spacing (1/Å) allows."""
    spread = 0.5 * STEEPEST_BAND * float(np.max(step)) if broadening.smearing == "adaptive" else 0.0
    margin = 5 * float(np.hypot(broadening.sigma, spread))
    return grid.low - margin, grid.high + margin


def spectral_function(
    bands: Bands, step: np.ndarray, grid: EnergyGrid, broadening: Broadening, shells: tuple[int, ...] | None = None
) -> np.ndarray:
    """Atomically resolved spectral function A_i(k, E) = Σ_n W_n P_i,n g_σn(E − E_n).

    Args:
        bands: raw weights; energies must be on the scale of `grid`.
        step: (k,) 1/Å, spacing Δs of the k-points.
        grid: energy axis.
        broadening: σ and kind.
        shells: indices into s, p, d, s* to sum over; all by default.

    Returns:
        (atom, k, energy) in 1/eV.
    """
    weights = bands.atom_shell_weight
    atom = weights.sum(axis=1) if shells is None else weights[:, list(shells)].sum(axis=1)
    return np.ascontiguousarray(_broaden(bands, atom.transpose(1, 0, 2), step, grid, broadening).transpose(1, 0, 2))


def total_spectral_function(bands: Bands, step: np.ndarray, grid: EnergyGrid, broadening: Broadening) -> np.ndarray:
    """Unfolded effective band structure A(k, E) = Σ_n W_n g_σn(E − E_n) as (k, energy) in 1/eV."""
    return _broaden(bands, np.ones((len(bands.energy), 1, bands.energy.shape[1])), step, grid, broadening)[:, 0]


def _broaden(bands, share, step, grid, broadening) -> np.ndarray:
    """(k, row, energy) from shares (k, row, band) of the unfolded weight."""
    variance = np.full(bands.energy.shape, broadening.sigma**2)
    if broadening.smearing == "adaptive":
        variance += (0.5 * bands.velocity * step[:, None]) ** 2
    amplitude = bands.unfolding_weight / np.sqrt(2 * np.pi * variance)
    out = np.empty((share.shape[0], share.shape[1], grid.points))
    chunk = max(1, int(_CHUNK / (8 * bands.energy.shape[1] * grid.points)))
    for start in range(0, len(out), chunk):
        part = slice(start, start + chunk)
        offset = grid.values - bands.energy[part, :, None]
        gaussian = np.exp(-(offset**2) / (2 * variance[part, :, None])) * amplitude[part, :, None]
        np.matmul(share[part], gaussian, out=out[part])
    return out
