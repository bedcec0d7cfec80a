"""The artefacts of a measurement, one dataclass, and how strong they are in simulated images of two severities."""

from dataclasses import dataclass

import numpy as np

HIGHEST_FERMI_LEVEL = 1.7
"""eV above the valence band maximum: the gap of Si, heavy doping, and what the theory's deep states lack."""

MISPLACED_K, MISSTRETCHED_E = 0.02, 0.03
"""1/Å, relative: spreads of the errors of Γ's place and of the energy scale. The second is theory's more than the
experiment's: deep valence states are known to a few percent only."""


@dataclass(frozen=True)
class Artefacts:
    """One measurement. What is 0 is absent, but for `fermi_level` and `counts`.

    seed: of everything random.
    fermi_level: E_F in eV on the theory's energy scale.
    fermi_edge: whether states above E_F are empty. temperature: K, for the width of the edge.
    intensity: spread of the logarithm of a smooth random matrix element; `ripple`: the same as a bounded factor, so
        that 0.4 stands for ±40 %.
    orbital: spread of the logarithm of random matrix elements of the orbital combinations, other ones at each sign of
        k∥; needs shares.
    asymmetry: intensity at one sign of k∥ over that at the other goes as exp(±asymmetry).
    energy_resolution, momentum_resolution: FWHM in eV and 1/Å.
    lifetime: eV of additional width (σ) that states gain from E_F to 6 eV below.
    dos_background: momentum-independent share of a density of states, which is needed for it; shirley, linear: other
        backgrounds; all in units of the mean signal.
    counts: electrons in the mean pixel. response: spread of a smooth detector response. mesh, stripes: relative
        modulation by the detector's mesh and by its columns. hot_pixels: share of pixels. round_edge: how much of the
        corners a round detector cuts off, 0 to 1.
    k_shift, k_stretch, e_stretch: errors of the calibration: 1/Å, relative, relative.
    k_left, k_right, e_bottom: edges of what was measured, 1/Å and eV against E_F.
    """

    seed: int = 0
    fermi_level: float = 0.0
    fermi_edge: bool = False
    temperature: float = 30.0
    intensity: float = 0.0
    ripple: float = 0.0
    orbital: float = 0.0
    asymmetry: float = 0.0
    energy_resolution: float = 0.0
    momentum_resolution: float = 0.0
    lifetime: float = 0.0
    dos_background: float = 0.0
    shirley: float = 0.0
    linear: float = 0.0
    counts: float = 200.0
    response: float = 0.0
    mesh: float = 0.0
    stripes: float = 0.0
    hot_pixels: float = 0.0
    round_edge: float = 0.0
    k_shift: float = 0.0
    k_stretch: float = 0.0
    e_stretch: float = 0.0
    k_left: float = -np.inf
    k_right: float = np.inf
    e_bottom: float = -np.inf


def clean_artefacts(random: np.random.Generator) -> Artefacts:
    """The lower severity: offset ±0.25 eV, smooth ±40 % intensity, 200 counts a pixel."""
    return Artefacts(
        seed=int(random.integers(2**31)), fermi_level=float(random.uniform(-0.25, 0.25)), ripple=0.4, counts=200.0
    )


def realistic_artefacts(random: np.random.Generator, vbm: float) -> Artefacts:
    """The higher severity: every artefact, at strengths matched to real files.

    Args:
        random: what the strengths are drawn from.
        vbm: valence band maximum in eV on the theory's scale; E_F lies 0 to HIGHEST_FERMI_LEVEL above it.
    """
    uniform = lambda low, high: float(random.uniform(low, high))  # noqa: E731
    rarely = lambda chance, value: value if random.random() < chance else 0.0  # noqa: E731
    return Artefacts(
        seed=int(random.integers(2**31)),
        fermi_level=vbm + uniform(0.0, HIGHEST_FERMI_LEVEL),
        fermi_edge=True,
        temperature=uniform(10.0, 300.0),
        intensity=uniform(0.1, 0.6),
        orbital=uniform(0.0, 1.5),
        asymmetry=uniform(-0.5, 0.5),
        energy_resolution=uniform(0.02, 0.25),
        momentum_resolution=uniform(0.01, 0.06),
        lifetime=uniform(0.0, 0.3),
        dos_background=float(np.exp(random.uniform(np.log(0.1), np.log(10.0)))),
        shirley=float(np.exp(random.uniform(np.log(0.1), np.log(2.0)))),
        linear=uniform(0.0, 0.5),
        counts=float(np.exp(random.uniform(np.log(50.0), np.log(2000.0)))),
        response=uniform(0.0, 0.2),
        mesh=rarely(0.5, uniform(0.0, 0.05)),
        stripes=rarely(0.5, uniform(0.0, 0.05)),
        hot_pixels=rarely(0.5, uniform(0.0, 0.002)),
        round_edge=rarely(0.3, uniform(0.0, 0.6)),
        k_shift=float(random.normal(0.0, MISPLACED_K)),
        k_stretch=float(random.normal(0.0, 0.01)),
        e_stretch=float(random.normal(0.0, MISSTRETCHED_E)),
        k_left=-uniform(0.7, 1.6),
        k_right=uniform(0.7, 1.6),
        e_bottom=-uniform(4.5, 9.0),
    )
