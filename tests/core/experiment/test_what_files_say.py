"""What files say of their axes and energies: units, kinds, signs, headers; converted, or refused by name."""

import io

import h5py
import numpy as np
import pytest
import xarray as xr

from core.errors import InputError
from core.experiment.readers.axes import Axis, axis_kind
from core.experiment.readers.detect import parse_images
from core.experiment.readers.energies import energy_scale, scale_word
from core.experiment.readers.header import header_facts, lines_of
from core.experiment.readers.units import plain_unit, unit_kind, without_unit
from tests.core.experiment.written import known_picture
from tests.core.experiment.written_more import LAYOUTS


def netcdf(energy, other, name="alpha", units=("eV", "deg"), label="eV", **attrs) -> bytes:
    values = np.random.default_rng(0).poisson(50.0, (len(energy), len(other))).astype(float)
    values[np.abs(energy) < 1e9] *= (energy < 0)[:, None] + 0.02
    image = xr.DataArray(values, dims=(label, name), coords={label: energy, name: other}, attrs=attrs)
    for axis, unit in zip((label, name), units, strict=True):
        if unit is not None:
            image[axis].attrs["units"] = unit
    return bytes(image.to_dataset(name="spectrum").to_netcdf(engine="h5netcdf"))


ENERGY, ANGLE = np.linspace(-6.0, 0.5, 40), np.linspace(-10.0, 12.0, 30)


@pytest.mark.parametrize(("unit", "per_degree"), [
    ("deg", 1), ("degrees", 1), ("°", 1), ("rad", np.pi / 180), ("Radians", np.pi / 180), ("mrad", 1000 * np.pi / 180),
])  # fmt: skip
def test_angles_in_any_unit_are_degrees(unit, per_degree):
    (image,) = parse_images(netcdf(ENERGY, ANGLE * per_degree, units=("eV", unit)))
    assert image.coords["alpha"][1] == pytest.approx(ANGLE)


@pytest.mark.parametrize(("unit", "factor"), [
    ("1/angstrom", 1), ("Å⁻¹", 1), ("1 / angstrom", 1), ("A^-1", 1), ("1/nm", 10), ("nm^-1", 10),
])  # fmt: skip
def test_wave_vectors_in_any_unit_are_per_angstrom(unit, factor):
    (image,) = parse_images(netcdf(ENERGY, ANGLE / 10 * factor, "kx", ("eV", unit)))
    assert image.coords["kx"][1] == pytest.approx(ANGLE / 10)


@pytest.mark.parametrize(("unit", "factor"), [("eV", 1), ("meV", 1000), ("electron_volt", 1), ("keV", 1e-3)])
def test_energies_in_any_unit_are_electronvolts(unit, factor):
    (image,) = parse_images(netcdf(ENERGY * factor, ANGLE, units=(unit, "deg")))
    assert image.coords["eV"][1] == pytest.approx(ENERGY)


@pytest.mark.parametrize(("name", "units", "said"), [
    ("kx", ("eV", "pixel"), "wave vector axis 'kx' .* 'pixel'.*1/Å and 1/nm"),
    ("alpha", ("eV", "mm"), "angle axis 'alpha' .* 'mm'.*degree, rad"),
    ("alpha", ("furlong", "deg"), "energy axis 'eV' .* 'furlong'.*eV, meV"),
    ("alpha", ("eV", "1/Å"), None),
])  # fmt: skip
def test_units_that_cannot_be_converted_are_refused_by_name(name, units, said):
    content = netcdf(ENERGY, ANGLE / 10, name, units)
    if said is None:  # a unit says more than a name
        assert parse_images(content)[0].dims == ("eV", "kx")
        return
    with pytest.raises(InputError, match=said):
        parse_images(content)


def test_radians_without_a_unit_follow_the_format_never_the_size_of_the_numbers():
    """PyARPES calls the slit's angle phi and counts radians, erlab alpha and degrees."""
    small = np.linspace(-0.2, 0.2, 30)
    (pyarpes,) = parse_images(netcdf(ENERGY, small, "phi", ("eV", None)))
    (erlab,) = parse_images(netcdf(ENERGY, small, "alpha", ("eV", None)))
    assert pyarpes.coords["alpha"][1] == pytest.approx(np.rad2deg(small))
    assert "radians" in pyarpes.attrs["notes"][0]
    assert erlab.coords["alpha"][1] == pytest.approx(small)


@pytest.mark.parametrize("top", [0.1, 1.0, 9.0])
@pytest.mark.parametrize("bottom", [-0.6, -7.2])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_side_with_electrons_is_negative_however_far_the_other_reaches(top, bottom, sign):
    energy = np.linspace(bottom, top, 80)
    (image,) = parse_images(netcdf(sign * energy, ANGLE))
    values = np.random.default_rng(0).random((80, 30)) * (energy < 0)[:, None]
    stream = io.BytesIO()
    np.savez(stream, intensity=values, eV=sign * energy, alpha=ANGLE)
    (image,) = parse_images(stream.getvalue())
    assert image.coords["eV"][1] == pytest.approx(energy)
    assert image.values == pytest.approx(values)


@pytest.mark.parametrize(("label", "header", "energy", "expected"), [
    ("Kinetic Energy [eV]", "", (0.2, 1.9), ("kinetic", 1, "label")),
    ("Energy [eV]", "Kinetic", (-0.5, 2.0), ("kinetic", 1, "header")),
    ("Energy", "Binding", (90.0, 97.0), ("binding", -1, "header")),
    ("Binding Energy", "Kinetic", (-7.0, 0.5), ("binding", 1, "label")),
    ("E - E_F", "", (-7.0, 0.5), ("binding", 1, "label")),
    ("eV", "", (88.0, 96.0), ("kinetic", 1, "axis without zero")),
    ("eV", "", (-9.0, -2.0), ("binding", 1, "axis without zero")),
])  # fmt: skip
def test_the_label_comes_before_the_header_and_both_before_the_numbers(label, header, energy, expected):
    axis = np.linspace(*energy, 50)
    scale = energy_scale(label, header, axis, np.ones(50))
    assert (scale.kind, scale.sign, scale.origin) == expected


def test_words_that_say_how_energies_count():
    for text, word in (("Kinetic", "kinetic"), ("Eb", "binding"), ("Ek", "kinetic"), ("eV", ""), ("Final", "kinetic")):
        assert scale_word(text) == word


@pytest.mark.parametrize(("label", "kind"), [
    ("Energy [eV]", "eV"), ("eV (Kinetic Energy)", "eV"), ("deg (theta_y)", "alpha"), ("Y-Scale [deg]", "alpha"),
    ("NonEnergyOrdinate", "alpha"), ("hv", "hv"), ("photon_energy", "hv"), ("monochromator energy [eV]", "hv"),
    ("kx", "kx"), ("k_parallel [1/Å]", "kx"), ("delay [ps]", "other"), ("x [mm]", "other"), ("sapolar", "alpha"),
    ("temperature", ""),
])  # fmt: skip
def test_what_axes_are_called(label, kind):
    assert axis_kind(label) == kind


def test_units_are_found_in_labels():
    assert without_unit("deg (theta_y)") == ("theta_y", "deg")
    assert without_unit("Energy [eV]") == ("Energy", "eV")
    assert without_unit("Energy (binding)") == ("Energy (binding)", "")
    assert [plain_unit(text) for text in ("1 / angstrom", "Å^{-1}", "Degrees")] == ["1/angstrom", "a-1", "degree"]
    assert [unit_kind(text) for text in ("mrad", "nm⁻¹", "parsec")] == ["alpha", "kx", ""]


def test_headers_under_their_many_names():
    text = "Excitation Energy=95.2\rEnergy Scale=Kinetic\rSample=SiGe\rLocation=Solaris\rTilt=0\rT=3"
    found = header_facts(lines_of(text))
    assert found == {
        "hv": 95.2, "energy_scale": "Kinetic", "sample": "SiGe", "beamline": "Solaris", "second_angle": 0.0,
    }  # fmt: skip
    assert header_facts(lines_of("Excitation Energy=0")) == {}
    assert header_facts([("hv", "350:10:370", "")])["hv"].tolist() == [350, 360, 370]
    assert header_facts([("E_F", "16850 meV", ""), ("phi_offset", "0.1", "")], "rad") == {
        "fermi_level": pytest.approx(16.85), "normal_emission": pytest.approx(np.rad2deg(0.1)),
    }  # fmt: skip


def hdf5(build) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        build(file)
    return stream.getvalue()


def test_a_photon_energy_scan_gives_each_image_its_own():
    values = np.random.default_rng(1).random((3, 40, 30))

    def build(file):
        for name, axis in (("hv", [80.0, 90.0, 100.0]), ("eV", ENERGY), ("alpha", ANGLE)):
            file[name] = axis
            file[name].make_scale(name)
        file["scan"] = values
        for dimension, name in enumerate(("hv", "eV", "alpha")):
            file["scan"].dims[dimension].attach_scale(file[name])

    images = parse_images(hdf5(build))
    assert [image.attrs["hv"] for image in images] == [80.0, 90.0, 100.0]
    assert [image.attrs["slice_number"] for image in images] == [1, 2, 3]
    assert images[1].attrs["slice"] == "hv = 90 (2 of 3)"


def test_a_scan_may_move_its_energies_and_take_its_photons_from_the_header():
    """As a beamline writes it: energies (slice, energy), photon energies as a list elsewhere."""
    photons = np.array([80.0, 90.0])

    def build(file):
        group = file.create_group("entry1/analyser")
        group.attrs["axes"], group.attrs["signal"] = ["value", "angles", "energies"], "data"
        group["data"] = np.random.default_rng(1).random((2, 30, 40))
        group["value"], group["angles"] = [0.0, 1.0], ANGLE
        group["energies"] = photons[:, None] - 4.5 + ENERGY
        group["energies"].attrs["long_name"] = "kinetic"
        file["entry1/instrument/monochromator/energy"] = photons

    images = parse_images(hdf5(build))
    for image, photon in zip(images, photons, strict=True):
        assert image.attrs["hv"] == photon
        assert image.coords["eV"][1] == pytest.approx(ENERGY + photon - 4.5)


def test_a_second_angle_is_the_scan_and_a_single_one_a_setting():
    values = np.random.default_rng(1).random((2, 40, 30))
    axes = {"beta": np.array([-1.0, 2.0]), "eV": ENERGY, "alpha": ANGLE}
    image = xr.DataArray(values, dims=tuple(axes), coords=axes)
    images = parse_images(bytes(image.to_dataset(name="s").to_netcdf(engine="h5netcdf")))
    assert [one.attrs["second_angle"] for one in images] == [-1.0, 2.0]
    (single,) = parse_images(bytes(image[:1].to_dataset(name="s").to_netcdf(engine="h5netcdf")))
    assert single.attrs["second_angle"] == -1.0
    assert "slice" not in single.attrs


def test_sides_of_equal_length_need_names():
    def build(file):
        file["counts"] = np.random.default_rng(0).random((30, 30))
        file["energy"], file["angle"] = np.linspace(-5, 0.3, 30), ANGLE

    with pytest.raises(InputError, match="fit more than one"):
        parse_images(hdf5(build))


def test_a_reference_out_of_a_structure_stays_in_the_file():
    def build(file):
        file["counts"] = np.random.default_rng(0).random((40, 30))
        file["angle"] = ANGLE
        file["energy"] = h5py.ExternalLink("/etc/passwd", "/x")

    with pytest.raises(InputError, match="holds no values"):
        parse_images(hdf5(build))


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name not in ("table", "points", "NumPy")])
@pytest.mark.parametrize("share", [0.1, 0.4, 0.7])
def test_files_of_every_layout_that_are_cut_off_are_refused(layout, share):
    random = np.random.default_rng(5)
    content, _ = LAYOUTS[layout](known_picture(random), random)
    with pytest.raises(InputError) as caught:
        parse_images(content[: int(share * len(content))], layout)
    assert "\n" not in str(caught.value)


def test_an_axis_may_be_described_by_its_unit_alone():
    assert Axis("degree", np.arange(3.0), "degree").kind == "alpha"
    assert Axis("eV", np.arange(3.0)).kind == "eV"


def linked_nexus(path_of_energies: str, outside: bool = False) -> bytes:
    """NeXus whose data group links what an instrument group holds."""

    def build(file):
        counts = np.random.default_rng(2).random((30, 40))
        detector = file.create_group("entry/instrument/analyser")
        detector["data"], detector["energies"], detector["angles"] = counts, ENERGY + 95.5, ANGLE
        detector["energies"].attrs["long_name"] = "kinetic"
        if outside:
            file["entry/away"] = h5py.ExternalLink("/etc/passwd", "/x")
        group = file.create_group("entry/data")
        group.attrs["signal"], group.attrs["axes"] = "data", ["angles", "energies"]
        group["data"] = h5py.SoftLink("/entry/instrument/analyser/data")
        group["angles"] = h5py.SoftLink("/entry/instrument/analyser/angles")
        group["energies"] = h5py.SoftLink(path_of_energies)

    return hdf5(build)


def test_links_inside_a_file_are_followed_and_an_array_is_read_once():
    (image,) = parse_images(linked_nexus("/entry/instrument/analyser/energies"))
    assert image.coords["eV"][1] == pytest.approx(ENERGY + 95.5)
    assert image.values.shape == (40, 30)


@pytest.mark.parametrize("path", ["/entry/away/energies", "/entry/data/energies", "/nowhere"])
def test_links_that_leave_the_file_or_go_round_are_none(path):
    content = linked_nexus(path, outside=True)
    assert all(image.attrs["source_format"] == "HDF5" for image in parse_images(content))  # by its siblings alone


@pytest.mark.parametrize("separator", [";", "\t"])
def test_tables_with_decimal_commas_are_read(separator):
    values = np.random.default_rng(0).poisson(50.0, (40, 30)) * (ENERGY < 0)[:, None]
    rows = [separator.join(["eV/angle", *(f"{a:.4f}" for a in ANGLE)])]
    rows += [separator.join(f"{x:.4f}" for x in (e, *row)) for e, row in zip(ENERGY, values, strict=True)]
    (image,) = parse_images("\n".join(rows).replace(".", ",").encode())
    assert image.coords["alpha"][1] == pytest.approx(ANGLE, abs=1e-4)
    assert image.values == pytest.approx(values)


def test_a_ses_text_of_a_map_says_which_slice_is_which():
    def line(values):
        return " ".join(f"{x:.5f}" for x in values)

    head = ["[Info]", "Number of Regions=1", "[Region 1]", "Dimension 1 name=Kinetic Energy [eV]"]
    head += [f"Dimension 1 scale={line(ENERGY + 90)}", "Dimension 2 name=Y-Scale [deg]"]
    head += [f"Dimension 2 scale={line(ANGLE)}", "Dimension 3 name=Thetay [deg]", "Dimension 3 scale=-1.0 0.5"]
    body = []
    for number in (1, 2):
        body.append(f"[Data 1:{number}]")
        counts = number * np.random.default_rng(number).random((40, 30))
        body += [line((e, *row)) for e, row in zip(ENERGY + 90, counts, strict=True)]
    images = parse_images("\n".join([*head, *body, ""]).encode())
    assert [image.attrs["second_angle"] for image in images] == [-1.0, 0.5]
    assert images[1].attrs["slice"] == "Thetay [deg] = 0.5 (2 of 2)"
    assert [image.attrs["slice_number"] for image in images] == [1, 2]
