"""The forward engine at the fidelity of DFT: bands by a Hamiltonian that DFT taught, with error bars and a domain."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import xarray as xr

from core.dft.calculation import scissor_shift
from core.dft.recipe import FUNCTIONAL, RECIPE_VERSION
from core.dft.structure import functional_crystal, given_crystal
from core.electronic.calculation import EXACT_ATOM_LIMIT
from core.electronic.spectral import covering_window
from core.engines.exact import ExactSpectra
from core.engines.folded_cuts import folded_cut_totals
from core.engines.protocol import DEFAULT_PATH_LINE, DEFAULT_PICTURE, Line, Picture
from core.errors import InputError
from core.forward.taught.bands import LOWEST, moved_spectra, raised_by
from core.forward.taught.model import MODEL_VERSION, WEIGHTS, TaughtCalculation, TaughtModel, taught_model
from core.forward.taught.parameters import taught_parameters
from core.learning.dataset import half_cut
from core.learning.weights import weights_sha256
from core.structure.crystal import Crystal

MODEL = "sp3d5s* tight binding with second neighbours, its parameters taught by density functional theory (PBE)"
VIRTUAL_NOTE = (
    "Mixed planes are virtual crystals here; the structures of DFT that taught the model had none, and its error bars "
    "do not count what that leaves"
)


@dataclass(frozen=True, eq=False, kw_only=True)
class TaughtSpectra(ExactSpectra):
    """Bands by the taught Hamiltonian, drawn as those of the exact engine are; `crystal` is that of the functional.

    model: what predicted. scissor: whether empty bands are raised by what the functional's gaps lack.
    """

    calculation: TaughtCalculation
    model: TaughtModel
    scissor: bool
    engine: str = "forward"
    fidelity: str = "dft"

    @property
    def scissor_shift(self) -> float:
        """Energy in eV that empty bands are raised by."""
        return scissor_shift(self.crystal) if self.scissor else 0.0

    @property
    def domain_score(self) -> float:
        """How far this is from what DFT taught; above 1 is outside."""
        return self.model.score_of(self.calculation.open_error)

    @property
    def level_error(self) -> np.ndarray:
        """(k, band) eV: half-width of the 90 % interval of each level."""
        return self.model.levels.quantile * self._typical

    @property
    def _typical(self) -> np.ndarray:
        found = self.calculation
        return self.model.level_error(self.crystal, self.path, found.bands, self.scissor, found.open_error)

    def total_error(self) -> np.ndarray:
        """See `AtomicSpectra`."""
        share = np.ones_like(self.calculation.bands.energy)[:, None]
        return self.model.of_totals.half_width(self.total(), self._moved(share))

    def atom_error(self, atom: int) -> np.ndarray:
        """See `AtomicSpectra`."""
        count = len(self.crystal)
        share = self.calculation.bands.atom_shell_weight[atom].sum(axis=0)[:, None]
        return self.model.of_atoms.half_width(count * self.atoms([atom])[0], count * self._moved(share)) / count

    def _moved(self, share: np.ndarray) -> np.ndarray:
        grid, broadening = DEFAULT_PICTURE.grid, DEFAULT_PICTURE.broadening
        return moved_spectra(self.calculation.bands, self._typical, share, self.path.step, grid, broadening)[0]

    def dataset(self, picture: Picture = DEFAULT_PICTURE, by_shell: bool = False) -> xr.Dataset:
        """See `AtomicSpectra`; InputError where orbital shells are asked for, which were not taught."""
        if by_shell:
            raise InputError("The forward model of DFT does not tell orbitals apart; use --engine dft or exact")
        data = super().dataset(picture)
        data.attrs.pop("engine_version")
        if picture == DEFAULT_PICTURE:
            note = {"units": "1/eV", "long_name": "half-width of the nominal 90 % error bar of the total"}
            data["total_error"] = (("k", "energy"), self.total_error(), note)
        score = self.domain_score
        data.attrs.update(
            engine=self.engine,
            fidelity=self.fidelity,
            model=MODEL,
            parameters=f"weights with SHA-256 {weights_sha256(WEIGHTS)}",
            weights_sha256=weights_sha256(WEIGHTS),
            forward_model_version=MODEL_VERSION,
            functional=FUNCTIONAL,
            recipe_version=RECIPE_VERSION,
            energy_zero="valence band maximum of unstrained bulk Si, aligned as DFT is",
            scissor_eV=self.scissor_shift,
            domain_score=score,
            in_domain=int(score <= 1),
        )
        return data


@dataclass(frozen=True)
class DftForwardEngine:
    """See `Engine`. scissor, as_given: as of `core.engines.dft.DftEngine`."""

    scissor: bool = True
    as_given: bool = False
    name: str = "forward"
    fidelity: str = "dft"

    def obstacle(
        self,
        crystal: Crystal,
        spin_orbit: bool = False,
        picture: Picture = DEFAULT_PICTURE,
        line: Line = DEFAULT_PATH_LINE,
    ) -> str:
        """See `Engine`."""
        if spin_orbit:
            return "the forward model of DFT leaves spin-orbit coupling out"
        if picture.shells is not None:
            return "the forward model of DFT does not tell orbitals apart"
        if crystal.empty_sites:
            return "the forward model of DFT does not know empty sites"
        if len(crystal) != crystal.plane_count:
            return "the forward model of DFT takes one atom a plane: give the primitive cell"
        if len(crystal) > EXACT_ATOM_LIMIT:
            return f"the forward model of DFT takes at most {EXACT_ATOM_LIMIT} atoms"
        return ""

    def solve(
        self,
        crystal: Crystal,
        line: Line = DEFAULT_PATH_LINE,
        spin_orbit: bool = False,
        picture: Picture = DEFAULT_PICTURE,
        progress: Callable[[float], None] | None = None,
    ) -> TaughtSpectra:
        """See `Engine`; any picture can be drawn whose energies `picture` covers, bars are those of the usual one."""
        computed = self.computed(crystal, spin_orbit, picture)
        path, model = line.sampled(computed), taught_model()
        highest = covering_window(picture.grid, picture.broadening, path.step)[1]
        bands = model.bands(computed, path, highest, self.scissor, progress)
        calculation = TaughtCalculation(computed, path, False, bands, model.open_error(computed, path))
        return TaughtSpectra(calculation=calculation, model=model, scissor=self.scissor)

    def cut_totals(
        self, crystal: Crystal, cut: str, kz: np.ndarray, watch: Callable[[np.ndarray], None] | None = None
    ) -> np.ndarray:
        """See `Engine`, and `core.engines.folded_cuts`."""
        computed = self.computed(crystal)
        step, picture = half_cut(computed, cut, 0.0).step, DEFAULT_PICTURE
        window = LOWEST, covering_window(picture.grid, picture.broadening, step)[1]
        shift = partial(raised_by, computed) if self.scissor else None
        return folded_cut_totals(computed, cut, kz, window, watch, taught_parameters(taught_model().values), shift)

    def computed(self, crystal: Crystal, spin_orbit: bool = False, picture: Picture = DEFAULT_PICTURE) -> Crystal:
        """The crystal of the functional; InputError where there is none."""
        if why := self.obstacle(crystal, spin_orbit, picture):
            raise InputError(why[0].upper() + why[1:])
        computed = given_crystal(crystal) if self.as_given else functional_crystal(crystal)
        mixed = bool(np.any((crystal.ge_fraction > 0) & (crystal.ge_fraction < 1)))
        return replace(computed, notes=(*computed.notes, VIRTUAL_NOTE)) if mixed else computed
