"""Everything the pages do, scripted: exit status 0 on success, 2 with one line on stderr on bad input."""

import sys

from core import __version__
from core.cli import design, dft, images, measure, models, spectra, structure, sweep
from core.cli.parser import Parser
from core.errors import InputError

PROGRAM = "python -m core"


def build_parser(program: str = PROGRAM) -> Parser:
    """The parser of all commands; program: what errors and help call it."""
    dashboard = "The dashboard: `bandloom serve`, or `python app.py` in a checkout."
    parser = Parser(prog=program, description="Bandloom on the command line.", epilog=dashboard)
    parser.add_argument("--version", action="version", version=f"Bandloom {__version__}")
    entries = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for group in (structure, spectra, sweep, images, design, models, dft, measure):
        group.add_commands(entries)
    return parser


def main(arguments: list[str] | None = None, program: str = PROGRAM) -> int:
    """Run one command; returns the exit status. program: what it calls itself."""
    parsed = build_parser(program).parse_args(arguments)
    try:
        parsed.run(parsed)
    except InputError as error:
        print(f"{program} {parsed.command}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130
    return 0
