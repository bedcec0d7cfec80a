"""A class that drags sliders on Compose, on a production server: `python -m docs.load`, which is `make load`.

Every person sends what a browser sends in a drag: a question a move, answered by the checked request and its picture. A
person has one move under way; the next one follows a short pause after the picture.

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

QUESTION, ANSWER = "compose-ask.data", "compose-answer.data"
START = {
    "sample": {"stack": "Si4Ge4", "substrate": "Si", "mixing": 0, "spin_orbit": False, "structure": "",
               "imperfect": None},
    "view": {
        "view": "atom", "shells": ["s", "p", "d", "S"], "sigma": 0.1, "scale": "linear", "map": "viridis",
        "engine": "live", "sharpening": "none", "gamma": 1, "clip": 1,
    },
    "line": {"line": "path", "path": "Z-G-X|K-G-L", "kz": 0},
    "selection": {"atom": 0, "other": 1}, "scheme": "light", "cursor": [23, 108], "resting": False, "moving": True,
    "shown": None, "zoom": 1, "zone": False, "home": False,
}  # fmt: skip
"""What an open page asks while a slider moves."""

Move = tuple[str, object]
"""A part of the sample that a slider changes, and its new value."""


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
        return "mixing", place["mixing"] / 10
    if name == "alloy":
        return "substrate", f"Si{1 - place['alloy'] / 100:.2f}Ge{place['alloy'] / 100:.2f}"
    return "stack", f"Si{place['si']}Ge{place['ge']}"


def body(question: dict) -> bytes:
    """What a browser posts to ask a question."""
    (identity, name), (asking, asked) = (part.rsplit(".", 1) for part in (ANSWER, QUESTION))
    return json.dumps(
        {
            "output": ANSWER,
            "outputs": {"id": identity, "property": name},
            "inputs": [{"id": asking, "property": asked, "value": question}],
            "changedPropIds": [QUESTION],
        },
        separators=(",", ":"),
    ).encode()


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
    picture: dict | None

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

    post: Callable[[bytes], bytes]
    draw: random.Random
    sample: dict[str, object] = field(default_factory=lambda: dict(START["sample"]))
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
        """One step of a slider, with its answer."""
        start = time.perf_counter()
        self.sample[name] = value
        content = self.post(body(START | {"sample": self.sample}))
        seconds = time.perf_counter() - start
        found = json.loads(content)["response"]["compose-answer"]["data"]
        if "moving" not in found:
            self.left += 1
            return
        compared = found["shown"][1] == "forward" and self.draw.random() < COMPARED
        controls = tuple(self.sample[name] for name in ("stack", "substrate", "mixing"))
        picture = found["moving"] if compared else None
        self.answered.append(Answered(seconds, controls, found["request"], found["shown"], found["title"], picture))


def is_predicted(request: Request, picture: dict) -> bool:
    """Whether a moving picture is the forward model's for this request, atom 1."""
    right = predict(request.crystal()).atoms([0])[0].T
    levels = np.frombuffer(base64.b64decode(picture["levels"]), np.uint8).astype(float)
    shown = picture["low"] + levels * (picture["high"] - picture["low"]) / 255
    return shown.size == right.size and np.allclose(shown.reshape(right.shape), right, atol=0.6 * picture["high"] / 255)


def drive(address: str, walks: list[list[Move]], pause: float = PAUSE_SECONDS) -> list[Person]:
    """Let people drag at the same time, one for each walk; returns them with what came of it."""
    connections = [Connection(address) for _ in walks]
    people = [Person(link.post, random.Random(number)) for number, link in enumerate(connections)]
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
