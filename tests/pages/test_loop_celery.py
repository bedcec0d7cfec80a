"""The loop in a Celery worker with a real Redis, a server and a worker as they are deployed."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

PROJECT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 120


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(url: str) -> bool:
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(url, timeout=5).status == 200
    return False


class Deployment:
    """Redis, a Celery worker and gunicorn, each in a process group of its own."""

    def __init__(self, folder: Path, redis: str):
        port, web = free_port(), free_port()
        self.url, self.folder, self.running = f"http://127.0.0.1:{web}", folder, {}
        self.environment = os.environ | {"BANDLOOM_CACHE": str(folder), "REDIS_URL": f"redis://127.0.0.1:{port}/0"}
        python = [sys.executable, "-m"]
        self.commands = {
            "redis": [redis, "--port", str(port), "--save", "", "--dir", str(folder)],
            "worker": [*python, "celery", "-A", "app:celery_app", "worker", "-c", "1", "-l", "warning"],
            "web": [*python, "gunicorn", "app:server", "--bind", f"127.0.0.1:{web}", "--threads", "4"],
        }

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("a") as log:
            self.running[name] = subprocess.Popen(
                self.commands[name], cwd=PROJECT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def wait_for_web(self) -> None:
        start = time.monotonic()
        while not answers(f"{self.url}/healthz"):
            assert time.monotonic() - start < LIMIT_SECONDS, (self.folder / "web.log").read_text()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.running["web"].wait(timeout=0.05)


@pytest.fixture
def deployed(tmp_path) -> Iterator[Deployment]:
    redis = shutil.which("redis-server")
    if redis is None:
        pytest.skip("redis-server is not installed")
    deployment = Deployment(tmp_path, redis)
    try:
        for name in deployment.commands:
            deployment.start(name)
        deployment.wait_for_web()
        yield deployment
    finally:
        for name in tuple(deployment.running):
            deployment.kill(name)


def test_a_worker_runs_the_loop_and_the_web_process_may_die(browser: Browser, deployed: Deployment):
    with contextlib.closing(browser.new_context(base_url=deployed.url)) as context:
        page = context.new_page()
        page.goto("/loop")
        page.get_by_role("button", name="Sharp superlattice").click()
        expect(page.locator("#loop-status")).to_contain_text("step", timeout=LIMIT_SECONDS * 1000)
        deployed.kill("web")
        deployed.start("web")
        deployed.wait_for_web()
        page.reload()
        expect(page.locator("#loop-result")).to_contain_text("The exact engine", timeout=LIMIT_SECONDS * 1000)
