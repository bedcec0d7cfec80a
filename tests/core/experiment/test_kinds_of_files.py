"""Files as programs and beamlines write them: packed, in other orders and units, with companions beside the image."""

import io
import struct

import h5py
import numpy as np
import pytest
import xarray as xr

from core.errors import InputError
from core.experiment.readers.detect import parse_images
from tests.core.experiment.written import igor_wave, known_picture

ENERGY, ANGLE = np.linspace(-4.0, 0.6, 47), np.linspace(-9.0, 12.0, 31)
STEPS = [(x[0], float(x[-1] - x[0]) / (len(x) - 1)) for x in (ENERGY, ANGLE)]
HOLE = -32768


def counts(energy=ENERGY, angle=ANGLE) -> np.ndarray:
    """(energy, angle): a lopsided band below a Fermi edge."""
    band = -0.5 - (0.1 * angle[None] - 0.1) ** 2
    values = 900 * np.exp(-(((energy[:, None] - band) / 0.3) ** 2)) * (1 + 0.02 * angle[None])
    return np.round(values / (1 + np.exp(np.clip(energy[:, None] / 0.05, -40, 40))) + 5.0, 2)


def check(content: bytes, axis: str = "alpha", other=ANGLE, values=None, energy=ENERGY, images: int = 1):
    """The first image of a file, which holds these values on these axes."""
    found = parse_images(content)
    assert len(found) == images
    image = found[0]
    assert image.dims == ("eV", axis)
    assert image.coords["eV"][1] == pytest.approx(energy, abs=2e-3)
    assert image.coords[axis][1] == pytest.approx(other, abs=6e-3)
    expected = counts() if values is None else values
    assert np.allclose(image.values, expected, atol=0.06, equal_nan=True)
    return image


def hdf5(build) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        build(file)
    return stream.getvalue()


@pytest.mark.parametrize("engine", ["h5netcdf", "scipy"])
def test_packed_netcdf_is_unpacked_and_its_holes_are_holes(engine, tmp_path):
    values = counts()
    values[:, :4] = np.nan
    image = xr.Dataset({"s": (("eV", "alpha"), values)}, {"eV": ENERGY, "alpha": ANGLE})
    packing = {
        "s": {"dtype": "int16", "scale_factor": 0.1, "add_offset": 500.0, "_FillValue": HOLE},
        "alpha": {"dtype": "int16", "scale_factor": 0.01, "_FillValue": HOLE},
        "eV": {"dtype": "int16", "scale_factor": 0.002, "_FillValue": HOLE},
    }
    image.to_netcdf(tmp_path / "packed.nc", engine=engine, encoding=packing)
    check((tmp_path / "packed.nc").read_bytes(), values=values)


def test_an_offset_of_pyarpes_is_in_radians_where_its_axis_says_so():
    radians = np.deg2rad(ANGLE)
    image = xr.Dataset({"s": (("eV", "phi"), counts())}, {"eV": ENERGY, "phi": ("phi", radians, {"units": "rad"})})
    image["s"].attrs["phi_offset"] = np.deg2rad(3.0)
    found = check(bytes(image.to_netcdf(engine="h5netcdf")))
    assert found.attrs["normal_emission"] == pytest.approx(3.0)


def nexus(file, names=("energy", "angle"), **about) -> h5py.Group:
    group = file.create_group("entry/data")
    group.attrs.update({"NX_class": "NXdata", "signal": "intensity", "axes": list(names), **about})
    group["energy"], group["angle"] = ENERGY, ANGLE
    return group


def test_errors_beside_a_nexus_signal_are_no_image():
    def build(file):
        group = nexus(file)
        group["intensity"], group["errors"] = counts(), np.sqrt(counts())

    assert check(hdf5(build)).attrs["source_format"] == "NeXus"


@pytest.mark.parametrize("name", ["a_background", "counts_err", "_weights"])
def test_arrays_that_go_with_another_are_no_image(name):
    def build(file):
        file["counts"], file[name], file["energy"], file["angle"] = counts(), counts() ** 0.5, ENERGY, ANGLE

    check(hdf5(build))


def test_the_indices_of_nexus_tell_equal_sides_apart():
    angle = np.linspace(-9, 12, len(ENERGY))

    def build(file):
        group = nexus(file, energy_indices=1, angle_indices=0)
        del group["angle"]
        group["angle"], group["intensity"] = angle, counts(ENERGY, angle).T

    check(hdf5(build), other=angle, values=counts(ENERGY, angle))


def scaled_text(commands: str) -> bytes:
    rows = "\r".join("\t" + "\t".join(f"{x:g}" for x in row) for row in counts().T)
    return f"IGOR\rWAVES/D/N=({len(ANGLE)},{len(ENERGY)})\tcut\rBEGIN\r{rows}\rEND\r{commands}\r".encode()


def test_igor_text_as_igor_itself_saves_it():
    (e, de), (a, da) = STEPS
    scales = f'X SetScale/P x {a},{da},"deg", cut; SetScale/P y {e},{de},"eV", cut; SetScale d 0,0,"", cut'
    found = check(scaled_text(f'{scales}\rX Note cut, "hv=100\\rEnergy Scale=Binding"'))
    assert found.attrs["hv"] == 100


def test_a_scale_without_a_flag_ends_one_step_beyond_the_last_point():
    (e, de), (a, da) = STEPS
    ends = e + de * len(ENERGY), a + da * len(ANGLE)
    check(scaled_text(f'X SetScale x, {a}, {ends[1]}, "deg", cut\rX SetScale y, {e}, {ends[0]}, "eV", cut'))


def igor(values, scales, units) -> bytes:
    """An Igor wave with these units, made from one of the layouts' writer."""
    known = known_picture(np.random.default_rng(0))
    content, _ = igor_wave(known, np.random.default_rng(0))
    head, wave = bytearray(content[:64]), bytearray(content[64:384])
    head[4:64] = struct.pack("<iii", 320 + values.nbytes, 0, 0).ljust(60, b"\0")
    struct.pack_into("<i", wave, 12, values.size)
    struct.pack_into("<4i", wave, 68, *values.shape, *[0] * (4 - values.ndim))
    steps, starts = [s for _, s in scales], [f for f, _ in scales]
    struct.pack_into("<8d", wave, 84, *steps, *[1.0] * (4 - len(steps)), *starts, *[0.0] * (4 - len(starts)))
    for place, unit in enumerate([*units, *[""] * (4 - len(units))]):
        wave[152 + 4 * place : 156 + 4 * place] = unit.encode().ljust(4, b"\0")
    head[2:4] = b"\0\0"
    words = np.frombuffer(bytes(head + wave), "<i2").sum(dtype=np.int16)
    head[2:4] = struct.pack("<h", -int(words))
    return bytes(head + wave) + values.astype("<f8").tobytes(order="F")


@pytest.mark.parametrize("units", [("", ""), ("deg", "")])
def test_a_wave_with_angles_first_and_no_unit_of_energy(units):
    found = check(igor(counts().T, STEPS[::-1], units))
    assert "dimension 2 is read as energies" in found.attrs["notes"][0]


def test_a_wave_in_units_of_anything_but_energy_is_refused():
    with pytest.raises(InputError, match="'deg', 'mm'; one must be in eV: set its units"):
        parse_images(igor(counts().T, STEPS[::-1], ("deg", "mm")))


def test_the_slices_of_an_igor_map_are_along_its_slow_angle():
    stack = np.stack([counts() * n for n in range(1, 21)], axis=-1)
    check(igor(stack, [*STEPS, (-5.0, 0.5)], ("eV", "deg", "deg")), images=20)

    def build(file):
        data = file.create_dataset("Matrix", data=stack)
        data.attrs["IGORWaveScaling"] = [(0, 0), *(scale[::-1] for scale in [*STEPS, (-5.0, 0.5)])]
        data.attrs["IGORWaveUnits"] = np.array(["", "eV", "deg", "deg"], dtype=h5py.string_dtype())

    check(hdf5(build), images=20)


def table(corner: str, across=ANGLE / 10, end: str = "") -> bytes:
    rows = [[corner, *map("{:.4f}".format, across)]]
    rows += [[f"{e:.4f}", *(f"{x:.3f}" for x in row)] for e, row in zip(ENERGY, counts(), strict=True)]
    return "\n".join(",".join(row) + end for row in rows).encode()


@pytest.mark.parametrize(("corner", "factor"), [("eV/kx (1/nm)", 10), ("E (eV)\\kx (1/Å)", 1), ('"eV/kx"', 1)])
def test_the_corner_of_a_table_names_units_with_strokes(corner, factor):
    assert "notes" not in check(table(corner, factor * ANGLE / 10), "kx", ANGLE / 10).attrs


@pytest.mark.parametrize(("corner", "unit"), [("eV/kx (pi/a)", "pi/a"), ("eV/angle (pixel)", "pixel")])
def test_units_in_brackets_that_cannot_be_converted_are_refused(corner, unit):
    with pytest.raises(InputError, match=f"'{unit}', which cannot be converted"):
        parse_images(table(corner))


def test_a_corner_with_one_word_names_its_axis_and_rows_may_end_with_a_separator():
    check(table("angle", ANGLE / 10, ","), "alpha", ANGLE / 10)


def fits(cards: list[str]) -> bytes:
    data = counts().astype(">f8")
    lines = [
        "SIMPLE  =                    T",
        "BITPIX  = -64",
        "NAXIS   = 2",
        f"NAXIS1  = {len(ANGLE)}",
        f"NAXIS2  = {len(ENERGY)}",
    ]
    lines += ["CTYPE1  = 'Angle'", "CUNIT1  = 'deg'", "CTYPE2  = 'Energy'", "CUNIT2  = 'eV'"]
    lines += [f"CRVAL1  = {ANGLE[0]}", f"CRVAL2  = {ENERGY[0]}", *cards, "END"]
    head = "".join(line.ljust(80) for line in lines)
    return head.ljust(2880).encode() + data.tobytes().ljust(-(-data.nbytes // 2880) * 2880, b"\0")


def test_steps_of_fits_may_stand_in_a_matrix_and_must_stand_somewhere():
    check(fits([f"CD1_1   = {STEPS[1][1]}", f"CD2_2   = {STEPS[0][1]}"]))
    with pytest.raises(InputError, match="has no step .*, so its points are pixels"):
        parse_images(fits([]))


def region(curves, energy, ordinates, name: str) -> list[str]:
    lines = [f"# Region: {name}", "# Excitation Energy: 100", "# Cycle: 0"]
    for number, curve in enumerate(curves):
        lines += [f"# Cycle: 0, Curve: {number}"]
        lines += [f"# NonEnergyOrdinate: {ordinates[number]}"] if len(ordinates) else []
        lines += [f"{e:.6f}  {x:g}" for e, x in zip(energy, curve, strict=True)]
    return lines


@pytest.mark.parametrize("first", [True, False])
def test_a_survey_beside_the_image_of_a_prodigy_table_is_passed_over(first):
    survey = region([np.linspace(9, 1, 50)], np.linspace(10, 100, 50), (), "survey")
    cut = region(counts().T, ENERGY + 100, ANGLE, "cut")
    lines = ["# Created by: SpecsLab Prodigy", "# Energy Axis: Kinetic Energy"]
    check("\n".join([*lines, *(survey + cut if first else cut + survey)]).encode(), energy=ENERGY + 100)


def test_positions_that_a_lens_images_are_no_angles():
    lines = ["[Info]", "[Region 1]", "Dimension 1 name=Kinetic Energy [eV]", "Dimension 2 name=Y-Scale"]
    lines += ["Dimension 1 scale=" + " ".join(f"{e + 95.5:g}" for e in ENERGY)]
    lines += ["Dimension 2 scale=" + " ".join(f"{a:g}" for a in ANGLE), "[Info 1]", "Lens Mode=Transmission"]
    lines += ["[Data 1]", *(" ".join(f"{x:g}" for x in (0, *row)) for row in counts())]
    with pytest.raises(InputError, match="angle axis 'Y-Scale' of this file is in 'mm'"):
        parse_images("\n".join(lines).encode())
