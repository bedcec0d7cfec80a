"""The figures of a crystal that a band image is asked for."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.descriptors.table import descriptor_table
from core.structure.build import build_crystal
from core.structure.crystal import Crystal
from core.structure.stack import Block, Stack, two_block
from core.structure.substrate import Substrate, bulk_lattice_constant, strain_against


@dataclass(frozen=True)
class Quantity:
    """A figure: its unit ("1" for pure numbers), its limits, and a sentence that says what it is."""

    unit: str
    low: float
    high: float
    sentence: str


QUANTITIES = {
    "lattice_in_plane": Quantity("Å", 5.2, 5.9, "In-plane lattice constant of all layers."),
    "strain_silicon": Quantity("%", -5.0, 9.0, "In-plane strain against bulk Si."),
    "ge_fraction": Quantity("1", 0.0, 1.0, "Mean Ge fraction of the stack."),
    "interfacial_fraction": Quantity("1", 0.0, 1.0, "Share of atoms with a neighbour of another kind."),
    "bond_length_si_si": Quantity("Å", 2.2, 2.6, "Mean length of the Si-Si bonds, or what one would have there."),
    "bond_length_si_ge": Quantity("Å", 2.2, 2.6, "Mean length of the Si-Ge bonds, or what one would have there."),
    "bond_length_ge_ge": Quantity("Å", 2.2, 2.6, "Mean length of the Ge-Ge bonds, or what one would have there."),
    "interface_width": Quantity("ML", 0.0, 4.0, "Width w of the error function over which interfaces are mixed."),
    "period": Quantity("ML", 1.0, 20.0, "Monolayers after which the stack repeats."),
}
"""What `crystal_figures` gives, in this order."""

_LOCAL = {
    "tot_cell_volume": ("Å³", 15.0, 30.0, "Volume of the Voronoi cell"),
    "bond_length": ("Å", 2.3, 3.0, "Distance to all Voronoi neighbours, by face area"),
    "mean_ionic_character": ("1", 0.0, 0.01, "Ionic character towards the neighbours, by face area"),
    "1_order": ("1", 0.0, 1.0, "Weight of one-step walks from the atom's own kind"),
    "2_order": ("1", 0.0, 1.0, "Weight of two-step walks through the atom's own kind"),
    "3_order": ("1", 0.0, 1.0, "Weight of three-step walks through the atom's own kind"),
}
GROUPS = ("inner", "interfacial")
LOCAL_QUANTITIES = {
    f"{group}_{name}": Quantity(unit, low, high, f"{sentence}; mean over the {group} atoms.")
    for group in GROUPS
    for name, (unit, low, high, sentence) in _LOCAL.items()
}
"""What `local_figures` gives, in this order: descriptors of inner and of interfacial atoms."""

LEAST_BONDS = 0.02
"""Share of the bonds that a kind must have for its mean length to be taken from the crystal."""

_PERIOD_TOLERANCE = 1e-6


def crystal_figures(crystal: Crystal, mixing: float) -> dict[str, float]:
    """The QUANTITIES of a stack of planes.

    Args:
        crystal: one atom a plane. Virtual-crystal planes count as a random mixture of their two kinds.
        mixing: interface width that it was built with, ML.
    """
    lattice = crystal.lattice_in_plane
    profile = crystal.plane_ge_fraction
    figures = {
        "lattice_in_plane": lattice,
        "strain_silicon": 100 * strain_against(lattice, bulk_lattice_constant(0.0)),
        "ge_fraction": float(profile.mean()),
        "interfacial_fraction": interfacial_share(profile),
        "interface_width": mixing if np.ptp(profile) > 0 else 0.0,
        "period": float(profile_period(profile)),
    }
    figures |= mean_bond_lengths(profile, crystal.plane_spacing, lattice)
    return {name: float(figures[name]) for name in QUANTITIES}


def local_figures(crystal: Crystal) -> dict[str, float]:
    """The LOCAL_QUANTITIES of a stack of planes; a group that it lacks gets the mean over all atoms."""
    table = descriptor_table(crystal)
    groups = dict(zip(GROUPS, (table[~table["interfacial"]], table[table["interfacial"]]), strict=True))
    return {
        f"{group}_{name}": float((rows if len(rows) else table)[name].mean())
        for group, rows in groups.items()
        for name in _LOCAL
    }


def interfacial_share(profile: np.ndarray) -> float:
    """Share of atoms with a neighbour of another kind; in mixed planes, what is expected of a random mixture.

    Each atom has two bonds to the plane below and two to the plane above.

    Args:
        profile: (plane,) Ge fractions.
    """
    below, above = np.roll(profile, 1), np.roll(profile, -1)
    inner = profile * (below * above) ** 2 + (1 - profile) * ((1 - below) * (1 - above)) ** 2
    return float(1.0 - inner.mean())


def mean_bond_lengths(profile: np.ndarray, spacing: np.ndarray, lattice: float) -> dict[str, float]:
    """Mean lengths (Å) of Si-Si, Si-Ge and Ge-Ge bonds.

    A kind that the stack lacks gets the length that it would have in a layer of such bonds alone on the same a∥, so
    that the figure exists for every stack and is smooth where a kind vanishes.

    Args:
        profile: (plane,) Ge fractions.
        spacing: (plane,) Å to the next plane.
        lattice: a∥ in Å.
    """
    above = np.roll(profile, -1)
    length = np.sqrt(lattice**2 / 8 + spacing**2)
    shares = {
        "si_si": (1 - profile) * (1 - above),
        "si_ge": profile * (1 - above) + (1 - profile) * above,
        "ge_ge": profile * above,
    }
    found = {}
    for (kind, share), alone in zip(shares.items(), _bonds_alone(lattice), strict=True):
        weight = min(1.0, share.mean() / LEAST_BONDS)
        mean = float((share * length).sum() / share.sum()) if share.sum() > 0 else alone
        found[f"bond_length_{kind}"] = weight * mean + (1 - weight) * alone
    return found


def profile_period(profile: np.ndarray) -> int:
    """Planes after which a profile of Ge fractions repeats: 1 for one material, the number of planes at most."""
    planes = len(profile)
    for period in range(1, planes):
        if planes % period == 0 and np.abs(profile - np.roll(profile, period)).max() < _PERIOD_TOLERANCE:
            return period
    return planes


@lru_cache(maxsize=4096)
def _bonds_alone(lattice: float) -> tuple[float, float, float]:
    ground = Substrate(lattice, f"{lattice:.4f} Å")
    stacks = (Stack((Block(0.0, 2),)), two_block(1, 1), Stack((Block(1.0, 2),)))
    si_si, si_ge, ge_ge = (float(build_crystal(stack, ground).bond_length.mean()) for stack in stacks)
    return si_si, si_ge, ge_ge
