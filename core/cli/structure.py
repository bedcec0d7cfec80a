"""Commands about atoms: relaxed structures, descriptors."""

import argparse
from pathlib import Path

from core.cli.parser import add_command, report, sample_options
from core.errors import InputError

STRUCTURE_SUFFIXES = (".xyz", ".extxyz", ".cif", ".vasp", ".poscar", ".contcar")


def add_commands(entries) -> None:
    """structure, descriptors."""
    sample = sample_options()
    add_command(entries, structure, (sample,)).add_argument("--out", required=True, help=".xyz, .cif or .vasp")
    add_command(entries, descriptors, (sample,)).add_argument("--out", required=True, help="table of the atoms, .csv")


def structure(arguments: argparse.Namespace) -> None:
    """Write the relaxed structure through ASE."""
    from core.structure.files import write_structure

    crystal = read_crystal(arguments)
    write_structure(crystal, arguments.out)
    report(crystal, f"{len(crystal)} atoms written to {arguments.out}")


def descriptors(arguments: argparse.Namespace) -> None:
    """Write the descriptors of every atom as CSV."""
    from core.descriptors.table import check_table_file, descriptor_table, write_table

    crystal = read_crystal(arguments)
    check_table_file(arguments.out)
    write_table(descriptor_table(crystal), arguments.out)
    report(crystal, f"descriptors of {len(crystal)} atoms written to {arguments.out}")


def read_crystal(arguments: argparse.Namespace):
    """The crystal that the command line names: stack notation, or a structure file."""
    from core.structure.build import build_crystal
    from core.structure.files import read_structure
    from core.structure.stack import parse_stack
    from core.structure.substrate import parse_substrate

    named = Path(arguments.stack)
    if _is_file(named) or named.suffix.lower() in STRUCTURE_SUFFIXES or named.name in ("POSCAR", "CONTCAR"):
        if arguments.substrate is not None or arguments.mixing:
            raise InputError(f"{named.name} brings its own cell: --substrate and --mixing go with stack notation only")
        return read_structure(named)
    if arguments.substrate is None:
        raise InputError(
            "--substrate is missing: Si, Ge, an alloy such as Si0.5Ge0.5, or a lattice constant such as 5.50"
        )
    return build_crystal(parse_stack(arguments.stack), parse_substrate(arguments.substrate), arguments.mixing)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a stack may be longer than a file name can be
        return False
