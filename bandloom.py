"""The command `bandloom`: `bandloom serve` starts the dashboard, everything else is what `python -m core` does."""

import argparse
import os
import sys

from core.__main__ import console


def serve(arguments: list[str]) -> int:
    """Serve the dashboard until it is interrupted; returns the exit status."""
    parser = argparse.ArgumentParser(prog="bandloom serve", description="Start the dashboard.")
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"), help="HOST or 127.0.0.1 by default")
    parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8050"), help="PORT or 8050 by default")
    asked = parser.parse_args(arguments)
    from app import app  # the science alone needs no Dash

    app.run(host=asked.host, port=asked.port, debug=False)
    return 0


def main() -> int:
    """Run the command line of this process; returns the exit status."""
    arguments = sys.argv[1:]
    return serve(arguments[1:]) if arguments[:1] == ["serve"] else console(arguments, "bandloom")


if __name__ == "__main__":
    sys.exit(main())
