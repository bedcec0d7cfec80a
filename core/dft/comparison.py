"""How far tight binding and density functional theory are apart on the same structures, level by level.

At each k unfolded levels are counted by their weights W_n(k), filled ones downwards from the top of the valence band,
empty ones upwards from the bottom of the conduction band: both engines' staircases of energy over counted weight are
then laid side by side. This matches levels that share a band of the average crystal in different parts, as folding
has it, and it is the optimal transport of one spectrum onto the other (in one dimension that is the sorted one).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from core.dft.calculation import DftResult
from core.dft.dataset import Entry, on_path
from core.dft.scissor import CLOSING
from core.electronic.calculation import calculate_bands, energy_zero
from core.electronic.diagonalise import Bands, solve_bands
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.kpath import DEFAULT_PATH, build_path

VALENCE_WEIGHT = 4.0
"""Filled bands of a primitive cell."""

CONDUCTION_WEIGHT = 1.0
"""Empty ones that are compared: the lowest."""

FIGURES = (
    "valence_error", "valence_shift", "valence_stretch", "valence_left", "conduction_error", "conduction_shift"
)  # fmt: skip

DEEPEST = -9.0
"""eV below the top of the valence band on the line: what lies deeper is left out, as not all of it is kept."""


_Levels = tuple[np.ndarray, np.ndarray]
"""Energies and weights (k, band), band by band away from the gap."""


@dataclass(frozen=True, eq=False)
class Matched:
    """Levels of two engines laid side by side: tight_binding and dft in eV, weight of each pair."""

    tight_binding: np.ndarray
    dft: np.ndarray
    weight: np.ndarray

    def error(self) -> float:
        """Mean of what they differ by without sign, eV: the transport distance of the two spectra."""
        return float(np.average(np.abs(self.dft - self.tight_binding), weights=self.weight))

    def shift(self) -> float:
        """Mean of DFT minus tight binding, eV."""
        return float(np.average(self.dft - self.tight_binding, weights=self.weight))

    def line(self) -> tuple[float, float]:
        """Shift in eV and stretch of dft ≈ shift + stretch · tight_binding, by weighted least squares."""
        stretch, shift = np.polyfit(self.tight_binding, self.dft, 1, w=np.sqrt(self.weight))
        return float(shift), float(stretch)

    def along_line(self) -> "Matched":
        """The same with tight-binding energies shifted and stretched onto those of DFT."""
        shift, stretch = self.line()
        return Matched(shift + stretch * self.tight_binding, self.dft, self.weight)


@dataclass(frozen=True)
class Comparison:
    """A structure by both engines, DFT with the scissor; energies in eV from unstrained silicon's valence band.

    valence_error, conduction_error: of band positions, mean over the path, weighted by unfolded weight.
    valence_shift, valence_stretch: DFT ≈ shift + stretch · tight binding, filled levels; valence_left: error beyond it.
    conduction_shift: mean of DFT minus tight binding, lowest empty levels.
    closing: whether PBE leaves so small a gap that filled and empty levels may have changed places.
    """

    stack: str
    substrate: str
    family: str
    valence_error: float
    valence_shift: float
    valence_stretch: float
    valence_left: float
    conduction_error: float
    conduction_shift: float
    closing: bool


def compare(entry: Entry, exact: Bands | None = None) -> Comparison:
    """A structure of the data set beside tight binding for the sample that it stands for.

    exact: `tight_binding_bands` of it, where they are there already.
    """
    valence, conduction = matched_levels(entry.result, tight_binding_bands(entry) if exact is None else exact)
    shift, stretch = valence.line()
    return Comparison(
        stack=entry.sample.stack,
        substrate=entry.sample.substrate,
        family=entry.sample.family,
        valence_error=valence.error(),
        valence_shift=shift,
        valence_stretch=stretch,
        valence_left=valence.along_line().error(),
        conduction_error=conduction.error(),
        conduction_shift=conduction.shift(),
        closing=entry.result.direct_gap < CLOSING,
    )


def tight_binding_bands(entry: Entry) -> Bands:
    """All bands of the exact engine at the k-points of an entry, at the lattice constants of experiment.

    Velocities are those along the default path; elsewhere they are 0.
    """
    crystal = entry.sample.crystal()
    path, points = build_path(crystal, DEFAULT_PATH), entry.result.k_reduced
    if on_path(points, path):
        return calculate_bands(crystal, path, workers=1).bands
    bands = solve_bands(build_hamiltonian(crystal), points, np.zeros_like(points), workers=1)
    return replace(bands, energy=bands.energy - energy_zero(False))


def matched_levels(result: DftResult, exact: Bands) -> tuple[Matched, Matched]:
    """Filled levels, and the lowest empty ones, of DFT with its scissor beside those of tight binding.

    Args:
        result: of DFT, on some path.
        exact: all bands of as many atoms on the same path.
    """
    bands, filled = result.aligned(), result.valence_bands
    everything = filled + result.first_band
    deepest = bands.energy[:, filled - 1].max() + DEEPEST
    return (
        _matched(_part(exact, everything, -1), _part(bands, filled, -1), VALENCE_WEIGHT, deepest),
        _matched(_part(exact, everything, 1), _part(bands, filled, 1), CONDUCTION_WEIGHT, -np.inf),
    )


def _part(bands: Bands, filled: int, sense: int) -> _Levels:
    """Energies and weights (k, band) away from the gap: of filled bands downwards (−1), of empty ones upwards (1)."""
    kept = slice(filled, None) if sense > 0 else slice(filled - 1, None, -1)
    return bands.energy[:, kept], bands.unfolding_weight[:, kept]


def _matched(exact: _Levels, dft: _Levels, most: float, deepest: float) -> Matched:
    levels = zip(*exact, *dft, strict=True)
    pairs = [staircases(energy, weight, other, other_weight, most) for energy, weight, other, other_weight in levels]
    tight_binding, first_principles, weight = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    kept = first_principles >= deepest
    return Matched(tight_binding[kept], first_principles[kept], weight[kept])


def staircases(
    energy: np.ndarray, weight: np.ndarray, other_energy: np.ndarray, other_weight: np.ndarray, most: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels of one spectrum and of another at the same counted weight, and the weight of each pair.

    Counting ends at `most`, or where either spectrum does.
    """
    counted, other_counted = np.cumsum(weight), np.cumsum(other_weight)
    end = min(most, counted[-1], other_counted[-1])
    edges = np.unique(np.concatenate([[0.0], counted, other_counted, [end]]))
    edges = edges[edges <= end]
    middle = (edges[1:] + edges[:-1]) / 2
    at, other_at = np.searchsorted(counted, middle), np.searchsorted(other_counted, middle)
    return energy[at], other_energy[other_at], np.diff(edges)


def summary(compared: Iterable[Comparison]) -> dict[str, dict[str, float]]:
    """Mean, spread (standard deviation) and median of each figure over structures whose gap PBE leaves open."""
    told = [each for each in compared if not each.closing]
    if not told:
        raise ValueError("PBE closes the gap of every structure")
    values = {name: np.array([getattr(each, name) for each in told]) for name in FIGURES}
    return {
        name: {"mean": float(found.mean()), "spread": float(found.std()), "median": float(np.median(found))}
        for name, found in values.items()
    }
