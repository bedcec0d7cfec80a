"""The layer window: the planes around an atom as numbers that do not depend on the choice of the period."""

import numpy as np

from core.structure.crystal import OWN_KIND, Crystal
from core.structure.substrate import bulk_lattice_constant, strain_against

WINDOW_REACH = 10
"""Planes on either side of an atom."""

FAR = 100.0
"""Å. Distances to interfaces are cut off here; an atom without any interface has this distance too."""

WINDOW_OFFSETS = tuple(offset for offset in range(-WINDOW_REACH, WINDOW_REACH + 1) if offset)

LAYER_NAMES = (
    "plane",
    "ge_fraction",
    *(f"ge_fraction_{'above' if offset > 0 else 'below'}_{abs(offset)}" for offset in WINDOW_OFFSETS),
    "spacing_below_angstrom",
    "spacing_above_angstrom",
    "interface_below_angstrom",
    "interface_above_angstrom",
    "lattice_in_plane_angstrom",
    "strain_own_bulk_percent",
    "strain_silicon_percent",
    "interfacial",
)


def layer_window(crystal: Crystal) -> dict[str, np.ndarray]:
    """The layer window of every atom: {name: (atom,)} in the order of LAYER_NAMES.

    Above is along growth. Ge fractions of the planes around the atom and their spacings are means over each plane, the
    stack being repeated periodically; `ge_fraction` is the atom's own. Distances to interfaces are from the mean height
    of its plane, see `interface_distances`. `interfacial` is False for inner atoms, whose four neighbours are of their
    own kind. In-plane strain is against the bulk of the atom's own composition (Vegard) and against bulk Si.
    """
    plane, planes = crystal.plane, crystal.plane_count
    window = crystal.plane_ge_fraction[(plane[:, None] + np.array(WINDOW_OFFSETS)) % planes]
    below, above = interface_distances(crystal.plane_ge_fraction, crystal.plane_spacing)
    lattice = crystal.lattice_in_plane
    values = [
        plane,
        crystal.ge_fraction,
        *window.T,
        crystal.plane_spacing[plane - 1],
        crystal.plane_spacing[plane],
        below[plane],
        above[plane],
        np.full(len(crystal), lattice),
        100.0 * strain_against(lattice, bulk_lattice_constant(crystal.ge_fraction)),
        np.full(len(crystal), 100.0 * strain_against(lattice, bulk_lattice_constant(0.0))),
        crystal.interfacial,
    ]
    return dict(zip(LAYER_NAMES, values, strict=True))


def interface_distances(ge_fraction: np.ndarray, spacing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances (plane,) Å down and up from every plane to the nearest interface of a periodic stack.

    An interface is the middle between two planes whose Ge fractions differ by more than OWN_KIND: at a mixed interface
    every step of the profile counts. No distance is larger than FAR, which also stands for a stack without interfaces.

    Args:
        ge_fraction: (plane,) in growth order.
        spacing: (plane,) Å, from plane j to plane j+1, the last one to the next period.
    """
    planes = len(ge_fraction)
    height = np.concatenate([[0.0], np.cumsum(spacing)])
    gap = np.flatnonzero(np.abs(np.roll(ge_fraction, -1) - ge_fraction) > OWN_KIND)
    if not len(gap):
        return np.full(planes, FAR), np.full(planes, FAR)
    middle = height[gap] + 0.5 * spacing[gap]
    repeated = np.concatenate([middle - height[-1], middle, middle + height[-1]])
    place = np.searchsorted(repeated, height[:-1])
    down = height[:-1] - repeated[place - 1]
    up = repeated[place] - height[:-1]
    return np.minimum(down, FAR), np.minimum(up, FAR)
