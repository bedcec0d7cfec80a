"""The texts of the scripts in assets/: they ask for them by `text("…", {place: value})`, English itself the key."""

import json
import re
from functools import cache
from pathlib import Path

from components.translation.catalogue import Catalogue

ASSETS = Path(__file__).resolve().parents[2] / "assets"
SCRIPT_TEXT = re.compile(r'\btext\(("(?:[^"\\]|\\.)*")')


@cache
def asked_texts() -> tuple[str, ...]:
    """The texts that scripts ask for."""
    sources = (file.read_text(encoding="utf-8") for file in sorted(ASSETS.glob("*.js")))
    return tuple(dict.fromkeys(json.loads(match[1]) for source in sources for match in SCRIPT_TEXT.finditer(source)))


def table(catalogue: Catalogue) -> str:
    """A script that lays the table of a language where assets/shell.js looks for it."""
    found = {english: catalogue.given.get(english) for english in asked_texts()}
    own = {english: text for english, text in found.items() if text}
    return f"window.bandloomTexts = {json.dumps(own).replace('<', chr(92) + 'u003c')};"
