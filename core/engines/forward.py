"""The forward engine: the learned model, with its error bars and its domain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from core.electronic.kpath import KPath
from core.electronic.spectral import EnergyGrid
from core.engines.protocol import DEFAULT_PATH_LINE, DEFAULT_PICTURE, Cut, Line, Picture
from core.errors import InputError
from core.forward.live import why_not_predicted
from core.forward.model import Prediction, predict, predict_cut, predict_cuts
from core.forward.prediction_files import prediction_dataset
from core.learning.dataset import CUT_POINTS
from core.structure.crystal import Crystal

_GRID = EnergyGrid()


@dataclass(frozen=True, eq=False)
class ForwardSpectra:
    """A prediction on the model's own energy axis and broadening, or on whole fractions of that axis."""

    crystal: Crystal
    path: KPath
    prediction: Prediction
    engine: str = "forward"
    spin_orbit: bool = False

    def total(self, picture: Picture = DEFAULT_PICTURE) -> np.ndarray:
        """See `AtomicSpectra`."""
        return binned(self.prediction.total()[None], picture)[0]

    def atoms(self, indices: Sequence[int] | None = None, picture: Picture = DEFAULT_PICTURE) -> np.ndarray:
        """See `AtomicSpectra`."""
        return binned(self.prediction.atoms(indices), picture)

    def atom_error(self, atom: int) -> np.ndarray:
        """See `AtomicSpectra`."""
        return self.prediction.atom_error(atom)

    def total_error(self) -> np.ndarray:
        """See `AtomicSpectra`."""
        return self.prediction.total_error()

    def dataset(self, picture: Picture = DEFAULT_PICTURE, by_shell: bool = False) -> xr.Dataset:
        """See `AtomicSpectra`; InputError where orbital shells are asked for."""
        if by_shell:
            raise InputError("The forward model does not tell orbitals apart; use the exact engine")
        return prediction_dataset(self.crystal, self.path, self.prediction)


class ForwardEngine:
    """See `Engine`."""

    name = "forward"

    def obstacle(
        self,
        crystal: Crystal,
        spin_orbit: bool = False,
        picture: Picture = DEFAULT_PICTURE,
        line: Line = DEFAULT_PATH_LINE,
    ) -> str:
        """See `Engine`."""
        if not _is_known(line):
            return "the forward model knows the standard path and in-plane cuts, no other path"
        return why_not_predicted(crystal, spin_orbit, picture.broadening.sigma, picture.shells is None)

    def solve(
        self,
        crystal: Crystal,
        line: Line = DEFAULT_PATH_LINE,
        spin_orbit: bool = False,
        picture: Picture = DEFAULT_PICTURE,
        progress: Callable[[float], None] | None = None,
    ) -> ForwardSpectra:
        """See `Engine`."""
        default = DEFAULT_PICTURE
        if spin_orbit or picture != default or not _is_known(line):
            raise InputError(
                "The forward model knows the default path and in-plane cuts of "
                f"{CUT_POINTS} points, a broadening of {default.broadening.sigma:.2f} eV, {default.grid.low:g} to "
                f"{default.grid.high:g} eV and no spin-orbit coupling; use the exact engine for others"
            )
        path = line.sampled(crystal)
        if isinstance(line, Cut):
            return ForwardSpectra(crystal, path, predict_cut(crystal, path.text.split()[0], line.kz))
        return ForwardSpectra(crystal, path, predict(crystal))

    def cut_totals(self, crystal: Crystal, cut: str, kz: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        return predict_cuts(crystal, cut, kz)


def _is_known(line: Line) -> bool:
    """Whether the model was trained on a line: the default path, or a cut of CUT_POINTS at any k_z."""
    return line.points == CUT_POINTS if isinstance(line, Cut) else line == DEFAULT_PATH_LINE


def binned(values: np.ndarray, picture: Picture) -> np.ndarray:
    """(row, k, energy) averaged over the pixels that make one of a coarser axis.

    Raises:
        InputError: an axis or a broadening that no average of the model's pixels gives.
    """
    grid = picture.grid
    fits = (grid.low, grid.high) == (_GRID.low, _GRID.high) and _GRID.points % grid.points == 0
    if not fits or picture.shells is not None:
        raise InputError(
            f"A prediction has {_GRID.points} energies from {_GRID.low:g} to {_GRID.high:g} eV and all shells; "
            "other axes and single shells are for the exact engine"
        )
    return values.reshape(*values.shape[:2], grid.points, -1).mean(axis=3)
