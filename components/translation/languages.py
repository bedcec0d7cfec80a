"""Languages that a host offers: one file `CODE.po` each, in the folder `locale` or in that of BANDLOOM_LOCALE.

A file that cannot be used is left out, with a line that says why; so is an entry whose places, links or tags are not
those of its English text. English needs no file and reads none.
"""

import io
import os
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flask import has_request_context, request

from components.translation.catalogue import Catalogue, is_template, key, parts_of, places_of
from core.errors import InputError

ENGLISH = "en"
COOKIE = "bandloom-language"
FOLDER = "BANDLOOM_LOCALE"
"""Environment variable: where the language files lie."""

LARGEST_BYTES = 4 * 2**20
_VALUE = re.compile(r"%\{[^{}]*\}")  # of plotly
_CODE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4})?")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_LINK = re.compile(r"\]\([^()\s]*\)|(?:https?|javascript|data):\S+", re.IGNORECASE)


class Entries(NamedTuple):
    """What a file gives: texts and templates, English → own, and what is wrong with entries that are left out."""

    texts: dict[str, str]
    templates: dict[str, str]
    faults: list[str]


class Languages(NamedTuple):
    """Catalogues by code, and a line for each file or entry that is left out, by the file's name."""

    found: dict[str, Catalogue]
    faults: dict[str, str]

    def names(self) -> dict[str, str]:
        """Code → name of every language, English first; of English alone where there is no other."""
        return {ENGLISH: "English"} | {code: catalogue.name for code, catalogue in self.found.items()}


def folder() -> Path:
    """Where language files lie."""
    return Path(os.environ.get(FOLDER) or Path(__file__).resolve().parents[2] / "locale")


@cache
def languages() -> Languages:
    """The languages of the host's folder."""
    found, faults = {}, {}
    for file in sorted(folder().glob("*.po")):
        try:
            name, entries = language_name(file.stem), read_entries(file)
        except InputError as error:
            faults[file.name] = str(error)
            continue
        if entries.faults:
            faults[file.name] = f"{len(entries.faults)} entries stay English, the first: {entries.faults[0]}"
        found[file.stem] = Catalogue(file.stem, name, entries.texts, entries.templates)
    return Languages(found, faults)


def chosen() -> Catalogue | None:
    """The catalogue of the language that the browser of this request asks for; None for English."""
    found = languages().found
    return found.get(request.cookies.get(COOKIE, ENGLISH)) if found and has_request_context() else None


def translated(text: str) -> str:
    """A text in the language of this request: for what is drawn, not sent."""
    catalogue = chosen()
    return catalogue(text) if catalogue else text


def language_name(code: str) -> str:
    """A language as its speakers write it.

    Raises:
        InputError: the code is of no language.
    """
    from babel import Locale, UnknownLocaleError

    try:
        name = Locale.parse(code).get_display_name() if _CODE.fullmatch(code) and code != ENGLISH else None
    except (UnknownLocaleError, ValueError):
        name = None
    if not name:
        raise InputError(f"'{code[:20]}' is no code of a language other than English; name the file for example de.po")
    return name[:1].upper() + name[1:]


def read_entries(file: Path) -> Entries:
    """The entries of a file, fuzzy and empty ones left out.

    Raises:
        InputError: no such file, or one that is no .po file in UTF-8.
    """
    from babel.messages.pofile import PoFileError, read_po

    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise InputError(f"the file has more than {LARGEST_BYTES // 2**20} MB")
        text = file.read_text(encoding="utf-8")
        catalogue = read_po(io.StringIO(text), locale=file.stem, abort_invalid=True)
    except OSError as error:
        raise InputError(f"the file cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError("the file is not in UTF-8; save it so") from None
    except (PoFileError, ValueError, LookupError, TypeError, AttributeError, RecursionError, SyntaxError) as error:
        raise InputError(f"the file is no .po file ({' '.join(str(error).split())[:120]})") from None
    entries = Entries({}, {}, [])
    for message in catalogue:
        english, own = message.id, message.string
        if not (isinstance(english, str) and english and isinstance(own, str) and own) or message.fuzzy:
            continue
        if fault := entry_fault(english, own):
            entries.faults.append(f"line {message.lineno}, {fault}")
            continue
        entries.texts[english] = own
        if is_template(english):
            entries.templates[english] = own
    return entries


def entry_fault(english: str, own: str) -> str:
    """What is wrong with an entry; empty for nothing."""
    for what, pattern in (("tag", _TAG), ("link", _LINK), ("value", _VALUE)):
        if strange := set(pattern.findall(own)) - set(pattern.findall(english)):
            return f"the {what} {min(strange)[:40]!r} is not in the English text"
    if not is_template(english):
        return ""
    try:
        wanted, given = places_of(parts_of(key(english))), places_of(parts_of(own))
    except InputError as error:
        return str(error)
    if wanted != given:
        return f"the places are {_listed(given)}; those of the English text are {_listed(wanted)}"
    return ""


def _listed(places: set[str]) -> str:
    return " ".join(f"{{{place}}}" for place in sorted(places)) or "none"
