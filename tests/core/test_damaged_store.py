"""A store that is damaged, removed, full or read-only is healed or passed by, and says so in one line."""

import errno
import shutil
import sqlite3

import diskcache
import pytest

from core.errors import InputError
from core.sessions import readings, requests
from core.sessions.readings import EXAMPLES, keep_image
from core.sessions.requests import keep_structure, make_request, read_out, solve
from core.storage import UNKEPT, ResultStore

LARGE = bytes(range(256)) * 200
"""Large enough for a file of its own."""

FULL = {
    "file": OSError(errno.ENOSPC, "No space left on device"),
    "table": sqlite3.OperationalError("database or disk is full"),
    "read-only": sqlite3.OperationalError("attempt to write a readonly database"),
}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def store(folder) -> ResultStore:
    return ResultStore(folder)


def overwrite(folder) -> None:
    """Garbage in place of the table, as a bad disk leaves it: under the same name, and none of it sound."""
    for file in folder.glob("cache.db*"):
        with file.open("r+b") as content:
            content.write(b"garbage " * (file.stat().st_size // 8))


def asked(store, name: str, value: bytes = LARGE) -> bool:
    """Whether asking for a value gives it and computes it."""
    computed = []
    assert store.compute_once(name, lambda report: (computed.append(1), report(0.5), value)[-1]) == value
    return computed == [1]


def said(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "core.storage"]


def test_a_damaged_table_at_the_start_is_set_aside(folder, caplog):
    ResultStore(folder).put("old", LARGE)
    overwrite(folder)
    store = ResultStore(folder)
    assert asked(store, "new")
    assert not asked(store, "new")
    assert asked(store, "old"), "what was kept is lost"
    (line,) = said(caplog)
    assert "damaged" in line
    assert (folder.parent / "results.damaged" / "cache.db").exists()


def test_a_table_damaged_while_in_use_is_set_aside(folder, store, caplog):
    store.put("old", b"small")
    diskcache.Cache(str(folder))._sql("PRAGMA wal_checkpoint(TRUNCATE)")
    file = folder / "cache.db"
    file.write_bytes(b"garbage " * (file.stat().st_size // 8))
    other = ResultStore(folder)
    for name in ("a", "b", "c"):
        asked(other, name)
        asked(store, name)
    assert not asked(store, "a")
    assert not asked(other, "c")
    assert len(said(caplog)) == 1


def test_a_store_that_another_one_has_set_aside_is_left_behind(folder, store, caplog):
    store.put("old", LARGE)
    folder.rename(folder.with_name("elsewhere"))
    ResultStore(folder).put("new", LARGE)
    assert store.get("new") == LARGE
    assert store.get("old") is None
    assert said(caplog) == []


@pytest.mark.parametrize("value", [b"short", LARGE])
@pytest.mark.parametrize("damage", ["cut", "garbage", "empty"])
def test_a_damaged_value_is_dropped_and_computed_again(folder, store, caplog, value, damage):
    store.put("key", value)
    store.put("other", value)
    bad = {"cut": value[:-2], "garbage": b"x" * len(value), "empty": b""}[damage]
    (file,) = [f for f in folder.rglob("*.val") if f.read_bytes()][:1] or [None]
    if file:
        keys = dict(diskcache.Cache(str(folder))._sql("SELECT filename, key FROM Cache").fetchall())
        key = keys[str(file.relative_to(folder))]
        file.write_bytes(bad)
    else:
        key = "key"
        diskcache.Cache(str(folder))._sql("UPDATE Cache SET value = ? WHERE key = 'key'", (bad,))
    assert asked(store, key, value)
    assert not asked(store, key, value)
    assert not asked(store, "other" if key == "key" else "key", value)
    (line,) = said(caplog)
    assert key in line


def test_a_removed_value_is_computed_again(folder, store):
    store.put("key", LARGE)
    for file in folder.rglob("*.val"):
        file.unlink()
    assert asked(store, "key")
    assert not asked(store, "key")


def test_values_of_earlier_versions_are_answered(folder, store):
    diskcache.Cache(str(folder)).set("key", LARGE)
    assert store.get("key") == LARGE


def test_a_removed_folder_is_made_again(folder, store, caplog):
    assert asked(store, "key")
    shutil.rmtree(folder)
    assert asked(store, "key")
    assert not asked(store, "key")
    assert not asked(ResultStore(folder), "key")
    assert len(said(caplog)) == 1


def test_a_folder_removed_while_a_value_is_computed(folder, store):
    assert store.compute_once("key", lambda report: (shutil.rmtree(folder), report(0.5), LARGE)[-1]) == LARGE
    assert store.get("key") == LARGE


@pytest.fixture(params=FULL)
def full(request, monkeypatch):
    """A disk that takes nothing; call it to make room."""
    fault = FULL[request.param]

    def refuse(*_):
        raise fault

    if request.param == "file":
        monkeypatch.setattr(diskcache.Disk, "_write", refuse)
    else:
        monkeypatch.setattr(diskcache.Cache, "_row_insert", refuse)
        monkeypatch.setattr(diskcache.Cache, "_row_update", refuse)
    return monkeypatch.undo


def test_a_full_disk_is_passed_by(store, full, caplog):
    for name in "abc":
        assert asked(store, name)
        assert asked(store, name)
    assert len(said(caplog)) == 1
    full()
    assert asked(store, "a")
    assert not asked(store, "a")


@pytest.mark.parametrize("place", ["a file", "a folder that takes nothing"])
def test_where_no_folder_can_be_made_everything_is_computed(tmp_path, monkeypatch, caplog, place):
    (tmp_path / "file").touch()
    if place != "a file":
        monkeypatch.setattr("os.makedirs", lambda *_, **__: (_ for _ in ()).throw(OSError(errno.EROFS, "Read-only")))
    store = ResultStore(tmp_path / ("file" if place == "a file" else "") / "results")
    assert asked(store, "a")
    assert asked(store, "a")
    assert store.get("a") is None
    assert len(said(caplog)) == 1


@pytest.fixture
def pages_store(store, monkeypatch):
    for module in (requests, readings):
        monkeypatch.setattr(module, "result_store", lambda: store)
    monkeypatch.setattr(requests, "_recent", requests.OrderedDict())
    return store


def test_an_image_that_cannot_be_kept_is_refused_in_one_sentence(pages_store, full):
    file = next(EXAMPLES.glob("*.nc"))
    with pytest.raises(InputError) as caught:
        keep_image(file.read_bytes(), file.name)
    assert str(caught.value) == UNKEPT


@pytest.mark.parametrize("full", ["table", "read-only"], indirect=True)  # small: it needs no file of its own
def test_a_structure_that_cannot_be_kept_is_refused_in_one_sentence(pages_store, full):
    crystal = "2\n" + 'Lattice="0 2.7 2.7 2.7 0 2.7 2.7 2.7 0"\n' + "Si 0 0 0\nSi 1.35 1.35 1.35\n"
    with pytest.raises(InputError) as caught:
        keep_structure(crystal.encode(), "a.xyz")
    assert str(caught.value) == UNKEPT


def test_damaged_answers_of_earlier_versions_are_computed_again(pages_store, folder):
    request = make_request("Si1Ge1", "Si")
    bands, figures = solve(request).bands, read_out(request)
    old = diskcache.Cache(str(folder))
    kept = old.get(request.key)
    for content in (kept[:1000], b"x" * len(kept), kept[:3000] + b"yyyy" + kept[3004:]):
        requests._recent.clear()
        old.set(request.key, content)
        old.set(request.readout_key, b'{"gap":')
        assert (solve(request).bands.energy == bands.energy).all()
        assert read_out(request) == figures


def test_a_full_disk_still_answers_pages(pages_store, full):
    request = make_request("Si1Ge1", "Si")
    assert len(solve(request).bands.energy)
    assert read_out(request)
