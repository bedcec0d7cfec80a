"""`python -m core infer`: what it prints, and one clear line for whatever cannot be read."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.core.test_command_line import assert_refused, run
from tests.data import FIGURE

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "core" / "reverse" / "examples" / "sharp.nc"
NAMES = {
    "lattice_in_plane", "ge_fraction", "interfacial_fraction", "bond_length_si_si", "bond_length_si_ge",
    "bond_length_ge_ge", "interface_width", "period",
}  # fmt: skip


def test_document_keeps_the_contract(capsys):
    status, out, _ = run(["infer", EXAMPLE, "--cut", "G-X", "--json"], capsys)
    assert status == 0
    document = json.loads(out)
    assert set(document["descriptors"]) >= NAMES
    assert {"value", "low", "high", "unit"} == set(document["descriptors"]["period"])
    assert document["in_domain"] is True
    assert document["domain_score"] <= 1
    assert {"stack", "substrate", "probability"} <= set(document["candidates"][0])


def test_lines_for_people(capsys):
    status, out, _ = run(["infer", EXAMPLE, "--kz", "0"], capsys)
    assert status == 0
    assert "lattice_in_plane" in out
    assert "inside what the model knows" in out
    assert "%" in out


def test_two_cuts_of_a_sample(capsys):
    status, out, _ = run(["infer", EXAMPLE, EXAMPLE, "--cut", "G-X", "--cut", "Γ-X", "--json"], capsys)
    assert status == 0
    one = json.loads(run(["infer", EXAMPLE, "--json"], capsys)[1])
    two = json.loads(out)
    name = "lattice_in_plane"
    assert two["descriptors"][name]["value"] == pytest.approx(one["descriptors"][name]["value"], abs=1e-4)


def test_picture_needs_its_axes_and_takes_them(capsys):
    assert_refused(run(["infer", FIGURE], capsys), "--k-range")
    axes = ["--k-range", "-1.5", "1.67", "--e-range", "-8.65", "2"]
    status, out, _ = run(["infer", FIGURE, *axes, "--hv", "380", "--json"], capsys)
    assert status == 0
    assert "kz" not in json.loads(out)["descriptors"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing.ibw"], "is no file"),
        ([EXAMPLE, "--cut", "G-Z"], "not known"),
        ([EXAMPLE, "--kz", "high"], "auto"),
        ([EXAMPLE, "--hv", "2"], "free no electrons"),
        ([EXAMPLE, EXAMPLE, "--cut", "G-X,G-X,G-K"], "2 files and 3 cuts"),
        ([EXAMPLE, "--fermi", "50"], "check the calibration"),
        ([], "FILE"),
    ],
)
def test_bad_requests_get_one_line(arguments, says, capsys):
    assert_refused(run(["infer", *arguments], capsys), says)


@pytest.mark.parametrize("kind", ["text", "pickle", "tiny", "constant", "nan", "truncated"])
def test_bad_files_get_one_line(kind, tmp_path, capsys):
    path = tmp_path / "upload.png"
    if kind == "text":
        path.write_text("not a picture at all")
    elif kind == "pickle":
        np.save(tmp_path / "upload.npy", np.array([{}], dtype=object), allow_pickle=True)
        path = tmp_path / "upload.npy"
    elif kind == "truncated":
        path.write_bytes(FIGURE.read_bytes()[:9000])
    elif kind == "nan":
        path = tmp_path / "upload.npy"
        np.save(path, np.full((64, 64), np.nan))
    else:
        size = (3, 3) if kind == "tiny" else (64, 64)
        Image.new("RGB", size, (90, 90, 90)).save(path)
    status, out, err = run(["infer", path, "--k-range", "-1", "1", "--e-range", "-5", "0"], capsys)
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert "Traceback" not in err
