"""What readers of others' bands give, and how it leaves the process that read a file: plain JSON and arrays."""

from dataclasses import dataclass

import numpy as np

from core.dft.calculation import CRYSTAL_FIELDS
from core.electronic.diagonalise import Bands
from core.errors import InputError
from core.structure.crystal import Crystal

MOST_ATOMS, MOST_POINTS, MOST_BANDS = 128, 2000, 1000
MOST_VALUES = 8_000_000
"""Atoms x k-points x bands: 128 atoms with four bands each on the standard path, and a little more."""

_BANDS = ("energy", "unfolding_weight", "velocity", "atom_shell_weight")


@dataclass(frozen=True, eq=False)
class Found:
    """Bands of a crystal on the scale of the calculation that gave them.

    crystal: atom j in plane j. k_reduced: (k, 3) in units of its average cell. bands: from `first_band`, the place of
    the lowest among the valence and empty bands of the crystal. neutral_atom: (atom,) eV Å³, integrals that put
    energies on the scale of the model solid, 0 where the file says its zero itself. facts: of the calculation, plain
    JSON.
    """

    crystal: Crystal
    k_reduced: np.ndarray
    bands: Bands
    first_band: int
    neutral_atom: np.ndarray
    facts: dict

    def parts(self) -> tuple[dict, list[np.ndarray]]:
        """A JSON document and arrays, for `from_parts`."""
        document = {
            "label": self.crystal.label,
            "notes": self.crystal.notes,
            "facts": self.facts,
            "first_band": self.first_band,
        }
        arrays = [np.asarray(getattr(self.crystal, name)) for name in CRYSTAL_FIELDS]
        return document, [*arrays, self.k_reduced, self.neutral_atom, *(getattr(self.bands, name) for name in _BANDS)]

    @classmethod
    def from_parts(cls, document: dict, arrays: list[np.ndarray]) -> "Found":
        """The inverse of `parts`."""
        count = len(CRYSTAL_FIELDS)
        crystal = Crystal(
            **dict(zip(CRYSTAL_FIELDS, arrays[:count], strict=True)),
            label=document["label"],
            notes=tuple(document["notes"]),
        )
        k_reduced, neutral_atom, *bands = arrays[count:]
        return cls(crystal, k_reduced, Bands(*bands), document["first_band"], neutral_atom, document["facts"])


def checked_shape(atoms: int, points: int, bands: int) -> None:
    """Refuse what is too large before memory is spent on it.

    Raises:
        InputError: too many atoms, k-points or bands, or none.
    """
    told = ((atoms, MOST_ATOMS, "atoms"), (points, MOST_POINTS, "k-points"), (bands, MOST_BANDS, "bands"))
    for count, most, what in told:
        if not 1 <= count <= most:
            raise InputError(f"The file has {count} {what}; 1 to {most} are accepted")
    if atoms * points * bands > MOST_VALUES:
        raise InputError(
            f"{atoms} atoms, {points} k-points and {bands} bands are more than can be read; give fewer bands or points"
        )
