"""The replay store: exact spectra of stacks that a model or the loop got wrong, to learn from.

Each case is a file of its own in the format of the data set's shards (HDF5, `core.learning.dataset`), written whole or
not at all, with attributes reason, origin and created. The oldest cases go when there are more than MOST_CASES.
"""

import io
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import h5py

from core.errors import InputError
from core.learning.dataset import Record, aside_where_damaged, stored_records, write_shard
from core.learning.samples import DrawnSample
from core.storage import cache_path, content_key, made_folder

MOST_CASES = 500
LEAST_CASES = 5
"""That learning needs."""


@dataclass(frozen=True)
class Case:
    """One kept case: its file, its exact record, why it was kept and where it came from."""

    file: Path
    record: Record
    reason: str
    origin: str
    created: str


def replay_folder() -> Path:
    """Of the store; made where a case is kept."""
    return cache_path() / "replay"


def case_file(sample: DrawnSample) -> Path:
    """Where the case of a sample is kept."""
    key = content_key(sample.stack, f"{sample.lattice:.4f}", f"{sample.mixing:.3f}", f"{sample.kz}")
    return replay_folder() / f"case-{key[:20]}.h5"


def keep_case(record: Record, reason: str, origin: str) -> Path:
    """Keep a case; one of the same sample is replaced.

    Args:
        record: exact spectra.
        reason: why, in a few words.
        origin: where it came from.
    """
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        write_shard(file, [record])
        file.attrs.update(reason=reason, origin=origin, created=datetime.now(UTC).isoformat(timespec="seconds"))
    made_folder(replay_folder())
    target = case_file(record.sample)
    partial = target.with_name(f"{target.stem}.{secrets.token_hex(4)}.part")
    with partial.open("wb") as out:
        out.write(stream.getvalue())
        out.flush()
        os.fsync(out.fileno())
    os.replace(partial, target)
    for old in case_files()[:-MOST_CASES]:
        old.unlink(missing_ok=True)
    return target


def case_files() -> list[Path]:
    """Of all cases, oldest first; what a killed process left half written is not among them."""
    dated = []
    for file in replay_folder().glob("case-*.h5"):
        try:
            dated.append((file.stat().st_mtime_ns, file))
        except FileNotFoundError:  # another process made room meanwhile
            continue
    return [file for _, file in sorted(dated)]


def read_case(file: Path) -> Case:
    """One case.

    Raises:
        InputError: the file is damaged; it is set aside, so that it is a case no longer.
        OSError: it cannot be opened now, or another process made room meanwhile.
    """
    with aside_where_damaged(file, "learning goes on without it"), h5py.File(file, "r") as content:
        about = [str(content.attrs[name]) for name in ("reason", "origin", "created")]
        record = next(stored_records(content), None)
        if record is None:
            raise ValueError("it holds no record")
    return Case(file, record, *about)


def read_cases(report: Callable[[str], None] = lambda line: None) -> list[Case]:
    """All cases that can be read, oldest first; of each other one `report` gets a line."""
    found = []
    for file in case_files():
        try:
            found.append(read_case(file))
        except FileNotFoundError:  # another process made room meanwhile
            continue
        except (InputError, OSError) as error:
            report(str(error) if isinstance(error, InputError) else f"{file} cannot be read now ({error.strerror})")
    return found
