"""One server and one browser for the whole run, a fresh context for every test."""

import os
import tempfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

CACHE = tempfile.TemporaryDirectory(prefix="bandloom-test-")
os.environ["BANDLOOM_LOOP_SECONDS"] = "4"
os.environ["BANDLOOM_CACHE"] = CACHE.name  # before anything imports the app

import app  # noqa: E402, F401  (pages can be imported only after it)
from tests.browser import Complaints, chromium, served_app  # noqa: E402

expect.set_options(timeout=20_000)  # as long as the page's own; a busy machine starts a background job in seconds


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    with served_app() as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as instance:
        yield instance


@pytest.fixture
def context_options() -> dict:
    """Options of the browser context; override by parametrising, e.g. {"color_scheme": "dark"}."""
    return {}


@pytest.fixture
def page(browser: Browser, server_url: str, context_options: dict) -> Iterator[Page]:
    """A fresh page at 1280 x 900; the test fails when the page complains (`page.complaints.allow(text)` permits)."""
    options = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "reduced_motion": "reduce"}
    context = browser.new_context(base_url=server_url, **(options | context_options))
    context.set_default_timeout(20_000)
    complaints = Complaints(context, server_url)
    page = context.new_page()
    page.complaints = complaints
    yield page
    context.close()
    assert complaints.remaining() == []
