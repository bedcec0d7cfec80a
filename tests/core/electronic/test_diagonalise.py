import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from core.electronic import calculation, diagonalise
from core.electronic.calculation import calculate_bands, energy_zero
from core.electronic.diagonalise import solve_bands
from core.electronic.kpath import build_cut, build_path
from core.electronic.spectral import EnergyGrid, spectral_function
from core.structure.files import atoms_of
from core.structure.sites import crystal_from_atoms
from tests.core.electronic.samples import (
    SMEARINGS,
    bands_and_path,
    brute_force_bands,
    crystal,
    hamiltonian,
    reduced_per_length,
)

SAMPLES = [("Si2", "Si"), ("Si8", "Ge"), ("Si4Ge4", "Si0.5Ge0.5"), ("Si3Ge3", "Ge"), ("Si2(Si0.7Ge0.3)2Ge2", "Si")]


@pytest.mark.parametrize("spin_orbit", [False, True])
@pytest.mark.parametrize("sample", SAMPLES)
def test_sum_rules(sample, spin_orbit):
    bands, _ = bands_and_path(crystal(*sample), spin_orbit)
    orbitals = 40 if spin_orbit else 20
    assert np.abs(bands.unfolding_weight.sum(axis=1) - orbitals).max() <= 1e-8
    assert bands.unfolding_weight.min() >= -1e-12
    assert bands.unfolding_weight.max() <= 1 + 1e-9
    np.testing.assert_allclose(bands.atom_shell_weight.sum(axis=(0, 1)), 1, atol=1e-10)
    assert bands.atom_shell_weight.min() >= 0
    np.testing.assert_allclose(bands.atom_weight.sum(axis=2), orbitals / 2, atol=1e-8)


@pytest.mark.parametrize("spin_orbit", [False, True])
@pytest.mark.parametrize("sample", SAMPLES)
def test_blocks_and_real_arithmetic_keep_the_levels(sample, spin_orbit):
    """At generic k, at k_z = 0, on both mirror planes and at the symmetry points."""
    k = np.array([
        [0.13, -0.41, 0.77], [0.4, -0.1, 0], [0.3, 0.3, 0.2], [0.2, -0.2, 0.6], [0, 0, 0.35], [0, 0, 0],
        [0, 0, 1], [1, 0, 0], [0.5, 0.5, 0.5], [0.25, 0.25, 0],
    ])  # fmt: skip
    model = hamiltonian(*sample, spin_orbit)
    bands = solve_bands(model, k, np.tile([0.0, 0.6, 0.8], (len(k), 1)))
    np.testing.assert_allclose(bands.energy, np.linalg.eigvalsh(model.matrices(k)), atol=1e-9)


def test_symmetry_is_used():
    """Blocks on the mirror planes and real matrices at k_z = 0 are what makes the engine faster than a plain solver."""
    model = hamiltonian("Si4Ge4", "Si", True)
    path = build_path(model.crystal, "Z-G-X|K-G", 4)
    for index, blocks, real in diagonalise._batches(model, path.k_reduced, path.direction):
        kx, ky, kz = path.k_reduced[index].T
        assert real == np.all(kz == 0)
        assert len(blocks) > 1 or np.all(path.direction[index] @ [1, 1, 0] > 0)
    blocks = [
        len(blocks) for _, blocks, _ in diagonalise._batches(hamiltonian("Si4Ge4"), path.k_reduced, path.direction)
    ]
    assert max(blocks) == 4


@pytest.mark.parametrize("broadening", SMEARINGS, ids=lambda broadening: broadening.smearing)
@pytest.mark.parametrize("spin_orbit", [False, True])
@pytest.mark.parametrize("sample", [("Si8", "Si"), ("Si4Ge4", "Si"), ("Si3Ge3", "Ge")])
def test_spectra_do_not_depend_on_the_diagonaliser(sample, spin_orbit, broadening):
    """Against dense states that were scrambled within degenerate groups; the same at high-symmetry points."""
    model, sample = hamiltonian(*sample, spin_orbit), crystal(*sample)
    path = build_path(sample, "Z-G-X|K-G-L", 4)
    grid = EnergyGrid(-13, 8, 200)
    found = solve_bands(model, path.k_reduced, path.direction)
    reference = brute_force_bands(model, path)
    np.testing.assert_allclose(found.energy, reference.energy, atol=1e-9)
    for shells in (None, (1,)):
        spectra = [spectral_function(bands, path.step, grid, broadening, shells) for bands in (found, reference)]
        np.testing.assert_allclose(spectra[0], spectra[1], atol=1e-8)


@pytest.mark.parametrize("spin_orbit", [False, True])
def test_velocity_is_the_slope_of_the_bands(spin_orbit):
    """With spin the mean of each pair: inversion and time reversal make every band of Si4Ge2 doubly degenerate."""
    model = hamiltonian("Si4Ge2", "Si", spin_orbit)
    k = np.array([[0.31, -0.17, 0.23], [0.62, 0.11, 0.05], [0.4, 0.4, 0.2], [0.3, 0.1, 0]])
    direction = np.array([[0.6, 0.0, 0.8], [0.48, 0.64, 0.6], [0, 0, 1], [0, 1, 0]])
    step = 1e-4 * reduced_per_length(model.crystal, direction)
    ahead, behind = (np.linalg.eigvalsh(model.matrices(k + sign * step)) for sign in (1, -1))
    bands = solve_bands(model, k, direction)
    energy, slope, velocity = (
        array.reshape(len(k), -1, 2 if spin_orbit else 1).mean(axis=2)
        for array in (bands.energy, (ahead - behind) / 2e-4, bands.velocity)
    )
    gap = np.diff(energy, axis=1, prepend=-np.inf, append=np.inf)
    alone = np.minimum(gap[:, :-1], gap[:, 1:]) > 0.02
    assert alone.sum() > 40
    np.testing.assert_allclose(velocity[alone], slope[alone], atol=2e-4)


def test_velocity_of_degenerate_bands_is_that_of_the_bands_they_split_into():
    """Bulk Si at X, where two bands cross along Γ-X: slopes of equal size and opposite sign."""
    model = hamiltonian("Si2")
    bands = solve_bands(model, [[0, 0, 1.0]], [[0, 0, 1.0]])
    crossing = slice(0, 2)
    assert np.ptp(bands.energy[0, crossing]) < 1e-9
    step = 1e-4 * reduced_per_length(model.crystal, np.array([0, 0, 1.0]))
    below = np.linalg.eigvalsh(model.matrices(np.array([0, 0, 1.0]) - step)[0])[crossing]
    slope = np.ptp(below) / 2e-4
    np.testing.assert_allclose(np.sort(bands.velocity[0, crossing]), [-slope, slope], atol=1e-3)
    assert slope > 1


@pytest.mark.parametrize("spin_orbit", [False, True])
def test_window_only_leaves_states_out(spin_orbit):
    sample = crystal("Si4Ge4", "Si")
    path = build_path(sample, points_per_segment=5)
    every = calculate_bands(sample, path, spin_orbit).bands
    some = calculate_bands(sample, path, spin_orbit, (-3.0, 2.0)).bands
    inside = (every.energy >= -3) & (every.energy <= 2)
    for k in range(len(path)):
        count = inside[k].sum()
        np.testing.assert_allclose(some.energy[k, :count], every.energy[k, inside[k]], atol=1e-11)
        np.testing.assert_allclose(some.unfolding_weight[k, :count], every.unfolding_weight[k, inside[k]], atol=1e-9)
        assert np.all(np.isinf(some.energy[k, count:]))
        assert not some.atom_shell_weight[:, :, k, count:].any()
    assert some.energy.shape[1] == inside.sum(axis=1).max()


def test_window_keeps_states_next_to_its_edges():
    """Point by point, edges 10 meV and next to nothing outside a state."""
    model = hamiltonian("Si4Ge4", "Si", True)
    for k in ((0, 0, 0), (0.3, 0, 0.1)):
        every = solve_bands(model, [k], [[1.0, 0, 0]])
        energy = every.energy[0]
        for low, high in ((energy[20] - 0.01, energy[40] + 0.01), (energy[21] - 1e-9, energy[40] + 1e-9)):
            some, inside = solve_bands(model, [k], [[1.0, 0, 0]], (low, high)), (energy >= low) & (energy <= high)
            np.testing.assert_allclose(some.energy[0], energy[inside], atol=1e-9)
            np.testing.assert_allclose(some.unfolding_weight[0], every.unfolding_weight[0, inside], atol=1e-8)


def test_empty_window():
    bands = calculate_bands(crystal("Si2"), build_path(crystal("Si2"), "G-X", 3), window=(-60.0, -50.0)).bands
    assert bands.energy.shape == (3, 0)


def test_lateral_supercell_of_any_order_unfolds():
    """A 2 x 2 lateral supercell of Si2Ge2 with shuffled atoms has the spectrum of the primitive cell, atom by atom."""
    primitive = crystal("Si2Ge2", "Si0.5Ge0.5")
    atoms = atoms_of(primitive).repeat((2, 2, 1))
    order = np.random.default_rng(3).permutation(len(atoms))
    atoms = atoms[order]
    large = crystal_from_atoms(atoms.cell.array, atoms.positions, atoms.get_array("ge_fraction"))
    for spin_orbit in (False, True):
        spectra = []
        for sample in (primitive, large):
            path = build_cut(sample, "G-X", kz=0.3, points=5)
            bands = calculate_bands(sample, path, spin_orbit).bands
            spectra.append(spectral_function(bands, path.step, EnergyGrid(), SMEARINGS[0]))
        np.testing.assert_allclose(spectra[1].sum(axis=0), spectra[0].sum(axis=0), atol=1e-8)
        for atom in range(len(large)):
            np.testing.assert_allclose(spectra[1][atom], spectra[0][order[atom] % 4] / 4, atol=1e-8)


@pytest.mark.parametrize("spin_orbit", [False, True])
@pytest.mark.parametrize("points", [6, 7])
def test_half_a_cut_tells_the_other_half(spin_orbit, points, monkeypatch):
    """Half a turn about the growth axis leaves a stack as it is: half the points are solved, with the same spectra."""
    sample = crystal("Si3Ge3", "Si0.5Ge0.5")
    path = build_cut(sample, "G-K", kz=0.3, points=points)
    whole = solve_bands(hamiltonian("Si3Ge3", "Si0.5Ge0.5", spin_orbit), path.k_reduced, path.direction)
    solved = []
    original = calculation.solve_bands
    monkeypatch.setattr(calculation, "solve_bands", lambda *a: (solved.append(len(a[1])), original(*a))[1])
    half = calculate_bands(sample, path, spin_orbit).bands
    assert solved == [(points + 1) // 2]
    np.testing.assert_allclose(half.energy + energy_zero(spin_orbit), whole.energy, atol=1e-9)
    whole = replace(whole, energy=whole.energy - energy_zero(spin_orbit))
    spectra = [spectral_function(bands, path.step, EnergyGrid(), SMEARINGS[0]) for bands in (half, whole)]
    np.testing.assert_allclose(spectra[0], spectra[1], atol=1e-7)
    drift = [(bands.velocity * bands.unfolding_weight).sum(axis=1) for bands in (half, whole)]
    np.testing.assert_allclose(drift[0], drift[1], atol=1e-6)


def test_progress_rises_to_one():
    seen = []
    sample = crystal("Si4Ge4")
    calculate_bands(sample, build_path(sample, points_per_segment=6), progress=seen.append, workers=2)
    assert len(seen) > 2
    assert np.all(np.diff(seen) > 0)
    assert seen[-1] == 1.0


def test_what_progress_raises_ends_the_work(monkeypatch):
    class Cancelled(Exception):
        pass

    solved = []
    original = diagonalise._solve_batch
    monkeypatch.setattr(diagonalise, "_solve_batch", lambda *a: (solved.append(len(a[1])), original(*a))[1])
    monkeypatch.setattr(diagonalise, "_WORTHWHILE_COST", 1.0)

    def cancel(fraction):
        raise Cancelled(fraction)

    sample = crystal("Si4Ge4")
    path = build_path(sample)
    energy_zero(False)
    with pytest.raises(Cancelled):
        calculate_bands(sample, path, progress=cancel, workers=1)
    assert sum(solved) < len(path) / 2


def test_memory_stays_bounded():
    """64 atoms, all bands and weights of 24 k-points, in a process of its own."""
    program = (
        "import resource, numpy\n"
        "from core.electronic.calculation import calculate_bands\n"
        "from core.electronic.kpath import build_path\n"
        "from core.structure.build import build_crystal\n"
        "from core.structure.stack import parse_stack\n"
        "from core.structure.substrate import parse_substrate\n"
        "sample = build_crystal(parse_stack('Si32Ge32'), parse_substrate('Si'))\n"
        "calculate_bands(sample, build_path(sample, points_per_segment=6), workers=2)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(run.stdout) * unit < 2e9
