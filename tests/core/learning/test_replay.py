"""The replay store: whole cases or none, capped, whatever kills its writer."""

import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from core.errors import InputError
from core.learning import replay
from core.learning.dataset import compute_record
from core.learning.samples import drawn_sample

PROJECT = Path(__file__).resolve().parents[3]
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


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost_when_writers_are_killed(record, monkeypatch, kills):
    monkeypatch.setattr(replay, "MOST_CASES", 10**6)
    template, number, acknowledged = replay.keep_case(record, "template", "a test"), 0, set()
    for kill in range(kills):
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
    assert len(acknowledged) >= kills
    for file in files:
        assert replay.read_case(file).record.path.shape == record.path.shape


def several(record, count: int = 3) -> list[Path]:
    return [
        replay.keep_case(replace(record, sample=record.sample.changed(lattice=5.4 + i / 50)), "", "")
        for i in range(count)
    ]


def without(part: str):
    def damage(file: Path) -> None:
        with h5py.File(file, "r+") as content:
            target = content.attrs if part == "reason" else content["000"] if part != "000" else content
            del target[part]

    return damage


def with_classes_of_another(file: Path) -> None:
    with h5py.File(file, "r+") as content:
        content["000"]["site_class"][0] = 99


DAMAGES = {
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-5000]),
    "empty": lambda file: file.write_bytes(b""),
    "garbage": lambda file: file.write_bytes(b"garbage " * 2000),
    "no record": without("000"),
    "no reason": without("reason"),
    "no edges": without("edges"),
    "classes of another": with_classes_of_another,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_case_is_said_set_aside_and_left_out(record, damage):
    files = several(record)
    damage(files[1])
    lines = []
    assert [case.file for case in replay.read_cases(lines.append)] == [files[0], files[2]]
    assert len(lines) == 1
    assert f"{files[1]} is damaged and was set aside as {files[1].name}.damaged" in lines[0]
    assert replay.case_files() == [files[0], files[2]]
    lines.clear()
    assert len(replay.read_cases(lines.append)) == 2
    assert lines == []


def test_a_damaged_case_alone_is_one_clear_error(record):
    file = several(record, 1)[0]
    file.write_bytes(b"garbage " * 2000)
    with pytest.raises(InputError, match=r"case-.*\.h5 is damaged and was set aside .* learning goes on without it"):
        replay.read_case(file)


def test_a_case_that_vanishes_or_cannot_be_opened_is_left_out(record, monkeypatch):
    files, lines = several(record), []
    gone = [files[0], files[0].with_name("case-gone.h5"), files[1]]
    monkeypatch.setattr(replay, "case_files", lambda: gone)
    assert [case.file for case in replay.read_cases(lines.append)] == files[:2]
    assert lines == []

    def refuse(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(replay.h5py, "File", refuse)
    assert replay.read_cases(lines.append) == []
    assert [line.partition(" cannot")[2] for line in lines] == [" be read now (Too many open files)"] * 3
    assert all(file.exists() for file in files)


def test_random_damage_never_raises_anything_else(record):
    chance = random.Random(3)
    content = several(record, 1)[0].read_bytes()
    for _ in range(150):
        file, damaged = replay.replay_folder() / "case-damaged.h5", bytearray(content)
        for at in chance.choices(range(len(content)), k=chance.randint(1, 30)):
            damaged[at] = chance.randrange(256)
        file.write_bytes(damaged)
        lines = []
        assert len(replay.read_cases(lines.append)) + len(lines) == 2, lines
