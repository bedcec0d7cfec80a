"""Bandloom's Dash app: `python app.py`, or `gunicorn app:server`."""

import ctypes
import os
import sys
from functools import cache

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before NumPy: requests run beside each other
    os.environ.setdefault(_threads, "1")

from dash import Dash
from flask import Flask, Response, jsonify

from components import shell
from components.addresses import guard_addresses
from components.jobs import celery_workers, name_user
from components.requests import guard_callbacks
from components.translation.answers import translate_answers
from components.translation.languages import languages
from core import __version__
from core.errors import InputError
from core.experiment.readers import UPLOAD_LIMIT_BYTES
from core.learning.weights import WeightsError, weights_fault

REQUEST_LIMIT_BYTES = UPLOAD_LIMIT_BYTES * 11 // 8
"""Of one request: the largest file as text in base 64, and what goes with it."""
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # of glibc's malloc.h
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


def content_policy(dash: Dash) -> str:
    """The Content-Security-Policy: nothing from another host, no text made code, inline scripts by their hash."""
    directives = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", shell.EARLY_SCRIPT_HASH, *dash.csp_hashes()]),
        "style-src": "'self' 'unsafe-inline'",  # Mantine and plotly write <style> elements and style attributes
        "img-src": "'self' data: blob:",  # Compose's small maps are data; plotly saves a figure through a blob
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def return_freed_memory() -> None:
    """Let glibc give the arrays of finished requests back to the system: few arenas, large blocks mapped one by one."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        for option, value in ((M_ARENA_MAX, 2), (M_MMAP_THRESHOLD, 256 * 2**10)):
            mallopt(option, value)


def create_server() -> Flask:
    """The Flask server: /healthz, and a limit on what is sent to it."""
    flask = Flask(__name__)
    flask.config["MAX_CONTENT_LENGTH"] = REQUEST_LIMIT_BYTES

    @flask.get("/healthz")
    def health() -> tuple[Response, int]:
        fault = weights_fault()
        status = "damaged" if fault else "ok"
        left_out = {"languages": languages().faults} if languages().faults else {}
        return jsonify(status=status, version=__version__, weights=fault or "sound", **left_out), 503 if fault else 200

    @flask.errorhandler(InputError)
    def refuse(error: InputError) -> tuple[Response, int]:
        return jsonify(error=str(error)), 503 if isinstance(error, WeightsError) else 400

    flask.after_request(name_user)
    return flask


def send_security_headers(dash: Dash) -> None:
    """Put security headers on every answer."""
    policy = cache(lambda: content_policy(dash))  # from the first answer on: Dash adds a script for pages before it

    @dash.server.after_request
    def secure(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy())
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def create_app() -> Dash:
    """The Dash app with all its pages, warmed up."""
    return_freed_memory()
    dash = Dash(
        __name__,
        server=create_server(),
        use_pages=True,
        suppress_callback_exceptions=True,  # a page's callbacks name components that other pages do not have
        title="Bandloom",
        description="From layers of silicon and germanium to what each atom adds to the electronic bands, and back.",
        update_title=None,
        serve_locally=True,
        assets_ignore=r"3Dmol-min\.js",  # heavy: the page that draws in 3D loads it
    )
    dash.index_string = shell.index_string(dash)
    dash.layout = shell.layout
    shell.register_callbacks(dash)
    guard_addresses(dash)
    guard_callbacks(dash)
    translate_answers(dash)
    send_security_headers(dash)
    # A threaded server answers its first concurrent requests for scripts with 500 (plotly/dash issue 3971).
    dash.server.test_client().get("/")
    return dash


def check_weights() -> None:
    """End the start where the shipped weights are not sound: one line, status 2."""
    if fault := weights_fault():
        print(f"Bandloom does not start: {fault}", file=sys.stderr)
        # 4 is by what a worker tells gunicorn not to start it again and again; gunicorn.conf.py looks before that.
        sys.exit(2 if __name__ == "__main__" else 4)


def report_languages() -> None:
    """Say which language files are left out, whole or in part; the server starts all the same."""
    for file, fault in languages().faults.items():
        print(f"Bandloom: language file {file}: {fault}", file=sys.stderr)


check_weights()
report_languages()
app = create_app()
server = app.server
celery_app = getattr(celery_workers(), "app", None)
"""For Celery's workers, where REDIS_URL is set."""

if __name__ == "__main__":
    app.run(host=os.environ.get("HOST", "127.0.0.1"), port=os.environ.get("PORT", "8050"), debug=False)
