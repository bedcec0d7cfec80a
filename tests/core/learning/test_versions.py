"""Versions of weights: put in force, rolled back, never half written."""

import numpy as np
import pytest

from core.errors import InputError
from core.forward.model import spectrum_model, weights_file
from core.learning import versions
from core.storage import cache_directory, made_folder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDLOOM_CACHE", str(tmp_path))


def test_shipped_weights_are_in_force_at_first():
    assert versions.in_force() == versions.SHIPPED
    with pytest.raises(InputError, match="nothing to roll back"):
        versions.roll_back()


def test_a_version_comes_into_force_and_goes_again():
    arrays = dict(np.load(weights_file("path")))
    arrays["model.mean"] = arrays["model.mean"] + 1
    before = spectrum_model("path")
    name = versions.keep({"path.npz": arrays}, {"cases": 3})
    assert spectrum_model("path") is before, "a version is in force before it is adopted"
    versions.adopt(name)
    after = spectrum_model("path")
    np.testing.assert_array_equal(after.basis.mean, before.basis.mean + 1)
    assert spectrum_model("cuts") is spectrum_model("cuts", versions.SHIPPED), "a model without a version of its own"
    second = versions.keep({"path.npz": arrays}, {"cases": 4})
    versions.adopt(second)
    assert versions.roll_back() == name
    assert versions.roll_back() == versions.SHIPPED
    assert spectrum_model("path").basis.mean.tobytes() == before.basis.mean.tobytes()


def test_a_version_keeps_what_the_one_before_it_had_learned():
    arrays = {line: dict(np.load(weights_file(line))) for line in ("path", "cuts")}
    for one in arrays.values():
        one["model.mean"] = one["model.mean"] + 1
    first = versions.keep({"path.npz": arrays["path"]}, {})
    versions.adopt(first)
    learned, shipped = spectrum_model("path").basis.mean, spectrum_model("cuts").basis.mean
    versions.adopt(versions.keep({"cuts.npz": arrays["cuts"]}, {}))
    assert spectrum_model("path").basis.mean.tobytes() == learned.tobytes(), "what was learned before is gone"
    assert spectrum_model("cuts").basis.mean.tobytes() == (shipped + 1).tobytes()
    assert versions.versions()[-1]["copied"] == ["path.npz"]
    assert versions.roll_back() == first
    assert spectrum_model("path").basis.mean.tobytes() == learned.tobytes()
    assert spectrum_model("cuts").basis.mean.tobytes() == shipped.tobytes()


def test_old_versions_make_room_but_not_what_is_needed():
    first = versions.keep({}, {})
    versions.adopt(first)
    names = [versions.keep({}, {}) for _ in range(versions.MOST_VERSIONS + 3)]
    kept = [card["version"] for card in versions.versions()]
    assert len(kept) == versions.MOST_VERSIONS
    assert first in kept
    assert names[-1] in kept


@pytest.mark.parametrize("name", ["../../etc", "v9999", ""])
def test_only_known_versions_are_taken(name):
    with pytest.raises(InputError, match="no version"):
        versions.adopt(name)
    made_folder(cache_directory() / "models").joinpath("current").write_text(name)
    assert versions.in_force() == versions.SHIPPED


def test_a_version_is_no_path(tmp_path):
    shipped = weights_file("path")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / shipped.name).touch()
    for name in ("../elsewhere", str(tmp_path / "elsewhere"), "v0001/../../elsewhere", "v0001\n"):
        assert versions.weights_of(name, shipped) == shipped
