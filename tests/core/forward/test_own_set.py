"""Which structures of somebody's own may teach the forward model of DFT, and where its weights go."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from core.cli.main import main
from core.dft.dataset import read_packed
from core.dft.imported.export import layout_dataset
from core.dft.imported.reading import EspressoSettings, import_bands
from core.dft.imported.store import put_into
from core.electronic.result_files import write_dataset
from core.forward.taught.evaluation import held_example
from core.forward.taught.model import taught_model
from core.forward.taught.own_set import LEAST_PROFILES, own_structures
from core.forward.taught.training import examples


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """Two structures of the project as somebody else's, and a folder with the first."""
    place, found = tmp_path_factory.mktemp("own"), []
    packed = {entry.sample.stack: entry for entry in islice(read_packed(), 3)}
    for number, stack in enumerate(("Si2", "Si2Ge2")):
        file = place / f"{number}.nc"
        write_dataset(layout_dataset(packed[stack]).assign_attrs(code="Mine"), file)
        found.append(import_bands(file, EspressoSettings()))
    return found


def changed(entry, **values):
    document = {**entry.result.document, "origin": {**entry.result.document["origin"], **values}}
    return replace(entry, result=replace(entry.result, document=document))


def outcome(capsys, folder, out, *more) -> tuple[int, str]:
    status = main(["train", "--line", "dft", "--structures", str(folder), "--out", str(out), *more])
    return status, capsys.readouterr().err


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"functional": "LDA"}, "computed by LDA; the model is one of PBE"),
        ({"silicon_lattice_angstrom": 5.40}, "counts strain from 5.4 Å"),
        ({}, f"holds 1 composition profiles; {LEAST_PROFILES} or more"),
    ],
)
def test_what_cannot_teach_is_refused(imported, tmp_path, capsys, values, says):
    put_into(tmp_path / "set", changed(imported[0], **values))
    status, error = outcome(capsys, tmp_path / "set", tmp_path / "out")
    assert (status, error.count("\n")) == (2, 1)
    assert says in error


def test_points_off_the_path_are_refused(imported, tmp_path, capsys):
    entry = imported[0]
    put_into(tmp_path / "set", replace(entry, result=replace(entry.result, k_reduced=entry.result.k_reduced * 0.99)))
    status, error = outcome(capsys, tmp_path / "set", tmp_path / "out")
    assert status == 2
    assert "not on the standard path; python -m core dft-path" in error


def test_bars_do_not_count_a_scissor_of_ones_own(imported, tmp_path, monkeypatch):
    """The model raises empty bands by the recipe's, and is measured against bands that are raised alike."""
    monkeypatch.setattr("core.forward.taught.own_set.LEAST_PROFILES", 1)
    put_into(tmp_path / "set", changed(imported[0], silicon_scissor_eV=0.0, germanium_scissor_eV=0.0))
    (entry,) = own_structures(tmp_path / "set")
    np.testing.assert_allclose(entry.result.aligned().energy, imported[0].result.aligned().energy)
    (example,) = examples([entry])
    held = held_example(taught_model(), example)
    assert held.conduction_error < 0.1
    assert held.visible.inside > 0.7 * held.visible.pixels


def test_shipped_weights_are_not_replaced(tmp_path, capsys):
    assert main(["train", "--line", "dft", "--structures", str(tmp_path)]) == 2
    assert main(["train", "--structures", str(tmp_path), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("--structures goes with --line dft and --out") == 2


def test_places_that_cannot_be_are_one_line_before_anything_is_fitted(imported, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("core.forward.taught.own_set.LEAST_PROFILES", 1)
    monkeypatch.setattr("core.forward.taught.evaluation.evaluate_taught", lambda *arguments: 1 / 0)
    assert outcome(capsys, tmp_path / "none", tmp_path / "out")[1].endswith("or a packed file is wanted\n")
    put_into(tmp_path / "set", imported[0])
    (tmp_path / "file").write_text("")
    status, error = outcome(capsys, tmp_path / "set", tmp_path / "file")
    assert (status, error.count("\n")) == (2, 1)
    assert "cannot be read or written" in error


def test_own_structures_are_what_is_trained_on(imported, tmp_path, capsys, monkeypatch):
    taught = {}

    def train(entries, fits, out, **more):
        taught.update(stacks=[entry.sample.stack for entry in entries], fits=fits, out=out)

    monkeypatch.setattr("core.forward.taught.own_set.LEAST_PROFILES", 2)
    monkeypatch.setattr("core.forward.taught.evaluation.evaluate_taught", lambda *arguments: {})
    monkeypatch.setattr("core.forward.taught.training.train_taught", train)
    for entry in imported:
        put_into(tmp_path / "set", entry)
    out = tmp_path / "out"
    assert outcome(capsys, tmp_path / "set", out) == (0, "")
    assert taught == {"stacks": ["Si2", "Si2Ge2"], "fits": out / "fits", "out": out / "dft.npz"}
