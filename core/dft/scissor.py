"""Which states a scissor raises where a functional closes the gap.

Empty states are told by their number. Where the functional has Γ2′c below Γ25′v, as PBE in Ge, that number parts states
which symmetry makes equal; Γ2′c is then the empty one, and it is told by its s character.
"""

import numpy as np

from core.electronic.diagonalise import Bands

PARTNERS = 0.05
"""eV: levels that symmetry makes equal differ by less; k-points of the self-consistent potential part them by up to
0.039 eV in the project's data set."""

REACH = 1.5
"""eV below the valence band maximum where an empty state may lie; Γ2′c of Ge at its own lattice constant is at 0.47."""

CLOSING = 0.1
"""eV: with a smaller direct gap, what a functional has filled and empty may have changed places."""

_SEEN = 0.5
"""Unfolding weight of a state of the average crystal's own bands, not folded ones."""

_TOLD = 0.1
"""By which character, a weight or a slope in eV Å, the last state that is raised exceeds the first that is not."""


def raised_states(bands: Bands, k_reduced: np.ndarray, filled: int) -> np.ndarray:
    """(k, band) bool: the states that count as empty, as many at each k as by their number or fewer.

    Where the number would part states of the average crystal that lie within PARTNERS, of these and those below them
    within REACH the most s-like are raised; where none stands out, all of them stay together.

    Args:
        bands: consecutive, ascending.
        k_reduced: (k, 3) in units of the average cell.
        filled: how many of the bands are filled.
    """
    raised = np.tile(np.arange(bands.energy.shape[1]) >= filled, (len(bands.energy), 1))
    for k, energy in enumerate(bands.energy):
        seen = np.flatnonzero(bands.unfolding_weight[k] > _SEEN)
        cut = int(np.searchsorted(seen, filled))
        joined = np.diff(energy[seen]) < PARTNERS
        if not 0 < cut < len(seen) or not joined[cut - 1]:
            continue
        apart = np.flatnonzero(~joined)
        first, stop = int(apart[apart < cut].max(initial=-1)) + 1, int(apart[apart >= cut].min(initial=len(joined))) + 1
        group, below = seen[first:stop], seen[:first][energy[seen[:first]] > energy[seen[first]] - REACH]
        near, count = np.concatenate([below, group]) if _has_shells(bands) else below, stop - cut
        character = _s_character(bands, k_reduced, k)[near]
        order = np.argsort(-character, kind="stable")
        raised[k, group] = False
        if len(near) == count or len(near) > count and np.diff(-character[order])[count - 1] > _TOLD:
            raised[k, near[order[:count]]] = True
    return raised


def in_order(bands: Bands) -> Bands:
    """Bands whose energies ascend at each k."""
    order = np.argsort(bands.energy, axis=1, kind="stable")
    energy, weight, velocity = (
        np.take_along_axis(array, order, axis=1) for array in (bands.energy, bands.unfolding_weight, bands.velocity)
    )
    return Bands(energy, weight, velocity, np.take_along_axis(bands.atom_shell_weight, order[None, None], axis=3))


def _has_shells(bands: Bands) -> bool:
    return bool(bands.atom_shell_weight[:, 1:].any())


def _s_character(bands: Bands, k_reduced: np.ndarray, k: int) -> np.ndarray:
    """(band,) that orders states at a k-point, most s-like first.

    It is the weight of s orbitals. Where shells are not kept it is |dE/ds| at the neighbours in the plane: there Γ2′c
    couples to the doublet of Γ25′v above it, and the single state that strain leaves, of p_z, does not.
    """
    if _has_shells(bands):
        return bands.atom_shell_weight[:, 0, k].sum(axis=0)
    same = np.flatnonzero(np.abs(k_reduced - k_reduced[k]).max(axis=1) < 1e-9)
    beside = np.unique(np.clip(np.concatenate([same - 1, same + 1]), 0, len(k_reduced) - 1))
    level = np.abs(k_reduced[beside, 2] - k_reduced[k, 2]) < 1e-9
    moving = np.abs(k_reduced[beside] - k_reduced[k]).max(axis=1) > 1e-9
    return np.abs(bands.velocity[beside[level & moving]]).sum(axis=0)
