"""Commands about atoms: relaxed structures, descriptors."""

import argparse
from pathlib import Path

from core.cli.parser import add_command, imperfect_options, report, sample_options
from core.errors import InputError

STRUCTURE_SUFFIXES = (".xyz", ".extxyz", ".cif", ".vasp", ".poscar", ".contcar")

IMPERFECT = {
    "lateral": "lateral", "seed": "seed", "antisite": "antisites", "vacancy": "vacancies", "dangling": "dangling",
    "step": "step",
}  # fmt: skip
"""Options and the fields of an imperfect sample."""


def add_commands(entries) -> None:
    """structure, descriptors."""
    crystal = (sample_options(), imperfect_options())
    add_command(entries, structure, crystal).add_argument("--out", required=True, help=".xyz, .cif or .vasp")
    add_command(entries, descriptors, crystal).add_argument("--out", required=True, help="table of the atoms, .csv")


def structure(arguments: argparse.Namespace) -> None:
    """Write the relaxed structure through ASE."""
    from core.structure.files import write_structure

    crystal = read_crystal(arguments)
    write_structure(crystal, arguments.out)
    report(crystal, f"{len(crystal) - len(crystal.empty_sites)} atoms written to {arguments.out}")


def descriptors(arguments: argparse.Namespace) -> None:
    """Write the descriptors of every atom as CSV."""
    from core.descriptors.table import check_table_file, descriptor_table, write_table

    crystal = read_crystal(arguments)
    check_table_file(arguments.out)
    write_table(descriptor_table(crystal), arguments.out)
    report(crystal, f"descriptors of {len(crystal)} atoms written to {arguments.out}")


def read_crystal(arguments: argparse.Namespace):
    """The crystal that the command line names: stack notation, perfect or not, or a structure file."""
    from core.structure.build import build_crystal
    from core.structure.files import read_structure
    from core.structure.stack import parse_stack
    from core.structure.substrate import parse_substrate

    if imperfect := read_imperfect(arguments):
        return imperfect.crystal()
    named = Path(arguments.stack)
    if names_file(named):
        if arguments.substrate is not None or arguments.mixing:
            raise InputError(f"{named.name} brings its own cell: --substrate and --mixing go with stack notation only")
        return read_structure(named)
    _check_substrate(arguments)
    return build_crystal(parse_stack(arguments.stack), parse_substrate(arguments.substrate), arguments.mixing)


def read_imperfect(arguments: argparse.Namespace):
    """The imperfect sample that the command line names; None where it names no imperfection."""
    from core.structure.imperfect import ImperfectSample
    from core.structure.sample import Sample

    given = {name: getattr(arguments, name, None) for name in IMPERFECT}
    named = {field: given[name] for name, field in IMPERFECT.items() if given[name] is not None}
    if not named:
        return None
    if arguments.lateral is None:
        options = ", ".join(f"--{name}" for name in IMPERFECT if given[name] is not None)
        needs = "needs" if len(named) == 1 else "need"
        raise InputError(f"{options} {needs} a lateral supercell; add --lateral 2, or 3, or 4")
    if arguments.dangling is not None and not arguments.vacancy:
        raise InputError("--dangling says what happens around a missing atom; add --vacancy PLANE, or leave it out")
    if names_file(Path(arguments.stack)):
        raise InputError(
            f"{Path(arguments.stack).name} is used as it stands: imperfections go with stack notation only"
        )
    _check_substrate(arguments)
    return ImperfectSample(Sample(arguments.stack, arguments.substrate, arguments.mixing), **named)


def _check_substrate(arguments: argparse.Namespace) -> None:
    if arguments.substrate is None:
        raise InputError(
            "--substrate is missing: Si, Ge, an alloy such as Si0.5Ge0.5, or a lattice constant such as 5.50"
        )


def names_file(named: Path) -> bool:
    """Whether what stands for STACK is a structure file."""
    return _is_file(named) or named.suffix.lower() in STRUCTURE_SUFFIXES or named.name in ("POSCAR", "CONTCAR")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a stack may be longer than a file name can be
        return False
