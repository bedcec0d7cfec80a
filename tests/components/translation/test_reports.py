"""Reports in the language of brackets: what a catalogue could not change is listed."""

import html
import re

import pytest

import app
from components.interpret.report import report_page
from components.loop.report import run_report
from components.translation.languages import COOKIE
from core.sessions.readings import Reading, interpreted
from docs.collect_texts import collected
from tests.loops import run_with
from tests.pseudo import offered, untranslated, write_language

DATA = re.compile(r"<style.*?</style>|<pre>.*?</pre>|<metadata>.*?</metadata>|<[^>]*>", re.DOTALL)
SAME = re.compile(r"^[0-9a-f]{8,}|SHA-256|\.nc\b|UTC|T\d\d:|sp³d⁵s|Niquet|Pimachev|^[a-z]+( [a-z]+)*: |^inside ")
"""Hashes, names of files, dates, references, entries of a file's header."""


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locale")
    write_language(folder / "eo.po", collected())
    with offered(folder):
        yield


def english_in(report: str) -> list[str]:
    texts = (html.unescape(text) for text in DATA.split(report))
    return sorted({found for text in texts if (found := untranslated(text)) and not SAME.search(found)})


def in_language(language: str):
    return app.server.test_request_context(headers={"Cookie": f"{COOKIE}={language}"})


def test_the_report_of_a_run(pseudo, finished_files):
    run = run_with(finished_files)
    with in_language("eo"):
        report = run_report(run)
    assert '<html lang="eo">' in report
    assert "⟦Made by⟧" in report
    assert english_in(report) == []
    with in_language("en"):
        english = run_report(run)
    assert "⟦" not in english
    assert '<html lang="en">' in english


def test_the_report_of_an_image(pseudo):
    reading = Reading("example-sharp")
    found = interpreted(reading)
    with in_language("eo"):
        report = report_page(reading, found)
    assert '<html lang="eo">' in report
    assert english_in(report) == []
