"""Quantum ESPRESSO's files of tests/data/espresso as the code leaves them, in a folder of the test."""

import gzip
from pathlib import Path

from tests.data import DATA

KEPT = DATA / "espresso"


def saved(name: str, folder: Path) -> Path:
    """NAME.save with all that the reader needs."""
    place = folder / f"{name}.save"
    place.mkdir()
    for file in [*(KEPT / f"{name}.save").glob("*.gz"), *KEPT.glob("*.UPF.gz")]:
        (place / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    return place


def printed_vbm(name: str) -> float:
    """eV: the highest occupied level that pw.x printed."""
    return float((KEPT / f"{name}.save" / "highest.txt").read_text().split()[-1])


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}
