"""What Compose draws: the chosen spectrum of a calculation, and all atoms at once."""

from dataclasses import replace

import numpy as np

from components.compose.atoms import THUMBNAIL_LIMIT, atom_name
from components.compose.link import SHELL_LETTERS
from components.figures.spectrum import Spectrum
from core.electronic.calculation import BandCalculation
from core.electronic.spectral import Broadening, EnergyGrid, spectral_function

GRID = EnergyGrid()
THUMBNAIL_GRID = EnergyGrid(points=88)


def shell_indices(letters: list[str] | str) -> tuple[int, ...] | None:
    """Indices of the chosen shells; None for all. No choice at all means all."""
    chosen = tuple(index for index, letter in enumerate(SHELL_LETTERS) if letter in letters)
    return None if len(chosen) in (0, 4) else chosen


def chosen_spectrum(
    calculation: BandCalculation, view: str, atom: int, other: int, shells: list[str] | str, sigma: float
) -> tuple[Spectrum, str]:
    """The spectrum for the big picture and the sentence that names it; atoms out of range fall back to the last.

    An atom minus itself is nothing: the next one then takes the place of the other.
    """
    crystal = calculation.crystal
    atom, other = (min(max(0, int(index)), len(crystal) - 1) for index in (atom, other))
    other = (atom + 1) % len(crystal) if other == atom else other
    weight = calculation.bands.atom_shell_weight
    if view == "total":
        rows, symbol, name = weight.sum(axis=0, keepdims=True), "A", "All atoms: the unfolded bands"
    elif view == "difference":
        rows, symbol = weight[[atom, other]], f"A<sub>{atom + 1}</sub> − A<sub>{other + 1}</sub>"
        name = f"Atom {atom_name(crystal, atom)} minus atom {atom_name(crystal, other)}"
    else:
        rows, symbol = weight[[atom]], f"A<sub>{atom + 1}</sub>"
        name = f"Atom {atom_name(crystal, atom)}, {'interfacial' if crystal.interfacial[atom] else 'inner'}"
    indices = shell_indices(shells)
    values = _spectra(calculation, rows, GRID, sigma, indices)
    picture = values[0] - values[1] if view == "difference" else values[0]
    if indices is not None:
        chosen = list(SHELL_LETTERS.values())
        name += ", " + ", ".join(chosen[index] for index in indices) + " only"
    return Spectrum(picture, GRID.values, calculation.path, symbol, view == "difference"), f"{name} · {crystal.label}"


def all_atoms(calculation: BandCalculation, shells: list[str] | str, sigma: float) -> np.ndarray:
    """(atom, k, energy) at the thumbnails' resolution, at most THUMBNAIL_LIMIT atoms."""
    rows = calculation.bands.atom_shell_weight[:THUMBNAIL_LIMIT]
    return _spectra(calculation, rows, THUMBNAIL_GRID, sigma, shell_indices(shells))


def _spectra(calculation, rows, grid, sigma, indices) -> np.ndarray:
    bands = replace(calculation.bands, atom_shell_weight=rows)
    return spectral_function(bands, calculation.path.step, grid, Broadening(float(sigma)), indices)
