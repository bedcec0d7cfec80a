"""Bulk Si and Ge by tight binding and by density functional theory, beside published values of both and experiment.

Both theories leave spin-orbit coupling out here. Lattice constants are each theory's own where nothing else is said.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from core.dft.bulk import EXPERIMENT_LATTICE, bulk_crystal, levels
from core.dft.calculation import reference
from core.dft.comparison import Comparison, summary, tight_binding_bands
from core.dft.dataset import Entry
from core.dft.scissor import CLOSING
from core.electronic.diagonalise import Bands
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.states import solve_states
from core.structure.crystal import Crystal

MEASURED_FILE = Path(__file__).parents[1] / "measured" / "dft.json"

_POINTS = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.5, 0.5, 0.5))
_FILLED = 4
"""Bands of a primitive cell; the next is the lowest empty one."""

LEAST_STRAIN, MOST_STRAIN = 1e-4, 0.04
"""e_zz − e_xx between which deformation potentials are told: beyond, splittings are not linear."""


def write_tables(entries: Sequence[Entry], compared: Sequence[Comparison]) -> None:
    """Keep what pages show of a data set and of its comparison."""
    rows = strained_bulk(entries)
    told = {
        "structures": len(compared),
        "closing": sum(each.closing for each in compared),
        "summary": summary(compared),
        "offset": valence_band_offset(),
        "critical_points": critical_points(),
        "strained_bulk": rows,
        "deformation_potentials": deformation_potentials(rows),
    }
    MEASURED_FILE.write_text(json.dumps(_rounded(told), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _rounded(value):
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(value, 4) + 0.0 if isinstance(value, float) else value


@cache
def measured_tables() -> dict | None:
    """What `python -m core dft-compare --write` keeps; None where it has not been run."""
    return json.loads(MEASURED_FILE.read_text(encoding="utf-8")) if MEASURED_FILE.exists() else None


def critical_points() -> list[dict]:
    """Levels at Γ, X and L in eV above Γ25′v, at the lattice constants of experiment.

    Keys: species, level, tight_binding, dft (orbitals, as the functional has them), dft_scissor, plane_waves, published
    (the functional by others) and its source.
    """
    rows = []
    for species, lattice in EXPERIMENT_LATTICE.items():
        hamiltonian = build_hamiltonian(bulk_crystal(species, lattice))
        exact = levels(np.stack([solve_states(hamiltonian, k).energy[:9] for k in _POINTS]))
        for row in reference()["table"]:
            if row["species"] == species and row["lattice"] == lattice:
                raised = reference()["scissor"][species] if row["level"].endswith("c") else 0.0
                rows.append({
                    "species": species, "level": row["level"], "tight_binding": exact[row["level"]],
                    "dft": row["orbitals"], "dft_scissor": row["orbitals"] + raised,
                    "plane_waves": row["plane_waves"], "published": row["published"], "source": row["source"],
                })  # fmt: skip
    return rows


def valence_band_offset() -> dict[str, float]:
    """Γ25′v of germanium above that of silicon in eV, both unstrained, by theory: of the model solid by DFT."""
    top = {
        species: solve_states(build_hamiltonian(bulk_crystal(species, lattice)), _POINTS[0]).energy[_FILLED - 1]
        for species, lattice in EXPERIMENT_LATTICE.items()
    }
    solid = reference()["model_solid"]
    return {"tight_binding": float(top["Ge"] - top["Si"]), "dft": float(solid["Ge"] - solid["Si"])}


def strained_bulk(entries: Iterable[Entry]) -> list[dict]:
    """Splittings that biaxial strain makes in bulk Si and Ge of the data set, by both theories.

    Keys: species, lattice (a∥ in Å on the scale of experiment), and by theory (tight_binding, dft): strain
    (e_zz − e_xx), valence (E(p_x, p_y) − E(p_z) at Γ) and delta (lowest level along [001] less that along [100]), eV.
    None: delta of Ge, whose lowest level there is Γ2′c or L1c; valence of Ge by DFT under tension, where PBE has Γ2′c
    among the states that strain parts.
    """
    rows = []
    for entry in entries:
        if entry.sample.family == "bulk":
            species, k = entry.sample.stack[:2], entry.result.k_reduced
            exact = _told(entry.sample.crystal(), tight_binding_bands(entry), k, _FILLED)
            dft = _told(entry.result.crystal, entry.result.aligned(), k, entry.result.valence_bands)
            if species == "Ge":
                exact["delta"] = dft["delta"] = None
                crystal = entry.result.crystal
                if entry.result.direct_gap < CLOSING and crystal.lattice_in_plane > crystal.lattice_growth + 1e-6:
                    dft["valence"] = None
            rows.append({"species": species, "lattice": entry.sample.lattice, "tight_binding": exact, "dft": dft})
    return sorted(rows, key=lambda row: (row["species"] != "Si", row["lattice"]))


def _told(crystal: Crystal, bands: Bands, k_reduced: np.ndarray, filled: int) -> dict[str, float | None]:
    strain = crystal.lattice_growth / crystal.lattice_in_plane - 1
    return {"strain": float(strain), **_splittings(bands, k_reduced, filled)}


def _splittings(bands: Bands, k_reduced: np.ndarray, filled: int) -> dict[str, float]:
    k = np.asarray(k_reduced)
    centre = int(np.flatnonzero(np.abs(k).max(axis=1) < 1e-9)[0])
    low, middle, high = bands.energy[centre, filled - 3 : filled]
    doublet_on_top = high - middle < middle - low
    valence = (high + middle) / 2 - low if doublet_on_top else (low + middle) / 2 - high
    along = {
        axis: (np.abs(np.delete(k, axis, axis=1)).max(axis=1) < 1e-9) & (np.abs(k[:, axis]) <= 1 + 1e-9)
        for axis in (0, 2)
    }
    lowest = {axis: float(bands.energy[on, filled].min()) for axis, on in along.items()}
    return {"valence": float(valence), "delta": lowest[2] - lowest[0]}


def deformation_potentials(rows: list[dict]) -> dict[str, dict[str, dict[str, float | None]]]:
    """By species and theory: b and Ξu of Δ in eV, the slopes of splittings through zero.

    b: E(p_x, p_y) − E(p_z) = −3 b (e_zz − e_xx). Ξu: E(Δ[001]) − E(Δ[100]) = Ξu (e_zz − e_xx). None where no strain of
    the data set tells it.

    Args:
        rows: of `strained_bulk`.
    """
    return {
        species: {
            theory: {
                "b": _slope([row[theory] for row in rows if row["species"] == species], "valence", -1 / 3),
                "xi_u": _slope([row[theory] for row in rows if row["species"] == species], "delta", 1.0),
            }
            for theory in ("tight_binding", "dft")
        }
        for species in ("Si", "Ge")
    }


def _slope(told: list[dict], name: str, factor: float) -> float | None:
    kept = [(one["strain"], one[name]) for one in told if one[name] is not None]
    strain, splitting = np.array([one for one in kept if LEAST_STRAIN < abs(one[0]) < MOST_STRAIN]).reshape(-1, 2).T
    return float(factor * strain @ splitting / (strain @ strain)) if len(strain) else None
