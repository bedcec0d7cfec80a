"""What a calculation of the project is: functional, cutoff, k-points, grid; convergence is in docs/methods.md."""

import numpy as np

RECIPE_VERSION = "2"
"""Raised whenever results change: part of every plan and result file."""

FUNCTIONAL = "PBE"
CUTOFF = 250.0
"""eV, plane waves of the self-consistent calculation."""

SP_ORBITALS = "dzp"
"""Basis of gpaw-data whose two s and two p shells are among the orbitals that bands are diagonalised in."""

D_ORBITALS = ((1.2, 6.0), (2.2, 7.0))
"""Width and end in Bohr of the two Gaussian d shells of either element; what others give is in docs/attempts.md."""

ORBITALS_PER_ATOM = 18

SMEARING = 0.05
"""eV, Fermi-Dirac occupation of the self-consistent calculation."""

SILICON_LATTICE = 5.477
GERMANIUM_LATTICE = 5.774
"""Å: where the functional has its minimum."""

LARGEST = 24
"""Atoms; 16 take one to two minutes of a core."""

DEGENERACY_TOLERANCE = 1e-4
"""eV: states closer than this are one degenerate group; grids and self-consistency split such groups by less."""

WEIGHT_TOLERANCE = 1e-4
"""Degenerate states whose unfolding weights differ by less count as of equal weight."""

VALENCE_BANDS_PER_ATOM = 2

_FINEST_STEP = 0.2584
"""Å: 15 points on an in-plane vector of silicon, what the cutoff needs."""


def recipe_document() -> dict[str, str | float | list]:
    """Plain JSON for plans and result files."""
    return {
        "recipe_version": RECIPE_VERSION,
        "functional": FUNCTIONAL,
        "plane_wave_cutoff_eV": CUTOFF,
        "sp_orbitals": SP_ORBITALS,
        "d_orbitals_bohr": [list(shell) for shell in D_ORBITALS],
        "smearing_eV": SMEARING,
        "silicon_lattice_angstrom": SILICON_LATTICE,
        "germanium_lattice_angstrom": GERMANIUM_LATTICE,
    }


def k_grid(atoms: int) -> tuple[int, int, int]:
    """Γ-centred k-points of a period of so many planes."""
    return (6, 6, 6) if atoms == 2 else (4, 4, -(-8 // atoms))


def grid_points(planes: int, lengths: np.ndarray) -> tuple[int, ...]:
    """Points of the grid along the three cell vectors (Å), such that the average primitive cell's vectors are steps.

    Then a supercell of a crystal has the crystal's own translations on the grid, and unfolds exactly.
    """
    within = planes // 2 if planes % 4 == 2 else 2
    steps = (within, within, planes // 2)
    return tuple(
        int(step * np.ceil(length / _FINEST_STEP / step - 0.03)) for step, length in zip(steps, lengths, strict=True)
    )
