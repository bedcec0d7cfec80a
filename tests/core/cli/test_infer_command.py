"""`python -m core infer`: what it prints, and one clear line for whatever cannot be read."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.interpret.edit import control_values, with_controls
from core.cli.images import given_cuts
from core.cli.main import build_parser
from core.experiment.calibration.steps import Momentum, Symmetrise
from core.reverse.standard import standard_image
from core.sessions.readings import Reading, cuts_of, first_reading, keep_image
from tests.core.cli.test_command_line import assert_refused, run
from tests.data import DATA, FIGURE

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "core" / "experiment" / "examples" / "sharp.nc"
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


@pytest.mark.parametrize(
    "option", [("--seconds", "nan"), ("--seconds", "-5"), ("--seconds", "x"), ("--exact-cuts", "-1")]
)
def test_budgets_of_the_loop_that_are_none_are_refused(capsys, option):
    name, value = option
    assert_refused(run(["loop", EXAMPLE, f"{name}={value}"], capsys), f"{name}: '{value}' is not accepted; give a")


@pytest.mark.parametrize("seconds", ["nan", "0"])
def test_times_of_a_search_for_stacks_that_are_none_are_refused(capsys, seconds):
    assert_refused(run(["design", "gap=0.8", f"--seconds={seconds}"], capsys), f"--seconds: '{seconds}' is not")


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


SLS = DATA / "sls_sis.h5"
AXES = {"k_left": -1.5, "k_right": 1.67, "e_bottom": -8.65, "e_top": 2.0}
ON_THE_PAGE = {
    "picture": (FIGURE, AXES | {"hv": 380.0, "kz": "", "background": "constant", "k_scale": 1.01}),
    "angles": (SLS, {"hv": 98.0, "work_function": 4.3, "k_centre": 0.02, "symmetrise": True, "cut": "G-K"}),
    "momenta": (EXAMPLE, {"fermi": 0.1, "background": "shirley", "kz": "0.25"}),
}


@pytest.mark.parametrize("kind", ON_THE_PAGE)
@pytest.mark.parametrize("bare", [False, True])
def test_exported_steps_give_the_image_of_the_page(kind, bare, tmp_path):
    file, values = ON_THE_PAGE[kind]
    reading = first_reading(keep_image(file.read_bytes(), file.name))
    reading = with_controls(reading, control_values(reading) | values, list(values))
    (cut,), (image,) = cuts_of((reading,))
    kept = tmp_path / "steps.json"
    document = {"reading": reading.document()}
    kept.write_text(json.dumps(document["reading"]["steps"] if bare else document))
    (same,) = given_cuts(build_parser().parse_args(["infer", str(file), "--steps", str(kept)]))
    np.testing.assert_array_equal(standard_image(same.image), image)
    if not bare:
        assert (same.cut, same.kz, same.radius) == (cut.cut, cut.kz, cut.radius)


def test_an_export_calibrates_both_of_its_files(tmp_path, capsys):
    first = Reading(keep_image(EXAMPLE.read_bytes(), "a.nc"), steps=(Momentum(0.01),))
    second = replace(first, steps=(Symmetrise(),), kz="0")
    kept = tmp_path / "interpretation.json"
    kept.write_text(json.dumps({"reading": first.document(), "other_cuts": [{"reading": second.document()}]}))
    arguments = ["infer", str(EXAMPLE), str(EXAMPLE), "--steps", str(kept), "--cut", "G-K"]
    cuts = given_cuts(build_parser().parse_args(arguments))
    assert [cut.kz for cut in cuts] == [None, 0.0]
    assert [cut.cut for cut in cuts] == ["G-K", "G-K"]
    assert not cuts[0].image.equals(cuts[1].image)
    assert_refused(run(["infer", EXAMPLE, EXAMPLE, EXAMPLE, "--steps", kept], capsys), "3 files and 2")


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("not json", (), "no JSON"),
        ("[" * 100_000, (), "no JSON"),
        ('[{"step": "explode"}]', (), "not known"),
        ('[{"step": "momentum", "centre": "left"}]', (), "needs centre"),
        ('{"colours": "auto", "image": "x"}', (), "earlier version"),
        ("[3]", (), "not known"),
        ('{"reading": 3, "other_cuts": [2]}', (), "did not come from"),
        ('[{"step": "picture_axes", "k_left": -1, "k_right": 1, "e_bottom": -5, "e_top": 0}]', (), "pictures"),
        ("[]", ("--fermi", "0.1"), "leave out --fermi"),
        ('[{"step": "angle_to_momentum", "photon_energy": 9, "work_function": 4}]', ("--hv", "8"), "holds the photon"),
    ],
)
def test_foreign_steps_get_one_line(text, options, says, tmp_path, capsys):
    (tmp_path / "steps.json").write_text(text)
    assert_refused(run(["infer", EXAMPLE, "--steps", tmp_path / "steps.json", *options], capsys), says)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing.ibw"], "is no file"),
        ([EXAMPLE, "--cut", "G-Z"], "not known"),
        ([EXAMPLE, "--kz", "high"], "auto"),
        ([EXAMPLE, "--hv", "2"], "free no electrons"),
        ([EXAMPLE, EXAMPLE, "--cut", "G-X,G-X,G-K"], "2 files and 3 cuts"),
        ([EXAMPLE, "--fermi", "50"], "check the calibration"),
        ([EXAMPLE, "--steps", "nothing.json"], "is no file"),
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
        path.write_bytes((FIGURE).read_bytes()[:9000])
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
