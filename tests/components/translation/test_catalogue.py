import time

import pytest

from components.translation.catalogue import Catalogue, has_words, parts_of
from core.errors import InputError

TEXTS = {
    "Gap": "Lücke",
    "indirect": "indirekt",
    "exact": "exakt",
    "the cell is too small": "die Zelle ist zu klein",
    ", without spin-orbit": ", ohne Spin-Bahn",
    "Bands of a crystal.\nThey are many.": "Bänder eines Kristalls.\nEs sind viele.",
    "Valence band offset, Ge over Si": "Valenzbandversatz, Ge über Si",
}
TEMPLATES = {
    "Waiting: {before} job is before yours": "Wartet: {before} Auftrag ist vor Ihrem",
    "Waiting: {before} jobs are before yours": "Wartet: {before} Aufträge sind vor Ihrem",
    "{stack} on {substrate}": "{stack} auf {substrate}",
    "Not predicted: {why}; {then}.": "Nicht vorhergesagt: {why}; {then}.",
    "{name} waits for the exact calculation.": "{name} wartet auf die exakte Rechnung.",
    "it waits for the {engine} calculation": "das wartet auf die {engine} Rechnung",
    "Exact{at}, with care": "Mit Sorgfalt exakt{at}",
    "Atom {i} minus atom {j}": "Atom {j} von Atom {i} abgezogen",
    "{{open}} and {name}": "{{offen}} und {name}",
}


@pytest.fixture(scope="module")
def german() -> Catalogue:
    return Catalogue("de", "Deutsch", TEXTS, TEMPLATES)


@pytest.mark.parametrize(
    ("english", "own"),
    [
        ("Gap", "Lücke"),
        (" Gap\n", " Lücke\n"),
        ("gap", "lücke"),
        ("Indirect", "Indirekt"),
        ("Gap:", "Lücke:"),
        ("Gap, eV", "Lücke, eV"),
        ("Gap 0.75 ± 0.02 eV (exact)", "Lücke 0.75 ± 0.02 eV (exakt)"),
        ("Waiting: 1 job is before yours", "Wartet: 1 Auftrag ist vor Ihrem"),
        ("Waiting: 12 jobs are before yours", "Wartet: 12 Aufträge sind vor Ihrem"),
        ("Si4Ge4 on Si0.5Ge0.5", "Si4Ge4 auf Si0.5Ge0.5"),
        ("Gap · Si4Ge4 on Ge", "Lücke · Si4Ge4 auf Ge"),
        ("Gap<br>Si4Ge4 on Ge", "Lücke<br>Si4Ge4 auf Ge"),
        ("Atom 3 minus atom 4", "Atom 4 von Atom 3 abgezogen"),
        ("indirect, without spin-orbit", "indirekt, ohne Spin-Bahn"),
        ("Bands of a crystal. They\u00a0are many.", "Bänder eines Kristalls.\nEs sind viele."),
        ("Valence band offset, Ge over Si, eV", "Valenzbandversatz, Ge über Si, eV"),
        ("Not predicted: the cell is too small; it waits for the exact calculation.",
         "Nicht vorhergesagt: die Zelle ist zu klein; das wartet auf die exakt Rechnung."),
        ("Exact, with care", "Mit Sorgfalt exakt"),
        ("{open} and Gap", "{offen} und Lücke"),
        ("Waiting: {before} jobs are before yours", "Wartet: {before} Aufträge sind vor Ihrem"),
    ],
)  # fmt: skip
def test_texts_templates_and_what_code_puts_together(german, english, own):
    assert german(english) == own


@pytest.mark.parametrize(
    "english",
    ["", "–", "0.75 eV", "Γ–X", "My notes on growth.txt", "A sentence on something that no catalogue holds",
     "Something, Gap, else", "on", " on ", "Waiting:", "Gaps"],
)  # fmt: skip
def test_what_is_not_known_stays_as_it_is(german, english):
    assert german(english) == english


def test_a_part_of_a_sentence_is_not_translated_alone(german):
    assert german("Unheard of: Gap") == "Unheard of: Gap"
    assert german("Unheard of. Gap") == "Unheard of. Lücke"  # sentences make sense one by one


def test_without_entries_all_stays_english():
    empty = Catalogue("de", "Deutsch", {}, {})
    assert empty("Waiting: 3 jobs are before yours · Gap, eV") == "Waiting: 3 jobs are before yours · Gap, eV"


@pytest.mark.parametrize("text", ["a, " * 2000, "on " * 2700, "Gap · " * 1300, "<br>" * 1500, "x" * 10**6, ". " * 4000])
def test_hostile_texts_take_no_time(german, text):
    start = time.process_time()
    german(text)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("template", ["{0}", "{a.b}", "{a[0]}", "{a!r}", "{a:.2f}", "{", "}", "{}"])
def test_a_place_is_a_plain_name(template):
    with pytest.raises(InputError):
        parts_of(template)


@pytest.mark.parametrize("text", ["0.75 eV", "Si4Ge4", "%{x:.3f} eV", "<b>k</b>", "https://example.org/of", "file.txt"])
def test_what_has_no_words(text):
    assert not has_words(text)
