"""The forward model at the fidelity of DFT: any stack's bands by the taught Hamiltonian, with their error.

Weights are the values of the parameters, a factor of their covariance and what the bars need, as plain arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.electronic.calculation import BandCalculation
from core.electronic.diagonalise import Bands
from core.electronic.kpath import KPath
from core.electronic.spectral import Broadening, EnergyGrid, spectral_function, total_spectral_function
from core.forward.taught.bands import moved_spectra, taught_bands
from core.forward.taught.error_bars import KNOTS, LevelError, PixelBar, parameter_error, unscissored
from core.forward.taught.parameters import HIGHEST, directions
from core.learning.weights import WeightsError, model, said_by_card, weights_sha256
from core.structure.crystal import Crystal

WEIGHTS = Path(__file__).parents[1] / "weights" / "dft.npz"
MODEL_VERSION = "1"


@dataclass(frozen=True, eq=False)
class TaughtModel:
    """Parameters, their covariance, and bars.

    values: (direction,). factor: (direction, n), covariance = factor · factorᵀ. levels: errors of levels.
    of_totals, of_atoms: bars of pictures. usual: eV, the largest rms error that the parameters leave open in a
    structure that taught.
    """

    values: np.ndarray
    factor: np.ndarray
    levels: LevelError
    of_totals: PixelBar
    of_atoms: PixelBar
    usual: float

    def bands(
        self,
        crystal: Crystal,
        path: KPath,
        highest: float | None = None,
        scissor: bool = True,
        progress: Callable[[float], None] | None = None,
    ) -> Bands:
        """See `core.forward.taught.bands.taught_bands`."""
        return taught_bands(crystal, path, self.values, highest, scissor, progress)

    def level_error(
        self, crystal: Crystal, path: KPath, bands: Bands, scissor: bool = True, open_error: np.ndarray | None = None
    ) -> np.ndarray:
        """(k, band) eV: typical errors e_n of bands of a path; open_error: (knot,), where it is known."""
        open_error = self.open_error(crystal, path) if open_error is None else open_error
        return self.levels.at(unscissored(bands, crystal, scissor), open_error)

    def open_error(self, crystal: Crystal, path: KPath) -> np.ndarray:
        """(knot,) eV: see `parameter_error`."""
        return parameter_error(crystal, path.k_reduced, self.values, self.factor)

    def domain_score(self, crystal: Crystal, path: KPath) -> float:
        """How far the parameters are left open, over the largest of a structure that taught; above 1 is outside."""
        return self.score_of(self.open_error(crystal, path))

    def score_of(self, open_error: np.ndarray) -> float:
        """The domain score of what the parameters leave open, (knot,) eV."""
        return open_size(open_error) / self.usual

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything by name, for a weights file."""
        bars = {"of_totals": self.of_totals, "of_atoms": self.of_atoms}
        return {
            "values": self.values,
            "factor": self.factor.astype(np.float32),
            "levels": np.append(self.levels.left, self.levels.quantile),
            "usual": np.array(self.usual),
        } | {name: np.array([bar.size, bar.floor, bar.quantile]) for name, bar in bars.items()}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "TaughtModel":
        """The inverse of `arrays`.

        Raises:
            WeightsError: they are of other directions than the program's.
        """
        if len(arrays["values"]) != len(directions()):
            raise WeightsError(
                f"The weights of the DFT forward model have {len(arrays['values'])} parameters and the program "
                f"{len(directions())}; train them again: python -m core train --line dft"
            )
        left = np.asarray(arrays["levels"], float)
        return cls(
            np.asarray(arrays["values"], float),
            np.asarray(arrays["factor"], float),
            LevelError(left[:-1], float(left[-1])),
            PixelBar(*(float(value) for value in arrays["of_totals"])),
            PixelBar(*(float(value) for value in arrays["of_atoms"])),
            float(arrays["usual"]),
        )


def open_size(open_error: np.ndarray) -> float:
    """eV: root mean square over the knots up to the highest levels that were taught."""
    return float(np.sqrt((open_error[KNOTS <= HIGHEST] ** 2).mean()))


def taught_model() -> TaughtModel:
    """The shipped one, read once.

    Raises:
        WeightsError: the weights are missing or damaged.
    """
    return model(WEIGHTS, TaughtModel.from_arrays, WEIGHTS)


def taught_by() -> int:
    """How many structures taught the shipped one.

    Raises:
        WeightsError: its card is missing or damaged.
    """
    return int(said_by_card(WEIGHTS, "structures"))


def taught_version() -> str:
    """Of the shipped one, and what tells its weights.

    Raises:
        WeightsError: its card is missing or damaged.
    """
    return f"{MODEL_VERSION}, weights {weights_sha256(WEIGHTS)[:12]}"


@dataclass(frozen=True, eq=False)
class TaughtCalculation(BandCalculation):
    """Bands by the taught Hamiltonian on the scale of DFT, all filled ones among them.

    open_error: (knot,) eV, what the parameters leave open, see `parameter_error`.
    """

    open_error: np.ndarray


@dataclass(frozen=True, eq=False)
class Pictures:
    """Spectra of bands and by how much they move, in 1/eV.

    total, total_moved: (k, energy). atoms, atoms_moved: (atom, k, energy).
    """

    total: np.ndarray
    total_moved: np.ndarray
    atoms: np.ndarray
    atoms_moved: np.ndarray


def pictures(
    bands: Bands,
    error: np.ndarray,
    step: np.ndarray,
    grid: EnergyGrid | None = None,
    broadening: Broadening | None = None,
) -> Pictures:
    """Of bands whose levels may be off by `error` (k, band) eV; step: (k,) 1/Å."""
    grid, broadening = EnergyGrid(), Broadening()
    share = bands.atom_weight.transpose(1, 0, 2)
    everything = np.concatenate([np.ones_like(share[:, :1]), share], axis=1)
    moved = moved_spectra(bands, error, everything, step, grid, broadening)
    total = total_spectral_function(bands, step, grid, broadening)
    return Pictures(total, moved[0], spectral_function(bands, step, grid, broadening), moved[1:])
