"""Damaged and hostile files by every way in: read, or refused in one line, and never more than the limits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import InputError
from core.experiment.readers import read_images
from core.sandbox import LIMITS
from core.structure.files import read_structure
from tests.core.cli.test_command_line import assert_refused, run
from tests.core.experiment.hostile import FILES, black_png, declared, virtual
from tests.core.fuzz import STRUCTURES, damaged_files

ROOT = Path(__file__).resolve().parents[2]


def in_a_process(*arguments: str) -> str:
    """What a Python of its own prints."""
    ended = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, env=os.environ)
    assert ended.returncode == 0, ended.stderr[-1000:]
    return ended.stdout


@pytest.mark.parametrize("kind", FILES)
def test_hostile_files_are_refused_in_one_line(kind):
    make, words = FILES[kind]
    with pytest.raises(InputError, match=words) as caught:
        read_images(make(), "upload")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_hundreds_of_damaged_files_are_read_or_refused():
    found = json.loads(in_a_process("-m", "tests.core.fuzz", "560", "20260727"))
    assert found["failed"] == []
    assert found["read"] + len(found["refused"]) == 560
    assert found["read"] > 20
    assert len(found["refused"]) > 200
    assert all(0 < len(line) <= 600 and "\n" not in line for line in found["refused"])
    assert found["slowest"] < LIMITS.work_seconds
    assert found["grown_kb"] < LIMITS.memory_bytes / 1024


@pytest.mark.parametrize(("name", "content"), list(damaged_files(28, 3)), ids=lambda part: str(part)[:12])
def test_damaged_files_apart(name, content):
    assert "\n" not in outcome_of(read_structure if name in STRUCTURES else read_images, content, name)


def outcome_of(read, content: bytes, name: str) -> str:
    """`read`, or what refused the file."""
    try:
        return "read" if read(content, name) else ""
    except InputError as error:
        return str(error)


PEAK = """
import resource, sys
from pathlib import Path
import xarray
from core.errors import InputError
from core.experiment.readers import read_images
content = Path(sys.argv[1]).read_bytes()
idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    images = read_images(content)
    print("read", len(images), end=" ")
except InputError:
    print("refused", 0, end=" ")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.parametrize(
    ("make", "outcome"),
    [
        (lambda: declared((64, 512, 512), ("T", "Kinetic Energy", "Y-Scale")), "refused"),
        (lambda: black_png(4096, 3072), "refused"),
        (lambda: virtual("hv"), "refused"),
    ],
    ids=["zeros", "picture", "virtual"],
)
def test_memory_of_who_asks_stays_small(tmp_path, make, outcome):
    file = tmp_path / "upload"
    file.write_bytes(make())
    said, _, asking, reading = in_a_process("-c", PEAK, str(file)).split()
    assert said == outcome
    assert int(asking) < 24 * 1024
    assert int(asking) + int(reading) < 512 * 1024


@pytest.mark.parametrize("command", ["infer", "loop"])
@pytest.mark.parametrize("kind", ["virtual photon energy", "torn NumPy header", "many slices"])
def test_command_line_refuses(command, kind, tmp_path, capsys):
    make, words = FILES[kind]
    file = tmp_path / "upload.dat"
    file.write_bytes(make())
    assert_refused(run([command, file], capsys), words.split("'")[0].split(":")[0])


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe" * 50, b'2\nLattice="3 0 0 0 3 0 0 0 3" Properties=x:R:9\nSi 0 0 0\nSi 1 1 1\n', b"9" * 5000],
    ids=["bytes", "columns", "digits"],
)
def test_command_line_refuses_structures(content, tmp_path, capsys):
    file = tmp_path / "crystal.xyz"
    file.write_bytes(content)
    assert_refused(run(["bands", file, "--json"], capsys), "crystal.xyz")
