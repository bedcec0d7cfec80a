"""The replay store: whole cases or none, capped, whatever kills its writer."""

import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.learning import replay
from core.learning.dataset import compute_record
from core.learning.samples import drawn_sample

PROJECT = Path(__file__).resolve().parents[3]
KILLS = 20
WRITER = """
import sys
from dataclasses import replace
from core.learning.replay import keep_case, read_case
record = read_case(__import__("pathlib").Path(sys.argv[1])).record
for number in range(int(sys.argv[2]), 10**9):
    sample = record.sample.changed(lattice=round(5.2 + 1e-4 * (number % 5000), 4), mixing=number // 5000)
    print(keep_case(replace(record, sample=sample), "a test", "a writer").name, flush=True)
"""


@pytest.fixture(scope="module")
def record():
    return compute_record(drawn_sample("replay", "Si1Ge1", 5.5, 0.0, 0.25))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDLOOM_CACHE", str(tmp_path))


def test_a_case_is_read_as_it_was_kept(record):
    case = replay.read_case(replay.keep_case(record, "the engines disagree", "loop 12"))
    assert (case.reason, case.origin) == ("the engines disagree", "loop 12")
    assert case.created.startswith("20")
    assert case.record.sample == record.sample
    np.testing.assert_allclose(case.record.path, record.path, atol=1e-2)


def test_the_same_sample_is_one_case(record):
    replay.keep_case(record, "first", "a")
    replay.keep_case(record, "second", "b")
    assert [replay.read_case(file).reason for file in replay.case_files()] == ["second"]


def test_the_oldest_cases_make_room(record, monkeypatch):
    monkeypatch.setattr(replay, "MOST_CASES", 3)
    kept = [
        replay.keep_case(replace(record, sample=record.sample.changed(lattice=a)), "", "")
        for a in (5.4, 5.5, 5.6, 5.45)
    ]
    assert replay.case_files() == kept[1:]


def test_nothing_acknowledged_is_lost_when_writers_are_killed(record, monkeypatch):
    monkeypatch.setattr(replay, "MOST_CASES", 10**6)
    template, number, acknowledged = replay.keep_case(record, "template", "a test"), 0, set()
    for kill in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(template), str(number)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(random.Random(kill).randint(1, 12)):
            acknowledged.add(writer.stdout.readline().strip())
        writer.send_signal(signal.SIGKILL)
        acknowledged |= {line.strip() for line in writer.stdout if line.endswith("\n")}
        assert writer.wait() == -signal.SIGKILL
        number += 1000
    files = replay.case_files()
    assert acknowledged <= {file.name for file in files}
    assert len(acknowledged) >= KILLS
    for file in files:
        assert replay.read_case(file).record.path.shape == record.path.shape
