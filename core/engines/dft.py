"""The dft engine: density functional theory through GPAW, in a process of its own. GPAW is never imported here."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from core.dft.calculation import DftResult, obstacle, scissor_shift, solve_apart
from core.dft.recipe import FUNCTIONAL, RECIPE_VERSION
from core.dft.scissor import CLOSING
from core.dft.structure import functional_crystal, given_crystal
from core.electronic.calculation import BandCalculation
from core.electronic.kpath import KPath
from core.electronic.spectral import covering_window, total_spectral_function
from core.engines.exact import ExactSpectra
from core.engines.protocol import DEFAULT_PATH_LINE, DEFAULT_PICTURE, Cut, Line, Picture
from core.errors import InputError
from core.learning.dataset import CUT_POINTS
from core.structure.crystal import Crystal

MODEL = "density functional theory: PBE in plane waves, bands in atomic orbitals with Löwdin weights"


@dataclass(frozen=True, eq=False, kw_only=True)
class DftSpectra(ExactSpectra):
    """Bands by DFT, drawn as those of the exact engine are; `crystal` is the one relaxed for the functional.

    result: what was computed. scissor: whether empty bands are raised by what the functional's gaps lack.
    """

    result: DftResult
    scissor: bool
    engine: str = "dft"

    def dataset(self, picture: Picture = DEFAULT_PICTURE, by_shell: bool = False) -> xr.Dataset:
        """See `AtomicSpectra`; with convergence, versions and what aligns the energies."""
        data = super().dataset(picture, by_shell)
        data.attrs.pop("engine_version")
        data.attrs.update(
            engine=self.engine,
            model=MODEL,
            parameters="setups and orbitals of gpaw-data; see provenance",
            recipe_version=RECIPE_VERSION,
            energy_zero="valence band maximum of unstrained bulk Si, aligned through the potentials of neutral atoms",
            alignment_eV=self.result.offset,
            scissor_eV=scissor_shift(self.crystal) if self.scissor else 0.0,
            direct_gap_without_scissor_eV=self.result.direct_gap,
            provenance=json.dumps(self.result.document),
        )
        return data


def spectra_of(result: DftResult, path: KPath, scissor: bool = True) -> DftSpectra:
    """A result along a path, ready to be drawn; a note says where the scissor stands on little."""
    crystal, gap = result.crystal, result.direct_gap
    if scissor and gap < CLOSING:
        note = (
            f"{FUNCTIONAL} leaves a direct gap of {gap:.2f} eV along this line: filled and empty states may have "
            "changed places there, and the scissor raises them by number and by s character only"
        )
        crystal = replace(crystal, notes=(*crystal.notes, note))
    calculation = BandCalculation(crystal, path, False, result.aligned(scissor))
    return DftSpectra(calculation, result=result, scissor=scissor)


@dataclass(frozen=True)
class DftEngine:
    """See `Engine`. scissor: whether empty bands are raised by what the functional's gaps lack.

    as_given: whether atoms and lattice stay as they are, as those of a structure file do; else a crystal is put on the
    lattice constants of the functional and relaxed.
    """

    scissor: bool = True
    as_given: bool = False
    name: str = "dft"

    def obstacle(
        self,
        crystal: Crystal,
        spin_orbit: bool = False,
        picture: Picture = DEFAULT_PICTURE,
        line: Line = DEFAULT_PATH_LINE,
    ) -> str:
        """See `Engine`; names the command that installs GPAW where it is missing."""
        return "the dft engine leaves spin-orbit coupling out" if spin_orbit else obstacle(crystal)

    def solve(
        self,
        crystal: Crystal,
        line: Line = DEFAULT_PATH_LINE,
        spin_orbit: bool = False,
        picture: Picture = DEFAULT_PICTURE,
        progress: Callable[[float], None] | None = None,
    ) -> DftSpectra:
        """See `Engine`; a minute or two for 16 atoms. Any picture can be drawn whose energies `picture` covers."""
        computed = self._computed(crystal, spin_orbit)
        path = line.sampled(computed)
        window = self._window(computed, picture, path.step)
        return spectra_of(solve_apart(computed, path.k_reduced, path.direction, window), path, self.scissor)

    def cut_totals(self, crystal: Crystal, cut: str, kz: np.ndarray) -> np.ndarray:
        """See `Engine`; one self-consistent calculation for all k_z."""
        computed = self._computed(crystal)
        paths = [Cut(cut, float(value), CUT_POINTS).sampled(computed) for value in kz]
        half = slice(CUT_POINTS // 2, None)
        k, direction = (np.concatenate([getattr(p, name)[half] for p in paths]) for name in ("k_reduced", "direction"))
        step = np.concatenate([path.step[half] for path in paths])
        window = self._window(computed, DEFAULT_PICTURE, step)
        bands = solve_apart(computed, k, direction, window).aligned(self.scissor)
        total = total_spectral_function(bands, step, DEFAULT_PICTURE.grid, DEFAULT_PICTURE.broadening)
        return total.reshape(len(paths), -1, total.shape[1]).astype(np.float32)

    def _computed(self, crystal: Crystal, spin_orbit: bool = False) -> Crystal:
        """What is computed of a crystal; InputError where it cannot be."""
        if why := self.obstacle(crystal, spin_orbit):
            raise InputError(why[0].upper() + why[1:])
        return given_crystal(crystal) if self.as_given else functional_crystal(crystal)

    def _window(self, crystal: Crystal, picture: Picture, step: np.ndarray) -> tuple[float, float]:
        """(low, high) eV on the common scale: bands that reach into a picture, before the scissor raises some."""
        low, high = covering_window(picture.grid, picture.broadening, step)
        return low - (scissor_shift(crystal) if self.scissor else 0.0), high
