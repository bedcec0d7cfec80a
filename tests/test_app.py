import base64
import contextlib
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from app import REQUEST_LIMIT_BYTES, server
from components.ids import Ids
from components.theme import COLOURS, css_variables
from core import __version__

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def client():
    return server.test_client()


def test_health(client):
    reply = client.get("/healthz")
    assert reply.status_code == 200
    assert reply.json == {"status": "ok", "version": __version__, "weights": "sound"}


def test_health_says_which_weights_are_damaged(client, monkeypatch, tmp_path):
    monkeypatch.setattr("core.learning.weights.SHIPPED_FILES", (tmp_path / "path.npz",))
    reply = client.get("/healthz")
    assert reply.status_code == 503
    assert reply.json["status"] == "damaged"
    assert "path.npz" in reply.json["weights"]


@pytest.mark.parametrize("command", [["app.py"], ["-m", "gunicorn", "app:server"]], ids=" ".join)
def test_damaged_weights_stop_the_start_with_one_line(command, tmp_path):
    for name in ("core", "components"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("app.py", "gunicorn.conf.py"):
        shutil.copy(ROOT / name, tmp_path)
    weights = tmp_path / "core" / "forward" / "weights" / "cuts.npz"
    weights.write_bytes(weights.read_bytes()[:-1])
    environment = os.environ | {"BANDLOOM_CACHE": str(tmp_path / "cache"), "PORT": "0"}
    ended = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 2
    assert re.fullmatch(r"Bandloom does not start: .*cuts\.npz are damaged.*\n", ended.stderr)
    assert ended.stdout == ""


def test_document_head(client):
    text = client.get("/").text
    assert '<html lang="en">' in text
    assert re.search(r'<meta name="description" content="[^"]{40,}"', text)
    assert "<title>Bandloom</title>" in text
    assert "favicon.svg" in text
    assert text.index("data-mantine-color-scheme") < text.index("</head>")  # the scheme is set before the first paint


def test_security_headers(client):
    for path in ("/", "/healthz", "/assets/favicon.svg", "/missing"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "Referrer-Policy" in headers
        assert "http" not in headers["Content-Security-Policy"]


def test_policy_lets_no_text_become_code_and_names_each_inline_script(client):
    reply = client.get("/")
    policy = dict(part.split(" ", 1) for part in reply.headers["Content-Security-Policy"].split("; "))
    inline = re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>(.*?)</script>", reply.text, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline]
    assert policy["script-src"].split() == ["'self'", *(f"'sha256-{value}'" for value in hashes)]
    assert "unsafe" not in policy["default-src"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/compose",
        "/compose/",
        "/compare?part=growth",
        "/interpret?example=sharp",
        "/loop",
        "/learn?tour=atom",
        "/methods",
    ],
)
def test_pages_are_found(client, path):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/missing", "/compose/x", "/404", "/a/b/c", "/Compose", "/%00", "/_dash-x", "/%ff"])
def test_other_addresses_are_not_found(client, path):
    reply = client.get(path)
    assert reply.status_code == 404
    assert "react-entry-point" in reply.text  # the app's own page says so


@pytest.mark.parametrize(
    "path", ["/assets/missing.css", "/assets/../app.py", "/assets/%2e%2e/app.py", "/static/app.py"]
)
def test_other_files_are_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["../../app.py", "dash/../../../../etc/passwd", "dash/none.js", "x/y.js"])
def test_other_scripts_are_not_found(client, path, caplog):
    assert client.get(f"/_dash-component-suites/{path}").status_code == 404
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8050", "[::1]:8050", "LOCALHOST:80"])
def test_loopback_names_are_answered(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.org", "127.0.0.1@evil.org", "[::1", "10.0.0.5", ""])
@pytest.mark.parametrize("path", ["/", "/healthz", "/assets/favicon.svg"])
def test_other_hosts_are_refused_with_a_sentence(client, host, path):
    reply = client.get(path, headers={"Host": host})
    assert reply.status_code == 400
    assert "BANDLOOM_HOSTS" in reply.json["error"]


def test_hosts_are_named_by_the_environment(client, monkeypatch):
    ask = lambda host: client.get("/healthz", headers={"Host": host}).status_code  # noqa: E731
    monkeypatch.setenv("HOST", "10.0.0.5")
    monkeypatch.setenv("BANDLOOM_HOSTS", "bands.example.org, other.example")
    assert [ask(host) for host in ("10.0.0.5:8050", "bands.example.org", "other.example:443")] == [200] * 3
    assert ask("third.example") == 400
    monkeypatch.setenv("BANDLOOM_HOSTS", "*")
    assert ask("third.example") == 200


def test_too_large_request_is_refused(client):
    reply = client.post(
        "/_dash-update-component", data=b"0" * (REQUEST_LIMIT_BYTES + 1), content_type="application/json"
    )
    assert reply.status_code == 413


def test_documents_and_styles_name_no_other_host(client):
    document = client.get("/").text
    sheets = re.findall(r'href="(/[^"]+\.css[^"]*)"', document)
    assert len(sheets) >= 3
    for text in (document, *(client.get(sheet).text for sheet in sheets)):
        hosts = set(re.findall(r"""(?:src|href|url|import)\s*[=(]?\s*["']?(?:https?:)?//([^/"')\s]+)""", text))
        assert hosts <= {"localhost"}


def test_heavy_library_is_served_but_not_loaded_everywhere(client):
    assert not re.search("<script[^>]*3Dmol", client.get("/").text)
    assert client.get("/assets/vendor/3Dmol-min.js").status_code == 200


def test_colours_have_the_same_roles_in_both_schemes():
    assert COLOURS["light"].keys() == COLOURS["dark"].keys()
    assert css_variables().count("--bl-accent:") == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "surface", "raised"])
@pytest.mark.parametrize("ink", ["text", "muted", "accent", "error"])
def test_text_contrast(scheme, ground, ink):
    darker, lighter = sorted(luminance(COLOURS[scheme][name]) for name in (ground, ink))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_ids_carry_their_page():
    ids = Ids("compose")
    assert ids("stack-field") == "compose-stack-field"
    assert ids.item("atom", 3) == {"type": "compose-atom", "index": 3}
    for bad in ("a.b", "A", "", "two words", "-x"):
        with pytest.raises(ValueError, match="no id"):
            ids(bad)


def test_gunicorn_starts(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "app:server", "--bind", f"127.0.0.1:{port}", "--threads", "2"],
            cwd=ROOT,
            env=os.environ | {"BANDLOOM_CACHE": str(tmp_path)},
            stdout=output,
            stderr=output,
        )
    try:
        assert json.loads(answer(f"http://127.0.0.1:{port}/healthz", process, log))["status"] == "ok"
        assert "react-entry-point" in answer(f"http://127.0.0.1:{port}/", process, log)
    finally:
        process.terminate()
        process.wait(timeout=20)


def answer(url: str, process: subprocess.Popen, log: Path, patience: float = 60.0) -> str:
    """The text at `url`, asked again while the server is starting."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as reply:
                return reply.read().decode()
        except OSError:  # refused, or no answer in time
            process_pause(process)
    raise AssertionError(f"no answer from {url}:\n{log.read_text()}")


def process_pause(process: subprocess.Popen) -> None:
    """Wait a moment, or until the process ends."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=0.1)
