"""A catalogue of one language: English texts and templates with named places, and what they are in that language."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from string import Formatter
from typing import NamedTuple

from core.errors import InputError

SYMBOLS = frozenset(
    (
        *("Si", "Ge", "SiGe", "eV", "meV", "ML", "nm", "kB", "MB", "GB", "ms", "cm", "pm", "kz", "sp", "d5s", "rms"),
        *(
            "VBM",
            "CBM",
            "HH",
            "LH",
            "SO",
            "DFT",
            "EDC",
            "MDC",
            "ARPES",
            "GPAW",
            "PBE",
            "AUC",
            "FWHM",
            "max",
            "min",
            "hv",
        ),
        *("CIF", "POSCAR", "xyz", "CSV", "JSON", "NetCDF", "PNG", "SVG", "HDF", "SHA", "Bandloom", "arXiv", "cos"),
    )
)
"""Letters that are no words to translate: units, elements, kinds of files."""

WEAK, LONGEST_WEAK = 6, 80
"""Templates with fewer letters than WEAK between their places take short texts alone, and after all else."""

LONGEST, MOST_PARTS = 2**13, 12
"""Longer texts are data; of more parts than these each is translated alone."""

START = 3
"""Letters of a template's beginning by which it is found."""

_WORD = re.compile(r"[A-Za-z]{2,}")
_TAG = re.compile(r"<[^<>]*>|%\{[^{}]*\}|https?://\S+|&\w+;|\S+\.\w*[a-z]\w*\b(?=[\s,;:)]|$)")
_WIDE = tuple(re.compile(one) for one in (r"</?\w[^<>]*>|%\{[^{}]*\}", r" · ", r"\n", r"(?<=[.!?])\s+", r"; "))
_NARROW = tuple(re.compile(one) for one in (r": ", r" \(|\)", r", ", r" – | / | \| ", r" (?:[±+−×]? ?\d[\d.,]* ?)+"))
"""Separators of the parts of texts that code puts together. Parts between narrow ones make sense together only: where
one of them has no translation, none is translated."""

_EDGES = re.compile(r"([\s\d.,:;()·–−+]*)(.*?)([\s\d.,:;()·–−+…]*)", re.DOTALL)
_INVISIBLE = str.maketrans({"\u00a0": " ", "\u2060": None})

Part = str | tuple[str]
"""Of a template: a literal, or the name of a place."""


def has_words(text: str) -> bool:
    """Whether something in a text would read otherwise in another language."""
    return any(word not in SYMBOLS for word in _WORD.findall(_TAG.sub(" ", text)))


def escaped(literal: str) -> str:
    """A literal as it stands in a template."""
    return literal.replace("{", "{{").replace("}", "}}")


def parts_of(template: str) -> tuple[Part, ...]:
    """A template's literals and places, in order.

    Raises:
        InputError: braces that do not match, or a place without a plain name.
    """
    found: list[Part] = []
    try:
        for literal, name, form, conversion in Formatter().parse(template):
            if literal:
                found.append(literal)
            if name is not None:
                if not name.isidentifier() or form or conversion:
                    raise InputError(f"{{{name}}} is no place of a text")
                found.append((name,))
    except ValueError as error:
        raise InputError(f"{str(error).lower()}") from None
    return tuple(found)


def places_of(parts: Iterable[Part]) -> set[str]:
    """Names of the places in a template."""
    return {part[0] for part in parts if isinstance(part, tuple)}


def is_template(english: str) -> bool:
    """Whether a text has places; `%{x}` is plotly's."""
    try:
        parts = parts_of(english)
    except InputError:
        return False
    before = [parts[i - 1] for i, part in enumerate(parts) if i and isinstance(part, tuple)]
    return bool(places_of(parts)) and not any(isinstance(part, str) and part.endswith("%") for part in before)


class Template(NamedTuple):
    """A text with places in English and in another language."""

    english: tuple[Part, ...]
    own: tuple[Part, ...]

    @property
    def letters(self) -> int:
        """How many letters stand between the places."""
        return sum(c.isalpha() for part in self.english if isinstance(part, str) for c in part)

    def matched(self, text: str) -> dict[str, str] | None:
        """What stands in the places, if the text is one of this template; each literal where it comes first."""
        at, held, waiting = 0, {}, None
        for number, part in enumerate((*self.english, "")):
            if isinstance(part, tuple):
                waiting = part[0]
                continue
            last = number >= len(self.english) - 1
            found = len(text) - len(part) if last and waiting else text.find(part, at) if waiting else at
            if found < at or not text.startswith(part, found):
                return None
            if waiting and held.setdefault(waiting, text[at:found]) != text[at:found]:
                return None
            at, waiting = found + len(part), None
        return held if at == len(text) else None


class _Index:
    """Templates found by how they begin, or by the longest literal of those that begin with a place."""

    def __init__(self, templates: Iterable[Template]):
        self._starting: dict[str, list[tuple[int, Template]]] = {}
        self._open: list[tuple[int, Template, str]] = []
        for rank, template in enumerate(templates):
            start = template.english[0]
            if isinstance(start, str) and len(start) >= START:
                self._starting.setdefault(start[:START], []).append((rank, template))
            else:
                longest = max((part for part in template.english if isinstance(part, str)), key=len)
                self._open.append((rank, template, longest))

    def likely(self, text: str) -> list[Template]:
        """Templates that a text may be of, in their order."""
        found = self._starting.get(text[:START], [])
        found = found + [(rank, template) for rank, template, literal in self._open if literal in text]
        return [template for _, template in sorted(found, key=lambda one: one[0])]


class _Reading(NamedTuple):
    """A text in the language, and whether nothing of it stayed English."""

    own: str
    whole: bool


class Catalogue:
    """Texts of a language: `catalogue(english)` is the text in it, English where the catalogue lacks it.

    A text is looked up as it stands, then as one of a template, whose places are translated in their turn, then in
    parts, as code puts them together. The first way that leaves nothing in English is taken.

    Args:
        language: its code, "de".
        name: as its speakers write it.
        texts: English → the language.
        templates: English template → that of the language.
    """

    def __init__(self, language: str, name: str, texts: Mapping[str, str], templates: Mapping[str, str]):
        self.language, self.name = language, name
        self.given = dict(texts) | dict(templates)
        self._texts = {key(english): own for english, own in texts.items()}
        for english, own in list(self._texts.items()):  # ", without" is asked for as "without" where a text is split
            (before, core, after), (start, middle, end) = (_EDGES.fullmatch(one).groups() for one in (english, own))
            if (before, after) == (start, end) and core:
                self._texts.setdefault(core, middle)
        found = [Template(parts_of(key(english)), parts_of(own)) for english, own in templates.items()]
        found.sort(key=lambda template: template.letters, reverse=True)
        self._strong = _Index(template for template in found if template.letters >= WEAK)
        self._weak = _Index(template for template in found if template.letters < WEAK)
        self._read: Callable[[str], _Reading] = lru_cache(maxsize=2**12)(self._reading)

    def __call__(self, text: str) -> str:
        """The text in the language."""
        return self._read(text).own if len(text) <= LONGEST and _WORD.search(text) else text

    def _reading(self, text: str) -> _Reading:
        core = text.strip()
        start = text.index(core)
        best = None
        for found in self._readings(core):
            if best is None or found.whole:
                best = found
            if found.whole:
                break
        if best is None:
            best = _Reading(core, not has_words(core))
        return _Reading(text[:start] + best.own + text[start + len(core) :], best.whole)

    def _readings(self, text: str) -> Iterator[_Reading]:
        """Ways to read a text, the likely ones first."""
        normal = key(text)
        yield from self._known(normal)
        before, core, after = _EDGES.fullmatch(text).groups()
        if before or after:
            yield from (_Reading(before + own + after, whole) for own, whole in self._known(key(core)))
        for separator in (*_WIDE, *_NARROW):
            yield from (found for found in self._split(separator, text) if found.whole or separator in _WIDE)
        if len(normal) <= LONGEST_WEAK:
            yield from (found for found in self._matched(self._weak, normal) if found.whole)

    def _known(self, text: str) -> Iterator[_Reading]:
        """A text as it stands or as one of a template, its first letter large or small."""
        for change, back in ((str, str), (_lowered, _raised) if text[:1].isupper() else (_raised, _lowered)):
            found = self._texts.get(change(text))
            if found is not None:
                yield _Reading(back(found), True)
            yield from (_Reading(back(own), whole) for own, whole in self._matched(self._strong, change(text)))

    def _matched(self, templates: _Index, text: str) -> Iterator[_Reading]:
        for template in templates.likely(text):
            held = template.matched(text)
            if held is not None:
                own = {name: self._part(value) for name, value in held.items()}
                words = "".join(part if isinstance(part, str) else own[part[0]].own for part in template.own)
                yield _Reading(words, all(part.whole for part in own.values()))

    def _split(self, separator: re.Pattern, text: str) -> Iterator[_Reading]:
        """The text cut in two at each separator, then at all of them, each part read."""
        places = [match.span() for match in separator.finditer(text)]
        cuts = [[place] for place in reversed(places)] if 1 < len(places) <= MOST_PARTS else []
        for cut in (*cuts, places) if places else ():
            ends = [0, *(end for place in cut for end in place), len(text)]
            parts = [text[a:b] for a, b in zip(ends, ends[1:], strict=False)]
            read = [_Reading(part, True) if i % 2 else self._part(part) for i, part in enumerate(parts)]
            if any(part != one.own for part, one in zip(parts, read, strict=True)):
                yield _Reading("".join(one.own for one in read), all(one.whole for one in read))

    def _part(self, text: str) -> _Reading:
        return self._read(text) if _WORD.search(text) else _Reading(text, True)


def key(text: str) -> str:
    """A text without what makes no difference to a reader: line breaks, spaces that do not break."""
    return " ".join(text.translate(_INVISIBLE).split())


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _raised(text: str) -> str:
    return text[:1].upper() + text[1:]
