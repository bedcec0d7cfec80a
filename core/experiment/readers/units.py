"""Units of axes: what files call them, and their factors to the units used here (eV, degree, 1/Å)."""

import math
import re

from core.errors import InputError

LONGEST_LABEL = 200
DEGREE = 180.0 / math.pi

UNITS = {
    "eV": {"ev": 1.0, "electronvolt": 1.0, "mev": 1e-3, "millielectronvolt": 1e-3, "kev": 1e3, "kiloelectronvolt": 1e3},
    "alpha": {
        "deg": 1.0, "degree": 1.0, "°": 1.0, "º": 1.0, "rad": DEGREE, "radian": DEGREE,
        "mrad": 1e-3 * DEGREE, "milliradian": 1e-3 * DEGREE, "arcmin": 1 / 60, "arcminute": 1 / 60,
    },
    "kx": {
        **dict.fromkeys(("1/a", "a-1", "1/ang", "ang-1", "1/angstrom", "angstrom-1", "1/angstroms", "invang",
                         "inverseangstrom"), 1.0),
        **dict.fromkeys(("1/nm", "nm-1", "1/nanometer", "nanometer-1", "1/nanometre", "inversenm",
                         "inversenanometer"), 0.1),
        **dict.fromkeys(("1/m", "m-1", "1/meter", "1/metre"), 1e-10),
        **dict.fromkeys(("1/bohr", "bohr-1", "1/a0"), 1 / 0.529177210903),
    },
    "other": dict.fromkeys(
        ("mm", "um", "nm", "cm", "m", "millimeter", "micrometer", "nanometer", "micron", "s", "ms", "min", "ps", "fs",
         "second", "picosecond", "femtosecond", "pixel", "px", "channel", "bin",
         "pi/a", "π/a", "2pi/a", "2π/a", "k", "kelvin", "v", "volt", "mv", "a", "ma", "steps", "pulses"), 1.0),
}  # fmt: skip
"""Kind of an axis → a unit, as `plain_unit` writes it → its factor. Kind `other` is of no use beside the energy."""

_SHOWN = {
    "eV": "eV, meV and keV", "alpha": "degree, rad and mrad", "kx": "1/Å and 1/nm",
}  # fmt: skip
_WHAT = {"eV": "energy", "alpha": "angle", "kx": "wave vector"}
_NONE = frozenset({"", "none", "-", "unitless", "dimensionless", "unknown", "n/a"})
_BRACKETS = re.compile(r"^(.*?)\s*[\[(]([^\[\]()]*)[\])]\s*$", re.DOTALL)
_SUPERSCRIPTS = str.maketrans("⁻¹−–", "-1--")


def plain_unit(text: str) -> str:
    """A unit without the liberties that files take: capitals, blanks, plurals, superscripts, names of the ångström."""
    unit = re.sub(r"\\+(AA|angstrom|r?ing\{A\}|mathring\{A\})", "A", text.strip().translate(_SUPERSCRIPTS))
    unit = re.sub(r"[\s^*_·{}$\\]|mathrm", "", unit).replace("per", "1/") if unit else ""
    unit = re.sub("[ÅÅå]", "A", unit).lower().rstrip(".")
    unit = re.sub(r"^(degree|radian|milliradian|electronvolt|millielectronvolt|pixel|channel|bin)s$", r"\1", unit)
    return re.sub(r"^\((.*)\)$", r"\1", unit)


def unit_kind(text: str) -> str:
    """`eV`, `alpha`, `kx` or `other` for a known unit; empty for any other text."""
    unit = plain_unit(text)
    return next((kind for kind, known in UNITS.items() if unit in known), "")


def without_unit(label: str) -> tuple[str, str]:
    """Name and unit in a label such as `Energy [eV]`, `deg (theta_y)` or `eV`; the unit is empty where it says none."""
    label = label.strip()[:LONGEST_LABEL]
    if unit_kind(label) and label != "k":  # the wave vector, not kelvin
        return label, label
    if found := _BRACKETS.match(label):
        outer, inner = found[1].strip(), found[2].strip()
        if unit_kind(inner):
            return outer or inner, inner
        if unit_kind(outer):
            return inner or outer, outer
        if label.endswith("]") and outer:
            return outer, inner
    return label, ""


def factor(unit: str, kind: str, label: str, usual: str = "") -> float:
    """What points in a unit are multiplied by to be in eV, degrees or 1/Å.

    Args:
        unit: of the file; empty where it names none, which stands for `usual`.
        kind: `eV`, `alpha` or `kx`.
        label: what the file calls the axis, for the message.
        usual: the unit that the file's format means where it names none.

    Raises:
        InputError: a unit that is not known, or of another kind.
    """
    if plain_unit(unit) in _NONE:
        return UNITS[kind][plain_unit(usual)] if usual else 1.0
    known = UNITS[kind].get(plain_unit(unit))
    if known is None:
        raise InputError(
            f"The {_WHAT[kind]} axis {label!r} of this file is in {unit.strip()[:40]!r}, which cannot be converted; "
            f"known are {_SHOWN[kind]}: calibrate the axis before it is saved"
        )
    return known
