"""`python -m core`: what it writes, what it prints, and one clear line with status 2 for whatever cannot be done."""

import json
import os
import subprocess
import sys

import ase.io
import numpy as np
import pytest
import xarray as xr

from core.cli.main import main

FAST = ["--points", "3"]


def run(arguments, capsys):
    """(status, stdout, stderr) of one command in this process."""
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        status = stop.code
    out, err = capsys.readouterr()
    return status, out, err


def assert_refused(outcome, says):
    status, out, err = outcome
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert len(err) < 500
    assert "Traceback" not in err
    assert says.lower() in err.lower()


SI4GE4 = ["bands", "Si4Ge4", "--substrate", "Si"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "COMMAND"),
        (["paint"], "invalid choice"),
        (["bands"], "STACK"),
        (["bands", "Sn4Ge4", "--substrate", "Si"], "Sn"),
        (["bands", "Si4Ge4", "--substrate", "GaAs"], "GaAs"),
        (["bands", "", "--substrate", "Si"], "empty"),
        (["bands", "   ", "--substrate", "Si"], "empty"),
        (["bands", "Si0Ge4", "--substrate", "Si"], "0"),
        (["bands", "Si4Ge", "--substrate", "Si", "--substrate"], "--substrate"),
        (["bands", "Si200Ge200", "--substrate", "Si"], "at most 256"),
        (["bands", "Si99999999999Ge1", "--substrate", "Si"], "monolayers"),
        (["bands", "[" * 50 + "Si" + "]2" * 50, "--substrate", "Si"], "too deep"),
        (["bands", "Ge1Sn" * 400, "--substrate", "Si"], "Sn"),
        (["bands", "Si\nGe", "--substrate", "Si\nGe"], "Si Ge"),
        (["bands", "Si4", "--substrate", "5.9"], "Å"),
        (["bands", "Ge4", "--substrate", "5.25"], "%"),
        (["bands", "Si4", "--substrate", "+6.5%"], "%"),
        (["bands", "Si4Ge4"], "--substrate"),
        (["bands", "nowhere.cif"], "nowhere.cif"),
        (["bands", "POSCAR.missing/POSCAR"], "POSCAR"),
        ([*SI4GE4, "--mixing", "nan"], "width"),
        ([*SI4GE4, "--mixing", "-1"], "width"),
        ([*SI4GE4, "--mixing", "much"], "--mixing"),
        ([*SI4GE4, "--out", "x.nc", "--path", "G-Q"], "G-Q"),
        ([*SI4GE4, "--out", "x.nc", "--points", "1"], "points"),
        ([*SI4GE4, "--out", "x.txt"], ".nc"),
        ([*SI4GE4, "--out", "no/such/folder/x.nc"], "folder"),
        (["asf", "Si4Ge4", "--substrate", "Si"], "--out"),
        (["asf", "Si4Ge4", "--substrate", "Si", "--out", "x.nc", "--sigma", "0"], "0.005"),
        (["asf", "Si4Ge4", "--substrate", "Si", "--out", "x.nc", "--sigma", "nan"], "0.005"),
        (["asf", "Si4Ge4", "--substrate", "Si", "--out", "x.nc", "--smearing", "soft"], "adaptive"),
        (["asf", "Si4Ge4", "--substrate", "Si", "--out", "x.nc", "--window", "4", "-7"], "window"),
        (["asf", "Si4Ge4", "--substrate", "Si", "--out", "x.nc", "--energies", "0"], "points"),
        (["asf", "Si4Ge4", "--substrate", "Si", "--out", "x.nc", "--engine", "magic"], "exact"),
        (["cut", "Si4Ge4", "--substrate", "Si", "--out", "x.nc", "--cut", "G-L"], "G-X"),
        (["cut", "Si4Ge4", "--substrate", "Si", "--out", "x.nc", "--kz", "inf"], "kz"),
        ([*SI4GE4, "--vacancy", "3"], "--lateral 2"),
        ([*SI4GE4, "--step", "--seed", "3"], "--seed, --step need"),
        ([*SI4GE4, "--lateral", "5"], "2 to 4"),
        ([*SI4GE4, "--lateral", "2", "--vacancy", "9"], "1 to 8"),
        ([*SI4GE4, "--lateral", "2", "--vacancy", "3"], "missing atom"),
        ([*SI4GE4, "--lateral", "2", "--dangling", "open"], "--vacancy"),
        (["bands", "Si4Ge4", "--lateral", "2"], "--substrate"),
        (["bands", "nowhere.cif", "--lateral", "2"], "stack notation only"),
        (["asf", "Si4Ge4", "--substrate", "Si", "--out", "x.nc", "--configurations", "2"], "--lateral 2"),
        (["asf", "Si4", "--substrate", "Si", "--out", "x.nc", "--lateral", "2", "--configurations", "0"], "1 to 64"),
        (["asf", "Si4", "--substrate", "Si", "--out", "x.nc", "--lateral", "2", "--engine", "dft"], "exact"),
        (
            ["asf", "Si4", "--substrate", "Si", "--out", "x.nc", "--lateral", "4", "--engine", "forward"],
            "2 × 2 and 3 × 3",
        ),
        (
            ["cut", "Si4", "--substrate", "Si", "--out", "x.nc", "--lateral", "2", "--engine", "forward"],
            "standard path",
        ),
        (["asf", "Si4", "--substrate", "Si", "--out", "x.nc", "--lateral", "2", "--by-shell"], "--by-shell"),
        (["cut", "Si40", "--substrate", "Si", "--out", "x.nc", "--lateral", "3"], "at most 256"),
        (["structure", "Si4Ge4", "--substrate", "Si", "--out", "x.pdb"], ".cif"),
        (["structure", "Si4Ge4", "--substrate", "Si", "--out", "no/such/folder/x.cif"], "no/such"),
    ],
)
def test_refused_in_one_line(arguments, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert_refused(run(arguments, capsys), says)
    assert list(tmp_path.iterdir()) == []


HOSTILE = {
    "empty.cif": b"",
    "binary.xyz": bytes(range(256)) * 10,
    "huge.xyz": b"1\n" * 1_500_000,
    "endless.xyz": b"999999999\nLattice='1 0 0 0 1 0 0 0 1'\nSi 0 0 0\n",
    "molecule.xyz": b"2\n\nSi 0 0 0\nGe 0 0 2.4\n",
    "salt.vasp": b"NaCl\n1\n0 2.8 2.8\n2.8 0 2.8\n2.8 2.8 0\nNa Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5\n",
    "infinite.vasp": b"Si\n1e400\n0 2.8 2.8\n2.8 0 2.8\n2.8 2.8 0\nSi\n1\nDirect\n0 0 0\n",
    "broken.cif": b"data_x\nloop_\n_atom_site_label\n_cell_length_a what\n",
    "simple_cubic.vasp": b"Si\n1\n2.7 0 0\n0 2.7 0\n0 0 2.7\nSi\n1\nDirect\n0 0 0\n",
    "prose.txt": b"This is not a structure.\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_structure_files_refused_in_one_line(name, capsys, tmp_path):
    file = tmp_path / name
    file.write_bytes(HOSTILE[name])
    says = {"simple_cubic.vasp": "3.8 Å", "infinite.vasp": "not numbers"}
    assert_refused(run(["bands", file], capsys), says.get(name, name))


def test_file_brings_its_own_substrate(capsys, tmp_path):
    file = tmp_path / "si.vasp"
    assert run(["structure", "Si4", "--substrate", "Si", "--out", file], capsys)[0] == 0
    assert_refused(run(["bands", file, "--substrate", "Si"], capsys), "--substrate")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_cannot_be_written(capsys, tmp_path):
    tmp_path.chmod(0o500)
    assert_refused(run([*SI4GE4, "--out", tmp_path / "x.nc"], capsys), "written")
    assert_refused(run(["structure", "Si4", "--substrate", "Si", "--out", tmp_path / "x.cif"], capsys), "x.cif")


def test_place_that_is_a_folder(capsys, tmp_path):
    (tmp_path / "x.nc").mkdir()
    assert_refused(run([*SI4GE4, "--out", tmp_path / "x.nc"], capsys), "written")


def test_unwritable_place_costs_no_calculation(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("core.electronic.calculation.solve_bands", lambda *a: pytest.fail("was computed"))
    for command in ("bands", "asf", "cut"):
        assert_refused(run([command, "Si4", "--substrate", "Si", "--out", tmp_path / "a" / "x.nc"], capsys), "folder")


def test_band_figures(capsys):
    status, out, err = run([*SI4GE4, "--spin-orbit", "--json"], capsys)
    assert (status, err, out.count("\n")) == (0, "", 1)
    document = json.loads(out)
    assert document["gap"] == pytest.approx(document["cbm"] - document["vbm"])
    assert document["cbm_valley"] == "Δ4"
    assert {"hh_lh_splitting", "delta2_delta4_splitting", "split_off", "masses", "profile"} <= set(document)
    assert document["units"]["gap"] == "eV"
    status, out, _ = run(SI4GE4, capsys)
    assert status == 0
    assert "gap " in out
    assert " eV" in out


def test_odd_stack_is_doubled_and_says_so(capsys):
    status, out, err = run(["bands", "Si3Ge2", "--substrate", "Si", "--json"], capsys)
    assert status == 0
    assert "doubled to 10" in err
    assert err.count("\n") == 1
    assert len(json.loads(out)["profile"]["vbm"]) == 10
    assert "doubled" in run(["bands", "Si", "--substrate", "Si"], capsys)[2]


@pytest.mark.parametrize("suffix", ["xyz", "cif", "vasp"])
def test_structure_goes_out_and_comes_back(suffix, capsys, tmp_path):
    file = tmp_path / f"stack.{suffix}"
    assert run(["structure", "si 4 Ge4", "--substrate", "Si0.5Ge0.5", "--out", file], capsys)[0] == 0
    atoms = ase.io.read(file)
    assert sorted(atoms.get_chemical_symbols()) == ["Ge"] * 4 + ["Si"] * 4
    from_file = json.loads(run(["bands", file, "--json"], capsys)[1])
    direct = json.loads(run(["bands", "Si4Ge4", "--substrate", "Si0.5Ge0.5", "--json"], capsys)[1])
    for name in ("gap", "vbm", "hh_lh_splitting", "delta2_delta4_splitting"):
        assert from_file[name] == pytest.approx(direct[name], abs=1e-4), name


def test_lateral_supercell_file_unfolds_onto_the_primitive_cell(capsys, tmp_path):
    """Sixteen atoms of pristine silicon, written by ASE and read back: A(k, E) of the two-atom cell to 1e-8."""
    primitive = tmp_path / "si.xyz"
    assert run(["structure", "Si4", "--substrate", "Si", "--out", primitive], capsys)[0] == 0
    ase.io.write(tmp_path / "large.xyz", ase.io.read(primitive).repeat((2, 2, 1)))
    spectra = []
    for sample in (["Si2", "--substrate", "Si"], [tmp_path / "large.xyz"]):
        out = tmp_path / "asf.nc"
        assert run(["asf", *sample, "--points", "6", "--out", out], capsys)[0] == 0
        with xr.open_dataset(out) as data:
            spectra.append((data.total.values, data.sizes["atom"], data.asf.sum("atom").values))
    assert [atoms for _, atoms, _ in spectra] == [2, 16]
    assert np.abs(spectra[1][0] - spectra[0][0]).max() <= 1e-8
    assert np.abs(spectra[1][2] - spectra[1][0]).max() <= 1e-10


def test_cut(capsys, tmp_path):
    out = tmp_path / "cut.nc"
    arguments = ["cut", "Si2Ge2", "--substrate", "Si", "--cut", "G-K", "--kz", "0.75", "--points", "9", "--out", out]
    assert run(arguments, capsys)[0] == 0
    with xr.open_dataset(out) as data:
        np.testing.assert_allclose(data.k_reduced[:, 2], 0.75)
        np.testing.assert_allclose(data.asf, data.asf[:, ::-1], atol=1e-8)
        assert data.path_length[0] == -data.path_length[-1]


def test_bands_file(capsys, tmp_path):
    out = tmp_path / "bands.nc"
    status, printed, err = run([*SI4GE4, *FAST, "--out", out], capsys)
    assert (status, printed) == (0, "")
    assert "bands written" in err
    with xr.open_dataset(out) as data:
        assert data.energy.shape == (12, 80)
        np.testing.assert_allclose(data.unfolding_weight.sum("band"), 20, atol=1e-8)


def test_imperfect_crystals(capsys, tmp_path):
    sample = ["(Si0.5Ge0.5)2", "--substrate", "Si", "--lateral", "2", "--seed", "3", "--antisite", "1"]
    out = tmp_path / "asf.nc"
    status, printed, err = run(
        ["asf", *sample, "--vacancy", "2", "--step", "--configurations", "2", *FAST, "--out", out], capsys
    )
    assert (status, printed) == (0, "")
    assert "4 of 8 sites are Ge" in err
    assert "2 configurations of 8 sites" in err
    with xr.open_dataset(out) as data:
        kept = json.loads(data.attrs["imperfections"])
        assert kept["sample"]["stack"] == "(Si0.5Ge0.5)2"
        assert (kept["lateral"], kept["seed"], kept["antisites"], kept["vacancies"]) == (2, 3, [1], [2])
        assert kept["step"]
        assert data.attrs["dangling_bonds"].startswith("open")
        np.testing.assert_allclose(data.total, data.total_of.mean("configuration"), atol=1e-12)
    assert run(["structure", *sample, "--vacancy", "2", "--out", tmp_path / "x.xyz"], capsys)[0] == 0
    assert len(ase.io.read(tmp_path / "x.xyz")) == 7
    assert run(["bands", *sample, "--vacancy", "2", *FAST, "--out", out], capsys)[0] == 0
    with xr.open_dataset(out) as data:
        assert np.abs(data.energy).max() < 100
    refused = run(["descriptors", *sample, "--vacancy", "2", "--out", tmp_path / "x.csv"], capsys)
    assert refused[0] == 2
    assert "leave out the vacancies" in refused[2]
    assert run(["descriptors", *sample, "--out", tmp_path / "x.csv"], capsys)[0] == 0
    assert len((tmp_path / "x.csv").read_text(encoding="utf-8").splitlines()) == 9
    explicit = json.loads(run(["bands", *sample, "--json"], capsys)[1])
    assert 0.3 < explicit["gap"] < 1.2


@pytest.mark.parametrize("flaws", [[], ["--antisite", "1", "--step"]])
def test_an_alloy_goes_out_and_comes_back(flaws, capsys, tmp_path):
    """A file of drawn atoms, as Compose takes it, has the spectra of the command."""
    sample = ["Si2(Si0.5Ge0.5)2", "--substrate", "Si", "--lateral", "2", "--seed", "1", *flaws]
    assert run(["structure", *sample, "--out", tmp_path / "alloy.xyz"], capsys)[0] == 0
    totals = []
    for one in (sample, [tmp_path / "alloy.xyz"]):
        assert run(["asf", *one, *FAST, "--out", tmp_path / "asf.nc"], capsys)[0] == 0
        with xr.open_dataset(tmp_path / "asf.nc") as data:
            totals.append(data.total.values)
    np.testing.assert_allclose(totals[0], totals[1], atol=1e-5)


def test_alloys(capsys, monkeypatch):
    row = {
        "ge_fraction": 0.5,
        "virtual": 1.0,
        "random": 0.9,
        "random_std": 0.01,
        "random_lowest": 0.8,
        "experiment": 0.992,
    }
    table = {
        "rows": [row], "bowing": {"virtual": 0.1, "random": 0.3, "experiment": 0.206}, "ends": {"Si": 1.1, "Ge": 0.9},
        "configurations": 4, "atoms": 72, "seed": 1, "experiment_source": "Weber, Alonso",
    }  # fmt: skip
    monkeypatch.setattr("core.alloys.alloy_table", lambda progress: table)
    _, out, _ = run(["alloys"], capsys)
    assert "0.900 ± 0.010; 0.800" in out
    assert "Weber, Alonso" in out
    assert json.loads(run(["alloys", "--json"], capsys)[1]) == table


def test_validate(capsys, monkeypatch):
    rows = [
        {"setting": "bulk Si", "quantity": "Gap", "computed": 1.2, "reference": 1.173, "unit": "eV", "within": False},
        {"setting": "bulk Si", "quantity": "Mass", "computed": 0.2, "reference": None, "unit": "m0", "within": None},
    ]
    monkeypatch.setattr("core.validation.validation_table", lambda: rows)
    status, out, _ = run(["validate"], capsys)
    assert status == 1
    assert "OUTSIDE" in out
    assert json.loads(run(["validate", "--json"], capsys)[1]) == rows


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["bands", "Si2", "--substrate", "Si", "--json"], 0), (["bands", "Xx2", "--substrate", "Si"], 2)],
)
def test_as_a_program(arguments, status):
    """In a process of its own, even where the terminal knows nothing but ASCII."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-m", "core", *arguments], capture_output=True, env=environment)
    assert done.returncode == status
    assert b"Traceback" not in done.stderr
    if status:
        assert done.stderr.count(b"\n") == 1
        assert not done.stdout
    else:
        assert not done.stderr
        assert json.loads(done.stdout.decode("utf-8"))["cbm_valley"] == "Δ2"
