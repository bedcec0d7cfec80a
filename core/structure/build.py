"""From a stack on a substrate to relaxed atoms and their bonds."""

import numpy as np

from core.structure.crystal import Crystal
from core.structure.keating import relax_spacings
from core.structure.mixing import mix_profile
from core.structure.stack import Stack
from core.structure.substrate import Substrate, check_strain

IN_PLANE_CELL = np.array([[2, -2, 0], [2, 2, 0]])
"""Primitive in-plane vectors a/2 [1-10] and a/2 [110] in quarters of the cubic cell; right-handed with [001]."""

PLANE_OFFSET = np.array([[0, 0], [1, 1], [2, 0], [1, -1]])
"""In-plane sites of planes 0 to 3 in quarters: shifts (1, 1) above even and (1, -1) above odd planes, folded back."""

BONDS_FROM_EVEN = np.array([[1, 1, 1], [-1, -1, 1]])
"""Ideal bonds from an even plane (sublattice 0) to the plane above it."""

BONDS_BELOW_EVEN = np.array([[1, -1, -1], [-1, 1, -1]])
"""Ideal bonds from an even plane (sublattice 0) to the plane below it."""


def build_crystal(stack: Stack, substrate: Substrate, mixing: float = 0.0) -> Crystal:
    """The relaxed crystal of a stack: primitive in-plane cell, one atom a monolayer, atom j in plane j.

    mixing: erf interdiffusion width in monolayers. The in-plane cell is fixed to the substrate, the plane spacings
    are relaxed in the Keating force field. An odd stack is doubled, which `notes` says. A period of 4n + 2 planes has
    a sheared cell. Raises InputError for widths, lengths and strains that are not accepted.
    """
    even, notes = stack.doubled_if_odd()
    check_strain(substrate, stack.ge_fractions)
    mixed = mix_profile(stack.ge_fractions, mixing)
    spacing = relax_spacings(mixed, substrate.lattice_constant)
    repeats = len(even) // len(stack)
    label = f"{stack.notation} on {substrate.label}"
    if mixing:
        label += f", interfaces mixed over {mixing:g} ML"
    if np.any((mixed > 0.0) & (mixed < 1.0)):
        notes += ("Planes of mixed composition are virtual-crystal atoms",)
    return crystal_of_planes(
        np.tile(mixed, repeats), np.tile(spacing, repeats), substrate.lattice_constant, label, notes
    )


def crystal_of_planes(
    ge_fractions: np.ndarray, spacing: np.ndarray, lattice_in_plane: float, label: str = "", notes: tuple[str, ...] = ()
) -> Crystal:
    """The crystal of an even number of planes with given Ge fractions (monolayer,) and spacings (monolayer,) Å.

    spacing[j] lies between plane j and plane j+1, the last one between the last plane and the next period.
    """
    planes = len(ge_fractions)
    if planes % 2 or planes == 0 or len(spacing) != planes:
        raise ValueError(f"{planes} planes with {len(spacing)} spacings; give an even number and as many spacings")
    quarter = lattice_in_plane / 4.0
    index = np.arange(planes)
    site = np.column_stack([PLANE_OFFSET[index % 4], index])
    site_cell = np.vstack([IN_PLANE_CELL, np.append(PLANE_OFFSET[planes % 4], planes)])
    height = np.concatenate([[0.0], np.cumsum(spacing)])
    bond_atoms, bond_site, bond_height = _bonds(planes, np.asarray(spacing, dtype=float))
    return Crystal(
        cell=np.column_stack([quarter * site_cell[:, :2], [0.0, 0.0, height[-1]]]),
        positions=np.column_stack([quarter * site[:, :2], height[:-1]]),
        ge_fraction=ge_fractions,
        site=site,
        sublattice=index % 2,
        site_cell=site_cell,
        bond_atoms=bond_atoms,
        bond_site=bond_site,
        bond_vector=np.column_stack([quarter * bond_site[:, :2], bond_height]),
        label=label,
        notes=notes,
    )


def _bonds(planes: int, spacing: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Atom pairs (bond, 2), ideal vectors (bond, 3) and heights (bond,) Å, two bonds a gap, from sublattice 0 to 1."""
    below = np.arange(planes)
    above = (below + 1) % planes
    even = below % 2 == 0
    pair = np.where(even[:, None], np.column_stack([below, above]), np.column_stack([above, below]))
    ideal = np.where(even[:, None, None], BONDS_FROM_EVEN, BONDS_BELOW_EVEN)
    height = np.where(even, spacing, -spacing)
    return np.repeat(pair, 2, axis=0), ideal.reshape(-1, 3), np.repeat(height, 2)
