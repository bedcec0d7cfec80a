"""The walk of docs/walk.md, step by step in a browser, with a picture of each: `python -m docs.walk`.

The server starts with an empty cache, so that the walk is what a newcomer meets.
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Page, expect

from docs.screenshots import FOLDER, save
from tests.browser import chromium, served_app, settled

WINDOW = {"width": 1280, "height": 860}
PATIENCE_MS = 60_000
STACK, SUBSTRATE = "[Si2Ge2]3", "Si0.5Ge0.5"


def compose(page: Page) -> Iterator[tuple[str, Page]]:
    """From the first page to a stack of one's own, and to one of its atoms."""
    page.goto("/")
    settled(page)
    yield "start", page
    page.get_by_role("navigation").get_by_role("link", name="Compose").click()
    for name, text in (("stack", STACK), ("substrate", SUBSTRATE)):
        page.locator(f"#compose-{name}").fill(text)
        page.locator(f"#compose-{name}").press("Enter")
    expect(page.locator("#compose-title")).to_contain_text(f"{STACK} on {SUBSTRATE}")
    expect(page.locator("#compose-badge")).to_contain_text("Exact", timeout=PATIENCE_MS)
    settled(page)
    yield "stack", page
    page.locator(".layer[data-atom='1']").click()
    expect(page.locator("#compose-title")).to_contain_text("Atom 2")
    settled(page)
    page.evaluate("() => window.scrollTo(0, 0)")
    yield "atom", page


def read(page: Page, folder: Path) -> Iterator[tuple[str, Page]]:
    """From an example image to what it says, and to its report, which is opened without a network."""
    page.get_by_role("navigation").get_by_role("link", name="Interpret").click()
    page.get_by_role("button", name="Sharp superlattice").click()
    expect(page.locator("#interpret-verdict")).to_contain_text("are known", timeout=PATIENCE_MS)
    expect(page.locator("#interpret-picture .heatmaplayer image").first).to_be_attached()
    settled(page)
    yield "read", page
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Report", exact=True).click()
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    offline = page.context.browser.new_context(offline=True, viewport=WINDOW).new_page()
    offline.goto(file.as_uri())
    yield "report", offline
    offline.context.close()


def walk(page: Page, folder: Path, look: Callable[[str, Page], None]) -> None:
    """All steps, one after the other.

    Args:
        page: an empty page of the served app.
        folder: for the report.
        look: called after each step with its name and the page that it leads to.
    """
    for steps in (compose(page), read(page, folder)):
        for name, reached in steps:
            look(name, reached)


def main() -> None:
    """Write docs/screenshots/walk-NUMBER-NAME.webp."""
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    expect.set_options(timeout=PATIENCE_MS)
    names: list[str] = []

    def look(name: str, page: Page) -> None:
        names.append(name)
        print(save(page.screenshot(animations="disabled"), FOLDER / f"walk-{len(names)}-{name}.webp"))

    with tempfile.TemporaryDirectory() as cache:
        os.environ["BANDLOOM_CACHE"] = cache
        with served_app() as url, chromium() as browser:
            page = browser.new_page(base_url=url, viewport=WINDOW, color_scheme="light", reduced_motion="reduce")
            walk(page, Path(cache), look)


if __name__ == "__main__":
    main()
