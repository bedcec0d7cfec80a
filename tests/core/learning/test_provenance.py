"""Files of a folder come from one plan, and plans name what made them."""

import pytest

from core.errors import InputError
from core.learning.dataset import plan_document
from core.learning.provenance import check_plan, made_with, plan_sha256
from core.parameters import checksum, keating
from core.reverse import drawing
from core.reverse.drawing import check_spectra_folder, make_signals, spectra_plan


def test_parameters_of_the_engine_are_told_apart(tmp_path, monkeypatch):
    before = checksum.parameters_sha256()
    text = keating.PARAMETER_FILE.read_text(encoding="utf-8")
    for changed, same in ((text.replace("\n", "\r\n"), True), (text.replace("1", "2", 1), False)):
        other = tmp_path / "keating.json"
        other.write_bytes(changed.encode())
        monkeypatch.setattr(keating, "PARAMETER_FILE", other)
        assert (checksum.parameters_sha256.__wrapped__() == before) is same


def test_a_folder_takes_files_of_one_plan_alone(tmp_path):
    check_plan(tmp_path / "new", {"seed": 1, "range": (1.0, 2.0)}, "spectra")
    check_plan(tmp_path / "new", {"range": (1.0, 2.0), "seed": 1}, "spectra")
    with pytest.raises(InputError, match=r"holds spectra with other seed \(1\)"):
        check_plan(tmp_path / "new", {"seed": 2, "range": (1.0, 2.0)}, "spectra")
    with pytest.raises(InputError, match=r"other made_by \(not recorded\)"):
        check_plan(tmp_path / "new", {"seed": 1, "made_by": "x"}, "spectra")
    check_plan(tmp_path / "other", {"seed": 2, "range": (1.0, 2.0)}, "spectra")
    assert plan_sha256(tmp_path / "new") != plan_sha256(tmp_path / "other")


def test_files_of_an_unknown_plan_are_refused(tmp_path):
    (tmp_path / "signals-0000.npz").touch()
    with pytest.raises(InputError, match=r"without a plan\.json"):
        make_signals(tmp_path, 500, print)
    with pytest.raises(InputError, match=r"holds no plan\.json"):
        plan_sha256(tmp_path)


def test_plans_name_engine_parameters_and_weights():
    assert made_with().items() <= plan_document(1).items()
    assert made_with().items() <= spectra_plan().items()
    assert set(spectra_plan()["forward_weights"]) == {"path", "cuts"}


def test_spectra_of_other_forward_weights_are_not_mixed(tmp_path, monkeypatch):
    check_spectra_folder(tmp_path)
    monkeypatch.setattr(drawing, "weights_in_force", lambda: {"path": "other", "cuts": "other"})
    with pytest.raises(InputError, match="other forward_weights"):
        make_signals(tmp_path, 500, print)
