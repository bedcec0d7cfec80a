"""One computation for all who ask at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.once import Once


def test_those_who_ask_at_once_share_one_computation():
    once, calls, started, go = Once(4), [], threading.Event(), threading.Event()

    def compute():
        calls.append(1)
        started.set()
        assert go.wait(30)
        return object()

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(once.of, "a", compute)
        assert started.wait(30)
        others = [pool.submit(once.of, "a", compute) for _ in range(7)]
        other_key = once.of("b", lambda: 5)  # is not held up
        go.set()
        assert {id(future.result()) for future in [first, *others]} == {id(first.result())}
    assert (len(calls), other_key) == (1, 5)


def test_what_fails_is_tried_again():
    once = Once(4)
    with pytest.raises(ValueError, match="first"):
        once.of("a", lambda: (_ for _ in ()).throw(ValueError("first")))
    assert once.of("a", lambda: 2) == 2


def test_the_oldest_results_go():
    once = Once(2)
    for key in "abc":
        once.of(key, lambda key=key: key)
    assert once.of("c", lambda: "new") == "c"
    assert once.of("a", lambda: "new") == "new"
