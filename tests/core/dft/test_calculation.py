"""Alignment, scissor, relaxation and what is said where GPAW is missing."""

from dataclasses import replace

import numpy as np
import pytest

import core.dft.calculation as calculation
from core.cli.main import main
from core.dft.bulk import TOLERANCE, levels
from core.dft.calculation import DftResult, obstacle, reference, scissor_shift
from core.dft.recipe import GERMANIUM_LATTICE, SILICON_LATTICE, grid_points, k_grid, recipe_document
from core.dft.structure import functional_crystal, functional_lattice, wrapped
from core.electronic.kpath import build_path
from core.engines import ENGINES
from core.engines.dft import DftEngine, spectra_of
from core.errors import InputError
from core.structure.sample import Sample
from core.structure.substrate import bulk_lattice_constant
from tests.core.dft.made import solve

CRYSTAL = functional_crystal(Sample("Si3Ge1", "Si").crystal())
PATH = build_path(CRYSTAL, "G-X", 5)


@pytest.fixture(scope="module")
def result():
    return solve(CRYSTAL, PATH.k_reduced, PATH.direction)


@pytest.fixture
def without_gpaw(monkeypatch):
    monkeypatch.setattr(calculation, "is_installed", lambda: False)


def test_energies_do_not_depend_on_the_constant_of_a_calculation(result):
    """A constant added to the pseudopotential moves its bands and the average to which they are put."""
    volume = np.linalg.det(CRYSTAL.cell)
    moved = replace(
        result,
        bands=replace(result.bands, energy=result.bands.energy + 0.7),
        potentials=result.potentials | {"correction": result.potentials["correction"] + 0.7 * volume / len(CRYSTAL)},
    )
    np.testing.assert_allclose(moved.aligned().energy, result.aligned().energy, atol=1e-12)


def test_bulk_silicon_has_its_valence_band_maximum_at_zero():
    silicon = functional_crystal(Sample("Si2", "Si").crystal())
    path = build_path(silicon, "G-X", 3)
    made = solve(silicon, path.k_reduced, path.direction)
    top = made.bands.energy[0, 3]
    zero = reference()["model_solid"]["Si"]
    level = replace(made, bands=replace(made.bands, energy=made.bands.energy - top + zero - made.shift))
    assert level.aligned().energy[0, 3] == pytest.approx(0.0, abs=1e-12)


def test_the_scissor_raises_empty_bands_only_and_is_switchable(result):
    raised, bare = result.aligned(True).energy, result.aligned(False).energy
    filled = 2 * len(CRYSTAL)
    np.testing.assert_allclose(raised[:, :filled], bare[:, :filled])
    np.testing.assert_allclose(raised[:, filled:] - bare[:, filled:], scissor_shift(CRYSTAL))
    silicon, germanium = (reference()["scissor"][species] for species in ("Si", "Ge"))
    assert scissor_shift(CRYSTAL) == pytest.approx(0.75 * silicon + 0.25 * germanium)
    assert 0.4 < silicon < germanium < 1.0


def test_a_window_that_begins_above_the_lowest_band_keeps_the_scissor_in_place(result):
    names = ("energy", "unfolding_weight", "velocity", "atom_shell_weight")
    cut = replace(result, first_band=3, bands=type(result.bands)(*(getattr(result.bands, n)[..., 3:] for n in names)))
    np.testing.assert_allclose(cut.aligned().energy, result.aligned().energy[:, 3:])


def test_results_are_written_and_read(result, tmp_path):
    result.write(tmp_path / "x.npz")
    again = DftResult.read(tmp_path / "x.npz")
    np.testing.assert_array_equal(again.bands.energy, result.bands.energy)
    np.testing.assert_array_equal(again.crystal.bond_vector, CRYSTAL.bond_vector)
    assert (again.document, again.crystal.notes) == (result.document, CRYSTAL.notes)


def test_spectra_say_what_they_stand_on(result):
    spectra = spectra_of(result, PATH)
    total = spectra.total()
    np.testing.assert_allclose(spectra.atoms().sum(axis=0), total, atol=1e-9)
    attributes = spectra.dataset().attrs
    assert attributes["engine"] == "dft"
    assert "density functional" in attributes["model"]
    assert attributes["scissor_eV"] == pytest.approx(scissor_shift(CRYSTAL))
    assert spectra_of(result, PATH, scissor=False).dataset().attrs["scissor_eV"] == 0
    assert '"iterations": 8' in attributes["provenance"]
    assert "engine_version" not in attributes


@pytest.mark.parametrize("fraction", [0.0, 0.4, 1.0])
def test_substrates_are_those_of_the_functional(fraction):
    lattice = functional_lattice(float(bulk_lattice_constant(fraction)))
    assert lattice == pytest.approx(SILICON_LATTICE + fraction * (GERMANIUM_LATTICE - SILICON_LATTICE))
    assert CRYSTAL.lattice_in_plane == pytest.approx(SILICON_LATTICE)


@pytest.mark.parametrize("stack", ["Si2", "Si4", "Si6", "Si10", "Si16"])
def test_grids_hold_the_translations_of_the_average_crystal(stack):
    """Every vector of the primitive fcc cell is a whole number of grid steps, so that supercells unfold exactly."""
    crystal = functional_crystal(Sample(stack, "Si").crystal())
    points = grid_points(crystal.plane_count, np.linalg.norm(crystal.cell, axis=1))
    primitive = np.array([[0, 2, 2], [2, 0, 2], [2, 2, 0]])
    steps = np.linalg.solve(crystal.site_cell.T, primitive.T).T * points
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-9)
    assert min(np.array(points) / np.linalg.norm(crystal.cell, axis=1)) > 1 / 0.27
    assert k_grid(len(crystal))[2] >= 8 / len(crystal)


def test_atoms_are_put_into_the_cell_with_their_sites():
    fractional, site = wrapped(CRYSTAL)
    assert (fractional >= 0).all()
    assert (fractional < 1).all()
    moved = np.linalg.solve(CRYSTAL.site_cell.T, (site - CRYSTAL.site).T).T
    np.testing.assert_allclose(fractional @ CRYSTAL.cell - CRYSTAL.positions, moved @ CRYSTAL.cell, atol=1e-8)


def test_levels_are_found_with_either_order_at_gamma():
    at_x, at_l = [-8, -8, -3, -3, 0.7, 0.7, 9, 9], [-10, -7, -1, -1, 0.2, 3.5, 3.5, 7]
    silicon = levels(np.array([[-12, 0, 0, 0, 2.5, 2.5, 2.5, 3.3], at_x, at_l]))
    germanium = levels(np.array([[-12, -0.4, 0, 0, 0, 2.5, 2.5, 2.5], at_x, at_l]))
    assert (silicon["Γ15c"], silicon["Γ2′c"]) == pytest.approx((2.5, 3.3))
    assert (germanium["Γ15c"], germanium["Γ2′c"]) == pytest.approx((2.5, -0.4))


def test_published_values_are_met():
    compared = [row for row in reference()["table"] if row["published"] is not None]
    assert len(compared) == 3
    assert all(abs(row["plane_waves"] - row["published"]) < 0.02 for row in compared)
    assert all(row["within"] and abs(row["orbitals"] - row["published"]) < 0.02 for row in compared)


def test_orbitals_give_every_critical_point_of_plane_waves():
    """Also those that no published value stands beside, antibonding ones among them: two d shells are for that."""
    apart = [abs(row["orbitals"] - row["plane_waves"]) for row in reference()["table"]]
    assert len(apart) == 44
    assert max(apart) < TOLERANCE
    assert np.sqrt(np.mean(np.square(apart))) < 0.02


def test_results_refer_to_bulk_figures_of_the_same_recipe():
    """Whoever changes the recipe computes these again: python -m core dft-bulk --write."""
    assert recipe_document().items() <= reference().items()


def test_without_gpaw_the_command_that_installs_it_is_named(without_gpaw, tmp_path, capsys):
    assert "make install-dft" in ENGINES["dft"].obstacle(CRYSTAL)
    with pytest.raises(InputError, match="make install-dft"):
        DftEngine().solve(Sample("Si2", "Si").crystal())
    task = ["asf", "Si2", "--substrate", "Si", "--engine", "dft", "--out", str(tmp_path / "x.nc")]
    assert main(task) == 2
    assert "make install-dft" in capsys.readouterr().err
    assert not (tmp_path / "x.nc").exists()


@pytest.mark.parametrize(
    ("stack", "mixing", "what"),
    [("(Si0.5Ge0.5)4", 0.0, "virtual"), ("Si2Ge2", 1.0, "virtual"), ("Si20Ge20", 0.0, "at most")],
)
def test_what_dft_cannot_do_is_said(stack, mixing, what, monkeypatch):
    monkeypatch.setattr(calculation, "is_installed", lambda: True)
    assert what in obstacle(Sample(stack, "Si", mixing).crystal())
    assert "spin-orbit" in DftEngine().obstacle(CRYSTAL, spin_orbit=True)


def test_only_dft_has_a_scissor(tmp_path, capsys):
    task = ["asf", "Si2", "--substrate", "Si", "--no-scissor", "--out", str(tmp_path / "x.nc")]
    assert main(task) == 2
    assert "--engine dft" in capsys.readouterr().err


def test_bulk_figures_are_printed(capsys):
    assert main(["dft-bulk"]) == 0
    printed = capsys.readouterr().out
    assert "Γ15c" in printed
    assert "published" in printed
