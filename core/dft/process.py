"""DFT runs in a process of its own: its memory is free afterwards, and what ends it early becomes one line."""

import os
import subprocess
import sys
from pathlib import Path

from core.errors import InputError

PROJECT = Path(__file__).resolve().parents[2]
"""A checkout, or the folder that the package is installed in."""


def run_apart(module: str, folder: Path, what: str) -> None:
    """Run a module of the project in a fresh process on one thread; it gets `folder` and puts its result there.

    Raises:
        InputError: it cannot be started, or fails; `what` is computed stands in the message.
    """
    try:
        ended = subprocess.run(
            [sys.executable, "-m", module, str(folder)],
            cwd=PROJECT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise InputError(f"{what} failed: its process cannot be started ({error.strerror})") from None
    if ended.returncode < 0:
        raise InputError(f"{what} failed: signal {-ended.returncode} ended its process, as where memory runs out")
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-1:] or [f"its process ended with status {ended.returncode}"]
        raise InputError(f"{what} failed: {last[0][:300]}")
