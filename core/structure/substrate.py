"""The substrate fixes the in-plane lattice constant a∥; strain is stated against a named reference."""

import math
import re
from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.parameters.keating import keating_parameters
from core.structure.crystal import species_label
from core.structure.keating import LATTICE_RANGE
from core.structure.notation import FRACTION_TOLERANCE, alloy_text, plain_digits

MAX_STRAIN = 0.06
"""Largest in-plane strain of a layer against its own bulk; beyond it neither the force field nor growth is sound."""

MAX_TEXT = 60
ACCEPTED = (
    "accepted are Si, Ge, an alloy such as Si0.5Ge0.5, a lattice constant such as 5.50 Å or 0.55 nm, "
    "or a strain of bulk Si such as +1.2 %"
)

_NUMBER = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_ELEMENT = re.compile(r"(si|ge)1?", re.IGNORECASE)
_ALLOY = re.compile(rf"(\()?(si|ge){_NUMBER}(si|ge){_NUMBER}(?(1)\))", re.IGNORECASE)
_LENGTH = re.compile(rf"{_NUMBER}(å|a|ang|angstrom|ångström|nm)?", re.IGNORECASE)
_STRAIN = re.compile(rf"([+-]?){_NUMBER}%")


@dataclass(frozen=True)
class Substrate:
    """An in-plane lattice constant and where it comes from.

    lattice_constant: a∥ in Å.
    label: canonical text; `parse_substrate` reads it back.
    ge_fraction: of the substrate crystal, None where only a length or a strain was given.
    """

    lattice_constant: float
    label: str
    ge_fraction: float | None = None

    def __post_init__(self):
        """Refuse lattice constants far from both bulk materials."""
        low, high = LATTICE_RANGE
        if not low <= self.lattice_constant <= high:
            raise InputError(
                f"Substrate '{self.label}' has an in-plane lattice constant of {self.lattice_constant:.4g} Å; "
                f"allowed are {low} to {high} Å (Si {bulk_lattice_constant(0.0):g}, Ge {bulk_lattice_constant(1.0):g})"
            )

    @property
    def description(self) -> str:
        """The lattice constant and its strain against bulk Si, in words."""
        strain = 100 * strain_against(self.lattice_constant, bulk_lattice_constant(0.0))
        return f"a∥ = {self.lattice_constant:.4f} Å ({strain:+.2f} % against bulk Si)"


def bulk_lattice_constant(ge_fraction: float | np.ndarray) -> float | np.ndarray:
    """Å, linear between Si and Ge (Vegard)."""
    silicon, germanium = keating_parameters().lattice_constant
    return silicon + (germanium - silicon) * ge_fraction


def strain_against(lattice_constant: float, reference: float | np.ndarray) -> float | np.ndarray:
    """In-plane strain a/a_ref − 1 (not in percent) of a lattice constant against a reference one, both Å."""
    return lattice_constant / reference - 1.0


def parse_substrate(text: str) -> Substrate:
    """The substrate written in `text`: Si, Ge, Si0.5Ge0.5 (Vegard), 5.50 Å, or +1.2 % (strain against bulk Si).

    Case, spaces and subscript digits are forgiven; a length needs no unit; anything else raises InputError.
    """
    if not isinstance(text, str):
        raise InputError(f"The substrate is written as text; {ACCEPTED}; given was {type(text).__name__}")
    if len(text) > MAX_TEXT:
        raise InputError(f"The substrate text has {len(text)} characters, at most {MAX_TEXT} are read; {ACCEPTED}")
    compact = "".join(plain_digits(text).replace("−", "-").replace("\u212b", "Å").split()).replace("(001)", "")
    if match := _ELEMENT.fullmatch(compact):
        return elemental_substrate(float(match.group(1).lower() == "ge"))
    if match := _ALLOY.fullmatch(compact):
        return _alloy_substrate(match, text)
    if match := _STRAIN.fullmatch(compact):
        percent = float(match.group(2)) * (-1.0 if match.group(1) == "-" else 1.0)
        label = f"{_plain_number(percent, signed=True)} %"
        return Substrate(float(bulk_lattice_constant(0.0) * (1.0 + percent / 100.0)), label)
    if match := _LENGTH.fullmatch(compact):
        length = float(match.group(1))
        if (match.group(2) or "").lower() == "nm":
            length = round(10.0 * length, 9)
        return Substrate(length, f"{_plain_number(length)} Å")
    raise InputError(f"Substrate '{text.strip()}' is not understood; {ACCEPTED}")


def elemental_substrate(ge_fraction: float) -> Substrate:
    """Bulk Si (0), Ge (1) or the relaxed alloy between them (Vegard) as a substrate."""
    if not 0.0 <= ge_fraction <= 1.0:
        raise InputError(f"A substrate with a Ge fraction of {ge_fraction:g} does not exist; give 0 (Si) to 1 (Ge)")
    pure = ge_fraction in (0.0, 1.0)
    label = ("Ge" if ge_fraction else "Si") if pure else alloy_text(ge_fraction)
    return Substrate(float(bulk_lattice_constant(ge_fraction)), label, float(ge_fraction))


def check_strain(substrate: Substrate, ge_fractions: np.ndarray) -> np.ndarray:
    """(monolayer,) in-plane strain of every plane against its own bulk; InputError beyond ±MAX_STRAIN."""
    ge_fractions = np.asarray(ge_fractions, dtype=float)
    bulk = np.asarray(bulk_lattice_constant(ge_fractions))
    strain = np.asarray(strain_against(substrate.lattice_constant, bulk))
    worst = int(np.argmax(np.abs(strain)))
    if abs(strain[worst]) > MAX_STRAIN + 1e-12:
        low, high = bulk.max() * (1.0 - MAX_STRAIN), bulk.min() * (1.0 + MAX_STRAIN)
        remedy = f"choose a substrate of {low:.3f} to {high:.3f} Å" if low <= high else "choose closer compositions"
        raise InputError(
            f"{species_label(ge_fractions[worst])} layers on substrate '{substrate.label}' "
            f"({substrate.lattice_constant:.3f} Å) would be strained by {100 * strain[worst]:+.1f} % against their own "
            f"bulk; accepted are up to ±{100 * MAX_STRAIN:.0f} %: {remedy}"
        )
    return strain


def _alloy_substrate(match: re.Match, text: str) -> Substrate:
    _, first, first_fraction, second, second_fraction = match.groups()
    fractions = {first.lower(): float(first_fraction), second.lower(): float(second_fraction)}
    if len(fractions) < 2 or not math.isclose(sum(fractions.values()), 1.0, abs_tol=FRACTION_TOLERANCE, rel_tol=0.0):
        raise InputError(
            f"Substrate '{text.strip()}' is not an alloy of Si and Ge whose fractions add up to 1; "
            "write for example Si0.5Ge0.5"
        )
    return elemental_substrate(min(fractions["ge"], 1.0))


def _plain_number(value: float, signed: bool = False) -> str:
    text = np.format_float_positional(abs(value), trim="-")
    sign = "-" if value < 0 else "+"
    return f"{sign}{text}" if signed else text
