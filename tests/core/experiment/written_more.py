"""The rest of `written`: FITS and tables, and the list of all layouts."""

import io

import numpy as np
from scipy.io import savemat

from tests.core.experiment import written
from tests.core.experiment.written import Known, _kinetic, _scale, _turned, replace

BLOCK = 2880


def _cards(**values) -> bytes:
    lines = []
    for name, value in values.items():
        text = "T" if value is True else f"'{value}'" if isinstance(value, str) else repr(value)
        lines.append(f"{name:<8}= {text:>20} / said".ljust(80)[:80])
    return ("".join(lines) + "END".ljust(80)).encode().ljust(-(-(80 * len(lines) + 3) // BLOCK) * BLOCK, b" ")


def _block(data: bytes) -> bytes:
    return data.ljust(-(-len(data) // BLOCK) * BLOCK, b"\0")


def fits_image(known: Known, random) -> tuple[bytes, Known]:
    known = _kinetic(known, random, True)
    counts, energy, angle = _turned(known, random)
    across = random.random() < 0.5
    values = np.asarray(counts if across else counts.T, ">f4")
    fast, slow = ((angle, "Angle", "deg"), (energy, "Kinetic Energy", "eV"))[:: 1 if across else -1]
    about = {"SIMPLE": True, "BITPIX": -32, "NAXIS": 2, "NAXIS1": len(fast[0]), "NAXIS2": len(slow[0])}
    about["SF_HV"] = known.photon_energy
    for i, (axis, name, unit) in enumerate((fast, slow), 1):
        first, step = _scale(axis)
        pixel = float(random.integers(1, 5))
        about |= {f"CTYPE{i}": name, f"CUNIT{i}": unit, f"CDELT{i}": step, f"CRPIX{i}": pixel}
        about |= {f"CRVAL{i}": first + step * (pixel - 1)}
    return _cards(**about) + _block(values.tobytes()), known


def fits_table(known: Known, random) -> tuple[bytes, Known]:
    """As MAESTRO writes it: a row a position of the scan, the image in a cell, its axes in keywords."""
    known = replace(_kinetic(known, random, True), images=int(random.choice([1, 2])))
    counts, energy, angle = _turned(known, random)
    (e0, de), (a0, da) = _scale(energy), _scale(angle)
    cell = len(energy) * len(angle)
    rows = [np.array([n], ">f8").tobytes() + (counts.T * (n + 1)).astype(">i4").tobytes() for n in range(known.images)]
    primary = _cards(SIMPLE=True, BITPIX=8, NAXIS=0, EXTEND=True, SF_HV=known.photon_energy, NM_0_0="Beta", ST_0_0=0.0)
    table = _cards(
        XTENSION="BINTABLE", BITPIX=8, NAXIS=2, NAXIS1=8 + 4 * cell, NAXIS2=known.images, PCOUNT=0, GCOUNT=1, TFIELDS=2,
        TTYPE1="time", TFORM1="1D", TTYPE2="Fixed_Spectra0", TFORM2=f"{cell}J", TDIM2=f"({len(energy)},{len(angle)})",
        TDESC2="(eV,deg)", TRVAL2=f"({e0!r},{a0!r})", TDELT2=f"({de!r},{da!r})", TRPIX2="(0,0)",
    )  # fmt: skip
    return primary + table + _block(b"".join(rows)), known


def table(known: Known, random) -> tuple[bytes, Known]:
    """Numbers with the axes in the first row and column, with or without words in the corner."""
    named = random.random() < 0.5
    angle = known.angle - known.angle.mean() if not named else known.angle
    known = replace(known, angle=np.round(angle, 6))
    separator = str(random.choice([",", ";", "\t"]))
    down = random.random() < 0.5
    rows, columns, counts = (known.energy, known.angle, known.counts)
    if not down:
        rows, columns, counts = columns, rows, counts.T
    corner = ("eV/angle" if down else "angle/eV") if named else ""
    lines = [separator.join([corner, *(f"{x:.6f}" for x in columns)])]
    lines += [separator.join(f"{x:.6f}" for x in (r, *row)) for r, row in zip(rows, counts, strict=True)]
    return "\n".join(lines).encode(), known


def numpy_archive(known: Known, random) -> tuple[bytes, Known]:
    known = _kinetic(known, random)
    counts, energy, angle = _turned(known, random)
    stream = io.BytesIO()
    save = np.savez if random.random() < 0.5 else np.savez_compressed
    save(stream, intensity=counts.T if random.random() < 0.5 else counts, eV=energy, alpha=angle)
    return stream.getvalue(), replace(known, photon_energy=None)


def matlab5(known: Known, random) -> tuple[bytes, Known]:
    """As MATLAB's `save` writes it without `-v7.3`, variables or the fields of a structure."""
    known = _kinetic(known, random)
    counts, energy, angle = _turned(known, random)
    label = "kinetic_energy" if known.kinetic else "energy"
    fields = {"value": counts.T if random.random() < 0.5 else counts, label: energy[:, None], "angle": angle[None]}
    fields |= {"hv": known.photon_energy} if known.photon_energy else {}
    stream = io.BytesIO()
    savemat(stream, {"cut": fields} if random.random() < 0.5 else fields, do_compression=random.random() < 0.5)
    return stream.getvalue(), known


def points(known: Known, random) -> tuple[bytes, Known]:
    """A point of the image a line, in any order of lines and columns, with the names of the columns above."""
    known = _kinetic(known, random)
    columns = [known.energy + known.kinetic, known.angle]
    rows = np.array([(columns[0][i], columns[1][j], x) for (i, j), x in np.ndenumerate(known.counts)])
    names = ["Kinetic Energy (eV)" if known.kinetic else "E - E_F [eV]", "angle (deg)", "counts"]
    order, separator = random.permutation(3), str(random.choice([",", ";", "\t"]))
    lines = [separator.join(names[i] for i in order)]
    lines += [separator.join(f"{row[i]:.6f}" for i in order) for row in random.permutation(rows)]
    head = f"# hv = {known.photon_energy}\n" if known.photon_energy else ""
    return (head + "\n".join(lines)).encode(str(random.choice(["utf-8", "utf-16", "latin-1"]))), known


def numbered_attributes(known: Known, random) -> tuple[bytes, Known]:
    """HDF5 with name, unit, first value and step of each dimension in attributes, as Elettra writes it."""
    known = _kinetic(known, random, True)
    counts, energy, angle = _turned(known, random)
    across = random.random() < 0.5
    sides = [("Kinetic Energy", "eV", energy), ("Slit", "deg", angle)][:: -1 if across else 1]

    def build(file):
        data = file.create_dataset("AngAnalyzer/cut", data=counts.T if across else counts)
        for i, (name, unit, axis) in enumerate(sides):
            data.attrs[f"Dim{i} Name Units"] = np.array([name.encode(), unit.encode()])
            data.attrs[f"Dim{i} Values"] = _scale(axis)
        data.attrs["Photon Energy (eV)"] = known.photon_energy

    return written._hdf5(build), known


def listed_axes(known: Known, random) -> tuple[bytes, Known]:
    """HDF5 with lists of names, first values and steps of fast and slow axes, as SGM4 writes it."""
    known = replace(_kinetic(known, random, True), images=int(random.choice([2, 3])), photon_energy=None)
    counts, energy, angle = _turned(known, random)

    def build(file):
        stack = np.stack([counts.T * n for n in range(1, known.images + 1)])
        file["Entry/Data/TransformedData"] = stack
        details = file.create_group("Entry/Data/ScanDetails")
        for kind, names, scales in (
            ("FastAxis", ["OrdinateRange", "Kinetic Energy"], [_scale(angle), _scale(energy)]),
            ("SlowAxis", ["SamPolar"], [(-1.0, 1.0)]),
        ):
            details[f"{kind}_names"] = np.array(names, "S20")
            details[f"{kind}_start"], details[f"{kind}_step"] = np.transpose(scales)

    return written._hdf5(build), known


LAYOUTS = {
    "NetCDF 4": written.netcdf4, "NetCDF 3": written.netcdf3, "Igor scaling in HDF5": written.igor_in_hdf5,
    "axis scaling": written.axis_scaling, "NeXus": written.nexus, "legacy NeXus": written.legacy_nexus,
    "siblings": written.siblings, "MATLAB 7.3": written.matlab, "axis groups": written.axis_groups,
    "SIS": written.described_axes, "SPECS .xy": written.prodigy_table, "SPECS .itx": written.igor_text,
    "SPECS .sp2": written.sp2, "MBS .txt": written.mbs_text, "MBS .krx": written.krx, "SES text": written.ses_text,
    "SES zip": written.ses_zip, "Igor .ibw": written.igor_wave, "Igor .pxt": written.igor_experiment,
    "MATLAB 5": matlab5, "points": points, "numbered attributes": numbered_attributes, "listed axes": listed_axes,
    "FITS image": fits_image, "FITS table": fits_table, "table": table, "NumPy": numpy_archive,
}  # fmt: skip
"""What writes a file of each layout that is read."""
