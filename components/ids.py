"""Component ids, each prefixed with its page so that no two pages can clash."""

import re

THEME = "theme"
"""App-level dcc.Store with the colour scheme in force, "light" or "dark": an Input for every figure callback."""

THEME_CHOICE = "theme-choice"
"""The header's control: "light", "dark" or "auto"."""

LANGUAGE = "language"
"""The header's choice of a language, where there is more than one."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Ids:
    """Ids of one page: `ids = Ids("compose")`, then `ids("stack-field")` is "compose-stack-field"."""

    def __init__(self, page: str):
        self.page = _checked(page)

    def __call__(self, name: str) -> str:
        """The id of the component `name` on this page."""
        return f"{self.page}-{_checked(name)}"

    def item(self, kind: str, index: int | str) -> dict:
        """The pattern-matching id of one of many alike components; index may be dash.MATCH or dash.ALL."""
        return {"type": self(kind), "index": index}


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no id: use lower-case words joined by hyphens (Dash takes no dot)")
    return name
