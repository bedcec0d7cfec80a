"""Figures that a design is asked for, of one sample, by the exact engine with spin-orbit coupling.

`quick` leaves the coupling out of the conduction band, which it moves by some meV; `verified` leaves nothing out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.electronic.calculation import check_size, energy_zero
from core.electronic.hamiltonian import Hamiltonian, build_hamiltonian
from core.electronic.local_edges import EdgeProfile, bulk_profile
from core.electronic.readouts import DIRECT_TOLERANCE, Readouts, ValenceEdge, read_bands, read_valence
from core.structure.crystal import Crystal
from core.structure.sample import Sample

MINIBAND_POINTS = 5
"""Values of k_z from the centre to the edge of the superlattice's own zone."""


@dataclass(frozen=True)
class Figure:
    """A figure's label, unit, and the range that it has in Si/Ge."""

    label: str
    unit: str
    low: float
    high: float


FIGURES = {
    "gap": Figure("Gap", "eV", 0.0, 1.3),
    "direct_gap": Figure("Gap at Γ", "eV", 0.0, 3.5),
    "delta2_delta4_splitting": Figure("Δ2 − Δ4", "eV", -0.6, 0.6),
    "hh_lh_splitting": Figure("HH − LH", "eV", -0.3, 0.3),
    "vbm": Figure("VBM over that of Si", "eV", -0.3, 1.0),
    "cbm": Figure("CBM over the VBM of Si", "eV", 0.3, 1.6),
    "electron_mass_100": Figure("Electron mass along [100]", "m₀", 0.0, 5.0),
    "electron_mass_001": Figure("Electron mass along [001]", "m₀", 0.0, 50.0),
    "hole_mass_100": Figure("Hole mass along [100]", "m₀", 0.0, 5.0),
    "hole_mass_001": Figure("Hole mass along [001]", "m₀", 0.0, 50.0),
    "electron_in_ge": Figure("Share of the electron in Ge", "", 0.0, 1.0),
    "hole_in_ge": Figure("Share of the hole in Ge", "", 0.0, 1.0),
    "electron_miniband": Figure("Width of the electron miniband", "eV", 0.0, 3.0),
    "hole_miniband": Figure("Width of the hole miniband", "eV", 0.0, 3.0),
    "valence_offset": Figure("Valence band offset, Ge over Si", "eV", 0.0, 1.0),
    "conduction_offset": Figure("Conduction band offset, Ge over Si", "eV", -0.5, 0.5),
}
"""By name. Masses are those of the lightest state at the edge; minibands are those along growth; offsets are those of
the local edges of the most Ge-rich plane over those of the least."""

KINDS = ("indirect", "pseudo-direct", "direct")
VALLEYS = ("Δ2", "Δ4", "L", "Γ")
LEVELS = ("heavy", "light", "at_gamma", *VALLEYS)
"""Smooth functions of a∥: the hole bands and the lowest conduction state at Γ, the valleys; eV over the VBM of Si."""

OTHERS = tuple(name for name in FIGURES if name.startswith(("electron_", "hole_")))

OFFSETS = ("valence_offset", "conduction_offset")
"""Of the materials and a∥ alone, whatever the thickness of the layers."""

MORE = ("electron_mass_110", "hole_mass_110", "split_off")
"""Figures that no target is made of: m₀, m₀, and eV by which the split-off band lies below the VBM."""


@dataclass(frozen=True)
class Measured:
    """What a sample has: FIGURES by name, nan where it has none; kind of its gap; valley of its CBM.

    curve: share of a drawn band that it has; 0 where none is asked for. off: eV by which its band lies beside that.
    """

    figures: dict[str, float]
    kind: str
    valley: str
    curve: float = 0.0
    off: float = 0.0


def quick(sample: Sample) -> Measured:
    """FIGURES with spin-orbit coupling in the valence band alone, at a third to a half of what `verified` takes.

    Raises:
        InputError: as `Sample.crystal`; a period beyond what the exact engine takes.
    """
    return from_levels(*quick_levels(sample))


def quick_levels(sample: Sample) -> tuple[dict[str, float], dict[str, float], str]:
    """LEVELS by name, OTHERS and MORE by name, nan where there is none, and the kind of the gap.

    Raises:
        InputError: as `quick`.
    """
    crystal = sample.crystal()
    check_size(crystal, True)
    bare, coupled = build_hamiltonian(crystal), build_hamiltonian(crystal, True)
    return _levels(bare, read_bands(bare), coupled, read_valence(coupled))


def verified(sample: Sample) -> Measured:
    """FIGURES with spin-orbit coupling throughout.

    Raises:
        InputError: as `quick`.
    """
    return from_levels(*verified_levels(sample))


def verified_levels(sample: Sample) -> tuple[dict[str, float], dict[str, float], str]:
    """What `quick_levels` gives, with spin-orbit coupling throughout.

    Raises:
        InputError: as `quick`.
    """
    crystal = sample.crystal()
    check_size(crystal, True)
    coupled = build_hamiltonian(crystal, True)
    return _levels(coupled, read_bands(coupled), coupled, read_valence(coupled))


def from_levels(levels: Mapping[str, float], others: Mapping[str, float], kind: str) -> Measured:
    """FIGURES from LEVELS and OTHERS."""
    figures, valley = edges(levels)
    if kind != "indirect" and levels["at_gamma"] - figures["cbm"] > DIRECT_TOLERANCE:
        kind = "indirect"
    named = {name: float(figures.get(name, others.get(name, np.nan))) for name in FIGURES}
    return Measured(named, kind, VALLEYS[int(valley)])


def edges(levels: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """Gaps, edges and splittings (eV) from LEVELS, numbers or arrays, and the index into VALLEYS of the lowest one."""
    vbm = np.fmax(levels["heavy"], levels["light"])
    valleys = np.stack([np.nan_to_num(levels[name], nan=np.inf) for name in VALLEYS])
    cbm = np.minimum(valleys.min(axis=0), levels["at_gamma"])
    figures = {
        "gap": cbm - vbm,
        "direct_gap": levels["at_gamma"] - vbm,
        "delta2_delta4_splitting": levels["Δ2"] - levels["Δ4"],
        "hh_lh_splitting": levels["heavy"] - levels["light"],
        "vbm": vbm,
        "cbm": cbm,
    }
    return figures, valleys.argmin(axis=0)


def _levels(
    hamiltonian: Hamiltonian, found: Readouts, coupled: Hamiltonian, valence: ValenceEdge
) -> tuple[dict[str, float], dict[str, float], str]:
    """Conduction states from `found`, which is of `hamiltonian`, valence states from `valence`, of `coupled`."""
    zero, split = energy_zero(True), valence.hh_lh_splitting
    vbm = valence.energy - zero
    heavy = vbm if split is None else vbm + min(split, 0.0)
    light = np.nan if split is None else vbm - max(split, 0.0)
    levels = {"heavy": heavy, "light": light, "at_gamma": found.direct_gap + found.vbm - zero}
    levels |= {name: found.valleys[name].energy - zero if name in found.valleys else np.nan for name in VALLEYS}
    germanium = np.asarray(hamiltonian.crystal.ge_fraction, float)
    others = {
        f"{carrier}_mass_{axis}": min(map(abs, masses[f"[{axis}]"]))
        for carrier, masses in (("electron", found.masses["cbm"]), ("hole", valence.masses))
        for axis in ("100", "110", "001")
    }
    others |= {
        "split_off": np.nan if valence.split_off is None else valence.split_off,
        "electron_in_ge": float(found.profile["cbm"] @ germanium),
        "hole_in_ge": float(valence.profile @ germanium),
    }
    others |= _offsets(coupled.crystal)
    others["electron_miniband"] = _miniband(hamiltonian, found.cbm_k[:2], 0)
    others["hole_miniband"] = _miniband(coupled, (0.0, 0.0), -1)
    return levels, others, found.gap_kind


def offsets(poor: EdgeProfile, rich: EdgeProfile) -> dict[str, np.ndarray]:
    """OFFSETS (plane,) eV of planes rich in Ge over those poor in it."""
    return {"valence_offset": rich.valence - poor.valence, "conduction_offset": rich.conduction - poor.conduction}


def _offsets(crystal: Crystal) -> dict[str, float]:
    """OFFSETS (eV) of a crystal, nan where all its planes are alike."""
    ends = sorted({float(fraction) for fraction in np.round(crystal.plane_ge_fraction, 6)})
    if len(ends) == 1:
        return dict.fromkeys(OFFSETS, np.nan)
    poor, rich = (bulk_profile(fraction, crystal.lattice_in_plane) for fraction in (ends[0], ends[-1]))
    return {name: float(value[0]) for name, value in offsets(poor, rich).items()}


def _miniband(hamiltonian: Hamiltonian, in_plane: tuple[float, ...], band: int) -> float:
    """Width (eV) of a band along growth, over the crystal's own zone.

    band: 0 for the lowest conduction band, −1 for the highest valence band.
    """
    occupied = len(hamiltonian.crystal) * (4 if hamiltonian.spin_orbit else 2)
    kz = np.linspace(0.0, 2.0 / hamiltonian.crystal.plane_count, MINIBAND_POINTS)
    levels = [np.linalg.eigvalsh(hamiltonian.matrices([*in_plane, z])[0])[occupied + band] for z in kz]
    return float(np.ptp(levels))
