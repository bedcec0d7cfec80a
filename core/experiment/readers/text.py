"""Texts of measuring programs: their encodings, and numbers with decimal commas."""

import re

_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PROBE_BYTES = 256

_JAPANESE = re.compile(rb"[\x81-\x9f][\x40-\x7e\x80-\xfc]")
"""Two bytes that Shift-JIS has for a character, and Western encodings hardly ever."""

_WORD = re.compile("[\u3040-\u30ff\u4e00-\u9fff]{2}")
"""Kana or kanji beside each other; a Western apostrophe and the letter after it make but one."""

_DECIMAL_COMMA = re.compile(r"^\s*[-+]?\d*,\d+(?:[eE][-+]?\d+)?(?=[^\d,.]*$)")


def without_wide_characters(content: bytes) -> bytes:
    """A text of two bytes a character, as Windows calls Unicode, in UTF-8; anything else as it is."""
    kind = next((kind for mark, kind in _MARKS if content.startswith(mark)), "")
    if not kind:
        head = content[:_PROBE_BYTES]
        if len(head) < 32 or len(content) % 2:
            return content
        even, odd = head[::2], head[1::2]
        if not any(odd) and min(even) >= 9:
            kind = "utf-16-le"
        elif not any(even) and min(odd) >= 9:
            kind = "utf-16-be"
        else:
            return content
    try:
        return content.decode(kind).lstrip("\ufeff").encode()
    except UnicodeDecodeError:
        return content


def decoded(content: bytes) -> str:
    """A text in UTF-8, in Shift-JIS where its bytes are of that, else in the encoding of Western Windows."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if _JAPANESE.search(content):
        try:
            text = content.decode("shift_jis")
            if _WORD.search(text):
                return text
        except UnicodeDecodeError:
            pass
    return content.decode("cp1252", "replace")


def with_decimal_point(text: str) -> str:
    """A single number with its decimal comma as a point, and whatever unit follows; other texts as they are."""
    found = _DECIMAL_COMMA.match(text)
    return text.replace(",", ".", 1) if found else text
