"""Server and jobs killed with SIGKILL at random moments: `python -m docs.crash [--turns N] [--seed N]`.

Every turn asks a server for an exact calculation, kills the job, the server or both at a random moment, and starts the
server again on the same port. Printed as JSON: how long starts took, undisturbed and after a kill, how often a result
was there before the kill, how long it took until the page said that a job was killed, and what failed:

- lost: results that had been reported as finished and were not there, or not the same, after a later start;
- still_open: idle connections that a killed server left open;
- unsaid: killed jobs that the page did not call killed.
"""

import argparse
import hashlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from core.sessions.requests import Request, make_request
from core.storage import ResultStore

PROJECT = Path(__file__).resolve().parent.parent
TARGETS = ("job", "server", "both")
LIMIT_SECONDS = 300.0
POLL_SECONDS = 0.05
SAID = "ended from outside"


class Site:
    """A server with a cache folder of its own, and one visitor of Compose."""

    def __init__(self, cache: str):
        self.cache, self.cookie, self._callbacks = cache, "", {}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def start(self) -> float:
        """Start the server; seconds until it answers."""
        began = time.perf_counter()
        environment = os.environ | {"BANDLOOM_CACHE": self.cache, "HOST": "127.0.0.1", "PORT": str(self.port)}
        with (Path(self.cache) / "server.log").open("a") as log:
            self.server = subprocess.Popen(
                [sys.executable, "app.py"], cwd=PROJECT, env=environment, stdout=log, stderr=log
            )
        wait_until(self._answers)
        return time.perf_counter() - began

    def open(self) -> None:
        """Open Compose as a browser does first."""
        cookies = self._reply("GET", "/compose")[1].get_all("Set-Cookie") or []
        self.cookie = "; ".join(cookie.partition(";")[0] for cookie in cookies)
        for callback in json.loads(self._reply("GET", "/_dash-dependencies")[0]):
            self._callbacks[callback["output"]] = callback

    def ask(self, request: Request) -> str | None:
        """The id of the job for a request; None where its result is known."""
        values = {"compose-rested.data": request.document(), "compose-place.data": "crash"}
        return self._call("compose-job.data", "compose-rested.data", values)["compose-job"]["data"]

    def look(self, job: str) -> tuple[bool, bool, str]:
        """Whether a job is active, whether its result is reported, and why it ended without one."""
        found = self._call("compose-progress-line.style", "compose-poll.n_intervals", {"compose-job.data": job})
        reported = bool(found.get("compose-finished", {}).get("data"))
        return not found["compose-poll"]["disabled"], reported, found["compose-ended-text"]["children"]

    def job_processes(self) -> list[psutil.Process]:
        """The processes that work on jobs of this site, whoever their parent is."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                ours = "core.sessions.work" in process.cmdline()
                if ours and process.environ().get("BANDLOOM_CACHE") == self.cache:
                    found.append(process)
        return found

    def kill(self, target: str) -> None:
        """SIGKILL to the job, the server or both."""
        if target != "server":
            for process in self.job_processes():
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        if target != "job":
            self.server.send_signal(signal.SIGKILL)
            self.server.wait()

    def connection(self) -> socket.socket:
        """A connection that a browser would keep open."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT_SECONDS)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        return connection

    def _answers(self) -> bool:
        if self.server.poll() is not None:
            raise RuntimeError((Path(self.cache) / "server.log").read_text())
        with suppress(OSError):
            return b"ok" in self._reply("GET", "/healthz")[0]
        return False

    def _call(self, output: str, changed: str, values: dict) -> dict:
        spec = next(spec for key, spec in self._callbacks.items() if output in key)
        names = [part.rpartition(".") for part in spec["output"].strip(".").split("...")]
        outputs = [{"id": name, "property": property} for name, _, property in names]
        given = {
            kind: [part | {"value": values.get(f"{part['id']}.{part['property']}")} for part in spec[kind]]
            for kind in ("inputs", "state")
        }
        several = spec["output"].startswith("..")
        body = {"output": spec["output"], "outputs": outputs if several else outputs[0], "changedPropIds": [changed]}
        return json.loads(self._reply("POST", "/_dash-update-component", body | given)[0])["response"]

    def _reply(self, method: str, path: str, body: dict | None = None) -> tuple[bytes, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_SECONDS)
        try:
            headers = {"Content-Type": "application/json", "Cookie": self.cookie}
            connection.request(method, path, json.dumps(body) if body else None, headers)
            reply = connection.getresponse()
            if reply.status != 200:
                raise RuntimeError(f"{method} {path}: {reply.status}")
            return reply.read(), reply.headers
        finally:
            connection.close()


class Trial:
    """Turns of asking, killing and starting again, and what was found."""

    def __init__(self, site: Site, seed: int):
        self.site, self._chance = site, random.Random(seed)
        self._store = ResultStore(Path(site.cache) / "results")
        self._reported: dict[str, str] = {}
        self._asked = 0
        self.found = {"restart_seconds": [], "said_seconds": [], "lost": 0, "still_open": 0, "unsaid": 0}
        self.found |= {"reported_before_kill": 0, "gone_on_after_restart": 0, "kills": dict.fromkeys(TARGETS, 0)}

    def run(self, turns: int) -> dict:
        """The figures of so many turns."""
        self.found["start_seconds"] = self.site.start()
        self.site.open()
        seconds = self._undisturbed()
        pending = self._next()
        for _ in range(turns):
            pending = self._turn(pending, seconds)
        self._finish(pending)
        self.site.kill("both")
        return self.found | {"turns": turns, "job_seconds": seconds, "results": len(self._reported)}

    def _next(self) -> Request:
        self._asked += 1
        return make_request(f"Si{16 + self._asked}Ge{8 + self._asked % 3}", "Si")

    def _undisturbed(self) -> float:
        began = time.perf_counter()
        self._finish(self._next())
        return time.perf_counter() - began

    def _turn(self, request: Request, seconds: float) -> Request:
        """Kill during a job for a request, and start again; the next request, the same one where it is not done."""
        target = self._chance.choice(TARGETS)
        end = time.perf_counter() + self._chance.uniform(0.0, 1.5 * seconds)
        job, idle = self.site.ask(request), self.site.connection()
        finished = job is None and self._remember(request)
        while time.perf_counter() < end and not finished:
            finished = self._look(job, request)
            time.sleep(POLL_SECONDS)
        self.found["kills"][target] += 1
        self.found["reported_before_kill"] += finished
        self.site.kill(target)
        if target == "job":
            finished = finished or self._said(job, request)
            self.site.kill("server")
        self.found["still_open"] += not is_closed(idle)
        self.found["restart_seconds"].append(self.site.start())
        self.found["lost"] += sum(not digest or self._digest(key) != digest for key, digest in self._reported.items())
        self.found["gone_on_after_restart"] += not finished and self.site.look(job)[0]
        return self._next() if finished else request

    def _said(self, job: str, request: Request) -> bool:
        """Wait until the page says that a job was killed; whether its result was there before."""
        began = time.perf_counter()
        wait_until(lambda: not self.site.look(job)[0])
        if self._look(job, request):
            return True
        self.found["unsaid"] += SAID not in self.site.look(job)[2]
        self.found["said_seconds"].append(time.perf_counter() - began)
        return False

    def _finish(self, request: Request) -> None:
        job = self.site.ask(request)
        if job is None:
            self._remember(request)
        else:
            wait_until(lambda: not self.site.look(job)[0])
            if not self._look(job, request):
                raise RuntimeError(self.site.look(job)[2])

    def _look(self, job: str, request: Request) -> bool:
        """Whether the page reports the result of a job; then it is remembered."""
        return self.site.look(job)[1] and self._remember(request)

    def _remember(self, request: Request) -> bool:
        self._reported[request.key] = self._digest(request.key)
        return True

    def _digest(self, key: str) -> str:
        content = self._store.get(key)
        return "" if content is None else hashlib.sha256(content).hexdigest()


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side has closed a connection on which nothing is to come."""
    with connection, suppress(ConnectionError):
        connection.settimeout(POLL_SECONDS)
        try:
            return connection.recv(1) == b""
        except TimeoutError:
            return False
    return True


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when a condition holds.

    Raises:
        TimeoutError: it does not within LIMIT_SECONDS.
    """
    end = time.perf_counter() + LIMIT_SECONDS
    while not condition():
        if time.perf_counter() > end:
            raise TimeoutError("What was waited for did not come")
        time.sleep(POLL_SECONDS)


def trial(turns: int, seed: int = 1) -> dict:
    """The figures of a trial in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="bandloom-crash-", ignore_cleanup_errors=True) as cache:
        site = Site(cache)
        try:
            return Trial(site, seed).run(turns)
        finally:
            site.kill("both")


def main() -> int:
    """Print the figures; 1 where anything was lost, left open or unsaid."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = trial(options.turns, options.seed)
    print(json.dumps(found, indent=2))
    return int(any(found[failure] for failure in ("lost", "still_open", "unsaid")))


if __name__ == "__main__":
    sys.exit(main())
