"""Reading apart: what comes back, and one line for whatever ends the reading."""

import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core import sandbox
from core.errors import InputError
from core.places import Places
from core.sandbox import Limits, read_apart, unpack


def apart(reader: str, limits: Limits | None = None, content: bytes = b"abc", name: str = "a.h5") -> bytes:
    return read_apart(f"tests.core.sandbox_readers:{reader}", content, name, "files", limits or Limits())


def test_documents_and_arrays_come_back():
    document, (content, table, empty) = unpack(apart("tell", content=b"x" * 1001, name="Γ\0\udcff.h5"))
    assert document == {"name": "Γ\0\udcff.h5"}
    assert bytes(content) == b"x" * 1001
    assert np.array_equal(table, np.arange(12.0).reshape(3, 4).T)
    assert (empty.shape, empty.dtype) == ((0, 5), np.dtype(">i2"))
    assert not table.flags.writeable


@pytest.mark.parametrize(
    ("reader", "limits", "words"),
    [
        ("hang", Limits(seconds=0.2), "'a.h5' takes longer to read than the 0.2 s .* cut it down"),
        ("work", Limits(work_seconds=0.5), "'a.h5' takes longer to read"),
        ("crash", None, r"'a.h5' cannot be read \(SIGSEGV\): it is damaged .* Accepted: files"),
        ("fail", None, r"'a.h5' cannot be read \(AttributeError\)"),
        ("swallow", None, "'a.h5' needs more memory than the 320 MB"),
        ("pour", None, "'a.h5' needs more memory"),
        ("no_such_reader", None, "'a.h5' cannot be read"),
    ],
)
def test_whatever_ends_the_reading_is_one_line(reader, limits, words):
    began = time.monotonic()
    with pytest.raises(InputError, match=words) as caught:
        apart(reader, limits)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - began < (limits or Limits()).patience() + 2


def test_files_of_the_server_are_not_open_in_the_process():
    before = unpack(apart("open_files"))[0]["open"]
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    try:
        assert unpack(apart("open_files"))[0]["open"] == before
    finally:
        os.close(descriptor)


def test_files_that_come_together_are_read_a_few_at_once(monkeypatch):
    run, lock, now, most = subprocess.run, threading.Lock(), 0, 0

    def counted(*arguments, **options):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        try:
            return run(*arguments, **options)
        finally:
            with lock:
                now -= 1

    monkeypatch.setattr(sandbox, "READERS", Places(2, 32, 60.0))
    monkeypatch.setattr(subprocess, "run", counted)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: apart("tell", content=b"x" * number), range(8)))
    assert [len(unpack(answer)[1][0]) for answer in answers] == list(range(8))
    assert most == 2


def test_a_file_that_finds_no_place_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(sandbox, "READERS", Places(1, 0, 1.0))
    with (
        sandbox.READERS.taken(),
        pytest.raises(InputError, match=r"'a\.h5' was not read: .* give it again in a moment"),
    ):
        apart("tell")
    assert unpack(apart("tell"))[0] == {"name": "a.h5"}


def test_the_server_reads_few_files_at_once():
    assert 2 <= sandbox.READERS.count <= 4


@pytest.mark.parametrize("change", [b"", b"\xff" * 40, b"\x10\0\0\0\0\0\0\0[1, 2, 3]      "])
def test_other_bytes_are_refused(change):
    with pytest.raises(InputError, match="damaged"):
        unpack(change)


def test_nothing_is_unpickled():
    head = b'{"document": {}, "arrays": [["|O", [1]]]}'
    head += b" " * (-(len(head) + 8) % 16)
    with pytest.raises(InputError, match="damaged"):
        unpack(len(head).to_bytes(8, "little") + head + b"\1" * 16)
