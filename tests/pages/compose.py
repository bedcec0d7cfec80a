"""The Compose page as tests drive it: open it, act, wait for the picture of that act, read it."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser import settled

GRAPH = "document.querySelector('#compose-spectrum .js-plotly-plot')"


def drawn(page: Page) -> int:
    return int(page.locator("#compose-picture").get_attribute("data-drawn") or 0)


def wait_for_drawing(page: Page, after: int) -> None:
    page.wait_for_function(
        "count => Number(document.getElementById('compose-picture')?.dataset.drawn || 0) > count", arg=after
    )


@contextmanager
def redrawn(page: Page) -> Iterator[None]:
    """Do inside what changes the picture once; after it the new picture is painted."""
    count = drawn(page)
    yield
    wait_for_drawing(page, count)


def open_compose(page: Page, query: str = "?stack=Si2Ge2&substrate=Si", engine: str = "exact") -> None:
    """Open a link with the picture of one engine and of an atom, unless the link names its own."""
    if query and "view=" not in query:
        query += "&view=atom"
    if "engine=" not in query:
        query = f"{query}&engine={engine}" if query else f"?engine={engine}"
    page.goto(f"/compose{query}")
    wait_for_drawing(page, 0)
    settled(page)


def choose_atom(page: Page, atom: int) -> None:
    with redrawn(page):
        page.locator(f".thumbnail[data-atom='{atom}']").click()


def map_values(page: Page) -> np.ndarray:
    """(energy, k) as the browser draws it."""
    return np.array(page.evaluate(f"() => Array.from({GRAPH}._fullData[0].z, row => Array.from(row))"))


def press(page: Page, slider: str, key: str) -> None:
    thumb = page.locator(f"#compose-{slider} [role=slider]")
    expect(thumb).to_be_visible()  # what is hidden takes no focus, and says nothing
    thumb.focus()
    thumb.press(key)


def link_of(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
