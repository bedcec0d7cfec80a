"""Results as xarray data sets that explain themselves: units, path, structure and the source of the parameters."""

import os
from pathlib import Path

import numpy as np
import xarray as xr

from core.electronic.calculation import ENGINE_VERSION, BandCalculation
from core.electronic.kpath import KPath
from core.electronic.spectral import Broadening, EnergyGrid, spectral_function
from core.errors import InputError
from core.parameters.tight_binding import SHELLS, tight_binding_parameters
from core.structure.crystal import Crystal

K_NOTE = "kx, ky in units of 2*pi/a_parallel, kz in units of 2*pi/c_mean"


def bands_dataset(calculation: BandCalculation) -> xr.Dataset:
    """Raw bands: energy, unfolding_weight (k, band), velocity, atom_weight (atom, k, band) and by shell."""
    bands = calculation.bands
    data = common_dataset(calculation.crystal, calculation.path, calculation.spin_orbit)
    data["energy"] = (("k", "band"), bands.energy, {"units": "eV", "long_name": "band energy"})
    data["unfolding_weight"] = (("k", "band"), bands.unfolding_weight, {"units": "1", "long_name": "W_n(k)"})
    data["velocity"] = (("k", "band"), bands.velocity, {"units": "eV angstrom", "long_name": "dE/ds along the path"})
    data["atom_weight"] = (("atom", "k", "band"), bands.atom_weight, {"units": "1", "long_name": "P_i,n(k)"})
    data["atom_shell_weight"] = (
        ("atom", "shell", "k", "band"),
        bands.atom_shell_weight,
        {"units": "1", "long_name": "P_i,n(k) by orbital shell"},
    )
    data["shell"] = ("shell", list(SHELLS))
    return data


def spectral_dataset(
    calculation: BandCalculation,
    grid: EnergyGrid | None = None,
    broadening: Broadening | None = None,
    engine: str = "exact",
    by_shell: bool = False,
) -> xr.Dataset:
    """Spectral functions: asf (atom, k, energy), total (k, energy), and by shell on request; 1/eV."""
    grid, broadening = grid or EnergyGrid(), broadening or Broadening()
    asf = spectral_function(calculation.bands, calculation.path.step, grid, broadening)
    data = common_dataset(calculation.crystal, calculation.path, calculation.spin_orbit)
    add_spectra(data, asf, grid)
    if by_shell:
        parts = [spectral_function(calculation.bands, calculation.path.step, grid, broadening, (n,)) for n in range(4)]
        data["asf_by_shell"] = (("shell", "atom", "k", "energy"), np.stack(parts), {"units": "1/eV"})
        data["shell"] = ("shell", list(SHELLS))
    data.attrs.update(engine=engine, broadening_sigma_eV=broadening.sigma, smearing=broadening.smearing)
    return data


def add_spectra(data: xr.Dataset, asf: np.ndarray, grid: EnergyGrid) -> None:
    """Put spectral functions (atom, k, energy) in 1/eV and their sum into a data set."""
    data["energy"] = ("energy", grid.values, {"units": "eV", "long_name": "energy above the Si valence band maximum"})
    long_name = "atomically resolved spectral function"
    data["asf"] = (("atom", "k", "energy"), asf, {"units": "1/eV", "long_name": long_name})
    data["total"] = (("k", "energy"), asf.sum(axis=0), {"units": "1/eV", "long_name": "A(k,E), the sum over atoms"})


def check_result_file(path: str | Path) -> None:
    """Refuse a place where no result file can be written, before anything is computed for it.

    Raises:
        InputError: the suffix is not .nc, or the folder does not exist or cannot be written to.
    """
    path = Path(path)
    if path.suffix.lower() != ".nc":
        raise InputError(f"{path.name!r} is no NetCDF name; end it with .nc")
    if not os.path.isdir(path.parent):
        raise InputError(f"The folder of {str(path)!r} does not exist; create it or choose another place")
    if os.path.isdir(path) or not os.access(path if os.path.exists(path) else path.parent, os.W_OK):
        raise InputError(f"{str(path)!r} cannot be written; choose another place")


def write_dataset(data: xr.Dataset, path: str | Path) -> None:
    """Write NetCDF 4, compressed.

    Raises:
        InputError: see `check_result_file`, or the disk is full.
    """
    check_result_file(path)
    compressed = {
        name: {"zlib": True, "complevel": 4} for name, value in data.variables.items() if value.dtype.kind == "f"
    }
    try:
        data.to_netcdf(path, engine="h5netcdf", encoding=compressed)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be written: {error.strerror or error}") from error


def common_dataset(crystal: Crystal, path: KPath, spin_orbit: bool = False) -> xr.Dataset:
    """Coordinates, structure and attributes that every result carries."""
    angstrom = {"units": "angstrom"}
    data = xr.Dataset(
        {
            "k_cartesian": (("k", "xyz"), path.k_cartesian, {"units": "1/angstrom"}),
            "k_reduced": (("k", "xyz"), path.k_reduced, {"units": "1", "comment": K_NOTE}),
            "positions": (("atom", "xyz"), crystal.positions, angstrom),
            "cell": (("vector", "xyz"), crystal.cell, {**angstrom, "comment": "lattice vectors in rows"}),
            "species": ("atom", list(crystal.species)),
            "ge_fraction": ("atom", crystal.ge_fraction, {"units": "1"}),
            "interfacial": ("atom", crystal.interfacial.astype("i1"), {"comment": "1: not all neighbours of own kind"}),
        },
        coords={
            "k": ("k", np.arange(len(path))),
            "path_length": ("k", path.distance, {"units": "1/angstrom"}),
            "atom": ("atom", np.arange(len(crystal)), {"comment": "in growth order"}),
            "xyz": ("xyz", ["x", "y", "z"]),
        },
    )
    data.attrs = {
        "title": f"Bandloom: {crystal.label}",
        "structure": crystal.label,
        "notes": "; ".join(crystal.notes),
        "lattice_in_plane_angstrom": crystal.lattice_in_plane,
        "lattice_growth_angstrom": crystal.lattice_growth,
        "k_path": path.text,
        "k_path_labels": "; ".join(f"{label} at {distance:.6f} 1/angstrom" for label, distance in path.ticks),
        "energy_zero": "valence band maximum of unstrained bulk Si in the same model",
        "spin_orbit": int(spin_orbit),
        "model": "sp3d5s* nearest-neighbour tight binding, exact diagonalisation",
        "parameters": tight_binding_parameters().source,
        "engine_version": ENGINE_VERSION,
    }
    return data
