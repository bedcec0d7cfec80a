"""Files that Compose hands out: spectra as NetCDF or CSV, the structure through ASE."""

import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from core.electronic.result_files import write_dataset
from core.electronic.spectral import Broadening
from core.engines import Cut, Picture
from core.engines.protocol import DEFAULT_PATH_LINE, Line
from core.errors import InputError
from core.sessions.requests import Request, is_known, is_quick, spectra_of
from core.structure.files import structure_text


class NotThereYetError(InputError):
    """What is asked for is still to be calculated."""


def download(request: Request, kind: str, sigma: float) -> tuple[bytes, str]:
    """The content and the name of a file: kind nc, csv, cif, xyz or vasp; σ in eV.

    Raises:
        NotThereYetError: spectra of an imperfect sample or by DFT, which take a while, or which DFT does not have.
    """
    crystal = request.crystal()
    stem = file_stem(crystal.label)
    if kind in ("cif", "xyz", "vasp"):
        return structure_text(crystal, kind).encode(), f"{stem}.{kind}"
    stem += line_stem(request.line)
    if request.by_dft:
        stem += "_dft"
        if request.obstacle:
            raise NotThereYetError(f"There are no spectra by DFT: {request.obstacle}")
        if not (is_quick(request) or is_known(request)):
            raise NotThereYetError("The spectra by DFT are not calculated yet; download them with the picture")
    if request.imperfect and not is_known(request):
        raise NotThereYetError(
            "The spectra of this imperfect sample are not calculated yet; download them with the picture"
        )
    picture = Picture(broadening=Broadening(float(sigma)))
    data = spectra_of(request).dataset(picture, by_shell=kind == "nc" and not request.by_dft)
    if kind == "csv":
        return _table(data).encode(), f"{stem}.csv"
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "result.nc"
        write_dataset(data, target)
        return target.read_bytes(), f"{stem}.nc"


def file_stem(label: str, limit: int = 80) -> str:
    """A label as the name of a file; where it is too long the stack is cut, never what it lies on."""
    stack, on, ground = (_plain(part) for part in label.partition(" on "))
    tail = f"_{on}_{ground}"[: limit - 20] if on else ""
    room = limit - len(tail)
    return (stack if len(stack) <= room else stack[: room - 3] + "...") + tail or "structure"


def line_stem(line: Line) -> str:
    """What a file's name says of the line: nothing of the standard path."""
    if isinstance(line, Cut):
        return f"_{line.name}_kz_{line.kz:.6g}"
    return "" if line == DEFAULT_PATH_LINE else f"_{_plain(line.text)}"


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", text).strip("._")


def _table(data) -> str:
    """One row for each k-point and energy, one column for each atom, units in the names."""
    atoms, k, energies = data["asf"].shape
    columns = {
        "k_index": data["k"].values.repeat(energies),
        "kx_2pi/a": data["k_reduced"].values[:, 0].repeat(energies),
        "ky_2pi/a": data["k_reduced"].values[:, 1].repeat(energies),
        "kz_2pi/c": data["k_reduced"].values[:, 2].repeat(energies),
        "path_length_1/angstrom": data["path_length"].values.repeat(energies),
        "energy_eV": np.tile(data["energy"].values, k),
        "total_1/eV": data["total"].values.ravel(),
    }
    if "total_std" in data:
        columns["total_std_1/eV"] = data["total_std"].values.ravel()
    for atom in range(atoms):
        columns[f"atom_{atom + 1}_{data['species'].values[atom]}_1/eV"] = data["asf"].values[atom].ravel()
    return pd.DataFrame(columns).to_csv(index=False, float_format="%.6g")
