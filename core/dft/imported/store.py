"""Imported bands in the folder of a data set, beside others of the same origin."""

import hashlib
import os
from pathlib import Path

import numpy as np

from core.dft.calculation import DftResult
from core.dft.dataset import Entry, read_folder
from core.dft.imported.found import Found
from core.dft.imported.origin import Origin
from core.errors import InputError
from core.learning.provenance import check_plan

VALENCE_WEIGHT, TOLERANCE = 4.0, 0.3
"""Filled bands of a primitive cell: what unfolding weights of filled bands add up to, on average over k-points."""


HIGHEST_FILLED = 3.0
"""eV from unstrained silicon's: that of strained germanium is about 1."""


def entry_of(found: Found, origin: Origin, silicon_vbm: float, content: bytes) -> Entry:
    """An entry of a data set.

    Args:
        found: what a reader gave.
        origin: what made it.
        silicon_vbm: eV, the valence band maximum of unstrained bulk Si where `found` has it, after its integrals of
            neutral atoms were put in (see `DftResult.shift`).
        content: bytes that it was read from, for their SHA-256.

    Raises:
        InputError: a structure that no sample has, or unfolding weights or a zero of energy that cannot be.
    """
    atoms = len(found.crystal)
    none = np.zeros(atoms)
    sample = origin.sample(found.crystal)
    document = {
        **{key: value for key, value in found.facts.items() if key not in origin.document()},
        "origin": origin.document(),
        "silicon_vbm_eV": silicon_vbm,
        "sha256": hashlib.sha256(content).hexdigest(),
        "sample": sample.document(),
    }
    potentials = {"correction": none, "neutral_atom": found.neutral_atom, "at_atom": none}
    result = DftResult(found.crystal, found.k_reduced, found.bands, found.first_band, potentials, document)
    _check_weights(result)
    _check_zero(result)
    return Entry(sample, result)


def put_into(folder: Path, entry: Entry) -> tuple[int, bool]:
    """Write an entry into a folder, in the place of the same structure if it is there; its number, and whether it was.

    Raises:
        InputError: the folder holds bands of another origin, or by another pseudopotential of an element.
    """
    check_plan(folder, entry.result.made_by, "DFT results")
    present = {}
    for place, other in enumerate(read_folder(folder)):
        _check_setups(other, entry)
        present[other.sample] = place
    files = sorted(folder.glob("[0-9]" * 4 + ".npz"))
    if len(files) != len(present):
        raise InputError(f"{folder} holds a structure twice; remove one of its files and import it again")
    again = entry.sample in present
    number = int(files[present[entry.sample]].stem) if again else int(files[-1].stem) + 1 if files else 0
    part = folder / f"{number:04d}.part.npz"
    entry.result.write(part)
    os.replace(part, folder / f"{number:04d}.npz")
    return number, again


def _check_setups(other: Entry, entry: Entry) -> None:
    """InputError where two entries have different pseudopotentials of one element."""
    theirs, ours = (each.result.document.get("setups", {}) for each in (other, entry))
    for symbol in set(theirs) & set(ours):
        if theirs[symbol] != ours[symbol]:
            raise InputError(
                f"{entry.sample.stack} was computed with {ours[symbol]} for {symbol}, and {other.sample.stack} with "
                f"{theirs[symbol]}; keep them in folders of their own"
            )


def _check_weights(result: DftResult) -> None:
    """InputError where the unfolding weights of all filled bands do not add up to those of a primitive cell."""
    if not 1 <= result.valence_bands < result.bands.energy.shape[1]:
        raise InputError(
            f"{result.bands.energy.shape[1]} bands, {result.valence_bands} of them filled; at least one filled and one "
            "empty band are needed"
        )
    if result.first_band:
        return
    counted = float(result.bands.unfolding_weight[:, : result.valence_bands].sum(axis=1).mean())
    if abs(counted - VALENCE_WEIGHT) > TOLERANCE:
        raise InputError(
            f"Unfolding weights of the filled bands add up to {counted:.2f} at a k-point on average, and the four "
            "filled bands of a primitive cell make 4: take weights at k itself, with ideal, equally spaced sites in "
            "the phases"
        )


def _check_zero(result: DftResult) -> None:
    """InputError where filled levels end so far from those of unstrained Si that the scales cannot be the same."""
    top = float(result.aligned(scissor=False).energy[:, result.valence_bands - 1].max())
    if not abs(top) <= HIGHEST_FILLED:
        raise InputError(
            f"The highest filled level lies at {top:.1f} eV from the valence band maximum of unstrained Si, and Si and "
            f"Ge lie within {HIGHEST_FILLED:g} eV: give that maximum in eV on the scale of the energies"
        )
