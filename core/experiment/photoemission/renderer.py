"""Simulated measurements: what an ARPES experiment makes of a spectral function.

The chain is that of a measurement: final-state momentum (k_z is broadened and bent), matrix elements, lifetime and
resolution, background, Fermi edge, detector, counting noise, and errors of calibration. Each step is one artefact that
can be left out; everything random follows from one seed.
"""

from dataclasses import fields

import numpy as np
from scipy.fft import dct, idct

from core.electronic.spectral import EnergyGrid
from core.experiment.photoemission.artefacts import Artefacts
from core.experiment.photoemission.orbitals import COMBINATIONS, ENERGY
from core.parameters.constants import BOLTZMANN

FIELD_KNOTS = (8, 11)
"""Knots of the smooth random fields along k∥ and E: about 0.35 1/Å and 0.9 eV over the standard window, so that one of
two branches can vanish."""

FWHM = 2.3548
"""Full width at half maximum of a Gaussian over its σ."""

SHADOW = 0.02
"""Least intensity that a matrix element leaves."""

ODD = 0.6
"""Part of orbital matrix elements that changes its sign with k∥."""

MIXED_SIGNS = 0.1
"""1/Å around k∥ = 0 where the matrix elements of both signs mix."""


ZONE_EDGE = {"G-X": 1.0, "G-K": 0.75}
"""Where the outward half of a cut ends, in units of 2π/a∥ (times √2 for Γ-K)."""

REACH = {"G-X": np.inf, "G-K": 1.15}
"""1/Å up to which a cut is simulated and read: beyond K the line goes on at another k_z."""

GRID = EnergyGrid().values
"""eV: energies of signals."""

_UNIT = {"G-X": 1.0, "G-K": float(np.sqrt(2.0))}


def cut_end(cut: str, lattice: float) -> float:
    """Momentum (1/Å) at the end of the outward half of a cut."""
    return ZONE_EDGE[cut] * _UNIT[cut] * 2 * np.pi / lattice


def simulate(
    signal: np.ndarray,
    lattice: np.ndarray,
    cut: str,
    artefacts: list[Artefacts],
    kx: np.ndarray,
    ev: np.ndarray,
    grid: EnergyGrid | None = None,
    noise: bool = True,
    shares: np.ndarray | None = None,
    states: np.ndarray | None = None,
) -> np.ndarray:
    """(image, kx, eV) counts on the axes as the experimenter has calibrated them; NaN where nothing was measured.

    Args:
        signal: (image, k, energy) 1/eV, A(k, E) on the outward half of the cut; spectra are even, and on Γ-X they are
            even about X too.
        lattice: (image,) a∥ in Å.
        cut: `G-X` or `G-K`.
        artefacts: one an image.
        kx: axis in 1/Å.
        ev: axis in eV against E_F, rising.
        grid: energy axis of the signal, the default one if not given.
        noise: counts are drawn; expected counts are given otherwise.
        shares: (image, k, energy, combination) of `photoemission.orbitals`, for orbital matrix elements.
        states: (image, energy) of `photoemission.background_states`, on the axis of the signal, for their background.
    """
    column = {
        f.name: np.array([getattr(a, f.name) for a in artefacts], np.float32)[:, None, None] for f in fields(Artefacts)
    }
    random = [np.random.default_rng(a.seed) for a in artefacts]
    true_k = (kx[None] - column["k_shift"][:, 0]) / (1 + column["k_stretch"][:, 0])
    true_e = ev[None] / (1 + column["e_stretch"][:, 0])
    energy, lattice = true_e + column["fermi_level"][:, 0], np.asarray(lattice)
    values = (grid or EnergyGrid()).values
    image = resampled(signal, lattice, cut, true_k, energy, values)
    smooth = _smooth_fields(random, kx, ev)
    image *= _matrix_element(column, smooth, kx)
    if shares is not None and np.any(column["orbital"]):
        image *= _orbital_element(shares, column["orbital"], random, lattice, cut, true_k, energy)
    image = broadened(image, column["energy_resolution"], column["momentum_resolution"], column["lifetime"], kx, ev)
    if states is not None:
        states = np.stack([np.interp(e, values, row) for e, row in zip(energy, states, strict=True)])
        states = states * np.exp(column["intensity"][:, 0] * smooth.mean(axis=1))
    image = _with_background(image, states, column)
    filled = occupation(true_e, column["energy_resolution"], column["temperature"])
    image *= np.where(column["fermi_edge"], filled, np.float32(1.0))
    image *= _detector(column, random, kx, ev)
    seen = (kx[None, :, None] >= column["k_left"]) & (kx[None, :, None] <= column["k_right"])
    seen = seen & (ev[None, None] >= column["e_bottom"]) & _inside_round(column, kx, ev)
    seen = seen & (np.abs(kx) <= REACH[cut])[None, :, None]
    lowest = (grid or EnergyGrid()).values[0]
    seen = seen & ((true_e + column["fermi_level"][:, 0])[:, None] >= lowest)
    return _counted(image, seen, column, random if noise else None)


def resampled(
    signal: np.ndarray, lattice: np.ndarray, cut: str, k: np.ndarray, energy: np.ndarray, values: np.ndarray = GRID
) -> np.ndarray:
    """(image, kx, eV) of signals by linear interpolation.

    Args:
        signal: (image, k, energy) on the outward half of a cut, at energies `values`.
        lattice: (image,) a∥ in Å.
        cut: `G-X` or `G-K`.
        k: (image, kx) 1/Å.
        energy: (image, eV) on the theory's scale.
        values: eV, evenly spaced.
    """
    points = signal.shape[1] - 1
    place = np.abs(k) / cut_end(cut, 1.0) * lattice[:, None]
    place = 1 - np.abs(1 - place % 2.0) if cut == "G-X" else np.minimum(place, 1.0)
    place = np.clip(place * points, 0, points - 1e-4)
    low = place.astype(int)
    part = (place - low).astype(np.float32)[..., None]
    row = np.arange(len(signal))[:, None]
    image = signal[row, low] * (1 - part) + signal[row, low + 1] * part
    place = np.clip((energy - values[0]) / (values[1] - values[0]), 0, len(values) - 1.0001)
    low = place.astype(int)[:, None]
    part = (place - place.astype(int)).astype(np.float32)[:, None]
    return np.take_along_axis(image, low, 2) * (1 - part) + np.take_along_axis(image, low + 1, 2) * part


def _knots(axis: np.ndarray, count: int) -> np.ndarray:
    """(point, knot) Gaussian bumps of unit norm at every point, so that a field of normal numbers has unit variance."""
    place = (axis - axis[0]) / (axis[-1] - axis[0]) * (count - 1)
    bumps = np.exp(-0.5 * ((place[:, None] - np.arange(count)) / 0.8) ** 2)
    return (bumps / np.sqrt((bumps**2).sum(axis=1, keepdims=True))).astype(np.float32)


def _smooth_fields(random, kx, ev) -> np.ndarray:
    """(image, kx, eV) smooth normal fields."""
    normal = np.stack([r.standard_normal(FIELD_KNOTS, dtype=np.float32) for r in random])
    return _knots(kx, FIELD_KNOTS[0]) @ normal @ _knots(ev, FIELD_KNOTS[1]).T


def _matrix_element(column, field, kx) -> np.ndarray:
    odd = np.tanh(kx / 0.3)[None, :, None].astype(np.float32)
    factor = np.exp(column["intensity"] * field + column["asymmetry"] * odd)
    return (np.maximum(factor, SHADOW) * (1 + column["ripple"] * np.tanh(field))).astype(np.float32)


def _orbital_element(shares, spread, random, lattice, cut, k, energy) -> np.ndarray:
    """(image, kx, eV) shares of the orbital combinations, weighted by random numbers that differ at ±k∥."""
    normal = np.stack([r.standard_normal((2, len(COMBINATIONS)), dtype=np.float32) for r in random])
    sign = np.tanh(k / MIXED_SIGNS)[..., None].astype(np.float32)
    factor = np.zeros((*k.shape, energy.shape[1]), np.float32)
    for way in (1.0, -1.0):
        weight = np.exp(spread[:, 0] * (ODD * way * normal[:, 0] + np.sqrt(1 - ODD**2) * normal[:, 1]))
        weight /= weight.mean(axis=1, keepdims=True)
        seen = np.einsum("ikeo,io->ike", shares, weight)
        factor += resampled(seen, lattice, cut, k, energy, ENERGY) * (1 + way * sign) / 2
    return np.maximum(factor, SHADOW)


def broadened(image: np.ndarray, resolution, momentum_resolution, lifetime, kx, ev) -> np.ndarray:
    """Gaussian resolution along both axes, and a width that grows towards deep states; mirrored at the ends.

    Args:
        image: (image, kx, eV).
        resolution: (image, 1, 1) FWHM in eV.
        momentum_resolution: (image, 1, 1) FWHM in 1/Å.
        lifetime: (image, 1, 1) σ in eV at −6 eV.
        kx: axis in 1/Å.
        ev: axis in eV against E_F.
    """
    sigma_e, sigma_k = resolution / FWHM, momentum_resolution / FWHM
    if not (np.any(sigma_e) or np.any(sigma_k) or np.any(lifetime)):
        return image
    sharp = _blurred(_blurred(image, sigma_e, ev, 2), sigma_k, kx, 1)
    if not np.any(lifetime):
        return sharp
    deep = _blurred(sharp, lifetime, ev, 2)
    depth = np.clip(-ev / 6.0, 0.0, 1.0)[None, None].astype(np.float32)
    return sharp * (1 - depth) + deep * depth


def _blurred(image, sigma, axis, along) -> np.ndarray:
    if not np.any(sigma):
        return image
    frequency = np.pi * np.arange(image.shape[along]) / image.shape[along] / (axis[1] - axis[0])
    frequency = frequency[None, :, None] if along == 1 else frequency[None, None]
    damping = np.exp(-0.5 * (sigma * frequency) ** 2).astype(np.float32)
    return idct(dct(image, axis=along) * damping, axis=along)


def _with_background(image, states, column) -> np.ndarray:
    """An image with its backgrounds, one of them a density of states (image, eV)."""
    mean = image.mean(axis=(1, 2), keepdims=True)
    scattered = np.cumsum(image[:, :, ::-1], axis=2)[:, :, ::-1].mean(axis=1, keepdims=True)
    scattered = scattered / np.maximum(scattered.mean(axis=2, keepdims=True), 1e-9) * mean
    slope = np.linspace(1.0, 0.0, image.shape[2], dtype=np.float32)[None, None] * 2 * mean
    found = image + column["shirley"] * scattered + column["linear"] * slope
    if states is None:
        return found
    level = states[:, None] / np.maximum(states.mean(axis=1), 1e-9)[:, None, None] * mean
    return (found + column["dos_background"] * level).astype(np.float32)


def occupation(energy: np.ndarray, resolution: np.ndarray, temperature: float | np.ndarray) -> np.ndarray:
    """(image, 1, eV) Fermi function, widened by the resolution.

    Args:
        energy: (image, eV) against E_F.
        resolution: (image, 1, 1) FWHM in eV.
        temperature: K.
    """
    width = np.hypot(BOLTZMANN * temperature, resolution / FWHM / 1.7)
    exponent = np.clip(energy[:, None] / np.maximum(width, 1e-3), -40.0, 40.0)
    return (1 / (1 + np.exp(exponent))).astype(np.float32)


def _detector(column, random, kx, ev) -> np.ndarray:
    response = 1 + column["response"] * np.tanh(_smooth_fields(random, kx, ev))
    columns = np.stack([r.standard_normal(len(kx), dtype=np.float32) for r in random])[..., None]
    phase = np.stack([r.uniform(0, 2 * np.pi, 2) for r in random])
    period = np.stack([r.uniform(4.0, 9.0, 2) for r in random])
    waves = [
        np.sin(2 * np.pi * np.arange(n) / period[:, [i]] + phase[:, [i]]) for i, n in enumerate((len(kx), len(ev)))
    ]
    mesh = 1 + column["mesh"] * (waves[0][:, :, None] + waves[1][:, None, :])
    return (response * mesh * np.maximum(1 + column["stripes"] * columns, 0.1)).astype(np.float32)


def _inside_round(column, kx, ev) -> np.ndarray:
    """Pixels inside the detector's round edge: 0 cuts nothing off, 1 leaves the inscribed ellipse."""
    across, down = (np.linspace(-1, 1, len(axis)) for axis in (kx, ev))
    radius = across[:, None] ** 2 + down**2
    return radius[None] <= 2.0 - column["round_edge"]


def _counted(image, seen, column, random) -> np.ndarray:
    mean = np.where(seen, image, 0.0).sum(axis=(1, 2), keepdims=True) / np.maximum(seen.sum((1, 2), keepdims=True), 1)
    expected = np.where(seen, image / np.maximum(mean, 1e-12) * column["counts"], 0.0)
    if random is None:
        return np.where(seen, expected, np.nan).astype(np.float32)
    counts = np.stack([r.poisson(e) for r, e in zip(random, np.maximum(expected, 0.0), strict=True)]).astype(np.float32)
    if np.any(column["hot_pixels"]):
        for number, r in enumerate(random):
            hot = r.random(counts.shape[1:]) < column["hot_pixels"][number]
            counts[number][hot] += column["counts"][number, 0, 0] * r.uniform(5, 60, int(hot.sum()))
    return np.where(seen, counts, np.nan).astype(np.float32)
