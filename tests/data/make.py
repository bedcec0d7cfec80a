"""Makes the files beside it: `python -m tests.data.make figure`, `python -m tests.data.make beamlines FOLDER`.

FOLDER holds the beamline files as the PyPI package piva brings them. They are made coarser by averaging neighbouring
channels, with the headers that say how many there are and how wide; all else in them stays.
"""

import re
import struct
import sys
from pathlib import Path

import h5py
import matplotlib as mpl
import numpy as np

from core.experiment.photoemission.background_states import background_states
from core.experiment.photoemission.final_state import FinalState, final_momentum, reduced_kz
from core.experiment.photoemission.orbitals import orbital_shares
from core.experiment.photoemission.renderer import Artefacts, simulate
from core.experiment.photoemission.spectra import exact_signal
from core.structure.build import build_crystal
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate
from tests.data import DATA, FIGURE

PIXELS, DPI = (640, 660), 100
FRAME = (122, 42, 627, 532)
"""Left, top, right, bottom of the data in the picture, pixels."""

K_RANGE, E_RANGE = (-1.5, 1.67), (-8.65, 2.0)
"""Axes of the frame: 1/Å, eV against E_F."""

PHOTON_ENERGY, INNER_POTENTIAL = 380.0, 12.6
SILICON_VBM, DOPED = 0.0, 1.15
"""eV on the theory's scale; E_F above it: at the conduction band, as delta doping puts it."""


def simulated_silicon(kx: np.ndarray, ev: np.ndarray) -> np.ndarray:
    """(eV, kx) counts of a Γ-X cut of silicon at the k_z of PHOTON_ENERGY, over a strong background."""
    crystal = build_crystal(parse_stack("Si4"), parse_substrate("Si"), 0.0)
    lattice = np.array([crystal.lattice_in_plane])
    radius = final_momentum(PHOTON_ENERGY, INNER_POTENTIAL)
    kz = float(reduced_kz(radius, float(crystal.plane_spacing.mean())))
    signal = exact_signal(crystal, "G-X", FinalState(kz, radius, width=0.06))[None]
    measured = Artefacts(
        seed=1,
        fermi_level=SILICON_VBM + DOPED,
        fermi_edge=True,
        intensity=0.3,
        orbital=0.6,
        asymmetry=0.1,
        energy_resolution=0.12,
        momentum_resolution=0.03,
        lifetime=0.12,
        dos_background=6.0,
        shirley=1.0,
        linear=0.1,
        counts=200.0,
        k_left=-1.38,
        k_right=1.63,
    )
    shares = orbital_shares(0.0, float(lattice[0]), "G-X", kz)[None]
    states = background_states(np.zeros(1), lattice)
    return simulate(signal, lattice, "G-X", [measured], kx, ev, shares=shares, states=states)[0].T


def draw_figure(path: Path = FIGURE) -> None:
    """The simulated cut as a published figure: hot colours, black where nothing was measured, guide lines, title."""
    mpl.use("Agg")
    from matplotlib import pyplot

    left, top, right, bottom = FRAME
    steps = ((right - left) // 2, (bottom - top) // 2)
    kx, ev = (np.linspace(*ends, 2 * n + 1)[1::2] for ends, n in zip((K_RANGE, E_RANGE), steps, strict=True))
    counts = np.nan_to_num(simulated_silicon(kx, ev))
    figure = pyplot.figure(figsize=(PIXELS[0] / DPI, PIXELS[1] / DPI), dpi=DPI)
    width, height = PIXELS
    axes = figure.add_axes((left / width, 1 - bottom / height, (right - left) / width, (bottom - top) / height))
    brightest = np.percentile(counts, 99.7)
    axes.imshow(
        counts, cmap="hot", vmin=0, vmax=brightest, origin="lower", aspect="auto", extent=(*K_RANGE, *E_RANGE),
        interpolation="nearest",
    )  # fmt: skip
    axes.axhline(0.0, color=(0, 1, 0), linewidth=3)
    axes.axvline(0.0, color="0.6", linewidth=1.5, dashes=(8, 6))
    axes.set_xticks([-1, 0, 1])
    axes.tick_params(labelsize=16)
    axes.set_xlabel("k$_x$ (Å$^{-1}$)", fontsize=18)
    axes.set_ylabel("E$_B$ (eV)", fontsize=18, labelpad=-2)
    axes.set_title(f"simulated Si(001), {PHOTON_ENERGY:g} eV", fontsize=14)
    bar = figure.add_axes((16 / width, 1 - 98 / height, 30 / width, 66 / height))
    bar.imshow(np.linspace(0, 1, 64)[:, None], cmap="hot", origin="lower", aspect="auto")
    bar.set_xticks([])
    bar.set_yticks([])
    figure.savefig(path, dpi=DPI, metadata={"Software": None})


def averaged(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Values (row, column) with so many neighbours made one; what does not fill a whole one at the end is left out."""
    kept = [size // step * step for size, step in zip(values.shape, (rows, columns), strict=True)]
    return values[: kept[0], : kept[1]].reshape(kept[0] // rows, rows, kept[1] // columns, columns).mean(axis=(1, 3))


def coarser_ses_text(content: bytes, columns: int = 5) -> bytes:
    """An SES text export with fewer slices."""
    head, mark, block = content.decode("latin-1").partition("[Data 1]\r\n")
    table = np.array([line.split() for line in block.splitlines() if line.strip()], float)
    values = averaged(table[:, 1:], 1, columns)
    angles = np.array(re.search(r"^Dimension 2 scale=(.+)$", head, re.M)[1].split(), float)
    scale = " ".join(f"{angle:.5f}" for angle in averaged(angles[None], 1, columns)[0])
    head = re.sub(r"(?m)^Dimension 2 scale=.+$", f"Dimension 2 scale={scale}\r", head)
    for name in ("Dimension 2 size", "Number of Slices"):
        head = re.sub(rf"(?m)^{name}=\d+", f"{name}={values.shape[1]}", head)
    lines = ["".join(f" {_ses_number(number)} " for number in row).rstrip() for row in np.c_[table[:, :1], values]]
    return (head + mark + "\r\n".join(f"{line} " for line in lines) + "\r\n\r\n").encode("latin-1")


def _ses_number(value: float) -> str:
    """Fourteen digits, and four of the exponent."""
    mantissa, exponent = f"{value:.14E}".split("E")
    return f"{mantissa}E{exponent[0]}{int(exponent[1:]):04d}"


def coarser_ibw(content: bytes, rows: int = 2, columns: int = 5) -> bytes:
    """An Igor binary wave (version 5, double precision, two dimensions) with fewer energies and angles."""
    head = bytearray(content[:384])  # a bin header of 64 bytes, then the wave header of 320
    counts = struct.unpack_from("<2i", head, 132)
    steps, starts = (struct.unpack_from("<2d", head, at) for at in (148, 180))
    size = int(np.prod(counts))
    values = np.frombuffer(content, "<f8", size, 384).reshape(counts, order="F")
    rest = content[384 + 8 * size :]
    new = averaged(values, rows, columns)
    for i, by in enumerate((rows, columns)):
        struct.pack_into("<i", head, 132 + 4 * i, new.shape[i])
        struct.pack_into("<d", head, 148 + 8 * i, steps[i] * by)
        struct.pack_into("<d", head, 180 + 8 * i, starts[i] + steps[i] * (by - 1) / 2)
    struct.pack_into("<i", head, 4, struct.unpack_from("<i", head, 4)[0] - 8 * (size - new.size))  # bytes of the wave
    struct.pack_into("<i", head, 64 + 12, new.size)
    rest = rest.replace(b"Energy Step=0.005", b"Energy Step=0.010")
    rest = rest.replace(b"Number of Slices=661", b"Number of Slices=%d" % new.shape[1])
    struct.pack_into("<h", head, 2, 0)
    total = sum(struct.unpack("<192h", head)) & 0xFFFF
    struct.pack_into("<H", head, 2, -total & 0xFFFF)  # all the header's words add up to zero
    return bytes(head) + new.tobytes(order="F") + rest


def coarser_sis(source: Path, target: Path, rows: int = 4, columns: int = 4) -> None:
    """An HDF5 file of the SIS beamline with fewer energies and angles."""
    name = "Electron Analyzer/Image Data"
    with h5py.File(source) as old, h5py.File(target, "w") as file:
        file.attrs.update(old.attrs)
        old.copy("Other Instruments", file)
        file.create_group("Electron Analyzer").attrs.update(old["Electron Analyzer"].attrs)
        data = file.create_dataset(name, data=averaged(old[name][()], rows, columns))
        data.attrs.update(old[name].attrs)
        for i, by in enumerate((rows, columns)):
            start, step = old[name].attrs[f"Axis{i}.Scale"]
            data.attrs[f"Axis{i}.Scale"] = [start + step * (by - 1) / 2, step * by]
        data.attrs["Detector Slices"] = np.int32(data.shape[1])


def main(what: str, folder: str = "") -> None:
    """Make the figure, or the beamline files from those in a folder."""
    if what == "figure":
        draw_figure()
        return
    for name, coarser in (("cassiopee_ses_R4000.txt", coarser_ses_text), ("solaris_uranos_DA30.ibw", coarser_ibw)):
        (DATA / name).write_bytes(coarser((Path(folder) / name).read_bytes()))
    coarser_sis(Path(folder) / "sls_sis.h5", DATA / "sls_sis.h5")


if __name__ == "__main__":
    main(*sys.argv[1:])
