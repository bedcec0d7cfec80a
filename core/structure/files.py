"""Crystals to and from structure files (extended xyz, CIF, POSCAR) through ASE."""

import io
import re
import warnings
from dataclasses import fields
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols
from ase.io import read, write

from core.errors import InputError
from core.sandbox import read_apart, unpack
from core.structure.cif import read_cif
from core.structure.copies import merged_copies
from core.structure.crystal import Crystal
from core.structure.sites import crystal_from_atoms

MAX_BYTES = 2_000_000
MAX_ATOMS = 4096
MAX_COLUMNS = 64
OCCUPANCY_TOLERANCE = 1e-3
ACCEPTED = "accepted are .xyz (extended, with a Lattice), .cif and POSCAR (.vasp, .poscar, .contcar)"
FORMAT_OF_SUFFIX = {
    ".xyz": "extxyz",
    ".extxyz": "extxyz",
    ".cif": "cif",
    ".vasp": "vasp",
    ".poscar": "vasp",
    ".contcar": "vasp",
}
CRYSTAL_ARRAYS = tuple(field.name for field in fields(Crystal) if field.type is np.ndarray)
VIRTUAL_NOTE = "virtual-crystal atoms stand as their majority species"

_COLUMN_WIDTH = re.compile(r":[A-Za-z]:([0-9]+)")


def atoms_of(crystal: Crystal) -> Atoms:
    """The crystal as ASE atoms, with the per-atom array `ge_fraction`; virtual-crystal atoms as majority species.

    Empty sites are left out.
    """
    there = ~crystal.vacant
    fractions = crystal.ge_fraction[there]
    symbols = ["Ge" if fraction > 0.5 else "Si" for fraction in fractions]
    atoms = Atoms(symbols, positions=crystal.positions[there], cell=crystal.cell, pbc=True)
    atoms.set_array("ge_fraction", fractions)
    return atoms


def structure_text(crystal: Crystal, file_format: str) -> str:
    """The text of a structure file; `file_format` is a suffix such as xyz, cif or vasp.

    Virtual-crystal atoms stand as their majority species: extended xyz adds the column ge_fraction, CIF gives both
    species with their occupancies (four digits), POSCAR says so in its first line. POSCAR groups the atoms by species,
    Si first.
    """
    ase_format = FORMAT_OF_SUFFIX.get("." + file_format.lower().lstrip("."))
    atoms = atoms_of(crystal)
    label = " ".join(crystal.label.split()) or "Si/Ge crystal"
    if ase_format == "extxyz":
        return _extxyz_text(crystal, atoms, label)
    if ase_format == "cif":
        return _cif_text(crystal, atoms, label)
    if ase_format == "vasp":
        return _vasp_text(crystal, atoms, label)
    raise InputError(f"Structure format '{file_format}' is not known; {ACCEPTED}")


def write_structure(crystal: Crystal, path: str | Path) -> None:
    """Write the crystal to `path`; the format follows the suffix, see `structure_text`."""
    path = Path(path)
    text = structure_text(crystal, _named_format(path.name) or path.suffix or path.name)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"Cannot write '{path}': {error.strerror or error}") from error


def read_structure(source: str | Path | bytes, filename: str | None = None) -> Crystal:
    """The crystal in a structure file, given as a path or as its content with a file name; read in its own process.

    Atoms keep the file's order; the orientation is turned to the growth frame (see `crystal_from_atoms`). The last
    image of an xyz trajectory is read. Raises InputError with a one-line reason for anything that is not a periodic
    four-bonded Si/Ge crystal of at most MAX_ATOMS atoms and MAX_BYTES bytes.
    """
    return unpacked_crystal(packed_structure(source, filename))


def packed_structure(source: str | Path | bytes, filename: str | None = None) -> bytes:
    """The same as bytes that can be kept and are safe to read again, for `unpacked_crystal`."""
    name = filename or (Path(source).name if not isinstance(source, bytes) else "structure")
    content = _content(source, name)
    return read_apart("core.structure.files:structure_parts", content, name, ACCEPTED.removeprefix("accepted are "))


def unpacked_crystal(packed: bytes) -> Crystal:
    """The crystal that `packed_structure` gave.

    Raises:
        InputError: other bytes.
    """
    document, arrays = unpack(packed)
    try:
        values = dict(zip(CRYSTAL_ARRAYS, arrays, strict=True))
        return Crystal(**values, label=document["label"], notes=tuple(document["notes"]))
    except (KeyError, TypeError, ValueError):
        raise InputError("What was kept of this structure file is damaged; give the file again") from None


def structure_parts(content: bytes, name: str) -> tuple[dict, list[np.ndarray]]:
    """The crystal of `parse_structure` as a JSON document and arrays."""
    crystal = parse_structure(content, name)
    document = {"label": crystal.label, "notes": crystal.notes}
    return document, [getattr(crystal, field) for field in CRYSTAL_ARRAYS]


def parse_structure(content: bytes, name: str) -> Crystal:
    """The crystal in a structure file, parsed in this process: for files of one's own, else see `read_structure`."""
    text = _decoded(_content(content, name), name)
    ase_format = _named_format(name) or _sniffed_format(text)
    if ase_format is None:
        raise InputError(f"'{name}' is not a structure file that can be read; {ACCEPTED}")
    text = _checked_declarations(text, ase_format, name)
    notes: list[str] = []
    if ase_format == "vasp":
        text = _with_species(text, name, notes)
    atoms = _read_atoms(text, ase_format, name, notes)
    fractions = _ge_fractions(atoms, ase_format, name)
    cell = atoms.cell.array
    positions, fractions, merged = merged_copies(cell, atoms.positions, fractions)
    if merged:
        notes.append(merged)
    return crystal_from_atoms(cell, positions, fractions, label=Path(name).stem, notes=tuple(notes))


def _is_virtual(crystal: Crystal) -> np.ndarray:
    return (crystal.ge_fraction > 0.0) & (crystal.ge_fraction < 1.0)


def _extxyz_text(crystal: Crystal, atoms: Atoms, label: str) -> str:
    atoms.info["label"] = label
    if crystal.notes:
        atoms.info["notes"] = "; ".join(crystal.notes)
    if _is_virtual(crystal).any():
        atoms.info["species_note"] = f"{VIRTUAL_NOTE}, see ge_fraction"
    buffer = io.StringIO()
    write(buffer, atoms, format="extxyz")
    return buffer.getvalue()


def _cif_text(crystal: Crystal, atoms: Atoms, label: str) -> str:
    if _is_virtual(crystal).any():
        atoms.set_array("spacegroup_kinds", np.arange(len(atoms)))
        atoms.info["occupancy"] = {
            str(i): {s: x for s, x in (("Si", 1.0 - ge), ("Ge", ge)) if x > 0.0}
            for i, ge in enumerate(atoms.arrays["ge_fraction"].tolist())
        }
    buffer = io.BytesIO()
    write(buffer, atoms, format="cif")
    return f"# {_ascii(label)}\n{buffer.getvalue().decode('latin-1')}"


def _vasp_text(crystal: Crystal, atoms: Atoms, label: str) -> str:
    buffer = io.StringIO()
    by_species = np.argsort(atoms.numbers, kind="stable")
    write(buffer, atoms[by_species], format="vasp", direct=True)
    comment = f"{label}; {VIRTUAL_NOTE}" if _is_virtual(crystal).any() else label
    return f"{_ascii(comment)}\n{buffer.getvalue().partition(chr(10))[2]}"


def _ascii(text: str) -> str:
    return text.replace("Å", "A").replace("×", "x").encode("ascii", "replace").decode("ascii")


def _content(source: str | Path | bytes, name: str) -> bytes:
    """The bytes of the file, refused when too large."""
    if isinstance(source, bytes):
        content = source
    else:
        path = Path(source)
        try:
            if not path.is_file():
                raise InputError(f"There is no structure file '{path}'; give the path of one: {ACCEPTED}")
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"Cannot read '{path}': {getattr(error, 'strerror', None) or error}") from error
    if len(content) > MAX_BYTES:
        raise InputError(f"'{name}' is larger than {MAX_BYTES / 1e6:g} MB; at most {MAX_ATOMS} atoms are accepted")
    return content


def _decoded(content: bytes, name: str) -> str:
    """The text of the file, refused when it is none."""
    if not content.strip():
        raise InputError(f"'{name}' is empty; {ACCEPTED}")
    if b"\0" in content:
        raise InputError(f"'{name}' is not a text file; {ACCEPTED}")
    return content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def _named_format(name: str) -> str | None:
    upper = name.upper()
    if upper.startswith(("POSCAR", "CONTCAR")) and Path(name).suffix.lower() not in FORMAT_OF_SUFFIX:
        return "vasp"
    return FORMAT_OF_SUFFIX.get(Path(name).suffix.lower())


def _sniffed_format(text: str) -> str | None:
    lines = text.split("\n")
    if re.search(r"^\s*_cell_length_a\b", text, re.MULTILINE):
        return "cif"
    if lines[0].strip().isdecimal():
        return "extxyz"
    if len(lines) > 6 and len(lines[1].split()) == 1 and all(_is_vector(line) for line in lines[2:5]):
        return "vasp"
    return None


def _is_vector(line: str) -> bool:
    try:
        return len([float(word) for word in line.split()[:3]]) == 3
    except ValueError:
        return False


def _checked_declarations(text: str, ase_format: str, name: str) -> str:
    """The text, refused by the sizes it declares before time and memory are spent on them; of xyz the last image."""
    lines = text.split("\n")
    if ase_format == "extxyz":
        return _last_image(lines, name)
    if ase_format == "vasp":
        _check_count(max(map(_leading_count, lines[5:7]), default=0), name)
    return text


def _last_image(lines: list[str], name: str) -> str:
    start = end = 0
    while end < len(lines) and (count := _whole_number(lines[end])) is not None:
        _check_count(count, name)
        start, end = end, end + count + 2
    if end == 0:
        raise InputError(
            f"'{name}' cannot be read as an extended xyz file: its first line is not a number of atoms; {ACCEPTED}"
        )
    comment = lines[start + 1] if start + 1 < len(lines) else ""
    if any(int(width[:12]) > MAX_COLUMNS for width in _COLUMN_WIDTH.findall(comment)):
        raise InputError(f"'{name}' declares a property with more than {MAX_COLUMNS} columns; leave it out")
    return "\n".join(lines[start:end]) + "\n"


def _check_count(count: int, name: str) -> None:
    if count > MAX_ATOMS:
        raise InputError(f"'{name}' declares {count:.6g} atoms; at most {MAX_ATOMS} are accepted")


def _leading_count(line: str) -> int:
    """The sum of the whole numbers that a line begins with."""
    total = 0
    for word in line.split():
        try:
            total += abs(int(word))
        except ValueError:
            break
    return total


def _whole_number(line: str) -> int | None:
    """The whole number that is all of a line; None for another line."""
    word = line.strip()
    return int(word[:12]) if word.isascii() and word.isdigit() else None


def _with_species(text: str, name: str, notes: list[str]) -> str:
    """A POSCAR with its line of element symbols.

    Without one, as VASP 4 wrote it, the title is taken where it lists as many elements as there are counts and nothing
    else, with a note.

    Raises:
        InputError: nothing says the elements.
    """
    lines = text.split("\n")
    counts = lines[5].split() if len(lines) > 6 else []
    if not counts or not all(word.isdecimal() for word in counts):
        return text
    title = lines[0].split()
    if len(title) != len(counts) or not set(title) <= set(chemical_symbols):
        raise InputError(
            f"'{name}' does not say its elements: add a line of element symbols, such as 'Si Ge', above the line of "
            f"counts '{' '.join(counts)[:40]}'"
        )
    notes.append(f"the file has no line of element symbols; {' '.join(title)} are taken from its title")
    return "\n".join([*lines[:5], " ".join(title), *lines[5:]])


def _read_atoms(text: str, ase_format: str, name: str, notes: list[str]) -> Atoms:
    """ASE's reading of the text; whatever its readers raise becomes one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            atoms = read_cif(text, name, notes) if ase_format == "cif" else read(io.StringIO(text), format=ase_format)
    except InputError:
        raise
    except Exception as error:  # ASE's readers raise whatever their parsing met; a person needs one line
        if isinstance(error, KeyError) and (symbol := str(error).strip("'")).capitalize() in chemical_symbols:
            raise InputError(
                f"'{name}' names the element {symbol!r}; write it as {symbol.capitalize()!r}, with a capital"
            ) from error
        form = {"extxyz": "an extended xyz file", "cif": "a CIF file", "vasp": "a POSCAR file"}[ase_format]
        raise InputError(f"'{name}' cannot be read as {form}: its content has another form; {ACCEPTED}") from error
    if not 1 <= len(atoms) <= MAX_ATOMS:
        raise InputError(f"'{name}' has {len(atoms)} atoms; accepted are 1 to {MAX_ATOMS}")
    if atoms.cell.rank < 3 or not atoms.pbc.all():
        raise InputError(f"'{name}' is not periodic in three directions; give a crystal with its three cell vectors")
    return atoms


def _ge_fractions(atoms: Atoms, ase_format: str, name: str) -> np.ndarray:
    """(atom,) from the species, from the extended xyz column ge_fraction or from CIF occupancies."""
    symbols = atoms.get_chemical_symbols()
    occupancy = atoms.info.get("occupancy") or {} if ase_format == "cif" else {}
    if others := sorted(set(symbols).union(*occupancy.values()) - {"Si", "Ge"}):
        raise InputError(f"'{name}' contains {', '.join(others[:8])}; only Si and Ge are accepted")
    try:
        if ase_format == "extxyz" and "ge_fraction" in atoms.arrays:
            fraction = np.array(atoms.arrays["ge_fraction"], dtype=float)
        elif occupancy and "spacegroup_kinds" in atoms.arrays:
            fraction = _occupied_by_germanium(atoms, occupancy, name)
        else:
            fraction = np.array([float(symbol == "Ge") for symbol in symbols])
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"'{name}' has Ge fractions or occupancies that are not numbers; give one an atom") from error
    if fraction.shape != (len(atoms),) or not np.all((fraction >= 0.0) & (fraction <= 1.0)):
        raise InputError(f"'{name}' has Ge fractions outside 0 to 1; give one number an atom")
    return fraction


def _occupied_by_germanium(atoms: Atoms, occupancy: dict, name: str) -> np.ndarray:
    shares = [occupancy[str(kind)] for kind in atoms.arrays["spacegroup_kinds"]]
    table = np.array([[share.get("Si", 0.0), share.get("Ge", 0.0)] for share in shares], dtype=float)
    if not np.all(np.abs(table.sum(axis=1) - 1.0) <= OCCUPANCY_TOLERANCE):
        raise InputError(f"'{name}' has sites that are not fully occupied; every site needs one atom")
    return table[:, 1]
