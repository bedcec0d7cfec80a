"""Band edges along growth as if each plane were strained bulk: the profile that confines electrons and holes.

The parametrisation has one energy scale for Si and Ge: the valence band maxima of the unstrained crystals lie 0.68 eV
apart, after Niquet et al., Phys. Rev. B 79, 245201 (2009). Edges of different compositions need no further alignment:
offsets are differences of the edges themselves.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.electronic.calculation import energy_zero
from core.electronic.diagonalise import solve_bands
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.readouts import find_valleys
from core.electronic.states import solve_states
from core.structure.build import build_crystal
from core.structure.crystal import Crystal
from core.structure.stack import Block, Stack
from core.structure.substrate import Substrate

VALENCE = ("HH", "LH", "SO")
CONDUCTION = ("Δ2", "Δ4", "L", "Γ")
EDGES = (*CONDUCTION, *VALENCE)
"""Conduction valleys, heavy, light and split-off holes at Γ."""

_DIGITS = 9
_OCCUPIED = 8
_HEAVY = 0.25


@dataclass(frozen=True, eq=False)
class EdgeProfile:
    """Edges along growth: energy (edge, plane) eV over the VBM of unstrained bulk Si, in the order of EDGES.

    ge_fraction: (plane,) in growth order. lattice: a∥ in Å.
    """

    energy: np.ndarray
    ge_fraction: np.ndarray
    lattice: float

    def of(self, edge: str) -> np.ndarray:
        """(plane,) eV of one of EDGES."""
        return self.energy[EDGES.index(edge)]

    @property
    def valence(self) -> np.ndarray:
        """(plane,) eV: the highest hole band."""
        return self.energy[len(CONDUCTION) :].max(axis=0)

    @property
    def conduction(self) -> np.ndarray:
        """(plane,) eV: the lowest valley."""
        return self.energy[: len(CONDUCTION)].min(axis=0)


def edge_profile(crystal: Crystal) -> EdgeProfile:
    """Local edges of every plane of a stack, with spin-orbit coupling.

    Args:
        crystal: one atom a plane.

    Raises:
        InputError: a composition that the in-plane lattice would strain too far.
    """
    order = np.argsort(crystal.positions[:, 2], kind="stable")
    fractions = np.round(np.asarray(crystal.ge_fraction, float)[order], _DIGITS)
    lattice = round(float(crystal.lattice_in_plane), _DIGITS)
    energy = np.array([strained_bulk_edges(float(x), lattice) for x in fractions]).T
    return EdgeProfile(energy, fractions, lattice)


def bulk_profile(ge_fraction: float, lattice: float) -> EdgeProfile:
    """The same of one plane of bulk on an in-plane lattice constant (Å).

    Raises:
        InputError: as `strained_bulk_edges`.
    """
    fraction, lattice = round(float(ge_fraction), _DIGITS), round(float(lattice), _DIGITS)
    energy = np.array(strained_bulk_edges(fraction, lattice))[:, None]
    return EdgeProfile(energy, np.array([fraction]), lattice)


@lru_cache(maxsize=512)
def strained_bulk_edges(ge_fraction: float, lattice: float) -> tuple[float, ...]:
    """EDGES (eV over the VBM of unstrained bulk Si) of bulk on an in-plane lattice constant (Å), relaxed along growth.

    Raises:
        InputError: a strain beyond what is accepted.
    """
    substrate = Substrate(lattice, f"{lattice:.6f} Å")
    crystal = build_crystal(Stack((Block(ge_fraction, 2),)), substrate)
    hamiltonian = build_hamiltonian(crystal, spin_orbit=True)
    at_gamma = solve_bands(hamiltonian, [[0.0, 0.0, 0.0]], [[1.0, 0.0, 0.0]])
    valleys = find_valleys(hamiltonian, at_gamma, _OCCUPIED)
    zero = energy_zero(True)
    conduction = [valleys[name].energy - zero if name in valleys else np.nan for name in CONDUCTION]
    return (*conduction, *(energy - zero for energy in _hole_edges(hamiltonian)))


def _hole_edges(hamiltonian) -> tuple[float, float, float]:
    """Heavy, light and split-off hole (eV on the parameters' scale); light and split-off mix: the higher is light."""
    states = solve_states(hamiltonian, (0, 0, 0))
    pairs = [np.array([n, n + 1]) for n in range(_OCCUPIED - 6, _OCCUPIED, 2)]
    share = [float(states.light_hole_share(pair).mean()) for pair in pairs]
    level = [float(states.energy[pair].mean()) for pair in pairs]
    heavy = int(np.argmin(share))
    if level[-1] - level[-2] < 1e-6:  # degenerate without strain: both edges are at this energy
        heavy = 2
    others = sorted(level[n] for n in range(3) if n != heavy)
    return level[heavy], others[1], others[0]
