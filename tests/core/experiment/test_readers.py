"""Readers of band images: real beamline files against their own headers, and what other programs write."""

import io
import json
import re
import struct
import zipfile

import h5py
import numpy as np
import pytest
import xarray as xr
from PIL import Image

from core.experiment.readers import read_images
from tests.core.experiment.files import ENERGY, WAVE_VECTOR, bands, beamline
from tests.data import BEAMLINES, FIGURE


def only(content: bytes, name: str = "") -> xr.DataArray:
    images = read_images(content, name)
    assert len(images) == 1
    return images[0]


def test_ses_text_has_the_axes_and_counts_of_its_own_lines():
    content = beamline("cassiopee_ses_R4000.txt")
    image = only(content)
    text = content.decode("latin-1")
    low, high, step = (float(re.search(rf"^{name} Energy=(.+)$", text, re.M)[1]) for name in ("Low", "High", "Center"))
    assert image["eV"].attrs["energy_kind"] == "kinetic"
    assert (image["eV"][0], image["eV"][-1]) == pytest.approx((low, high))
    assert image["eV"].mean() == pytest.approx(step)
    assert image.sizes["alpha"] == int(re.search(r"^Number of Slices=(\d+)", text, re.M)[1])
    first = text.splitlines()[48 - 1].split()
    assert float(first[0]) == pytest.approx(float(image["eV"][0]))
    assert image.values[0].tolist() == [float(number) for number in first[1:]]
    assert "hv" not in image.attrs  # the header says 0


def test_igor_wave_has_the_scales_of_its_header():
    content = beamline("solaris_uranos_DA30.ibw")
    image = only(content)
    header = 64  # version 5: a bin header of 64 bytes, then the wave header
    counts = struct.unpack_from("<4i", content, header + 68)
    steps, starts = (struct.unpack_from("<4d", content, header + offset) for offset in (84, 116))
    assert image.shape == counts[:2]
    for name, start, step, count in zip(("eV", "alpha"), starts, steps, counts, strict=False):
        assert image[name].values == pytest.approx(start + step * np.arange(count))
    stored = np.frombuffer(content, "<f8", count=counts[0], offset=header + 320)
    assert image.values[:, 0] == pytest.approx(stored)
    assert image.attrs["hv"] == pytest.approx(73.990770657951)


def test_sis_file_counts_energies_from_the_fermi_level():
    image = only(beamline("sls_sis.h5"))
    with h5py.File(io.BytesIO(beamline("sls_sis.h5"))) as file:
        data = file["Electron Analyzer/Image Data"]
        start, step = data.attrs["Axis0.Scale"]
        photon = float(file["Other Instruments/hv"][0])
        assert np.array_equal(image.values, data[()])
    assert image["eV"].attrs["energy_kind"] == "binding"
    assert image["eV"].values == pytest.approx(start + step * np.arange(image.sizes["eV"]))
    assert image.attrs["hv"] == photon


def test_a_figure_comes_as_a_picture_with_its_colours():
    image = only(beamline(FIGURE.name))
    picture = np.asarray(Image.open(io.BytesIO(beamline(FIGURE.name))).convert("RGB"))
    assert image.dims == ("y", "x", "channel")
    assert np.allclose(255 * image.values, picture, atol=0.01)


def netcdf() -> bytes:
    image = xr.DataArray(
        bands(), dims=("eV", "kx"), coords={"eV": ENERGY, "kx": WAVE_VECTOR}, name="spectrum", attrs={"hv": 90.0}
    )
    return bytes(image.to_netcdf(engine="h5netcdf"))


def nexus() -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        group = file.create_group("entry1/analyser")
        group.attrs["axes"] = ["angles", "energies"]
        group["data"] = bands().T[:, ::-1]
        group["angles"], group["energies"] = 5 * WAVE_VECTOR, ENERGY[::-1] + 90.0
        group["angles"].attrs["units"], group["energies"].attrs["units"] = "deg", "eV"
        file["entry1/monochromator/photon_energy"] = np.array([95.0])
    return stream.getvalue()


def ses_zip(depth: int = 1) -> bytes:
    about = ["[spectrum]"]
    axes = {"width": ("Kinetic Energy [eV]", ENERGY + 90), "height": ("Thetax [deg]", 5 * WAVE_VECTOR)}
    for side, (label, axis) in axes.items():
        about += [f"{side}={len(axis)}", f"{side}offset={axis[0]}", f"{side}delta={axis[1] - axis[0]}"]
        about += [f"{side}label={label}"]
    about += [f"depth={depth}", "depthoffset=-1", "depthdelta=0.5", "depthlabel=Thetay [deg]"]
    values = np.stack([bands().T * (1 + i) for i in range(depth)]).astype("<f4")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Spectrum_cut.ini", "\r\n".join(about))
        archive.writestr("Spectrum_cut.bin", values.tobytes())
        archive.writestr("cut.ini", "[SES]\r\nExcitation Energy=95\r\nSample=SiGe")
    return stream.getvalue()


def csv(separator: str = ",") -> bytes:
    rows = [["eV/kx", *map(str, WAVE_VECTOR)]]
    rows += [[str(e), *map(str, line)] for e, line in zip(ENERGY, bands(), strict=True)]
    return "\n".join(separator.join(row) for row in rows).encode()


def npz() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, intensity=bands().T, eV=ENERGY, kx=WAVE_VECTOR)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "other", "shift", "photon"),
    [(netcdf, "kx", 0, 90.0), (nexus, "alpha", 90, 95.0), (ses_zip, "alpha", 90, 95.0), (csv, "kx", 0, None),
     (npz, "kx", 0, None)],
    ids=["netcdf", "nexus", "ses zip", "csv", "npz"],
)  # fmt: skip
def test_what_others_write_comes_back(content, other, shift, photon):
    image = only(content())
    assert image.dims == ("eV", other)
    assert image["eV"].values == pytest.approx(ENERGY + shift)
    assert image["eV"].attrs["energy_kind"] == ("kinetic" if shift else "binding")
    assert image[other].values == pytest.approx(WAVE_VECTOR * (5 if other == "alpha" else 1))
    assert image.values == pytest.approx(bands(), rel=1e-6)
    assert image.attrs.get("hv") == photon
    json.dumps(image.attrs)


def test_a_map_gives_an_image_a_slice():
    images = read_images(ses_zip(depth=3))
    assert [image.attrs["slice"] for image in images] == [
        f"Thetay [deg] = {at} ({i} of 3)" for i, at in ((1, "-1"), (2, "-0.5"), (3, "0"))
    ]
    assert images[2].values == pytest.approx(3 * bands(), rel=1e-6)


def test_binding_energies_counted_downwards_are_turned():
    stream = io.BytesIO()
    np.savez(stream, intensity=bands()[::-1], eV=-ENERGY[::-1] - 0.6, kx=WAVE_VECTOR)
    image = only(stream.getvalue())
    assert image["eV"].values == pytest.approx(ENERGY + 0.6)
    assert image.values == pytest.approx(bands())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_pictures_by_content_whatever_their_name(kind):
    stream = io.BytesIO()
    Image.fromarray((255 * bands() / bands().max()).astype(np.uint8)).save(stream, kind)
    image = only(stream.getvalue(), "bands.ibw")
    assert image.shape == (*bands().shape, 3)
    assert image.attrs["source_format"] == f"{kind} picture"


def test_every_beamline_file_is_read():
    for name in BEAMLINES:
        assert read_images(beamline(name), name)
