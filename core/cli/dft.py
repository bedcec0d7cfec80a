"""Commands of density functional theory: its data set, bands that others computed, its bulk figures."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.cli.parser import show_progress
from core.errors import InputError

PACKED_SUFFIX = ".zip"
_PLACE = "data set of dft-dataset or dft-import, or a packed file; by default what the project brings"


def add_commands(entries) -> None:
    """dft-dataset, dft-import, dft-export, dft-path, dft-bulk, dft-compare."""
    entry = entries.add_parser("dft-dataset", help=dft_dataset.__doc__, description=dft_dataset.__doc__)
    entry.set_defaults(run=dft_dataset)
    entry.add_argument("--folder", help="of the data set; in the cache by default")
    entry.add_argument("--structures", type=int, default=480, help="from the beginning of the plan; 480 by default")
    entry.add_argument("--pack", action="store_true", help="only put what the folder holds into one file")
    entry.add_argument("--out", help="with --pack: the file, .zip; the project's own by default")
    _add_import(entries)
    entry = entries.add_parser("dft-bulk", help=dft_bulk.__doc__, description=dft_bulk.__doc__)
    entry.set_defaults(run=dft_bulk)
    entry.add_argument("--json", action="store_true")
    entry.add_argument("--write", action="store_true", help="compute again and keep what the engine refers to")
    entry = entries.add_parser("dft-compare", help=dft_compare.__doc__, description=dft_compare.__doc__)
    entry.set_defaults(run=dft_compare)
    entry.add_argument("--folder", help=_PLACE)
    entry.add_argument("--json", action="store_true")
    entry.add_argument("--write", action="store_true", help="keep the figures for the pages")


def _add_import(entries) -> None:
    entry = entries.add_parser("dft-import", help=dft_import.__doc__, description=dft_import.__doc__)
    entry.set_defaults(run=dft_import)
    entry.add_argument("files", nargs="+", metavar="FILE", help="NetCDF (docs/dft-import.md), or PREFIX.save of pw.x")
    entry.add_argument("--into", required=True, metavar="FOLDER", help="of the data set, made if missing")
    own = entry.add_argument_group("Quantum ESPRESSO", "what its files do not say; NetCDF files say it themselves")
    pair = {"nargs": 2, "type": float, "metavar": ("SI", "GE")}
    own.add_argument("--lattices", help="lattice constants of the functional in Å", **pair)
    own.add_argument("--scissor", help="what the gaps of the functional lack in eV, 0 0 by default", **pair)
    own.add_argument("--silicon", metavar="FOLDER", help="PREFIX.save of unstrained bulk Si, to align by")
    own.add_argument("--silicon-vbm", type=float, metavar="EV", help="in its place: on the calculation's own scale")
    entry = entries.add_parser("dft-export", help=dft_export.__doc__, description=dft_export.__doc__)
    entry.set_defaults(run=dft_export)
    entry.add_argument("stack", metavar="STACK", help="of the data set, for example Si2Ge2")
    entry.add_argument("--folder", help=_PLACE)
    entry.add_argument("--out", required=True, help="NetCDF file, .nc")
    entry = entries.add_parser("dft-path", help=dft_path.__doc__, description=dft_path.__doc__)
    entry.set_defaults(run=dft_path)
    entry.add_argument("file", metavar="FILE", help="structure file: .xyz, .cif or POSCAR")


@contextmanager
def files_told() -> Iterator[None]:
    """What keeps a file from being read or written becomes one line."""
    try:
        yield
    except OSError as error:
        place = f"{error.filename} cannot" if error.filename else "A file cannot"
        raise InputError(f"{place} be read or written: {error.strerror or error}; choose another folder") from None


def dft_dataset(arguments: argparse.Namespace) -> None:
    """Compute DFT bands of many structures; a run that was killed goes on where it stood."""
    from core.dft.calculation import check_installed
    from core.dft.dataset import PACKED_FILE, generate, pack
    from core.dft.plan import planned_samples
    from core.storage import cache_directory

    folder = Path(arguments.folder) if arguments.folder else cache_directory() / "dft"
    if arguments.out and not (arguments.pack and arguments.out.lower().endswith(PACKED_SUFFIX)):
        raise InputError(f"--out goes with --pack, and its name ends in {PACKED_SUFFIX}")
    if arguments.pack:
        place = {"file": Path(arguments.out)} if arguments.out else {}
        with files_told():
            count, size = pack(folder, **place), place.get("file", PACKED_FILE).stat().st_size
        print(f"{count} structures packed, {size / 1e6:.1f} MB")
        return
    planned_samples(arguments.structures)
    check_installed()
    with files_told():
        computed, left_out = generate(folder, arguments.structures, show_progress)
    print(f"{computed} structures computed, {left_out} left out")


def dft_import(arguments: argparse.Namespace) -> None:
    """Put bands that others computed by DFT into a data set of their own."""
    from core.cli.printed import imported_line
    from core.dft.imported.reading import EspressoSettings, import_bands
    from core.dft.imported.store import put_into

    settings = EspressoSettings(
        lattices=tuple(arguments.lattices) if arguments.lattices else None,
        scissor=tuple(arguments.scissor or (0.0, 0.0)),
        silicon=Path(arguments.silicon) if arguments.silicon else None,
        silicon_vbm=arguments.silicon_vbm,
    )
    for file in arguments.files:
        entry = import_bands(Path(file), settings)
        with files_told():
            number, again = put_into(Path(arguments.into), entry)
        print(imported_line(entry, f"{Path(arguments.into) / f'{number:04d}.npz'}", again))


def dft_export(arguments: argparse.Namespace) -> None:
    """Write a structure of a data set as NetCDF in the layout that dft-import reads."""
    from core.dft.imported.export import layout_dataset
    from core.electronic.result_files import check_result_file, write_dataset
    from core.structure.stack import parse_stack

    stack = parse_stack(arguments.stack).notation
    check_result_file(arguments.out)
    entry = next((entry for entry in _data_set(arguments.folder) if entry.sample.stack == stack), None)
    if entry is None:
        raise InputError(f"The data set holds no {stack}; python -m core dft-compare lists what it holds")
    write_dataset(layout_dataset(entry), arguments.out)
    print(f"{stack} on {entry.sample.substrate} written to {arguments.out}")


def dft_path(arguments: argparse.Namespace) -> None:
    """Print the standard path of a structure as a K_POINTS card for pw.x, in units of the file's own cell."""
    from core.dft.imported.kpoints import k_points_card

    print(k_points_card(Path(arguments.file)))


def _data_set(place: str | None) -> Iterator:
    """Entries of a folder or a packed file; of the project's own without a place."""
    from core.dft import dataset

    if place is None:
        return dataset.read_packed()
    return dataset.read_packed(Path(place)) if Path(place).is_file() else dataset.read_folder(Path(place))


def dft_bulk(arguments: argparse.Namespace) -> None:
    """Critical points of bulk Si and Ge by DFT beside published values of the same functional."""
    from core.cli.printed import critical_point_lines
    from core.dft.bulk import bulk_document, write_reference
    from core.dft.calculation import reference

    document = bulk_document() if arguments.write else reference()
    if arguments.write:
        with files_told():
            write_reference(document)
    print(json.dumps(document, ensure_ascii=False) if arguments.json else critical_point_lines(document))


def dft_compare(arguments: argparse.Namespace) -> None:
    """Band positions by DFT beside those by tight binding, a structure of the data set a line."""
    from dataclasses import asdict

    from core.cli.printed import comparison_lines
    from core.dft.comparison import compare, summary
    from core.dft.imported.origin import origin_name
    from core.dft.validation import write_tables

    folder = arguments.folder
    with files_told():
        entries = list(_data_set(folder))
    if not entries:
        raise InputError(f"{folder} holds no structures; make them with python -m core dft-dataset or dft-import")
    if arguments.write and "origin" in entries[0].result.document:
        raise InputError(f"{folder} holds imported bands, and pages show the project's own; leave --write out")
    compared = [compare(entry) for entry in entries]
    closing = all(each.closing for each in compared)
    if arguments.write and closing:
        raise InputError(
            f"PBE closes the gap of all that {folder} holds: pages have no figures of it; leave --write out"
        )
    told = {} if closing else summary(compared)
    made_by = entries[0].result.made_by
    document = {"made_by": made_by, "structures": [asdict(each) for each in compared], "summary": told}
    if arguments.write:
        with files_told():
            write_tables(entries, compared)
    lines = f"{origin_name(made_by)}\n{comparison_lines(document)}"
    print(json.dumps(document, ensure_ascii=False) if arguments.json else lines)
