"""What Compose draws: the chosen spectrum of a calculation or of a prediction, and all atoms at once."""

from dataclasses import dataclass, replace

import numpy as np

from components.compose.atoms import THUMBNAIL_LIMIT, atom_name
from components.compose.link import SHELL_LETTERS
from components.figures.spectrum import Spectrum
from core.electronic.calculation import BandCalculation
from core.electronic.kpath import KPath, build_path
from core.electronic.spectral import Broadening, EnergyGrid, spectral_function
from core.forward.live import why_not_predicted
from core.forward.model import Prediction, predict
from core.structure.crystal import Crystal

GRID = EnergyGrid()
THUMBNAIL_GRID = EnergyGrid(points=88)


@dataclass(frozen=True, eq=False)
class Predicted:
    """A prediction and where it belongs: the counterpart of a BandCalculation."""

    crystal: Crystal
    path: KPath
    prediction: Prediction

    @classmethod
    def of(cls, crystal: Crystal) -> "Predicted":
        """The forward model's answer; InputError where it has none."""
        return cls(crystal, build_path(crystal), predict(crystal))


def shell_indices(letters: list[str] | str) -> tuple[int, ...] | None:
    """Indices of the chosen shells; None for all. No choice at all means all."""
    chosen = tuple(index for index, letter in enumerate(SHELL_LETTERS) if letter in letters)
    return None if len(chosen) in (0, 4) else chosen


def chosen_spectrum(
    source: BandCalculation | Predicted, view: str, atom: int, other: int, shells: list[str] | str, sigma: float
) -> tuple[Spectrum, str]:
    """The spectrum for the big picture and the sentence that names it; atoms out of range fall back to the last.

    An atom minus itself is nothing: the next one then takes the place of the other. Where the forward model cannot
    predict, there is no error bar, and the atom's spectrum is shown instead.
    """
    crystal = source.crystal
    atom, other = (min(max(0, int(index)), len(crystal) - 1) for index in (atom, other))
    other = (atom + 1) % len(crystal) if other == atom else other
    if view == "error" and not _why_no_error_bar(source):
        return _error_bar(source, atom)
    if view == "total":
        rows, symbol, name = None, "A", "All atoms: the unfolded bands"
    elif view == "difference":
        rows, symbol = [atom, other], f"A<sub>{atom + 1}</sub> − A<sub>{other + 1}</sub>"
        name = f"Atom {atom_name(crystal, atom)} minus atom {atom_name(crystal, other)}"
    else:
        rows, symbol = [atom], f"A<sub>{atom + 1}</sub>"
        name = f"Atom {atom_name(crystal, atom)}, {'interfacial' if crystal.interfacial[atom] else 'inner'}"
    indices = shell_indices(shells)
    values = _spectra(source, rows, GRID, sigma, indices)
    picture = values[0] - values[1] if view == "difference" else values[0]
    if indices is not None:
        chosen = list(SHELL_LETTERS.values())
        name += ", " + ", ".join(chosen[index] for index in indices) + " only"
    if view == "error":
        name += f"; no error bar: {_why_no_error_bar(source)}"
    return Spectrum(picture, GRID.values, source.path, symbol, view == "difference"), f"{name} · {crystal.label}"


def _why_no_error_bar(source: BandCalculation | Predicted) -> str:
    exact = isinstance(source, BandCalculation)
    return why_not_predicted(source.crystal, source.spin_orbit) if exact else ""


def _error_bar(source: BandCalculation | Predicted, atom: int) -> tuple[Spectrum, str]:
    """Half-width of the prediction's 90 % error bar, pixel by pixel, also where the exact result is shown otherwise."""
    predicted = source if isinstance(source, Predicted) else Predicted.of(source.crystal)
    half_width = predicted.prediction.atom_error(atom)
    name = f"90 % error bar of the prediction, atom {atom_name(source.crystal, atom)} · {source.crystal.label}"
    return Spectrum(half_width, GRID.values, predicted.path, f"±A<sub>{atom + 1}</sub>"), name


def all_atoms(source: BandCalculation | Predicted, shells: list[str] | str, sigma: float) -> np.ndarray:
    """(atom, k, energy) at the thumbnails' resolution, at most THUMBNAIL_LIMIT atoms."""
    rows = list(range(min(len(source.crystal), THUMBNAIL_LIMIT)))
    return _spectra(source, rows, THUMBNAIL_GRID, sigma, shell_indices(shells))


def _spectra(source, rows: list[int] | None, grid: EnergyGrid, sigma: float, indices) -> np.ndarray:
    """(row, k, energy) of some atoms, or of their sum; a prediction knows one broadening and all shells only."""
    if isinstance(source, Predicted):
        values = source.prediction.total()[None] if rows is None else source.prediction.atoms(rows)
        return values.reshape(*values.shape[:2], grid.points, -1).mean(axis=3)
    weight = source.bands.atom_shell_weight
    chosen = weight.sum(axis=0, keepdims=True) if rows is None else weight[rows]
    bands = replace(source.bands, atom_shell_weight=chosen)
    return spectral_function(bands, source.path.step, grid, Broadening(float(sigma)), indices)
