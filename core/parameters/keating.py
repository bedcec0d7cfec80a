"""The Keating valence force field of Si, Ge and their mixtures as arrays; file keating.json."""

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from core.parameters.tight_binding import SPECIES, tight_binding_parameters

PARAMETER_FILE = Path(__file__).with_name("keating.json")


@dataclass(frozen=True, eq=False)
class KeatingParameters:
    """Force constants and natural lengths by species index (0 Si, 1 Ge).

    alpha, beta: (species,) N/m, bond stretching and bond bending.
    natural_length: (species, species) Å.
    lattice_constant: (species,) Å, bulk.
    source: citation.
    """

    alpha: np.ndarray
    beta: np.ndarray
    natural_length: np.ndarray
    lattice_constant: np.ndarray
    source: str

    def bond_natural_length(self, ge_first: np.ndarray, ge_second: np.ndarray) -> np.ndarray:
        """(bond,) Å: natural length between atoms of the given Ge fractions, bilinear in the two."""
        si_first, si_second = 1.0 - ge_first, 1.0 - ge_second
        length = self.natural_length
        return (
            si_first * si_second * length[0, 0]
            + (si_first * ge_second + ge_first * si_second) * length[0, 1]
            + ge_first * ge_second * length[1, 1]
        )

    def elastic_constants(self, ge_fraction: float) -> tuple[float, float]:
        """C11 and C12 in GPa (10 times N/m/Å) of this model, linear between Si and Ge."""
        c11, c12 = (10 * (self.alpha + n * self.beta) / self.lattice_constant for n in (3.0, -1.0))
        return float(c11[0] + (c11[1] - c11[0]) * ge_fraction), float(c12[0] + (c12[1] - c12[0]) * ge_fraction)

    def with_lattice_constants(self, silicon: float, germanium: float) -> "KeatingParameters":
        """The same force constants with other bulk lattice constants (Å), e.g. those of a density functional.

        Like bonds scale with their element, the Si-Ge bond with the mean of the two ratios.
        """
        lattice_constant = np.array([silicon, germanium])
        ratio = lattice_constant / self.lattice_constant
        natural_length = self.natural_length * 0.5 * (ratio[:, None] + ratio[None, :])
        for array in (lattice_constant, natural_length):
            array.flags.writeable = False
        return replace(self, natural_length=natural_length, lattice_constant=lattice_constant)


@cache
def keating_parameters() -> KeatingParameters:
    """The parameter file as read-only arrays.

    Like bonds take √3/4 of the bulk lattice constant, so that the unstrained elements are stress-free exactly.
    """
    doc = json.loads(PARAMETER_FILE.read_text(encoding="utf-8"))
    bulk = tight_binding_parameters()
    natural_length = np.array(bulk.bond_length, dtype=float)
    np.fill_diagonal(natural_length, np.sqrt(3.0) / 4.0 * bulk.lattice_constant)
    arrays = {
        "alpha": np.array([doc["alpha"][species] for species in SPECIES]),
        "beta": np.array([doc["beta"][species] for species in SPECIES]),
        "natural_length": natural_length,
        "lattice_constant": np.array(bulk.lattice_constant, dtype=float),
    }
    for array in arrays.values():
        array.flags.writeable = False
    return KeatingParameters(**arrays, source=doc["source"])
