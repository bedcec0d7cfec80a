"""Every page, light and dark, wide and narrow, into docs/screenshots: `make screenshots`."""

import argparse
import io
import os
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from dash import page_registry
from PIL import Image
from playwright.sync_api import Browser

from tests.browser import chromium, served_app, settled

FOLDER = Path(__file__).with_name("screenshots")
WIDTHS = {1280: 900, 390: 844}
DESIGN = {"targets": "gap=0.75..0.85, hhlh>0.05", "longest": "6"}
SHOWN = {"/interpret": "?example=sharp", "/compare": "?part=pair", "/design": f"?{urlencode(DESIGN)}"}
"""What a page shows in its picture, where it starts empty."""

PATIENCE_MS = 120_000
QUALITY = 80
"""Of WebP: small letters stay sharp."""

FULL_PAGE_LIMIT = 2600
"""Pixels of height; a longer page is shown down to here."""


def take(browser: Browser, base_url: str, path: str, name: str, folder: Path = FOLDER) -> list[Path]:
    """Four pictures of one page: NAME-SCHEME-WIDTH.webp."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for scheme in ("light", "dark"):
        for width, height in WIDTHS.items():
            page = browser.new_page(
                base_url=base_url,
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            page.set_default_timeout(PATIENCE_MS)
            page.goto(path)
            settled(page)
            if "?" in path:
                page.locator(".heatmaplayer image").first.wait_for(state="attached")
            full = page.evaluate("document.documentElement.scrollHeight")
            taken = page.screenshot(
                animations="disabled",
                full_page=True,
                clip={"x": 0, "y": 0, "width": width, "height": min(full, FULL_PAGE_LIMIT)},
            )
            files.append(save(taken, folder / f"{name}-{scheme}-{width}.webp"))
            page.close()
    return files


def save(taken: bytes, file: Path) -> Path:
    """A PNG kept as WebP; returns the file."""
    Image.open(io.BytesIO(taken)).convert("RGB").save(file, quality=QUALITY, method=6)
    return file


def finished_run() -> str:
    """The id of a run of the loop that is over."""
    from components.loop.start import run_on
    from core.sessions import runs
    from core.sessions.readings import first_reading

    run = run_on((first_reading("example-sharp"),))
    runs.work(run)
    return run


def search_designs() -> None:
    """What the picture of Design asks for, found."""
    from components.design.controls import linked
    from core.sessions.designs import work_on

    work_on(linked(DESIGN)[0], lambda fraction, note: None)


def main() -> None:
    """All registered pages, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="of pages, such as loop; all where none is given")
    names = parser.parse_args().names
    with tempfile.TemporaryDirectory() as cache:
        os.environ["BANDLOOM_CACHE"] = cache
        shown = dict(SHOWN)
        if not names or "loop" in names:
            shown["/loop"] = f"?run={finished_run()}"
        if not names or "design" in names:
            search_designs()
        with served_app() as url, chromium() as browser:
            for registered in page_registry.values():
                name = registered["relative_path"].strip("/").replace("/", "-") or "home"
                if "not_found" not in registered["module"] and (not names or name in names):
                    for file in take(
                        browser, url, registered["relative_path"] + shown.get(registered["relative_path"], ""), name
                    ):
                        print(file.relative_to(FOLDER.parent.parent))


if __name__ == "__main__":
    main()
