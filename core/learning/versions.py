"""Which weights are in force: those shipped, or a version that learned from the replay store.

A version is a folder in the cache with `card.json` and the weights files of all that was learned up to it. Versions are
never changed; one small file names the one in force, so that going back restores the old figures exactly, in every
process at once.
"""

import contextlib
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.learning.weights import Model, card_file, model, save_weights
from core.storage import cache_path, made_folder

SHIPPED = "shipped"
MOST_VERSIONS = 8
"""The oldest ones go when there are more, never the one in force and the one before it."""

_NAME = re.compile(r"v[0-9]{4}")
_log = logging.getLogger(__name__)


def in_force() -> str:
    """Name of the version in force, SHIPPED where nothing was learned or the version's card is damaged."""
    with contextlib.suppress(OSError):
        name = (_folder() / "current").read_bytes().decode("utf-8", "replace").strip()
        if _NAME.fullmatch(name) and _card(_folder() / name / "card.json"):
            return name
    return SHIPPED


def weights_of(version: str, shipped: Path) -> Path:
    """The weights file of a version; the shipped one where the version has none of its own."""
    own = _folder() / version / shipped.name if _NAME.fullmatch(version) else shipped
    return own if own.exists() else shipped


def model_of(shipped: Path, build: Callable[[dict[str, np.ndarray]], Model], version: str | None = None) -> Model:
    """The model of a weights file in the version in force, or in a given one; a damaged one gives way to the shipped.

    Raises:
        WeightsError: the shipped weights are missing or damaged.
    """
    return model(weights_of(version or in_force(), shipped), build, shipped)


def versions() -> list[dict]:
    """Cards of all versions kept, oldest first; a damaged one is left out."""
    return [card for file in sorted(_folder().glob("v????/card.json")) if (card := _card(file))]


def _card(file: Path) -> dict:
    """A version's card, empty where it is missing or damaged."""
    with contextlib.suppress(FileNotFoundError):
        return _read_card(file, file.stat().st_mtime_ns)
    return {}


@lru_cache(maxsize=2 * MOST_VERSIONS)
def _read_card(file: Path, written: int) -> dict:
    try:
        card = json.loads(file.read_bytes())
        if card["version"] == file.parent.name:
            return card
    except (ValueError, LookupError, TypeError):
        pass
    _log.warning("The card of version %s is damaged; the version is left out", file.parent.name)
    return {}


def keep(weights: dict[str, dict[str, np.ndarray]], card: dict) -> str:
    """Keep a new version; it is not in force yet.

    Files of the version in force that it has none of are copied into it: what was learned before stays.

    Args:
        weights: arrays by the name of their file.
        card: plain JSON; `version`, `before` and the names of `copied` files are filled in.
    """
    folder, before = made_folder(_folder()), in_force()
    number = max((int(f.name[1:]) for f in folder.glob("v????") if _NAME.fullmatch(f.name)), default=0) + 1
    name, partial = f"v{number:04d}", folder / f"{secrets.token_hex(6)}.part"
    partial.mkdir()
    for file, arrays in weights.items():
        save_weights(arrays, partial / file, {})
    copied = sorted(file for file in (folder / before).glob("*.npz") if file.name not in weights)
    for file in copied:
        shutil.copy(file, partial)
        shutil.copy(card_file(file), partial)
    known = {"version": name, "before": before, "copied": [file.name for file in copied]}
    text = json.dumps(known | card, indent=1, ensure_ascii=False)
    (partial / "card.json").write_text(text + "\n", encoding="utf-8")
    partial.rename(folder / name)
    old = [card["version"] for card in versions() if card["version"] not in (name, before)]
    for gone in old[: max(0, len(old) + 2 - MOST_VERSIONS)]:
        shutil.rmtree(folder / gone, ignore_errors=True)
    return name


def adopt(version: str) -> None:
    """Put a version, or SHIPPED, in force.

    Raises:
        InputError: no such version is kept.
    """
    if version != SHIPPED and version not in [card["version"] for card in versions()]:
        known = ", ".join([SHIPPED, *(card["version"] for card in versions())])
        raise InputError(f"There is no version {version!r}; kept are {known}")
    partial = made_folder(_folder()) / f"current.{secrets.token_hex(4)}"
    partial.write_text(version, encoding="utf-8")
    os.replace(partial, _folder() / "current")


def roll_back() -> str:
    """Put the version before the one in force back; returns its name.

    Raises:
        InputError: the shipped weights are in force.
    """
    now = in_force()
    if now == SHIPPED:
        raise InputError("The shipped weights are in force: there is nothing to roll back")
    before = next(card["before"] for card in versions() if card["version"] == now)
    kept = [card["version"] for card in versions()]
    adopt(before if before in kept else SHIPPED)
    return in_force()


def _folder() -> Path:
    return cache_path() / "models"
