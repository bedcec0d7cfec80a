"""Kinds of files of beamlines and programs: axes told in attributes and lists, settings beside them, headers."""

import gzip
import io
import pickle
import zipfile

import numpy as np
import pytest
import xarray as xr

from core.errors import InputError
from core.experiment.readers.detect import parse_images
from core.experiment.readers.header import header_facts
from core.experiment.readers.slices import opening_index
from tests.core.experiment.test_kinds_of_files import ANGLE, ENERGY, STEPS, check, counts, hdf5, igor

KINETIC = ENERGY + 95.5


def netcdf(values, attrs=None, **axes) -> bytes:
    """Axes as points, or as (points, attributes)."""
    coords = {name: (name, *axis) if isinstance(axis, tuple) else axis for name, axis in axes.items()}
    image = xr.DataArray(values, dims=tuple(axes), coords=coords, attrs=attrs or {})
    return bytes(image.to_dataset(name="s").to_netcdf(engine="h5netcdf"))


def stack(count: int) -> np.ndarray:
    return np.stack([(1 + i) * counts() for i in range(count)])


def test_numbered_attributes_name_the_axes_of_a_map():
    def build(file):
        data = file.create_dataset("AngAnalyzer/map", data=np.swapaxes(stack(5), 1, 2))
        axes = (("P", "deg", -2.0, 1.0), ("Slit", "deg", *STEPS[1]), ("Kinetic Energy", "eV", KINETIC[0], STEPS[0][1]))
        for i, (name, unit, first, step) in enumerate(axes):
            data.attrs[f"Dim{i} Name Units"] = np.array([name.encode(), unit.encode()])
            data.attrs[f"Dim{i} Values"] = [first, step]
        data.attrs["Photon Energy (eV)"], data.attrs["sample temperature [K]"] = 100.0, 20.0

    image = check(hdf5(build), energy=KINETIC, images=5)
    assert (image.attrs["hv"], image.attrs["temperature"]) == (100, 20)
    assert opening_index(parse_images(hdf5(build))) == 2


@pytest.mark.parametrize("slow", [["SamPolar"], ["SamPolar", "SamX"], []])
def test_axes_in_lists_of_names_first_values_and_steps(slow):
    def build(file):
        values = np.swapaxes(stack(4), 1, 2)
        file["Entry/Data/TransformedData"] = values if slow else values[0]
        details = file.create_group("Entry/Data/ScanDetails")
        lists = ("FastAxis", ["OrdinateRange", "Kinetic Energy"], [STEPS[1], (KINETIC[0], STEPS[0][1])])
        for kind, names, scales in (lists, ("SlowAxis", slow, [(-1.0, 1.0)] * len(slow))):
            details[f"{kind}_names"] = np.array(names, dtype="S20")
            details[f"{kind}_start"], details[f"{kind}_step"] = [s[0] for s in scales], [s[1] for s in scales]

    check(hdf5(build), energy=KINETIC, images=4 if slow else 1)
    images = parse_images(hdf5(build))
    assert opening_index(images) == (1 if len(slow) == 1 else 0)


def test_settings_and_errors_as_long_as_a_side_are_no_axes():
    def build(file):
        file["counts"], file["kinetic_energy"], file["theta"] = counts(), KINETIC, ANGLE
        file["pass_energy"], file["angle_error"] = np.linspace(10, 20, len(ENERGY)), np.full(len(ANGLE), 0.1)
        file["centre_energy"], file["deflector_offset"] = np.full(len(ENERGY), 94.0), np.zeros(len(ANGLE))

    check(hdf5(build), energy=KINETIC)


def test_an_angle_and_a_wave_vector_of_one_side_are_not_chosen_between():
    def build(file):
        file["counts"], file["energy"], file["angle"], file["kx"] = counts(), ENERGY, ANGLE, ANGLE / 10

    with pytest.raises(InputError, match="a side of 31 points, and angle and kx are both as long: leave the one"):
        parse_images(hdf5(build))


def test_the_long_name_says_what_energies_count():
    about = {"long_name": "Kinetic Energy", "units": "eV"}
    image = check(netcdf(counts(), {"hv": 6.05}, eV=(ENERGY + 1.6, about), alpha=(ANGLE, {"units": "Deg."})),
                  energy=ENERGY + 1.6)  # fmt: skip
    assert image.attrs["energy_scale_kind"] == "kinetic"


def test_a_scan_of_temperature_gives_each_image_its_own():
    content = netcdf(stack(3), temperature=([20.0, 100.0, 300.0], {"units": "K"}), eV=ENERGY, alpha=ANGLE)
    assert [image.attrs["temperature"] for image in parse_images(content)] == [20, 100, 300]


def test_of_two_energies_the_kinetic_one_is_the_electrons():
    content = netcdf(stack(3), **{"energy": [98.0, 100.0, 102.0], "Kinetic Energy": KINETIC, "ThetaX": ANGLE})
    check(content, energy=KINETIC, images=3)
    assert [image.attrs["hv"] for image in parse_images(content)] == [98, 100, 102]
    with pytest.raises(InputError, match="of which 2 are energies: name the photons' hv"):
        parse_images(netcdf(stack(3), energy=KINETIC[:3], energy2=KINETIC, ThetaX=ANGLE))


@pytest.mark.parametrize(("other", "fine"), [("theta", "phi"), ("phi", "theta")])
def test_of_theta_and_phi_the_finer_one_is_along_the_slit(other, fine):
    degrees = {"units": "deg"}
    axes = {other: (np.linspace(-10.0, 10.0, 21), degrees), "eV": ENERGY, fine: (ANGLE / 5, degrees)}
    check(netcdf(stack(21), **axes), other=ANGLE / 5, images=21)


def test_points_of_a_detector_are_no_angles_whatever_they_are_called():
    for name in ("Y", "angle", "kx"):
        with pytest.raises(InputError, match=f"axis '{name}' counts its points, 0, 1 … 30, and has no unit: calibrate"):
            parse_images(netcdf(counts(), eV=ENERGY, **{name: np.arange(31.0)}))
    assert "'Y' says no unit and is read as angles" in check(netcdf(counts(), eV=ENERGY, Y=ANGLE)).attrs["notes"][0]


def test_igor_waves_of_maps_and_of_scans_of_photon_energy():
    maps = igor(stack(5), [(-2.0, 1.0), (KINETIC[0], STEPS[0][1]), STEPS[1]], ("deg", "eV", "deg"))
    check(maps, energy=KINETIC, images=5)
    assert opening_index(parse_images(maps)) == 2
    photons = igor(
        np.moveaxis(stack(3), 0, 2), [(KINETIC[0], STEPS[0][1]), STEPS[1], (90.0, 10.0)], ("eV", "deg", "eV")
    )
    assert check(photons, energy=KINETIC, images=3).attrs["hv"] == 90


def test_units_as_tex_writes_them():
    check(netcdf(counts(), eV=(ENERGY, {"unit": "eV"}), kx=(ANGLE / 10, {"unit": r"$\AA^{-1}$"})), "kx", ANGLE / 10)


def mbs_text() -> str:
    half = STEPS[0][1] / 2
    head = [f"Start K.E.\t{KINETIC[0] - half:.4f}", f"End K.E.\t{KINETIC[-1] + half:.4f}", "No. Steps\t47", "NoS\t31"]
    head += [f"ScaleMin\t{ANGLE[0]}", f"ScaleMax\t{ANGLE[-1]}", "ScaleName\tDeg", "DATA:"]
    return "\r\n".join([*head, *("\t".join(f"{x:.4f}" for x in row) for row in counts())])


def prodigy_text() -> str:
    lines = ["# Created by: SpecsLab Prodigy", "# Energy Axis: Kinetic Energy", "# Excitation Energy: 100.5"]
    for angle, curve in zip(ANGLE, counts().T, strict=True):
        lines += [f"# NonEnergyOrdinate: {angle:.4f}"]
        lines += [f"{e:.4f}  {x:.4f}" for e, x in zip(KINETIC, curve, strict=True)]
    return "\r\n".join(lines)


@pytest.mark.parametrize("text", [mbs_text, prodigy_text])
def test_decimal_commas_of_other_programs(text):
    commas = text().replace(".", ",").replace("K,E,", "K.E.").replace("No, ", "No. ")
    check(commas.encode(), energy=KINETIC)


@pytest.mark.parametrize(("entry", "expected"), [
    (("Excitation Energy [eV]", 100, ""), {"hv": 100.0}), (("hv", "100,5 eV", ""), {"hv": 100.5}),
    (("hv", 58.43, "nm"), {"hv": pytest.approx(21.219, abs=1e-3)}), (("hv", "584.3 mm", ""), {}),
    (("hv", np.array([100.0]), "mm"), {}), (("work_function", "4,54", ""), {"work_function": 4.54}),
    (("tilt [rad]", 0.1, ""), {"second_angle": pytest.approx(np.rad2deg(0.1))}),
    (("sample temperature (K)", b"20.0", ""), {"temperature": 20.0}),
])  # fmt: skip
def test_headers_say_units_in_many_places_and_other_units_are_not_taken_for_them(entry, expected):
    assert header_facts([entry]) == expected


def test_photon_energies_may_be_listed_in_a_text():
    assert header_facts([("hv", "[98.0, 100.0, 102.0]", "")])["hv"].tolist() == [98, 100, 102]


def test_a_text_of_matlab_is_no_list_of_photon_energies():
    def build(file):
        file["counts"], file["energy"], file["angle"] = stack(3), ENERGY, ANGLE
        file["hv"] = np.array([[ord(letter)] for letter in "100"], "u2")
        file["hv"].attrs["MATLAB_class"] = np.bytes_("char")

    assert [image.attrs["hv"] for image in parse_images(hdf5(build))] == [100, 100, 100]


def ses_text(name: str = "Y-Scale [deg]") -> str:
    lines = ["[Info]", "[Region 1]", "Dimension 1 name=Kinetic Energy [eV]", f"Dimension 2 name={name}"]
    lines += ["Dimension 1 scale=" + " ".join(f"{e:.4f}" for e in KINETIC)]
    lines += ["Dimension 2 scale=" + " ".join(f"{a:.4f}" for a in ANGLE), "[Info 1]", "Excitation Energy=100"]
    lines += ["[Data 1]", *(" ".join(f"{x:.4f}" for x in (0, *row)) for row in counts())]
    return "\r\n".join(lines)


@pytest.mark.parametrize(("kind", "name"), [
    ("utf-16", "Y-Scale [deg]"), ("cp1252", "Winkel [°]"), ("shift_jis", "角度 [°]"), ("utf-8", "角度 [°]"),
])  # fmt: skip
def test_texts_of_ses_in_every_encoding(kind, name):
    assert check(ses_text(name).encode(kind), energy=KINETIC).attrs["hv"] == 100


def survey(number: int) -> str:
    head = [f"[Region {number}]", "Dimension 1 name=Kinetic Energy [eV]", "Dimension 1 scale=10 20 30", "[Info 1]"]
    return "\r\n".join([*head, "[Data 1]", "10 5", "20 6", "30 7", ""])


def test_a_survey_beside_the_cut_of_a_ses_text_is_passed_over_and_alone_is_named():
    check(f"{ses_text()}\r\n{survey(2)}".encode(), energy=KINETIC)
    with pytest.raises(InputError, match="spectra over energy alone, such as core levels or a survey"):
        parse_images(f"[Info]\r\n{survey(1)}".encode())


@pytest.mark.parametrize("names", [("E", "k"), ("omega", "kx"), ("E-mu", "kpar")])
def test_short_names_of_theory(names):
    check(netcdf(counts(), **dict(zip(names, (ENERGY, ANGLE / 10), strict=True))), "kx", ANGLE / 10)


def test_a_zip_archive_of_texts_is_read_file_by_file():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("scan/readme.md", "what was measured, and when, in words")
        archive.writestr("scan/cut_1.txt", ses_text())
        archive.writestr("scan/cut_2.txt", ses_text())
        archive.writestr("nested.zip", b"PK\x03\x04" + bytes(200))
    check(stream.getvalue(), energy=KINETIC, images=2)


@pytest.mark.parametrize("order", ["Little", "Big"])
def test_the_byte_order_of_a_ses_archive_is_its_own(order):
    about = f"[spectrum]\nbyteorder={order}Endian\n"
    sides = (("width", KINETIC[0], STEPS[0][1], 47, "Kinetic Energy [eV]"), ("height", *STEPS[1], 31, "Thetax [deg]"))
    for side, first, step, count, label in (*sides, ("depth", 0.5, 1.0, 1, "Thetay [deg]")):
        about += f"{side}={count}\n{side}offset={first}\n{side}delta={step}\n{side}label={label}\n"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("Spectrum_a.ini", about)
        archive.writestr("Spectrum_a.bin", counts().T.astype("<f4" if order == "Little" else ">f4").tobytes())
    assert check(stream.getvalue(), energy=KINETIC).attrs["second_angle"] == 0.5


def test_rows_that_a_program_counted_are_no_axis():
    rows = [(e, a, counts()[i, j]) for i, e in enumerate(ENERGY) for j, a in enumerate(ANGLE)]
    lines = [",eV,alpha,intensity", *(f"{i},{e:.4f},{a:.4f},{x}" for i, (e, a, x) in enumerate(rows))]
    check("\n".join(["# hv = 100", *lines]).encode())
    assert parse_images("\n".join(["# hv = 100", *lines]).encode())[0].attrs["hv"] == 100
    table = [",".join(map(str, ["", *range(31)])), *(",".join(map(str, (i, *row))) for i, row in enumerate(counts()))]
    with pytest.raises(InputError, match="first row and the first column of this table count 0, 1, 2"):
        parse_images("\n".join(table).encode())


def pixels(file) -> None:
    file["counts"], file["kinetic_energy"], file["detector_channel"] = counts(), KINETIC, np.arange(31.0)


def core_level(file) -> None:
    file["counts"], file["energy"], file["hv"] = np.random.default_rng(0).random(200), np.linspace(100, 105, 200), 600.0


@pytest.mark.parametrize(("content", "said"), [
    (lambda: hdf5(pixels), "31 points counted in 'detector_channel', which is no angle: calibrate"),
    (lambda: hdf5(core_level), "no array of two dimensions: spectra over energy alone, such as core levels"),
    (lambda: pickle.dumps(list(range(50))), "Python pickle, which can run programs and is never opened"),
    (lambda: gzip.compress(ses_text().encode()), "packed with gzip: unpack it first"),
    (lambda: b"SQLite format 3\0" + bytes(200), "Prodigy's .sle: export the spectrum as .xy or .itx"),
    (lambda: b"%PDF-1.4 " + bytes(200), "is a PDF: save the figure as PNG"),
    (lambda: netcdf(counts(), eV=ENERGY, kx=(ANGLE, {"units": "2π/a"})), "in '2π/a', which cannot be converted"),
    (lambda: netcdf(counts(), eV=(ENERGY, {"units": "J"}), kx=ANGLE), "in 'J', which cannot be converted"),
])  # fmt: skip
def test_refusals_say_the_true_reason(content, said):
    with pytest.raises(InputError, match=said):
        parse_images(content())
