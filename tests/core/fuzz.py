"""Damaged files of every accepted format, and what becomes of them: `python -m tests.core.fuzz COUNT SEED`."""

import io
import json
import resource
import struct
import sys
import time
import zipfile
from collections.abc import Iterator

import h5py
import numpy as np
from PIL import Image

from core.experiment.readers.detect import image_parts
from core.sandbox import answer, limit_process
from core.structure.build import build_crystal
from core.structure.files import structure_parts, structure_text
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate
from tests.core.experiment import hostile
from tests.core.experiment.written import known_picture
from tests.core.experiment.written_more import LAYOUTS

ENERGY, WAVE_VECTOR = np.linspace(-3.0, 0.3, 20), np.linspace(-1.0, 1.2, 18)
VALUES = np.add.outer(ENERGY**2, 3 * WAVE_VECTOR**2)


def hdf5_scan() -> bytes:
    def build(file: h5py.File) -> None:
        data = file.create_dataset("entry/image", data=VALUES, chunks=(10, 9), compression="gzip")
        hostile.scales(data)
        file["entry/hv"] = 100.0

    return hostile.hdf5(build)


def nexus() -> bytes:
    def build(file: h5py.File) -> None:
        file.attrs["axes"] = ["energy", "angle"]
        file["image"], file["energy"], file["angle"] = VALUES, ENERGY, WAVE_VECTOR
        file["hv"] = np.array([95.0])

    return hostile.hdf5(build)


def igor_wave() -> bytes:
    """Version 5: a header of 64 bytes for the file and of 320 for the wave."""
    size = VALUES.nbytes
    head = struct.pack("<hhi56x", 5, 0, 320 + size)
    wave = bytearray(320)
    struct.pack_into("<i", wave, 12, VALUES.size)
    struct.pack_into("<h", wave, 16, 4)  # double precision
    struct.pack_into("<4i", wave, 68, *VALUES.shape, 0, 0)
    struct.pack_into("<8d", wave, 84, 0.1, 0.1, 1, 1, -3.0, -1.0, 0, 0)
    words = np.frombuffer(head + bytes(wave), "<i2").sum(dtype=np.int16)
    head = head[:2] + struct.pack("<h", -int(words)) + head[4:]
    return head + bytes(wave) + np.asfortranarray(VALUES).tobytes("F")


def packed_experiment() -> bytes:
    wave = igor_wave()
    return struct.pack("<hhi", 3, 0, len(wave)) + wave


def ses_text() -> bytes:
    lines = ["[Info]", "Number of Regions=1", "", "[Region 1]", "Region Name=cut"]
    for i, (label, axis) in enumerate((("Kinetic Energy [eV]", ENERGY + 90), ("Angle [deg]", WAVE_VECTOR)), 1):
        lines += [f"Dimension {i} name={label}", f"Dimension {i} size={len(axis)}"]
        lines += [f"Dimension {i} scale={' '.join(map(str, axis))}"]
    lines += ["", "[Data 1]"]
    lines += [" ".join(map(str, (energy, *row))) for energy, row in zip(ENERGY + 90, VALUES, strict=True)]
    return "\n".join(lines).encode()


def table() -> bytes:
    rows = [["eV/kx", *map(str, WAVE_VECTOR)]]
    rows += [[str(energy), *map(str, row)] for energy, row in zip(ENERGY, VALUES, strict=True)]
    return "\n".join(map(",".join, rows)).encode()


def numpy_file(archive: bool) -> bytes:
    stream = io.BytesIO()
    if archive:
        np.savez_compressed(stream, intensity=VALUES, eV=ENERGY, kx=WAVE_VECTOR)
    else:
        np.save(stream, np.block([[np.zeros((1, 1)), WAVE_VECTOR[None]], [ENERGY[:, None], VALUES]]))
    return stream.getvalue()


def picture(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray((255 * VALUES / VALUES.max()).astype(np.uint8)).save(stream, kind)
    return stream.getvalue()


def structure(suffix: str) -> bytes:
    crystal = build_crystal(parse_stack("Si2(Si0.5Ge0.5)2"), parse_substrate("Si"))
    return structure_text(crystal, suffix).encode()


IMAGES = {
    "scan.h5": hdf5_scan,
    "scan.nxs": nexus,
    "wave.ibw": igor_wave,
    "experiment.pxt": packed_experiment,
    "ses.txt": ses_text,
    "ses.zip": lambda: hostile.ses_archive(zipfile.ZIP_DEFLATED),
    "table.csv": table,
    "table.npy": lambda: numpy_file(False),
    "image.npz": lambda: numpy_file(True),
    "figure.png": lambda: picture("PNG"),
    "figure.jpg": lambda: picture("JPEG"),
    "figure.tif": lambda: picture("TIFF"),
}
LAYOUTS_BEYOND = (
    "NetCDF 3", "Igor scaling in HDF5", "axis scaling", "legacy NeXus", "MATLAB 7.3", "axis groups", "SPECS .xy",
    "SPECS .itx", "SPECS .sp2", "MBS .txt", "MBS .krx", "FITS image", "FITS table", "MATLAB 5", "points",
    "numbered attributes", "listed axes",
)  # fmt: skip
STRUCTURES = {f"crystal.{suffix}": lambda suffix=suffix: structure(suffix) for suffix in ("xyz", "cif", "vasp")}


def of_layout(layout: str) -> bytes:
    """A file of one of LAYOUTS_BEYOND, the same each time."""
    random = np.random.default_rng(7)
    return LAYOUTS[layout](known_picture(random), random)[0]


def damaged(content: bytes, random: np.random.Generator) -> bytes:
    """The file cut off, or with bits turned over, numbers put in, parts swapped, doubled or left out."""
    way, data = random.integers(7), bytearray(content)
    at, to = sorted(random.integers(0, len(data), 2).tolist())
    near = int(random.integers(0, min(len(data), 600)))  # headers
    if way == 0:
        return content[:to]
    if way == 1:
        for place in random.integers(0, len(data), random.integers(1, 40)):
            data[place] ^= 1 << int(random.integers(8))
    elif way == 2:
        for place in random.integers(0, min(len(data), 600), random.integers(1, 6)):
            data[place] = int(random.choice([0, 1, 0x7F, 0x80, 0xFF, 0x39, 0x2D]))
    elif way == 3:
        data[near : near + 8] = struct.pack("<q", int(random.choice([-1, 2**31 - 1, 2**32, 2**62, 65535])))
    elif way == 4:
        data[near : near + 4] = bytes(reversed(data[near : near + 4]))
    elif way == 5:
        del data[at : min(to, at + 200)]
    else:
        data[at:at] = data[at : min(to, at + 4000)]
    return bytes(data)


def damaged_files(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Name and content of damaged files, the formats in turn; the same for the same seed."""
    random = np.random.default_rng(seed)
    whole = {name: make() for name, make in (IMAGES | STRUCTURES).items()}
    whole |= {layout: of_layout(layout) for layout in LAYOUTS_BEYOND}
    for i in range(count):
        name = list(whole)[i % len(whole)]
        yield name, damaged(whole[name], random)


def main(count: int, seed: int) -> dict:
    """Read the damaged files one after the other, within the limits that a single one has."""
    files = list(damaged_files(count, seed))
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    limit_process()
    read, refused, failed, slowest = 0, [], [], 0.0
    for i, (name, content) in enumerate(files):
        print(i, name, file=sys.stderr, flush=True)  # the last one, where the process dies
        began = time.process_time()
        document, _ = answer(structure_parts if name in STRUCTURES else image_parts, content, name)
        slowest = max(slowest, time.process_time() - began)
        if "failure" in document:
            failed.append([i, name, document["failure"]])
        elif "error" in document:
            refused.append(document["error"])
        else:
            read += 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start
    return {"read": read, "refused": refused, "failed": failed, "slowest": slowest, "grown_kb": grown}


if __name__ == "__main__":
    print(json.dumps(main(*map(int, sys.argv[1:]))))
