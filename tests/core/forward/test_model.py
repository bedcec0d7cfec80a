"""The shipped forward model: its symmetries, its sums, its agreement with the exact engine, and its files."""

import json

import numpy as np
import pytest
import xarray as xr

from core.cli.main import main
from core.electronic.calculation import calculate_bands
from core.electronic.kpath import build_cut, build_path
from core.electronic.spectral import Broadening, EnergyGrid, spectral_function
from core.errors import InputError
from core.forward.evaluation import outside_samples
from core.forward.model import LIVE_ATOM_LIMIT, domain_score, predict, predict_cut, weights_file
from core.learning.samples import held_out
from core.structure.build import build_crystal
from core.structure.stack import parse_stack, two_block
from core.structure.substrate import parse_substrate


def crystal_of(stack, substrate="Si0.5Ge0.5", mixing=0.0):
    return build_crystal(parse_stack(stack), parse_substrate(substrate), mixing)


def exact(crystal, path):
    bands = calculate_bands(crystal, path, window=(-8.5, 5.5)).bands
    return spectral_function(bands, path.step, EnergyGrid(), Broadening())


def r2(predicted, true):
    return 1 - ((predicted - true) ** 2).sum() / ((true - true.mean()) ** 2).sum()


@pytest.mark.parametrize("pair", [(2, 7), (5, 7), (10, 4)])
def test_pairs_that_were_never_trained_on(pair):
    assert pair in held_out()["test"]
    crystal = build_crystal(two_block(*pair), parse_substrate("Si0.3Ge0.7"))
    true, found = exact(crystal, build_path(crystal)), predict(crystal)
    assert r2(found.total(), true.sum(axis=0)) > 0.98
    assert r2(found.atoms(), true) > 0.97


def test_cut_at_a_kz_between_gamma_and_z():
    crystal = crystal_of("Si4Ge4")
    for cut in ("G-X", "G-K"):
        true = exact(crystal, build_cut(crystal, cut, 0.43))
        found = predict_cut(crystal, cut, 0.43)
        assert found.total().shape == true.shape[1:]
        assert r2(found.total(), true.sum(axis=0)) > 0.9
        np.testing.assert_array_equal(found.total(), found.total()[::-1])


def test_atoms_add_up_to_the_total():
    """Both are cut off at zero, each for itself; what that takes away is small."""
    found = predict(crystal_of("Si3Ge1Si2Ge4"))
    total = found.total()
    assert found.atoms().shape == (10, 96, 176)
    assert np.abs(found.atoms().sum(axis=0) - total).max() < 0.02 * total.max()
    assert found.atoms().min() >= 0.0


def test_repeats_reversal_and_translation_leave_the_total():
    total = predict(crystal_of("Si3Ge1Si2Ge4")).total()
    for other in ("[Si3Ge1Si2Ge4]2", "Ge4Si2Ge1Si3", "Si1Ge1Si2Ge4Si2"):
        np.testing.assert_allclose(predict(crystal_of(other)).total(), total, atol=2e-3 * total.max())


def test_error_bars_are_positive_and_largest_at_bands():
    found = predict(crystal_of("Si4Ge4"))
    total, width = found.total(), found.total_error()
    assert width.shape == total.shape
    assert width.min() > 0
    assert width[total > 0.3 * total.max()].mean() > 2 * width[total < 0.01 * total.max()].mean()
    assert found.atom_error(0).shape == total.shape


def test_domain_of_known_and_unknown_stacks():
    assert domain_score(crystal_of("Si4Ge4")).inside
    for samples in outside_samples().values():
        assert sum(domain_score(sample.crystal()).inside for sample in samples[:20]) <= 2


def test_what_the_model_does_not_take_is_refused(tmp_path):
    with pytest.raises(InputError, match=str(LIVE_ATOM_LIMIT)):
        predict(build_crystal(two_block(300, 300), parse_substrate("Si0.5Ge0.5")))
    assert predict(build_crystal(two_block(256, 256), parse_substrate("Si0.5Ge0.5"))).total().shape == (96, 176)


@pytest.mark.parametrize("line", ["path", "cuts"])
def test_weights_are_small_plain_arrays_with_a_card(line):
    with np.load(weights_file(line), allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind == "f" for name in arrays.files)
    card = json.loads(weights_file(line).with_suffix(".json").read_text(encoding="utf-8"))
    assert {"data", "settings", "domain", "versions"} <= set(card)
    assert sum(weights_file(name).stat().st_size for name in ("path", "cuts")) < 40 * 2**20


def test_command_line_writes_predictions(tmp_path):
    out = tmp_path / "a.nc"
    assert main(["asf", "Si4Ge4", "--substrate", "Si", "--engine", "forward", "--out", str(out)]) == 0
    with xr.open_dataset(out) as data:
        assert data["asf"].dims == ("atom", "k", "energy")
        assert data["asf"].shape == (8, 96, 176)
        assert data["asf"].attrs["units"] == "1/eV"
        assert data.attrs["engine"] == "forward"
        np.testing.assert_allclose(data["asf"].sum("atom"), data["total"], atol=1e-5)
    out = tmp_path / "b.nc"
    cut = ["cut", "Si4Ge4", "--substrate", "Si", "--cut", "G-K", "--kz", "0.8", "--engine", "forward"]
    assert main([*cut, "--out", str(out)]) == 0
    with xr.open_dataset(out) as data:
        assert data["total"].shape == (97, 176)


def test_command_line_refuses_settings_that_only_the_exact_engine_has(tmp_path, capsys):
    out = str(tmp_path / "a.nc")
    for extra in (["--sigma", "0.05"], ["--spin-orbit"], ["--by-shell"], ["--points", "30"]):
        assert main(["asf", "Si4Ge4", "--substrate", "Si", "--engine", "forward", "--out", out, *extra]) == 2
        assert extra[0] in capsys.readouterr().err
