"""Everything the pages do, scripted: exit status 0 on success, 2 with one line on stderr on bad input."""

import sys

from core.cli import images, measure, models, spectra, structure
from core.cli.parser import Parser
from core.errors import InputError

PROGRAM = "python -m core"


def build_parser() -> Parser:
    """The parser of all commands."""
    parser = Parser(prog=PROGRAM, description="Bandloom on the command line.")
    entries = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for group in (structure, spectra, images, models, measure):
        group.add_commands(entries)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parsed = build_parser().parse_args(arguments)
    try:
        parsed.run(parsed)
    except InputError as error:
        print(f"{PROGRAM} {parsed.command}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130
    return 0
