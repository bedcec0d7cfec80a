"""Crystals in CIF through ASE: which block, which origin, and occupancies that nobody filled in."""

import io
import re
import warnings

import numpy as np
from ase import Atoms
from ase.io.cif import CIFBlock, parse_cif
from ase.spacegroup import crystal

from core.errors import InputError
from core.structure.copies import merged_copies
from core.structure.sites import VOLUME_RANGE

MAX_SITES = 4096
MAX_GENERATED_SITES = 16384
MAX_OPERATIONS = 192
MANY_SITES = 256
MAX_BLOCKS = 256
OPERATION_TAGS = (
    "_space_group_symop_operation_xyz",
    "_space_group_symop.operation_xyz",
    "_symmetry_equiv_pos_as_xyz",
)
_NAME_TAGS = ("_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group.name_h-m_alt")
_NUMBER_TAGS = ("_space_group_it_number", "_symmetry_int_tables_number", "_space_group.it_number")
_ORIGIN_TAG = "_space_group_it_coordinate_system_code"
_OCCUPANCY = "_atom_site_occupancy"
_TWO_ORIGINS = frozenset(
    (48, 50, 59, 68, 70, 85, 86, 88, 125, 126, 129, 130, 133, 134, 137, 138, 141, 142, 201, 203, 222, 224, 227, 228)
)
"""Space groups with two choices of origin (International Tables A)."""


def read_cif(text: str, name: str, notes: list[str]) -> Atoms:
    """The first structure of a CIF, its symmetry expanded only after the number of sites is known to be acceptable.

    What a reader of the result should know is added to `notes`: that there are several structures, that occupancies
    were missing, that the origin was found out.

    Raises:
        InputError: no structure, or one that would expand beyond measure.
    """
    blocks = []
    for block in parse_cif(io.BytesIO(text.encode("latin-1", errors="replace"))):
        if block.has_structure():
            blocks.append(block)
        if len(blocks) > MAX_BLOCKS:
            raise InputError(f"'{name}' holds more than {MAX_BLOCKS} structures; give one")
    if not blocks:
        raise InputError(f"'{name}' holds no crystal structure; give cell lengths, angles and atom sites")
    if len(blocks) > 1:
        titles = ", ".join(f"'{block.name[:30]}'" for block in blocks[:4])
        notes.append(f"the file holds {len(blocks)} structures ({titles}); the first one is read")
    block = _with_group(_with_occupancies(blocks[0], notes))
    operations = _check_size(block, name)
    if _plain(block):
        atoms = block.get_unsymmetrized_structure()  # else ASE compares every site with every other one, for minutes
        atoms.pbc = True
        return atoms
    if operations:
        return block.get_atoms(fractional_occupancies=True)
    return _by_space_group(block, name, notes)


def _check_size(block: CIFBlock, name: str) -> list:
    """The listed operations, refused where the structure would expand beyond measure."""
    operations = next((block[tag] for tag in OPERATION_TAGS if tag in block), [])
    sites = len(np.atleast_1d(block.get("_atom_site_fract_x", block.get("_atom_site_cartn_x", []))))
    if not isinstance(operations, str) and len(operations) > MAX_OPERATIONS:
        raise InputError(f"'{name}' lists {len(operations)} symmetry operations; space groups have up to 192")
    if sites > MAX_SITES or sites * len(block.get_spacegroup(True).get_symop()) > MAX_GENERATED_SITES:
        raise InputError(f"'{name}' has too many sites times symmetry operations; at most {MAX_SITES} atoms are read")
    return [operations] if isinstance(operations, str) else list(operations)


def _plain(block: CIFBlock) -> bool:
    """Whether many sites stand as they are: no symmetry, whole occupancies."""
    sites = len(np.atleast_1d(block.get("_atom_site_fract_x", block.get("_atom_site_cartn_x", []))))
    whole = all(share == 1 for share in np.atleast_1d(block.get(_OCCUPANCY, 1)).tolist())
    return sites > MANY_SITES and whole and len(block.get_spacegroup(True).get_symop()) == 1


def _with_occupancies(block: CIFBlock, notes: list[str]) -> CIFBlock:
    """The block with 1 where an occupancy is unknown (`?`) or left out (`.`)."""
    if _OCCUPANCY not in block:
        return block
    given = block[_OCCUPANCY]
    given = given if isinstance(given, list) else [given]
    unknown = [isinstance(value, str) and value.strip() in ("?", ".") for value in given]
    if not any(unknown):
        return block
    notes.append(f"{sum(unknown)} occupancies are not given and count as 1")
    filled = [1.0 if missing else value for missing, value in zip(unknown, given, strict=True)]
    return CIFBlock(block.name, {tag: block[tag] for tag in block} | {_OCCUPANCY: filled})


def _with_group(block: CIFBlock) -> CIFBlock:
    """The block with a space group's number, which ASE wants beside the operations that a file lists."""
    if any(tag in block for tag in (*_NUMBER_TAGS, *_NAME_TAGS)) or not any(tag in block for tag in OPERATION_TAGS):
        return block
    return CIFBlock(block.name, {tag: block[tag] for tag in block} | {_NUMBER_TAGS[0]: 1})


def _by_space_group(block: CIFBlock, name: str, notes: list[str]) -> Atoms:
    """Sites expanded by the space group alone, about the origin that the file names, else the one that makes sense."""
    number, declared = _space_group(block), _declared_origin(block)
    if number not in _TWO_ORIGINS:
        return block.get_atoms(fractional_occupancies=True)
    choices = [declared] if declared else [1, 2]
    expanded = [_expanded(block, number, choice) for choice in choices]
    sensible = [i for i, atoms in enumerate(expanded) if _is_dense(atoms)]
    chosen = sensible[0] if sensible else 0
    if not declared and choices[chosen] == 2:
        notes.append(f"the file does not name the origin of space group {number}; choice 2 gives a crystal of atoms")
    return expanded[chosen]


def _space_group(block: CIFBlock) -> int | None:
    for tag in _NUMBER_TAGS:
        try:
            return int(block[tag])
        except (KeyError, TypeError, ValueError):
            continue
    for tag in _NAME_TAGS:
        letters = re.sub(r"[\s_:]|[12SZ]$", "", str(block.get(tag, ""))).lower()
        if letters in ("fd-3m", "fd3m"):
            return 227
    return None


def _declared_origin(block: CIFBlock) -> int | None:
    """1 or 2 where the symbol ends in `:1` or `:2` (or S, Z), or the coordinate system's code says it."""
    codes = [str(block.get(_ORIGIN_TAG, "")).strip()]
    codes += [str(block.get(tag, "")).rpartition(":")[2].strip() if ":" in str(block.get(tag, "")) else ""
              for tag in _NAME_TAGS]  # fmt: skip
    codes += [str(block.get(tag, "")).strip()[-2:].strip() for tag in _NAME_TAGS]
    for code in codes:
        if code.lower() in ("1", "s"):
            return 1
        if code.lower() in ("2", "z"):
            return 2
    return None


def _expanded(block: CIFBlock, number: int, setting: int) -> Atoms:
    occupancies = block.get(_OCCUPANCY)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return crystal(
            block.get_unsymmetrized_structure(),
            spacegroup=number,
            setting=setting,
            occupancies=occupancies,
            onduplicates="keep" if occupancies is not None else "warn",
        )


def _is_dense(atoms: Atoms) -> bool:
    """Whether there is about as much room an atom as in silicon and germanium."""
    positions, _, _ = merged_copies(atoms.cell.array, atoms.positions, np.zeros(len(atoms)))
    return VOLUME_RANGE[0] <= atoms.get_volume() / len(positions) <= VOLUME_RANGE[1]
