"""Quantum ESPRESSO: what `pw.x` (calculation = 'bands') and `projwfc.x` leave in the folder PREFIX.save.

`data-file-schema.xml` has the structure and the eigenvalues, `atomic_proj.xml` the projections on Löwdin orbitals, and
the pseudopotentials which orbitals these are (the code: P. Giannozzi et al., J. Phys. Condens. Matter 29, 465901
(2017)). This module needs qeschema and runs in a process of its own.
"""

import re
from dataclasses import dataclass, fields
from xml.etree.ElementTree import Element

import numpy as np
from ase.units import Bohr, Hartree, Rydberg
from qeschema import PwDocument
from qeschema.exceptions import XmlDocumentError
from xmlschema import XMLSchemaException

from core.dft.imported.atomic_projections import PROJECTION_FILE, RERUN, coefficients, damaged, orbitals, parsed
from core.dft.imported.found import Found, checked_shape
from core.dft.imported.placement import placed
from core.dft.imported.projections import DEGENERACY_TOLERANCE, Projections
from core.dft.imported.pseudopotential import Pseudopotential
from core.dft.recipe import VALENCE_BANDS_PER_ATOM
from core.electronic.diagonalise import Bands
from core.errors import InputError
from core.sandbox import unpack

SCHEMA_FILE = "data-file-schema.xml"

CORE_GAP = 3.0
"""eV between filled bands that are left out, as those of 3d states of Ge, and valence bands."""

LEAST_INSIDE = 0.05
"""Of a state in the orbitals; empty bands are left out from the first with less at any k."""

_FAULTS = (XMLSchemaException, XmlDocumentError, TypeError, ValueError, AttributeError, KeyError)
"""What decoding raises where a file is not as its schema says."""


def parts(content: bytes, name: str) -> tuple[dict, list[np.ndarray]]:
    """What `core.dft.imported.reading` gets of a folder, packed file by file."""
    document, arrays = unpack(content)
    files = {file: bytes(array) for file, array in zip(document["files"], arrays, strict=True)}
    return read_espresso(files, name).parts()


def read_espresso(files: dict[str, bytes], label: str = "") -> Found:
    """Bands with weights from the files of a PREFIX.save folder, by their names.

    Raises:
        InputError: a file is missing, damaged or of another calculation, or the calculation is of a kind that is not
            accepted: with spin, charged, of other elements, without empty bands.
    """
    for name, maker in ((SCHEMA_FILE, "pw.x"), (PROJECTION_FILE, "projwfc.x")):
        if name not in files:
            raise InputError(f"{label} lacks {name}, which {maker} writes: {RERUN}")
    run = _Run.parse(files[SCHEMA_FILE])
    atoms = placed(run.cell, run.positions, run.symbols, label)
    setups = run.setups(files)
    all_coefficients = coefficients(files[PROJECTION_FILE], run.k, run.energy, setups)
    filled = run.filled(sum(setup.valence for setup in setups))
    below = filled - VALENCE_BANDS_PER_ATOM * len(setups)
    k_reduced = atoms.k_reduced(run.k * run.k_unit)
    states = Projections(
        k=run.k * run.k_unit,
        energy=run.energy,
        coefficient=all_coefficients[:, atoms.order],
        phase=np.exp(-0.5j * np.pi * (k_reduced @ atoms.site.T)),
        sublattice=atoms.crystal.sublattice,
        angular=np.array([angular for angular, _, _ in orbitals(setups)]),
    )
    kept, bands = _kept(states, below, filled), states.bands()
    return Found(
        crystal=atoms.crystal,
        k_reduced=k_reduced,
        bands=Bands(*(getattr(bands, field.name)[..., kept] for field in fields(Bands))),
        first_band=0,
        neutral_atom=np.array([setups[place].neutral_atom for place in atoms.order]),
        facts={
            "code": "Quantum ESPRESSO",
            "code_version": run.attribute(".//creator", "VERSION"),
            "functional": run.text("dft/functional"),
            "settings": f"plane waves to {run.number('basis_set/ecutwfc') * Hartree / Rydberg:g} Ry",
            "setups": {symbol: run.pseudo_file(symbol) for symbol in sorted(set(run.symbols))},
            "bands_below": below,
            "least_inside_orbitals": float(states.inside()[:, kept].min()),
        },
    )


@dataclass(frozen=True, eq=False)
class _Run:
    """What `data-file-schema.xml` says, in the axes of the run.

    symbols: of the atoms. positions: (atom, 3) Å. cell: (3, 3) Å in rows. k: (k, 3) in k_unit 1/Å.
    energy: (k, band) eV.
    """

    document: PwDocument
    symbols: list[str]
    positions: np.ndarray
    cell: np.ndarray
    k: np.ndarray
    k_unit: float
    energy: np.ndarray

    @classmethod
    def parse(cls, content: bytes) -> "_Run":
        """Numbers are decoded by the schema that the file names if qeschema has it, else by the newest."""
        root = parsed(content, SCHEMA_FILE)
        for part in ("atomic_structure", "band_structure", "atomic_species", "dft"):
            if root.find(f"output/{part}") is None:
                raise InputError(f"{SCHEMA_FILE} lacks output/{part}: the run did not end well; {RERUN}")
        hints = [hint[1] for value in root.attrib.values() if (hint := re.search(r"([A-Za-z0-9_-]+\.xsd)\s*$", value))]
        known = [schema for hint in hints if (schema := PwDocument.fetch_schema(f"releases/{hint}"))]
        try:
            document = PwDocument(schema=(known or ["qes.xsd"])[0])
            document.root = root
            _check_spin(root)
            names, positions = document.get_atomic_positions()
            cell, k = np.array(document.get_cell_parameters(), float), np.array(document.get_k_points(), float)
            energy = np.array(document.get_ks_eigenvalues(), float)
            unit = 2 * np.pi / (float(root.find("output/atomic_structure").get("alat")) * Bohr)
            positions = np.array(positions, float)
        except InputError:
            raise
        except _FAULTS as error:
            raise damaged(SCHEMA_FILE, error) from None
        triples = positions.shape == (len(names), 3) and cell.shape == (3, 3) and k.shape == (len(k), 3)
        if not triples or energy.ndim != 2 or len(energy) != len(k):
            raise InputError(f"{SCHEMA_FILE} has arrays of unequal lengths: it is damaged; {RERUN}")
        checked_shape(len(names), *energy.shape)
        if not all(np.isfinite(array).all() for array in (positions, cell, k, energy, unit)):
            raise InputError(f"{SCHEMA_FILE} has numbers that are not finite: it is damaged; {RERUN}")
        return cls(document, [_symbol(n) for n in names], positions * Bohr, cell * Bohr, k, unit, energy * Hartree)

    def text(self, path: str) -> str:
        """Of an element of the output."""
        found = self.document.root.find(f"output/{path}")
        return "" if found is None else " ".join((found.text or "").split())[:200]

    def number(self, path: str) -> float:
        """Of an element of the output."""
        try:
            return float(self.text(path))
        except ValueError:
            raise InputError(f"{SCHEMA_FILE} lacks output/{path} as a number; {RERUN}") from None

    def attribute(self, path: str, name: str) -> str:
        """Of an element of the file."""
        found = self.document.root.find(path)
        return "" if found is None else found.get(name, "").strip()[:40]

    def pseudo_file(self, symbol: str) -> str:
        """The name of the pseudopotential of an element."""
        for species in self.document.root.findall("output/atomic_species/species"):
            if _symbol(species.get("name", "")) == symbol:
                return (species.findtext("pseudo_file") or "").strip()
        raise InputError(f"{SCHEMA_FILE} names no pseudopotential of {symbol}; {RERUN}")

    def setups(self, files: dict[str, bytes]) -> list[Pseudopotential]:
        """Of the atoms; InputError where a file is missing or of another element."""
        found = {}
        for symbol in set(self.symbols):
            file = self.pseudo_file(symbol)
            if file not in files:
                raise InputError(f"The pseudopotential {file} is not beside {SCHEMA_FILE}, where pw.x puts it: add it")
            found[symbol] = Pseudopotential.parse(files[file].decode("utf-8", errors="replace"), file)
            if found[symbol].element.capitalize() != symbol:
                raise InputError(f"{file} is of {found[symbol].element or 'no element'}; the run has it for {symbol}")
        return [found[symbol] for symbol in self.symbols]

    def filled(self, neutral: float) -> int:
        """Filled bands, of valence and of what lies below; InputError for a charged crystal."""
        electrons = self.number("band_structure/nelec")
        if abs(electrons - neutral) > 1e-6 or electrons % 2 or electrons < 4 * len(self.symbols):
            raise InputError(
                f"The run has {electrons:g} electrons, and neutral atoms with these pseudopotentials have {neutral:g}; "
                "neutral crystals with four valence electrons an atom or more are accepted: leave out tot_charge"
            )
        return round(electrons / 2)


def _symbol(name: str) -> str:
    """The element of a species that is called Si, Si1 or si_bulk."""
    return re.sub(r"[^A-Za-z].*", "", str(name)).capitalize()


def _check_spin(root: Element) -> None:
    for flag, what in (("lsda", "spin-polarised"), ("noncolin", "non-collinear"), ("spinorbit", "spin-orbit coupled")):
        if (root.findtext(f"output/band_structure/{flag}") or "").strip().lower() == "true":
            raise InputError(f"The calculation is {what}; bands without spin are accepted: leave it out and {RERUN}")


def _kept(states: Projections, below: int, filled: int) -> slice:
    """Bands that can be told: not those below the valence bands, nor the highest, see `_whole_groups` and LEAST_INSIDE.

    Raises:
        InputError: there are no empty ones among them, or no gap below the valence bands.
    """
    bands = states.energy.shape[1]
    if bands <= filled:
        raise InputError(f"The run has {bands} bands, of which {filled} are filled; raise nbnd to {filled + 4} or more")
    if below and float((states.energy[:, below] - states.energy[:, below - 1]).min()) < CORE_GAP:
        raise InputError(
            f"The {below} lowest bands do not lie {CORE_GAP:g} eV below the rest, as those of 3d states would; use "
            "pseudopotentials with four valence electrons an atom"
        )
    outside = np.flatnonzero(states.inside().min(axis=0)[filled:] < LEAST_INSIDE)
    end = min(_whole_groups(states.energy), filled + int(outside[0]) if len(outside) else bands)
    if end <= filled:
        raise InputError(
            f"Of {bands} bands, {filled} of them filled, no empty one can be told apart from those above it in the "
            f"orbitals of the pseudopotentials; raise nbnd to {filled + 4} or more, and use s and p orbitals at least"
        )
    return slice(below, end)


def _whole_groups(energy: np.ndarray) -> int:
    """How many bands (k, band) are left without the last degenerate group of any k, which may go on above them."""
    apart = np.diff(energy, axis=1) >= DEGENERACY_TOLERANCE
    return energy.shape[1] - 1 - int(np.argmax(apart[:, ::-1], axis=1).max())
