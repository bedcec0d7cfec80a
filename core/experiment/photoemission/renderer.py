"""Simulated measurements: what an ARPES experiment makes of a spectral function.

The chain is that of a measurement: final-state momentum (k_z is broadened and bent), matrix elements, lifetime and
resolution, background, Fermi edge, detector, counting noise, and errors of calibration. Each step is one artefact that
can be left out; everything random follows from one seed.
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy.fft import dct, idct

from core.electronic.spectral import EnergyGrid
from core.experiment.photoemission.orbitals import COMBINATIONS, ENERGY

FIELD_KNOTS = (8, 11)
"""Knots of the smooth random fields along k∥ and E: about 0.35 1/Å and 0.9 eV over the standard window, so that one of
two branches can vanish."""

HIGHEST_FERMI_LEVEL = 1.7
"""eV above the valence band maximum: the gap of Si, heavy doping, and what the theory's deep states lack."""

MISPLACED_K, MISSTRETCHED_E = 0.02, 0.03
"""1/Å, relative: spreads of the errors of Γ's place and of the energy scale. The second is theory's more than the
experiment's: deep valence states are known to a few percent only."""

BOLTZMANN = 8.617333e-5
"""eV/K."""

FWHM = 2.3548
"""Full width at half maximum of a Gaussian over its σ."""

SHADOW = 0.02
"""Least intensity that a matrix element leaves."""

ODD = 0.6
"""Part of orbital matrix elements that changes its sign with k∥."""

MIXED_SIGNS = 0.1
"""1/Å around k∥ = 0 where the matrix elements of both signs mix."""


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


ZONE_EDGE = {"G-X": 1.0, "G-K": 0.75}
"""Where the outward half of a cut ends, in units of 2π/a∥ (times √2 for Γ-K)."""

REACH = {"G-X": np.inf, "G-K": 1.15}
"""1/Å up to which a cut is simulated and read: beyond K the line goes on at another k_z."""

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
    image = _resampled(signal, lattice, cut, true_k, energy, values)
    smooth = _smooth_fields(random, kx, ev)
    image *= _matrix_element(column, smooth, kx)
    if shares is not None and np.any(column["orbital"]):
        image *= _orbital_element(shares, column["orbital"], random, lattice, cut, true_k, energy)
    image = _resolved(image, column, kx, ev)
    if states is not None:
        states = np.stack([np.interp(e, values, row) for e, row in zip(energy, states, strict=True)])
        states = states * np.exp(column["intensity"][:, 0] * smooth.mean(axis=1))
    image = _with_background(image, states, column)
    image *= _occupation(column, true_e)
    image *= _detector(column, random, kx, ev)
    seen = (kx[None, :, None] >= column["k_left"]) & (kx[None, :, None] <= column["k_right"])
    seen = seen & (ev[None, None] >= column["e_bottom"]) & _inside_round(column, kx, ev)
    seen = seen & (np.abs(kx) <= REACH[cut])[None, :, None]
    lowest = (grid or EnergyGrid()).values[0]
    seen = seen & ((true_e + column["fermi_level"][:, 0])[:, None] >= lowest)
    return _counted(image, seen, column, random if noise else None)


def _resampled(signal, lattice, cut, k, energy, values) -> np.ndarray:
    """(image, kx, eV) by linear interpolation of a signal at energies `values` to (image, kx) and (image, eV)."""
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
        factor += _resampled(seen, lattice, cut, k, energy, ENERGY) * (1 + way * sign) / 2
    return np.maximum(factor, SHADOW)


def _resolved(image, column, kx, ev) -> np.ndarray:
    """Gaussian resolution along both axes, and a width that grows towards deep states; mirrored at the ends."""
    sigma_e, sigma_k = column["energy_resolution"] / FWHM, column["momentum_resolution"] / FWHM
    lifetime = column["lifetime"]
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


def _occupation(column, energy) -> np.ndarray:
    """Fermi function, widened by the resolution."""
    width = np.hypot(BOLTZMANN * column["temperature"], column["energy_resolution"] / FWHM / 1.7)
    exponent = np.clip(energy[:, None] / np.maximum(width, 1e-3), -40.0, 40.0)
    return np.where(column["fermi_edge"], 1 / (1 + np.exp(exponent)), 1.0).astype(np.float32)


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
