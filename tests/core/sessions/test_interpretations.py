"""What a visitor has of a sample comes back whole, by id and from a file; a file of another's making harms nobody."""

import io
import json
import pickle
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from core.errors import InputError
from core.experiment.calibration.steps import Momentum
from core.sessions import interpretations
from core.sessions.interpretations import Interpretation, keep, kept, opened_session, session_file
from core.sessions.readings import EXAMPLES, Reading, kept_images, uploaded_reading
from core.sessions.session_file import IMAGES, RESULT, SESSION, is_session
from tests.data import DATA, FIGURE

USER = "a" * 32


@pytest.fixture(scope="module")
def uploaded() -> Interpretation:
    image = uploaded_reading((EXAMPLES / "sharp.nc").read_bytes(), "C:\\lab\\film GK.nc")
    moved = replace(image, steps=(*image.steps, Momentum(0.01, 1.02)))
    picture = uploaded_reading(FIGURE.read_bytes(), "figure.png")
    return Interpretation(
        moved, (Reading("example-alloy", cut="G-K"),), (picture,), 2, "residual", (("k1", (3.0, 4.0, -1.0)),)
    )


@pytest.fixture(scope="module")
def saved(uploaded) -> bytes:
    return session_file(uploaded)


def altered(content: bytes, change=None, entries: dict[str, bytes] | None = None) -> bytes:
    """A saved session whose document was changed, or whose entries were replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            if name == SESSION and change:
                document = json.loads(text)
                change(document)
                text = json.dumps(document).encode()
            new.writestr(name, (entries or {}).get(name, text))
    return stream.getvalue()


def arrays(*values) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, *values)
    return stream.getvalue()


def test_an_interpretation_comes_back_by_its_id(uploaded):
    identity = keep(uploaded, USER)
    assert kept(identity) == uploaded
    assert keep(uploaded, USER) == identity
    assert keep(uploaded, "b" * 32) != identity
    assert keep(replace(uploaded, shown=0), USER) != identity


@pytest.mark.parametrize(
    "identity", ["", "0" * 32, "../" * 10 + "ab", ["0" * 32], None, "A" * 32, "0" * 31 + "\n"], ids=repr
)
def test_another_id_is_refused(identity):
    with pytest.raises(InputError, match="no longer kept"):
        kept(identity)


def test_a_saved_session_opens_with_its_images_steps_and_result(uploaded, saved):
    assert is_session(saved)
    assert not is_session((EXAMPLES / "sharp.nc").read_bytes())
    opened = opened_session(saved, "s.zip")
    assert opened.reading.steps == uploaded.reading.steps
    assert (opened.reading.file, opened.reading.cut) == ("film GK.nc", "G-K")
    assert opened.reading.sha256 == uploaded.reading.sha256
    assert replace(opened, reading=uploaded.reading, history=uploaded.history) == uploaded
    for mine, theirs in ((opened.reading, uploaded.reading), (opened.history[0], uploaded.history[0])):
        assert mine.image != theirs.image  # a file cannot stand in for another
        assert mine.raw().identical(theirs.raw())
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        assert json.loads(archive.read(RESULT))["candidates"][0]["stack"]
        with np.load(io.BytesIO(archive.read("image-1.npz")), allow_pickle=False) as own:
            assert own["arr_0"].shape == uploaded.reading.raw().shape


def test_more_than_can_be_opened_again_is_not_saved(uploaded, monkeypatch):
    assert uploaded.history[0].raw().size > 1000
    monkeypatch.setattr(interpretations, "MOST_IMAGE_BYTES", 1000)
    with pytest.raises(InputError, match="too much for a session's file: drop cuts"):
        session_file(uploaded)


def test_what_other_models_said_is_told(saved):
    opened = opened_session(altered(saved, lambda document: document.update(models="v0007")), "s.zip")
    assert "v0007 models" in opened.note
    assert opened_session(saved, "s.zip").note == ""


def test_an_image_that_is_not_the_one_that_was_saved_is_said(saved):
    with zipfile.ZipFile(io.BytesIO(saved)) as archive, np.load(io.BytesIO(archive.read("image-1.npz"))) as own:
        changed = [own[name].copy() for name in own.files]
    changed[0][10, 10] += 1
    opened = opened_session(altered(saved, entries={"image-1.npz": arrays(*changed)}), "s.zip")
    assert "not the one that was saved with it, by its hash: film GK.nc" in opened.note
    assert opened.reading.sha256 == ""
    assert opened.history[0].sha256 != ""  # of another file
    header = altered(saved, lambda document: document[IMAGES][0]["parts"][0]["attrs"].update(hv=77.0))
    assert "by its hash" in opened_session(header, "s.zip").note
    earlier = altered(saved, lambda document: [part.pop("sha256") for part in document[IMAGES]])
    assert opened_session(earlier, "s.zip").note == ""


def test_a_run_stays_with_the_images_that_it_fitted(uploaded):
    fitted = replace(uploaded, run="0" * 20)
    assert kept(keep(fitted, USER)).run == opened_session(session_file(fitted), "s.zip").run == fitted.run
    for other in ({"reading": uploaded.others[0].document()}, {"others": []}, {"of": None}):
        assert Interpretation.from_document(fitted.document() | other).run == ""


HOSTILE = {
    "another form": (lambda d: d.update(format=9), {}, "another form"),
    "no image": (lambda d: d[IMAGES].clear(), {}, "lacks an image"),
    "a foreign id": (lambda d: d["interpretation"]["reading"].update(image="example-../x"), {}, "no longer kept"),
    "an entry of one's own": (lambda d: d["interpretation"]["reading"].update(path="/etc/passwd"), {}, "did not come"),
    "a step that is none": (lambda d: d["interpretation"]["reading"]["steps"].append({"step": "x"}), {}, "not known"),
    "a text for a number": (lambda d: d[IMAGES][0]["parts"][0]["attrs"].update(hv="1e5"), {}, "no header"),
    "too few images": (lambda d: d["interpretation"]["reading"].update(index=7), {}, "1 image"),
    "pickles": (None, {"image-1.npz": pickle.dumps({"x": 1})}, "cannot be read"),
    "objects": (None, {"image-1.npz": arrays(np.array([{}], dtype=object))}, "cannot be read"),
    "no axes": (None, {"image-1.npz": arrays(np.ones((20, 30)))}, "cannot be read|belong together"),
    "one value": (None, {"image-1.npz": arrays(np.float64(1), np.arange(241), np.arange(185))}, "no file gives"),
    "a falling axis": (
        None, {"image-1.npz": arrays(np.ones((241, 185)), -np.arange(241.0), np.arange(185.0))}, "rise steadily",
    ),
    "holes": (
        None,
        {"image-1.npz": arrays(np.full((241, 185), np.nan), np.linspace(-7, 1, 241), np.linspace(-1, 1, 185))},
        "measured",
    ),
    "tiny energies": (
        None, {"image-1.npz": arrays(np.ones((241, 185)), np.linspace(-1e-8, 5e-9, 241), np.linspace(-1, 1, 185))},
        "from -1e-08 to 5e-09 eV; spans of 0.05 to 20000 eV",
    ),
    "crowded momenta": (
        None,
        {"image-1.npz": arrays(np.ones((241, 185)), np.linspace(-7, 1, 241), np.r_[-1.0, np.arange(184) * 1e-9])},
        "steps of 1e-09 and of 1 1/Å",
    ),
    "one point": (
        None, {"image-1.npz": arrays(np.ones((1, 185)), np.zeros(1), np.linspace(-1, 1, 185))}, "has 1 points",
    ),
    "a bomb": (None, {SESSION: b" " * (17 * 2**20)}, "larger than"),
    "no JSON": (None, {SESSION: b"[" * 100_000}, "cannot be read"),
    "a list": (None, {SESSION: b"[]"}, "another form"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_session_is_refused_in_a_sentence(kind, saved):
    change, entries, words = HOSTILE[kind]
    with pytest.raises(InputError, match=words):
        opened_session(altered(saved, change, entries), "s.zip")


def test_a_cut_off_session_is_refused(saved):
    for share in (0.3, 0.9):
        with pytest.raises(InputError, match=re.compile("cannot be read|damaged")):
            opened_session(saved[: int(share * len(saved))], "s.zip")


def test_a_scan_is_saved_whole(tmp_path):
    reading = uploaded_reading((DATA / "sls_sis.h5").read_bytes(), "scan.h5")
    opened = opened_session(session_file(Interpretation(reading)), "s.zip")
    assert len(kept_images(opened.reading.image)) == len(kept_images(reading.image))
    assert opened.reading.record() == reading.record()


def test_too_many_steps_are_not_kept(uploaded, monkeypatch):
    monkeypatch.setattr(interpretations, "_LARGEST_BYTES", 10)
    with pytest.raises(InputError, match="too many steps"):
        keep(uploaded, USER)
