"""The example images of Interpret, simulated from stacks that no model was trained on: `python -m docs.examples`."""

import numpy as np
import xarray as xr

from core.experiment.photoemission.artefacts import Artefacts
from core.experiment.photoemission.background_states import background_states
from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.renderer import simulate
from core.experiment.photoemission.spectra import cut_signal, predicted_vbm
from core.sessions.readings import EXAMPLES
from core.structure.build import build_crystal
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

KX, EV = np.linspace(-1.15, 1.15, 185), np.linspace(-7.2, 0.5, 241)
SAMPLES = {
    "sharp": ("Si5Ge7", "Si0.5Ge0.5", 0.0, FinalState(0.0, 6.0, 0.03), 0.35),
    "graded": ("Si7Ge9", "Si0.3Ge0.7", 2.0, FinalState(0.25, 8.0, 0.03), 0.6),
    "alloy": ("(Si0.71Ge0.29)4", "Si", 0.0, FinalState(0.8, 10.0, 0.03), 0.9),
}
"""Stack, substrate, mixing in ML, k_z, and the Fermi level above the valence band maximum in eV."""


def main() -> None:
    """Write one NetCDF file for each example."""
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    for number, (name, (stack, ground, mixing, state, above)) in enumerate(SAMPLES.items()):
        crystal = build_crystal(parse_stack(stack), parse_substrate(ground), mixing)
        artefacts = Artefacts(
            seed=100 + number, fermi_level=predicted_vbm(crystal) + above, fermi_edge=True, intensity=0.5,
            asymmetry=0.3, energy_resolution=0.08, momentum_resolution=0.02, lifetime=0.1, dos_background=1.5,
            shirley=0.5, counts=300.0, response=0.08, stripes=0.02,
        )  # fmt: skip
        signal = cut_signal(crystal, "G-X", state, "exact")[None]
        lattice = np.array([crystal.lattice_in_plane])
        states = background_states(crystal.plane_ge_fraction.mean(), lattice)
        values = simulate(signal, lattice, "G-X", [artefacts], KX, EV, states=states)[0]
        image = xr.DataArray(
            values.T.astype(np.float32),
            dims=("eV", "kx"),
            coords={"eV": ("eV", EV, {"units": "eV"}), "kx": ("kx", KX, {"units": "1/angstrom"})},
            name="intensity",
            attrs={"simulated": "yes", "source": "Bandloom, simulated"},
        )
        image.to_netcdf(
            EXAMPLES / f"{name}.nc", engine="h5netcdf", encoding={"intensity": {"zlib": True, "complevel": 6}}
        )


if __name__ == "__main__":
    main()
