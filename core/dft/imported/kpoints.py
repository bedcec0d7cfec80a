"""The standard path of a structure file as the k-points of somebody else's code."""

from pathlib import Path

import numpy as np

from core.dft.structure import in_standard_cell
from core.electronic.kpath import build_path
from core.structure.files import read_structure


def k_points_card(file: Path) -> str:
    """The card K_POINTS of pw.x with the default path, both ends of each segment, in units of the structure's cell.

    Raises:
        InputError: as `read_structure`, or more than one atom a plane.
    """
    crystal = read_structure(file)
    in_standard_cell(crystal)
    k = build_path(crystal).k_cartesian @ crystal.cell.T / (2 * np.pi)
    return "\n".join(["K_POINTS crystal", str(len(k)), *(f"{a:.10f} {b:.10f} {c:.10f} 1" for a, b, c in k + 0.0)])
