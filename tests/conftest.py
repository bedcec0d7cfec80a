"""One server and one browser for the whole run, an empty page for every test."""

import os
import tempfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

CACHE = tempfile.TemporaryDirectory(prefix="bandloom-test-")
os.environ["BANDLOOM_LOOP_SECONDS"] = "2"
os.environ["BANDLOOM_CACHE"] = CACHE.name  # before anything imports the app

import app  # noqa: E402, F401  (pages can be imported only after it)
from tests.browser import chromium, served_app  # noqa: E402
from tests.kept_pages import TIMEOUT_MS, KeptPages, new_page  # noqa: E402
from tests.loops import files_of_a_finished_run, run_with  # noqa: E402

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    with served_app() as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as instance:
        yield instance


@pytest.fixture(scope="session")
def kept_pages(browser: Browser, server_url: str) -> Iterator[KeptPages]:
    pages = KeptPages(browser, server_url)
    yield pages
    pages.close()


@pytest.fixture
def context_options() -> dict:
    """Options of the browser context; override by parametrising, e.g. {"color_scheme": "dark"}."""
    return {}


@pytest.fixture
def page(request: pytest.FixtureRequest, context_options: dict) -> Iterator[Page]:
    """An empty page at 1280 x 900; the test fails when the page complains (`page.complaints.allow(text)` permits).

    It is one that other tests used, with its caches warm, unless the test is marked with `own_page`.
    """
    if request.node.get_closest_marker("own_page"):
        page = new_page(request.getfixturevalue("browser"), request.getfixturevalue("server_url"), context_options)
        yield page
        page.context.close()
        assert page.complaints.remaining() == []
        return
    failed = request.session.testsfailed
    with request.getfixturevalue("kept_pages").lent(context_options) as page:
        yield page
        page.spoiled = request.session.testsfailed > failed
    assert page.complaints.remaining() == []


@pytest.fixture(scope="session")
def finished_files() -> dict[str, bytes]:
    return files_of_a_finished_run()


@pytest.fixture(scope="module")
def finished_run(finished_files: dict[str, bytes]) -> str:
    """A finished run of the loop on the first example, of this module's own."""
    return run_with(finished_files)
