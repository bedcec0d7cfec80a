"""The engine against the published figures of its parameters, and against experiment: the table of the methods page."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.readouts import read_bands
from core.electronic.states import solve_states
from core.parameters.tight_binding import parameter_document
from core.structure.build import build_crystal, crystal_of_planes
from core.structure.crystal import Crystal
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

MEASURED_FILE = Path(__file__).parent / "measured" / "validation.json"
EXPERIMENT_FILE = Path(__file__).parent / "parameters" / "experiment.json"
ENERGY_TOLERANCE = 0.002
"""eV, allowed between the engine and the parameters' own figures; for the place of the Δ minimum the same in 2π/a."""
RELATIVE_TOLERANCE = 0.01
"""Allowed for deformation potentials."""

_INTERNAL_STRAIN = 0.53
_LINEAR_STRAIN = 1e-4
_TETRAGONAL_STRAIN = 0.015
"""e_zz − e_xx of the reference deformation potentials: e_zz = 1 %, e_xx = e_yy = −0.5 %."""
_SHEAR_STRAIN = 0.002
"""e_xy = e_yz = e_zx of the reference d."""


def validation_table() -> list[dict]:
    """One row a figure: computed value, the parameters' own figure with tolerance, and experiment with its source.

    Keys: setting, quantity, computed, reference, unit, tolerance, within (None without a reference), source,
    experiment, experiment_source.
    """
    document, experiment = parameter_document(), json.loads(EXPERIMENT_FILE.read_text(encoding="utf-8"))
    rows = []
    for species in ("Si", "Ge"):
        checks = document["checks"][species]
        for name, (quantity, unit, computed) in bulk_figures(species).items():
            measured = experiment[species].get(name, {})
            reference = _reference(checks, name)
            tolerance = None if reference is None else _tolerance(name, reference)
            rows.append(
                {
                    "setting": f"bulk {species}",
                    "quantity": quantity,
                    "computed": round(float(computed), 6),
                    "reference": reference,
                    "unit": unit,
                    "tolerance": tolerance,
                    "within": None if reference is None else bool(abs(computed - reference) <= tolerance),
                    "source": None if reference is None else document["source"],
                    "experiment": measured.get("value"),
                    "experiment_source": measured.get("source"),
                }
            )
    return rows


def bulk_figures(species: str) -> dict[str, tuple[str, str, float]]:
    """Name → (description, unit, value) of the figures that the parameter file checks, and of effective masses."""
    crystal = build_crystal(parse_stack(f"{species}2"), parse_substrate(species))
    hamiltonian = build_hamiltonian(crystal, spin_orbit=True)
    found = read_bands(hamiltonian)
    levels = {name: solve_states(hamiltonian, k).energy - found.vbm for name, k in _POINTS.items()}
    figures = {}
    if species == "Si":
        figures["gap_eV"] = ("Indirect gap Γ-Δ", "eV", found.gap)
        figures["cbm_at_fraction_of_GX"] = ("Conduction minimum on Γ-X", "2π/a", found.cbm_fraction)
        figures["L_conduction_eV"] = ("Lowest conduction state at L", "eV", found.valleys["L"].energy - found.vbm)
    else:
        figures["gap_L_eV"] = ("Indirect gap Γ-L", "eV", found.valleys["L"].energy - found.vbm)
        figures["gap_Gamma_eV"] = ("Direct gap at Γ", "eV", found.direct_gap)
    figures["X4v_eV"] = ("X4 valence state", "eV", levels["X"][7])
    figures["L3v_lower_eV"] = ("L3 valence state, lower", "eV", levels["L"][5])
    figures["L3v_upper_eV"] = ("L3 valence state, upper", "eV", levels["L"][7])
    figures["Gamma1_valence_bottom_eV"] = ("Bottom of the valence band, Γ1", "eV", levels["G"][0])
    figures["Delta_so_eV"] = ("Spin-orbit splitting at Γ", "eV", found.split_off)
    finite = _deformation_potentials(species, (_TETRAGONAL_STRAIN,), (_SHEAR_STRAIN,))
    linear = _deformation_potentials(species, *2 * [(_LINEAR_STRAIN, -_LINEAR_STRAIN)])
    for name, symbol in _DEFORMATION_POTENTIALS.items():
        at = "e_xy = 0.2 %" if symbol == "d" else "e_zz = 1 %, e_xx = −½ %"
        figures[name] = (f"Deformation potential {symbol} at {at}", "eV", finite[name])
        figures[f"{name}_linear"] = (f"Deformation potential {symbol}, limit of no strain", "eV", linear[name])
    longitudinal, transverse = _electron_masses(hamiltonian, species, found)
    figures["electron_mass_longitudinal"] = ("Electron mass, longitudinal", "m₀", longitudinal)
    figures["electron_mass_transverse"] = ("Electron mass, transverse", "m₀", transverse)
    return figures


_DEFORMATION_POTENTIALS = {"Xi_u_Delta_eV": "Ξu of Δ", "b_eV": "b", "d_eV_at_zeta_0.53": "d"}
_POINTS = {"G": (0, 0, 0), "X": (1, 0, 0), "L": (0.5, 0.5, 0.5)}


def _reference(checks: dict, name: str) -> float | None:
    if name.startswith("L3v"):
        return checks["L3v_eV"][0 if "lower" in name else 1]
    return checks.get(name)


def _tolerance(name: str, reference: float) -> float:
    if name.startswith(("Xi", "b_", "d_")):
        return round(abs(reference) * RELATIVE_TOLERANCE, 6)
    return ENERGY_TOLERANCE


def _electron_masses(hamiltonian, species: str, found) -> tuple[float, float]:
    """Longitudinal and transverse mass of the lowest conduction valley: Δ for Si, L for Ge."""
    valley, axis, across = ("Δ2", (0, 0, 1), (1, 0, 0)) if species == "Si" else ("L", (1, 1, 1), (1, -1, 0))
    states = solve_states(hamiltonian, found.valleys[valley].k_reduced)
    members = found.valleys[valley].band + np.arange(2)
    longitudinal, transverse = (float(states.effective_mass(members, direction)[0]) for direction in (axis, across))
    return longitudinal, transverse


def _deformation_potentials(species: str, tetragonal: tuple[float, ...], shear: tuple[float, ...]) -> dict[str, float]:
    """Ξu of Δ, b and d, without spin-orbit coupling, averaged over the given strains.

    Ξu: shift of Δ[001] against Δ[100] per e_zz − e_xx. b: E(p_x, p_y) − E(p_z) = 3 b (e_xx − e_zz). d: singlet minus
    doublet = 3√3 d e_xy under e_xy = e_yz = e_zx with Kleinman's internal strain ζ. The tetragonal strain keeps the
    volume. The parameter file's own figures are finite differences, met at the strains named above; b of Si changes
    by 1.5 % between there and the limit of no strain.
    """
    slopes = {name: [] for name in _DEFORMATION_POTENTIALS}
    for strain in tetragonal:
        found = read_bands(build_hamiltonian(_tetragonal(species, strain)))
        slopes["Xi_u_Delta_eV"].append(found.delta2_delta4_splitting / strain)
        slopes["b_eV"].append(-found.hh_lh_splitting / (3 * strain))
    for strain in shear:
        top = solve_states(build_hamiltonian(_sheared(species, strain)), (0, 0, 0)).energy[5:8]
        singlet_minus_doublet = top[2] - top[0] if top[1] - top[0] < top[2] - top[1] else top[0] - top[2]
        slopes["d_eV_at_zeta_0.53"].append(singlet_minus_doublet / (3 * np.sqrt(3) * strain))
    return {name: float(np.mean(values)) for name, values in slopes.items()}


def _tetragonal(species: str, strain: float) -> Crystal:
    """Four planes of a bulk crystal with e_zz − e_xx = strain at constant volume (to first order)."""
    constant = parse_substrate(species).lattice_constant
    ge_fractions = np.full(4, float(species == "Ge"))
    spacing = np.full(4, constant / 4 * (1 + 2 * strain / 3))
    return crystal_of_planes(ge_fractions, spacing, constant * (1 - strain / 3))


def _sheared(species: str, strain: float) -> Crystal:
    """A bulk crystal under e_xy = e_yz = e_zx with the sublattices displaced by −ζ e a/2 along [111]."""
    bulk = build_crystal(parse_stack(f"{species}4"), parse_substrate(species))
    deformation = np.eye(3) + strain * (1 - np.eye(3))
    shift = -_INTERNAL_STRAIN * 2 * strain * bulk.lattice_in_plane / 4 * np.ones(3)
    return Crystal(
        cell=bulk.cell @ deformation,
        positions=bulk.positions @ deformation + bulk.sublattice[:, None] * shift,
        ge_fraction=bulk.ge_fraction,
        site=bulk.site,
        sublattice=bulk.sublattice,
        site_cell=bulk.site_cell,
        bond_atoms=bulk.bond_atoms,
        bond_site=bulk.bond_site,
        bond_vector=bulk.bond_vector @ deformation + shift,
    )


@cache
def measured_validation() -> list[dict] | None:
    """The table kept by `python -m core validate --write`, None where there is none."""
    return json.loads(MEASURED_FILE.read_text(encoding="utf-8")) if MEASURED_FILE.exists() else None
