"""Files that are damaged, hostile or of something else: one clear line each, and bounded memory."""

import io
import pickle
import struct
import tracemalloc
import zipfile
import zlib

import h5py
import numpy as np
import pytest
from PIL import Image

from core.errors import InputError
from core.experiment.readers import UPLOAD_LIMIT_BYTES, read_images
from tests.core.experiment.files import ENERGY, WAVE_VECTOR, bands, beamline
from tests.data import BEAMLINES, FIGURE


def numpy_archive(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **({"intensity": bands(), "eV": ENERGY, "kx": WAVE_VECTOR} | arrays))
    return stream.getvalue()


def refused(content: bytes, pattern: str, name: str = "") -> None:
    with pytest.raises(InputError, match=pattern) as caught:
        read_images(content, name)
    assert "\n" not in str(caught.value)


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100_000)
    parts = [body, b"IDAT" + data, b"IEND"]
    chunks = [struct.pack(">I", len(p) - 4) + p + struct.pack(">I", zlib.crc32(p)) for p in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def hdf5(build) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        build(file)
    return stream.getvalue()


def huge_dataset(file: h5py.File) -> None:
    data = file.create_dataset("image", (60_000, 60_000), "f8", chunks=(100, 100), compression="gzip")
    for i, (label, unit) in enumerate((("Kinetic Energy", "eV"), ("Y-Scale", "deg"))):
        data.attrs[f"Axis{i}.Scale"], data.attrs[f"Axis{i}.Description"] = [0.0, 0.1], label
        data.attrs[f"Axis{i}.Units"] = unit


def outside_values(file: h5py.File) -> None:
    data = file.create_dataset("image", (64, 64), "f8", external=[("/etc/passwd", 0, 64 * 64 * 8)])
    for i, label in enumerate(("Kinetic Energy", "Y-Scale")):
        data.attrs[f"Axis{i}.Scale"], data.attrs[f"Axis{i}.Description"] = [0.0, 0.1], label


def outside_axis(file: h5py.File) -> None:
    file["image"] = np.random.default_rng(0).random((64, 64))
    file.attrs["axes"] = ["energy", "angle"]
    file["energy"] = h5py.ExternalLink("/etc/passwd", "/x")
    file["angle"] = np.arange(64.0)


def test_size_is_checked_first():
    refused(b"\0" * (UPLOAD_LIMIT_BYTES + 1), "at most 64 MB")


@pytest.mark.parametrize("name", [*BEAMLINES, FIGURE.name])
@pytest.mark.parametrize("share", [0.002, 0.4, 0.99])
def test_truncated_files(name, share):
    content = beamline(name)
    refused(content[: int(share * len(content))], "whole|damaged|accepted|lacks|Data")


def test_truncated_archives():
    refused(numpy_archive()[:400], "damaged zip")


def test_picture_size_comes_from_the_header():
    content = png_header(30_000, 30_000)
    tracemalloc.start()
    refused(content, "30000 x 30000|pixels that are read")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 2**20


def test_three_by_three_pixels():
    stream = io.BytesIO()
    Image.fromarray(np.arange(9, dtype=np.uint8).reshape(3, 3)).save(stream, "PNG")
    refused(stream.getvalue(), "3 x 3 pixels")
    refused(numpy_archive(intensity=bands()[:3, :3], eV=ENERGY[:3], kx=WAVE_VECTOR[:3]), "3 x 3 points")


def test_pictures_of_one_colour_and_formats_that_are_not_read():
    for kind, pattern in (("PNG", "one colour"), ("GIF", "no accepted kind")):
        stream = io.BytesIO()
        Image.new("RGB", (64, 64), "white").save(stream, kind)
        refused(stream.getvalue(), pattern, "bands.png")


def test_text_named_like_a_picture():
    refused(b"this is a note about bands, not a picture of them\n" * 4, "table", "bands.png")
    refused(b"", "no accepted kind", "empty.png")
    refused(bytes(range(256)) * 4, "accepted|damaged|lacks|whole")


@pytest.mark.parametrize("values", [np.full(bands().shape, np.nan), np.full(bands().shape, 7.0)])
def test_values_without_an_image(values):
    refused(numpy_archive(intensity=values), "measured image")


def test_axes_that_are_none():
    refused(numpy_archive(eV=np.zeros_like(ENERGY)), "steadily")
    refused(numpy_archive(eV=ENERGY[:-1]), "axes have")
    refused(numpy_archive(kx=np.full_like(WAVE_VECTOR, np.nan)), "steadily")


def test_pickles_are_never_opened():
    refused(numpy_archive(intensity=np.array([object()], dtype=object)), "objects never")
    stream = io.BytesIO()
    np.save(stream, np.array([{}], dtype=object))
    refused(stream.getvalue(), "objects never")
    refused(pickle.dumps({"intensity": list(range(100))}), "is a Python pickle, which can run programs")


def test_a_numpy_file_that_declares_more_than_it_holds():
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)})
    refused(stream.getvalue(), "at most 16,777,216")


def test_zip_members_are_not_believed():
    about = "[spectrum]\n" + "\n".join(
        f"{side}={size}\n{side}offset=0\n{side}delta=1\n{side}label={label}"
        for side, size, label in (("width", 20, "Kinetic Energy [eV]"), ("height", 20, "deg"), ("depth", 1, "d"))
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Spectrum_a.ini", about)
        archive.writestr("Spectrum_a.bin", b"\0" * 2**26)
    assert len(stream.getvalue()) < 2**17
    tracemalloc.start()
    refused(stream.getvalue(), "holds more than the 1600 bytes")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20


def test_archives_that_climb_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../../outside.txt", "x")
    refused(stream.getvalue(), "no SES spectrum")
    assert not list(tmp_path.iterdir())
    assert not (tmp_path.parent.parent / "outside.txt").exists()


@pytest.mark.parametrize(
    ("build", "pattern"),
    [(huge_dataset, "60000 x 60000"), (outside_values, "other files"), (outside_axis, "holds no values")],
)
def test_hostile_hdf5(build, pattern):
    refused(hdf5(build), pattern)


def test_hdf5_with_too_many_objects():
    refused(hdf5(lambda file: [file.create_group(f"g{i}") for i in range(20_001)]), "more than 20000 objects")


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({"eV": np.linspace(-1e-8, 5e-9, len(ENERGY))}, "e-0[89] eV; spans of 0.05 to 20000 eV within"),
        ({"eV": np.linspace(0, 1e9, len(ENERGY))}, "axis 'eV' goes from .*1e.09.*; spans of 0.05 to"),
        ({"eV": 1e6 + ENERGY}, "within ±100000 are read"),
        ({"kx": np.linspace(-1e-6, 1e-6, len(WAVE_VECTOR))}, "axis 'kx' goes from -1e-06 to 1e-06 1/Å; spans of 0.02"),
        ({"kx": np.linspace(-100, 100, len(WAVE_VECTOR))}, "spans of 0.02 to 60 1/Å"),
        ({"eV": np.r_[-5.0, np.arange(1, len(ENERGY)) * 1e-9]}, "steps of 1e-09 and of 5 eV: give one whose steps"),
    ],
)
def test_an_axis_that_no_measured_image_has_is_refused(axes, said):
    refused(numpy_archive(**axes), said)
