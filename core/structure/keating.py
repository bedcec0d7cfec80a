"""Relaxation of [001] planes at fixed in-plane lattice constant in the Keating valence force field.

E = Σ_bonds 3α/(8 d²) (r·r − d²)² + Σ_angles 3β/(8 d d') (r·r' + d d'/3)²

(P. N. Keating, Phys. Rev. 145, 637 (1966), in the form of R. M. Martin, Phys. Rev. B 1, 4005 (1970)); d natural bond
lengths. By symmetry every bond of gap j is (±a/4, ±a/4, h_j), so that the energy of a primitive in-plane cell is a
quartic polynomial of the plane spacings, with neighbouring spacings coupled by the four angles across each plane.
Virtual-crystal planes mix α, β and d linearly over the atoms of a term.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_banded

from core.errors import InputError
from core.parameters.keating import KeatingParameters, keating_parameters

MAX_STEPS = 50
LATTICE_RANGE = (5.0, 6.1)
"""Å; takes in every layer of Si, Ge or an alloy within ±7 % of its bulk, and the planes relax everywhere in it."""


@dataclass(frozen=True, eq=False)
class PlaneEnergy:
    """The Keating energy of a periodic plane stack as a polynomial of its spacings.

    E(h) = Σ_j stretch_j (h_j² + q − d_j²)² + bend_j (h_j² − q + d_j²/3)² + couple_j (h_j h_{j+1} − c_j)²

    with q = a²/8, in N/m Å² an in-plane cell; gap j lies between planes j and j+1, `couple` belongs to plane j+1.
    """

    in_plane_square: float
    natural_length: np.ndarray
    stretch: np.ndarray
    bend: np.ndarray
    couple: np.ndarray
    couple_product: np.ndarray

    @classmethod
    def of(
        cls, ge_fractions: np.ndarray, lattice_in_plane: float, parameters: KeatingParameters | None = None
    ) -> "PlaneEnergy":
        """Coefficients for planes (monolayer,) of the given Ge fractions at a∥ in Å."""
        parameters = parameters or keating_parameters()
        upper = np.roll(ge_fractions, -1)
        alpha, beta = (
            values[0] + (values[1] - values[0]) * 0.5 * (ge_fractions + upper)
            for values in (parameters.alpha, parameters.beta)
        )
        length = parameters.bond_natural_length(ge_fractions, upper)
        product = length * np.roll(length, -1)
        return cls(
            in_plane_square=lattice_in_plane**2 / 8.0,
            natural_length=length,
            stretch=2.0 * 0.375 * alpha / length**2,
            bend=2.0 * 0.375 * beta / length**2,
            couple=4.0 * 0.375 * 0.5 * (beta + np.roll(beta, -1)) / product,
            couple_product=product / 3.0,
        )

    def value(self, spacing: np.ndarray) -> float:
        """N/m Å² (1 N/m Å² is 0.0624 eV) an in-plane primitive cell."""
        stretched, bent, coupled = self._deviations(spacing)
        return float(np.sum(self.stretch * stretched**2 + self.bend * bent**2 + self.couple * coupled**2))

    def gradient(self, spacing: np.ndarray) -> np.ndarray:
        """(gap,) N/m Å."""
        stretched, bent, coupled = self._deviations(spacing)
        pull = 2.0 * self.couple * coupled
        across = pull * np.roll(spacing, -1) + np.roll(pull * spacing, 1)
        return 4.0 * spacing * (self.stretch * stretched + self.bend * bent) + across

    def hessian(self, spacing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Diagonal (gap,) and coupling (gap,) of gap j to gap j+1, cyclic, N/m."""
        stretched, bent, coupled = self._deviations(spacing)
        own = self.stretch * (stretched + 2.0 * spacing**2) + self.bend * (bent + 2.0 * spacing**2)
        neighbours = self.couple * np.roll(spacing, -1) ** 2 + np.roll(self.couple * spacing**2, 1)
        upper = 2.0 * self.couple * (coupled + spacing * np.roll(spacing, -1))
        return 4.0 * own + 2.0 * neighbours, upper

    def _deviations(self, spacing: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        square = spacing**2
        return (
            square + self.in_plane_square - self.natural_length**2,
            square - self.in_plane_square + self.natural_length**2 / 3.0,
            spacing * np.roll(spacing, -1) - self.couple_product,
        )


def relax_spacings(
    ge_fractions: np.ndarray, lattice_in_plane: float, parameters: KeatingParameters | None = None
) -> np.ndarray:
    """(monolayer,) Å: relaxed spacing between plane j and plane j+1 (cyclic), the period being free.

    ge_fractions: (monolayer,) in growth order. lattice_in_plane: a∥ in Å. parameters: those of the
    project unless others are given. Newton's method with the analytic Hessian; InputError where it does not converge.
    """
    profile = np.asarray(ge_fractions, dtype=float)
    if profile.ndim != 1 or not len(profile):
        raise InputError(f"Planes are a list of Ge fractions, one a monolayer; given was shape {profile.shape}")
    if not (np.all((profile >= 0.0) & (profile <= 1.0)) and LATTICE_RANGE[0] <= lattice_in_plane <= LATTICE_RANGE[1]):
        raise InputError(
            f"Planes at an in-plane lattice constant of {lattice_in_plane:.4g} Å cannot be relaxed; allowed are "
            f"{LATTICE_RANGE[0]:g} to {LATTICE_RANGE[1]:g} Å and Ge fractions of 0 to 1"
        )
    tiles = -(-3 // len(profile))
    energy = PlaneEnergy.of(np.tile(profile, tiles), lattice_in_plane, parameters)
    spacing = np.sqrt(np.maximum(energy.natural_length**2 - energy.in_plane_square, 0.25))
    tolerance = 1e-14 * float(energy.stretch.max()) * lattice_in_plane**3
    for _ in range(MAX_STEPS):
        gradient = energy.gradient(spacing)
        if np.abs(gradient).max() < tolerance:
            break
        step = _solve_cyclic(*energy.hessian(spacing), -gradient)
        spacing = spacing + step * min(1.0, 0.2 / np.abs(step).max())
    else:
        raise InputError(
            f"The planes do not relax at an in-plane lattice constant of {lattice_in_plane:.3f} Å; "
            "choose a substrate closer to the bulk lattice constants, 5.4 to 5.7 Å"
        )
    return spacing[: len(profile)]


def _solve_cyclic(diagonal: np.ndarray, upper: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve a symmetric cyclic tridiagonal system of three rows or more (Sherman-Morrison)."""
    corner = upper[-1]
    shift = -diagonal[0]
    banded = np.zeros((3, len(diagonal)))
    banded[0, 1:] = banded[2, :-1] = upper[:-1]
    banded[1] = diagonal
    banded[1, 0] -= shift
    banded[1, -1] -= corner**2 / shift
    ends = np.zeros_like(right)
    ends[0], ends[-1] = shift, corner
    solution, response = solve_banded((1, 1), banded, np.column_stack([right, ends])).T
    ratio = corner / shift
    factor = (solution[0] + ratio * solution[-1]) / (1.0 + response[0] + ratio * response[-1])
    return solution - factor * response
