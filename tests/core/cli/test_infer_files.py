"""`python -m core infer` on files as beamlines write them: the same sample whatever the file, or the true reason."""

import io
import json

import h5py
import numpy as np
import pytest
import xarray as xr
from PIL import Image

from core.experiment.readers.detect import parse_images
from tests.core.cli.test_command_line import assert_refused, run
from tests.core.cli.test_infer_command import EXAMPLE

PHOTONS, PHI = 100.0, 4.5


def example() -> xr.DataArray:
    """Si5Ge7 on Si0.5Ge0.5, E_F 0.35 eV above the valence band maximum, over (eV, kx)."""
    (image,) = parse_images(EXAMPLE.read_bytes())
    return image.data_array()


def over_angles(shift: float = 0.0) -> xr.DataArray:
    """The same as it was measured: over energies and angles, normal emission at `shift` degrees."""
    image = example()
    energy = image.eV.values[::3]
    angle = np.linspace(-13.0, 13.0, 121)
    radius = 0.5123167 * np.sqrt(PHOTONS - PHI + energy)
    rows = [np.interp(r * np.sin(np.deg2rad(angle)), image.kx, row)
            for r, row in zip(radius, image.sel(eV=energy).values, strict=True)]  # fmt: skip
    return xr.DataArray(
        rows, dims=("eV", "alpha"), coords={"eV": energy, "alpha": angle + shift}, attrs={"hv": PHOTONS}
    )


def saved(image: xr.DataArray, path, **units) -> str:
    image = image.copy()
    for name, unit in units.items():
        image[name].attrs["units"] = unit
    image.to_dataset(name="counts").to_netcdf(path, engine="h5netcdf")
    return str(path)


def inferred(arguments, capsys) -> dict:
    status, out, err = run(["infer", *arguments, "--json"], capsys)
    assert status == 0, err
    return json.loads(out)


def figure(document: dict, name: str) -> dict:
    return document["descriptors"][name]


def is_the_example(document: dict) -> None:
    assert document["in_domain"] is True
    assert figure(document, "lattice_in_plane")["value"] == pytest.approx(5.547, abs=0.02)
    assert figure(document, "fermi_above_vbm")["value"] == pytest.approx(0.35, abs=0.04)


def test_radians_and_a_shifted_normal_give_the_same_sample(tmp_path, capsys):
    tilted = over_angles(3.0)
    tilted = tilted.assign_coords(alpha=np.deg2rad(tilted.alpha.values))
    document = inferred([saved(tilted, tmp_path / "a.h5", alpha="rad", eV="eV")], capsys)
    is_the_example(document)
    source = document["images"][0]["source"]
    assert source["normal_emission"]["value"] == pytest.approx(3.0, abs=0.2)
    assert source["normal_emission"]["origin"] == "symmetry of the picture"
    assert source["photon_energy"] == {"value": 100.0, "uncertainty": 0.0, "unit": "eV", "origin": "header"}
    given = inferred([tmp_path / "a.h5", "--normal", "3"], capsys)
    is_the_example(given)
    assert given["images"][0]["source"]["normal_emission"]["origin"] == "given"


def test_an_assumed_work_function_is_said_and_widens_the_interval_of_the_level(tmp_path, capsys):
    kinetic = over_angles()
    kinetic = kinetic.assign_coords(eV=kinetic.eV.values + 95.77).rename(eV="kinetic_energy")
    file = saved(kinetic, tmp_path / "a.h5", alpha="deg", kinetic_energy="eV")
    assumed = inferred([file], capsys)
    level = figure(assumed, "fermi_above_vbm")
    assert level["low"] < 0.35 < level["high"]
    source = assumed["images"][0]["source"]
    assert source["fermi_level"]["value"] == pytest.approx(95.5)
    assert source["fermi_level"]["uncertainty"] > 0.1
    assert any("assumed work function" in note for note in source["notes"])
    known = inferred([file, "--fermi", "95.77"], capsys)
    is_the_example(known)
    narrow = figure(known, "fermi_above_vbm")
    assert narrow["high"] - narrow["low"] < (level["high"] - level["low"]) / 2


def test_a_scan_is_read_an_image_at_a_time(tmp_path, capsys):
    one = over_angles()
    scan = xr.concat([one * 0 + 1, one], "hv").assign_coords(hv=[80.0, PHOTONS])
    scan.values[0] = np.random.default_rng(0).random(one.shape)
    file = saved(scan, tmp_path / "a.h5", alpha="deg", eV="eV", hv="eV")
    status, out, err = run(["infer", file, "--index", "2"], capsys)
    assert status == 0
    assert "image 2 of 2: hv = 100" in out
    assert "hν 100 eV (header)" in out
    second = inferred([file, "--index", "2"], capsys)
    is_the_example(second)
    assert second["images"][0]["source"]["kz"]["value"] == pytest.approx(0.68, abs=0.02)  # inner potential 12.6 eV
    status, out, err = run(["infer", file], capsys)
    assert "image 1 of 2; --index chooses another" in err
    assert "image 1 of 2: hv = 80" in out
    for index in ("3", "0"):
        said = f"2 images, counted from 1; image {index} was asked for"
        assert_refused(run(["infer", file, "--index", index], capsys), said)


def test_a_map_is_read_where_it_passes_normal_emission(tmp_path, capsys):
    one = over_angles()
    scan = xr.concat([one * 0 + 1, one, one * 0 + 1], "beta").assign_coords(beta=[-4.0, 0.1, 4.2])
    scan.values[::2] = np.random.default_rng(0).random((2, *one.shape))
    file = saved(scan, tmp_path / "a.h5", alpha="deg", eV="eV", beta="deg")
    status, out, err = run(["infer", file, "--json"], capsys)
    assert status == 0
    assert "image 2 of 3; --index chooses another" in err
    is_the_example(json.loads(out))
    source = json.loads(out)["images"][0]["source"]
    assert source["off_cut"]["value"] == pytest.approx(0.0087, abs=1e-3)
    assert any("nearest to normal emission" in note for note in source["notes"])


def test_a_narrow_window_is_refused_with_what_is_needed(tmp_path, capsys):
    narrow = example().sel(eV=slice(-0.58, 0.12))
    assert_refused(
        run(["infer", saved(narrow, tmp_path / "a.h5")], capsys), "at least 8 % are needed, such as -1 to 0 eV"
    )


def test_two_photon_photoemission_is_named(tmp_path, capsys):
    image = example()
    empty = image.assign_coords(eV=image.eV.values + 9.0)
    stream = io.BytesIO()
    np.savez(stream, intensity=image.values, eV=empty.eV.values, kx=image.kx.values)
    (tmp_path / "a.npz").write_bytes(stream.getvalue())
    assert_refused(run(["infer", tmp_path / "a.npz", "--fermi", "1"], capsys), "two-photon")


def kinetic(level: float, photons: float, path) -> str:
    """The sample over kinetic energies with E_F at a level and any photon energy in the header."""
    image = over_angles()
    image = image.assign_coords(eV=image.eV.values + level).rename(eV="kinetic_energy").assign_attrs(hv=photons)
    return saved(image, path, alpha="deg", kinetic_energy="eV")


@pytest.mark.parametrize(("level", "photons", "said"), [
    (4.5, 4.65, "two-photon photoemission is not read"), (30.0, 140.0, "core levels say nothing of bands"),
    (95.5, 21.2, "All of this image lies above E_F"),
])  # fmt: skip
def test_electrons_of_other_kinds_are_named(level, photons, said, tmp_path, capsys):
    assert_refused(run(["infer", kinetic(level, photons, tmp_path / "a.h5")], capsys), said)


def test_energies_that_count_as_specs_does_are_told_by_the_electrons_above_the_level(tmp_path, capsys):
    document = inferred([kinetic(PHOTONS, PHOTONS, tmp_path / "a.h5")], capsys)
    is_the_example(document)
    source = document["images"][0]["source"]
    assert source["fermi_level"]["value"] == PHOTONS
    assert source["work_function"]["value"] == PHI
    assert any("as SPECS counts" in note for note in source["notes"])


def test_momentum_in_pixels_is_refused_by_name(tmp_path, capsys):
    image = example().assign_coords(kx=np.arange(185.0))
    assert_refused(run(["infer", saved(image, tmp_path / "a.h5", kx="pixel")], capsys), "'pixel'")


@pytest.mark.parametrize("order", ["as drawn", "turned by the camera"])
def test_deep_grey_levels_are_not_clipped(order, tmp_path, capsys):
    image = example()
    levels = np.clip(image.values / np.nanpercentile(image.values, 99.8), 0, 1)[::-1]
    picture = Image.fromarray(np.round(levels * 65535).astype(np.uint16))
    exif = picture.getexif()
    if order != "as drawn":
        picture = Image.fromarray(np.rot90(np.round(levels * 65535).astype(np.uint16)).copy())
        exif[0x0112] = 6  # turn by a quarter, clockwise
    picture.save(tmp_path / "a.png", exif=exif)
    ends = [f"{x:.4f}" for axis in (image.kx, image.eV) for x in axis.values[[0, -1]]]
    document = inferred([tmp_path / "a.png", "--k-range", *ends[:2], "--e-range", *ends[2:]], capsys)
    assert document["in_domain"] is True
    assert figure(document, "lattice_in_plane")["value"] == pytest.approx(5.547, abs=0.02)


def test_a_table_whose_energies_run_across_needs_no_corner(tmp_path, capsys):
    image = example()[::2, ::2]
    rows = [",".join(["", *(f"{e:.5g}" for e in image.eV.values)])]
    rows += [",".join(f"{x:.5g}" for x in (k, *image.values[:, i])) for i, k in enumerate(image.kx.values)]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    document = inferred([tmp_path / "a.csv"], capsys)
    is_the_example(document)
    assert "first row" in document["images"][0]["source"]["notes"][0]


def test_matlab_behind_a_user_block_is_read(tmp_path, capsys):
    image = over_angles()
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        data = file.create_dataset("Matrix", data=image.values.T)
        steps = [(float(axis[1] - axis[0]), float(axis[0])) for axis in (image.alpha.values, image.eV.values)]
        data.attrs["IGORWaveScaling"] = np.array([(0.0, 0.0), *steps])
        data.attrs["IGORWaveUnits"] = np.array([["", "degree", "eV"]], dtype=h5py.string_dtype())
        data.attrs["IGORWaveNote"] = "hv      = 100\nEk/Eb   = Eb\n"
    is_the_example(inferred([tmp_path / "a.mat"], capsys))


@pytest.mark.parametrize(("given", "said"), [
    (("--k-range", "-1", "1"), "has axes of its own, which --fermi, --normal and --hv correct: leave out --k-range"),
    (("--panel", "2"), "leave out --panel"),
    (("--normal", "nan"), "from -13 to 13 degrees, normal emission is at nan: correct it"),
])  # fmt: skip
def test_an_option_that_a_file_has_no_use_for_is_refused(given, said, tmp_path, capsys):
    assert_refused(run(["infer", saved(over_angles(), tmp_path / "a.h5"), *given], capsys), said)


def test_a_picture_has_no_fermi_level_of_a_file(tmp_path, capsys):
    grey = np.round(255 * np.random.default_rng(0).uniform(0, 1, (60, 60))).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "a.png")
    given = ["--k-range", "-1", "1", "--e-range", "-6", "0", "--fermi", "1"]
    assert_refused(run(["infer", str(tmp_path / "a.png"), *given], capsys), "--e-range: leave out --fermi")
