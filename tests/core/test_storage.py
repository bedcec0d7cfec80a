"""One computation serves everyone who asks, also when the one who computes dies."""

import multiprocessing
import os
import signal
import threading

import pytest

from core.storage import ResultStore, content_key


@pytest.fixture
def store(tmp_path) -> ResultStore:
    return ResultStore(tmp_path / "results")


def test_content_key_tells_different_parts_apart():
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
