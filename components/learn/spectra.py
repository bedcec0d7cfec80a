"""Pictures of spectral functions that the steps show: computed by the engines, drawn as maps of the page."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from components.compose.link import SHELL_LETTERS, SIGMA_RANGE
from components.figures.page_map import Mark, energy_axis, even_columns, page_map, path_axis
from core.electronic.kpath import KPath
from core.electronic.spectral import Broadening, EnergyGrid, total_spectral_function
from core.engines import ENGINES, AtomicSpectra, Picture
from core.engines.exact import ExactEngine, ExactSpectra
from core.engines.protocol import Path
from core.sessions.requests import make_request, read_out, solve
from core.structure.sample import Sample

GRID = EnergyGrid()
DEEP = EnergyGrid(-13.0, 4.0, 272)
"""Down to the lowest valence states."""

ACROSS_VALLEYS = Path("Z-G-X", 80)
"""From the valleys along growth to those in the plane."""

FINE = 48
"""Points a segment of the default path, twice as many as elsewhere: large pictures of steep bands look smooth."""


def substrate_name(ge_percent: float) -> str:
    """The alloy of a Ge content in percent, as substrates are written."""
    ge = round(ge_percent)
    return {0: "Si", 100: "Ge"}.get(ge, f"Si{(100 - ge) / 100:g}Ge{ge / 100:g}")


@lru_cache(maxsize=8)
def exact(stack: str, substrate: str) -> ExactSpectra:
    """Exact spectra on the default path."""
    picture = Picture(DEEP, Broadening(SIGMA_RANGE[1]))
    return ExactEngine().solve(Sample(stack, substrate, 0.0).crystal(), Path(points_per_segment=FINE), picture=picture)


def predicted(stack: str, substrate: str, mixing: float = 0.0) -> AtomicSpectra:
    """The forward model's."""
    return ENGINES["forward"].solve(Sample(stack, substrate, mixing).crystal())


def edges(stack: str, substrate: str, spin_orbit: bool = False) -> dict:
    """Gap, edges and splittings, kept as Compose keeps them."""
    return read_out(make_request(stack, substrate, 0.0, spin_orbit))


def drawn(values: np.ndarray, path: KPath, name: str, grid: EnergyGrid = GRID, **look):
    """A map of values (k, energy) along a path."""
    return page_map(even_columns(values, path), path_axis(path), energy_axis(grid.low, grid.high), name, **look)


def bulk_silicon():
    """Si with its band edges marked."""
    spectra, found = exact("Si2", "Si"), edges("Si2", "Si")
    marks = [Mark(*_at(spectra.path, "G", 0.0), found["vbm"], "VBM"), *_valley_marks(spectra.path, found)]
    return drawn(spectra.total(), spectra.path, "A(k, E), Si", marks=marks)


def folding(way: str):
    """Eight planes of Si without and with unfolding weights, and Si4Ge4 with them."""
    spectra = exact("Si4Ge4" if way == "superlattice" else "Si8", "Si")
    values = spectra.total()
    if way == "folded":
        bands = spectra.calculation.bands
        alike = replace(bands, unfolding_weight=np.ones_like(bands.unfolding_weight))
        values = total_spectral_function(alike, spectra.path.step, GRID, Broadening())
    return drawn(values, spectra.path, f"{spectra.crystal.label}, {way}")


def one_atom(which: str):
    """One atom of Si4Ge4, or all of them on a scale that is eight times as long."""
    spectra = exact("Si4Ge4", "Si")
    atoms = spectra.atoms()
    top = float(atoms.max())
    if which == "all":
        return drawn(spectra.total(), spectra.path, "A(k, E), Si4Ge4 on Si", top=top * len(atoms))
    atom = int(which) - 1
    return drawn(atoms[atom], spectra.path, f"Atom {which} {spectra.crystal.species[atom]}, Si4Ge4 on Si", top=top)


def broadened(sigma: float):
    """The total of Si4Ge4 at a Gaussian width in eV."""
    spectra = exact("Si4Ge4", "Si")
    values = spectra.total(Picture(broadening=Broadening(sigma)))
    return drawn(values, spectra.path, f"A(k, E), σ = {sigma:.2f} eV")


def orbital_part(letter: str):
    """What one shell adds to bulk Si, on the scale of the whole."""
    spectra = exact("Si2", "Si")
    shell = list(SHELL_LETTERS).index(letter)
    values = spectra.total(Picture(DEEP, shells=(shell,)))
    top = 0.6 * float(spectra.total().max())
    return drawn(values, spectra.path, f"{SHELL_LETTERS[letter]}, Si", DEEP, top=top)


def difference(stack: str, substrate: str, atom: int, other: int):
    """One atom's spectral function minus another's."""
    spectra = exact(stack, substrate)
    first, second = spectra.atoms([atom, other])
    names = [f"{i + 1} {spectra.crystal.species[i]}" for i in (atom, other)]
    return drawn(first - second, spectra.path, f"Atom {names[0]} − atom {names[1]}", signed=True)


def inner_and_interfacial(which: str):
    """Two Si atoms of Si4Ge4, second and first plane, on one scale; and their difference."""
    spectra = exact("Si4Ge4", "Si0.5Ge0.5")
    if which == "difference":
        return difference("Si4Ge4", "Si0.5Ge0.5", 0, 1)
    both = spectra.atoms([0, 1])
    values = both[0] if which == "interfacial" else both[1]
    return drawn(values, spectra.path, f"Si, {which}", top=float(both.max()))


def mixed(width: float):
    """The predicted total of Si8Ge8 with interfaces of a width in ML."""
    spectra = predicted("Si8Ge8", "Si0.5Ge0.5", width)
    return drawn(spectra.total(), spectra.path, f"Si8Ge8, w = {width:g} ML")


def prediction(which: str):
    """Si6Ge4 by the forward model, by the exact engine, and the one minus the other on a tenth of the scale."""
    found = predicted("Si6Ge4", "Si0.6Ge0.4").total()
    truth = ExactSpectra(solve(make_request("Si6Ge4", "Si0.6Ge0.4")))  # on the points that the model knows
    right = truth.total()
    values = {"predicted": found, "exact": right}.get(which, found - right)
    top = float(right.max())
    if which == "difference":
        return drawn(values, truth.path, "predicted − exact", signed=True, top=top / 10)
    return drawn(values, truth.path, f"Si6Ge4, {which}", top=top)


@lru_cache(maxsize=128)
def _strained(stack: str, substrate: str, spin_orbit: bool, low: float, high: float) -> tuple[np.ndarray, KPath]:
    crystal = Sample(stack, substrate, 0.0).crystal()
    picture = Picture(EnergyGrid(low, high, 160), Broadening(0.05))
    spectra = ENGINES["exact"].solve(crystal, ACROSS_VALLEYS, spin_orbit, picture)
    return spectra.total(picture), spectra.path


def strained(stack: str, ge_percent: float, low: float, high: float, spin_orbit: bool = False):
    """Bulk Si or Ge on a substrate, from Z over Γ to X within a window in eV, valleys and hole bands marked."""
    substrate = substrate_name(ge_percent)
    values, path = _strained(stack, substrate, spin_orbit, low, high)
    found = edges(stack, substrate, spin_orbit)
    marks = [*_valley_marks(path, found), *hole_marks(path, found)]
    return drawn(values, path, f"{stack} on {substrate}", EnergyGrid(low, high, 160), marks=marks)


def hole_levels(found: dict) -> dict[str, float]:
    """Energies of HH and LH at Γ in eV."""
    split = found["hh_lh_splitting"]
    return {"HH": found["vbm"] + min(split, 0.0), "LH": found["vbm"] - max(split, 0.0)}


def hole_marks(path: KPath, found: dict) -> list[Mark]:
    """HH and LH at Γ, on either side of it; one mark where they coincide."""
    level, at = hole_levels(found), _at(path, "G", 0.0)
    if abs(found["hh_lh_splitting"]) < 0.02:
        return [Mark(*at, found["vbm"], "HH, LH")]
    return [Mark(*at, level["HH"], "HH"), Mark(*at, level["LH"], "LH", "left")]


def _valley_marks(path: KPath, found: dict) -> list[Mark]:
    valleys = found["valleys"]
    return [
        Mark(*_at(path, end, max(map(abs, valleys[name]["k_reduced"]))), valleys[name]["energy"], name, side)
        for name, end, side in (("Δ2", "Z", "right"), ("Δ4", "X", "left"))
    ]


def _at(path: KPath, end: str, share: float) -> tuple[float]:
    """Place on Z-Γ-X: a share of the way from Γ to one of its ends."""
    (_, first), (_, centre), (_, last) = path.ticks[:3]
    away = {"Z": first - centre, "X": last - centre}.get(end, 0.0)
    return (float(centre + share * away),)
