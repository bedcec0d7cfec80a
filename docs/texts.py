"""Texts for translators: `python -m docs.texts` writes locale/bandloom.pot, `python -m docs.texts de.po` checks a file.

The template is in gettext's form, which translators' programs read: each text with the places in the source where it
stands, `{name}` for what is put in. The check says what is missing, faulty or no longer in use; it ends with 1 where
something is.
"""

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from components.translation.languages import language_name, read_entries
from components.translation.scripts import asked_texts
from core import __version__
from core.errors import InputError
from docs.collect_texts import ROOT, collected

TEMPLATE = ROOT / "locale" / "bandloom.pot"
SHOWN = 20
"""Texts of a kind that the check prints."""


def catalogue() -> Catalog:
    """All texts, in the order of the source."""
    found = Catalog(project="Bandloom", version=__version__, fuzzy=False)
    for text, _, place in collected():
        found.add(text, locations=[place])  # Babel marks those with places
    return found


def template() -> str:
    """The template as it stands in its file, without dates, so that it changes with the texts alone."""
    stream = io.BytesIO()
    write_po(stream, catalogue(), width=0, omit_header=True)
    head = (
        '# Texts of Bandloom. Copy to CODE.po (de.po, pt_BR.po), translate; see CONTRIBUTING.md.\nmsgid ""\nmsgstr ""\n'
    )
    kind = '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'
    return head + kind + stream.getvalue().decode()


def checked(file: Path) -> list[str]:
    """What a language file lacks, has wrong, or has beyond the texts; empty for nothing.

    Raises:
        InputError: it is no language file.
    """
    language_name(file.stem)
    entries = read_entries(file)
    own, wanted = (
        entries.texts.keys() | entries.templates.keys(),
        {text.text for text in collected()} | set(asked_texts()),
    )
    lines = [f"faulty, {fault}" for fault in entries.faults]
    for what, texts in (("missing", wanted - own), ("no longer in use", own - wanted)):
        lines += [f"{what}: {' '.join(text.split())[:100]}" for text in sorted(texts)[:SHOWN]]
        lines += [f"{what}: {len(texts)} in all"] if texts else []
    return lines


def main(arguments: list[str]) -> int:
    """Write the template, or check a file; returns the exit status."""
    if not arguments:
        TEMPLATE.parent.mkdir(exist_ok=True)
        TEMPLATE.write_text(template(), encoding="utf-8")
        return 0
    try:
        lines = checked(Path(arguments[0]))
    except InputError as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines) or "Complete.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
