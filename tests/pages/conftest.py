import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser import settled

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}

SHIFT_WATCH = (
    "window.shift = 0; new PerformanceObserver(list => {"
    " for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;"
    "}).observe({type: 'layout-shift', buffered: true})"
)
"""Script that adds up in window.shift how far what is in sight moves by itself."""


@pytest.fixture
def opened(page):
    """Open a path and wait until the page rests: opened("/methods")."""

    def open_path(path: str) -> Page:
        page.goto(path)
        settled(page)
        return page

    return open_path


def serious_violations(page: Page) -> list[str]:
    """Accessibility violations that axe calls serious or critical, with where they are."""
    found = Axe().run(page).response["violations"]
    return [
        f"{entry['id']}: {node['target']} {node.get('failureSummary', '')}"
        for entry in found
        if entry["impact"] in ("serious", "critical")
        for node in entry["nodes"]
    ]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
