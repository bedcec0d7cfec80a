"""Pictures of the tour on photoemission: cuts at a k_z, what a measurement does to them, images of something else."""

from functools import lru_cache

import numpy as np
from dash import html

from components.figures.page_map import energy_axis, even_columns, momentum_axis, page_map
from components.learn.drawings import readout, reverse_figures
from core.engines import ENGINES
from core.engines.protocol import Cut
from core.experiment.photoemission.artefacts import Artefacts
from core.experiment.photoemission.final_state import INNER_POTENTIAL, FinalState, final_momentum, reduced_kz
from core.experiment.photoemission.orbitals import orbital_shares
from core.experiment.photoemission.renderer import simulate
from core.experiment.photoemission.spectra import cut_signal, predicted_vbm
from core.learning.dataset import CUT_POINTS
from core.sessions.readings import first_reading
from core.structure.sample import Sample

KX, EV = np.linspace(-1.15, 1.15, 185), np.linspace(-7.0, 0.5, 241)
FERMI_ABOVE_VBM = 0.35
"""eV, of the simulated images; the same as in the example that they are beside."""

TRUTH, RIVAL, SUBSTRATE = "Si5Ge7", "Si7Ge5", "Si0.5Ge0.5"
"""The stack of the example image "sharp", another one of the same period, and their substrate."""

ARTEFACTS = {
    "bare": {},
    "elements": {"intensity": 0.5, "asymmetry": 0.3, "orbital": 0.6},
    "blurred": {"energy_resolution": 0.12, "momentum_resolution": 0.03, "lifetime": 0.15, "shirley": 0.8,
                "linear": 0.3, "fermi_edge": True},
    "counted": {"counts": 60.0, "stripes": 0.04, "response": 0.08},
}  # fmt: skip
"""What each stage of a measurement adds to those before."""


def normal_cut():
    """Bulk Si along Γ-X in the plane at k_z = 0."""
    return _silicon_cut(0.0)


def photon_cut(energy: float):
    """Bulk Si along Γ-X at the k_z of a photon energy in eV."""
    crystal = Sample("Si2", "Si", 0.0).crystal()
    momentum = final_momentum(energy, INNER_POTENTIAL["Si"])
    kz = float(reduced_kz(momentum, crystal.lattice_growth / 4))
    shown = readout(
        f"hν = {energy:g} eV",
        ["k", html.Sub("f"), f" = {momentum:.2f} 1/Å"],
        ["k", html.Sub("z"), f" = {kz:.2f} · 2π/c̄"],
    )
    return [_silicon_cut(round(kz, 2)), shown]


@lru_cache(maxsize=64)
def _cut_values(kz: float) -> tuple[np.ndarray, float]:
    spectra = ENGINES["exact"].solve(Sample("Si2", "Si", 0.0).crystal(), Cut("G-X", kz, CUT_POINTS))
    return even_columns(spectra.total(), spectra.path), float(spectra.path.distance[-1])


def _silicon_cut(kz: float):
    values, reach = _cut_values(kz)
    below = values[:, :120]  # -7 to 0.5 eV of the default grid
    return page_map(below, momentum_axis(reach), energy_axis(-7.0, 0.5), f"Si, Γ-X, kz = {kz:g}", "inferno")


def _simulated(stack: str, stage: str) -> np.ndarray:
    """(kx, eV) of a stack as a measurement would see it up to a stage; spectra by the forward model."""
    crystal = Sample(stack, SUBSTRATE, 0.0).crystal()
    settings: dict = {"seed": 7, "fermi_level": predicted_vbm(crystal) + FERMI_ABOVE_VBM}
    for name, added in ARTEFACTS.items():
        settings |= added
        if name == stage:
            break
    signal = cut_signal(crystal, "G-X", FinalState(0.0, 6.0, 0.03))[None]
    lattice = crystal.lattice_in_plane
    shares = orbital_shares(float(crystal.ge_fraction.mean()), lattice, "G-X", 0.0)[None]
    artefacts = [Artefacts(**settings)]
    noisy = stage == "counted"
    return simulate(signal, np.array([lattice]), "G-X", artefacts, KX, EV, noise=noisy, shares=shares)[0]


def measured(stage: str):
    """Si5Ge7 from the bare spectral function to a counted image."""
    return _image(_simulated(TRUTH, stage), f"{TRUTH}, {stage}")


def loop_images(which: str):
    """The example image, and the bare spectral functions of its stack and of another."""
    if which == "image":
        raw = first_reading("example-sharp").raw().transpose("kx", "eV")
        raw = raw.sel(eV=slice(EV[0], EV[-1]))
        return _image(raw.values, "example image")
    return _image(_simulated(TRUTH if which == "right" else RIVAL, "bare"), TRUTH if which == "right" else RIVAL)


def foreign(kind: str):
    """An image of Si/Ge, or of something else, with the share of such test images that the reverse model accepts."""
    values = _simulated(TRUTH, "counted") if kind == "crystal" else _drawn(kind)
    inside = reverse_figures()["domain"]["share_inside"]["realistic" if kind == "crystal" else kind]
    return [_image(values, kind), readout(f"{100 * inside:.0f} %")]


def _drawn(kind: str) -> np.ndarray:
    """(kx, eV) counts of cones, of parabolas, or of nothing but noise."""
    random = np.random.default_rng(5)
    lines = {
        "cones": [sign * 4.5 * np.abs(KX - 0.1) - 1.2 for sign in (-1, 1)],
        "parabolas": [-0.6 - 3.81 * KX**2 / 0.5, -3.0 + 3.81 * KX**2 / 1.2],
    }.get(kind, [])
    image = 0.15 + sum(np.exp(-((EV - line[:, None]) ** 2) / (2 * 0.15**2)) for line in lines)
    image = image / (1 + np.exp(np.clip(EV / 0.03, -40, 40)))
    return random.poisson(np.broadcast_to(60 * image, (len(KX), len(EV)))).astype(np.float32)


def _image(values: np.ndarray, name: str):
    top = float(np.nanpercentile(values, 99.5))
    return page_map(values, momentum_axis(KX[-1]), energy_axis(-7.0, 0.5, "F", ""), name, "inferno", top=top)
