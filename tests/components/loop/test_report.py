"""The report of a run: everything inside it, nothing of a file's name or header taken for markup."""

import json
import re

import pytest

from components.loop.report import run_report
from components.loop.result import compose_link
from core.errors import InputError
from core.sessions import runs
from tests.loops import run_with

HOSTILE = "<script>alert(1)</script>.nc"


def with_source(files: dict[str, bytes], name: str) -> str:
    """A finished run whose image came from a file of that name; its id."""
    request = json.loads(files["request.json"])
    source = {"name": name, "sha256": "ab12", "cut": "G-X", "record": ["read from <b>"], "steps": ["symmetrise"]}
    request["about"] = {"sources": [source], "begun": "2026-01-01", "version": "0.0.9", "weights": "v0003"}
    return run_with(files | {"request.json": json.dumps(request).encode()})


def test_a_report_says_what_was_found_and_where_it_came_from(finished_files):
    run = with_source(finished_files, HOSTILE)
    page, result = run_report(run), runs.result(run)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;.nc" in page
    assert "read from &lt;b&gt;" in page
    assert "SHA-256 ab12" in page
    for told in ("2026-01-01", "0.0.9", "v0003", "not recorded"):  # as it was begun; its engine was not kept
        assert f"<dd>{told}</dd>" in page
    assert result["candidates"][0]["stack"] in page
    for text in ("k∥ (1/Å)", "(Image − reconstruction) / σ", "√intensity", "χ² = ", "The exact engine", run):
        assert text in page, text
    fetched = re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']*|url\((?!#|["']?data:)[^)]*""", page)
    assert fetched == []


def test_a_report_names_the_theory_that_judged(finished_files):
    result = json.loads(finished_files["result.json"]) | {"fidelity": "dft", "exact_check": None}
    request = json.loads(finished_files["request.json"])
    request |= {"fidelity": "dft", "about": request["about"] | {"taught": "1, weights abc"}}
    files = {"result.json": json.dumps(result).encode(), "request.json": json.dumps(request).encode()}
    page = run_report(run_with(finished_files | files))
    assert re.search(r"\d+ predicted and \d+ DFT’s cuts", page)
    assert "<dt>Forward model of DFT</dt><dd>1, weights abc</dd>" in page
    assert "Exact engine" not in page


def test_compose_shows_the_best_guess_by_the_theory_that_judged(finished_files):
    step = json.loads(finished_files["steps.jsonl"].splitlines()[-1])
    assert compose_link(step | {"fidelity": "dft"}).endswith("&engine=dft")
    del step["fidelity"]  # of an earlier version
    assert "engine" not in compose_link(step)


def test_a_report_needs_no_picture_of_the_fit_and_no_source(finished_files):
    files = {name: content for name, content in finished_files.items() if not name.endswith("best.npz")}
    page = run_report(run_with(files))
    assert "Reconstruction" in page
    assert "(Image − reconstruction) / σ" not in page


def test_a_run_that_has_not_ended_has_no_report(finished_files):
    files = {name: content for name, content in finished_files.items() if name != "result.json"}
    with pytest.raises(InputError, match="has not ended"):
        run_report(run_with(files))
