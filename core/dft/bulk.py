"""Critical points of bulk Si and Ge by the recipe, beside published values of the same functional.

Published values stand at the lattice constants of experiment, where they are compared; what the engine refers to
(zero of energy, scissor) is taken at those of the functional. Run as a module it computes; that needs GPAW.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from core.dft.calculation import REFERENCE_FILE, check_installed
from core.dft.process import run_apart
from core.dft.recipe import GERMANIUM_LATTICE, SILICON_LATTICE, recipe_document
from core.electronic.kpath import build_path
from core.structure.build import crystal_of_planes
from core.structure.crystal import Crystal

EXPERIMENT_LATTICE = {"Si": 5.430, "Ge": 5.658}
FUNCTIONAL_LATTICE = {"Si": SILICON_LATTICE, "Ge": GERMANIUM_LATTICE}
EXPERIMENT_GAP = {"Si": 1.170, "Ge": 0.744}
"""eV, fundamental gaps at 0 K; Landolt-Börnstein III/41A1a (Springer, 2001)."""

SPIN_ORBIT = {"Si": 0.044, "Ge": 0.296}
"""eV at Γ, same source: without the coupling the valence band maximum lies a third of it lower."""

TUTORIAL = "GPAW tutorial on PBE0 for bulk silicon, PBE at 5.43 Å, 8 × 8 × 8 k-points"
BETZINGER = "Betzinger, Friedrich, Blügel, Phys. Rev. B 81, 195117 (2010), PBE in FLAPW at 5.43 Å"
PUBLISHED = {
    ("Si", "Γ15c"): (2.56, f"{TUTORIAL}: 2.559; {BETZINGER}"),
    ("Si", "X1c"): (0.71, f"{TUTORIAL}: 0.707; {BETZINGER}"),
    ("Si", "L1c"): (1.54, BETZINGER),
}
"""eV above Γ25′v, PBE without spin-orbit coupling."""

TOLERANCE = 0.05
"""eV."""

_POINTS = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
_LEVELS = {"Γ1v": (0, 0), "X1v": (1, 0), "X4v": (1, 2), "L2′v": (2, 0), "L1v": (2, 1), "L3′v": (2, 2),
           "X1c": (1, 4), "L1c": (2, 4), "L3c": (2, 5)}  # fmt: skip
"""Point and band of each level."""


def levels(energy: np.ndarray) -> dict[str, float]:
    """Levels in eV above Γ25′v from energies (point, band) at Γ, X, L; Γ2′c is the single one."""
    at_gamma = energy[0, 1:8]
    triplets = [i for i in range(len(at_gamma) - 2) if at_gamma[i + 2] - at_gamma[i] < 5e-3]
    lower, upper = triplets[0], triplets[-1]
    single = next(i for i in range(len(at_gamma)) if not (lower <= i < lower + 3 or upper <= i < upper + 3))
    top = at_gamma[lower : lower + 3].mean()
    found = {name: float(energy[place] - top) for name, place in _LEVELS.items()}
    return found | {"Γ2′c": float(at_gamma[single] - top), "Γ15c": float(at_gamma[upper : upper + 3].mean() - top)}


def bulk_crystal(species: str, lattice: float) -> Crystal:
    """Two unstrained planes of Si or Ge."""
    return crystal_of_planes(np.full(2, float(species == "Ge")), np.full(2, lattice / 4), lattice, f"{species}2")


def run() -> dict:
    """Table and references, plain JSON; the process needs GPAW."""
    from core.dft.ground_state import GroundState

    rows: list[dict] = []
    reference: dict = {**recipe_document(), "setups": {}, "model_solid": {}, "scissor": {}, "pbe_gap": {}}
    for species in ("Si", "Ge"):
        for lattices in (EXPERIMENT_LATTICE, FUNCTIONAL_LATTICE):
            crystal = bulk_crystal(species, lattices[species])
            state = GroundState.of(crystal)
            bands = state.bands(_POINTS, np.tile([0.0, 0.0, 1.0], (3, 1)))
            orbital, plane = levels(bands.energy), levels(state.plane_wave_energies(_POINTS, 9))
            for name in sorted(orbital, key=orbital.get):
                published, source = PUBLISHED.get((species, name), (None, ""))
                here = published if lattices is EXPERIMENT_LATTICE else None
                rows.append({
                    "species": species, "lattice": lattices[species], "level": name, "orbitals": orbital[name],
                    "plane_waves": plane[name], "published": here, "source": source if here else "",
                    "within": None if here is None else bool(abs(orbital[name] - here) <= TOLERANCE),
                })  # fmt: skip
        reference["gpaw_version"] = state.document()["gpaw_version"]
        reference["setups"] |= state.document()["setups"]
        top = bands.energy[2, 0] - orbital["L2′v"]
        volume = abs(float(np.linalg.det(crystal.cell)))
        potentials = state.potentials()
        reference["model_solid"][species] = float(
            top + (potentials["neutral_atom"].sum() - potentials["correction"].sum()) / volume
        )
        gap = orbital["L1c"] if species == "Ge" else _lowest_on_axis(state, crystal, top)
        reference["pbe_gap"][species] = gap
        reference["scissor"][species] = EXPERIMENT_GAP[species] + SPIN_ORBIT[species] / 3 - gap
    return {"table": rows, **reference}


def _lowest_on_axis(state, crystal: Crystal, top: float) -> float:
    path = build_path(crystal, "G-X", 41)
    return float(state.bands(path.k_reduced, path.direction).energy[:, 4].min() - top)


def bulk_document() -> dict:
    """What `run` gives, from a process of its own.

    Raises:
        InputError: GPAW is not installed, or the calculation failed.
    """
    check_installed()
    with tempfile.TemporaryDirectory() as folder:
        run_apart("core.dft.bulk", Path(folder), "The bulk calculation")
        return json.loads((Path(folder) / "result.json").read_text(encoding="utf-8"))


def write_reference(document: dict) -> None:
    """Keep the document as what the engine refers to."""
    REFERENCE_FILE.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    (Path(sys.argv[1]) / "result.json").write_text(json.dumps(run()), encoding="utf-8")
