"""The walk of docs/walk.md leads where it says, with a picture of each step; its report needs no network."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from docs import walk
from docs.screenshots import FOLDER
from tests.pages.conftest import serious_violations

LARGEST_BYTES = 120_000
DOCS = Path(walk.__file__).parent
PICTURE = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")


def test_every_picture_of_the_walk_is_there_and_small():
    named = [DOCS / path for path in PICTURE.findall((DOCS / "walk.md").read_text(encoding="utf-8"))]
    assert sorted(named) == sorted(FOLDER.glob("walk-*.webp"))
    assert all(2000 < file.stat().st_size < LARGEST_BYTES for file in named)


def test_every_picture_and_link_of_the_readme_is_there():
    text = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    named = [path for path in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if ":" not in path]
    assert len(named) > 5
    assert [path for path in named if not (DOCS.parent / path).is_file()] == []


@pytest.mark.slow
def test_the_walk_leads_from_the_first_page_to_a_report_that_opens_without_a_network(page: Page, tmp_path):
    seen, asked = [], []

    def look(name: str, reached: Page) -> None:
        seen.append(name)
        if name != "report":
            return
        reached.on("request", lambda request: asked.append(request.url))
        reached.reload()
        assert "Si5Ge7" in reached.locator("body").inner_text()
        assert reached.evaluate("() => [...document.images].map(image => image.naturalWidth > 100)") == [True, True]
        assert serious_violations(reached) == []

    walk.walk(page, tmp_path, look)
    assert seen == ["start", "stack", "atom", "read", "report"]
    assert asked[0].startswith("file:")
    assert all(url.startswith(("file:", "data:")) for url in asked), asked
