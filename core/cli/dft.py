"""Commands of density functional theory: its data set, its bulk figures."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.cli.parser import show_progress
from core.errors import InputError


def add_commands(entries) -> None:
    """dft-dataset, dft-bulk, dft-compare."""
    entry = entries.add_parser("dft-dataset", help=dft_dataset.__doc__, description=dft_dataset.__doc__)
    entry.set_defaults(run=dft_dataset)
    entry.add_argument("--folder", help="of the data set; in the cache by default")
    entry.add_argument("--structures", type=int, default=480, help="from the beginning of the plan; 480 by default")
    entry.add_argument("--pack", action="store_true", help="only put what the folder holds into the project's file")
    entry = entries.add_parser("dft-bulk", help=dft_bulk.__doc__, description=dft_bulk.__doc__)
    entry.set_defaults(run=dft_bulk)
    entry.add_argument("--json", action="store_true")
    entry.add_argument("--write", action="store_true", help="compute again and keep what the engine refers to")
    entry = entries.add_parser("dft-compare", help=dft_compare.__doc__, description=dft_compare.__doc__)
    entry.set_defaults(run=dft_compare)
    entry.add_argument("--folder", help="of a data set that dft-dataset made; by default what the project brings")
    entry.add_argument("--json", action="store_true")
    entry.add_argument("--write", action="store_true", help="keep the figures for the pages")


@contextmanager
def _files_told() -> Iterator[None]:
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
    if arguments.pack:
        with _files_told():
            print(f"{pack(folder)} structures packed, {PACKED_FILE.stat().st_size / 1e6:.1f} MB")
        return
    planned_samples(arguments.structures)
    check_installed()
    with _files_told():
        computed, left_out = generate(folder, arguments.structures, show_progress)
    print(f"{computed} structures computed, {left_out} left out")


def dft_bulk(arguments: argparse.Namespace) -> None:
    """Critical points of bulk Si and Ge by DFT beside published values of the same functional."""
    from core.cli.printed import critical_point_lines
    from core.dft.bulk import bulk_document, write_reference
    from core.dft.calculation import reference

    document = bulk_document() if arguments.write else reference()
    if arguments.write:
        with _files_told():
            write_reference(document)
    print(json.dumps(document, ensure_ascii=False) if arguments.json else critical_point_lines(document))


def dft_compare(arguments: argparse.Namespace) -> None:
    """Band positions by DFT beside those by tight binding, a structure of the data set a line."""
    from dataclasses import asdict

    from core.cli.printed import comparison_lines
    from core.dft import dataset
    from core.dft.comparison import compare, summary
    from core.dft.validation import write_tables

    folder = arguments.folder
    with _files_told():
        entries = list(dataset.read_folder(Path(folder)) if folder else dataset.read_packed())
    if not entries:
        raise InputError(f"{folder} holds no structures; make them with python -m core dft-dataset")
    compared = [compare(entry) for entry in entries]
    told = summary(compared) if not all(each.closing for each in compared) else {}
    document = {"structures": [asdict(each) for each in compared], "summary": told}
    if arguments.write:
        with _files_told():
            write_tables(entries, compared)
    print(json.dumps(document, ensure_ascii=False) if arguments.json else comparison_lines(document))
