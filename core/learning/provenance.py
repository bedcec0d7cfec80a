"""What made an artefact: in the plan of a folder, whose files must all come from one, and in model cards."""

import hashlib
import json
import os
import secrets
from pathlib import Path

from core.electronic.calculation import ENGINE_VERSION
from core.errors import InputError
from core.parameters.checksum import parameters_sha256


def made_with() -> dict[str, str]:
    """The exact engine and its parameters, for plans and model cards."""
    return {"engine_version": ENGINE_VERSION, "parameters_sha256": parameters_sha256()}


def check_plan(folder: Path, plan: dict, what: str) -> None:
    """Write `plan.json` into a folder that holds nothing yet, or compare it with the one there.

    Args:
        folder: made if missing.
        plan: plain JSON; all that must agree for files to belong together.
        what: that the folder holds, for the error.

    Raises:
        InputError: the folder's files were made by another plan, or by one that is not known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file, remedy = folder / "plan.json", "give an empty folder or the same settings, or delete what this one holds"
    plan = json.loads(json.dumps(plan))
    if not file.exists():
        if next(folder.glob("*.h5"), None) or next(folder.glob("*.npz"), None):
            raise InputError(f"{folder} holds {what} without a plan.json that says what made them; {remedy}")
        partial = file.with_name(f"plan.{secrets.token_hex(4)}.part")
        partial.write_text(json.dumps(plan, indent=1) + "\n", encoding="utf-8")
        os.replace(partial, file)
        return
    found = _read(file)
    different = [key for key in plan if found.get(key) != plan[key]]
    if different:
        values = ", ".join(str(found.get(key, "not recorded")) for key in different)
        raise InputError(f"{folder} holds {what} with other {', '.join(different)} ({values}); {remedy}")


def plan_sha256(folder: Path) -> str:
    """SHA-256 of a folder's plan, the same for the same plan.

    Raises:
        InputError: the folder has none.
    """
    try:
        plan = _read(folder / "plan.json")
    except FileNotFoundError:
        raise InputError(f"{folder} holds no plan.json; make the data set with python -m core dataset") from None
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


def _read(file: Path) -> dict:
    try:
        return dict(json.loads(file.read_bytes()))
    except (ValueError, TypeError):
        raise InputError(f"{file} is damaged: remove it if the folder holds what it said, or give another") from None
