"""The exact engine: the sp3d5s* tight-binding model, diagonalised."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from core.electronic.calculation import EXACT_ATOM_LIMIT, BandCalculation, calculate_bands
from core.electronic.kpath import KPath
from core.electronic.result_files import spectral_dataset
from core.electronic.spectral import covering_window, spectral_function, total_spectral_function
from core.engines.folded_cuts import folded_cut_totals
from core.engines.protocol import DEFAULT_PATH_LINE, DEFAULT_PICTURE, Line, Picture
from core.structure.crystal import Crystal

CUT_WINDOW = (-8.5, 5.5)
"""eV of the states that reach into the totals of cuts."""


@dataclass(frozen=True, eq=False)
class ExactSpectra:
    """Bands that can be drawn as any picture whose energies they cover."""

    calculation: BandCalculation
    engine: str = "exact"

    @property
    def crystal(self) -> Crystal:
        """It belongs to."""
        return self.calculation.crystal

    @property
    def path(self) -> KPath:
        """(k,) points of the line."""
        return self.calculation.path

    @property
    def spin_orbit(self) -> bool:
        """Whether spin-orbit coupling is in."""
        return self.calculation.spin_orbit

    def total(self, picture: Picture = DEFAULT_PICTURE) -> np.ndarray:
        """See `AtomicSpectra`."""
        if picture.shells is None:
            bands = self.calculation.bands
            return total_spectral_function(bands, self.path.step, picture.grid, picture.broadening)
        return self._drawn(self.calculation.bands.atom_shell_weight.sum(axis=0, keepdims=True), picture)[0]

    def atoms(self, indices: Sequence[int] | None = None, picture: Picture = DEFAULT_PICTURE) -> np.ndarray:
        """See `AtomicSpectra`."""
        weight = self.calculation.bands.atom_shell_weight
        return self._drawn(weight if indices is None else weight[list(indices)], picture)

    def atom_error(self, atom: int) -> np.ndarray | None:
        """An exact result has no error bar."""
        return None

    def total_error(self) -> np.ndarray | None:
        """Nor has its total."""
        return None

    def dataset(self, picture: Picture = DEFAULT_PICTURE, by_shell: bool = False) -> xr.Dataset:
        """See `AtomicSpectra`."""
        return spectral_dataset(self.calculation, picture.grid, picture.broadening, by_shell=by_shell)

    def _drawn(self, weight: np.ndarray, picture: Picture) -> np.ndarray:
        bands = replace(self.calculation.bands, atom_shell_weight=weight)
        return spectral_function(bands, self.path.step, picture.grid, picture.broadening, picture.shells)


class ExactEngine:
    """See `Engine`."""

    name = "exact"

    def obstacle(
        self,
        crystal: Crystal,
        spin_orbit: bool = False,
        picture: Picture = DEFAULT_PICTURE,
        line: Line = DEFAULT_PATH_LINE,
    ) -> str:
        """See `Engine`."""
        limit = EXACT_ATOM_LIMIT // (2 if spin_orbit else 1)
        return f"the exact engine takes at most {limit} atoms" if len(crystal) > limit else ""

    def solve(
        self,
        crystal: Crystal,
        line: Line = DEFAULT_PATH_LINE,
        spin_orbit: bool = False,
        picture: Picture = DEFAULT_PICTURE,
        progress: Callable[[float], None] | None = None,
    ) -> ExactSpectra:
        """See `Engine`."""
        path = line.sampled(crystal)
        window = covering_window(picture.grid, picture.broadening, path.step)
        return ExactSpectra(calculate_bands(crystal, path, spin_orbit, window, progress))

    def cut_totals(
        self, crystal: Crystal, cut: str, kz: np.ndarray, watch: Callable[[np.ndarray], None] | None = None
    ) -> np.ndarray:
        """See `Engine`; on one thread. Values of k_z that fold onto each other cost one diagonalisation.

        watch: gets the totals so far, NaN where they are still to come; it must not change them.
        """
        return folded_cut_totals(crystal, cut, kz, CUT_WINDOW, watch)
