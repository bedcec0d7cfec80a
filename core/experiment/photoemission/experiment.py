"""Experiments made from a stack: what an instrument would see of it, as a file that is read like any other."""

import json
from dataclasses import fields, replace

import numpy as np
import xarray as xr

from core.errors import InputError
from core.experiment.photoemission.artefacts import Artefacts
from core.experiment.photoemission.background_states import background_states
from core.experiment.photoemission.final_state import OVERLAPPING, FinalState
from core.experiment.photoemission.orbitals import orbital_shares
from core.experiment.photoemission.renderer import simulate
from core.experiment.photoemission.spectra import cut_signal, predicted_vbm
from core.structure.build import build_crystal
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

KX, EV = np.linspace(-1.15, 1.15, 185), np.linspace(-7.2, 0.5, 241)

EXACT_TO = 40
"""Atoms up to which spectra are exact: some seconds of a core at most."""

RANGES = {
    "fermi_above_vbm": (0.0, 1.5),
    "kz": (0.0, 1.0),
    "kz_width": (0.0, 0.12),
    "final_momentum": (2.5, 12.0),
    "intensity": (0.0, 1.5),
    "orbital": (0.0, 2.0),
    "asymmetry": (-1.2, 1.2),
    "energy_resolution": (0.0, 0.4),
    "momentum_resolution": (0.0, 0.08),
    "lifetime": (0.0, 0.4),
    "dos_background": (0.0, 10.0),
    "shirley": (0.0, 2.0),
    "linear": (0.0, 1.0),
    "counts": (5.0, 2000.0),
    "response": (0.0, 0.3),
    "mesh": (0.0, 0.1),
    "stripes": (0.0, 0.1),
    "hot_pixels": (0.0, 0.005),
    "round_edge": (0.0, 0.8),
    "k_shift": (-0.1, 0.1),
    "k_stretch": (-0.05, 0.05),
    "e_stretch": (-0.03, 0.03),
}
"""Every artefact that a person can set, and how far."""

START = dict.fromkeys(RANGES, 0.0) | {
    "fermi_above_vbm": 0.5,
    "kz_width": 0.03,
    "final_momentum": 6.0,
    "intensity": 0.5,
    "asymmetry": 0.2,
    "energy_resolution": 0.08,
    "momentum_resolution": 0.02,
    "lifetime": 0.1,
    "dos_background": 1.0,
    "shirley": 0.3,
    "linear": 0.1,
    "counts": 300.0,
    "response": 0.05,
}
"""Where a person begins: an ordinary measurement."""


def simulated_experiment(
    stack: str, substrate: str, mixing: float, cut: str, settings: dict[str, float], seed: int
) -> bytes:
    """A simulated measurement of a stack as a NetCDF file over (eV, kx).

    Spectra are those of the exact engine up to EXACT_TO atoms, of the forward model beyond.

    Args:
        stack: notation.
        substrate: notation.
        mixing: ML.
        cut: `G-X` or `G-K`.
        settings: by the names in RANGES.
        seed: of everything random.

    Raises:
        InputError: a stack or substrate that is not acceptable, or a setting out of its range.
    """
    for name, value in settings.items():
        low, high = RANGES.get(name, (np.nan, np.nan))
        if not low <= value <= high:
            raise InputError(f"{name.replace('_', ' ')} = {value:g} is not accepted; give {low:g} to {high:g}")
    crystal = build_crystal(parse_stack(stack), parse_substrate(substrate), mixing)
    width = settings.get("kz_width", 0.0)
    radius = settings.get("final_momentum", np.inf) if width else np.inf
    engine = "exact" if len(crystal) <= EXACT_TO else "forward"
    signal = cut_signal(crystal, cut, FinalState(settings.get("kz", 0.0), radius, width), engine, OVERLAPPING)[None]
    known = {field.name for field in fields(Artefacts)}
    artefacts = replace(
        Artefacts(seed=int(seed), fermi_edge=True, fermi_level=predicted_vbm(crystal) + settings["fermi_above_vbm"]),
        **{name: value for name, value in settings.items() if name in known},
    )
    lattice = crystal.lattice_in_plane
    composition = float(crystal.plane_ge_fraction.mean())
    shares = orbital_shares(composition, lattice, cut, settings.get("kz", 0.0))[None]
    states = background_states(np.array([composition]), np.array([lattice]))
    values = simulate(signal, np.array([lattice]), cut, [artefacts], KX, EV, shares=shares, states=states)[0]
    truth = {
        "stack": stack.strip(), "substrate": substrate.strip(), "mixing": mixing, "cut": cut,
        "kz": settings.get("kz", 0.0), "fermi_above_vbm": settings["fermi_above_vbm"],
    }  # fmt: skip
    image = xr.DataArray(
        values.T.astype(np.float32),
        dims=("eV", "kx"),
        coords={"eV": ("eV", EV, {"units": "eV"}), "kx": ("kx", KX, {"units": "1/angstrom"})},
        name="intensity",
        attrs={
            "simulated": "yes",
            "simulated_from": json.dumps(truth, separators=(",", ":")),
            "source": f"Bandloom, simulated from {crystal.label} by the {engine} engine",
        },
    )
    return bytes(image.to_netcdf(engine="h5netcdf", encoding={"intensity": {"zlib": True, "complevel": 6}}))
