"""The dashboard starts without any code that trains."""

import subprocess
import sys

TRAINING = (
    "torch",
    "sklearn",
    "core.learning.training",
    "core.learning.supplement",
    "core.forward.training",
    "core.forward.learned",
    "core.forward.race",
    "core.forward.imperfect.training",
    "core.forward.imperfect.evaluation",
    "core.reverse.training",
    "core.reverse.learned",
    "core.reverse.drawing",
    "core.reverse.race",
    "core.reverse.single_atom_training",
    "core.loop.learn",
    "core.loop.learning_evaluation",
)


def test_serving_imports_no_training_code():
    lines = f"import app, sys; print(*[name for name in {TRAINING} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_the_names_exist():
    """A module that was renamed must not drop out of the test above unnoticed."""
    ours = [name for name in TRAINING if name.startswith("core.")]
    lines = f"import importlib; [importlib.import_module(name) for name in {ours}]"
    subprocess.run([sys.executable, "-c", lines], check=True)
