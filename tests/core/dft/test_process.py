"""What a worker that ends early, or cannot start, is told as."""

import sys

import pytest

import core.dft.bulk as bulk
import core.dft.calculation as calculation
from core.cli.main import main
from core.dft.calculation import obstacle, solve_apart
from core.electronic.kpath import build_path
from core.errors import InputError
from core.structure.sample import Sample

ENDINGS = {
    "kill -9 $$": "signal 9 ended its process",
    "exit 3": "its process ended with status 3",
    "echo Traceback >&2; echo 'ValueError: no' >&2; exit 1": "failed: ValueError: no",
}
SILICON = Sample("Si2", "Si").crystal()


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """A Python that does what a shell is told instead, where GPAW seems to be installed."""

    def become(text):
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))

    for module in (bulk, calculation):
        monkeypatch.setattr(module, "is_installed", lambda: True, raising=False)
    return become


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_worker_that_ends_early_is_one_line(ending, worker, capsys):
    worker(ending)
    path = build_path(SILICON, "G-X", 3)
    with pytest.raises(InputError, match=ENDINGS[ending]):
        solve_apart(SILICON, path.k_reduced, path.direction)
    assert main(["dft-bulk", "--write"]) == 2
    assert ENDINGS[ending] in capsys.readouterr().err


def test_a_worker_that_cannot_start_is_one_line(worker, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    with pytest.raises(InputError, match="cannot be started"):
        bulk.bulk_document()


def test_size_is_told_before_what_is_not_installed(monkeypatch):
    """Nobody builds GPAW to learn that a crystal is too large for it."""
    monkeypatch.setattr(calculation, "is_installed", lambda: False)
    assert "at most 24 atoms" in obstacle(Sample("Si20Ge20", "Si").crystal())
    assert "make install-dft" in obstacle(SILICON)


def test_the_command_beside_an_installed_package_needs_no_checkout(monkeypatch, tmp_path):
    monkeypatch.setattr(calculation, "is_installed", lambda: False)
    monkeypatch.setattr(calculation, "PROJECT", tmp_path)
    told = obstacle(SILICON)
    assert "make" not in told
    assert f"'{sys.executable}' -m pip install 'bandloom[dft]'" in told
    assert "/core/dft/siteconfig.py" in told
