"""Places: no more at work than there are, first come first served, and a clear end of waiting."""

import threading

import pytest

from core.places import NoPlaceError, Places


def held(places: Places, release: threading.Event) -> threading.Thread:
    """A thread that holds a place until it is released."""
    inside = threading.Event()

    def hold() -> None:
        with places.taken():
            inside.set()
            release.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(30)
    return thread


def come_back(places: Places, release: threading.Event, thread: threading.Thread) -> None:
    """The thread gives its place up, and another one can have it."""
    release.set()
    thread.join()
    with places.taken():
        pass


def test_a_full_queue_is_refused_at_once_and_places_come_back():
    places, release = Places(1, 0, 30.0), threading.Event()
    thread = held(places, release)
    with pytest.raises(NoPlaceError), places.taken():
        pass
    come_back(places, release, thread)


def test_waiting_ends():
    places, release = Places(1, 5, 0.01), threading.Event()
    thread = held(places, release)
    for _ in range(7):  # who gave up is no longer in the queue
        with pytest.raises(NoPlaceError), places.taken():
            pass
    come_back(places, release, thread)


def test_a_place_comes_back_where_the_work_fails():
    places = Places(1, 0, 1.0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), places.taken():
            raise ZeroDivisionError


def test_never_more_than_the_places_and_all_have_their_turn():
    places, lock, now, most, done = Places(3, 40, 30.0), threading.Lock(), 0, 0, []

    def work(number: int) -> None:
        nonlocal now, most
        with places.taken():
            with lock:
                now += 1
                most = max(most, now)
            done.append(number)
            with lock:
                now -= 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(40))
    assert most <= 3
