"""Where no cache folder can be made: what needs none is answered, the rest is refused in one sentence."""

import errno
from pathlib import Path

import pytest

from core.errors import InputError
from core.learning import replay, versions
from core.sessions import readings, runs
from core.sessions.readings import cuts_of, first_reading, interpreted
from core.storage import cache_directory


@pytest.fixture(autouse=True, params=["a file in its place", "a folder that takes nothing"])
def no_folder(request, tmp_path, monkeypatch):
    place = tmp_path / "cache"
    monkeypatch.setenv("BANDLOOM_CACHE", str(place))
    if request.param == "a file in its place":
        place.touch()
    else:

        def refuse(*_, **__):
            raise OSError(errno.EROFS, "Read-only file system")

        monkeypatch.setattr(Path, "mkdir", refuse)


def test_what_is_kept_is_nothing():
    assert versions.in_force() == versions.SHIPPED
    assert versions.versions() == []
    assert replay.read_cases() == []


def test_images_are_read(monkeypatch):
    monkeypatch.setattr(readings, "infer_images", lambda cuts, images: len(cuts))
    monkeypatch.setattr(readings, "_inferred", readings.Once(2))
    assert interpreted(first_reading("example-sharp")) == 1


def test_what_must_be_kept_is_refused_in_one_sentence():
    given = cuts_of((first_reading("example-sharp"),))
    for keep in (cache_directory, lambda: runs.create(*given), lambda: versions.adopt(versions.SHIPPED)):
        with pytest.raises(InputError, match="cannot be made .*BANDLOOM_CACHE"):
            keep()
    with pytest.raises(InputError, match="no longer kept"):
        runs.request("0" * 20)


def test_a_run_is_refused_where_the_disk_is_full(monkeypatch, tmp_path):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.undo()
    monkeypatch.setenv("BANDLOOM_CACHE", str(tmp_path / "other"))
    monkeypatch.setattr(runs.np, "savez_compressed", full)
    with pytest.raises(InputError, match="run could not be kept"):
        runs.create(*cuts_of((first_reading("example-sharp"),)))
