"""What Compose draws: the chosen spectrum of a calculation or of a prediction, and all atoms at once."""

import numpy as np

from components.compose.atoms import atom_name, thumbnail_atoms
from components.compose.line import line_name
from components.compose.link import SHELL_LETTERS
from components.figures.spectrum import Spectrum
from core.electronic.sharpening import sharpened
from core.electronic.spectral import DEFAULT_SIGMA, Broadening, EnergyGrid
from core.engines import ENGINES, FIDELITIES, AtomicSpectra, Picture
from core.engines.configurations import ConfigurationSpectra
from core.engines.forward import ForwardSpectra
from core.engines.forward_dft import TaughtSpectra
from core.engines.forward_imperfect import ImperfectForwardSpectra
from core.engines.protocol import DEFAULT_PATH_LINE, Line

GRID = EnergyGrid()
THUMBNAIL_GRID = EnergyGrid(points=88)
FINEST = 4
BY_DFT = "DFT, forward model"
"""What the title says of a picture that is not of tight binding."""

SHARPENED = {
    "second": lambda symbol: (f"−∂²{symbol}/∂E²", "1/eV³", "second derivative"),
    "curvature": lambda symbol: (f"Curvature of {symbol}", "of its maximum", "curvature"),
}
"""Kind → symbol, unit and words of a sharpened spectrum."""


def shell_indices(letters: list[str] | str) -> tuple[int, ...] | None:
    """Indices of the chosen shells; None for all. No choice at all means all."""
    chosen = tuple(index for index, letter in enumerate(SHELL_LETTERS) if letter in letters)
    return None if len(chosen) in (0, 4) else chosen


def picture_of(shells: list[str] | str, sigma: float, grid: EnergyGrid = GRID) -> Picture:
    """How a view draws spectra: σ in eV and the letters of the shells."""
    return Picture(grid, Broadening(float(sigma)), shell_indices(shells))


def chosen_spectrum(
    source: AtomicSpectra,
    view: str,
    atom: int,
    other: int,
    shells: list[str] | str,
    sigma: float,
    finer: int = 1,
    sharpening: str = "none",
    line: Line = DEFAULT_PATH_LINE,
) -> tuple[Spectrum, str]:
    """The spectrum for the big picture and the sentence that names it; atoms out of range fall back to the last.

    An atom minus itself is nothing: the next one then takes the place of the other. Where the forward model cannot
    predict, there is no error bar, and the atom's spectrum is shown instead.

    finer: pixels of the energy axis in the place of one. sharpening: see `core.electronic.sharpening`; differences have
    none. line: that of the source.
    """
    crystal = source.crystal
    atom, other = (min(max(0, int(index)), len(crystal) - 1) for index in (atom, other))
    other = (atom + 1) % len(crystal) if other == atom else other
    by_dft = isinstance(source, TaughtSpectra)
    predicting = FIDELITIES["dft" if by_dft else "tight-binding"]
    of_planes = isinstance(source, ImperfectForwardSpectra)
    why_no_bar = "" if of_planes else predicting.obstacle(crystal, source.spin_orbit, line=line)
    label = crystal.label
    if isinstance(source, ImperfectForwardSpectra) or (isinstance(source, ConfigurationSpectra) and view == "total"):
        label = source.sample_label
    sample = " · ".join(part for part in (label, line_name(line), BY_DFT if by_dft else "") if part)
    if view == "error" and not why_no_bar:
        return _error_bar(source, atom, line, sample)
    theory = "DFT" if by_dft else ""
    if view == "total":
        rows, symbol, name = None, "A", "All atoms: the unfolded bands"
    elif view == "difference":
        rows, symbol = [atom, other], f"A<sub>{atom + 1}</sub> − A<sub>{other + 1}</sub>"
        name = f"Atom {atom_name(crystal, atom)} minus atom {atom_name(crystal, other)}"
    else:
        rows, symbol = [atom], f"A<sub>{atom + 1}</sub>"
        name = f"Atom {atom_name(crystal, atom)}, {'interfacial' if crystal.interfacial[atom] else 'inner'}"
    grid = EnergyGrid(points=finer * GRID.points)
    picture = picture_of(shells, sigma, grid)
    if of_planes and view != "total":
        name += ", each as the mean of its plane"
    values = source.total(picture)[None] if rows is None else source.atoms(rows, picture)
    shown = values[0] - values[1] if view == "difference" else values[0]
    if picture.shells is not None:
        chosen = list(SHELL_LETTERS.values())
        name += ", " + ", ".join(chosen[index] for index in picture.shells) + " only"
    if view == "error":
        name += f"; no error bar: {why_no_bar}"
    if view == "difference" or sharpening == "none":
        spectrum = Spectrum(shown, grid.values, source.path, symbol, view == "difference", theory=theory)
        return spectrum, f"{name} · {sample}"
    symbol, unit, words = SHARPENED[sharpening](symbol)
    shown = sharpened(shown, grid.step, sharpening)
    spectrum = Spectrum(shown, grid.values, source.path, symbol, unit=unit, theory=theory)
    return spectrum, f"{name}, {words} · {sample}"


def energy_pixels(source: AtomicSpectra, sigma: float, zoom: int = 1, sharpening: str = "none") -> int:
    """Pixels of the energy axis in the place of one: none wider than σ, `zoom` times as fine, twice to differentiate.

    A prediction of tight binding has its own axis.
    """
    if isinstance(source, ForwardSpectra | ImperfectForwardSpectra):
        return 1
    wanted = max(int(np.ceil(GRID.step / sigma)), zoom, 1 if sharpening == "none" else 2)
    return min(FINEST, 1 << (wanted - 1).bit_length())


def _error_bar(source: AtomicSpectra, atom: int, line: Line, sample: str) -> tuple[Spectrum, str]:
    """Half-width of the prediction's 90 % error bar, pixel by pixel, also where the exact result is shown otherwise.

    It is that of spectra of the usual broadening.
    """
    predicted = source if source.engine == "forward" else ENGINES["forward"].solve(source.crystal, line)
    half_width, of_dft = predicted.atom_error(atom), isinstance(source, TaughtSpectra)
    usual = f" at σ = {DEFAULT_SIGMA:.2f} eV" if of_dft else ""
    name = f"90 % error bar of the prediction{usual}, atom {atom_name(source.crystal, atom)} · {sample}"
    theory = "DFT" if of_dft else ""
    return Spectrum(half_width, GRID.values, predicted.path, f"±A<sub>{atom + 1}</sub>", theory=theory), name


def all_atoms(source: AtomicSpectra, shells: list[str] | str, sigma: float) -> np.ndarray:
    """(atom, k, energy) at the thumbnails' resolution, of the atoms that have one."""
    return source.atoms(thumbnail_atoms(source.crystal), picture_of(shells, sigma, THUMBNAIL_GRID))
