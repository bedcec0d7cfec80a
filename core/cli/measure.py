"""Commands that measure the engine: against published figures, and its speed."""

import argparse
import json

from core.cli.parser import add_command, show_progress
from core.cli.printed import alloy_lines, validation_line


def add_commands(entries) -> None:
    """validate, alloys, bench."""
    for function in (validate, alloys, bench):
        entry = add_command(entries, function)
        entry.add_argument("--json", action="store_true")
        entry.add_argument("--write", action="store_true", help="keep the figures that the methods page shows")


def validate(arguments: argparse.Namespace) -> None:
    """Compare with the parameters' own checks and with experiment."""
    from core.validation import MEASURED_FILE, validation_table

    table = validation_table()
    if arguments.write:
        MEASURED_FILE.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if arguments.json:
        print(json.dumps(table, ensure_ascii=False))
        return
    print("\n".join(validation_line(row) for row in table))
    if any(row["within"] is False for row in table):
        raise SystemExit(1)


def alloys(arguments: argparse.Namespace) -> None:
    """Gap of relaxed alloys: virtual crystal, random supercells, experiment (minutes)."""
    from core.alloys import MEASURED_FILE, alloy_table

    table = alloy_table(progress=lambda done: show_progress(f"{100 * done:3.0f} %"))
    if arguments.write:
        MEASURED_FILE.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(table, ensure_ascii=False) if arguments.json else alloy_lines(table))


def bench(arguments: argparse.Namespace) -> None:
    """Print the speed figures as ratios taken in one run."""
    from core.bench import run_bench, write_measured

    figures = run_bench()
    if arguments.write:
        write_measured(figures)
    print(json.dumps(figures, indent=None if arguments.json else 1))
