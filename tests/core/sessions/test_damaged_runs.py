"""A damaged folder of a run is refused in one line."""

import numpy as np
import pytest

from core.errors import InputError
from core.sessions import runs
from tests.loops import SHORT

GARBAGE = b"\x00\xff garbage {"


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def garbled(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + GARBAGE + content[middle + len(GARBAGE) :]


def second_line_garbled(content: bytes) -> bytes:
    first, _, rest = content.partition(b"\n")
    return first + b"\n" + GARBAGE + b"\n" + rest


def by_no_theory(content: bytes) -> bytes:
    return content.replace(b'"fidelity": "tight-binding"', b'"fidelity": "gw"')


FAULTS = [
    ("request.json", cut), ("request.json", garbled), ("request.json", lambda content: b"[1, 2]"),
    ("request.json", lambda content: b'{"cuts": [3], "about": {}}'),
    ("images.npz", cut), ("images.npz", garbled), ("images.npz", lambda content: b""), ("images.npz", None),
    ("steps.jsonl", second_line_garbled), ("steps.jsonl", lambda content: b"3\n" + content),
    ("steps.jsonl", by_no_theory), ("result.json", by_no_theory), ("request.json", by_no_theory),
    ("result.json", cut), ("result.json", lambda content: GARBAGE), ("result.json", lambda content: b"{}"),
]  # fmt: skip


@pytest.fixture
def files(finished_run):
    """The run's files as they were, put back after each test."""
    folder = runs._folder(finished_run)
    whole = {file: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    yield {file.name: file for file in whole}
    for file, content in whole.items():
        file.write_bytes(content)


@pytest.mark.parametrize(("name", "damage"), FAULTS)
def test_a_damaged_file_is_refused_in_one_line(finished_run, files, name, damage):
    runs.check(finished_run)
    if damage:
        files[name].write_bytes(damage(files[name].read_bytes()))
    else:
        files[name].unlink()
    with pytest.raises(InputError, match=name) as caught:
        runs.check(finished_run)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["request.json", "images.npz", "steps.jsonl"])
def test_a_worker_refuses_a_damaged_run(finished_run, files, name):
    files["result.json"].unlink()
    files["worker"].unlink()
    damage = second_line_garbled if name == "steps.jsonl" else cut
    files[name].write_bytes(damage(files[name].read_bytes()))
    with pytest.raises(InputError, match=name):
        runs.work(finished_run, SHORT)


def test_a_last_line_that_a_crash_cut_off_is_no_damage(finished_run, files):
    steps = runs.steps(finished_run)
    content = files["steps.jsonl"].read_bytes()
    files["steps.jsonl"].write_bytes(content + content[:40])
    assert runs.steps(finished_run) == steps
    files["steps.jsonl"].write_bytes(content[:-1])
    assert runs.steps(finished_run) == steps
    assert np.isfinite(steps[-1]["residual"])
