"""Runs of the loop that outlive the process that started them.

A run is a folder: the images, one line a step, what its watchers ask of it, and the result. Whoever works on a run
marks its file `worker` as alive again and again; a run whose worker fell silent is interrupted and can be taken up.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.damage import DamagedError, read_arrays
from core.errors import InputError
from core.learning.samples import WIDEST_MIXING
from core.loop.failures import keep_failure
from core.loop.fit import LATTICE_RANGE
from core.loop.frame import Frame
from core.loop.loop import STOPS, Loop, LoopSettings
from core.processes import identity_of, is_gone, is_of_this_host
from core.reverse.cut import Cut
from core.reverse.inference import infer_images
from core.sessions import frames
from core.sessions.budgets import FILE as BUDGET_FILE
from core.sessions.budgets import Budget, budget_in, limited
from core.storage import cache_path, made_folder
from core.structure.stack import parse_stack

MOST_RUNS = 200
"""The oldest ones go when there are more."""

SILENT_SECONDS = 6.0
"""A worker that has not marked its file for so long is taken for dead; one of this host at once."""

PATIENCE_SECONDS = 600.0
"""A worker leaves a run that is paused for so long: others wait for it."""

LONGEST_SUGGESTED, MOST_SUGGESTED = 24, 2_000
"""Planes of a stack that a person has tried, and bytes of all that a run is asked for."""

_MARK_SECONDS, _POLL_SECONDS = 1.0, 0.1
_IDENTITY = re.compile(r"[0-9a-f]{20}")
ORDERS = ("run", "pause", "cancel")

STEP_FIELDS = frozenset(
    {"step", "note", "stack", "substrate", "mixing", "views", "residual", "predictions", "candidates"}
)
RESULT_FIELDS = frozenset({"descriptors", "candidates", "residual_start", "residual_end", "stop_reason", "exact_check"})
EXTENDED = ("agreement", "no progress", "budget", "cancelled")
"""Reasons to stop after which a run can be given more time."""

UNKEPT_RUN = (
    "The run could not be kept: the server's disk is full, or its cache folder cannot be written to; start it again "
    "once there is room"
)
DAMAGED = "This run of the loop is damaged ({name} cannot be read); start another from Interpret"


def create(cuts: list[Cut], images: list[np.ndarray], about: dict | None = None, budget: Budget | None = None) -> str:
    """Keep what a run needs; returns its id. It waits for a worker.

    Args:
        cuts: of the images; only cut, kz and radius are kept.
        images: (kx, eV) standard images.
        about: plain JSON that goes with it, such as where the images came from.
        budget: that its worker keeps to, instead of its own.

    Raises:
        InputError: the server's disk is full, or its cache folder cannot be written to.
    """
    folder = made_folder(_runs())
    try:
        return _created(folder, cuts, images, about, budget)
    except OSError:
        raise InputError(UNKEPT_RUN) from None


def _created(folder: Path, cuts: list[Cut], images: list[np.ndarray], about: dict | None, budget: Budget | None) -> str:
    known = sorted((f for f in folder.iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime)
    for old in known[: max(0, len(known) - MOST_RUNS + 1)]:
        shutil.rmtree(old, ignore_errors=True)
    identity = secrets.token_hex(10)
    partial = folder / f"{identity}.part"
    partial.mkdir()
    np.savez_compressed(partial / "images.npz", *images)
    plain = [{"cut": c.cut, "kz": c.kz, "radius": c.radius if np.isfinite(c.radius) else None} for c in cuts]
    _write(partial / "request.json", {"cuts": plain, "about": about or {}})
    if budget:
        _write(partial / BUDGET_FILE, budget.document())
    partial.rename(folder / identity)
    return identity


def copied(identity: str, budget: Budget | None = None) -> str:
    """A new run on the images of another; returns its id."""
    asked = request(identity)
    return create(_cuts(asked), images(identity), asked["about"], budget)


def extend(identity: str, budget: Budget) -> None:
    """Have a finished run go on from its last step, with another budget; it is interrupted until a worker takes it up.

    Raises:
        InputError: no such run, one that has not ended, or one whose image the loop does not know.
    """
    found, folder = result(identity), _folder(identity)
    if found is None:
        raise InputError("This run has not ended; go on, or stop it first")
    if found["stop_reason"] not in EXTENDED:
        raise InputError("More time changes nothing here: " + STOPS.get(found["stop_reason"], ""))
    try:
        _write(folder / BUDGET_FILE, budget.document())
        (folder / "order.json").unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.utime(folder / "worker", (0.0, 0.0))
        (folder / "result.json").unlink()  # one of two who ask at once
    except FileNotFoundError:
        raise InputError("This run goes on already") from None
    except OSError:
        raise InputError(UNKEPT_RUN) from None


def budget(identity: str) -> Budget | None:
    """What a run was given by a person.

    Raises:
        InputError: there is no such run.
    """
    return budget_in(_folder(identity))


def live_number(identity: str) -> int:
    """What tells one picture of the fit that a run is at from the next; 0 where it is at none."""
    return frames.live_number(_folder(identity)) if status(identity) == "running" else 0


def frame(identity: str, live: bool = False) -> Frame | None:
    """The best fit of a run so far, or the one that it is at; None where no picture of it was kept."""
    folder = _folder(identity)
    return (frames.live(folder) if live else None) or frames.best(folder)


def request(identity: str) -> dict:
    """The cuts of a run, and what goes with it.

    Raises:
        InputError: there is no such run, or it is damaged.
    """
    asked = _document(_folder(identity) / "request.json", frozenset({"cuts", "about"}))
    try:
        _cuts(asked)
    except (KeyError, TypeError, ValueError):
        raise InputError(DAMAGED.format(name="request.json")) from None
    return asked


def images(identity: str) -> list[np.ndarray]:
    """(kx, eV) standard images of a run.

    Raises:
        InputError: there is no such run, or it is damaged.
    """
    file = _folder(identity) / "images.npz"
    try:
        return list(read_arrays(file).values())
    except (OSError, DamagedError):
        raise InputError(DAMAGED.format(name=file.name)) from None


def steps(identity: str) -> list[dict]:
    """Documents of the steps so far; a last line that was cut off by a crash is left out.

    Raises:
        InputError: there is no such run, or another line is damaged.
    """
    lines, file = [], _folder(identity) / "steps.jsonl"
    with contextlib.suppress(FileNotFoundError):
        lines = file.read_bytes().split(b"\n")
    last = lines.pop() if lines else b""  # empty where the last line is whole
    found = [_parsed(line, file.name, STEP_FIELDS) for line in lines]
    with contextlib.suppress(InputError):
        found.append(_parsed(last, file.name, STEP_FIELDS))
    return found


def result(identity: str) -> dict | None:
    """What a finished run found.

    Raises:
        InputError: there is no such run, or it is damaged.
    """
    file = _folder(identity) / "result.json"
    return _document(file, RESULT_FIELDS) if file.exists() else None


def check(identity: str) -> None:
    """Look at all that is kept of a run.

    Raises:
        InputError: there is no such run, or it is damaged.
    """
    for part in (request, images, steps, result):
        part(identity)


def _document(file: Path, fields: frozenset[str]) -> dict:
    try:
        return _parsed(file.read_bytes(), file.name, fields)
    except OSError:
        raise InputError(DAMAGED.format(name=file.name)) from None


def _parsed(text: bytes, name: str, fields: frozenset[str]) -> dict:
    """A JSON object of a run's file.

    Raises:
        InputError: it is none, or lacks one of the fields.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not fields <= set(found):
        raise InputError(DAMAGED.format(name=name))
    return found


def status(identity: str) -> str:
    """`waiting`, `running`, `paused`, `interrupted` or `finished`.

    Raises:
        InputError: there is no such run.
    """
    folder = _folder(identity)
    if (folder / "result.json").exists():
        return "finished"
    try:
        dead = _is_dead(folder / "worker")
    except FileNotFoundError:
        return "waiting"
    if dead:
        return "interrupted"
    return "paused" if (folder / "paused").exists() else "running"


def order(identity: str, what: str) -> None:
    """Ask a run to `run`, `pause` or `cancel`, or to do one `step` and pause."""
    if what == "step":
        number = len(steps(identity))
        _write(_folder(identity) / "order.json", {"order": "pause", "until": number + 1})
    elif what in ORDERS:
        _write(_folder(identity) / "order.json", {"order": what, "until": 0})
    else:
        raise InputError(f"A run is asked to {', '.join(ORDERS)} or step, not to {what!r}")


def suggest(identity: str, stack: str, mixing: float, lattice: float | None = None) -> None:
    """Have a run fit a person's candidate next.

    Args:
        identity: of the run.
        stack: notation.
        mixing: ML.
        lattice: a∥ in Å from which its fit begins; None where it begins at the best one's.

    Raises:
        InputError: no such run, one that has ended, or a stack that is not acceptable.
    """
    if status(identity) == "finished":
        raise InputError("This run has ended; start it again to try a stack in it")
    planes = len(parse_stack(stack).ge_fractions)
    if planes > LONGEST_SUGGESTED:
        raise InputError(f"{stack} has {planes} planes; a run tries stacks of up to {LONGEST_SUGGESTED}")
    if not 0 <= mixing <= WIDEST_MIXING:
        raise InputError(f"An interface width of {mixing:g} ML is not accepted; give 0 to {WIDEST_MIXING:g}")
    if lattice is not None and not LATTICE_RANGE[0] <= lattice <= LATTICE_RANGE[1]:
        raise InputError(f"An a∥ of {lattice:g} Å is not accepted; give {LATTICE_RANGE[0]:g} to {LATTICE_RANGE[1]:g}")
    line = json.dumps({"stack": parse_stack(stack).notation, "mixing": float(mixing), "lattice": lattice}) + "\n"
    try:
        file = _folder(identity) / "suggestions.jsonl"
        if file.exists() and file.stat().st_size > MOST_SUGGESTED:
            raise InputError("This run was asked for too many stacks; let it go on first")
        with file.open("a", encoding="utf-8") as lines:
            lines.write(line)
    except OSError:
        raise InputError(UNKEPT_RUN) from None


def _suggestions(folder: Path) -> list[tuple[str, float, float | None]]:
    """What a run was asked to try so far; damaged lines are left out."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for line in (folder / "suggestions.jsonl").read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(InputError, ValueError, KeyError, TypeError):
                one = json.loads(line)
                begun = one.get("lattice")
                found.append((parse_stack(one["stack"]).notation, float(one["mixing"]), begun and float(begun)))
    return found


def work(identity: str, settings: LoopSettings | None = None) -> bool:
    """Work on a run until it is finished or was paused for long; False where somebody else works or did.

    An interrupted run is taken up from its last step.
    """
    folder = _folder(identity)
    if not _claimed(folder):
        return False
    ended = threading.Event()
    marking = threading.Thread(target=_mark, args=(folder / "worker", ended), daemon=True)
    marking.start()
    try:
        cuts = _cuts(request(identity))
        before, kept = steps(identity), images(identity)
        loop = Loop(cuts, limited(settings or LoopSettings(), budget_in(folder)), infer_images(cuts, kept))
        loop.watch(frames.Watcher(folder))
        if before:
            loop.take_up(before)
        _record(identity, loop, before)
        left = False
    except _Left:
        left = True
    finally:
        ended.set()
        marking.join()
    if left:
        os.utime(folder / "worker", (0.0, 0.0))
    return True


class _Left(Exception):
    """The run was paused for too long."""


def _cuts(asked: dict) -> list[Cut]:
    return [Cut(None, c["cut"], c["kz"], np.inf if c["radius"] is None else c["radius"]) for c in asked["cuts"]]


def _record(identity: str, loop: Loop, before: list[dict]) -> None:
    folder, stopping, asked = _folder(identity), [False], 0
    lines = folder / "steps.jsonl"
    whole = "".join(json.dumps(step, ensure_ascii=False) + "\n" for step in before)
    _replace(lines, whole)  # without what a crash cut off
    with lines.open("a", encoding="utf-8") as file:
        for done, step in enumerate(loop.steps(lambda: stopping[0]), len(before) + 1):
            file.write(json.dumps(step.document(), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
            frames.keep(folder / frames.BEST, loop.best_frame)
            stopping[0] = not step.stop_reason and _waited(folder, done)
            for suggestion in _suggestions(folder)[asked:]:
                loop.search.ask(*suggestion)
                asked += 1
    result = loop.result() | {"about": request(identity)["about"]}
    keep_failure(loop, result, f"loop {identity}")
    _write(folder / "result.json", result)  # last: from now on others may take the run up


def _waited(folder: Path, done: int) -> bool:
    """Wait while the run is asked to pause; whether it shall stop."""
    mark, end = folder / "paused", time.monotonic() + PATIENCE_SECONDS
    try:
        for asked in _orders(folder):
            if asked["order"] == "cancel":
                return True
            if asked["order"] == "run" or done < asked["until"]:
                return False
            if time.monotonic() > end:
                raise _Left
            mark.touch()
            time.sleep(_POLL_SECONDS)
    finally:
        mark.unlink(missing_ok=True)
    return False


def _orders(folder: Path) -> Iterator[dict]:
    while True:
        try:
            yield json.loads((folder / "order.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            yield {"order": "run", "until": 0}


def _claimed(folder: Path) -> bool:
    """Whether this process is now the one that works on a run."""
    if (folder / "result.json").exists():
        return False
    worker = folder / "worker"
    with contextlib.suppress(FileNotFoundError):
        if not _is_dead(worker):
            return False
        worker.rename(folder / f"worker.{secrets.token_hex(4)}")  # only one of several succeeds
        for left in ("order.json", "paused"):
            (folder / left).unlink(missing_ok=True)
    try:
        with worker.open("x", encoding="utf-8") as file:
            file.write(identity_of())
    except FileExistsError:
        return False
    return True


def _is_dead(worker: Path) -> bool:
    """Whether the process that marks a file has ended.

    Raises:
        FileNotFoundError: no process has taken up the run.
    """
    if time.time() - worker.stat().st_mtime > SILENT_SECONDS:
        return True
    process = worker.read_text(encoding="utf-8")  # empty for a moment
    return is_of_this_host(process) and is_gone(process)


def _mark(worker: Path, ended: threading.Event) -> None:
    while not ended.wait(_MARK_SECONDS):
        with contextlib.suppress(FileNotFoundError):
            os.utime(worker)


def _folder(identity: str) -> Path:
    if not isinstance(identity, str) or not _IDENTITY.fullmatch(identity):
        raise InputError("This is no run of the loop; start one from Interpret")
    folder = _runs() / identity
    if not folder.is_dir():
        raise InputError("This run of the loop is no longer kept here; start another from Interpret")
    return folder


def _runs() -> Path:
    return cache_path() / "loops"


def _write(path: Path, document: dict) -> None:
    _replace(path, json.dumps(document, ensure_ascii=False))


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
