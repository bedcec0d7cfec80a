"""A second simulator, which shares spectra and orbital weights with the renderer, to see what a fit owes to its own.

Amplitudes of orbitals interfere instead of adding their weights; k_z is broadened by a Gaussian; the background is a
Shirley one of each energy distribution curve and a Tougaard tail; the Fermi edge is warm and sits on second-order
light; the detector is vignetted, its channels have gains of their own, and an electron lights up several pixels.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from core.electronic.zone import folded_nodes
from core.engines import engine_named
from core.experiment.photoemission.final_state import OVERLAPPING
from core.experiment.photoemission.orbitals import COMBINATIONS, ENERGY, orbital_shares_between
from core.experiment.photoemission.renderer import GRID, cut_end
from core.experiment.photoemission.spectra import HALF_POINTS
from core.parameters.constants import BOLTZMANN
from core.structure.crystal import Crystal


def foreign_image(
    crystal: Crystal,
    cut: str,
    kz: float,
    fermi_level: float,
    random: np.random.Generator,
    kx: np.ndarray,
    ev: np.ndarray,
) -> np.ndarray:
    """(kx, eV) intensities, not counts.

    Args:
        crystal: seen, up to the exact engine's limit.
        cut: `G-X` or `G-K`.
        kz: 2π/c̄ at k∥ = 0.
        fermi_level: eV on the theory's scale.
        random: of everything else.
        kx: axis in 1/Å.
        ev: axis in eV against E_F, evenly spaced.
    """
    bands = _at(_seen(crystal, cut, kz, random), kx, ev + fermi_level, cut, crystal.lattice_in_plane, GRID)
    shares = orbital_shares_between(float(crystal.plane_ge_fraction.mean()), crystal.lattice_in_plane, cut, kz)
    bands = bands * _interference(shares, kx, ev + fermi_level, cut, crystal.lattice_in_plane, random)
    step, width = float(ev[1] - ev[0]), BOLTZMANN * random.uniform(80.0, 320.0)
    bands = bands / (1 + np.exp(np.clip(ev / width, -40, 40)))
    bands = gaussian_filter(bands, (random.uniform(0.2, 1.0), random.uniform(0.03, 0.08) / step), mode="nearest")
    above = np.cumsum(bands[:, ::-1], axis=1)[:, ::-1] * step
    loss = np.arange(1, len(ev)) * step
    tail = np.pad(loss / (2.0 + loss**2) ** 2, (1, 0))
    scattered = np.stack([np.convolve(row[::-1], tail)[: len(ev)][::-1] for row in bands])
    image = bands + random.uniform(0.02, 0.12) * above + random.uniform(0.0, 1.0) * step * scattered
    image = image + random.uniform(0.0, 0.02) * image.mean()
    across = np.linspace(-1, 1, len(kx))[:, None]
    image = image * np.cos(random.uniform(0.2, 0.8) * across) ** 2 * random.gamma(900.0, 1 / 900.0, (len(kx), 1))
    counts = random.poisson(image / image.mean() * random.uniform(150.0, 600.0)).astype(float)
    return gaussian_filter(counts, 0.4) * random.uniform(0.5, 40.0)


def _seen(crystal: Crystal, cut: str, kz: float, random: np.random.Generator) -> np.ndarray:
    """(k, energy) 1/eV: spectra averaged over a Gaussian of k_z on a sphere."""
    radius, width = random.uniform(3.0, 10.0), random.uniform(0.02, 0.1)
    unit = 2 * np.pi / (4 * float(crystal.plane_spacing.mean()))
    momentum = np.linspace(0.0, cut_end(cut, crystal.lattice_in_plane), HALF_POINTS)
    centre = kz - (radius - np.sqrt(radius**2 - np.minimum(momentum, 0.99 * radius) ** 2)) / unit
    nodes = folded_nodes(crystal, centre.min() - 3 * width / unit, centre.max() + 3 * width / unit, OVERLAPPING)
    weight = np.exp(-0.5 * ((nodes - centre[:, None]) * unit / width) ** 2) + 1e-12
    pictures = engine_named("exact").cut_totals(crystal, cut, nodes)
    return np.einsum("kn,nke->ke", weight / weight.sum(axis=1, keepdims=True), pictures)


def _interference(shares, kx, energy, cut: str, lattice: float, random: np.random.Generator) -> np.ndarray:
    """(kx, eV) |Σ amplitude|² of the orbital combinations, whose phases turn with k∥ and energy."""
    size = random.lognormal(0.0, 0.5, len(COMBINATIONS))
    phase, turn, rise = (random.uniform(-np.pi, np.pi, len(COMBINATIONS)) for _ in range(3))
    amplitude = sum(
        size[n]
        * np.sqrt(np.maximum(_at(shares[..., n], kx, energy, cut, lattice, ENERGY), 0.0))
        * np.exp(1j * (phase[n] + 0.4 * turn[n] * kx[:, None] + 0.05 * rise[n] * energy[None]))
        for n in range(len(COMBINATIONS))
    )
    found = np.abs(amplitude) ** 2
    return np.maximum(found / found.mean(), 0.03)


def _at(values: np.ndarray, kx, energy, cut: str, lattice: float, grid: np.ndarray) -> np.ndarray:
    """(kx, eV) of values (k, energy) on the outward half of a cut."""
    half = np.linspace(0.0, cut_end(cut, lattice), len(values))
    place = np.abs(kx)
    place = np.where(place > half[-1], 2 * half[-1] - place, place) if cut == "G-X" else place
    rows = np.stack([np.interp(energy, grid, row) for row in values])
    return np.stack([np.interp(place, half, column) for column in rows.T], axis=1)
