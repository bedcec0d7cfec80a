"""A served app and a headless Chromium, for the browser tests, the screenshots and the page benchmarks.

The pages' content policy lets `wait_for_function` take functions, `() => …`, and no bare expressions.
"""

import logging
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

FLAGS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    # WebGL drawn in software, for the 3D view alone: pages put together that way cost a fifth of a core even at rest.
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
)


@contextmanager
def served_app() -> Iterator[str]:
    """The address of the app on a free local port; BANDLOOM_CACHE must be set before."""
    if "BANDLOOM_CACHE" not in os.environ:
        raise RuntimeError(
            "Set BANDLOOM_CACHE to a temporary folder first: this server must not touch the user's cache"
        )
    from app import server

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    listener = make_server("127.0.0.1", 0, server, threaded=True)
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}"
    finally:
        listener.shutdown()
        thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium without windows, which is the lighter one, or with them; else Playwright's own."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


_VIOLATION_WATCH = (
    "addEventListener('securitypolicyviolation', event => console.error("
    "'policy violation:', event.effectiveDirective, event.blockedURI, event.sourceFile, event.lineNumber))"
)


class Complaints:
    """What a page must not do: log errors, raise, fail a request, ask another host, break its content policy.

    `allow("text")` lets complaints pass that contain the text.
    """

    def __init__(self, context: BrowserContext, base_url: str):
        self._host = urlsplit(base_url).netloc
        self._allowed: list[str] = []
        self._found: list[str] = []
        context.add_init_script(_VIOLATION_WATCH)  # violations that a page catches show nowhere else
        context.on("console", lambda message: message.type == "error" and self._add(f"console: {message.text}"))
        context.on("weberror", lambda error: self._add(f"page error: {error.error.stack or error.error}"))
        context.on("request", lambda request: self._check_host(request.url))
        context.on("response", lambda reply: reply.status >= 400 and self._add(f"status {reply.status}: {reply.url}"))

    def allow(self, text: str) -> None:
        """Let complaints pass that contain `text`."""
        self._allowed.append(text)

    def remaining(self) -> list[str]:
        """All complaints that are not allowed."""
        return [found for found in self._found if not any(text in found for text in self._allowed)]

    def forget(self) -> None:
        """What was found and what was allowed."""
        self._allowed.clear()
        self._found.clear()

    def _add(self, complaint: str) -> None:
        self._found.append(complaint)

    def _check_host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self._host:
            self._add(f"request to another host: {url}")


_AT_REST = """
(milliseconds) => {
  const store = window.store?.getState();
  const { stored, completed, ...open } = store?.callbacks ?? {};
  const busy = !stored || store.isLoading || Object.values(open).some((calls) => calls.length)
    || document.readyState !== "complete" || document.fonts.status === "loading"
    || [...document.images].some((image) => image.loading !== "lazy" && !image.complete)
    || document.querySelector("[data-dash-is-loading=true]");
  if (busy || !window.restingSince) window.restingSince = busy ? 0 : performance.now();
  return window.restingSince > 0 && performance.now() - window.restingSince >= milliseconds;
}
"""
REST_MS = 250
"""Longer than the pages' own timers, which start callbacks a moment after the last one."""


def settled(page: Page) -> None:
    """Wait until the shell stands, the page's content is there, no callback runs and the fonts are loaded."""
    page.locator("main h1").first.wait_for()
    page.evaluate("() => { window.restingSince = 0; }")
    page.wait_for_function(_AT_REST, arg=REST_MS, polling=50)
