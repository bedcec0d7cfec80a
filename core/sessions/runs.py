"""Runs of the loop that outlive the process that started them.

A run is a folder: the images, one line a step, what its watchers ask of it, and the result. One process at a time works
on it; where that has died, the run is interrupted and can be taken up.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core import __version__
from core.damage import DamagedError, read_arrays
from core.electronic.calculation import ENGINE_VERSION
from core.errors import InputError
from core.forward.taught.model import taught_version
from core.learning.versions import in_force
from core.loop.failures import keep_failure
from core.loop.frame import Frame
from core.loop.loop import STOPS, Loop, LoopSettings
from core.reverse.cut import Cut
from core.reverse.inference import infer_images
from core.reverse.knowledge import NOTHING, Knowledge
from core.sessions import frames, suggestions, workers
from core.sessions.asked import asked_document, cuts_of, fidelity_of, known_of
from core.sessions.budgets import FILE as BUDGET_FILE
from core.sessions.budgets import Budget, budget_in, limited, steps_before
from core.storage import cache_path, made_folder, write_whole

MOST_RUNS = 200
"""The oldest ones go when there are more."""

PATIENCE_SECONDS = 600.0
"""A worker leaves a run that is paused for so long: others wait for it."""

_POLL_SECONDS = 0.1
_EARLIER = "result.earlier.json"
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


def create(
    cuts: list[Cut],
    images: list[np.ndarray],
    about: dict | None = None,
    budget: Budget | None = None,
    known: Knowledge = NOTHING,
    fidelity: str = "tight-binding",
) -> str:
    """Keep what a run needs; returns its id. It waits for a worker.

    Args:
        cuts: of the images; their cut, kz, radius and noise are kept.
        images: (kx, eV) standard images.
        about: plain JSON that goes with it, such as where the images came from; when the run was begun, and with which
            version, exact engine (and, by DFT, taught Hamiltonian) and weights, is filled in.
        budget: that its worker keeps to, instead of its own.
        known: of the sample beforehand.
        fidelity: of the theory that candidates are judged by, `tight-binding` or `dft`.

    Raises:
        InputError: no such fidelity; the server's disk is full, or its cache folder cannot be written to.
    """
    asked = asked_document(cuts, known, about, fidelity)
    folder = made_folder(_runs())
    try:
        return _created(folder, asked, images, budget)
    except OSError:
        raise InputError(UNKEPT_RUN) from None


def _created(folder: Path, asked: dict, images: list[np.ndarray], budget: Budget | None) -> str:
    known = sorted((f for f in folder.iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime)
    for old in known[: max(0, len(known) - MOST_RUNS + 1)]:
        shutil.rmtree(old, ignore_errors=True)
    identity = secrets.token_hex(10)
    partial = folder / f"{identity}.part"
    partial.mkdir()
    np.savez_compressed(partial / "images.npz", *images)
    now = {
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "engine": ENGINE_VERSION,
        "taught": taught_version() if fidelity_of(asked) == "dft" else "",
        "weights": in_force(),
    }
    _write(partial / "request.json", asked | {"about": asked["about"] | now})
    if budget:
        _write(partial / BUDGET_FILE, budget.document())
    partial.rename(folder / identity)
    return identity


def copied(identity: str, budget: Budget | None = None, fidelity: str | None = None) -> str:
    """A new run on the images of another, judged by the same theory unless another is named; returns its id."""
    asked = request(identity)
    judged_by = fidelity_of(asked) if fidelity is None else fidelity
    return create(cuts_of(asked), images(identity), asked["about"], budget, known_of(asked), judged_by)


def extend(identity: str, budget: Budget) -> None:
    """Have a finished run go on from its last step, with another budget; it is interrupted until a worker takes it up.

    Its result is kept aside: it stands again where the run is stopped before its candidates are fitted anew.

    Raises:
        InputError: no such run, one that has not ended, or one whose image the loop does not know.
    """
    found, folder = result(identity), _folder(identity)
    if found is None:
        raise InputError("This run has not ended; go on, or stop it first")
    if found["stop_reason"] not in EXTENDED:
        raise InputError("More time changes nothing here: " + STOPS.get(found["stop_reason"], ""))
    try:
        with workers.locked(folder):
            if not (folder / "result.json").exists():
                raise InputError("This run goes on already")
            _write(folder / BUDGET_FILE, budget.document(after=len(steps(identity))))
            (folder / "order.json").unlink(missing_ok=True)
            workers.release(folder)
            (folder / "result.json").rename(folder / _EARLIER)
    except OSError:
        raise InputError(UNKEPT_RUN) from None


def budget(identity: str) -> Budget | None:
    """What a run was given by a person.

    Raises:
        InputError: there is no such run.
    """
    return budget_in(_folder(identity))


def fidelity(identity: str) -> str:
    """Of the theory that a run's candidates are judged by.

    Raises:
        InputError: there is no such run, or it is damaged.
    """
    return fidelity_of(request(identity))


def is_extended(identity: str) -> bool:
    """Whether a run was given more after its end, and has done no step since.

    Raises:
        InputError: there is no such run, or it is damaged.
    """
    before = steps_before(_folder(identity))
    return before is not None and before == len(steps(identity))


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
        cuts_of(asked), known_of(asked)
    except (InputError, KeyError, TypeError, ValueError):
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
    """A JSON object of a run's file, whose theory, where it names one, exists.

    Raises:
        InputError: it is none, or lacks one of the fields.
    """
    try:
        fidelity_of(found := json.loads(text))
    except (ValueError, RecursionError, AttributeError, InputError):
        found = None
    if not isinstance(found, dict) or not fields <= set(found):
        raise InputError(DAMAGED.format(name=name))
    return found


def status(identity: str) -> str:
    """`waiting`, `running`, `paused`, `left` (its worker left it paused, or died so), `interrupted` or `finished`.

    Raises:
        InputError: there is no such run.
    """
    folder = _folder(identity)
    if (folder / "result.json").exists():
        return "finished"
    try:
        dead = workers.is_dead(folder)
    except FileNotFoundError:
        return "waiting"
    if dead:
        return "left" if _asked(folder)["order"] == "pause" else "interrupted"
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
    try:
        suggestions.add(_folder(identity), stack, mixing, lattice)
    except OSError:
        raise InputError(UNKEPT_RUN) from None


def work(identity: str, settings: LoopSettings | None = None) -> bool:
    """Work on a run until it is finished or was paused for long; False where somebody else works or did.

    An interrupted run is taken up from its last step.
    """
    folder = _folder(identity)
    if not workers.claimed(folder, folder / "result.json"):
        return False
    try:
        with workers.marked(folder):
            (folder / "paused").unlink(missing_ok=True)  # of one that died
            asked = request(identity)
            cuts, known = cuts_of(asked), known_of(asked)
            before, kept = steps(identity), images(identity)
            judged_by = replace(settings or LoopSettings(), fidelity=fidelity_of(asked))
            loop = Loop(cuts, limited(judged_by, budget_in(folder)), infer_images(cuts, kept, known))
            loop.watch(frames.Watcher(folder))
            if before:
                loop.take_up(before)
            _record(identity, loop, before)
    except workers.NoLongerOursError:
        return False
    except _Left:
        workers.leave(folder)
    except BaseException:  # the process may live on
        workers.leave(folder)
        raise
    return True


class _Left(Exception):
    """The run was paused for too long."""


def _record(identity: str, loop: Loop, before: list[dict]) -> None:
    """Keep the steps and the result of a loop as they come.

    Raises:
        NoLongerOursError: another process works on the run.
        _Left: the run was paused for too long.
    """
    folder, stopping = _folder(identity), [False]
    lines, asked = folder / "steps.jsonl", _Suggested(folder, loop)
    with workers.owned(folder):
        whole = "".join(json.dumps(step, ensure_ascii=False) + "\n" for step in before)
        write_whole(lines, whole)  # without what a crash cut off
    for done, step in enumerate(loop.steps(lambda: stopping[0]), len(before) + 1):
        with workers.owned(folder), lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(step.document(), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        frames.keep(folder / frames.BEST, loop.best_frame)
        stopping[0] = not step.stop_reason and _waited(folder, done)
        asked.pass_on()
    if not loop.is_settled and (folder / _EARLIER).exists():  # stopped before there was anything to say
        with workers.owned(folder):
            (folder / _EARLIER).rename(folder / "result.json")
        return
    result = loop.result() | {"about": request(identity)["about"]}
    keep_failure(loop, result, f"loop {identity}")
    with workers.owned(folder):
        _write(folder / "result.json", result)  # from now on others may take the run up
        (folder / _EARLIER).unlink(missing_ok=True)


class _Suggested:
    """What people would have a run try, passed on to its search."""

    def __init__(self, folder: Path, loop: Loop):
        self._folder, self._loop = folder, loop
        self._answered = self._passed = suggestions.answered(folder)

    def pass_on(self) -> None:
        """Ask the search for what is new; keep how much of the earlier ones it has fitted."""
        known, waiting = suggestions.suggestions(self._folder), self._loop.search.asked
        numbers = range(self._answered, self._passed)
        answered = next((number for number in numbers if known[number] in waiting), self._passed)
        if answered > self._answered:
            suggestions.keep_answered(self._folder, answered)
            self._answered = answered
        for one in known[self._passed :]:
            if one:
                self._loop.search.ask(*one)
        self._passed = len(known)


def _waited(folder: Path, done: int) -> bool:
    """Wait while the run is asked to pause; whether it shall stop.

    Raises:
        _Left: it was paused for too long; the order stays, and whoever takes it up waits too.
    """
    mark, end = folder / "paused", time.monotonic() + PATIENCE_SECONDS
    try:
        while (asked := _asked(folder))["order"] != "cancel":
            if asked["order"] == "run" or done < asked["until"]:
                return False
            if time.monotonic() > end:
                raise _Left
            mark.touch()
            time.sleep(_POLL_SECONDS)
    finally:
        mark.unlink(missing_ok=True)
    return True


def _asked(folder: Path) -> dict:
    """The last order that a run was given: to run, where there is none."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        asked = json.loads((folder / "order.json").read_text(encoding="utf-8"))
        return {"order": asked["order"], "until": asked["until"]}
    return {"order": "run", "until": 0}


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
    write_whole(path, json.dumps(document, ensure_ascii=False))
