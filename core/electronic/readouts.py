"""Figures read from the bands: gap and its kind, valleys, splittings, effective masses, band-edge profiles.

A valley's energy is that of the lowest conduction state whose unfolding weight near the valley reaches a threshold,
refined to the point of zero velocity on the valley's symmetry line.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from core.electronic.calculation import check_size, energy_zero
from core.electronic.diagonalise import DEGENERACY_TOLERANCE, Bands, solve_bands
from core.electronic.hamiltonian import Hamiltonian, build_hamiltonian
from core.electronic.kpath import SPECIAL_POINTS
from core.electronic.states import States, solve_states
from core.errors import InputError
from core.structure.crystal import Crystal

VALLEY_LINES = {
    "Δ2": ((0.0, 0.0, 0.70), (0.0, 0.0, 1.0)),
    "Δ4": ((0.70, 0.0, 0.0), (1.0, 0.0, 0.0)),
    "L": ((0.5, 0.5, 0.30), (0.5, 0.5, 0.70)),
}
"""Ends of the line on which each conduction valley is looked for, kx, ky in 2π/a∥ and kz in 2π/c̄; Γ is a point."""

VALLEY_WEIGHT = 0.05
"""Least unfolding weight of a state that counts as belonging to a valley, see `_least_weight`."""

DIRECT_TOLERANCE = 1e-3
"""eV: a gap is direct, or pseudo-direct, when the lowest conduction state at Γ is this close to the band minimum."""

EDGE_TOLERANCE = 1e-3
"""eV: states this close to a band edge share its profile and masses."""

MASS_DIRECTIONS = {"[100]": (1, 0, 0), "[110]": (1, 1, 0), "[001]": (0, 0, 1)}
TURNED = {"Δ4": {"[100]": (0, 1, 0)}, "L": {"[110]": (1, -1, 0)}}
"""Valleys of which a direction meets two kinds: as seen from the one that is computed, how it meets the other kind."""

SAME_MASS = 1e-3
"""Relative difference from which two masses along a direction are two."""

SCALAR_UNITS = {
    "gap": "eV",
    "gap_kind": "",
    "direct_gap": "eV",
    "vbm": "eV",
    "cbm": "eV",
    "cbm_valley": "",
    "cbm_fraction": "of Γ-X, Γ-Z or Γ-L",
    "hh_lh_splitting": "eV",
    "delta2_delta4_splitting": "eV",
    "split_off": "eV",
}
"""The scalar readouts and their units, in the order in which they are shown."""

VERSION = "4"
"""Raised whenever readouts of the same bands change: part of their cache key."""

_LIGHT_HOLE = 0.25
_LIGHT_HOLE_LEAST = 0.45
_HOLE_RANGE = 1.5
_BULK_LIKE = 0.5


@dataclass(frozen=True)
class Valley:
    """A conduction valley: energy eV, k (kx, ky in 2π/a∥, kz in 2π/c̄), unfolding weight of its state, band index."""

    energy: float
    k_reduced: tuple[float, float, float]
    weight: float
    band: int


@dataclass(frozen=True, eq=False)
class Readouts:
    """Band figures on the common energy scale, in eV; masses in free-electron masses, holes positive.

    `vbm` is taken at Γ, where Si, Ge and all their stacks have it. `direct_gap` and `gap_kind` leave out what a lateral
    cell folds onto Γ. `hh_lh_splitting` is positive where the heavy hole
    lies higher. `split_off` is the depth below the VBM of the highest light state under LH that is bulk-like
    (unfolding weight of at least ½), None without spin-orbit coupling. `profile` and `masses` have the keys `vbm` and
    `cbm`; masses by direction, lightest first: one for each state at the edge and each kind of its equal valleys that
    the direction meets, such as Δ4 along [100] and [010].
    """

    gap: float
    gap_kind: str
    direct_gap: float
    vbm: float
    cbm: float
    cbm_valley: str
    cbm_k: tuple[float, float, float]
    valleys: dict[str, Valley]
    hh_lh_splitting: float | None
    delta2_delta4_splitting: float | None
    split_off: float | None
    profile: dict[str, np.ndarray]
    masses: dict[str, dict[str, list[float]]]

    @property
    def cbm_fraction(self) -> float:
        """Position of the conduction band minimum on the line from Γ to its zone-boundary point, 0 to 1."""
        return max(abs(v) for v in self.cbm_k) * (2.0 if self.cbm_valley == "L" else 1.0)

    @property
    def degenerate_valleys(self) -> list[str]:
        """All valleys within 0.1 meV of the lowest, such as Δ2 and Δ4 in unstrained silicon."""
        lowest = self.valleys[self.cbm_valley].energy
        return [name for name, valley in self.valleys.items() if abs(valley.energy - lowest) < 1e-4]


@dataclass(frozen=True, eq=False)
class ValenceEdge:
    """The valence band edge at Γ: energy (eV, parameters' scale), splittings as in Readouts, atoms' shares, masses."""

    energy: float
    hh_lh_splitting: float | None
    split_off: float | None
    profile: np.ndarray
    masses: dict[str, list[float]]


def read_valence(hamiltonian: Hamiltonian, gamma: States | None = None, at_gamma: Bands | None = None) -> ValenceEdge:
    """The valence band edge alone, at a small part of what `read_bands` costs; from states and bands at Γ, if given."""
    occupied = len(hamiltonian.crystal) * (4 if hamiltonian.spin_orbit else 2)
    gamma = gamma or solve_states(hamiltonian, (0, 0, 0))
    at_gamma = at_gamma or solve_bands(hamiltonian, [[0.0, 0.0, 0.0]], [[1.0, 0.0, 0.0]])
    energy = float(gamma.energy[occupied - 1])
    hh_lh, split_off = _hole_splittings(gamma, at_gamma.unfolding_weight[0], occupied)
    members = np.flatnonzero(np.abs(gamma.energy - energy) < EDGE_TOLERANCE)
    return ValenceEdge(energy, hh_lh, split_off, gamma.atom_weight(members), _masses(gamma, members, -1))


def _masses(states: States, members: np.ndarray, sign: int, valley: str = "Γ") -> dict[str, list[float]]:
    """By direction, one for each state at an edge and each kind of valley; sign: −1 for holes."""
    found = {}
    for name, direction in MASS_DIRECTIONS.items():
        own = states.effective_mass(members, np.array(direction))
        if turned := TURNED.get(valley, {}).get(name):
            other = states.effective_mass(members, np.array(turned))
            if not np.allclose(own, other, rtol=SAME_MASS):
                own = np.concatenate([own, other])
        found[name] = [float(sign * mass) for mass in sorted(own, key=abs)]
    return found


def read_bands(hamiltonian: Hamiltonian, energy_zero: float = 0.0) -> Readouts:
    """Find the band edges, valleys, splittings and masses of a crystal.

    Args:
        hamiltonian: of the crystal.
        energy_zero: eV on the parameters' scale, subtracted from every energy.
    """
    occupied = len(hamiltonian.crystal) * (4 if hamiltonian.spin_orbit else 2)
    gamma = solve_states(hamiltonian, (0, 0, 0))
    at_gamma = solve_bands(hamiltonian, [[0.0, 0.0, 0.0]], [[1.0, 0.0, 0.0]])
    valleys = find_valleys(hamiltonian, at_gamma, occupied)
    cbm_valley = _lowest_valley(valleys)
    lowest = valleys[cbm_valley]
    valence = read_valence(hamiltonian, gamma, at_gamma)
    vbm = valence.energy
    at = _lowest_at_gamma(gamma, occupied)
    direct_gap = gamma.energy[at] - vbm
    cbm_states = solve_states(hamiltonian, lowest.k_reduced)
    at_cbm = np.flatnonzero(np.abs(cbm_states.energy - lowest.energy) < EDGE_TOLERANCE)
    delta = [valleys[name].energy for name in ("Δ2", "Δ4") if name in valleys]
    return Readouts(
        gap=float(lowest.energy - vbm),
        gap_kind=_gap_kind(at_gamma, at, direct_gap - (lowest.energy - vbm)),
        direct_gap=float(direct_gap),
        vbm=float(vbm - energy_zero),
        cbm=float(lowest.energy - energy_zero),
        cbm_valley=cbm_valley,
        cbm_k=lowest.k_reduced,
        valleys={name: Valley(v.energy - energy_zero, v.k_reduced, v.weight, v.band) for name, v in valleys.items()},
        hh_lh_splitting=valence.hh_lh_splitting,
        delta2_delta4_splitting=float(delta[0] - delta[1]) if len(delta) == 2 else None,
        split_off=valence.split_off,
        profile={"vbm": valence.profile, "cbm": cbm_states.atom_weight(at_cbm)},
        masses={"vbm": valence.masses, "cbm": _masses(cbm_states, at_cbm, 1, cbm_valley)},
    )


def find_valleys(hamiltonian: Hamiltonian, at_gamma: Bands, occupied: int) -> dict[str, Valley]:
    """The conduction valleys Γ, Δ2, Δ4, L by name; energies on the parameters' scale; `at_gamma` are the bands at Γ."""
    weight, energy = at_gamma.unfolding_weight[0], at_gamma.energy[0]
    lowest = occupied + int(np.argmax(weight[occupied:] >= _least_weight(hamiltonian)))
    valleys = {"Γ": Valley(float(energy[lowest]), (0.0, 0.0, 0.0), float(weight[lowest]), lowest)}
    for name, (start, stop) in VALLEY_LINES.items():
        valley = _line_minimum(hamiltonian, np.array(start), np.array(stop), occupied)
        if valley is not None:
            valleys[name] = valley
    return valleys


def _least_weight(hamiltonian: Hamiltonian) -> float:
    """VALLEY_WEIGHT, or less for periods above 40 planes: a state confined to a few planes spreads over all of k_z."""
    return min(VALLEY_WEIGHT, 2 / hamiltonian.crystal.plane_count)


def _lowest_valley(valleys: dict[str, Valley]) -> str:
    """The valley of the band minimum; of valleys that share its state or energy, the one it weighs most on."""
    lowest = min(valley.energy for valley in valleys.values())
    tied = [name for name in ("Δ2", "Δ4", "L", "Γ") if name in valleys and valleys[name].energy - lowest < 1e-6]
    return max(tied, key=lambda name: round(valleys[name].weight, 3))


def _line_minimum(hamiltonian, start, stop, occupied) -> Valley | None:
    """Lowest conduction state of sufficient weight on a line, refined where its velocity changes sign."""
    points = 13 + len(hamiltonian.crystal) // 4
    fraction = np.linspace(0, 1, points)
    metric = 2 * np.pi * np.linalg.inv(hamiltonian.crystal.average_cell).T
    tangent = (stop - start) @ metric
    length = np.linalg.norm(tangent)

    def solve(t):
        k = start + np.atleast_1d(t)[:, None] * (stop - start)
        return k, solve_bands(hamiltonian, k, np.tile(tangent / length, (len(k), 1)))

    _, bands = solve(fraction)
    conduction = np.arange(bands.energy.shape[1]) >= occupied
    energy = np.where((bands.unfolding_weight >= _least_weight(hamiltonian)) & conduction, bands.energy, np.inf)
    at, band = np.unravel_index(np.argmin(energy), energy.shape)
    if not np.isfinite(energy[at, band]):
        return None
    near = slice(max(0, at - 1), at + 2)
    spline = CubicHermiteSpline(fraction[near], bands.energy[near, band], bands.velocity[near, band] * length)
    candidates = np.array([fraction[at], *spline.derivative().roots(extrapolate=False)])
    k, refined = solve(candidates)
    best = int(np.argmin(refined.energy[:, band]))
    weight = float(refined.unfolding_weight[best, band])
    return Valley(float(refined.energy[best, band]), tuple(float(v) for v in k[best]), weight, int(band))


def _lowest_at_gamma(gamma: States, occupied: int) -> int:
    """The lowest conduction band at Γ that is there in the crystal with one atom a plane, too.

    A lateral cell folds bands of other k∥ onto Γ. Of a degenerate group, those at k∥ = 0 weigh one each in the sum.
    """
    crystal = gamma.hamiltonian.crystal
    sums = np.zeros((crystal.plane_count, *gamma.coefficient.shape[1:]), gamma.coefficient.dtype)
    np.add.at(sums, crystal.plane, gamma.coefficient)
    weight = (np.abs(sums) ** 2).sum(axis=(0, 1)) * crystal.plane_count / len(crystal)
    conduction = np.arange(occupied, len(gamma.energy))
    for group in np.split(conduction, np.flatnonzero(np.diff(gamma.energy[occupied:]) > DEGENERACY_TOLERANCE) + 1):
        if weight[group].sum() >= _BULK_LIKE:
            return int(group[0])
    return occupied


def _gap_kind(at_gamma: Bands, lowest: int, above_minimum: float) -> str:
    """Direct, pseudo-direct (a folded valley at Γ of the superlattice zone) or indirect; lowest: band at Γ."""
    if above_minimum > DIRECT_TOLERANCE:
        return "indirect"
    energy, weight = at_gamma.energy[0, lowest:], at_gamma.unfolding_weight[0, lowest:]
    return "direct" if weight[energy - energy[0] < DIRECT_TOLERANCE].max() >= _BULK_LIKE else "pseudo-direct"


def _hole_splittings(gamma: States, weight: np.ndarray, occupied: int) -> tuple[float | None, float | None]:
    """HH − LH and, with spin-orbit, VBM − split-off (eV) at Γ; None where the highest states lack a partner."""
    levels = _hole_levels(gamma, weight, occupied)
    heavy, light = _mixed_pair(levels) or (
        max((one for one in levels if one.light_share <= _LIGHT_HOLE), default=None),
        max((one for one in levels if one.light_share > _LIGHT_HOLE), default=None),
    )
    if heavy is None or light is None:
        return None, None
    below = [
        one.energy
        for one in levels
        if one is not heavy and one.light_share > _LIGHT_HOLE and one.weight >= _BULK_LIKE
        and one.energy < light.energy - EDGE_TOLERANCE
    ]  # fmt: skip
    split_off = levels[0].energy - max(below) if below and gamma.hamiltonian.spin_orbit else None
    return heavy.energy - light.energy, split_off


class _HoleLevel(NamedTuple):
    """A hole level at Γ: energy eV, unfolding weight, share of the light hole."""

    energy: float
    weight: float
    light_share: float


def _hole_levels(gamma: States, weight: np.ndarray, occupied: int) -> list[_HoleLevel]:
    """From the highest down; with spin-orbit coupling one of each Kramers pair."""
    energy = gamma.energy[:occupied]
    top = np.flatnonzero(energy > energy[-1] - _HOLE_RANGE)
    groups = np.split(top, np.flatnonzero(np.diff(energy[top]) > DEGENERACY_TOLERANCE) + 1)
    return [
        _HoleLevel(float(energy[members].mean()), float(weight[members].mean()), float(share))
        for members in reversed(groups)
        for share in gamma.light_hole_share(members)[:: 2 if gamma.hamiltonian.spin_orbit else 1]
    ]


def _mixed_pair(levels: list[_HoleLevel]) -> tuple[_HoleLevel, _HoleLevel] | None:
    """The two highest bulk-like levels as (heavy, light) where they are one heavy and one light hole, however mixed.

    Mixing keeps the sum of their shares, which is that of the light hole: at least ½, see `States.light_hole_share`,
    but for what the split-off hole takes. Neither of the two then has the ½ of a light hole, or only one of them.
    """
    first = levels[0]
    second = next((one for one in levels[1:] if one.weight >= _BULK_LIKE * first.weight), None)
    if second is None:
        return None
    heavy, light = sorted((first, second), key=lambda one: one.light_share)
    mixed = heavy.light_share + light.light_share > _LIGHT_HOLE_LEAST and heavy.light_share < _LIGHT_HOLE_LEAST
    return (heavy, light) if mixed else None


def readouts_document(crystal: Crystal, spin_orbit: bool = False) -> dict:
    """The readouts of a crystal as plain JSON types; `units` has the unit of every scalar, `points` special points."""
    check_size(crystal, spin_orbit)
    if crystal.empty_sites:
        raise InputError(
            "Around a missing atom levels lie in the gap and are filled in part, so that edges and gap cannot be read; "
            "draw the spectral function, or write raw bands to a file"
        )
    hamiltonian = build_hamiltonian(crystal, spin_orbit)
    zero = energy_zero(spin_orbit)
    return readings_document(read_bands(hamiltonian, zero), crystal, spin_orbit) | {
        "points": special_point_levels(hamiltonian, zero),
        "energy_zero": "valence band maximum of unstrained bulk Si in the same model",
    }


def readings_document(found: Readouts, crystal: Crystal, spin_orbit: bool = False) -> dict:
    """What was read from a crystal's bands as plain JSON types."""
    return {
        **{name: getattr(found, name) for name in SCALAR_UNITS if name != "cbm_fraction"},
        "cbm_fraction": found.cbm_fraction,
        "cbm_degenerate_valleys": found.degenerate_valleys,
        "cbm_k": list(found.cbm_k),
        "valleys": {name: vars(valley) for name, valley in found.valleys.items()},
        "masses": found.masses,
        "profile": {edge: [float(w) for w in weight] for edge, weight in found.profile.items()},
        "structure": crystal.label,
        "lattice_in_plane": crystal.lattice_in_plane,
        "lattice_growth": crystal.lattice_growth,
        "notes": list(crystal.notes),
        "spin_orbit": spin_orbit,
        "units": SCALAR_UNITS,
    }


def special_point_levels(hamiltonian: Hamiltonian, energy_zero: float = 0.0) -> dict[str, list[tuple[float, float]]]:
    """(energy eV, unfolding weight) of the states seen at each high-symmetry point, those of weight ≥ 0.05."""
    points = np.array(list(SPECIAL_POINTS.values()))
    bands = solve_bands(hamiltonian, points, np.tile([1.0, 0, 0], (len(points), 1)))
    return {
        name: [(float(e - energy_zero), float(w)) for e, w in zip(energy, weight, strict=True) if w >= VALLEY_WEIGHT]
        for name, energy, weight in zip(SPECIAL_POINTS, bands.energy, bands.unfolding_weight, strict=True)
    }
