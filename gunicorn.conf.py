"""What `gunicorn app:server` does before it starts workers: it ends where the shipped weights are not sound."""

import os
import sys

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before NumPy: no threads in a process that forks
    os.environ.setdefault(_threads, "1")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from core.learning.weights import weights_fault  # noqa: E402

if _fault := weights_fault():
    print(f"Bandloom does not start: {_fault}", file=sys.stderr)
    sys.exit(2)
