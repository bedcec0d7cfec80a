"""A class that drags sliders on Compose, on a production server: `python -m docs.load`, which is `make load`.

Every person sends what a browser sends in a drag, callback by callback: the controls are resolved to a request, and the
picture of that request is drawn. A person has one move under way; the next one follows a short pause after the picture.

- different: everybody drags other sliders through other samples.
- classroom: everybody does the same exercise, started within the same second.

Figures of a case: milliseconds from a move to its complete picture, moves a second, errors, mixed answers (an answer
that is not of the sample that was asked for; some pictures are compared with ones predicted here), and the shares of
all cores that the server, the driver and everything else took. The server's processor time a move hardly depends on
what else runs on the machine.
"""

import argparse
import base64
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from core.forward.model import predict
from core.sessions.requests import Request, make_request, stored_request

PROJECT = Path(__file__).resolve().parent.parent
WORKERS, THREADS = 2, 4
PEOPLE = (1, 20, 50)
MOVES = 40
PAUSE_SECONDS = 0.1
CASE_SECONDS = 120.0
"""A case ends after this time even if moves are left."""

WARM_UP_MOVES = 2
"""Moves of every person that are not counted in times: their connections open."""

COMPARED = 0.05
"""Share of the pictures that are compared with one predicted here."""

RESOLVE, DRAW = "compose-request.data", "compose-spectrum.figure"
START = {
    "compose-stack.value": "Si4Ge4", "compose-substrate.value": "Si", "compose-mixing.value": 0,
    "compose-spin-orbit.checked": False, "compose-structure.data": "",
    "compose-selection.data": {"atom": 0, "other": 1},
    "theme.data": "light", "compose-view.value": "atom", "compose-shells.value": ["s", "p", "d", "S"],
    "compose-sigma.value": 0.1, "compose-scale.value": "linear", "compose-map.value": "viridis",
    "compose-engine.value": "live", "compose-cursor.data": [23, 108],
}  # fmt: skip
"""What an open page knows, by component and property."""

Move = tuple[str, object]
"""A property that a slider changes, and its new value."""


def walk(seed: int, moves: int = MOVES) -> list[Move]:
    """A person's drags: one slider for some steps in one direction, then another, at the steps that the page has."""
    draw = random.Random(seed)
    place = {"si": draw.randint(2, 8), "ge": draw.randint(2, 8), "alloy": draw.randint(0, 100), "mixing": 0}
    ranges = {"si": (1, 9), "ge": (1, 9), "alloy": (0, 100), "mixing": (0, 20)}
    found: list[Move] = []
    while len(found) < moves:
        name = draw.choice(["si", "ge", "alloy", "alloy", "alloy", "mixing"])
        low, high = ranges[name]
        step = draw.choice([-1, 1])
        for _ in range(draw.randint(3, 10)):
            if low <= place[name] + step <= high:
                place[name] += step
                found.append(_move(name, place))
    return found[:moves]


def exercise(moves: int = MOVES) -> list[Move]:
    """The same for a whole class: Si4Ge4 from a substrate of Si towards one of Ge."""
    return [_move("alloy", {"alloy": 1 + step % 99}) for step in range(moves)]


def _move(name: str, place: dict[str, int]) -> Move:
    if name == "mixing":
        return "compose-mixing.value", place["mixing"] / 10
    if name == "alloy":
        return "compose-substrate.value", f"Si{1 - place['alloy'] / 100:.2f}Ge{place['alloy'] / 100:.2f}"
    return "compose-stack.value", f"Si{place['si']}Ge{place['ge']}"


@dataclass(frozen=True)
class Call:
    """A callback as the page's list of callbacks (`/_dash-dependencies`) describes it."""

    output: str
    inputs: list[dict]
    state: list[dict]

    def body(self, known: dict[str, object], changed: list[str]) -> bytes:
        """What a browser posts when `changed` properties changed; known: values by component and property."""
        parts = [dict(zip(("id", "property"), name.rsplit(".", 1), strict=True)) for name in self.names()]
        content = {
            "output": self.output,
            "outputs": parts if self.output.startswith("..") else parts[0],
            "inputs": [_valued(part, known) for part in self.inputs],
            "changedPropIds": changed,
            "parsedChangedPropsIds": changed,
        }
        if self.state:
            content["state"] = [_valued(part, known) for part in self.state]
        return json.dumps(content, separators=(",", ":")).encode()

    def names(self) -> list[str]:
        """The properties that the callback sets."""
        return self.output.strip(".").split("...")


def _valued(part: dict, known: dict[str, object]) -> dict:
    named = {name: part[name] for name in ("id", "property")}
    key = f"{part['id']}.{part['property']}"
    return named | ({"value": known[key]} if key in known else {})


def drag_calls(dependencies: list[dict]) -> tuple[Call, Call]:
    """The two callbacks of a drag, in order."""
    server_side = [entry for entry in dependencies if not entry.get("clientside_function")]
    calls = [Call(entry["output"], entry["inputs"], entry["state"]) for entry in server_side]
    return tuple(next(call for call in calls if name in call.names()) for name in (RESOLVE, DRAW))


class Refused(Exception):
    """An answer with a status that no callback should give."""


class Connection:
    """One kept connection of a browser; it opens again when the server has closed it in a pause."""

    def __init__(self, address: str):
        self._connection = http.client.HTTPConnection(address, timeout=30)

    def get(self, path: str) -> bytes:
        """The content of a page."""
        return self._ask("GET", path, None)

    def post(self, body: bytes) -> bytes:
        """The answer to a callback; empty where it changes nothing."""
        return self._ask("POST", "/_dash-update-component", body)

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = {"Content-Type": "application/json"} if body else {}
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 204):
            raise Refused(f"status {answer.status}")
        return content


@dataclass(frozen=True)
class Answered:
    """A move with its picture: what the controls asked for, what came back, and the picture where it is compared.

    controls: stack, substrate and mixing. request: what they resolved to. shown: key and engine of the picture.
    """

    seconds: float
    controls: tuple[str, str, float]
    request: dict
    shown: list[str]
    title: str
    picture: bytes | None

    def fault(self) -> str:
        """What does not belong together, in words; empty where everything does."""
        right = make_request(*self.controls)
        if stored_request(self.request) != right:
            return f"{self.controls} resolved to {self.request}"
        if self.shown[0] != right.key or not self.title.endswith(f" · {right.crystal().label}"):
            return f"asked for {self.controls}, answered {self.title}"
        if self.picture is not None and not is_predicted(right, self.picture):
            return f"the picture of {self.title} is of something else"
        return ""


@dataclass
class Person:
    """Somebody with an open page, and what came of the moves.

    post: body of a callback → its answer. errors: in words. left: moves without a picture, which the page leaves to the
    exact engine.
    """

    calls: tuple[Call, Call]
    post: Callable[[bytes], bytes]
    draw: random.Random
    known: dict[str, object] = field(default_factory=lambda: dict(START))
    answered: list[Answered] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    left: int = 0

    def drag(self, moves: list[Move], pause: float, until: float) -> None:
        """Make the moves, one after another, until a time of `time.perf_counter`."""
        for name, value in moves:
            if time.perf_counter() > until:
                break
            try:
                self.move(name, value)
            except (OSError, http.client.HTTPException, Refused, ValueError, KeyError) as error:
                self.errors.append(f"{type(error).__name__}: {error}")
            time.sleep(pause * self.draw.uniform(0.7, 1.3))

    def move(self, name: str, value: object) -> None:
        """One step of a slider: the answers to both callbacks, one after the other."""
        resolve, draw = self.calls
        start = time.perf_counter()
        self.known[name] = value
        self._take(self.post(resolve.body(self.known, [name])))
        answer = self.post(draw.body(self.known, [RESOLVE]))
        seconds = time.perf_counter() - start
        if not answer:
            self.left += 1
            return
        self._take(answer)
        shown = self.known["compose-shown.data"]
        compared = shown[1] == "forward" and self.draw.random() < COMPARED
        controls = tuple(self.known[f"compose-{name}.value"] for name in ("stack", "substrate", "mixing"))
        title, picture = self.known["compose-title.children"], answer if compared else None
        self.answered.append(Answered(seconds, controls, self.known[RESOLVE], shown, title, picture))

    def _take(self, answer: bytes) -> None:
        """What a page remembers of an answer: all but the picture."""
        for component, values in json.loads(answer)["response"].items():
            for name, value in values.items():
                if f"{component}.{name}" != DRAW:
                    self.known[f"{component}.{name}"] = value


def is_predicted(request: Request, answer: bytes) -> bool:
    """Whether the picture in an answer is the forward model's for this request, atom 1."""
    z = json.loads(answer)["response"]["compose-spectrum"]["figure"]["data"][0]["z"]
    shown = np.frombuffer(base64.b64decode(z["bdata"]), z["dtype"])
    right = predict(request.crystal()).atoms([0])[0].T
    return shown.size == right.size and np.allclose(shown.reshape(right.shape), right, rtol=1e-4, atol=1e-5)


def drive(address: str, walks: list[list[Move]], pause: float = PAUSE_SECONDS) -> list[Person]:
    """Let people drag at the same time, one for each walk; returns them with what came of it."""
    first = Connection(address)
    calls = drag_calls(json.loads(first.get("/_dash-dependencies")))
    first.close()
    connections = [Connection(address) for _ in walks]
    people = [Person(calls, link.post, random.Random(number)) for number, link in enumerate(connections)]
    until = time.perf_counter() + CASE_SECONDS

    def take_part(person: Person, moves: list[Move]) -> None:
        time.sleep(10 * pause * person.draw.random())
        person.drag(moves, pause, until)

    threads = [threading.Thread(target=take_part, args=pair) for pair in zip(people, walks, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for link in connections:
        link.close()
    return people


def figures(people: list[Person]) -> dict:
    """Times, errors and mixed answers of some people; the answers are checked now, not while they came."""
    times = 1000 * np.array([move.seconds for person in people for move in person.answered[WARM_UP_MOVES:]])
    answered = [move for person in people for move in person.answered]
    errors = [text for person in people for text in person.errors]
    mixed = [fault for move in answered if (fault := move.fault())]
    left = sum(person.left for person in people)
    return {
        "people": len(people),
        "moves": len(answered) + left + len(errors),
        "median_ms": round(float(np.median(times)), 1) if times.size else None,
        "percentile_95_ms": round(float(np.percentile(times, 95)), 1) if times.size else None,
        "errors": len(errors),
        "mixed": len(mixed),
        "pictures_compared": sum(move.picture is not None for move in answered),
        "exact_pictures": sum(move.shown[1] == "exact" for move in answered),
        "left_to_the_exact_engine": left,
        **({"complaints": (errors + mixed)[:5]} if errors or mixed else {}),
    }


def case(server: "Server", walks: list[list[Move]], pause: float = PAUSE_SECONDS) -> dict:
    """The figures of one case, and the shares of all cores that server, driver and everything else took meanwhile."""
    before, start = _cpu_seconds(server), time.perf_counter()
    people = drive(server.address, walks, pause)
    seconds = time.perf_counter() - start
    spent = _cpu_seconds(server) - before
    shares = (spent / seconds / psutil.cpu_count()).round(2).tolist()
    found = figures(people)
    return found | {
        "moves_per_second": round(found["moves"] / seconds, 1),
        "server_ms_per_move": round(1000 * spent[0] / found["moves"], 1),
        "shares_of_cores": dict(zip(("server", "driver", "others"), shares, strict=True)),
    }


def _cpu_seconds(server: "Server") -> np.ndarray:
    """Processor seconds so far of the server, of this process and of everything else."""
    whole, own = psutil.cpu_times(), psutil.Process().cpu_times()
    parts = np.array([server.cpu_seconds(), own.user + own.system])
    return np.append(parts, sum(whole) - whole.idle - whole.iowait - whole.guest - whole.guest_nice - parts.sum())


class Server:
    """Gunicorn on a free port of this machine, as it answers behind `gunicorn app:server`."""

    def __init__(self, address: str, process: psutil.Process):
        self.address, self._process = address, process

    def cpu_seconds(self) -> float:
        """Processor seconds of the master and its workers so far."""
        times = [part.cpu_times() for part in [self._process, *self._process.children(recursive=True)]]
        return sum(part.user + part.system for part in times)


@contextmanager
def served(workers: int = WORKERS, threads: int = THREADS) -> Iterator[Server]:
    """A production server with an empty cache folder, whose workers have all drawn once."""
    with tempfile.TemporaryDirectory() as cache, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        command = [sys.executable, "-m", "gunicorn", "app:server", "--workers", str(workers), "--threads", str(threads)]
        command += ["--bind", f"fd://{listener.fileno()}", "--log-level", "error"]
        process = subprocess.Popen(
            command, cwd=PROJECT, env=os.environ | {"BANDLOOM_CACHE": cache}, pass_fds=[listener.fileno()]
        )
        try:
            Connection(address).get("/healthz")
            drive(address, [walk(1000 + number, 5) for number in range(4 * workers)], pause=0.0)
            yield Server(address, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(30)


def main() -> None:
    """Measure all cases and print them as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, nargs="+", default=PEOPLE)
    parser.add_argument("--moves", type=int, default=MOVES)
    parser.add_argument("--only", choices=("different", "classroom"))
    chosen = parser.parse_args()
    cases = {
        "different": lambda count: [walk(seed, chosen.moves) for seed in range(count)],
        "classroom": lambda count: [exercise(chosen.moves)] * count,
    }
    with served() as server:
        found = {
            name: [case(server, walks(count)) for count in chosen.people]
            for name, walks in cases.items()
            if chosen.only in (None, name)
        }
    setting = {"workers": WORKERS, "threads": THREADS, "cores": psutil.cpu_count(), "pause_ms": 1000 * PAUSE_SECONDS}
    print(json.dumps(setting | found, indent=1))


if __name__ == "__main__":
    main()
