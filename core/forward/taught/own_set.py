"""Structures of somebody's own data set that can teach the forward model of DFT."""

from dataclasses import replace
from pathlib import Path

from core.dft.calculation import reference
from core.dft.dataset import Entry, on_path, read_folder, read_packed
from core.dft.recipe import FUNCTIONAL, GERMANIUM_LATTICE, SILICON_LATTICE
from core.electronic.kpath import build_path
from core.errors import InputError
from core.learning.samples import profile_key
from core.structure.stack import parse_stack

LEAST_PROFILES = 10
"""Composition profiles: bars come from fifths of them that are left out."""

LATTICE_TOLERANCE = 0.01
"""Å, 0.2 % of a lattice constant."""


def own_structures(place: Path) -> list[Entry]:
    """What a folder or a packed file holds, if it can teach.

    The model puts a stack on the lattice constants of the project's recipe and takes natural bond lengths from them, so
    that bands of another functional would be taught at the wrong strain. It raises empty bands by the recipe's
    scissor, and entries come with that in place of their own: else bars and figures would count the difference.

    Raises:
        InputError: bands of another functional or lattice constants, off the standard path, or of too few profiles;
            or there is no such place.
    """
    if not place.exists():
        raise InputError(f"There is no {place}; a folder of dft-import or dft-dataset or a packed file is wanted")
    entries = list(read_packed(place) if place.is_file() else read_folder(place))
    for entry in entries:
        made_by, name = entry.result.made_by, f"{entry.sample.stack} on {entry.sample.substrate}"
        if made_by["functional"] != FUNCTIONAL:
            raise InputError(f"{name} was computed by {made_by['functional']}; the model is one of {FUNCTIONAL}")
        lattices = (made_by["silicon_lattice_angstrom"], made_by["germanium_lattice_angstrom"])
        off = max(abs(a - b) for a, b in zip(lattices, (SILICON_LATTICE, GERMANIUM_LATTICE), strict=True))
        if off > LATTICE_TOLERANCE:
            raise InputError(
                f"{name} counts strain from {lattices[0]:g} Å (Si) and {lattices[1]:g} Å (Ge), and the model from "
                f"{SILICON_LATTICE} and {GERMANIUM_LATTICE} Å; up to {LATTICE_TOLERANCE} Å between them are accepted"
            )
        if not on_path(entry.result.k_reduced, build_path(entry.result.crystal)):
            raise InputError(f"{name} is not on the standard path; python -m core dft-path prints its k-points")
    profiles = len({profile_key(parse_stack(entry.sample.stack)) for entry in entries})
    if profiles < LEAST_PROFILES:
        raise InputError(f"{place} holds {profiles} composition profiles; {LEAST_PROFILES} or more are needed")
    return [_with_recipe_scissor(entry) for entry in entries]


def _with_recipe_scissor(entry: Entry) -> Entry:
    document = entry.result.document
    if "origin" not in document:
        return entry
    lacking = reference()["scissor"]
    scissor = {"silicon_scissor_eV": lacking["Si"], "germanium_scissor_eV": lacking["Ge"]}
    document = {**document, "origin": {**document["origin"], **scissor}}
    return replace(entry, result=replace(entry.result, document=document))
