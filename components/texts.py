"""Texts that people write in Markdown files: sections with anchors."""

import re
from typing import NamedTuple

_HEADING = re.compile(r"^## (.+?) \{#([a-z0-9-]+)\}$", re.MULTILINE)


class Section(NamedTuple):
    """A heading, its anchor and the Markdown below it."""

    title: str
    anchor: str
    text: str


def sections(text: str) -> list[Section]:
    """The sections of a text whose headings read `## Title {#anchor}`."""
    parts = _HEADING.split(text)[1:]
    return [Section(*(part.strip() for part in parts[i : i + 3])) for i in range(0, len(parts), 3)]
