"""Files on disk to calibrated cuts, as the command line asks for them."""

import argparse
from pathlib import Path

import numpy as np

from core.electronic.kpath import CUT_ENDS
from core.errors import InputError
from core.experiment.calibration.steps import FermiLevel, calibrate, suggested_steps
from core.experiment.photoemission.final_state import WORK_FUNCTION
from core.experiment.readers import UPLOAD_LIMIT_BYTES, read_images
from core.reverse.inference import Cut, kz_from_photons


def cut_name(text: str) -> str:
    """`G-X` or `G-K`; Γ, spaces and lower case are forgiven.

    Raises:
        InputError: another cut.
    """
    name = "".join(text.split()).replace("Γ", "G").upper()
    if name not in CUT_ENDS:
        raise InputError(f"Cut {text!r} is not known; allowed are {' ([100]) and '.join(CUT_ENDS)} ([110])")
    return name


def read_cut(file: str, cut: str, options: argparse.Namespace) -> Cut:
    """The first image of a file, calibrated by what is given and what the file says.

    Args:
        file: path.
        cut: its direction.
        options: `kz`, `hv`, `inner_potential`, `work_function`, `k_range`, `e_range`, `fermi` of the command line.

    Raises:
        InputError: the file cannot be read or calibrated, or an option is not acceptable.
    """
    path = Path(file)
    if not path.is_file():
        raise InputError(f"{file!r} is no file")
    if path.stat().st_size > UPLOAD_LIMIT_BYTES:
        raise InputError(f"{path.name!r} has more than the {UPLOAD_LIMIT_BYTES // 2**20} MB that are read")
    image = read_images(path.read_bytes(), path.name)[0]
    if options.fermi is not None and "eV" in image.dims:
        image = FermiLevel(options.fermi).apply(image)
    steps = suggested_steps(image, options.hv, options.work_function, options.k_range, options.e_range)
    calibrated = calibrate(image, steps)
    kz, radius = final_state_of(options.kz, options.hv, options.inner_potential, options.work_function)
    return Cut(calibrated, cut_name(cut), kz, radius)


def final_state_of(
    kz: str | None, photon_energy: float | None, inner_potential: float | None, work_function: float | None
) -> tuple[float | None, float]:
    """k_z in 2π/c̄ (None to infer it) and final-state momentum in 1/Å (infinite if not known).

    Raises:
        InputError: k_z is neither a number nor auto, or the photons free no electrons.
    """
    radius, known = np.inf, None
    if photon_energy is not None:
        phi = WORK_FUNCTION if work_function is None else work_function
        known, radius = kz_from_photons(photon_energy, inner_potential, phi)
    if kz is None:
        return known, radius
    if kz.strip().lower() == "auto":
        return None, radius
    try:
        value = float(kz)
    except ValueError:
        raise InputError(f"--kz {kz!r} is neither a number in 2π/c̄ nor auto") from None
    if not np.isfinite(value) or abs(value) > 100:
        raise InputError(f"--kz {kz} is not usable; give a number in 2π/c̄: 0 for the Γ plane, 1 for the Z plane")
    return abs((value + 1) % 2 - 1), radius
