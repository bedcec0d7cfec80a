"""The sp3d5s* tight-binding parameters of strained Si, Ge and SiGe as arrays.

Source: Niquet, Rideau, Tavernier, Jaouen, Blase, Phys. Rev. B 79, 245201 (2009); file niquet2009_sp3d5s.json.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

SHELLS = ("s", "p", "d", "s*")
ANGULAR_MOMENTUM = (0, 1, 2, 0)
BOND_SYMMETRIES = ("sigma", "pi", "delta")
SPECIES = ("Si", "Ge")
SECOND_EXPONENT = 3.0
"""Decay of hopping between second neighbours where nothing else is said: between 2 (s, p) and 5 (d, d) of Harrison."""

PARAMETER_FILE = Path(__file__).with_name("niquet2009_sp3d5s.json")


@dataclass(frozen=True, eq=False)
class TightBindingParameters:
    """Parameters by species index (0 Si, 1 Ge) and shell index (s, p, d, s*); energies eV, lengths Å.

    onsite: (species, shell), Ge already raised by the valence band offset.
    spin_orbit: (species,), λ of H = λ L·σ on the p shell.
    hopping, exponent: (species, species, shell, shell, symmetry), first index pair on the first atom of the bond, in
        the sign convention of Slater and Koster for the lower angular momentum first.
    bond_length: (species, species), reference bond length d₀.
    alpha: (species, shell), on-site shift per local volume strain.
    beta_constant, beta_slope: (species, shell, shell, symmetry), effective two-centre values of the on-site strain
        terms: β(d) = constant + slope (d − d₀)/d₀.
    second_hopping, second_exponent, second_length: as of bonds, of pairs of second neighbours; hopping 0 as published.
    neighbour: (species, shell), on-site shift of an atom whose neighbours are all of the other species; published: 0.
    lattice_constant: (species,), bulk.
    source: citation.
    """

    onsite: np.ndarray
    spin_orbit: np.ndarray
    hopping: np.ndarray
    exponent: np.ndarray
    bond_length: np.ndarray
    alpha: np.ndarray
    beta_constant: np.ndarray
    beta_slope: np.ndarray
    second_hopping: np.ndarray
    second_exponent: np.ndarray
    second_length: np.ndarray
    neighbour: np.ndarray
    lattice_constant: np.ndarray
    source: str


@cache
def parameter_document() -> dict:
    """The parameter file as it was published to us, with notes and checks."""
    return json.loads(PARAMETER_FILE.read_text(encoding="utf-8"))


@cache
def tight_binding_parameters() -> TightBindingParameters:
    """The parameter file as read-only arrays."""
    doc = parameter_document()
    onsite = np.array([[doc["onsite"][sp][shell] for shell in SHELLS] for sp in SPECIES])
    onsite[1] += doc["valence_band_offset_Ge"]
    hopping = np.zeros((2, 2, 4, 4, 3))
    exponent = np.zeros((2, 2, 4, 4, 3))
    bond_length = np.zeros((2, 2))
    for first, a in enumerate(SPECIES):
        for second, b in enumerate(SPECIES):
            pair, swapped = (f"{a}-{b}", False) if f"{a}-{b}" in doc["hopping"] else (f"{b}-{a}", True)
            hopping[first, second] = _two_centre_table(doc["hopping"][pair], swapped)
            exponent[first, second] = _two_centre_table(doc["hopping_exponent"][pair], swapped)
            bond_length[first, second] = doc["bond_length_d0"][pair]
    strain = [doc["onsite_strain"][sp] for sp in SPECIES]
    beta = [onsite_strain_tables(values) for values in strain]
    return TightBindingParameters(
        onsite=onsite,
        spin_orbit=np.array([doc["onsite"][sp]["spin_orbit_lambda_p"] for sp in SPECIES]),
        hopping=hopping,
        exponent=exponent,
        bond_length=bond_length,
        alpha=np.array([[values[f"alpha_{shell}"] for shell in SHELLS] for values in strain]),
        beta_constant=np.array([constant for constant, _ in beta]),
        beta_slope=np.array([slope for _, slope in beta]),
        second_hopping=np.zeros_like(hopping),
        second_exponent=np.full_like(exponent, SECOND_EXPONENT),
        second_length=np.sqrt(8 / 3) * bond_length,
        neighbour=np.zeros((len(SPECIES), len(SHELLS))),
        lattice_constant=np.array([doc["lattice_constant"][sp] for sp in SPECIES]),
        source=doc["source"],
    )


def _two_centre_table(values: dict[str, float], swapped: bool) -> np.ndarray:
    """(4, 4, 3) integrals; a name missing in one order is the same in the other (same-species pairs, exponents)."""
    table = np.zeros((4, 4, 3))
    for i, a in enumerate(SHELLS):
        for j, b in enumerate(SHELLS):
            for m in range(min(ANGULAR_MOMENTUM[i], ANGULAR_MOMENTUM[j]) + 1):
                symmetry = BOND_SYMMETRIES[m]
                first, second = (b, a) if swapped else (a, b)
                name = f"{first}{second}_{symmetry}"
                table[i, j, m] = values[name] if name in values else values[f"{second}{first}_{symmetry}"]
    return table


def onsite_strain_tables(values: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """(4, 4, 3) constants and slopes of the effective two-centre values, as the parameter file's note gives them."""
    s, p, d, excited = range(4)
    constant, slope = np.zeros((4, 4, 3)), np.zeros((4, 4, 3))
    root3 = np.sqrt(3.0)
    constant[s, p, 0] = values["beta_sp"]
    constant[excited, p, 0] = values["beta_s*p"]
    constant[s, d, 0] = values["beta_sd"] / root3
    constant[excited, d, 0] = values["beta_s*d"] / root3
    pp, pd, dd = np.array([2 / 3, -1 / 3, 0]), np.array([2 / root3, 1, 0]), np.array([-2 / 3, -1 / 3, 2 / 3])
    constant[p, p], slope[p, p] = values["beta_p0"] * pp, values["beta_p1"] * pp
    constant[p, d], slope[p, d] = values["beta_pd0"] * pd, values["beta_pd1"] * pd
    constant[d, d] = values["beta_d0"] * dd
    for a, b in ((s, p), (excited, p), (s, d), (excited, d), (p, d)):
        constant[b, a], slope[b, a] = constant[a, b], slope[a, b]
    return constant, slope
