"""Which addresses and hosts the server answers to: a page that is none is not found, another host is refused."""

import os
from urllib.parse import urlsplit

from dash import Dash, page_registry
from dash.exceptions import DependencyException
from flask import Response, request

from core.errors import InputError

HOSTS = "BANDLOOM_HOSTS"
"""Environment variable: names that the server may be asked by, with commas between them; * for any."""

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def guard_addresses(app: Dash) -> None:
    """Refuse requests to another host with status 400, and give the app's not-found page status 404."""

    @app.server.before_request
    def check_host() -> None:
        host, allowed = request.environ.get("HTTP_HOST", ""), allowed_hosts()
        if "*" not in allowed and not _trusted(host, allowed):
            raise InputError(
                f"This server is not asked by the name {host[:80]!r}; allowed are {', '.join(allowed)}. Add names "
                f"by {HOSTS} where it is started"
            )

    @app.server.errorhandler(DependencyException)
    def no_such_script(_: DependencyException) -> tuple[str, int]:  # Dash lets it end as status 500
        return "Not found", 404

    @app.server.after_request
    def say_not_found(response: Response) -> Response:
        if request.endpoint == _catchall(app) and response.status_code == 200 and not _is_page(app, request.path):
            response.status_code = 404
        return response


def allowed_hosts() -> tuple[str, ...]:
    """Names that the server may be asked by: loopback, the bound HOST, and those of BANDLOOM_HOSTS."""
    bound = os.environ.get("HOST", "").strip()
    named = [name.strip() for name in os.environ.get(HOSTS, "").split(",")]
    own = [f"[{bound}]" if ":" in bound else bound] if bound not in ("", "0.0.0.0", "::") else []
    return tuple(dict.fromkeys(name for name in (*LOOPBACK, *own, *named) if name))


def _trusted(host: str, allowed: tuple[str, ...]) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in {urlsplit(f"//{one}").hostname for one in allowed}


def _is_page(app: Dash, path: str) -> bool:
    inside = app.strip_relative_path(path) or ""
    pages = {page["path"].strip("/") for page in page_registry.values() if "not_found" not in page["module"]}
    return inside.strip("/") in pages


def _catchall(app: Dash) -> str:
    return f"{app.config.routes_pathname_prefix}<path:path>"
