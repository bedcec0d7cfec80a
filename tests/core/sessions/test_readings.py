"""An id from a client reaches neither a path nor a key of the store unless it is one that was given out."""

import shutil

import pytest

from core.errors import InputError
from core.sessions import readings
from core.sessions.readings import EXAMPLES, kept_images

FOREIGN = ("", "example-", "example-nothing", "sharp", "example-../examples/sharp", "0" * 19, "A" * 20, "0" * 20 + "\n",
           f"{'0' * 20}:owner", "\udcff" * 20, "é\0", "٠" * 20)  # fmt: skip


@pytest.fixture
def no_store(monkeypatch):
    def touched():
        raise AssertionError("the store was asked")

    monkeypatch.setattr(readings, "result_store", touched)


def test_only_the_examples_themselves_are_read(tmp_path, no_store):
    shutil.copy(EXAMPLES / "sharp.nc", tmp_path / "sharp.nc")
    for identity in (f"example-{tmp_path}/sharp", f"example-{EXAMPLES}/sharp"):
        with pytest.raises(InputError, match="no longer kept"):
            kept_images(identity)
    assert kept_images("example-sharp")


@pytest.mark.parametrize("identity", FOREIGN, ids=ascii)
def test_foreign_ids_never_reach_the_store(identity, no_store):
    with pytest.raises(InputError, match="no longer kept"):
        kept_images(identity)
