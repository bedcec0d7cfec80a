"""A language for tests: every text of the source stands in brackets, what is put into its places outside of them.

A page in it shows each text that no catalogue could change: it stands in no brackets.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from components.translation import languages
from components.translation.catalogue import escaped, has_words, key, parts_of
from docs.collect_documents import Text

OPEN, CLOSE = "⟦", "⟧"
CODE = "eo"
_BRACKETED = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")


def bracketed(text: str, template: bool) -> str:
    """A text in the language."""
    if not template:
        return f"{OPEN}{text}{CLOSE}"
    parts = parts_of(key(text))
    return "".join(f"{OPEN}{escaped(part)}{CLOSE}" if isinstance(part, str) else f"{{{part[0]}}}" for part in parts)


def write_language(file: Path, texts: Iterable[Text]) -> None:
    """A language file with all texts."""
    found = Catalog(locale=file.stem, fuzzy=False)
    for text, template, place in texts:
        found.add(text, bracketed(text, template), locations=[place])
    with file.open("wb") as stream:
        write_po(stream, found, width=0)


@contextmanager
def offered(folder: Path) -> Iterator[languages.Languages]:
    """The server offers the languages of a folder, and what it offered before again afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(languages.FOLDER, str(folder))
        languages.languages.cache_clear()
        yield languages.languages()
    languages.languages.cache_clear()


def untranslated(text: str) -> str:
    """What of a text is in no brackets and has words; empty for none."""
    before = None
    while before != text:
        before, text = text, _BRACKETED.sub(" ", text)
    rest = " ".join(text.split())
    return rest if has_words(rest) else ""


VISIBLE = """
() => {
  const found = new Set();
  const skip = "script, style, noscript, code, pre, kbd, var, samp, cite, .katex, mjx-container, [data-mathjax]";
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent || parent.closest(skip)) continue;
    const prose = parent.closest(".markdown") && parent.closest("p, li, td, th, h1, h2, h3, h4");
    const block = prose || parent.closest("svg text");
    let text = walker.currentNode.textContent;
    if (block) {
      const copy = block.cloneNode(true);
      copy.querySelectorAll(skip).forEach((one) => one.remove());
      text = copy.textContent;
    }
    if (text.trim()) found.add(text.trim());
  }
  const read = ["title", "aria-label", "placeholder", "alt", "aria-description", "aria-valuetext", "data-title"];
  for (const element of document.querySelectorAll(read.map((name) => `[${name}]`).join(", "))) {
    for (const name of read) {
      const text = (element.getAttribute(name) || "").trim();
      if (text) found.add(text);
    }
  }
  found.add(document.title);
  return Array.from(found);
}
"""
"""Script that lists every text on a page, hidden ones too, and attributes that people read or hear."""
