"""From files of others to entries of a data set; each is parsed in a process of its own."""

import sys
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from core.dft.calculation import DftResult
from core.dft.dataset import Entry
from core.dft.imported.found import Found
from core.dft.imported.origin import Origin
from core.dft.imported.store import entry_of
from core.dft.process import PROJECT
from core.dft.recipe import VALENCE_BANDS_PER_ATOM
from core.errors import InputError
from core.sandbox import Limits, pack, read_apart, unpack

SCHEMA_FILE = "data-file-schema.xml"
ACCEPTED = (
    "a NetCDF file of the layout in docs/dft-import.md, or the folder PREFIX.save of Quantum ESPRESSO with "
    "data-file-schema.xml, atomic_proj.xml and the pseudopotentials"
)
MOST_BYTES = 256_000_000
LIMITS = Limits(memory_bytes=2 * 2**30, work_seconds=120.0, seconds=150.0, output_bytes=320 * 2**20)
"""What is written holds MOST_VALUES by shell, 256 MB."""

MODEL_SOLID = "model solid of neutral pseudo-atoms (Van de Walle and Martin 1986), bulk Si by the same settings"
GIVEN_VBM = "valence band maximum of bulk Si as given on the scale of each calculation"

_OWN_SUFFIXES = (".xml", ".upf")
_STRAIN = 2e-3
"""Of bulk Si that is called unstrained."""


@dataclass(frozen=True)
class EspressoSettings:
    """What files of Quantum ESPRESSO do not say.

    lattices: Å, bulk Si and Ge of the functional. scissor: eV, what the gaps of Si and Ge lack. silicon: folder of a
    calculation of unstrained bulk Si. silicon_vbm: eV, in its place the valence band maximum of Si on the
    calculation's own scale.
    """

    lattices: tuple[float, float] | None = None
    scissor: tuple[float, float] = (0.0, 0.0)
    silicon: Path | None = None
    silicon_vbm: float | None = None


def import_bands(path: Path, settings: EspressoSettings) -> Entry:
    """The entry that a file or a folder gives.

    Raises:
        InputError: in one line, what is wrong with it, or which setting or library it needs.
    """
    content, espresso = _content(path)
    if not espresso:
        if settings != EspressoSettings():
            raise InputError(f"{path.name} says itself how it was computed; options go with Quantum ESPRESSO only")
        found = _found(content, path, "layout")
        fields = {key: value for key, value in found.facts.items() if key in Origin.__dataclass_fields__}
        return entry_of(found, Origin(**fields), found.facts["silicon_vbm_eV"], content)
    if settings.lattices is None:
        raise InputError(
            "Give --lattices SI GE, where the functional has its minimum in Å (PBE: 5.47 5.77): strain is told by them"
        )
    if (settings.silicon is None) == (settings.silicon_vbm is None):
        raise InputError(
            "Give either --silicon PREFIX.save of unstrained bulk Si by the same settings, or --silicon-vbm EV on the "
            "calculation's own scale: energies are counted from there"
        )
    found = _found(content, path, "espresso")
    origin = Origin(
        **{key: value for key, value in found.facts.items() if key in Origin.__dataclass_fields__},
        silicon_lattice_angstrom=settings.lattices[0],
        germanium_lattice_angstrom=settings.lattices[1],
        silicon_scissor_eV=settings.scissor[0],
        germanium_scissor_eV=settings.scissor[1],
        alignment=GIVEN_VBM if settings.silicon is None else MODEL_SOLID,
    )
    if settings.silicon is None:
        found = replace(found, neutral_atom=np.zeros(len(found.crystal)))
        return entry_of(found, origin, float(settings.silicon_vbm), content)
    return entry_of(found, origin, _silicon_vbm(settings.silicon, found, settings.lattices[0]), content)


def _silicon_vbm(path: Path, found: Found, lattice: float) -> float:
    """EV on the scale of the model solid, from a calculation of bulk Si.

    Raises:
        InputError: it is not of unstrained bulk Si, was not made as `found` was, or has no k-point at Γ.
    """
    silicon = _silicon(path)
    crystal = silicon.crystal
    size = np.array([crystal.lattice_in_plane, crystal.lattice_growth])
    if crystal.ge_fraction.any() or np.abs(size / lattice - 1).max() > _STRAIN:
        raise InputError(
            f"{path} is of {'/'.join(sorted(set(crystal.species)))} with {size[0]:.4f} Å in the plane and "
            f"{size[1]:.4f} Å along growth; unstrained bulk Si on {lattice:g} Å is wanted, as --lattices has it"
        )
    for name in ("code_version", "functional", "settings"):
        if silicon.facts[name] != found.facts[name]:
            raise InputError(
                f"{path} has other {name.replace('_', ' ')} ({silicon.facts[name]}) than {found.crystal.label} "
                f"({found.facts[name]}); compute bulk Si by the same"
            )
    ours, theirs = (each.facts["setups"].get("Si") for each in (found, silicon))
    if ours not in (None, theirs):
        raise InputError(f"{path} has the pseudopotential {theirs}, and {found.crystal.label} has {ours}")
    if np.abs(silicon.k_reduced).max(axis=1).min() > 1e-6:
        raise InputError(f"{path} has no k-point at Γ, where the valence band maximum of Si lies; add it")
    none = np.zeros(len(crystal))
    potentials = {"correction": none, "neutral_atom": silicon.neutral_atom, "at_atom": none}
    result = DftResult(crystal, silicon.k_reduced, silicon.bands, silicon.first_band, potentials, silicon.facts)
    return result.shift + float(silicon.bands.energy[:, : VALENCE_BANDS_PER_ATOM * len(crystal)].max())


@lru_cache(maxsize=1)
def _silicon(path: Path) -> Found:
    """Bulk Si, which a command with many files reads once."""
    content, espresso = _content(path)
    if not espresso:
        raise InputError(f"{path} is no folder of Quantum ESPRESSO; accepted are {ACCEPTED}")
    return _found(content, path, "espresso")


def _found(content: bytes, path: Path, reader: str) -> Found:
    """What a reader makes of packed files, in a process of its own."""
    name = path.parent.name if path.name == SCHEMA_FILE else path.name
    if reader == "espresso":
        check_installed()
    packed = read_apart(f"core.dft.imported.{reader}:parts", content, name, ACCEPTED, LIMITS)
    try:
        return Found.from_parts(*unpack(packed))
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path} cannot be read: it is damaged; give it again") from None


def _content(path: Path) -> tuple[bytes, bool]:
    """Bytes of a file, or those of the files in a folder packed into one, and whether they are Quantum ESPRESSO's."""
    folder = path.parent if path.name == SCHEMA_FILE else path
    try:
        if folder.is_dir():
            files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _OWN_SUFFIXES and file.is_file())
            if SCHEMA_FILE not in [file.name for file in files]:
                raise InputError(f"{path} holds no {SCHEMA_FILE}; accepted are {ACCEPTED}")
            return _packed(files), True
        if not path.is_file():
            raise InputError(f"There is no {path}; accepted are {ACCEPTED}")
        return _bytes([path])[0], False
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None


def _bytes(files: list[Path]) -> list[bytes]:
    if sum(file.stat().st_size for file in files) > MOST_BYTES:
        raise InputError(f"{files[0].name} is larger than {MOST_BYTES / 1e6:g} MB; give fewer bands or k-points")
    return [file.read_bytes() for file in files]


def _packed(files: list[Path]) -> bytes:
    pieces: list[bytes] = []
    arrays = [np.frombuffer(content, np.uint8) for content in _bytes(files)]
    pack({"files": [file.name for file in files]}, arrays, lambda piece: pieces.append(bytes(piece)))
    return b"".join(pieces)


def is_installed() -> bool:
    """Whether the library that reads files of Quantum ESPRESSO is there; it is not imported."""
    return find_spec("qeschema") is not None


def check_installed() -> None:
    """Refuse files of Quantum ESPRESSO where the library that reads them is missing.

    Raises:
        InputError: with the command that installs it.
    """
    if not is_installed():
        in_checkout = (PROJECT / "Makefile").is_file()
        command = "make install-espresso" if in_checkout else f"'{sys.executable}' -m pip install 'bandloom[espresso]'"
        raise InputError(
            f"Files of Quantum ESPRESSO are read through qeschema, which is not installed: run `{command}`"
        )
