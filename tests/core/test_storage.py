"""One computation serves everyone who asks, also when the one who computes dies."""

import multiprocessing
import os
import signal
import threading

import pytest

from core import storage
from core.storage import ResultStore, cache_directory, content_key


@pytest.fixture
def store(tmp_path) -> ResultStore:
    return ResultStore(tmp_path / "results")


@pytest.mark.parametrize("checkout", [True, False])
def test_cache_of_a_checkout_lies_in_it_and_of_a_package_with_the_user(tmp_path, monkeypatch, checkout):
    project, user = tmp_path / "project", tmp_path / "user"
    project.mkdir()
    if checkout:
        (project / "pyproject.toml").touch()
    monkeypatch.delenv("BANDLOOM_CACHE")
    monkeypatch.setattr(storage, "PROJECT", project)
    monkeypatch.setattr(storage, "user_cache_path", lambda name, appauthor: user / name)  # the same on every system
    assert cache_directory() == (project / ".cache" / "bandloom" if checkout else user / "bandloom")
    assert cache_directory().is_dir()


def test_cache_folder_can_be_named(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDLOOM_CACHE", str(tmp_path / "mine"))
    assert cache_directory() == tmp_path / "mine"
    assert cache_directory().is_dir()


def test_content_key_tells_different_parts_apart():
    texts = ["", "a", "b", "ab", "a\x1fb", "\x1f", '"', 'a", "b', "\\", "\ud800", "?", "\u00e4", "a\u0308"]
    parts = [*((one,) for one in texts), *((one, other) for one in texts for other in texts)]
    assert len({content_key(*part) for part in parts}) == len(set(parts))
    assert content_key("ab", "c") != content_key("a", "bc")
    assert content_key("ab", "c") == content_key("ab", "c")


def test_kept_result_is_not_computed_again(store):
    assert store.compute_once("key", lambda report: b"first") == b"first"
    assert store.compute_once("key", lambda report: b"second") == b"first"


def test_two_askers_compute_once_and_both_see_progress(store):
    started, release = threading.Event(), threading.Event()
    computed, seen, answers = [], [], []

    def compute(report):
        computed.append(1)
        report(0.5)
        started.set()
        assert release.wait(20)
        return b"result"

    def watch(fraction):
        seen.append(fraction)
        if fraction == 0.5:
            release.set()

    first = threading.Thread(target=lambda: answers.append(store.compute_once("key", compute)))
    first.start()
    assert started.wait(20)
    answers.append(store.compute_once("key", compute, watch))
    first.join()
    assert computed == [1]
    assert answers == [b"result", b"result"]
    assert 0.5 in seen


def test_failure_releases_the_key(store):
    def fail(report):
        raise ArithmeticError("no")

    with pytest.raises(ArithmeticError):
        store.compute_once("key", fail)
    assert store.compute_once("key", lambda report: b"later") == b"later"


def test_cancel_while_waiting_leaves_the_other_alone(store):
    started, release = threading.Event(), threading.Event()
    answers = []

    def slow(report):
        started.set()
        assert release.wait(20)
        return b"result"

    def cancel(fraction):
        raise InterruptedError

    worker = threading.Thread(target=lambda: answers.append(store.compute_once("key", slow)))
    worker.start()
    assert started.wait(20)
    with pytest.raises(InterruptedError):
        store.compute_once("key", slow, cancel)
    release.set()
    worker.join()
    assert answers == [b"result"]


def _claim_and_hang(folder, claimed):
    def hang(report):
        claimed.set()
        signal.pause()

    ResultStore(folder).compute_once("key", hang)


def test_killed_owner_is_replaced(tmp_path, store):
    context = multiprocessing.get_context("spawn")
    claimed = context.Event()
    victim = context.Process(target=_claim_and_hang, args=(tmp_path / "results", claimed))
    victim.start()
    assert claimed.wait(60)
    os.kill(victim.pid, signal.SIGKILL)
    assert store.compute_once("key", lambda report: b"taken over") == b"taken over"
    victim.join()


def test_size_limit_lets_the_least_used_go(tmp_path):
    small = ResultStore(tmp_path / "small", size_limit=2**20)
    for number in range(40):
        small.put(f"key{number}", os.urandom(2**17))
    assert small.get("key39") is not None
    assert sum(small.get(f"key{number}") is not None for number in range(40)) < 30
