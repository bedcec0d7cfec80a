"""Which pictures of running fits are kept."""

import threading
from types import SimpleNamespace

import pytest

from core.sessions import frames


class Stage:
    """A clock, timers and pictures that a test moves on."""

    def __init__(self, monkeypatch, folder):
        self.now, self.thread, self.timers, self.painted = 100.0, 1, [], []
        self.during = lambda: None
        clock = SimpleNamespace(monotonic=lambda: self.now)
        monkeypatch.setattr(frames, "time", clock)
        threads = SimpleNamespace(Lock=threading.Lock, get_ident=lambda: self.thread, Timer=self.timer)
        monkeypatch.setattr(frames, "threading", threads)
        monkeypatch.setattr(frames, "frame_of", lambda problem, state: state)
        monkeypatch.setattr(frames, "keep", lambda file, frame: (self.painted.append((self.now, frame)), self.during()))
        self.watcher = frames.Watcher(folder)

    def timer(self, wait, look, arguments):
        def start() -> None:
            self.timers.append((self.now + wait, look, arguments))

        return SimpleNamespace(start=start)

    def show(self, state: str, thread: int = 1) -> None:
        self.thread = thread
        self.watcher(None, state)

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while self.timers and min(self.timers, key=lambda one: one[0])[0] <= end:
            first = min(self.timers, key=lambda one: one[0])
            self.timers.remove(first)
            self.now = max(self.now, first[0]) + 1e-6
            first[1](*first[2])
        self.now = end


@pytest.fixture
def stage(monkeypatch, tmp_path) -> Stage:
    return Stage(monkeypatch, tmp_path)


def test_the_last_state_before_a_silence_is_shown(stage):
    for state in ("a", "b", "c"):
        stage.show(state)
        stage.wait(0.01)
    stage.wait(5.0)
    assert [state for _, state in stage.painted] == ["a", "c"]
    assert len(stage.timers) == 0


def test_another_thread_is_shown_where_the_first_one_is_silent(stage):
    stage.show("a", thread=1)
    stage.show("b", thread=2)
    stage.wait(5.0)
    (first, _), (second, state) = stage.painted
    assert state == "b"
    assert second - first >= frames.STAYS_SECONDS


def test_a_thread_that_goes_on_stays_in_sight(stage):
    for number in range(40):
        stage.show(f"a{number}", thread=1)
        stage.wait(0.05)
        stage.show(f"b{number}", thread=2)
        stage.wait(0.05)
    assert {state[0] for _, state in stage.painted[:-1]} == {"a"}


def test_pictures_keep_their_distance(stage):
    for number in range(200):
        stage.show(str(number))
        stage.wait(0.01)
    stage.wait(5.0)
    times = [time for time, _ in stage.painted]
    assert min(later - earlier for earlier, later in zip(times, times[1:], strict=False)) >= frames.EVERY_SECONDS
    assert len(times) > 2.0 / (frames.EVERY_SECONDS + 0.03)
    assert stage.painted[-1][1] == "199"


def test_what_comes_while_a_picture_is_made_is_shown_after_it(stage):
    stage.during = lambda: stage.painted[1:] or stage.show("b")
    stage.show("a")
    stage.wait(5.0)
    assert [state for _, state in stage.painted] == ["a", "b"]
