"""A visitor who does anything: `python -m docs.random_actions [--actions N] [--seed N] [--page /PATH …]`.

Presses, drags, types, chooses, drops files, goes back, reloads and turns to other pages at random, in one Chromium; a
seed makes the same choices as far as pages answer equally fast. Printed as JSON: how many actions of each kind were
done, and every complaint with the actions before it. A complaint is a logged or raised error, an answer of status 400
or more (which a failed callback is), a request to another host, or a breach of the content policy. Ends with 1 where
there was one.
"""

import argparse
import json
import os
import random
import tempfile
from collections import Counter
from pathlib import Path

from playwright.sync_api import Error, Page

from core.sessions.readings import EXAMPLES
from tests.browser import Complaints, chromium, served_app

PAGES = (
    "/",
    "/compose",
    "/compare",
    "/interpret",
    "/loop",
    "/design",
    "/learn",
    "/methods",
    "/theories",
    "/no-such-page",
)
LINKS = (
    "/compose?stack=Si4Ge4&substrate=Si", "/compose?stack=%5BSi2Ge2%5D3&substrate=Si0.5Ge0.5&view=atom&atom=3",
    "/compare?part=pair&stack=Si2Ge2&substrate2=Ge", "/compare?part=pair&engine=exact&stack=Si6Ge4&so=1",
    "/compare?part=growth&stack=Si2Ge2", "/compare?along=block&low=x", "/compare?stack=Si1Ge1&points=3",
    "/design?targets=gap%3D0.6..1.1&longest=3", "/design?targets=gapp%3Dx&longest=x", "/learn?tour=atom&step=4",
    "/compose?stack=&substrate=x", "/interpret?example=sharp", "/interpret?example=../etc", "/loop?run=nobody",
    "/theories?stack=Si2&substrate=Si&scissor=0", "/theories?stack=x",
)  # fmt: skip
TEXTS = (
    "Si4Ge4", "[Si2Ge2]3", "(Si0.7Ge0.3)6Ge4", "Si4/Ge4 on Ge", "0.55 nm", "", " ", "-1", "1e9", "nan", "380", "0.25",
    "Ω∥💡", "Si" * 300, "<b>x</b>", "../../etc/passwd", "0", "1,5",
)  # fmt: skip
KEYS = ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "Enter", "Escape", "Tab", "Delete")
SIZES = ((1280, 900), (390, 844))
SHOWN = ":visible:not([disabled]):not([aria-disabled=true])"
PRESSED = ("main button", "main [role=tab]", "main summary", "main a[href^='/']", "header button", "[role=option]")
TYPED = ("main input[type=text]", "main input[inputmode]", "main textarea")
DONE_MS = 1500
"""Longer than a press may take: what is covered or gone by then is passed over."""

LAST = 8
"""Actions named with a complaint."""


class Visitor:
    """One page, and what is done on it."""

    def __init__(
        self, page: Page, complaints: Complaints, url: str, seed: int, starts: tuple[str, ...], files: list[Path]
    ):
        self.page, self.complaints, self.url, self.starts, self.files = page, complaints, url, starts, files
        self.random, self.done, self.log, self.faults = random.Random(seed), Counter(), [], []
        page.set_default_timeout(DONE_MS)
        page.on("dialog", lambda dialog: dialog.accept())

    def act(self) -> None:
        """One action, or none where nothing of its kind is shown."""
        kinds = {
            self.press: 10, self.slide: 8, self.type: 5, self.point: 5, self.key: 4, self.open: 2, self.drop: 1,
            self.back: 1, self.reload: 1, self.resize: 1,
        }  # fmt: skip
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        try:
            what = kind()
        except Error as error:
            if "Timeout" not in str(error) and "not attached" not in str(error) and "interrupted" not in str(error):
                self.faults.append({"complaint": str(error).splitlines()[0], "after": self.log[-LAST:]})
            return
        if what:
            self.done[kind.__name__] += 1
            self.log.append(what)
        if found := self.complaints.remaining():
            self.faults += [{"complaint": one, "after": self.log[-LAST:]} for one in found]
            self.complaints.forget()
            self.allow()

    def allow(self) -> None:
        """A page that is not there answers 404, and the console says so; of anything else the address is said too."""
        for expected in (
            "/no-such-page",
            "console: Failed to load resource: the server responded with a status of 404",
        ):
            self.complaints.allow(expected)

    def open(self) -> str:
        """An address, typed."""
        path = self.random.choice(self.starts)
        self.page.goto(self.url + path, wait_until="domcontentloaded", timeout=20_000)
        return f"open {path}"

    def press(self) -> str:
        """A button, tab, link or option."""
        return self._on(PRESSED, "press", lambda one: one.click())

    def slide(self) -> str:
        """A slider by keys."""
        key, times = self.random.choice(KEYS[:7]), self.random.randint(1, 6)

        def move(one) -> None:
            one.focus()
            for _ in range(times):
                self.page.keyboard.press(key)

        return self._on(("main [role=slider]",), f"{key} x {times} on", move)

    def type(self) -> str:
        """A text into a field, entered or left."""
        text, key = self.random.choice(TEXTS), self.random.choice(("Enter", "Tab"))

        def enter(one) -> None:
            one.fill(text)
            one.press(key)

        return self._on(TYPED, f"type {text[:20]!r} {key} into", enter)

    def point(self) -> str:
        """A place on the page: moved to, clicked, or dragged from."""
        size = self.page.viewport_size or {"width": 800, "height": 600}
        (x, y), (u, v) = (
            (self.random.uniform(0, size["width"]), self.random.uniform(60, size["height"])) for _ in "ab"
        )
        self.page.mouse.move(x, y)
        how = self.random.choice(("move", "click", "drag", "wheel"))
        if how == "wheel":
            self.page.mouse.wheel(0, self.random.choice((-600, 300, 900)))
        elif how != "move":
            self.page.mouse.down()
            if how == "drag":
                self.page.mouse.move(u, v, steps=4)
            self.page.mouse.up()
        return f"{how} at {x:.0f}, {y:.0f}"

    def key(self) -> str:
        """A key, wherever the focus is."""
        key = self.random.choice(KEYS)
        self.page.keyboard.press(key)
        return f"key {key}"

    def drop(self) -> str:
        """A file into the first place that takes one."""
        fields = self.page.locator("main input[type=file]")
        if not fields.count():
            return ""
        file = self.random.choice(self.files)
        fields.first.set_input_files(str(file))
        return f"drop {file.name}"

    def back(self) -> str:
        """Back, or forward."""
        back = self.random.random() < 0.7
        move = self.page.go_back if back else self.page.go_forward
        move(wait_until="domcontentloaded", timeout=20_000)
        if not self.page.url.startswith(self.url):
            return self.open()
        return "back" if back else "forward"

    def reload(self) -> str:
        """The page again."""
        self.page.reload(wait_until="domcontentloaded", timeout=20_000)
        return "reload"

    def resize(self) -> str:
        """Another window."""
        width, height = self.random.choice(SIZES)
        self.page.set_viewport_size({"width": width, "height": height})
        return f"window of {width}"

    def _on(self, selectors: tuple[str, ...], what: str, action) -> str:
        """Do something to one of the shown elements; its name, empty where there is none."""
        found = self.page.locator(", ".join(selector + SHOWN for selector in selectors))
        if not (count := found.count()):
            return ""
        one = found.nth(self.random.randrange(count))
        name = one.get_attribute("id") or one.get_attribute("aria-label") or one.inner_text()[:30]
        action(one)
        return f"{what} {name!r}"


def hostile_files(folder: Path) -> list[Path]:
    """Files that are read, and others that are refused."""
    content = {
        "empty.csv": b"", "words.txt": b"no image of bands\n" * 20, "cut.png": b"\x89PNG\r\n\x1a\n" + bytes(40),
        "odd.nc": b"CDF\x01" + bytes(60), "POSCAR": b"Si\n1\n5.43 0 0\n0 5.43 0\n0 0 5.43\nSi\n1\nDirect\n0 0 0\n",
    }  # fmt: skip
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return [*(folder / name for name in content), *sorted(EXAMPLES.glob("*.nc"))]


def visit(actions: int, seed: int, starts: tuple[str, ...]) -> dict:
    """What was done, and what went wrong; of one seed."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["BANDLOOM_CACHE"] = cache
        files = Path(cache) / "dropped"
        files.mkdir()
        with served_app() as url, chromium() as browser:
            context = browser.new_context(viewport=dict(zip(("width", "height"), SIZES[0], strict=True)))
            visitor = Visitor(context.new_page(), Complaints(context, url), url, seed, starts, hostile_files(files))
            visitor.allow()
            visitor.open()
            while sum(visitor.done.values()) < actions:
                visitor.act()
            context.close()
    return {"seed": seed, "actions": sum(visitor.done.values()), "kinds": dict(visitor.done), "faults": visitor.faults}


def main() -> None:
    """Print what a visitor did and what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--actions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page", action="append", help="begin here, and come back; all pages by default")
    options = parser.parse_args()
    figures = visit(options.actions, options.seed, tuple(options.page or PAGES + LINKS))
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    raise SystemExit(bool(figures["faults"]))


if __name__ == "__main__":
    main()
