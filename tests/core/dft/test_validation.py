"""Bulk crystals by both theories: what theory says of them, and what experiment does."""

import json

import pytest

from core.cli.main import main
from core.dft import validation
from core.dft.calculation import reference
from core.dft.dataset import packed_entry, packed_samples, read_packed
from core.dft.validation import (
    critical_points,
    deformation_potentials,
    measured_tables,
    strained_bulk,
    valence_band_offset,
)
from core.parameters.tight_binding import parameter_document


@pytest.fixture(scope="module")
def bulk():
    places = [i for i, sample in enumerate(packed_samples()) if sample.family == "bulk"]
    return [packed_entry(place) for place in places]


def test_structures_are_read_one_by_one_as_all_together():
    whole = [entry.sample for entry in read_packed()]
    assert list(packed_samples()) == whole
    last = packed_entry(len(whole) - 1)
    assert last.sample == whole[-1]


def test_critical_points_are_those_of_both_engines():
    rows = {(row["species"], row["level"]): row for row in critical_points()}
    assert len(rows) == 22
    for species in ("Si", "Ge"):
        of_x = parameter_document()["checks"][species]["X4v_eV"]
        spin_orbit = {"Si": 0.044, "Ge": 0.297}[species]
        assert rows[species, "X4v"]["tight_binding"] == pytest.approx(of_x + spin_orbit / 3, abs=0.06)
        raised = rows[species, "X1c"]["dft_scissor"] - rows[species, "X1c"]["dft"]
        assert raised == pytest.approx(reference()["scissor"][species])
        assert rows[species, "X4v"]["dft_scissor"] == rows[species, "X4v"]["dft"]
    published = [row for row in rows.values() if row["published"] is not None]
    assert len(published) == 3
    assert all(abs(row["dft"] - row["published"]) < 0.05 for row in published)


def test_strain_splits_bulk_as_experiment_has_it(bulk):
    rows = strained_bulk(bulk)
    assert len(rows) == len(bulk)
    found = deformation_potentials(rows)
    for theory in ("tight_binding", "dft"):
        assert found["Si"][theory]["b"] == pytest.approx(-2.10, abs=0.25)
        assert found["Si"][theory]["xi_u"] == pytest.approx(8.6, abs=0.5)
        assert found["Ge"][theory]["b"] == pytest.approx(-2.86, abs=0.4)
        assert found["Ge"][theory]["xi_u"] is None
    unstrained = [row for row in rows if abs(row["tight_binding"]["strain"]) < 1e-6]
    assert {row["species"] for row in unstrained} == {"Si", "Ge"}
    assert all(abs(row[theory]["valence"]) < 2e-3 for row in unstrained for theory in ("tight_binding", "dft"))


def test_without_strained_crystals_no_potential_is_told():
    assert deformation_potentials([])["Si"]["dft"] == {"b": None, "xi_u": None}


def test_germanium_lies_above_silicon():
    found = valence_band_offset()
    assert found["dft"] == pytest.approx(0.79, abs=0.01)
    assert 0.5 < found["tight_binding"] < 0.7


def test_tables_are_kept_for_the_page(tmp_path, monkeypatch, bulk, capsys):
    names = set(measured_tables())
    monkeypatch.setattr(validation, "MEASURED_FILE", tmp_path / "dft.json")
    monkeypatch.setattr("core.dft.dataset.read_packed", lambda: iter(bulk[:3]))
    assert main(["dft-compare", "--write"]) == 0
    capsys.readouterr()
    kept = json.loads((tmp_path / "dft.json").read_text(encoding="utf-8"))
    assert kept["structures"] == 3
    assert set(kept) == names
    assert [row["lattice"] for row in kept["strained_bulk"]] == sorted(
        [row["lattice"] for row in kept["strained_bulk"] if row["species"] == "Si"]
    ) + sorted([row["lattice"] for row in kept["strained_bulk"] if row["species"] == "Ge"])


def test_kept_tables_are_of_the_structures_that_the_project_brings():
    assert measured_tables()["structures"] == len(packed_samples())
