"""The final state of photoemission: its momentum normal to the surface, from the photon energy, and its broadening."""

from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.parameters.constants import FREE_ELECTRON

INNER_POTENTIAL = {"Si": 12.6, "Ge": 8.8}
"""eV below the vacuum level, in common use for the two crystals."""

WORK_FUNCTION = 4.5
"""eV, of the analyser; typical."""

NODES = 9
"""Values of k_z that stand for a broadened one."""

OVERLAPPING = 0.03
"""2π/c̄ between values of k_z at which the bands of neighbours overlap: fewer leave beads in a broadened picture."""

TAIL = 2.5
"""Half-widths to which the Lorentzian is followed."""


def final_momentum(photon_energy: float, inner_potential: float, work_function: float = WORK_FUNCTION) -> float:
    """Momentum (1/Å) of the final state inside the crystal, of an electron from the Fermi level.

    k_f² = (2m/ħ²)(hν − Φ + V₀): the radius of the sphere on which a cut lies, k_z = √(k_f² − k∥²).

    Raises:
        InputError: no electron leaves the crystal.
    """
    energy = photon_energy - work_function + inner_potential
    if not (photon_energy > work_function and energy > 0):
        raise InputError(
            f"Photons of {photon_energy:g} eV free no electrons at a work function of {work_function:g} eV: "
            "give the photon energy in eV, above the work function"
        )
    return float(np.sqrt(FREE_ELECTRON * energy))


def photon_energies(
    kz: float, mean_spacing: float, inner_potential: float, lowest: float, highest: float
) -> list[float]:
    """Energies (eV), rising, from `lowest` to `highest`, at which normal emission has a `reduced_kz`.

    Args:
        kz: 2π/c̄, 0 to 1.
        mean_spacing: Å between planes.
        inner_potential: eV.
        lowest: eV.
        highest: eV.
    """
    unit = 2 * np.pi / (4 * mean_spacing)
    momenta = {round(abs(2 * n + sign * kz), 9) for n in range(60) for sign in (-1, 1)}
    found = [(m * unit) ** 2 / FREE_ELECTRON - inner_potential + WORK_FUNCTION for m in sorted(momenta)]
    return [energy for energy in found if lowest <= energy <= highest]


def reduced_kz(momentum: float | np.ndarray, mean_spacing: float) -> float | np.ndarray:
    """k_z in 2π/c̄, folded to 0 … 1, of a normal momentum in 1/Å; c̄ is four mean plane spacings (Å)."""
    return np.abs((np.asarray(momentum) * 4 * mean_spacing / (2 * np.pi) + 1.0) % 2.0 - 1.0)


@dataclass(frozen=True)
class FinalState:
    """Which k_z a cut sees.

    kz: at k∥ = 0, in 2π/c̄. radius: k_f in 1/Å of the sphere on which the cut lies, infinite for a flat one.
    width: half-width at half maximum (1/Å) of the Lorentzian in k_z, half of the inverse escape depth.
    """

    kz: float
    radius: float = np.inf
    width: float = 0.0

    def sampling(
        self, k_parallel: np.ndarray, mean_spacing: float, farthest: float | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """k_z values (node,) in 2π/c̄, and their weights (k, node) at every k∥; weights add up to 1.

        Args:
            k_parallel: (k,) 1/Å.
            mean_spacing: Å between planes.
            farthest: 2π/c̄ between neighbouring values at most, and values between them interpolated; NODES values
                that stand for their surroundings by default.
        """
        unit = 2 * np.pi / (4 * mean_spacing)
        bend, width = self.bend(k_parallel) / unit, self.width / unit
        if width == 0 and not bend.any():
            return np.array([self.kz]), np.ones((len(k_parallel), 1))
        low, high = self.kz - bend.max() - TAIL * width, self.kz + TAIL * width
        if farthest is not None:
            nodes = np.linspace(low, high, int(np.ceil((high - low) / farthest)) + 1)
            return nodes, self.shares(k_parallel, mean_spacing, nodes)
        nodes = np.linspace(low, high, NODES)
        step = nodes[1] - nodes[0]
        centre = (self.kz - bend)[:, None]
        if width < 0.5 * step:
            weights = np.maximum(1 - np.abs(nodes - centre) / step, 0.0)
        else:
            edge = np.concatenate([nodes - step / 2, [nodes[-1] + step / 2]])
            weights = np.diff(np.arctan((edge - centre) / width), axis=1)
        return nodes, weights / weights.sum(axis=1, keepdims=True)

    def shares(self, k_parallel: np.ndarray, mean_spacing: float, nodes: np.ndarray) -> np.ndarray:
        """(k, node) share of every k_z of `nodes` at every k∥ when values between nodes are interpolated linearly.

        They change smoothly with k_z, radius and width, also where these call for other nodes.

        Args:
            k_parallel: (k,) 1/Å.
            mean_spacing: Å between planes.
            nodes: (node,) 2π/c̄, evenly spaced, that reach over all k_z seen; one only where one k_z is seen.
        """
        if len(nodes) == 1:
            return np.ones((len(k_parallel), 1))
        unit = 2 * np.pi / (4 * mean_spacing)
        step, width = nodes[1] - nodes[0], max(self.width / unit, 1e-6)
        centre = (self.kz - self.bend(k_parallel) / unit)[:, None]
        ends = np.concatenate([[nodes[0] - step], nodes, [nodes[-1] + step]])
        shares = np.diff(_twice_integrated((ends - centre) / width), n=2, axis=1)
        return shares / shares.sum(axis=1, keepdims=True)

    def bend(self, k_parallel: np.ndarray) -> np.ndarray:
        """(k,) 1/Å by which k_z falls on the sphere."""
        if not np.isfinite(self.radius):
            return np.zeros(len(k_parallel))
        inside = np.minimum(np.abs(k_parallel), 0.999 * self.radius)
        return self.radius - np.sqrt(self.radius**2 - inside**2)


def _twice_integrated(x: np.ndarray) -> np.ndarray:
    """What has the Lorentzian 1/(1+x²), cut off at ±TAIL, as its second derivative."""
    inside = np.clip(x, -TAIL, TAIL)
    return inside * np.arctan(inside) - 0.5 * np.log1p(inside**2) + np.arctan(TAIL) * (np.abs(x) - np.abs(inside))
