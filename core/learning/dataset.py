"""The data set of the learned models: exact spectra of many samples in HDF5 shards, one file a group of samples.

A folder holds `plan.json` (schema, seed, engine, its parameters, grid) and shards `NAME-00012.h5`. A shard is written
whole or not at all, so that a killed run goes on where it stood. Each sample is a group with attributes family, stack,
lattice, mixing (the `DrawnSample`) and datasets

    ge_fraction (plane,), spacing (plane,) Å: what the models see
    site_class (plane,): planes of equal environment share a class; spectra are kept once a class
    path (class, k, energy) 1/eV: atomically resolved spectral function on the default path
    cut_x, cut_k (class, k, energy) 1/eV: on in-plane cuts at k_z = attribute kz, from k∥ = 0 outwards (they are even)
    edges (k, 4): highest valence and lowest conduction energy (eV) on the path, and their unfolding weights

in 16-bit floats for the spectra and 32-bit ones for the rest. Spectra have checksums (Fletcher-32, part of HDF5).
"""

import errno
import io
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import h5py
import numpy as np

from core.damage import set_aside
from core.electronic.calculation import calculate_bands
from core.electronic.kpath import DEFAULT_PATH, KPath, build_cut, build_path
from core.electronic.spectral import Broadening, EnergyGrid, spectral_function
from core.errors import InputError
from core.learning.provenance import check_plan, made_with
from core.learning.samples import SPLITS, DrawnSample, drawn_sample, evaluation_set, training_stream
from core.structure.crystal import Crystal

SCHEMA_VERSION = "1"
SHARD_SAMPLES = 16
SAMPLE_ATTRIBUTES = ("family", "stack", "lattice", "mixing", "kz")
CONNECT_TIMEOUT = "10s"
CUT_POINTS = 97
DATASETS = ("ge_fraction", "spacing", "site_class", "path", "edges")
CUTS = {"cut_x": "G-X", "cut_k": "G-K"}
WINDOW = (-14.0, 5.5)
"""eV: all valence bands, so that the highest one can be counted, and what reaches into the picture from above."""


@dataclass(frozen=True)
class Record:
    """One sample as stored; see the module's text for shapes."""

    sample: DrawnSample
    ge_fraction: np.ndarray
    spacing: np.ndarray
    site_class: np.ndarray
    path: np.ndarray
    edges: np.ndarray
    cut_x: np.ndarray | None
    cut_k: np.ndarray | None


def site_classes(crystal: Crystal) -> tuple[np.ndarray, np.ndarray]:
    """(atom,) class of every atom of a plane stack, and the index of the first atom of each class.

    Atoms are of one class where the planes around them agree. Inversion turns growth round and swaps the sublattices,
    and leaves every spectral function unchanged, so that atoms of sublattice 1 look along the reversed stack.
    """
    x, spacing = np.round(crystal.plane_ge_fraction, 9), np.round(crystal.plane_spacing, 6)
    up = np.column_stack([x, spacing])
    down = np.column_stack([x[::-1], np.roll(spacing[::-1], -1)])
    keys: dict[bytes, int] = {}
    label, first = [], []
    for j, sublattice in enumerate(crystal.sublattice):
        view = np.roll(up, -j, axis=0) if sublattice == 0 else np.roll(down, j + 1, axis=0)
        key = view.tobytes()
        if key not in keys:
            keys[key] = len(keys)
            first.append(j)
        label.append(keys[key])
    return np.array(label), np.array(first)


def half_cut(crystal: Crystal, cut: str, kz: float) -> KPath:
    """The outward half of a default cut: k∥ from 0 to its end, with the spacing of the whole cut."""
    whole = build_cut(crystal, cut, kz, CUT_POINTS)
    half = slice(CUT_POINTS // 2, None)
    fields = {
        name: getattr(whole, name)[half] for name in ("k_reduced", "k_cartesian", "distance", "step", "direction")
    }
    return KPath(whole.text, **fields, ticks=whole.ticks[1:], segments=((0, CUT_POINTS - CUT_POINTS // 2),))


def compute_record(sample: DrawnSample) -> Record:
    """Exact spectra of one sample on one thread."""
    crystal = sample.crystal()
    label, first = site_classes(crystal)
    grid, broadening = EnergyGrid(), Broadening()

    def spectra(path: KPath):
        bands = calculate_bands(crystal, path, window=WINDOW, workers=1).bands
        return bands, spectral_function(bands, path.step, grid, broadening)[first]

    bands, path = spectra(build_path(crystal))
    cuts = {
        name: None if sample.kz is None else spectra(half_cut(crystal, cut, sample.kz))[1] for name, cut in CUTS.items()
    }
    top = 2 * len(crystal) - 1
    edges = np.column_stack([bands.energy[:, top : top + 2], bands.unfolding_weight[:, top : top + 2]])
    return Record(sample, crystal.plane_ge_fraction, crystal.plane_spacing, label, path, edges, **cuts)


def compute_shard(samples: list[DrawnSample]) -> bytes:
    """An HDF5 file with the records of some samples."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        write_shard(file, [compute_record(sample) for sample in samples])
    return stream.getvalue()


def write_shard(file: h5py.File, records: list[Record]) -> None:
    """Write records into an open, empty file."""
    file.attrs["schema_version"] = SCHEMA_VERSION
    file.attrs.update(made_with())
    for number, record in enumerate(records):
        _write_record(file.create_group(f"{number:03d}"), record)


def _write_record(group: h5py.Group, record: Record) -> None:
    for name in SAMPLE_ATTRIBUTES:
        if (value := getattr(record.sample, name)) is not None:
            group.attrs[name] = value
    for name in ("ge_fraction", "spacing", "site_class", "edges"):
        value = getattr(record, name)
        group.create_dataset(name, data=value.astype(np.int32 if name == "site_class" else np.float32))
    for name in ("path", *CUTS):
        value = getattr(record, name)
        if value is not None:
            group.create_dataset(
                name, data=value.astype(np.float16), chunks=(1, *value.shape[1:]), shuffle=True, compression="lzf",
                fletcher32=True,
            )  # fmt: skip


def read_shard(file: Path, chosen: Callable[[DrawnSample], bool] = lambda sample: True) -> Iterator[Record]:
    """The records of a shard, those of chosen samples alone.

    Raises:
        InputError: the shard is damaged; it is set aside, so that `generate` makes it again.
    """
    with (
        aside_where_damaged(file, "run again what makes the data set to make it anew"),
        h5py.File(file, "r") as content,
    ):
        yield from stored_records(content, chosen)


def stored_records(content: h5py.File, chosen: Callable[[DrawnSample], bool] = lambda sample: True) -> Iterator[Record]:
    """The records in an open shard, those of chosen samples alone; errors of many kinds where it is damaged."""
    for name in sorted(content):
        sample = drawn_sample(**{key: _plain(value) for key, value in content[name].attrs.items()})
        if chosen(sample):
            yield _read_record(content[name], sample)


@contextmanager
def aside_where_damaged(file: Path, remedy: str) -> Iterator[None]:
    """Set a file aside where reading it fails.

    Args:
        file: that is read within.
        remedy: what to do about it, for the message.

    Raises:
        InputError: the file is damaged.
        OSError: it may be whole, and cannot be opened now.
    """
    try:
        yield
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        if getattr(error, "errno", None) not in (None, errno.EIO):
            raise
        try:
            done = f"was set aside as {set_aside(Path(file)).name}"
        except OSError:  # the folder cannot be written to, or another process was first
            done = "cannot be set aside"
        raise InputError(f"{file} is damaged and {done}; {remedy}") from error


def _read_record(group: h5py.Group, sample: DrawnSample) -> Record:
    found = {key: group[key][()] for key in DATASETS}
    record = Record(sample, **found, **{key: group[key][()] if key in group else None for key in CUTS})
    _check_shapes(record)
    return record


def _check_shapes(record: Record) -> None:
    """Raise ValueError where arrays do not belong together, as after damage that no checksum covers."""
    planes, classes = len(record.ge_fraction), 1 + int(record.site_class.max())
    small = (record.ge_fraction, record.spacing, record.site_class, record.edges)
    spectra = [array for array in (record.path, record.cut_x, record.cut_k) if array is not None]
    if (
        any(array.shape != (planes,) for array in small[:3])
        or not all(np.isfinite(array).all() for array in small)
        or record.site_class.min() < 0
        or any(array.ndim != 3 or len(array) != classes or array.dtype.kind != "f" for array in spectra)
        or record.edges.shape != (record.path.shape[1], 4)
    ):
        raise ValueError("its arrays do not belong together")


def _is_whole(file: Path, samples: int) -> bool:
    """Whether a shard opens and has all that it should have, without a look at the numbers."""
    try:
        with h5py.File(file, "r") as content:
            return len(content) == samples and all(_has_all(group) for group in content.values())
    except (OSError, RuntimeError, KeyError, ValueError):
        return False


def _has_all(group: h5py.Group) -> bool:
    names = (*DATASETS, *(CUTS if "kz" in group.attrs else ()))
    return all(isinstance(group.get(name), h5py.Dataset) and group[name].size > 0 for name in names)


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def read_records(folder: Path, split: str) -> Iterator[Record]:
    """All records of `train`, `validation` or `test` that a folder holds, in the order of the plan."""
    for file in sorted(Path(folder).glob(f"{split}-*.h5")):
        yield from read_shard(file)


def plan_document(seed: int) -> dict:
    """What must agree for two runs to belong to one data set."""
    grid, broadening = EnergyGrid(), Broadening()
    return {
        "schema_version": SCHEMA_VERSION,
        **made_with(),
        "seed": seed,
        "path": DEFAULT_PATH,
        "cut_points": CUT_POINTS,
        "energy": [grid.low, grid.high, grid.points],
        "sigma": broadening.sigma,
        "smearing": broadening.smearing,
        "samples_per_shard": SHARD_SAMPLES,
    }


def planned_shards(seed: int, stacks: int, splits: tuple[str, ...] = SPLITS) -> dict[str, list[DrawnSample]]:
    """Shard names and their samples: evaluation sets first, then `stacks` training samples in whole shards."""
    planned = {split: list(evaluation_set(split)) for split in splits}
    planned["train"] = list(islice(training_stream(seed), -(-stacks // SHARD_SAMPLES) * SHARD_SAMPLES))
    return {
        f"{split}-{number:05d}": samples[start : start + SHARD_SAMPLES]
        for split, samples in planned.items()
        for number, start in enumerate(range(0, len(samples), SHARD_SAMPLES))
    }


def generate(
    folder: Path,
    stacks: int,
    seed: int = 1,
    scheduler: str | None = None,
    report: Callable[[str], None] = lambda line: None,
    splits: tuple[str, ...] = SPLITS,
) -> int:
    """Compute the shards that a folder lacks, or holds damaged; returns how many were computed.

    Args:
        folder: made if missing.
        stacks: training samples, in whole shards of SHARD_SAMPLES; a larger number later extends the same data set.
        seed: of the training stream.
        scheduler: address of a running Dask cluster; without one, all cores of this machine.
        report: gets a line of progress with an estimate of the time left.
        splits: evaluation sets to take in.

    Raises:
        InputError: the folder holds another data set, or the scheduler does not answer.
    """
    folder = Path(folder)
    check_plan(folder, plan_document(seed), "a data set")
    planned = planned_shards(seed, stacks, splits)
    missing = {name: some for name, some in planned.items() if not _is_whole(folder / f"{name}.h5", len(some))}
    if damaged := sum((folder / f"{name}.h5").exists() for name in missing):
        report(f"{damaged} shards are damaged and are made again")
    report(f"{len(planned)} shards planned, {len(planned) - len(missing)} present")
    if not missing:
        return 0
    start = time.monotonic()
    with _executor(scheduler) as pool:
        waiting = {pool.submit(compute_shard, samples): name for name, samples in missing.items()}
        for done, future in enumerate(as_completed(waiting), 1):
            _write_whole(folder / f"{waiting.pop(future)}.h5", future.result())
            left = (time.monotonic() - start) / done * (len(missing) - done)
            report(f"{done} of {len(missing)} shards, about {left / 60:.0f} min left")
    return len(missing)


def _write_whole(file: Path, content: bytes) -> None:
    part = file.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, file)


def _end_with_parent() -> None:
    """A worker must not outlive a run that was killed."""

    def wait() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def _executor(scheduler: str | None) -> Iterator[Executor]:
    if scheduler is None:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(mp_context=spawn, initializer=_end_with_parent) as pool:
            yield pool
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError("--scheduler needs Dask: pip install distributed") from None
    try:  # never the default client: xarray would write its files through it, long after it closed
        client = Client(scheduler, timeout=CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"No Dask scheduler answers at {scheduler}: {error}") from None
    with client, client.get_executor() as pool:
        yield pool
