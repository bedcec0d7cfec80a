"""Well-formed files in every layout that is read, each from a known picture, with whatever a program may choose drawn.

A writer takes a picture and a generator of random numbers, and gives the file's bytes and what a reader should find.
"""

import io
import struct
import zipfile
from dataclasses import dataclass, replace

import h5py
import numpy as np
import xarray as xr
from scipy.io import netcdf_file

HDF5_UNITS = {"degree": ("deg", "degree", "degrees"), "rad": ("rad", "radian", "Radians"), "mrad": ("mrad",)}
PER_DEGREE = {"degree": 1.0, "rad": np.pi / 180, "mrad": 1000 * np.pi / 180}


@dataclass(frozen=True)
class Known:
    """A picture: counts (energy, angle) over E - E_F (eV, rising) and angles (degree, rising).

    kinetic: what to add to the energies to get what the file holds where it counts kinetic ones. photon_energy: eV,
    None where the file does not say it. images: how many a file holds, the counts of number n times n.
    """

    energy: np.ndarray
    angle: np.ndarray
    counts: np.ndarray
    kinetic: float = 0.0
    photon_energy: float | None = None
    images: int = 1


def known_picture(random: np.random.Generator) -> Known:
    """A band below a Fermi edge, on axes of random length, range and offset."""
    sides = random.choice(np.arange(20, 60), 2, replace=False)
    low, high = -random.uniform(2.0, 9.0), random.uniform(0.2, 1.5)
    energy = np.round(np.linspace(low, high, sides[0]), 6)
    centre, half = random.uniform(-3, 3), random.uniform(5, 18)
    angle = np.round(np.linspace(centre - half, centre + half, sides[1]), 6)
    band = -0.4 - (0.15 * angle[None]) ** 2
    counts = 40 + 900 * np.exp(-(((energy[:, None] - band) / 0.4) ** 2))
    counts /= 1 + np.exp(np.clip(energy[:, None] / 0.03, -40, 40))
    return Known(energy, angle, random.poisson(counts + 2).astype(float))


def _turned(known: Known, random) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts, energies and angles with either axis falling at random."""
    counts, energy, angle = known.counts, known.energy + known.kinetic, known.angle
    if random.random() < 0.5:
        counts, energy = counts[::-1], energy[::-1]
    if random.random() < 0.5:
        counts, angle = counts[:, ::-1], angle[::-1]
    return counts, energy, angle


def _kinetic(known: Known, random, always: bool = False) -> Known:
    if always or random.random() < 0.5:
        hv = round(float(random.uniform(20, 400)), 3)
        return replace(known, kinetic=round(hv - 4.5 - random.uniform(-0.2, 0.2), 4), photon_energy=hv)
    return replace(known, photon_energy=None)


def _hdf5(build, block: int = 0) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w", userblock_size=block) as file:
        build(file)
    return stream.getvalue()


def _energy_axis(known: Known, energy: np.ndarray, random) -> tuple[np.ndarray, str, str]:
    """Points, label and unit: kinetic or against E_F, occupied states of either sign, eV or meV."""
    unit, factor = ("eV", 1.0) if random.random() < 0.6 else ("meV", 1000.0)
    if known.kinetic:
        return factor * energy, "kinetic_energy", unit
    if random.random() < 0.4:
        return -factor * energy, "binding_energy", unit
    return factor * energy, str(random.choice(["eV", "energy"])), unit


def netcdf4(known: Known, random) -> tuple[bytes, Known]:
    known = _kinetic(known, random)
    counts, energy, angle = _turned(known, random)
    points, label, unit = _energy_axis(known, energy, random)
    style = str(random.choice(["erlab", "peaks", "pyarpes", "named"]))
    kind = "degree" if style in ("erlab", "peaks") else "rad"
    name = {"erlab": "alpha", "peaks": "theta_par", "pyarpes": "phi", "named": "phi"}[style]
    image = xr.DataArray(counts, dims=(label, name), coords={label: points, name: PER_DEGREE[kind] * angle})
    image[label].attrs["units"] = unit
    if style in ("peaks", "named"):
        image[name].attrs["units"] = str(random.choice(HDF5_UNITS[kind]))
    if known.photon_energy:
        image.attrs["hv"] = known.photon_energy
    image = image.transpose(*random.permutation([label, name]))
    return bytes(image.to_dataset(name="spectrum").to_netcdf(engine="h5netcdf")), known


def netcdf3(known: Known, random) -> tuple[bytes, Known]:
    known = _kinetic(known, random)
    counts, energy, angle = _turned(known, random)
    points, label, unit = _energy_axis(known, energy, random)
    stream = io.BytesIO()
    file = netcdf_file(stream, "w")
    kind = str(random.choice(list(PER_DEGREE)))
    for name, axis, its in ((label, points, unit), ("alpha", PER_DEGREE[kind] * angle, HDF5_UNITS[kind][0])):
        file.createDimension(name, len(axis))
        variable = file.createVariable(name, "d", (name,))
        variable[:] = axis
        variable.units = its
    across = random.random() < 0.5
    data = file.createVariable("intensity", "f", ("alpha", label) if across else (label, "alpha"))
    data[:] = counts.T if across else counts
    if known.photon_energy:
        file.hv = known.photon_energy
    file.flush()
    return stream.getvalue(), known


def _scale(axis: np.ndarray) -> tuple[float, float]:
    return float(axis[0]), float(axis[-1] - axis[0]) / (len(axis) - 1)


def igor_in_hdf5(known: Known, random) -> tuple[bytes, Known]:
    known = _kinetic(known, random)
    counts, energy, angle = _turned(known, random)
    first = random.random() < 0.5
    (e0, de), (a0, da) = _scale(energy), _scale(angle)
    rows = [[da, a0], [de, e0]] if first else [[de, e0], [da, a0]]
    units = ["", "degree", "eV"] if first else ["", "eV", "degree"]

    def build(file):
        data = file.create_dataset("Matrix", data=counts.T if first else counts)
        data.attrs["IGORWaveScaling"] = np.array([[0.0, 0.0], *rows])
        data.attrs["IGORWaveUnits"] = np.array([units], dtype=h5py.string_dtype())
        kind = "Ek" if known.kinetic else "Eb"
        photons = f"hv      = {known.photon_energy}\n" if known.photon_energy else ""
        data.attrs["IGORWaveNote"] = f"{photons}Pol     = LV\nEk/Eb   = {kind}\n"

    return _hdf5(build, int(random.choice([0, 512, 1024, 4096]))), known


def axis_scaling(known: Known, random) -> tuple[bytes, Known]:
    known = _kinetic(known, random)
    counts, energy, angle = _turned(known, random)
    sign = -1 if not known.kinetic and random.random() < 0.5 else 1
    (e0, de), (a0, da) = _scale(sign * energy), _scale(angle)
    by_angle = random.random() < 0.5
    names, scales = ["Energy", "Det. Angle"], [(de, e0), (da, a0)]
    if not by_angle:
        names, scales = names[::-1], scales[::-1]

    def build(file):
        group = file.create_group("2Ddata")
        data = group.create_dataset("Spectrum", data=counts.T if by_angle else counts)
        if random.random() < 0.5:
            data.attrs["AxisScaling"], data.attrs["AxisNames"] = scales, names
            data.attrs["AxisUnits"] = ["eV" if name == "Energy" else "degree" for name in names]
        else:
            data.attrs["scaleDelta"], data.attrs["scaleOffset"] = zip(*scales, strict=True)
            data.attrs["unitNames"] = ["eV" if name == "Energy" else "deg" for name in names]
        group.create_group("Detector").attrs["Energy Scale"] = "Kinetic" if known.kinetic else "Binding"
        if known.photon_energy:
            group.create_group("Source").attrs["BL Energy"] = known.photon_energy

    return _hdf5(build), known


def nexus(known: Known, random) -> tuple[bytes, Known]:
    """Modern NeXus, perhaps a scan whose third axis is the photon energy."""
    known = replace(_kinetic(known, random, True), images=int(random.choice([1, 1, 2, 3])))
    counts, energy, angle = _turned(known, random)
    stack = np.stack([counts.T * (n + 1) for n in range(known.images)])

    def build(file):
        group = file.create_group("entry1/analyser")
        group.attrs["NX_class"], group.attrs["signal"] = "NXdata", "data"
        names = ["angles", "energies"]
        group["data"] = stack[0] if known.images == 1 else stack
        if known.images > 1:
            names = ["value", *names]
            group["value"] = np.linspace(-1, 1, known.images)
        group.attrs["axes"] = names
        kind = str(random.choice(list(PER_DEGREE)))
        group["angles"], group["energies"] = PER_DEGREE[kind] * angle, energy
        group["angles"].attrs["units"], group["energies"].attrs["units"] = HDF5_UNITS[kind][0], "eV"
        group["energies"].attrs["long_name"] = "Kinetic Energy"
        file["entry1/instrument/monochromator/energy"] = np.array([known.photon_energy])

    return _hdf5(build), known


def legacy_nexus(known: Known, random) -> tuple[bytes, Known]:
    known = _kinetic(known, random, True)
    counts, energy, angle = _turned(known, random)
    fast = random.random() < 0.5

    def build(file):
        group = file.create_group("entry1/data")
        image = counts.T if fast else counts
        data = group.create_dataset("data", data=image[None])
        data.attrs["signal"] = np.int32(1)
        for name, axis, unit, place in (("energies", energy, "eV", 3 if fast else 2),
                                        ("angles", angle, "deg", 2 if fast else 3)):  # fmt: skip
            field = group.create_dataset(name, data=axis)
            field.attrs["axis"], field.attrs["primary"], field.attrs["units"] = np.int32(place), np.int32(1), unit
        file["entry1/instrument/monochromator/photon_energy"] = known.photon_energy

    return _hdf5(build), known


def siblings(known: Known, random) -> tuple[bytes, Known]:
    known = _kinetic(known, random)
    counts, energy, angle = _turned(known, random)
    points, label, unit = _energy_axis(known, energy, random)

    def build(file):
        group = file.create_group("scan")
        group["counts"] = counts.T if random.random() < 0.5 else counts
        group[label], group["angle"] = points, angle
        group[label].attrs["units"] = unit
        if known.photon_energy:
            group["hv"] = known.photon_energy

    return _hdf5(build), known


def matlab(known: Known, random) -> tuple[bytes, Known]:
    """MATLAB 7.3: a user block, vectors of two dimensions, and a structure whose fields are references."""
    known = _kinetic(known, random)
    counts, energy, angle = _turned(known, random)
    label = "kinetic_energy" if known.kinetic else "energy"

    def build(file):
        cells, refs = file.create_group("cut"), file.create_group("#refs#")
        for number, (name, value) in enumerate((("value", counts.T), (label, energy[:, None]), ("angle", angle[None]))):
            if random.random() < 0.5:
                cells[name] = value
                continue
            refs[f"a{number}"] = value
            cells.create_dataset(name, (1, 1), h5py.ref_dtype)[0, 0] = refs[f"a{number}"].ref
        if known.photon_energy:
            cells["hv"] = np.array([[known.photon_energy]])

    content = _hdf5(build, 512)
    return b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512, b" ") + content[512:], known


def axis_groups(known: Known, random) -> tuple[bytes, Known]:
    known = _kinetic(known, random, True)
    counts, energy, angle = _turned(known, random)

    def build(file):
        group = file.create_group("Data")
        group["Count"] = counts
        for number, (label, axis) in enumerate((("Kinetic Energy", energy), ("ThetaX", angle))):
            about = group.create_group(f"Axes{number}").attrs
            about["Label"], (about["Offset"], about["Delta"]) = label, _scale(axis)
            about["Count"] = len(axis)
        file.create_group("Beamline").attrs["energy"] = known.photon_energy

    return _hdf5(build), known


def described_axes(known: Known, random) -> tuple[bytes, Known]:
    known = _kinetic(known, random)
    counts, energy, angle = _turned(known, random)

    def build(file):
        data = file.create_dataset("Electron Analyzer/Image Data", data=counts)
        labels = ("Kinetic Energy " if known.kinetic else "Binding Energy ", "Y-Scale ")
        for i, (label, axis, unit) in enumerate(zip(labels, (energy, angle), ("eV", "deg"), strict=True)):
            data.attrs[f"Axis{i}.Scale"], data.attrs[f"Axis{i}.Description"] = _scale(axis), label
            data.attrs[f"Axis{i}.Units"] = unit
        if known.photon_energy:
            file["Other Instruments/hv"] = np.array([known.photon_energy])

    return _hdf5(build), known


def _specs(known: Known, random) -> Known:
    """SPECS counts so that electrons from E_F have hν."""
    hv = round(float(random.uniform(20, 300)), 3)
    return replace(known, kinetic=hv, photon_energy=hv)


def prodigy_table(known: Known, random) -> tuple[bytes, Known]:
    known = _specs(known, random)
    energy, counts = known.energy + known.kinetic, known.counts
    lines = ["# Created by:        SpecsLab Prodigy", "#   Energy Axis:     Kinetic Energy", "# Region:    r"]
    lines += [f"# Excitation Energy:   {known.photon_energy}", "# Eff. Workfunction:   4.4", "", "# Cycle: 0", ""]
    for number, angle in enumerate(known.angle):
        lines += [
            f"# Cycle: 0, Curve: {number}",
            "#",
            f"# NonEnergyOrdinate:   {angle}",
            "# ColumnLabels: energy counts",
        ]
        lines += ["#", *(f"{e:.6f}  {c:g}" for e, c in zip(energy, counts[:, number], strict=True)), ""]
    return "\n".join(lines).encode(), known


def igor_text(known: Known, random) -> tuple[bytes, Known]:
    known = replace(_specs(known, random), images=int(random.choice([1, 1, 2])))
    energy = known.energy + known.kinetic
    shape = (len(known.angle), len(energy))
    rows = [" ".join(f"{c * (n + 1):g}" for c in row) for n in range(known.images) for row in known.counts.T]
    sizes = ",".join(map(str, shape if known.images == 1 else (*shape, known.images)))
    lines = ["IGOR", "X //Created by: SpecsLab Prodigy, Version 4.1", f"X //Excitation Energy = {known.photon_energy}"]
    lines += ["X //WorkFunction      = 4.4", f"WAVES/S/N=({sizes}) 'Spectrum_1'", "BEGIN", *rows, "END"]
    for name, axis, label in (("x", known.angle, "deg (theta_y)"), ("y", energy, "eV (Kinetic Energy)")):
        first, step = _scale(axis)
        how, second = ("I", axis[-1]) if random.random() < 0.5 else ("P", step)
        lines.append(f"X SetScale/{how} {name}, {float(first)!r}, {float(second)!r}, \"{label}\", 'Spectrum_1'")
    return ("\r\n" if random.random() < 0.5 else "\n").join([*lines, ""]).encode(), known


def sp2(known: Known, random) -> tuple[bytes, Known]:
    known = _specs(known, random)
    energy, half = known.energy + known.kinetic, (known.angle[1] - known.angle[0]) / 2
    lines = ["P2", "# Created by SpecsLab", f"# Excitation Energy = {known.photon_energy} # [eV]", "# WF = 4.4 # [eV]"]
    lines += [f"# X Range = [{energy[0]:.6f} .. {energy[-1]:.6f}] [eV]"]
    lines += [f"# Y Range = [{known.angle[0] - half:.6f} .. {known.angle[-1] + half:.6f}] [deg]"]
    lines += [f"{len(energy)} {len(known.angle)} {int(known.counts.max())}"]
    return "\n".join([*lines, *(f"{c:.0f}" for c in known.counts.T.ravel()), ""]).encode(), known


def _mbs_header(known: Known, end: str) -> str:
    first, step = _scale(known.energy + known.kinetic)
    fields = {
        "Lines": 30, "No. Steps": len(known.energy), "NoS": len(known.angle), "Start K.E.": first - step / 2,
        "End K.E.": first + step * (len(known.energy) - 0.5), "Step Size": step, "ScaleMin": known.angle[0],
        "ScaleMax": known.angle[-1], "ScaleName": "Y Angle (deg)", "MapStartX": -2.0, "MapEndX": 2.0,
    }  # fmt: skip
    return "".join(f"{name}\t{value}{end}" for name, value in fields.items()) + f"DATA:{end}"


def mbs_text(known: Known, random) -> tuple[bytes, Known]:
    known = replace(_kinetic(known, random, True), photon_energy=None)
    rows = zip(known.energy + known.kinetic, known.counts, strict=True)
    body = "".join(f"{e:.5f}\t" + "\t".join(f"{c:g}" for c in row) + "\n" for e, row in rows)
    return (_mbs_header(known, "\n") + body).encode(), known


def krx(known: Known, random) -> tuple[bytes, Known]:
    known = replace(_kinetic(known, random, True), photon_energy=None, images=int(random.choice([1, 2, 3])))
    kind = str(random.choice(["<i4", "<i8"]))
    header = _mbs_header(known, "\r\n").encode().ljust(1200)
    rows, columns = len(known.angle), len(known.energy)
    listed, blocks, place = [3 * known.images], [], 64 + known.images * 8
    for number in range(known.images):
        listed += [place, rows, columns]
        blocks.append((known.counts.T * (number + 1)).astype("<i4").tobytes() + bytes(4) + header)
        place += len(blocks[-1]) // 4
    head = np.array([*listed, 4], kind).tobytes()
    return head.ljust(4 * (64 + known.images * 8), b"\0") + b"".join(blocks), known


def ses_text(known: Known, random) -> tuple[bytes, Known]:
    known = _kinetic(known, random, True)
    counts, energy, angle = _turned(known, random)
    lines = ["[Info]", "Number of Regions=1", "", "[Region 1]", "Dimension 1 name=Energy [eV]"]
    lines += ["Dimension 1 scale=" + " ".join(f"{e:.6f}" for e in energy), "Dimension 2 name=Y-Scale [deg]"]
    lines += ["Dimension 2 scale=" + " ".join(f"{a:.6f}" for a in angle), "[Info 1]", "Energy Scale=Kinetic"]
    lines += [f"Excitation Energy={known.photon_energy}", "[Data 1]"]
    lines += ["  ".join(f"{x:g}" for x in (e, *row)) for e, row in zip(energy, counts, strict=True)]
    return ("\r\n" if random.random() < 0.5 else "\n").join([*lines, ""]).encode(), known


def ses_zip(known: Known, random) -> tuple[bytes, Known]:
    known = replace(_kinetic(known, random, True), images=int(random.choice([1, 2])))
    counts, energy, angle = _turned(known, random)
    label = str(random.choice(["Kinetic Energy [eV]", "Energy [eV]"]))
    about = ["[spectrum]", f"depth={known.images}", "depthoffset=-1", "depthdelta=1", "depthlabel=Thetay [deg]"]
    for side, axis, name in (("width", energy, label), ("height", angle, "Thetax [deg]")):
        first, step = _scale(axis)
        about += [f"{side}={len(axis)}", f"{side}offset={first!r}", f"{side}delta={step!r}", f"{side}label={name}"]
    values = np.stack([counts.T * (n + 1) for n in range(known.images)]).astype("<f4")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Spectrum_r.ini", "\n".join(about))
        archive.writestr("Spectrum_r.bin", values.tobytes())
        archive.writestr("r.ini", f"[SES]\nExcitation Energy={known.photon_energy}\nEnergy Scale=Kinetic\n")
    return stream.getvalue(), known


def igor_wave(known: Known, random) -> tuple[bytes, Known]:
    known = _kinetic(known, random)
    counts, energy, angle = _turned(known, random)
    first = random.random() < 0.7
    values = np.asarray(counts if first else counts.T, "<f8")
    axes, units = ((energy, angle), ("eV", "deg")) if first else ((angle, energy), ("deg", "eV"))
    scales = [_scale(axis) for axis in axes]
    note = f"[SES]\rExcitation Energy={known.photon_energy or 0}\rEnergy Scale=" + ("Kinetic" if known.kinetic else "")
    head = struct.pack("<hhiii", 5, 0, 320 + values.nbytes, 0, len(note)).ljust(64, b"\0")
    wave = bytearray(320)
    struct.pack_into("<ihh", wave, 12, values.size, 4, 0)
    wave[28:32] = b"wave"
    struct.pack_into("<4i", wave, 68, *values.shape, 0, 0)
    struct.pack_into("<8d", wave, 84, *(s for _, s in scales), 1, 1, *(f for f, _ in scales), 0, 0)
    for place, unit in enumerate(units):
        wave[152 + 4 * place : 152 + 4 * place + len(unit)] = unit.encode()
    words = np.frombuffer(head + bytes(wave), "<i2").sum(dtype=np.int16)
    head = head[:2] + struct.pack("<h", -int(words)) + head[4:]
    return head + bytes(wave) + values.tobytes(order="F") + note.encode(), known


def igor_experiment(known: Known, random) -> tuple[bytes, Known]:
    wave, known = igor_wave(known, random)
    return struct.pack("<hhi", 3, 0, len(wave)) + wave, known
