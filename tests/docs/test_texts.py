import subprocess
import sys

import pytest

from docs.collect_documents import markdown_texts, report_texts, script_texts
from docs.collect_texts import ROOT, WORDS, collected, python_texts, served_modules
from docs.texts import TEMPLATE, checked, main, template
from tests.pseudo import write_language


@pytest.fixture(scope="module")
def texts():
    return collected()


def found_in(source: str, file: str = "components/x.py") -> list[str]:
    return [text.text for text in python_texts(source, file)]


def entries(catalogue: str) -> list[str]:
    return [line for line in catalogue.splitlines() if not line.startswith("#:")]


def test_the_template_is_up_to_date():
    """Run `python -m docs.texts` where this fails. Lines may have moved: that alone makes no difference."""
    assert entries(TEMPLATE.read_text(encoding="utf-8")) == entries(template())


def test_every_text_says_where_it_stands(texts):
    assert len(texts) > 2000
    for _, _, (file, line) in texts:
        assert line >= 1
        assert (ROOT / file).exists()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('html.P("No stack yet")', ["No stack yet"]),
        ('html.P("none", className="field hidden", id="a b")', ["none"]),
        ('f"{count} atoms in the cell"', ["{count} atoms in the cell"]),
        ('f"{status.before:d} jobs of {len(cells)}"', ["{before} jobs of {cells}"]),
        ('f"{a.x} atoms and {b.x} bonds"', ["{x} atoms and {x2} bonds"]),
        ("f\"{n} job{'' if n == 1 else 's'} wait\"", ["{n} job wait", "{n} jobs wait"]),
        (
            'def f(n):\n    end = "" if n == 1 else "s"\n    return f"{n} job{end} wait"',
            ["{n} job wait", "{n} jobs wait"],
        ),
        ('"The file " + name + " is too large"', ["The file {name} is too large"]),
        ('"Give {low:g} to {high:g}, no more".format(low=1, high=2)', ["Give {low} to {high}, no more"]),
        ('hover = "k = %{x:.3f} along the path"', ["k = %{x:.3f} along the path"]),
        ('raise InputError("Too many atoms")', ["Too many atoms"]),
        ('NAMES = {"gap": "Band gap", "Mass": 1}', ["Band gap", "Mass"]),
        ('f"a {{brace}} in {text} here"', ["a {{brace}} in {text} here"]),
        ('f"%{{x:.2f}} eV of {name} here"', ["%{{x:.2f}} eV of {name} here"]),
        ('"""Of the module."""\ndef f():\n    """Does it."""', []),
        ('Input("the id", "value"); re.compile("no text"); x["some key"]; a == "of b"', []),
        ('f"{x:.2f} eV"; f"data:{kind};base64,{text}"; f"<!DOCTYPE html>\\n<p>of {text}"', []),
    ],
)
def test_what_of_a_module_is_a_text(source, expected):
    assert sorted(found_in(source)) == sorted(expected)


def test_scripts_ask_for_their_texts_by_name():
    found = script_texts(
        'a.text("The file \\"{name}\\" is too large", { name: x }); other.textContent = "no";', "assets/x.js"
    )
    assert [(text.text, text.template) for text in found] == [('The file "{name}" is too large', True)]


def test_a_report_has_its_texts_between_tags():
    source = (
        '<style>p { margin: 0; }</style><img alt="The image">{# no #}'
        '<p>{{ "All" if x else "Some" }} of {{ a.b }} are in</p>{% if x %}<td>{{ value }}</td>{% endif %}'
    )
    found = [text.text for text in report_texts(source, "x.jinja")]
    assert found == ["The image", "All of {b} are in", "Some of {b} are in"]


def test_markdown_in_pieces_that_the_pages_show():
    source = (
        "## Bands {#bands}\n\nTwo lines\nof {{gap-si}} eV.\n\n$$\nno text here\n$$\n\n### Question\nWhich way?\n"
        "- Down. | That is wrong.\n+ Up. | Right so.\n"
    )
    found = [text.text for text in markdown_texts(source, "docs/learn/en/x.md", learn=True)]
    assert found == ["Bands", "Two lines\nof {gap_si} eV.", "Which way?", "Down.", "That is wrong.", "Up.", "Right so."]


def test_single_words_still_stand_in_the_source():
    """Where one is gone from the program, take it out of WORDS."""
    sources = "".join(file.read_text(encoding="utf-8") for file in served_modules(ROOT))
    sources += "".join(file.read_text(encoding="utf-8") for file in (ROOT / "core" / "measured").glob("*.json"))
    sources += "Loading..."  # Dash's own
    plain = sources.replace("_", " ").replace("-", " ")
    for word in WORDS:
        assert word.replace("-", " ") in plain, word


def test_the_check_says_what_a_file_lacks(tmp_path, texts, capsys):
    file = tmp_path / "eo.po"
    write_language(file, texts)
    assert checked(file) == []
    assert main([str(file)]) == 0
    assert capsys.readouterr().out == "Complete.\n"

    write_language(file, [text for text in texts if text.text != "Skip to content"])
    with file.open("a", encoding="utf-8") as stream:
        stream.write('\nmsgid "Gone from the program"\nmsgstr "x"\n')
    assert checked(file) == [
        "missing: Skip to content",
        "missing: 1 in all",
        "no longer in use: Gone from the program",
        "no longer in use: 1 in all",
    ]
    assert main([str(file)]) == 1


def test_the_check_of_no_language_file():
    command = [sys.executable, "-m", "docs.texts", "README.md"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert (
        done.stderr
        == "README.md: 'README' is no code of a language other than English; name the file for example de.po\n"
    )
