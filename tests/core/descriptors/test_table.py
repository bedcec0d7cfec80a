"""The table of all descriptors, its file and its command."""

import re

import numpy as np
import pandas as pd
import pytest

from core.cli.main import main
from core.descriptors.layer_window import LAYER_NAMES
from core.descriptors.table import COLUMNS, descriptor_table, write_table
from core.descriptors.voronoi import VORONOI_NAMES, voronoi_descriptors
from core.errors import InputError
from tests.core.descriptors.samples import RELAXED, crystal_of, relaxed

NAMES = ["index", "symbol", *VORONOI_NAMES, *LAYER_NAMES]


def run(arguments, capsys):
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        status = stop.code
    return status, *capsys.readouterr()


def test_every_column_has_unit_and_sentence():
    assert [column.name for column in COLUMNS] == NAMES
    for column in COLUMNS:
        assert column.unit in ("", "1", "Å", "Å²", "Å³", "%"), column
        assert re.fullmatch(r"[A-Z][^\n]+[^.]\.", column.sentence), column
        if suffix := re.search("_(angstrom|percent)$", column.name):
            assert column.unit == {"angstrom": "Å", "percent": "%"}[suffix.group(1)]
    assert len({column.sentence for column in COLUMNS}) == len(COLUMNS)


def test_units_follow_the_scale():
    crystal = relaxed("SiGe_random_16")
    one, two = (
        voronoi_descriptors(scale * crystal.cell, scale * crystal.positions, crystal.ge_fraction, scale**2 * 1e-4)
        for scale in (1, 2)
    )
    power = {"1": 0, "Å": 1, "Å²": 2, "Å³": 3}
    unit = {column.name: column.unit for column in COLUMNS}
    for name in VORONOI_NAMES:
        assert two[name] == pytest.approx(2.0 ** power[unit[name]] * one[name], rel=1e-9, abs=1e-15), name


def test_table():
    crystal = crystal_of("Si2(Si0.7Ge0.3)2Ge2", "Si0.5Ge0.5")
    table = descriptor_table(crystal)
    assert list(table.columns) == NAMES
    assert table["index"].tolist() == list(range(6))
    assert table["symbol"].tolist() == ["Si", "Si", "Si0.70Ge0.30", "Si0.70Ge0.30", "Ge", "Ge"]
    assert np.isfinite(table.drop(columns="symbol").to_numpy(dtype=float)).all()
    assert table["tot_cell_volume"].sum() == pytest.approx(np.linalg.det(crystal.cell))
    assert table["bond_length"].between(2.5, 2.8).all()


def test_pandas_reads_the_file_plainly(tmp_path):
    table = descriptor_table(relaxed("SiGe_random_16"))
    write_table(table, tmp_path / "d.csv")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "d.csv"), table, rtol=1e-14)
    assert (tmp_path / "d.csv").read_bytes().count(b"\n") == 17


def test_file_that_cannot_be_written(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    table = pd.DataFrame({"index": [0]})
    for name, says in (("d.txt", ".csv"), ("no/d.csv", "folder"), ("folder.csv", "written")):
        with pytest.raises(InputError, match=re.escape(says)):
            write_table(table, tmp_path / name)


def test_command_on_a_stack(capsys, tmp_path):
    file = tmp_path / "d.csv"
    arguments = ["descriptors", "Si3Ge2", "--substrate", "Si", "--mixing", "0.5", "--out", file]
    status, out, err = run(arguments, capsys)
    assert (status, out) == (0, "")
    assert "doubled" in err
    assert f"descriptors of 10 atoms written to {file}" in err
    expected = descriptor_table(crystal_of("Si3Ge2", "Si", 0.5))
    pd.testing.assert_frame_equal(pd.read_csv(file), expected, rtol=1e-12)


def test_command_on_a_structure_file(capsys, tmp_path):
    file = tmp_path / "d.csv"
    assert run(["descriptors", RELAXED / "Si4Ge4_on_Si.vasp", "--out", file], capsys)[0] == 0
    table = pd.read_csv(file)
    assert table["symbol"].tolist() == ["Si"] * 8 + ["Ge"] * 8
    assert table["1_order_a"].tolist()[:2] == pytest.approx([0.568, 0.957], abs=6e-4)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Si4Ge4", "--substrate", "Si"], "--out"),
        (["Si4Ge4", "--out", "d.csv"], "--substrate"),
        (["Si4Sn4", "--substrate", "Si", "--out", "d.csv"], "Sn"),
        (["Si4Ge4", "--substrate", "Si", "--out", "d.nc"], ".csv"),
        (["Si4Ge4", "--substrate", "Si", "--out", "no/such/d.csv"], "folder"),
        (["nowhere.cif", "--out", "d.csv"], "nowhere.cif"),
    ],
)
def test_command_refuses_in_one_line(arguments, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(["descriptors", *arguments], capsys)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert list(tmp_path.iterdir()) == []
