"""`python -m core sweep`: the page's sweep as a table."""

import csv
import io

import pytest

from core.design.sweep import point_of
from core.structure.sample import Sample
from tests.core.cli.test_command_line import assert_refused, run


def test_a_sweep_is_printed_or_written(tmp_path, capsys):
    asked = ["sweep", "Si1Ge1", "--along", "mixing", "--from", 0, "--to", 0.2, "--points", 3, "--substrate", "Si"]
    status, out, err = run(asked, capsys)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 0
    assert [float(row["interface_mixing (ML)"]) for row in rows] == [0, 0.1, 0.2]
    expected = point_of(Sample("Si1Ge1", "Si", 0.1)).figures["gap"]
    assert float(rows[1]["gap (eV)"]) == pytest.approx(expected, rel=1e-5)
    assert err.count("gap") == 3
    assert run([*asked, "--out", tmp_path / "a.csv"], capsys)[0] == 0
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == out


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--along", "colour"], "substrate, lattice, block, mixing"),
        (["--along", "block"], "--substrate is missing"),
        (["--from", "2"], "0 to 1"),
        (["--points", "900"], "3 to 25"),
        (["--along", "block", "--substrate", "Si", "--block", "9"], "blocks 1 to 2"),
    ],
)
def test_what_cannot_be_swept_is_refused_in_one_line(more, says, capsys):
    assert_refused(run(["sweep", "Si1Ge1", *more], capsys), says)


def test_a_table_that_cannot_be_written_is_said(tmp_path, capsys):
    asked = ["sweep", "Si1Ge1", "--points", "3", "--out", tmp_path / "none" / "a.csv"]
    status, out, err = run(asked, capsys)
    assert (status, out) == (2, "")
    assert "cannot be written" in err
