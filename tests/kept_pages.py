"""Pages that one test after the other uses, each time as empty as a new one.

A new context compiles all scripts anew, half of what opening a page costs; a page that stays keeps them compiled.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from tests.browser import Complaints

DEFAULTS = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "reduced_motion": "reduce"}
TIMEOUT_MS = 20_000  # a busy machine starts a background job in seconds
DEAD_PAGE = "/assets/favicon.svg"
"""Of the same origin, and runs no script."""

LASTING = (
    "add_cookies", "add_init_script", "add_locator_handler", "emulate_media", "expose_binding", "expose_function",
    "grant_permissions", "new_page", "on", "once", "route", "route_from_har", "route_web_socket",
    "set_default_navigation_timeout", "set_default_timeout", "set_extra_http_headers", "set_geolocation",
    "set_offline", "set_viewport_size",
)  # fmt: skip
"""Methods of a page or context whose effect would outlive the test."""


def new_page(browser: Browser, base_url: str, options: dict) -> Page:
    """A page in a context of its own; what it complains about is in `page.complaints`."""
    context = browser.new_context(base_url=base_url, **(DEFAULTS | options))
    context.set_default_timeout(TIMEOUT_MS)
    complaints = Complaints(context, base_url)
    page = context.new_page()
    page.complaints = complaints
    return page


class KeptPages:
    """One page for each set of context options; sets that differ in the colour scheme alone share one."""

    def __init__(self, browser: Browser, base_url: str):
        self._browser, self._base_url = browser, base_url
        self._pages: dict[str, Page] = {}

    @contextmanager
    def lent(self, options: dict) -> Iterator[Page]:
        """The page of these options, emptied afterwards; `page.spoiled = True` has it thrown away instead."""
        options = DEFAULTS | options
        scheme = options.pop("color_scheme")
        page = self._pages.get(repr(options)) or self._opened(options)
        self._pages[repr(options)] = page
        Page.emulate_media(page, color_scheme=scheme)
        page.complaints.forget()
        try:
            yield page
        except BaseException:
            page.spoiled = True
            raise
        finally:
            if page.spoiled:
                self._pages.pop(repr(options)).context.close()
            else:
                self._empty(page)

    def close(self) -> None:
        """Close all pages."""
        while self._pages:
            self._pages.popitem()[1].context.close()

    def _opened(self, options: dict) -> Page:
        page = new_page(self._browser, self._base_url, options)
        page.spoiled = False
        page.devtools = page.context.new_cdp_session(page)
        for target in (page, page.context):
            for method in LASTING:
                if hasattr(target, method):
                    setattr(target, method, _refusal(method))
        return page

    def _empty(self, page: Page) -> None:
        """Take away what a person would leave behind: storage, cookies, history, other tabs, where the mouse is."""
        page.goto(DEAD_PAGE)
        page.evaluate("() => { sessionStorage.clear(); localStorage.clear(); window.name = ''; }")
        for other in page.context.pages:
            if other != page:
                other.close()
        page.context.clear_cookies()
        page.devtools.send("Storage.clearDataForOrigin", {"origin": self._base_url, "storageTypes": "all"})
        page.goto("about:blank")
        page.devtools.send("Page.resetNavigationHistory")
        page.mouse.move(0, 0)


def _refusal(method: str):
    def refuse(*_args, **_kwargs):
        raise RuntimeError(f"{method} would outlive the test: mark it with @pytest.mark.own_page")

    return refuse
