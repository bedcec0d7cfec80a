"""`atomic_proj.xml` of projwfc.x: projections of states on orthonormal atomic orbitals, k-point by k-point."""

from itertools import count
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from ase.units import Rydberg
from xmlschema import XMLResource, XMLResourceError, XMLSchemaException
from xmlschema.exceptions import XMLSchemaValueError

from core.dft.imported.pseudopotential import Pseudopotential
from core.errors import InputError

PROJECTION_FILE = "atomic_proj.xml"
RERUN = "run pw.x with calculation = 'bands' and then projwfc.x in the same outdir again"

K_TOLERANCE = 1e-6
"""2π/alat."""

ENERGY_TOLERANCE = 1e-4
"""eV."""

_Column = tuple[int, int, int]
"""Angular momentum, number of the shell, component of an orbital."""


def parsed(content: bytes, name: str) -> Element:
    """The root of an XML file; entities are refused, and nothing outside of it is followed.

    Raises:
        InputError: it is damaged, or has entities.
    """
    try:
        return XMLResource(content.decode("utf-8"), defuse="always", allow="none").root
    except (UnicodeDecodeError, ParseError, XMLResourceError, XMLSchemaException, XMLSchemaValueError) as error:
        raise damaged(name, error) from None


def damaged(name: str, error: Exception) -> InputError:
    """What to say of a file that a library cannot read."""
    reason = " ".join(str(error).split())[:80]
    return InputError(f"{name} cannot be read ({reason}): it is damaged or not whole; {RERUN}")


def coefficients(content: bytes, k: np.ndarray, energy: np.ndarray, setups: list[Pseudopotential]) -> np.ndarray:
    """(k, atom, orbital, band): orbitals are those of `orbitals`, 0 where an atom lacks one.

    Args:
        content: of the file.
        k: (k, 3) in 2π/alat, as pw.x has them.
        energy: (k, band) eV, as pw.x has them.
        setups: of the atoms, in the order of the run.

    Raises:
        InputError: damaged, of another version of the code, or of another calculation.
    """
    root = parsed(content, PROJECTION_FILE)
    header, states = root.find("HEADER"), root.find("EIGENSTATES")
    if header is None or states is None:
        raise InputError(f"{PROJECTION_FILE} lacks HEADER or EIGENSTATES, as those of Quantum ESPRESSO before 6.4 do")
    if _whole(header, "NUMBER_OF_SPIN_COMPONENTS") != 1:
        raise InputError("The projections are spin-polarised; bands without spin are accepted")
    shape = (len(k), sum(len(_own_columns(setup)) for setup in setups), energy.shape[1])
    told = tuple(_whole(header, f"NUMBER_OF_{what}") for what in ("K-POINTS", "ATOMIC_WFC", "BANDS"))
    if told != shape:
        raise InputError(
            f"{PROJECTION_FILE} has {told[0]} k-points, {told[1]} orbitals, {told[2]} bands, and the run has "
            f"{shape[0]}, {shape[1]}, {shape[2]}: they are of different calculations; {RERUN}"
        )
    blocks = [states.findall(tag) for tag in ("K-POINT", "E", "PROJS")]
    if {len(block) for block in blocks} != {len(k)}:
        raise InputError(f"{PROJECTION_FILE} lacks k-points: it is not whole; {RERUN}")
    raw = np.empty(shape, complex)
    for at, (point, levels, projections) in enumerate(zip(*blocks, strict=True)):
        _check_state(at, _numbers(point, 3) - k[at], _numbers(levels, shape[2]) * Rydberg - energy[at])
        waves = projections.findall("ATOMIC_WFC")
        if len(waves) != shape[1]:
            raise InputError(f"K-point {at + 1} of {PROJECTION_FILE} has {len(waves)} orbitals of {shape[1]}; {RERUN}")
        raw[at] = [_numbers(wave, 2 * shape[2]).view(complex) for wave in waves]
    return _by_orbital(raw, setups)


def orbitals(setups: list[Pseudopotential]) -> list[_Column]:
    """Orbitals of all atoms, matched between elements: of shells of one angular momentum the last has number 0."""
    return sorted({column for setup in setups for column in _own_columns(setup)})


def _own_columns(setup: Pseudopotential) -> list[_Column]:
    """Orbitals of an atom in the order of the file."""
    shells = [(angular, setup.angular[place + 1 :].count(angular)) for place, angular in enumerate(setup.angular)]
    return [(angular, number, m) for angular, number in shells for m in range(2 * angular + 1)]


def _by_orbital(raw: np.ndarray, setups: list[Pseudopotential]) -> np.ndarray:
    columns = {column: place for place, column in enumerate(orbitals(setups))}
    found = np.zeros((len(raw), len(setups), len(columns), raw.shape[2]), complex)
    at = count()
    for atom, setup in enumerate(setups):
        for column in _own_columns(setup):
            found[:, atom, columns[column]] = raw[:, next(at)]
    return found


def _check_state(at: int, k: np.ndarray, energy: np.ndarray) -> None:
    if np.abs(k).max() > K_TOLERANCE or np.abs(energy).max() > ENERGY_TOLERANCE:
        raise InputError(
            f"K-point {at + 1} or its energies in {PROJECTION_FILE} are not those of the run: the files are of "
            f"different calculations; {RERUN}"
        )


def _whole(element: Element, name: str) -> int:
    word = element.get(name, "")
    if not word.strip().isdecimal() or len(word) > 8:
        raise InputError(f"{PROJECTION_FILE} has {word[:20]!r} as {name}; {RERUN}")
    return int(word)


def _numbers(element: Element, wanted: int) -> np.ndarray:
    try:
        values = np.array((element.text or "").split(), float)
    except ValueError:
        values = np.array([np.nan])
    if len(values) != wanted or not np.isfinite(values).all():
        raise InputError(f"{PROJECTION_FILE} has no {wanted} numbers where they belong: it is damaged; {RERUN}")
    return values
