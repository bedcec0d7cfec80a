"""Results that several threads want at once, computed by one of them."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Once(Generic[Result]):
    """The last results by key, at most `size` of them; who asks while one is computed waits for it.

    A computation that raises is not kept: all who wait for it get the same exception, and the next one tries again.
    """

    def __init__(self, size: int):
        self._size, self._lock = size, threading.Lock()
        self._results: OrderedDict[Hashable, Future[Result]] = OrderedDict()

    def of(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """The result of a key."""
        with self._lock:
            future = self._results.get(key)
            mine = future is None
            if mine:
                future = self._results[key] = Future()
                while len(self._results) > self._size:
                    self._results.popitem(last=False)
            else:
                self._results.move_to_end(key)
        if not mine:
            return future.result()
        try:
            future.set_result(compute())
        except BaseException as error:
            with self._lock:
                if self._results.get(key) is future:
                    del self._results[key]
            future.set_exception(error)
            raise
        return future.result()
