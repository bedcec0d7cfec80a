"""Files of strangers are read in a short-lived process of their own: a damaged one cannot harm who asks.

`read_apart` starts a fresh Python, gives it the bytes, and takes back JSON and arrays of numbers, nothing pickled. The
process has limits on memory, time and what it writes; whatever ends it early becomes one InputError. A few files are
read at once, the others wait.
"""

import json
import math
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.places import NoPlaceError, Places

PROJECT = Path(__file__).resolve().parent.parent
LONGEST_NAME = 255
LONGEST_MESSAGE = 600

_ALIGNMENT = 16
_PLAIN_KINDS = "fiub"
_BLOCK_BYTES = 2**22


@dataclass(frozen=True)
class Limits:
    """What reading one file may take.

    memory_bytes: on top of the interpreter and its libraries. work_seconds: of the processor. seconds: until the
    answer, longer where processes wait for processors.
    """

    memory_bytes: int = 320 * 2**20
    work_seconds: float = 6.0
    seconds: float = 8.0
    output_bytes: int = 160 * 2**20

    def patience(self) -> float:
        """Seconds to wait on this machine as busy as it is; up to MOST_PATIENCE times as long as on an idle one."""
        return self.seconds * min(max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)), MOST_PATIENCE)


LIMITS = Limits()
MOST_PATIENCE = 8.0

READERS = Places(count=max(2, min(4, os.cpu_count() or 1)), queue=32, seconds=30.0)
"""Of files that this process has read at once: two at least, so that a slow one does not keep all others waiting."""


def read_apart(reader: str, content: bytes, name: str, accepted: str, limits: Limits = LIMITS) -> bytes:
    """What a reader makes of a file, packed for `unpack`; the file is never parsed in this process.

    Args:
        reader: `module:function`, which takes the bytes and the name, and returns a JSON document and a list of arrays.
        content: the file's bytes.
        name: what the file is called; its last LONGEST_NAME characters are passed on.
        accepted: what can be read, for messages.
        limits: of the process.

    Raises:
        InputError: the reader's own, or that it failed, took too long or needed too much memory, or that too many
            files are read at the same time.
    """
    label = f"'{name[-80:]}'" if name else "This file"
    task = json.dumps([reader, name[-LONGEST_NAME:], asdict(limits)])
    try:
        with READERS.taken():
            ended, packed = _run(task, content, limits)
    except NoPlaceError:
        raise InputError(
            f"{label} was not read: {READERS.count} files are read at once, and too many wait before it; give it again "
            "in a moment"
        ) from None
    except OSError:
        raise InputError(f"{label} cannot be read now: this machine cannot start a process; try again") from None
    document = unpack(packed)[0] if ended == 0 else {"failure": _cause(ended)}
    if "failure" in document:
        raise InputError(f"{label} {_reason(document['failure'], limits)}. Accepted: {accepted}")
    if "error" in document:
        raise InputError(document["error"], document["position"])
    return packed


def _run(task: str, content: bytes, limits: Limits) -> tuple[int, bytes]:
    """How the process of a task ended, and what it wrote where it ended well.

    Raises:
        OSError: no process can be started, or there is no room for what it writes.
    """
    with tempfile.TemporaryFile() as output:
        try:
            ended = subprocess.run(
                [sys.executable, "-m", "core.sandbox", task],
                input=content,
                stdout=output,
                stderr=subprocess.DEVNULL,
                timeout=limits.patience(),
                cwd=PROJECT,
                env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            ).returncode
        except subprocess.TimeoutExpired:
            ended = -signal.SIGXCPU
        output.seek(0)
        return ended, output.read() if ended == 0 else b""


def _cause(ended: int) -> str:
    """Why a process ended without an answer: time, memory, or the name of the signal."""
    if ended > 0:
        return "the reader ended early"
    return {signal.SIGXCPU: "time", signal.SIGXFSZ: "memory"}.get(-ended) or signal.Signals(-ended).name


def _reason(failure: str, limits: Limits) -> str:
    if failure == "time":
        return f"takes longer to read than the {limits.seconds:g} s that a file gets: cut it down or save it again"
    if failure == "memory":
        return f"needs more memory than the {limits.memory_bytes // 2**20} MB that a file gets: cut it down"
    return f"cannot be read ({failure}): it is damaged or not whole; save it again"


def pack(document: dict, arrays: list[np.ndarray], write: Callable[[bytes], object]) -> None:
    """Write a JSON document and arrays of plain numbers; of large arrays one block after the other is copied."""
    arrays = [np.asarray(array) for array in arrays]
    shapes = [[array.dtype.str, array.shape] for array in arrays]
    head = json.dumps({"document": document, "arrays": shapes}).encode()
    head += b" " * (-(len(head) + 8) % _ALIGNMENT)
    write(len(head).to_bytes(8, "little") + head)
    for array in arrays:
        if array.ndim and array.size:
            rows = max(1, _BLOCK_BYTES // (array[:1].nbytes or 1))
            for start in range(0, len(array), rows):
                write(np.ascontiguousarray(array[start : start + rows]).data.cast("B"))
        else:
            write(array.tobytes())
        write(b"\0" * (-array.nbytes % _ALIGNMENT))


def unpack(packed: bytes) -> tuple[dict, list[np.ndarray]]:
    """The document and the arrays, read-only and not copied, that `pack` wrote.

    Raises:
        InputError: other bytes.
    """
    try:
        at = 8 + int.from_bytes(packed[:8], "little")
        head = json.loads(packed[8:at])
        arrays = []
        for kind, shape in head["arrays"]:
            kind, count = np.dtype(kind), math.prod(shape)
            if kind.kind not in _PLAIN_KINDS or min(shape, default=0) < 0:
                raise ValueError(kind)
            arrays.append(np.frombuffer(packed, kind, count, at).reshape(shape) if count else np.zeros(shape, kind))
            at += count * kind.itemsize + -(count * kind.itemsize) % _ALIGNMENT
        return dict(head["document"]), arrays
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError, RecursionError):
        raise InputError("What was kept of this file is damaged; give the file again") from None


def limit_process(limits: Limits = LIMITS) -> None:
    """Hold this process to the limits from here on; what it has mapped already does not count."""
    with suppress(OSError, ValueError):  # systems without one of them still have the time limit of who waits
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits.output_bytes, limits.output_bytes))
        spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        seconds = math.ceil(spent + limits.work_seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + limits.memory_bytes,) * 2)


def answer(read: Callable, content: bytes, name: str) -> tuple[dict, list[np.ndarray]]:
    """What the reader gives, or in its place why it gives nothing."""
    try:
        return read(content, name)
    except InputError as error:
        return {"error": " ".join(str(error).split())[:LONGEST_MESSAGE], "position": error.position}, []
    except MemoryError:
        return {"failure": "memory"}, []
    except Exception as error:  # whatever a parser met in a damaged file
        return {"failure": type(error).__name__}, []


def main(task: str) -> None:
    """The process's own part: read stdin, write the packed answer to stdout."""
    reader, name, limits = json.loads(task)
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is not the answer
    module, _, function = reader.partition(":")
    read = getattr(import_module(module), function)
    limit_process(Limits(**limits))
    document, arrays = answer(read, sys.stdin.buffer.read(), name)
    if sum(array.nbytes for array in arrays) > Limits(**limits).output_bytes - 2**20:
        document, arrays = {"failure": "memory"}, []
    pack(document, arrays, lambda part: _write_whole(output, part))


def _write_whole(output, part: bytes) -> None:
    part = memoryview(part)
    while len(part):
        part = part[output.write(part) :]


if __name__ == "__main__":
    main(sys.argv[1])
