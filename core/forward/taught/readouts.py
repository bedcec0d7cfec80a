"""Figures read from the bands of the taught Hamiltonian: gap, valleys, splittings, masses, on the scale of DFT."""

from dataclasses import replace

from core.dft.calculation import scissor_shift
from core.dft.recipe import FUNCTIONAL, VALENCE_BANDS_PER_ATOM
from core.dft.scissor import CLOSING
from core.electronic.calculation import energy_zero
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.kpath import build_path
from core.electronic.readouts import Readouts, read_bands, readings_document
from core.forward.taught.model import TaughtModel, taught_model
from core.forward.taught.parameters import taught_parameters
from core.structure.crystal import Crystal


def taught_readouts(crystal: Crystal) -> dict:
    """Readouts of a crystal of the functional as plain JSON types, empty states raised by the scissor.

    As of `core.electronic.readouts.readouts_document`, with `functional` and `scissor` (eV) and without `points`. Where
    the functional leaves no gap, so that filled and empty states may have changed places, `gap`, `vbm` and `cbm` along
    the standard path alone, as the picture has them; `closing` says which it is.
    """
    model, shift = taught_model(), scissor_shift(crystal)
    found = read_bands(build_hamiltonian(crystal, parameters=taught_parameters(model.values)), energy_zero(False))
    closing = found.direct_gap < CLOSING
    figures = _along_path(crystal, model) if closing else readings_document(_raised(found, shift), crystal)
    return figures | {"functional": FUNCTIONAL, "scissor": shift, "closing": closing, "spin_orbit": False}


def _raised(found: Readouts, shift: float) -> Readouts:
    """Readouts with empty states raised by `shift` in eV; what is measured within them stays."""
    valleys = {name: replace(valley, energy=valley.energy + shift) for name, valley in found.valleys.items()}
    return replace(
        found,
        gap=found.gap + shift,
        direct_gap=found.direct_gap + shift,
        cbm=found.cbm + shift,
        valleys=valleys,
    )


def _along_path(crystal: Crystal, model: TaughtModel) -> dict:
    energy, filled = model.bands(crystal, build_path(crystal)).energy, VALENCE_BANDS_PER_ATOM * len(crystal)
    vbm, cbm = float(energy[:, filled - 1].max()), float(energy[:, filled].min())
    return {"gap": cbm - vbm, "vbm": vbm, "cbm": cbm}
