import re

import pytest

import app
from components.translation.languages import languages, read_entries
from core.errors import InputError
from tests.pseudo import offered

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


def entry(english: str, own: str, flag: str = "") -> str:
    return f'{f"#, {flag}" if flag else "#: x.py:1"}\nmsgid "{english}"\nmsgstr "{own}"\n\n'


@pytest.fixture
def folder(tmp_path):
    def write(**files: str | bytes):
        for name, content in files.items():
            content = content if isinstance(content, bytes) else content.encode()
            (tmp_path / f"{name}.po").write_bytes(content)
        return tmp_path

    return write


def test_a_file_in_the_folder_is_a_language(folder):
    with offered(folder(de=HEAD + entry("Gap", "Lücke"), pt_BR=HEAD)) as found:
        assert found.names() == {"en": "English", "de": "Deutsch", "pt_BR": "Português (Brasil)"}
        assert found.found["de"]("Gap") == "Lücke"
        assert found.found["pt_BR"]("Gap") == "Gap"
        assert found.faults == {}


def test_without_files_there_is_english_alone(tmp_path):
    with offered(tmp_path / "absent") as found:
        assert found.names() == {"en": "English"}


def test_empty_fuzzy_plural_and_obsolete_entries_stay_english(folder):
    content = (
        HEAD + entry("Gap", "") + entry("Edge", "Kante", "fuzzy") + '#~ msgid "Old"\n#~ msgstr "Alt"\n\n'
        'msgid "atom"\nmsgid_plural "atoms"\nmsgstr[0] "Atom"\nmsgstr[1] "Atome"\n'
    )
    entries = read_entries(folder(de=content) / "de.po")
    assert not entries.texts
    assert not entries.templates
    assert not entries.faults


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x00\x01\x02\xff\xfe", "UTF-8"),
        (b"PK\x03\x04 no text \x80", "UTF-8"),
        ((HEAD + entry("Gap", "Lücke")).encode("latin-1"), "UTF-8"),
        ("This is a letter, no catalogue.\n", "no .po file"),
        (b'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=__import__; plural=(\\n"\n', "no .po file"),
        (HEAD + "#" * (5 * 2**20), "more than 4 MB"),
    ],
)  # fmt: skip
def test_a_broken_file_is_left_out_with_one_line(folder, content, said):
    with offered(folder(de=content, fr=HEAD + entry("Gap", "Bande interdite"))) as found:
        assert list(found.found) == ["fr"]
        assert said in found.faults["de.po"]
        assert "\n" not in found.faults["de.po"]


@pytest.mark.parametrize("name", ["xx_YY_zz", "en", "deutsch", "q1", "de-", "__"])
def test_a_name_that_is_no_language(folder, name):
    with offered(folder(**{name: HEAD})) as found:
        assert not found.found
        assert "no code of a language" in found.faults[f"{name}.po"]


@pytest.mark.parametrize(
    ("english", "own", "said"),
    [
        ("{n} atoms", "Atome", "the places are none; those of the English text are {n}"),
        ("{n} atoms", "{m} Atome", "the places are {m}"),
        ("{n} atoms", "{n.__class__} Atome", "no place"),
        ("{n} atoms", "{n Atome", "expected"),
    ],
)
def test_an_entry_with_other_places_stays_english(folder, english, own, said):
    content = HEAD + entry(english, own, "python-brace-format") + entry("Gap", "Lücke")
    with offered(folder(de=content)) as found:
        assert found.found["de"]("3 atoms") == "3 atoms"
        assert found.found["de"]("Gap") == "Lücke"
        assert said in found.faults["de.po"]
        assert re.search(r"1 entries stay English, the first: line \d+,", found.faults["de.po"])


@pytest.mark.parametrize(
    "own",
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[Lücke](javascript:alert(1))",
     "[Lücke](https://elsewhere.example)", "https://elsewhere.example", "<a href='/x'>Lücke</a>", "</title><b>"],
)  # fmt: skip
def test_an_entry_brings_no_tag_and_no_link_of_its_own(folder, own):
    with offered(folder(de=HEAD + entry("Gap", own))) as found:
        assert found.found["de"]("Gap") == "Gap"
        assert "is not in the English text" in found.faults["de.po"]


def test_tags_and_links_of_the_text_may_stay(folder):
    own = "E<sub>n</sub>, siehe [Bänder](/learn#term-band)"
    with offered(folder(de=HEAD + entry("E<sub>n</sub>, see [bands](/learn#term-band)", own))) as found:
        assert found.found["de"]("E<sub>n</sub>, see [bands](/learn#term-band)") == own


def test_the_start_and_the_health_check_say_what_is_left_out(folder, capsys):
    with offered(folder(de="no catalogue\n")):
        app.report_languages()
        said = capsys.readouterr().err
        assert said.startswith("Bandloom: language file de.po: the file is no .po file")
        assert said.count("\n") == 1
        answer = app.server.test_client().get("/healthz")
        assert answer.status_code == 200
        assert answer.json["languages"] == {"de.po": languages().faults["de.po"]}
    assert "languages" not in app.server.test_client().get("/healthz").json


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_entries(tmp_path / "de.po")
