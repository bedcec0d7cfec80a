"""The DFT data set: one file a structure while it is made, and a packed file that travels with the project.

A folder holds `plan.json`, files `0012.npz` by place in `core.dft.plan`, each whole or not there, and `seconds.txt`, a
line a structure. What made them stands in `plan.json`, the recipe or the origin of imported bands: a folder holds one
kind only. What was killed goes on where it stood and ends with the same content. In the packed file weights are
quantised to a byte, and those of atoms are left out where a state's unfolding weight is below LEAST_WEIGHT. Of shells
it has the weight of s orbitals, all atoms together; the file that the project brings was packed without.
"""

import io
import json
import os
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from core.dft.calculation import CRYSTAL_FIELDS, POTENTIALS, DftResult, solve_apart
from core.dft.imported.origin import Origin
from core.dft.plan import SEED, candidates, planned_samples
from core.dft.recipe import recipe_document
from core.dft.structure import functional_crystal
from core.electronic.diagonalise import Bands
from core.electronic.kpath import DEFAULT_PATH, KPath, build_path
from core.errors import InputError
from core.learning.provenance import check_plan
from core.learning.samples import DrawnSample
from core.parameters.tight_binding import SHELLS
from core.structure.crystal import Crystal

PACKED_FILE = Path(__file__).with_name("structures.zip")
LEAST_WEIGHT = 2e-3
"""Of an unfolded state whose atomic weights are kept in the packed file."""

MOST_BYTES = 2**26
"""Of a structure in a packed file, unpacked: what is larger is refused before memory is spent on it."""

_ENERGY_STEP = 2e-4
_VELOCITY_STEP = 0.01
_FASTEST = 32767
"""Steps of 0.01 eV Å: far beyond what broadening tells apart."""

_BYTE = 255
_SHORT = 65535
_UNORDERED = 0.01
"""eV by which energies may descend: members of one degenerate group."""

_DAMAGED = (
    OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, EOFError, MemoryError, OverflowError,
    RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading raises where a file is not whole, or not what it says."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A structure of the data set: the sample it stands for, and its bands by DFT along the default path."""

    sample: DrawnSample
    result: DftResult


def on_path(k_reduced: np.ndarray, path: KPath) -> bool:
    """Whether k-points (k, 3) in units of the average cell are those of a path."""
    return k_reduced.shape == path.k_reduced.shape and bool(np.abs(k_reduced - path.k_reduced).max() < 1e-6)


def generate(
    folder: Path, count: int, report: Callable[[str], None] = lambda line: None, solve=solve_apart
) -> tuple[int, int]:
    """Compute those of the first `count` structures that a folder lacks or holds damaged or of another sample.

    Args:
        folder: made if missing.
        count: structures from the beginning of the plan; more later extend the same data set.
        report: gets a line of progress.
        solve: as `solve_apart`.

    Returns:
        How many were computed, and how many were left out because their calculation failed.

    Raises:
        InputError: the folder holds another data set, or no calculation of several tried succeeded.
    """
    samples = planned_samples(count)
    check_plan(folder, _plan(), "DFT results")
    whole = [(number, entry) for number, entry in _entries(folder) if entry and number < count]
    present = {number for number, entry in whole if entry.sample == samples[number]}
    missing = [number for number in range(count) if number not in present]
    report(f"{count} structures planned, {len(present)} present")
    computed, failure = 0, ""
    for done, number in enumerate(missing, 1):
        sample, start = samples[number], time.monotonic()
        crystal = functional_crystal(sample.crystal())
        path = build_path(crystal, DEFAULT_PATH)
        try:
            result = solve(crystal, path.k_reduced, path.direction)
        except InputError as error:
            failure = str(error)
            report(f"{sample.stack} on {sample.substrate} is left out: {failure}")
            continue
        document = {**result.document, "sample": sample.document()}
        part = folder / f"{number:04d}.part.npz"
        replace(result, document=document).write(part, precise=False)
        os.replace(part, folder / f"{number:04d}.npz")
        computed += 1
        seconds = time.monotonic() - start
        with (folder / "seconds.txt").open("a") as log:
            log.write(f"{number} {len(crystal)} {seconds:.1f}\n")
        report(f"{done} of {len(missing)}: {sample.stack} on {sample.substrate}, {len(crystal)} atoms, {seconds:.0f} s")
    if missing and not computed:
        raise InputError(f"None of {len(missing)} structures could be computed; the last one: {failure}")
    return computed, len(missing) - computed


def _plan() -> dict:
    return {**recipe_document(), "seed": SEED, "path": DEFAULT_PATH}


def read_folder(folder: Path) -> Iterator[Entry]:
    """What a folder holds, in the order of the plan.

    Raises:
        InputError: what it holds was not made alike, or a file is damaged.
    """
    yield from _alike(_whole(folder))


def _whole(folder: Path) -> Iterator[tuple[Path, Entry]]:
    for number, entry in _entries(folder):
        file = folder / f"{number:04d}.npz"
        if entry is None:
            raise InputError(f"{file} is damaged: remove it, and compute or import the structure again")
        yield file, entry


def _alike(named: Iterable[tuple[Path, Entry]]) -> Iterator[Entry]:
    """Entries, InputError at the first that was not made as those before it."""
    first = None
    for name, entry in named:
        made_by = entry.result.made_by
        first = first or made_by
        if made_by != first:
            different = ", ".join(sorted(key for key in {*first, *made_by} if first.get(key) != made_by.get(key)))
            raise InputError(
                f"{name} was not made as the files before it: {different} differ; keep what different codes or "
                "settings gave in folders of their own"
            )
        yield entry


def _entries(folder: Path) -> Iterator[tuple[int, Entry | None]]:
    """Place in the plan and content of a folder's files, None for a damaged one."""
    for file in sorted(Path(folder).glob("[0-9]" * 4 + ".npz")):
        try:
            entry = _entry(DftResult.read(file))
        except _DAMAGED:
            entry = None
        yield int(file.stem), entry


def _entry(result: DftResult) -> Entry:
    """ValueError where arrays are not of one crystal and one list of k-points, or hold what no band has."""
    bands, atoms = result.bands, len(result.crystal)
    shape = (len(result.k_reduced), result.bands.energy.shape[-1])
    shapes = {
        "k_reduced": (result.k_reduced, (shape[0], 3)),
        "energy": (bands.energy, shape),
        "unfolding_weight": (bands.unfolding_weight, shape),
        "velocity": (bands.velocity, shape),
        "atom_shell_weight": (bands.atom_shell_weight, (atoms, len(SHELLS), *shape)),
        "positions": (result.crystal.positions, (atoms, 3)),
        **{name: (result.potentials[name], (atoms,)) for name in POTENTIALS},
    }
    for name, (array, wanted) in shapes.items():
        if array.shape != wanted or array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise ValueError(f"{name} is no {wanted} of finite numbers")
    if not 1 <= result.valence_bands < shape[1] or not np.isfinite(result.offset):
        raise ValueError("filled bands, empty bands or the zero of energy are missing")
    if "origin" in result.document:
        Origin(**result.document["origin"])
    elif None in result.made_by.values():
        raise ValueError("what made it is not told")
    if (np.diff(bands.energy, axis=1) < -_UNORDERED).any():
        raise ValueError("energies do not ascend")
    return Entry(DrawnSample.from_document(result.document["sample"]), result)


def pack(folder: Path, file: Path = PACKED_FILE) -> int:
    """Write a folder's structures into one file; returns how many.

    Raises:
        InputError: the folder holds none, another data set, or a file of another sample than its place in the plan;
            or imported bands are to be put in the place of the project's own.
    """
    imported = [entry for entry in read_folder(folder) if "origin" in entry.result.document]
    found = {number: entry for number, entry in _entries(folder) if entry}
    if not found:
        raise InputError(f"{folder} holds no structures; make them with python -m core dft-dataset or dft-import")
    if not imported:
        _check_recipe(folder, found)
    elif file == PACKED_FILE:
        raise InputError(f"{folder} holds imported bands, no part of the project's own set; give --out FILE.zip")
    part = file.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as packed:
        for place, number in enumerate(sorted(found)):
            packed.writestr(zipfile.ZipInfo(f"{place:04d}.npz"), _packed(found[number].result))
    os.replace(part, file)
    return len(found)


def _check_recipe(folder: Path, found: dict[int, Entry]) -> None:
    """InputError unless a folder is of the project's recipe and its files are those of the plan."""
    check_plan(folder, _plan(), "DFT results")
    samples = planned_samples(min(max(found) + 1, len(candidates())))
    for number, entry in found.items():
        if number >= len(samples) or entry.sample != samples[number]:
            raise InputError(
                f"{folder / f'{number:04d}.npz'} holds {entry.sample.stack} on {entry.sample.substrate}, which is not "
                "what the plan has there; remove it and run python -m core dft-dataset again"
            )


def read_packed(file: Path = PACKED_FILE) -> Iterator[Entry]:
    """The structures of a packed file, by default those that the project brings, in the order of the plan.

    Raises:
        InputError: no such file, a damaged one, or one whose structures were not made alike.
    """
    yield from _alike(_members(file))


def _members(file: Path) -> Iterator[tuple[Path, Entry]]:
    try:
        with zipfile.ZipFile(file) as packed:
            for name in sorted(packed.namelist()):
                _check_size(packed, [name])
                entry = _entry(_unpacked(packed.read(name)))
                yield file / name, entry
    except _DAMAGED as error:
        raise InputError(f"{file} cannot be read as a packed data set ({str(error)[:60]}); pack it again") from None


def _check_size(archive: zipfile.ZipFile, names: Iterable[str]) -> None:
    if sum(archive.getinfo(name).file_size for name in names) > MOST_BYTES:
        raise ValueError(f"a structure of more than {MOST_BYTES // 2**20} MB")


@cache
def packed_samples() -> tuple[DrawnSample, ...]:
    """Samples of the structures that the project brings, in the order of the plan."""
    with zipfile.ZipFile(PACKED_FILE) as packed:
        return tuple(_packed_sample(packed.read(name)) for name in sorted(packed.namelist()))


def packed_entry(number: int) -> Entry:
    """One structure that the project brings, by its place among `packed_samples`."""
    with zipfile.ZipFile(PACKED_FILE) as packed:
        return _entry(_unpacked(packed.read(sorted(packed.namelist())[number])))


def _packed_sample(content: bytes) -> DrawnSample:
    with np.load(io.BytesIO(content), allow_pickle=False) as found:
        return DrawnSample.from_document(json.loads(str(found["document"]))["sample"])


def _packed(result: DftResult) -> bytes:
    """Energies in steps of 0.2 meV from the lowest, velocities of 0.01 eV Å, weights in bytes or two."""
    bands = result.bands
    lowest = float(bands.energy.min())
    seen = bands.unfolding_weight >= LEAST_WEIGHT
    shares = np.round(bands.atom_weight * _BYTE) * seen
    crystal, content = result.crystal, io.BytesIO()
    own = {}
    if "origin" in result.document:
        own = {f"crystal_{name}": getattr(crystal, name) for name in CRYSTAL_FIELDS} | {"k_reduced": result.k_reduced}
    np.savez_compressed(
        content,
        document=np.array(json.dumps(result.document)),
        first_band=np.array(result.first_band),
        lowest=np.array(lowest),
        energy=np.round((bands.energy - lowest) / _ENERGY_STEP).astype(np.uint32),
        unfolding_weight=np.round(np.clip(bands.unfolding_weight, 0, 1) * _SHORT).astype(np.uint16),
        velocity=np.round(np.clip(bands.velocity / _VELOCITY_STEP, -_FASTEST, _FASTEST)).astype(np.int16),
        atom_weight=shares.astype(np.uint8),
        s_weight=np.round(bands.atom_shell_weight[:, 0].sum(axis=0) * _BYTE).astype(np.uint8),
        positions=crystal.positions,
        cell=crystal.cell,
        **{f"potential_{name}": result.potentials[name] for name in POTENTIALS},
        **own,
    )
    return content.getvalue()


def _unpacked(content: bytes) -> DftResult:
    """The inverse of `_packed`; atoms of unseen states share alike, and all of a state have the same share of s.

    What is not s stands as p; where shells were not kept, all of it as s.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as found:
        _check_size(found.zip, found.zip.namelist())
        document = json.loads(str(found["document"]))
        sample = DrawnSample.from_document(document["sample"])
        if "origin" in document:
            crystal = Crystal(**{name: found[f"crystal_{name}"] for name in CRYSTAL_FIELDS}, label=sample.stack)
        else:
            crystal = functional_crystal(sample.crystal())
            crystal = replace(crystal, positions=found["positions"], cell=found["cell"])
        share = found["atom_weight"].astype(float)
        total = share.sum(axis=0)
        share = np.where(total > 0, share / np.maximum(total, 1), 1 / len(crystal))
        of_s = found["s_weight"] / _BYTE if "s_weight" in found else np.ones(total.shape)
        bands = Bands(
            found["energy"] * _ENERGY_STEP + float(found["lowest"]),
            found["unfolding_weight"] / _SHORT,
            found["velocity"] * _VELOCITY_STEP,
            np.stack([share * of_s, share * (1 - of_s), *[np.zeros_like(share)] * 2], axis=1),
        )
        potentials = {name: found[f"potential_{name}"] for name in POTENTIALS}
        k_reduced = found["k_reduced"] if "k_reduced" in found else build_path(crystal, DEFAULT_PATH).k_reduced
        return DftResult(crystal, k_reduced, bands, int(found["first_band"]), potentials, document)
