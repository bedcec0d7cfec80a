"""The package: one version, one command, the files that belong to it."""

import tomllib
from pathlib import Path

import pytest

import bandloom
from core import __version__

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def command(monkeypatch, *arguments: str) -> int | str | None:
    """Exit status of `bandloom` in this process."""
    monkeypatch.setattr("sys.argv", ["bandloom", *arguments])
    try:
        return bandloom.main()
    except SystemExit as stop:
        return stop.code


def test_command_says_the_one_version(monkeypatch, capsys):
    assert command(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"Bandloom {__version__}\n"
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "core/__init__.py"
    assert PROJECT["project"]["scripts"]["bandloom"] == "bandloom:main"


def test_errors_name_the_command(monkeypatch, capsys):
    assert command(monkeypatch, "bands", "Sn4", "--substrate", "Si") == 2
    assert capsys.readouterr().err.startswith("bandloom bands: ")
    assert command(monkeypatch, "paint") == 2
    assert capsys.readouterr().err.startswith("bandloom: ")


def test_serve_listens_where_it_is_asked(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr("app.app.run", lambda **options: asked.append(options))
    monkeypatch.setenv("HOST", "0.0.0.0")
    monkeypatch.setenv("PORT", "8123")
    assert command(monkeypatch, "serve") == 0
    assert command(monkeypatch, "serve", "--host", "localhost", "--port", "81") == 0
    assert asked == [
        {"host": "0.0.0.0", "port": 8123, "debug": False},
        {"host": "localhost", "port": 81, "debug": False},
    ]
    assert command(monkeypatch, "serve", "--port", "high") == 2
    assert "--port" in capsys.readouterr().err


@pytest.mark.parametrize("name", PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"])
def test_package_brings_what_there_is(name):
    assert (ROOT / name).exists()


def test_citation_and_changelog_are_of_the_version():
    assert f"version: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{__version__}]" in changelog or "## [Unreleased]" in changelog
