"""The self-consistent calculation in plane waves, and the Hamiltonian of atomic orbitals in its potential; needs GPAW.

GPAW: J. J. Mortensen et al., J. Chem. Phys. 160, 092503 (2024). This module is imported in a worker process only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ase
import gpaw
import numpy as np
from ase import Atoms
from ase.units import Bohr, Ha
from gpaw import GPAW, PW
from gpaw.lcao.tci import TCIExpansions
from gpaw.mpi import serial_comm
from gpaw.new.basis import create_basis
from gpaw.utilities.timing import NullTimer

from core.dft.lowdin import lowdin_bands
from core.dft.orbitals import atomic_orbitals
from core.dft.recipe import CUTOFF, FUNCTIONAL, SMEARING, grid_points, k_grid
from core.dft.structure import wrapped
from core.electronic.diagonalise import Bands
from core.structure.crystal import Crystal

_K_AT_ONCE = 24
_SLOPE_STEP = 1e-3
"""1/Å of the central differences that give velocities."""

CONFIGURATION = {"Si": (1.46, 2.54), "Ge": (1.49, 2.51)}
"""Electrons in s and p of free atoms; Van de Walle and Martin, Phys. Rev. B 34, 5621 (1986)."""


@dataclass(frozen=True, eq=False)
class GroundState:
    """A converged calculation.

    calculator: of GPAW. crystal: it belongs to. site: (atom, 3) ideal sites of the atoms where the calculator has them.
    """

    calculator: Any
    crystal: Crystal
    site: np.ndarray

    @classmethod
    def of(
        cls,
        crystal: Crystal,
        log: Path | None = None,
        cutoff: float = CUTOFF,
        kpts: tuple[int, int, int] | None = None,
    ) -> "GroundState":
        """Converge a crystal of the functional, by the recipe unless cutoff or k-points are given."""
        fractional, site = wrapped(crystal)
        symbols = ["Ge" if fraction > 0.5 else "Si" for fraction in crystal.ge_fraction]
        atoms = Atoms(symbols, scaled_positions=fractional, cell=crystal.cell, pbc=True)
        sheared = crystal.plane_count % 4 == 2 and len(crystal) > 2
        calculator = GPAW(
            mode=PW(cutoff),
            xc=FUNCTIONAL,
            basis=atomic_orbitals(),
            kpts={"size": kpts or k_grid(len(crystal)), "gamma": True},
            gpts=grid_points(crystal.plane_count, np.linalg.norm(crystal.cell, axis=1)),
            symmetry={"point_group": False} if sheared else {},
            occupations={"name": "fermi-dirac", "width": SMEARING},
            txt=None if log is None else str(log),
        )
        atoms.calc = calculator
        atoms.get_potential_energy()
        moved = np.round(calculator.dft.relpos_ac - fractional).astype(int)
        return cls(calculator, crystal, site + moved @ crystal.site_cell)

    def document(self) -> dict:
        """How it converged and what it stands on: plain JSON."""
        calculator = self.calculator
        return {
            "gpaw_version": gpaw.__version__,
            "ase_version": ase.__version__,
            "energy_eV": float(calculator.get_potential_energy()),
            "iterations": int(calculator.get_number_of_iterations()),
            "largest_force_eV_per_angstrom": float(np.linalg.norm(calculator.get_forces(), axis=1).max()),
            "k_points": [int(size) for size in calculator.dft.params.kpts.size],
            "grid": [int(points) for points in calculator.dft.potential.vt_sR.desc.size],
            "setups": {setup.symbol: setup.fingerprint for setup in calculator.dft.setups},
        }

    def potentials(self) -> dict[str, np.ndarray]:
        """What aligns it with others, all as potential energies of an electron.

        correction: (atom,) eV Å³, all-electron minus pseudopotential; the cell average of the pseudopotential is 0.
        neutral_atom: (atom,) eV Å³, integral of the free atom's potential, −(2π/3) e² Σ ⟨r²⟩.
        at_atom: (atom,) eV, pseudopotential averaged over the atom's compensation charge.
        """
        potential = self.calculator.dft.electrostatic_potential()
        setups = self.calculator.dft.setups
        return {
            "correction": np.array(potential.atomic_corrections()),
            "neutral_atom": np.array([neutral_atom_integral(setup.data) for setup in setups]),
            "at_atom": np.array(potential.atomic_potentials()),
        }

    def bands(self, k_reduced: np.ndarray, direction: np.ndarray) -> Bands:
        """All bands at k-points (k, 3) in units of the average cell, velocities along (k, 3) unit vectors; eV.

        Energies are relative to the cell average of the electrostatic pseudopotential.
        """
        orbitals = _Orbitals(self.calculator.dft)
        to_cell = self.crystal.site_cell.T / 4.0
        along = direction @ self.crystal.average_cell.T / (2 * np.pi)
        pieces = []
        for part in _chunks(len(k_reduced)):
            k = k_reduced[part]
            middle, ahead, behind = (
                orbitals.matrices((k + step * along[part]) @ to_cell) for step in (0.0, _SLOPE_STEP, -_SLOPE_STEP)
            )
            slope_h, slope_s = ((a - b) / (2 * _SLOPE_STEP) for a, b in zip(ahead, behind, strict=True))
            phase = np.exp(-0.5j * np.pi * (k @ self.site.T))
            pieces.append(lowdin_bands(*middle, slope_h, slope_s, phase, self.crystal.sublattice, orbitals.angular))
        energy, weight, velocity = (
            np.concatenate([getattr(piece, name) for piece in pieces])
            for name in ("energy", "unfolding_weight", "velocity")
        )
        return Bands(energy, weight, velocity, np.concatenate([piece.atom_shell_weight for piece in pieces], axis=2))

    def plane_wave_energies(self, k_reduced: np.ndarray, bands: int) -> np.ndarray:
        """(k, band) eV: the lowest bands in plane waves in the same potential, to tell what the orbitals leave out."""
        fixed = self.calculator.fixed_density(
            kpts=k_reduced @ self.crystal.site_cell.T / 4.0,
            symmetry="off",
            nbands=bands + 4,
            convergence={"bands": bands},
            txt=None,
        )
        return np.array([fixed.get_eigenvalues(kpt=index)[:bands] for index in range(len(k_reduced))])


class _Orbitals:
    """H(k) and S(k) of the atomic orbitals in a converged potential; k in units of the cell."""

    def __init__(self, dft):
        potential = dft.potential
        self.setups, self.positions, self.grid = dft.setups, dft.relpos_ac, potential.vt_sR.desc
        self.basis = create_basis(dft.ibzwfs.ibz, 1, self.grid.pbc_c, self.grid, self.setups, complex, self.positions)
        self.potential = self.basis.calculate_potential_matrices(potential.vt_sR.data[0])
        self.atomic = {atom: parts[0] for atom, parts in potential.dH_asii.items()}
        self.expansions = TCIExpansions.new_from_setups(self.setups)
        spread = [[f.get_angular_momentum_number() for f in setup.basis_functions_J] for setup in self.setups]
        self.angular = np.concatenate([[angular] * (2 * angular + 1) for angular in spread[0]])

    def matrices(self, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(k, n, n) H in eV and S."""
        integrals = self.expansions.get_manytci_calculator(
            self.setups, self.grid._gd, self.positions, k, complex, NullTimer()
        )
        overlap, kinetic = integrals.O_qMM_T_qMM(serial_comm, 0, self.setups.nao, True)
        overlap, kinetic = overlap.conj(), kinetic.conj()  # the sign of k that the projections have
        phase = np.exp(-2j * np.pi * k @ self.basis.sdisp_xc[1:].T)
        hamiltonian = self.potential[0] + 2 * np.einsum("kx,xmn->kmn", phase, self.potential[1:], optimize=True)
        for atom, projection in integrals.P_aqMi(range(len(self.setups))).items():
            projection = np.asarray(projection)
            across = projection.transpose(0, 2, 1)
            hamiltonian += (projection @ self.atomic[atom]).conj() @ across
            overlap += (projection @ self.setups[atom].dO_ii).conj() @ across
        hamiltonian = (hamiltonian + hamiltonian.conj().transpose(0, 2, 1)) / 2 + _from_lower(kinetic)
        return hamiltonian * Ha, _from_lower(overlap)


def neutral_atom_integral(setup) -> float:
    """Integral in eV Å³ of the electrostatic potential energy of an electron in a free neutral atom.

    Args:
        setup: data of a setup of GPAW, whose partial waves are the atom's s and p orbitals.
    """
    grid = setup.rgd
    core = grid.integrate(setup.nc_g * grid.r_g**2) / np.sqrt(4 * np.pi)
    spread = {
        angular: grid.integrate(wave**2 * grid.r_g**2) / (4 * np.pi)
        for principal, angular, wave in zip(setup.n_j, setup.l_j, setup.phi_jg, strict=True)
        if principal > 0
    }
    electrons = dict(enumerate(CONFIGURATION[setup.symbol]))
    valence = sum(number * spread[angular] for angular, number in electrons.items())
    return float(-2 * np.pi / 3 * (core + valence) * Ha * Bohr**3)


def _from_lower(matrices: np.ndarray) -> np.ndarray:
    lower = np.tril(matrices, -1)
    return lower + lower.conj().transpose(0, 2, 1) + np.tril(np.triu(matrices))


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, start + _K_AT_ONCE) for start in range(0, count, _K_AT_ONCE))
