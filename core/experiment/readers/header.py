"""What headers say, under the many names of it: photon energy, work function, temperature and the like."""

import re
from collections.abc import Iterable

import numpy as np

from core.experiment.readers.text import decoded, with_decimal_point
from core.experiment.readers.units import UNITS, plain_unit, unit_kind, without_unit

NAMES = {
    "hv": (
        "hv", "hnu", "photonenergy", "excitationenergy", "excenergy", "blenergy", "ble", "beamlineenergy", "mono",
        "monoev", "monoe", "monoenergy", "energyphoton", "monochromatorenergy", "beamenergy", "sfhv", "sshv",
        "incidentenergy", "probeenergy", "hvev", "excitationenergyev", "photonenergyev", "photonenergie",
        "anregungsenergie", "hvactual", "photonenergyactual",
    ),
    "work_function": (
        "workfunction", "effworkfunction", "sampleworkfunction", "analyserworkfunction", "analyzerworkfunction", "wf",
        "workfunctionev", "effworkfunctionev",
    ),
    "temperature": (
        "temperature", "sampletemp", "sampletemperature", "tempsample", "temperaturesample", "temp", "tsample", "tb",
        "temperaturebsample1", "cryostatd", "samplestagetemperature", "temperaturek",
        "temperatur", "probentemperatur", "samplet", "sampletemperaturea", "cryotemperature",
    ),
    "fermi_level": ("ef", "fermilevel", "fermi", "fermienergy", "efermi", "fermiedge", "eflevel", "fermienergyev"),
    "normal_emission": (
        "normalemission", "alphaoffset", "phioffset", "angleoffset", "normalemissionangle", "gammaangle",
        "thetaparoffset",
    ),
    "second_angle": ("tilt", "satilt", "thetay", "tiltdeg", "deflx", "slitdefl", "deflectorperp", "beta"),
    "second_normal": (
        "betaoffset", "psioffset", "thetaoffset", "thetaperpoffset", "polaroffset", "tiltoffset",
    ),
    "energy_scale": ("energyscale", "energynotation", "ekeb", "ebek", "energyaxis", "energyunit", "energytype"),
    "beamline": ("location", "beamline", "loc", "instrument", "endstation", "station"),
    "sample": ("sample", "samplename"),
    "simulated_from": ("simulatedfrom",),
}  # fmt: skip
"""What later steps ask for → what files call it, in small letters and digits alone, the best name first."""

ANGLES = ("normal_emission", "second_angle", "second_normal")
NUMBERS = ("hv", "work_function", "temperature", "fermi_level", *ANGLES)
POSITIVE = ("hv", "work_function", "temperature")
LONGEST = 200

LIGHT = 1239.841984
"""h c in eV nm."""

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_RANGE = re.compile(rf"^\s*({_NUMBER.pattern})\s*:\s*({_NUMBER.pattern})\s*:\s*({_NUMBER.pattern})\s*$")


def plain_name(text: str) -> str:
    """A name in small letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", text.lower().replace("ν", "nu"))


def target_of(name: str) -> str:
    """What a header's name stands for; empty where it is none of NAMES."""
    plain = plain_name(without_unit(name)[0])
    return next((target for target, names in NAMES.items() if plain in names), "")


def header_facts(entries: Iterable[tuple[str, object, str]], angles: str = "") -> dict:
    """What a header says, of (name, value, unit): numbers in eV, degrees and kelvins, the rest as text.

    Where several entries say the same thing, the best name counts, then the first that is usable. A photon energy that
    runs over a scan is left as an array.

    Args:
        entries: names and values as the file has them; a unit that is empty is the usual one.
        angles: the unit of angles where none is named, degrees by default.
    """
    found: dict[str, tuple[int, object]] = {}
    for name, value, unit in entries:
        name, its = without_unit(name)
        plain, unit = plain_name(name), unit or its
        for target, names in NAMES.items():
            if plain not in names:
                continue
            rank = names.index(plain)
            if target in found and found[target][0] <= rank:
                continue
            ready = _number(target, value, unit, angles) if target in NUMBERS else _text(value)
            if ready is not None:
                found[target] = rank, ready
    return {target: value for target, (_, value) in found.items()}


def lines_of(text: str) -> list[tuple[str, str, str]]:
    """(name, value, "") of the lines `name = value` or `name: value` of a text such as an Igor note."""
    entries = []
    for line in re.split(r"[\r\n;]+", text):
        name, separator, value = line.partition("=" if "=" in line else ":")
        if separator and name.strip():
            entries.append((name.strip(), value.strip(), ""))
    return entries


def _text(value) -> str | None:
    text = as_text(value).strip()
    return text[:LONGEST] if text else None


def as_text(value) -> str:
    """A value of a header as text, of an array its first."""
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else ""
    return decoded(value) if isinstance(value, bytes) else str(value)


def _number(target: str, value, unit: str, angles: str):
    """A finite number in the unit used here, an array of them along a scan, or None."""
    if isinstance(value, np.ndarray) and value.size > 1 and value.dtype.kind in "fiu":
        values = np.asarray(value, dtype=np.float64).ravel()
        if target != "hv" or not np.isfinite(values).all() or values.min() <= 0:
            return None
        return _electronvolts(values, unit)
    text = with_decimal_point(as_text(value))
    if target == "hv" and text.strip()[:1] in "[(" and len(listed := _NUMBER.findall(text)) > 1:
        return _number(target, np.array(listed, float), unit, angles)
    if target == "hv" and (steps := _RANGE.match(text)):
        return _stepped(*map(float, steps.groups()))
    match = _NUMBER.search(text)
    if not match:
        return None
    number, unit = float(match[0]), unit or text[match.end() :].strip()
    if target in ("hv", "work_function", "fermi_level"):
        energy = _electronvolts(number, unit)
        if energy is None:
            return None
        number = energy
    elif target in ANGLES:
        number *= UNITS["alpha"].get(plain_unit(unit or angles), 1.0)
    if not np.isfinite(number) or (target in POSITIVE and number <= 0) or abs(number) > 1e6:
        return None
    return number


def _electronvolts(value, unit: str):
    """Energies in eV, wavelengths too; None in a unit of something else, as they are in one that nobody knows."""
    plain = plain_unit(unit)
    if plain in ("nm", "nanometer"):
        return LIGHT / value if np.all(np.asarray(value) > 0) else None
    return None if unit_kind(unit) not in ("", "eV") else value * UNITS["eV"].get(plain, 1.0)


def _stepped(start: float, step: float, stop: float) -> np.ndarray | None:
    if step == 0 or not 1 < (stop - start) / step + 1 < 1e4:
        return None
    return start + step * np.arange(round((stop - start) / step) + 1)
