"""What the commands share: a parser whose errors are one line, options that several take, printing."""

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn

Command = Callable[[argparse.Namespace], None]


class Parser(argparse.ArgumentParser):
    """Errors in one line, without the usage text."""

    def error(self, message: str) -> NoReturn:
        """End with status 2 and one line."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


def above_zero(text: str) -> float:
    """An option that is a number above 0.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not accepted; give a number above 0")
    return value


def at_least_one(text: str) -> int:
    """An option that is a whole number from 1.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not accepted; give a whole number from 1")
    return int(text)


def add_command(
    entries: "argparse._SubParsersAction[Parser]", function: Command, parents: tuple[argparse.ArgumentParser, ...] = ()
) -> argparse.ArgumentParser:
    """A command that is called and described as the function is; `parents` bring options."""
    entry = entries.add_parser(
        function.__name__, help=function.__doc__, description=function.__doc__, parents=list(parents)
    )
    entry.set_defaults(run=function)
    return entry


def sample_options() -> argparse.ArgumentParser:
    """Which crystal."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("stack", metavar="STACK", help="stack notation such as Si4Ge4, or a structure file")
    options.add_argument(
        "--substrate", help="Si, Ge, Si0.5Ge0.5, a lattice constant in Å, or a strain such as +1%% (--substrate=-1%%)"
    )
    options.add_argument("--mixing", type=float, default=0.0, help="interface width w in monolayers")
    return options


def imperfect_options() -> argparse.ArgumentParser:
    """Which imperfections: with one of them, atoms are explicit and all of them relax."""
    options = argparse.ArgumentParser(add_help=False)
    group = options.add_argument_group("imperfect crystals", "atoms drawn one by one in a lateral supercell")
    group.add_argument("--lateral", type=int, metavar="N", help="N × N primitive in-plane cells, 2 to 4")
    group.add_argument("--seed", type=int, help="of the drawing, 0 by default")
    group.add_argument(
        "--antisite",
        type=int,
        action="append",
        metavar="PLANE",
        help="one atom of it is of the other element (planes from 1)",
    )
    group.add_argument("--vacancy", type=int, action="append", metavar="PLANE", help="one atom of it is missing")
    group.add_argument("--dangling", choices=["open", "passivated"], help="the orbitals that point to a missing atom")
    group.add_argument("--step", action="store_true", default=None, help="half of the cell lies one monolayer higher")
    return options


def model_options() -> argparse.ArgumentParser:
    """Which Hamiltonian."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--spin-orbit", action="store_true", help="include spin-orbit coupling")
    return options


def show_progress(line: str) -> None:
    """A line on stderr, at once."""
    print(line, file=sys.stderr, flush=True)


def report(crystal, *lines: str) -> None:
    """What a crystal's reader should know, and lines of the command, on stderr."""
    for text in (*crystal.notes, *lines):
        print(text, file=sys.stderr)
