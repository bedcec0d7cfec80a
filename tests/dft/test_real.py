"""A small real calculation, by `make test-dft`: these tests need GPAW and a few minutes of a core."""

import json

import numpy as np
import pytest

from core.dft.calculation import is_installed, solve_apart
from core.dft.dataset import generate, read_folder
from core.dft.recipe import ORBITALS_PER_ATOM
from core.dft.structure import functional_crystal
from core.electronic.kpath import build_path
from core.engines import ENGINES, Path
from core.structure.sample import Sample

pytestmark = [
    pytest.mark.slow,
    pytest.mark.dft,
    pytest.mark.skipif(not is_installed(), reason="GPAW is not installed: make install-dft"),
]

LINE = Path("G-X|G-L", 7)


def solved(stack: str, substrate: str):
    crystal = functional_crystal(Sample(stack, substrate).crystal())
    path = build_path(crystal, LINE.text, LINE.points_per_segment)
    return solve_apart(crystal, path.k_reduced, path.direction)


@pytest.fixture(scope="module")
def primitive():
    return solved("Si2", "Si")


@pytest.fixture(scope="module")
def mixed():
    return ENGINES["dft"].solve(Sample("Si2Ge2", "Si").crystal(), LINE)


def test_silicon_is_as_published(primitive):
    """At PBE's own lattice constant the valence band maximum is 0 and the gap, without the scissor, 0.62 eV."""
    energy = primitive.aligned(scissor=False).energy
    assert energy[:, :4].max() == pytest.approx(0.0, abs=2e-3)
    assert energy[:, 4].min() == pytest.approx(0.62, abs=0.03)
    assert energy[0, 0] == pytest.approx(-11.8, abs=0.05)


def test_a_supercell_unfolds_onto_the_primitive_bands(primitive):
    supercell = solved("Si4", "Si")
    weight = supercell.bands.unfolding_weight
    assert np.minimum(np.abs(weight), np.abs(1 - weight)).max() < 1e-4
    a, b = primitive.aligned(), supercell.aligned()
    for folded, seen, alone in zip(b.energy, b.unfolding_weight, a.energy, strict=True):
        # k-points of the two self-consistent calculations differ
        assert np.abs(folded[seen > 0.5][:5] - alone[:5]).max() < 0.02


def test_weights_of_atoms_add_up(mixed):
    weights = mixed.calculation.bands.atom_weight
    np.testing.assert_allclose(weights.sum(axis=0), 1, atol=1e-8)
    np.testing.assert_allclose(mixed.atoms().sum(axis=0), mixed.total(), atol=1e-8)


def test_velocities_are_slopes_of_the_bands(primitive):
    bands, path = primitive.bands, build_path(primitive.crystal, LINE.text, LINE.points_per_segment)
    segment = slice(0, LINE.points_per_segment)
    slope = np.gradient(bands.energy[segment, 0], path.step[0])
    assert np.abs(slope - bands.velocity[segment, 0])[1:-1].max() < 0.6
    assert np.abs(bands.velocity[3, 0]) > 1.0


def test_all_orbitals_unfold_completely():
    """Σ_n W_n is the number of orbitals of a primitive cell, over all bands."""
    from core.dft.ground_state import GroundState

    crystal = functional_crystal(Sample("Si1Ge1", "Si0.5Ge0.5").crystal())
    path = build_path(crystal, "G-L", 3)
    bands = GroundState.of(crystal).bands(path.k_reduced, path.direction)
    np.testing.assert_allclose(bands.unfolding_weight.sum(axis=1), 2 * ORBITALS_PER_ATOM, atol=1e-8)


@pytest.mark.parametrize(("stack", "substrate"), [("Si2", "Si"), ("Ge2", "Ge"), ("Si2Ge2", "Si")])
def test_orbitals_give_the_valence_bands_of_plane_waves(stack, substrate):
    """In the same potential."""
    from core.dft.ground_state import GroundState

    crystal = functional_crystal(Sample(stack, substrate).crystal())
    path, filled = build_path(crystal, "G-X|K-L", 4), 2 * len(crystal)
    state = GroundState.of(crystal)
    orbitals = state.bands(path.k_reduced, path.direction).energy[:, :filled]
    plane_waves = state.plane_wave_energies(path.k_reduced, filled)
    assert np.sqrt(np.mean((orbitals - plane_waves) ** 2)) < 0.04


def test_files_say_how_they_converged(mixed):
    provenance = json.loads(mixed.dataset().attrs["provenance"])
    assert provenance["functional"] == "PBE"
    assert provenance["largest_force_eV_per_angstrom"] < 0.1
    assert set(provenance["setups"]) == {"Si", "Ge"}


def test_a_structure_of_the_data_set(tmp_path):
    assert generate(tmp_path, 1) == (1, 0)
    (entry,) = read_folder(tmp_path)
    assert entry.sample.stack == "Si2"
