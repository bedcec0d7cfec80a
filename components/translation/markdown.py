"""Markdown in pieces that are translated one by one: headings, paragraphs, items of lists, cells of tables."""

import re
from collections.abc import Callable, Iterator

_MARKER = re.compile(r"\s*(?:[-*+]|\d+\.)\s+|#+\s+")
_RULE = re.compile(r"[\s|:-]*")


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in order, each piece with whether it is one of words; joined they are the text again."""
    paragraph: list[str] = []
    verbatim = ""
    for line in text.splitlines(keepends=True):
        fence = next((mark for mark in ("$$", "```") if line.lstrip().startswith(mark)), "")
        marker = _MARKER.match(line)
        alone = fence or verbatim or marker or not line.strip() or line.lstrip().startswith("|")
        if alone and paragraph:
            yield from _trimmed("".join(paragraph))
            paragraph = []
        if fence or verbatim:
            closed = line.count(fence) > 1 if fence else False
            verbatim = "" if closed or fence == verbatim else (verbatim or fence)
            yield line, False
        elif line.lstrip().startswith("|"):
            yield from (
                (cell, i % 2 == 0 and not _RULE.fullmatch(cell)) for i, cell in enumerate(re.split(r"(\|)", line))
            )
        elif marker:
            yield marker[0], False
            paragraph = [line[marker.end() :]]
            if "#" in marker[0]:
                yield from _trimmed(paragraph.pop())
        elif not line.strip():
            yield line, False
        else:
            paragraph.append(line)
    if paragraph:
        yield from _trimmed("".join(paragraph))


def each_piece(text: str, change: Callable[[str], str]) -> str:
    """The text with every piece of words changed."""
    return "".join(change(piece) if words else piece for piece, words in pieces(text))


def _trimmed(paragraph: str) -> Iterator[tuple[str, bool]]:
    end = len(paragraph.rstrip())
    yield paragraph[:end], True
    yield paragraph[end:], False
