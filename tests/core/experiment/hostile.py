"""Files that are made to harm who reads them: each stands for a kind, and for the words that refuse it."""

import io
import struct
import zipfile
import zlib

import h5py
import numpy as np

SIDES = ("Kinetic Energy", "Y-Scale")


def hdf5(build) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        build(file)
    return stream.getvalue()


def scales(data: h5py.Dataset, labels: tuple[str, ...] = SIDES, scale=(0.0, 0.1)) -> None:
    """Axes as SIS writes them."""
    for i, label in enumerate(labels):
        data.attrs[f"Axis{i}.Scale"], data.attrs[f"Axis{i}.Description"] = list(scale), label


def axis_of_objects(kind) -> bytes:
    """NeXus axes of which one is no array of numbers."""

    def build(file: h5py.File) -> None:
        file["image"] = np.random.default_rng(0).random((64, 64))
        file.attrs["axes"] = ["energy", "angle"]
        file["angle"] = np.arange(64.0)
        file.create_dataset("energy", (64,), kind)

    return hdf5(build)


def virtual(name: str) -> bytes:
    """A virtual data set that takes its values from itself."""

    def build(file: h5py.File) -> None:
        sizes = {"image": (16, 16), "energy": (16,), "angle": (16,), "hv": (1,)}
        for part, shape in sizes.items():
            if part != name:
                file[part] = np.arange(np.prod(shape), dtype=float).reshape(shape)
        layout = h5py.VirtualLayout(sizes[name], "f8")
        layout[...] = h5py.VirtualSource(".", name, sizes[name])
        file.create_virtual_dataset(name, layout)
        file.attrs["axes"] = ["energy", "angle"]

    return hdf5(build)


def declared(shape: tuple[int, ...], labels: tuple[str, ...] = SIDES, kind: str = "f4") -> bytes:
    """An array declared large of which no value is written."""
    chunks = tuple(min(n, 64) for n in shape)
    return hdf5(lambda file: scales(file.create_dataset("d", shape, kind, chunks=chunks), labels))


def many_arrays(count: int) -> bytes:
    """Arrays that are small one by one."""

    def build(file: h5py.File) -> None:
        for i in range(count):
            data = np.resize(np.arange(16, dtype=np.uint8), (1024, 16, 16))
            scales(file.create_dataset(f"d{i}", data=data), ("T", *SIDES))

    return hdf5(build)


def text_scale() -> bytes:
    def build(file: h5py.File) -> None:
        scales(file.create_dataset("d", (64, 64), "f8"), scale=("a", "b"))

    return hdf5(build)


def black_png(width: int, height: int) -> bytes:
    """A PNG of one colour: a thousandth of its pixels in bytes."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pack = zlib.compressobj(1)
    data = b"".join(pack.compress(bytes(1 + 3 * width)) for _ in range(height)) + pack.flush()
    chunks = [
        struct.pack(">I", len(p) - 4) + p + struct.pack(">I", zlib.crc32(p)) for p in (head, b"IDAT" + data, b"IEND")
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def ses_archive(method: int = zipfile.ZIP_BZIP2) -> bytes:
    sides = [("width", 64, "Kinetic Energy [eV]"), ("height", 64, "deg"), ("depth", 1, "d")]
    about = "[spectrum]\n" + "".join(
        f"{side}={n}\n{side}offset=0\n{side}delta=1\n{side}label={label}\n" for side, n, label in sides
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("Spectrum_r.bin", np.arange(64 * 64, dtype="<f4").tobytes())
        archive.writestr("Spectrum_r.ini", about)
    return stream.getvalue()


def broken_archive() -> bytes:
    """A bzip2 member with a few bytes overwritten."""
    content = bytearray(ses_archive())
    content[60:68] = b"\xff" * 8
    return bytes(content)


def flat_axis() -> bytes:
    """A .npz whose energy axis has no dimension."""
    stream = io.BytesIO()
    np.savez(stream, intensity=np.random.default_rng(0).random((64, 48)), eV=np.array(1.0), kx=np.arange(48.0))
    return stream.getvalue()


def long_header() -> bytes:
    """A .npz whose member declares a header of 1 GB, and holds as much in a few kB."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("intensity.npy", "w", force_zip64=True) as member:
            member.write(b"\x93NUMPY\2\0" + struct.pack("<I", 2**30))
            for _ in range(340):
                member.write(bytes(2**20))
        for name in ("eV", "kx"):
            archive.writestr(f"{name}.npy", b"")
    return stream.getvalue()


def vast_values() -> bytes:
    """Of a size that no 32-bit float has."""
    values = np.random.default_rng(0).random((64, 64)) * 1e300
    return hdf5(lambda file: scales(file.create_dataset("d", data=values)))


FILES = {
    "vast values": (vast_values, r"values go beyond .1e.15; divide them"),
    "virtual photon energy": (lambda: virtual("hv"), "'/hv' of this HDF5 file takes its values from other"),
    "virtual axis": (lambda: virtual("energy"), "'/energy' of this HDF5 file takes its values from other"),
    "virtual image": (lambda: virtual("image"), "'/image' of this HDF5 file takes its values from other|SIGSEGV"),
    "endless axis": (lambda: declared((2**32, 2)), "4294967296 x 2 values; at most"),
    "long axis": (lambda: declared((2**20, 16)), "1048576 x 16 values; at most 8192 a side"),
    "many slices": (lambda: declared((8192, 16, 16), ("T", *SIDES)), "8,192 points, a slice each; at most 1024"),
    "many arrays": (lambda: many_arrays(3), "2,048 images"),
    "axis of references": (lambda: axis_of_objects(h5py.ref_dtype), "'/energy' of this HDF5 file holds object"),
    "axis of text": (lambda: axis_of_objects(h5py.string_dtype()), "'/energy' of this HDF5 file holds object"),
    "compound axis": (lambda: axis_of_objects([("a", "f8"), ("b", "i4")]), "'/energy' of this HDF5 file holds"),
    "scale of text": (text_scale, "Axis0.Scale of this HDF5 file holds object"),
    "black picture": (lambda: black_png(8192, 4096), "8192 x 4096 pixels"),
    "broken archive": (broken_archive, "cannot be read .*: it is damaged or not whole"),
    "torn NumPy header": (
        lambda: b"\x93NUMPY\1\0\x36\0{'descr':'<f8','fortran_order':False,'shape':(20,20),\n",
        "header cannot be read: it is damaged",
    ),
    "axis without a dimension": (flat_axis, r"eV \(\)"),
    "endless NumPy header": (long_header, "needs more memory"),
    "Igor wave of ones": (lambda: b"\5\0" + b"\xff" * 2000, "This Igor wave cannot be read"),
}
"""What makes a file, and what refuses it."""
