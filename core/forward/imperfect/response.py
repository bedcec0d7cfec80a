"""What flaws make of the picture of a virtual crystal, whichever it is: operators in proportion to the flaws.

ΔA_j(k, E) = Σ_a s_a(j) Σ_m θ_am(E) (T_m A)_j(k, E), with s the strengths of the flaws that plane j sees, T_m linear
operators on the virtual crystal's planes (what is lost, broadened, shared between planes, spread over all k, shifted),
and θ piecewise linear in E. A few hundred numbers for all k, so that few samples teach them.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from core.electronic.spectral import EnergyGrid
from core.forward.imperfect.features import MEANS, OWN

KNOTS = 9
"""Of θ along the energy axis, ends included."""

_GRID = EnergyGrid()


@dataclass(frozen=True, eq=False)
class Response:
    """theta: (strength, operator, knot)."""

    theta: np.ndarray

    def __call__(self, virtual: np.ndarray, flaws: np.ndarray) -> np.ndarray:
        """(plane, k, energy) what is added to the planes of a virtual crystal, for their flaws (plane, feature)."""
        strength = strengths(flaws)
        if not strength.any():
            return np.zeros_like(virtual)
        weight = np.einsum("na,amh,he->mne", strength, self.theta, hats(), optimize=True).astype(np.float32)
        return np.einsum("mne,mnke->nke", weight, operated(virtual))


def strengths(flaws: np.ndarray) -> np.ndarray:
    """(plane, strength) of flaws (plane, feature) from `flaw_features`.

    Missing atoms in the plane, one and two planes off, in all, and the open ones in all; variance of the composition in
    the plane, one plane off and in all; Si-Ge bonds beyond those of atoms without order, of the plane and in all.
    """
    variance, opened, passivated, bonds = (flaws[:, own - 2 : own + 3] for own in OWN)
    missing = opened + passivated
    mean = {kind: flaws[:, MEANS + number] for number, kind in enumerate(("variance", "open", "passivated", "bonds"))}
    near = lambda values, distance: values[:, 2 - distance] + values[:, 2 + distance]  # noqa: E731
    return np.stack(
        [
            missing[:, 2],
            near(missing, 1),
            near(missing, 2),
            mean["open"] + mean["passivated"],
            mean["open"],
            variance[:, 2],
            near(variance, 1),
            mean["variance"],
            bonds[:, 1] + bonds[:, 2],
            mean["bonds"],
        ],
        axis=1,
    )


def operated(virtual: np.ndarray) -> np.ndarray:
    """(operator, plane, k, energy) T_m A of the planes (plane, k, energy) of a virtual crystal."""
    mean = np.broadcast_to(virtual.mean(axis=0), virtual.shape)
    broad = lambda values, sigma: gaussian_filter1d(values, sigma / _GRID.step, axis=-1)  # noqa: E731
    spread = lambda values: np.broadcast_to(values.mean(axis=1, keepdims=True), values.shape)  # noqa: E731
    little = broad(virtual, 0.15)
    parts = [
        virtual,
        little,
        broad(virtual, 0.4),
        broad(virtual, 1.0),
        mean,
        broad(mean, 0.4),
        spread(virtual),
        spread(mean),
        broad(spread(mean), 0.3),
        np.gradient(virtual, axis=-1),
        np.gradient(little, axis=-1),
    ]
    return np.stack(parts).astype(np.float32)


def hats() -> np.ndarray:
    """(knot, energy): piecewise linear functions, each 1 at its knot and 0 at the others."""
    knots = np.linspace(_GRID.low, _GRID.high, KNOTS)
    return np.maximum(0.0, 1.0 - np.abs(_GRID.values - knots[:, None]) / (knots[1] - knots[0]))
