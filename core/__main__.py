"""`python -m core COMMAND …`, see `core.cli`."""

import os
import sys

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before NumPy: k-points run side by side in threads
    os.environ.setdefault(_threads, "1")

from core.cli.main import PROGRAM, main  # noqa: E402  (after the number of threads)


def console(arguments: list[str] | None = None, program: str = PROGRAM) -> int:
    """`main` for a process of its own: prints Δ and Γ whatever the locale."""
    sys.stdout.reconfigure(encoding="utf-8")
    return main(arguments, program)


if __name__ == "__main__":
    sys.exit(console())
