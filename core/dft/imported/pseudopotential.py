"""What a pseudopotential file of the UPF format says of its atom: orbitals, and the potential of the neutral atom.

Energies of Quantum ESPRESSO are relative to an average potential that leaves out the Hartree potential and the Coulomb
tail of the ions. Of neutral pseudo-atoms that average lacks, an atom, the integral M = −(2π/3) e² ⟨r²⟩ of the valence
electrons, which is what puts energies on the scale of the model solid (see `core.dft.calculation`).
"""

import re
from dataclasses import dataclass

import numpy as np
from ase.units import Bohr, Hartree

from core.errors import InputError

CONFIGURATION = {"Si": (1.46, 2.54), "Ge": (1.49, 2.51)}
"""Electrons in s and p of free atoms; Van de Walle and Martin, Phys. Rev. B 34, 5621 (1986)."""

MOST_POINTS = 20_000

_ATTRIBUTE = re.compile(r"([A-Za-z_]+)\s*=\s*[\"']([^\"']*)[\"']")


@dataclass(frozen=True)
class Pseudopotential:
    """An atom of the calculation.

    element: its symbol. angular: of its orbitals, in the order in which they are projected on. valence: electrons.
    neutral_atom: eV Å³, see the module. functional: as the file names it.
    """

    element: str
    angular: tuple[int, ...]
    valence: float
    neutral_atom: float
    functional: str

    @classmethod
    def parse(cls, text: str, name: str) -> "Pseudopotential":
        """Read the text of a UPF file, version 2.

        Raises:
            InputError: another format, spin-orbit coupling, or parts that are missing.
        """
        if not re.search(r"<UPF\s+version\s*=\s*[\"']2", text[:2000]):
            raise InputError(f"{name} is no pseudopotential of UPF version 2; convert it with upfconv.x of the code")
        header = _attributes(text, "PP_HEADER", name)
        if header.get("has_so", "false").strip(".").lower() in ("t", "true"):
            raise InputError(f"{name} has spin-orbit coupling; bands without it are accepted")
        element = header.get("element", "").strip()
        waves = []
        for number in range(1, min(_count(header.get("number_of_wfc", "0")), 20) + 1):
            said = _attributes(text, f"PP_CHI.{number}", name)
            if _number(said.get("occupation", "0"), name) >= 0:
                waves.append(
                    (_count(said.get("l", "")), f"PP_CHI.{number}", _number(said.get("occupation", "0"), name))
                )
        if not waves:
            raise InputError(f"{name} has no atomic orbitals (PP_CHI) to project on; use a pseudopotential that has")
        return cls(
            element=element,
            angular=tuple(angular for angular, _, _ in waves),
            valence=_number(header.get("z_valence", ""), name),
            neutral_atom=-2 * np.pi / 3 * Hartree * Bohr**3 * _spread(text, name, element, waves),
            functional=" ".join(header.get("functional", "").split()),
        )


def _spread(text: str, name: str, element: str, waves: list[tuple[int, str, float]]) -> float:
    """⟨r²⟩ of all valence electrons in Bohr², in the configuration of CONFIGURATION.

    The density is the file's own; what its configuration differs in is moved between the shapes of its orbitals.
    """
    radius, weight = _values(text, "PP_R", name), _values(text, "PP_RAB", name)
    density = _values(text, "PP_RHOATOM", name)
    total = float((radius**2 * density * weight).sum())
    for angular, wanted in enumerate(CONFIGURATION.get(element, ())):
        same = [(part, occupied) for momentum, part, occupied in waves if momentum == angular]
        if not same:
            raise InputError(f"{name} lacks the {'sp'[angular]} orbital of {element} among PP_CHI")
        shape = _values(text, same[-1][0], name) ** 2 * weight
        total += (wanted - same[-1][1]) * float((radius**2 * shape).sum() / shape.sum())
    return total


def _attributes(text: str, tag: str, name: str) -> dict[str, str]:
    start = re.search(rf"<{re.escape(tag)}[\s>]", text)
    if not start:
        raise InputError(f"{name} lacks {tag}; give the pseudopotential file as the code keeps it")
    end = text.find(">", start.start(), start.start() + 20_000)
    return {key.lower(): value for key, value in _ATTRIBUTE.findall(text[start.start() : max(end, 0)])}


def _values(text: str, tag: str, name: str) -> np.ndarray:
    start = re.search(rf"<{re.escape(tag)}[\s>]", text)
    opened = text.find(">", start.start()) if start else -1
    closed = text.find(f"</{tag}>", opened)
    words = text[opened + 1 : closed].split(maxsplit=MOST_POINTS) if 0 <= opened < closed else []
    if not 2 <= len(words) <= MOST_POINTS:
        raise InputError(f"{name} has {len(words)} values of {tag}; 2 to {MOST_POINTS} are accepted: is it whole?")
    return np.array([_number(word, name) for word in words])


def _number(word: str, name: str) -> float:
    try:
        value = float(word.replace("D", "E").replace("d", "e"))
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InputError(f"{name} has {word[:20]!r} in place of a number: it is damaged")
    return value


def _count(word: str) -> int:
    return int(word) if word.strip().isdecimal() and len(word) < 6 else 0
