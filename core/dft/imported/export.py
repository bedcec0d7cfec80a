"""Entries of a data set in the NetCDF layout that `core.dft.imported.layout` reads."""

import numpy as np
import xarray as xr

from core import __version__
from core.dft.calculation import reference
from core.dft.dataset import Entry
from core.dft.imported.layout import LAYOUT, VERSION
from core.dft.recipe import CUTOFF, FUNCTIONAL, GERMANIUM_LATTICE, SILICON_LATTICE
from core.parameters.tight_binding import SHELLS

K_NOTE = "along x and y in units of 2*pi/a_parallel, along z in units of 2*pi/c_mean"


def layout_dataset(entry: Entry) -> xr.Dataset:
    """An entry as a file of the layout has it: energies on the calculation's own scale, all bands that are kept."""
    result = entry.result
    crystal, bands = result.crystal, result.bands
    angstrom, plain = {"units": "angstrom"}, {"units": "1"}
    k_cartesian = result.k_reduced @ (2 * np.pi * np.linalg.inv(crystal.average_cell).T)
    return xr.Dataset(
        {
            "cell": (("vector", "xyz"), crystal.cell, {**angstrom, "comment": "lattice vectors in rows"}),
            "positions": (("atom", "xyz"), crystal.positions, angstrom),
            "species": ("atom", list(crystal.species)),
            "k_cartesian": (("k", "xyz"), k_cartesian, {"units": "1/angstrom"}),
            "k_reduced": (("k", "xyz"), result.k_reduced, {**plain, "comment": K_NOTE}),
            "energy": (("k", "band"), bands.energy, {"units": "eV"}),
            "unfolding_weight": (("k", "band"), bands.unfolding_weight, plain),
            "velocity": (("k", "band"), bands.velocity, {"units": "eV angstrom", "comment": "dE/ds along the path"}),
            "atom_shell_weight": (("atom", "shell", "k", "band"), bands.atom_shell_weight, plain),
            "shell": ("shell", list(SHELLS)),
        },
        attrs={
            "layout": LAYOUT,
            "layout_version": VERSION,
            "title": f"{entry.sample.stack} on {entry.sample.substrate}, written by Bandloom {__version__}",
            "valence_bands": result.valence_bands,
            "silicon_vbm_eV": -result.offset,
            **(result.document.get("origin") or _recipe_origin(result.document)),
        },
    )


def _recipe_origin(document: dict) -> dict:
    """The fields of `Origin` for results of the project's recipe."""
    lacking = reference()["scissor"]
    return {
        "code": "GPAW",
        "code_version": document.get("gpaw_version", "unknown"),
        "functional": FUNCTIONAL,
        "silicon_lattice_angstrom": SILICON_LATTICE,
        "germanium_lattice_angstrom": GERMANIUM_LATTICE,
        "alignment": "model solid of neutral atoms (Van de Walle and Martin 1986), bulk Si by the same recipe",
        "silicon_scissor_eV": float(lacking["Si"]),
        "germanium_scissor_eV": float(lacking["Ge"]),
        "settings": f"plane waves to {CUTOFF:g} eV, recipe {document.get('recipe_version')}",
    }
