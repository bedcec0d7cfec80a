"""The package: one version, one command, the files that belong to it."""

import os
import shutil
import subprocess
import sys
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


ALONE = """
import app, dash, pathlib, core
from components.interpret.report import report_page
from core.sessions.readings import EXAMPLES, interpreted, uploaded_reading
assert pathlib.Path(core.__file__).is_relative_to(pathlib.Path.cwd()), core.__file__
client = app.server.test_client()
for page in dash.page_registry.values():
    layout = page["layout"]
    assert (layout() if callable(layout) else layout) is not None
    assert client.get(page["path"]).status_code in (200, 404)
assert client.get("/healthz").json["weights"] == "sound"
assert client.get("/assets/interpret.js").status_code == 200
reading = uploaded_reading((EXAMPLES / "sharp.nc").read_bytes(), "mine.nc")
print(len(report_page(reading, interpreted(reading))))
"""


def test_what_the_wheel_holds_serves_pages_and_reads_images_alone(tmp_path):
    for name in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]:
        source, target = ROOT / name, tmp_path / "site" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "BANDLOOM_CACHE")}
    environment |= {"BANDLOOM_CACHE": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", ALONE],
        cwd=tmp_path / "site",
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert int(ended.stdout.split()[-1]) > 10_000


def test_the_image_has_what_it_starts_with_and_never_runs_as_root():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users
    assert users[-1] not in ("root", "0")
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert any("/healthz" in line for line in lines)
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    needed = {"app.py", "gunicorn.conf.py", "requirements.txt", "constraints.txt"}
    assert needed | set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"][:6]) <= sent
    assert all((ROOT / name).exists() for name in sent)


def test_citation_and_changelog_are_of_the_version():
    assert f"version: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{__version__}]" in changelog or "## [Unreleased]" in changelog
