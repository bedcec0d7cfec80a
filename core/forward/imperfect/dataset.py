"""Exact spectra of imperfect samples in HDF5 shards, by configuration and plane.

A folder holds `plan.json` and shards `imperfect-00012.h5`, written whole or not at all. A sample is a group with
attributes `family` and `sample` (the JSON of an `ImperfectSample`) and one dataset

    planes (configuration, plane, k, energy) 1/eV, 16 bits: sums of A_i(k, E) over the atoms of a plane

on the default path, with checksums. Σ over planes = A(k, E) of a configuration.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import h5py
import numpy as np

from core.electronic.calculation import calculate_bands
from core.electronic.kpath import DEFAULT_PATH, build_path
from core.electronic.spectral import Broadening, EnergyGrid, covering_window, spectral_function
from core.forward.imperfect.samples import DrawnImperfect, imperfect_stream
from core.learning.dataset import aside_where_damaged
from core.learning.provenance import check_plan, made_with
from core.structure.imperfect import ImperfectSample

SCHEMA_VERSION = "1"
SHARD_SAMPLES = 4


@dataclass(frozen=True, eq=False)
class ImperfectRecord:
    """One sample as stored: planes (configuration, plane, k, energy) 1/eV."""

    drawn: DrawnImperfect
    planes: np.ndarray


def plane_spectra(imperfect: ImperfectSample, configuration: int) -> np.ndarray:
    """(plane, k, energy) 1/eV: exact spectra of one configuration on one thread, sums over the atoms of each plane."""
    crystal = imperfect.crystal(configuration)
    grid, broadening, path = EnergyGrid(), Broadening(), build_path(crystal)
    bands = calculate_bands(crystal, path, window=covering_window(grid, broadening, path.step), workers=1).bands
    atoms = spectral_function(bands, path.step, grid, broadening)
    return atoms.reshape(imperfect.planes, -1, *atoms.shape[1:]).sum(axis=1)


def plan_document(seed: int) -> dict:
    """What must agree for two runs to belong to one data set."""
    grid, broadening = EnergyGrid(), Broadening()
    return {
        "schema_version": SCHEMA_VERSION,
        **made_with(),
        "seed": seed,
        "path": DEFAULT_PATH,
        "energy": [grid.low, grid.high, grid.points],
        "sigma": broadening.sigma,
        "smearing": broadening.smearing,
        "samples_per_shard": SHARD_SAMPLES,
    }


def generate_imperfect(
    folder: Path, samples: int, seed: int = 1, report: Callable[[str], None] = lambda line: None
) -> int:
    """Compute the shards that a folder lacks, in the order of the stream; returns how many were computed.

    Args:
        folder: made if missing.
        samples: in whole shards of SHARD_SAMPLES; a larger number later extends the same data set.
        seed: of the stream.
        report: gets a line of progress with an estimate of the time left.

    Raises:
        InputError: the folder holds another data set.
    """
    folder = Path(folder)
    check_plan(folder, plan_document(seed), "a data set of imperfect samples")
    shards = -(-samples // SHARD_SAMPLES)
    stream, start, done = imperfect_stream(seed), time.monotonic(), 0
    for number in range(shards):
        some, file = list(islice(stream, SHARD_SAMPLES)), folder / f"imperfect-{number:05d}.h5"
        if file.exists():
            continue
        _write_shard(file, some)
        done += 1
        left = (time.monotonic() - start) / done * (shards - number - 1)
        report(f"{number + 1} of {shards} shards of imperfect samples, about {left / 60:.0f} min left")
    return done


def _write_shard(file: Path, samples: list[DrawnImperfect]) -> None:
    part = file.with_suffix(".part")
    with h5py.File(part, "w") as content:
        content.attrs["schema_version"] = SCHEMA_VERSION
        content.attrs.update(made_with())
        for number, drawn in enumerate(samples):
            group = content.create_group(f"{number:03d}")
            group.attrs["family"] = drawn.family
            group.attrs["sample"] = json.dumps(drawn.imperfect.document(), ensure_ascii=False)
            spectra = [plane_spectra(drawn.imperfect, configuration) for configuration in range(drawn.configurations)]
            values = np.stack(spectra).astype(np.float16)
            group.create_dataset(
                "planes", data=values, chunks=(1, 1, *values.shape[2:]), shuffle=True, compression="lzf",
                fletcher32=True,
            )  # fmt: skip
    os.replace(part, file)


def read_imperfect(folder: Path, split: str | None = None) -> Iterator[ImperfectRecord]:
    """The records of a folder in the order of the stream, those of one split alone where it is named.

    Raises:
        InputError: a shard is damaged; it is set aside, so that `generate_imperfect` makes it again.
    """
    for file in sorted(Path(folder).glob("imperfect-*.h5")):
        with (
            aside_where_damaged(file, "run again what makes the data set to make it anew"),
            h5py.File(file, "r") as content,
        ):
            for name in sorted(content):
                group = content[name]
                imperfect = ImperfectSample.from_document(json.loads(group.attrs["sample"]))
                drawn = DrawnImperfect(imperfect, str(group.attrs["family"]), len(group["planes"]))
                if split in (None, drawn.split):
                    yield ImperfectRecord(drawn, group["planes"][()])
