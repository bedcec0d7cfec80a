"""The command that changes one thing about a sample step by step."""

import argparse
from pathlib import Path

from core.cli.parser import add_command, sample_options, show_progress
from core.errors import InputError


def add_commands(entries) -> None:
    """Adds `sweep`."""
    entry = add_command(entries, sweep, (sample_options(),))
    entry.add_argument(
        "--along", default="substrate", help="substrate (Ge fraction), lattice (Å), block or mixing (ML)"
    )
    entry.add_argument("--from", dest="low", type=float, metavar="VALUE", help="first value")
    entry.add_argument("--to", dest="high", type=float, metavar="VALUE", help="last value")
    entry.add_argument("--points", type=int, help="how many")
    entry.add_argument("--block", type=int, default=1, help="which block grows, from 1; with --along block")
    entry.add_argument("--out", help="table, .csv; printed where it is not given")


def sweep(arguments: argparse.Namespace) -> None:
    """Figures of a sample while one thing about it changes, by the exact engine with spin-orbit coupling, as CSV."""
    from core.design.sweep import ALONG, Sweep, point_of, sweep_csv
    from core.structure.sample import Sample

    if arguments.substrate is None and arguments.along in ("block", "mixing"):
        raise InputError("--substrate is missing: Si, Ge, an alloy such as Si0.5Ge0.5, or a length such as 5.50")
    proposed = ALONG[arguments.along].proposed if arguments.along in ALONG else (0, 1, 5)
    given = (arguments.low, arguments.high, arguments.points)
    numbers = [default if value is None else value for value, default in zip(given, proposed, strict=True)]
    sample = Sample(arguments.stack, arguments.substrate or "Si", arguments.mixing)
    asked = Sweep(sample, arguments.along, *numbers, block=arguments.block - 1)
    points = []
    for one in asked.samples:
        points.append(point_of(one))
        show_progress(f"{one.stack} on {one.substrate}: gap {points[-1].figures['gap']:.4f} eV, {points[-1].kind}")
    table = sweep_csv(asked, points)
    if arguments.out is None:
        print(table, end="")
        return
    try:
        Path(arguments.out).write_text(table, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{arguments.out} cannot be written: {error.strerror}") from None
