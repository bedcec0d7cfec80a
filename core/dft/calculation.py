"""Bands of a crystal by density functional theory, computed in a process of its own, and their common energy scale.

A periodic calculation knows energies up to a constant only. Here the constant is that of the model solid: far from the
atoms of a crystal made of free neutral atoms the potential is 0, and bonding is taken to leave the average potential as
it is (C. G. Van de Walle, R. M. Martin, Phys. Rev. B 34, 5621 (1986)). With Ω the volume of the cell,

    E = ε − V̄ + Σ_i M_i / Ω,

ε relative to the average pseudopotential, V̄ the all-electron average relative to it, M_i the integral of a free atom's
potential. The zero is the valence band maximum of unstrained bulk Si on that scale.
"""

import json
import sys
import tempfile
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from core.dft.process import PROJECT, run_apart
from core.dft.recipe import LARGEST, VALENCE_BANDS_PER_ATOM, recipe_document
from core.dft.scissor import in_order, raised_states
from core.electronic.diagonalise import Bands
from core.errors import InputError
from core.structure.crystal import Crystal

REFERENCE_FILE = Path(__file__).with_name("reference.json")
WINDOW = (-9.8, 6.2)
"""eV around the highest filled level of the line: bands that are kept unless others are asked for."""

BESIDE_GAP = (-3.0, 3.0)
"""eV on the common scale: bands that are always kept, so that the filled ones can be told from the empty ones."""

CRYSTAL_FIELDS = tuple(f.name for f in fields(Crystal) if f.name not in ("label", "notes", "empty_sites", "passivated"))
_BANDS = tuple(f.name for f in fields(Bands))
POTENTIALS = ("correction", "neutral_atom", "at_atom")


@dataclass(frozen=True, eq=False)
class DftResult:
    """Bands on the calculation's own scale and what puts them on the common one.

    crystal: as the functional has it. k_reduced: (k, 3) in units of the average cell.
    bands: eV, relative to the cell average of the electrostatic pseudopotential; consecutive bands of the window.
    first_band: index of the lowest of them among all bands.
    potentials: see `core.dft.ground_state.GroundState.potentials`.
    document: convergence and versions, plain JSON; of imported bands `origin`, and `silicon_vbm_eV` if their zero is
        not that of the recipe.
    """

    crystal: Crystal
    k_reduced: np.ndarray
    bands: Bands
    first_band: int
    potentials: dict[str, np.ndarray]
    document: dict

    @property
    def shift(self) -> float:
        """Energy in eV from the calculation's scale to that of the model solid."""
        volume = abs(float(np.linalg.det(self.crystal.cell)))
        return float(self.potentials["neutral_atom"].sum() - self.potentials["correction"].sum()) / volume

    @property
    def valence_bands(self) -> int:
        """How many of the kept bands are filled in a semiconductor."""
        return VALENCE_BANDS_PER_ATOM * len(self.crystal) - self.first_band

    @property
    def offset(self) -> float:
        """Energy in eV from the calculation's scale to the common one."""
        recipe = reference()["model_solid"]["Si"]
        return self.shift - float(self.document.get("silicon_vbm_eV", recipe))

    @property
    def scissor(self) -> float:
        """Energy in eV that empty bands are raised by: the recipe's, or what came with imported bands."""
        origin = self.document.get("origin")
        if origin is None:
            return scissor_shift(self.crystal)
        silicon, germanium = float(origin["silicon_scissor_eV"]), float(origin["germanium_scissor_eV"])
        return silicon + (germanium - silicon) * float(self.crystal.ge_fraction.mean())

    @property
    def made_by(self) -> dict:
        """What must agree for results to belong together: the recipe, or the origin of imported bands."""
        return self.document.get("origin") or {key: self.document.get(key) for key in recipe_document()}

    @property
    def direct_gap(self) -> float:
        """eV: the smallest along the line as the functional has it, filled bands told by their number."""
        filled = self.valence_bands
        return float((self.bands.energy[:, filled] - self.bands.energy[:, filled - 1]).min())

    def aligned(self, scissor: bool = True) -> Bands:
        """Bands on the common scale, ascending, the empty ones raised by `scissor` on request."""
        bands = replace(self.bands, energy=self.bands.energy + self.offset)
        if not scissor:
            return bands
        raised = raised_states(bands, self.k_reduced, self.valence_bands)
        bands = replace(bands, energy=bands.energy + self.scissor * raised)
        return in_order(bands) if (np.diff(bands.energy, axis=1) < 0).any() else bands

    def within(self, window: tuple[float, float] | None = None) -> "DftResult":
        """The consecutive bands that reach into a window (eV, common scale, without scissor) at any k.

        Without one, WINDOW around the highest filled level.
        """
        energy = self.bands.energy
        if window is None:
            top = energy[:, self.valence_bands - 1].max()
            low, high = top + WINDOW[0], top + WINDOW[1]
        else:
            low, high = min(window[0], BESIDE_GAP[0]) - self.offset, max(window[1], BESIDE_GAP[1]) - self.offset
        first = int((energy < low).sum(axis=1).min())
        kept = slice(first, int((energy <= high).sum(axis=1).max()))
        bands = Bands(*(getattr(self.bands, name)[..., kept] for name in _BANDS))
        return replace(self, bands=bands, first_band=self.first_band + first)

    def write(self, file: Path, precise: bool = True) -> None:
        """One compressed file; `precise` or not keeps weights and velocities in full or in half precision."""
        kind = None if precise else np.float16
        arrays = {name: np.asarray(getattr(self.bands, name)) for name in _BANDS}
        narrow = {name: a if name == "energy" or kind is None else a.astype(kind) for name, a in arrays.items()}
        if not precise:
            narrow["energy"] = narrow["energy"].astype(np.float32)
        text = json.dumps({**self.document, "label": self.crystal.label, "notes": self.crystal.notes})
        np.savez_compressed(
            file,
            document=np.array(text),
            first_band=np.array(self.first_band),
            k_reduced=self.k_reduced,
            **{f"crystal_{name}": getattr(self.crystal, name) for name in CRYSTAL_FIELDS},
            **{f"potential_{name}": self.potentials[name] for name in POTENTIALS},
            **narrow,
        )

    @classmethod
    def read(cls, file: Path) -> "DftResult":
        """The inverse of `write`; ValueError, KeyError or OSError for a file that is damaged."""
        with np.load(file, allow_pickle=False) as found:
            document = json.loads(str(found["document"]))
            crystal = Crystal(
                **{name: found[f"crystal_{name}"] for name in CRYSTAL_FIELDS},
                label=document.pop("label"),
                notes=tuple(document.pop("notes")),
            )
            bands = Bands(*(found[name].astype(float) for name in _BANDS))
            potentials = {name: found[f"potential_{name}"] for name in POTENTIALS}
            return cls(crystal, found["k_reduced"], bands, int(found["first_band"]), potentials, document)


@cache
def reference() -> dict:
    """Bulk figures of the recipe that other results refer to, kept by `python -m core dft-bulk --write`."""
    return json.loads(REFERENCE_FILE.read_text(encoding="utf-8"))


def scissor_shift(crystal: Crystal) -> float:
    """Energy in eV that empty bands are raised by: what the gaps of Si and Ge lack, linear in the Ge fraction."""
    silicon, germanium = (float(reference()["scissor"][species]) for species in ("Si", "Ge"))
    return silicon + (germanium - silicon) * float(crystal.ge_fraction.mean())


def is_installed() -> bool:
    """Whether GPAW is there; it is not imported."""
    return find_spec("gpaw") is not None


def install_command() -> str:
    """What installs GPAW, in a checkout or beside an installed package."""
    if (PROJECT / "Makefile").is_file():
        return "make install-dft"
    settings = Path(__file__).with_name("siteconfig.py")
    return f"GPAW_CONFIG='{settings}' '{sys.executable}' -m pip install 'bandloom[dft]'"


def check_installed() -> None:
    """Refuse what needs GPAW where it is missing.

    Raises:
        InputError: with the command that installs it.
    """
    if not is_installed():
        raise InputError(f"DFT needs GPAW, which is not installed: run `{install_command()}`")


def obstacle(crystal: Crystal) -> str:
    """What keeps DFT from a crystal, in words; empty where nothing does."""
    if len(crystal) > LARGEST:
        return f"the dft engine takes at most {LARGEST} atoms, and this crystal has {len(crystal)}"
    if crystal.empty_sites:
        return "the dft engine does not know empty sites"
    if np.any((crystal.ge_fraction > 0) & (crystal.ge_fraction < 1)):
        return "the dft engine knows Si and Ge atoms only, no virtual-crystal atoms: leave out mixing and alloys"
    if len(crystal) != crystal.plane_count:
        return "the dft engine takes one atom a plane: give the primitive cell"
    if not is_installed():
        return f"the dft engine needs GPAW, which is not installed: run `{install_command()}`"
    return ""


def solve_apart(
    crystal: Crystal, k_reduced: np.ndarray, direction: np.ndarray, window: tuple[float, float] | None = None
) -> DftResult:
    """Bands of a crystal of the functional in a fresh process; this one never imports GPAW.

    Args:
        crystal: from `core.dft.structure`.
        k_reduced: (k, 3) in units of the average cell.
        direction: (k, 3) Cartesian unit vectors of the velocities.
        window: (low, high) eV, of bands that are kept; see `DftResult.within`.

    Raises:
        InputError: see `obstacle`, or the calculation did not converge.
    """
    if why := obstacle(crystal):
        raise InputError(why[0].upper() + why[1:])
    with tempfile.TemporaryDirectory() as folder:
        task = Path(folder) / "task.npz"
        arrays = {f"crystal_{name}": getattr(crystal, name) for name in CRYSTAL_FIELDS}
        np.savez(task, k_reduced=k_reduced, direction=direction, window=np.array(window or (), float), **arrays)
        run_apart("core.dft.calculation", Path(folder), f"The calculation of {crystal.label or 'this crystal'}")
        result = DftResult.read(Path(folder) / "result.npz")
    return replace(result, crystal=replace(result.crystal, label=crystal.label, notes=crystal.notes))


def solve_here(
    crystal: Crystal, k_reduced: np.ndarray, direction: np.ndarray, window: tuple[float, float] | None = None
) -> DftResult:
    """As `solve_apart`, in this process; needs GPAW."""
    from core.dft.ground_state import GroundState

    state = GroundState.of(crystal)
    document = {**recipe_document(), **state.document()}
    bands = state.bands(k_reduced, direction)
    return DftResult(crystal, k_reduced, bands, 0, state.potentials(), document).within(window)


def main(folder: Path) -> None:
    """The process's own part: `task.npz` of a folder becomes `result.npz`."""
    with np.load(folder / "task.npz", allow_pickle=False) as task:
        crystal = Crystal(**{name: task[f"crystal_{name}"] for name in CRYSTAL_FIELDS})
        window = tuple(task["window"].tolist()) or None
        solve_here(crystal, task["k_reduced"], task["direction"], window).write(folder / "result.npz")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
