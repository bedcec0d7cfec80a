"""Which states count as empty where PBE closes the gap: of the structures that the project brings, and made ones."""

from dataclasses import replace

import numpy as np
import pytest

from core.dft.bulk import EXPERIMENT_GAP, SPIN_ORBIT
from core.dft.calculation import scissor_shift
from core.dft.dataset import read_packed
from core.dft.scissor import CLOSING, PARTNERS, raised_states
from core.electronic.diagonalise import Bands
from core.electronic.kpath import build_path
from core.engines.dft import spectra_of

GAMMA = np.zeros((1, 3))


@pytest.fixture(scope="module")
def entries():
    return list(read_packed())


@pytest.fixture(scope="module")
def germanium(entries):
    """Bulk Ge under compression in the plane, from none to 6 %."""
    found = [e.result for e in entries if e.sample.stack == "Ge2" and e.sample.lattice < 5.66]
    return sorted(found, key=lambda result: -result.crystal.lattice_in_plane)


def at_gamma(result, bands):
    return bands.energy[np.flatnonzero(np.abs(result.k_reduced).max(axis=1) < 1e-9)]


def test_no_scissor_parts_states_that_symmetry_makes_equal(entries):
    """As many states are raised as are empty by number, but where none of a group stands out."""
    fewer = []
    for entry in entries:
        bands = entry.result.aligned(scissor=False)
        raised = raised_states(bands, entry.result.k_reduced, entry.result.valence_bands)
        own = bands.unfolding_weight > 0.5
        equal = own[:, 1:] & own[:, :-1] & (np.diff(bands.energy, axis=1) < 1e-3)
        assert not (np.diff(raised.astype(int), axis=1)[equal] != 0).any(), entry.sample.stack
        missing = bands.energy.shape[1] - entry.result.valence_bands - raised.sum(axis=1)
        assert (missing >= 0).all()
        if missing.any():
            fewer.append((entry.sample.stack, entry.result.direct_gap < CLOSING, int((missing > 0).sum())))
    assert fewer == [("Si6Ge2", True, 1)]


def test_the_valence_band_of_germanium_stays_whole(germanium):
    """PBE has Γ2′c 0.47 eV below Γ25′v at its own lattice constant."""
    bulk = germanium[0]
    bare, levels = at_gamma(bulk, bulk.aligned(scissor=False))[0], at_gamma(bulk, bulk.aligned())
    np.testing.assert_allclose(bare[1:5], [0.325, 0.792, 0.792, 0.792], atol=1e-3)
    np.testing.assert_allclose(levels[:, 1:4], 0.792, atol=1e-3)
    np.testing.assert_allclose(levels[:, 4], 0.325 + scissor_shift(bulk.crystal), atol=1e-3)
    assert (np.diff(levels, axis=1) >= 0).all()


def test_strain_parts_the_valence_band_and_nothing_else_does(germanium):
    """The doublet stays together, and the third state goes down with compression, through Γ2′c."""
    parted, strain = [], []
    for result in germanium:
        lower, *doublet = at_gamma(result, result.aligned())[0, 1:4]
        assert doublet[1] - doublet[0] < PARTNERS
        parted.append(np.mean(doublet) - lower)
        strain.append(result.crystal.lattice_growth / result.crystal.lattice_in_plane - 1)
    assert len(parted) >= 9
    assert parted[0] == pytest.approx(0.0, abs=1e-3)
    assert (np.diff(parted) / np.diff(strain) > 7).all()  # eV, −3 b to begin with
    assert parted[-1] > 0.9


def test_gaps_that_the_scissor_was_made_for_are_those_of_experiment(entries, germanium):
    """Of Si the fundamental one, of Ge the one to L: at PBE's lattice constant Γ2′c stays below it."""
    silicon = next(entry.result for entry in entries if entry.sample.stack == "Si2")
    energy = silicon.aligned().energy
    of_si, of_ge = (EXPERIMENT_GAP[species] + SPIN_ORBIT[species] / 3 for species in ("Si", "Ge"))
    assert energy[:, 4].min() - energy[:, 3].max() == pytest.approx(of_si, abs=2e-3)
    levels = germanium[0].aligned().energy
    top, at_l = levels[:, 3].max(), np.abs(germanium[0].k_reduced - 0.5).max(axis=1) < 1e-9
    assert levels[at_l, 4] - top == pytest.approx(of_ge, abs=2e-3)
    assert levels[:, 4].min() - top == pytest.approx(0.341, abs=2e-3)


def test_a_closing_gap_is_told(entries):
    told = 0
    for entry in entries:
        path = build_path(entry.result.crystal)
        spectra = spectra_of(entry.result, path)
        assert spectra.dataset().attrs["direct_gap_without_scissor_eV"] == entry.result.direct_gap
        noted = any("direct gap of" in note for note in spectra.crystal.notes)
        assert noted == (entry.result.direct_gap < CLOSING)
        assert not any("direct gap of" in note for note in spectra_of(entry.result, path, False).crystal.notes)
        told += noted
    assert 5 <= told < len(entries) / 2


def made(levels, s_weight, unfolding=None) -> Bands:
    """One k-point with given levels."""
    shells = np.zeros((1, 4, 1, len(levels)))
    shells[0, 0, 0], shells[0, 1, 0] = s_weight, 1 - np.array(s_weight)
    weight = np.ones(len(levels)) if unfolding is None else np.array(unfolding)
    return Bands(np.array([levels]), weight[None], np.zeros((1, len(levels))), shells)


@pytest.mark.parametrize(
    ("levels", "s_weight", "expected"),
    [
        ([-12.0, 0.3, 0.8, 0.8, 0.8, 3.4], [1, 0.8, 0, 0, 0, 0], [1, 5]),  # Γ2′c below a triplet
        ([-12.0, 0.3, 0.5, 0.8, 0.8, 3.4], [1, 0, 0.8, 0, 0, 0], [2, 5]),  # and above what strain parts from it
        ([-12.0, 0.8, 0.8, 0.8, 0.83, 3.4], [1, 0, 0, 0, 0.8, 0], [4, 5]),  # just above: the gap is open
        ([-12.0, 0.8, 0.8, 0.8, 1.0, 3.4], [1, 0, 0, 0, 0.8, 0], [4, 5]),
        ([-12.0, -9.0, -8.0, 0.8, 0.8, 3.4], [1, 0.8, 0, 0, 0, 0], [5]),  # nothing near enough to be empty instead
    ],
)
def test_the_most_s_like_state_is_the_empty_one(levels, s_weight, expected):
    assert np.flatnonzero(raised_states(made(levels, s_weight), GAMMA, 4)[0]).tolist() == expected


def test_folded_states_do_not_join_what_they_cross():
    levels, unfolding = [-12.0, 0.3, 0.8, 0.80, 0.81, 3.4], [1, 1, 1, 1, 0.01, 1]
    raised = raised_states(made(levels, [1, 0.8, 0, 0, 0, 0], unfolding), GAMMA, 4)
    assert np.flatnonzero(raised[0]).tolist() == [4, 5]


def test_bands_ascend_where_a_scissor_lowers_the_empty_ones(entries):
    """As of imported bands whose gaps are too large."""
    result = next(entry.result for entry in entries if entry.sample.stack == "Si4Ge4")
    origin = {"silicon_scissor_eV": -2.0, "germanium_scissor_eV": -2.0}
    lowered = replace(result, document=result.document | {"origin": origin, "silicon_vbm_eV": 0.0})
    bare, bands = lowered.aligned(scissor=False), lowered.aligned()
    assert (np.diff(bands.energy, axis=1) >= 0).all()
    np.testing.assert_allclose(bands.unfolding_weight.sum(axis=1), bare.unfolding_weight.sum(axis=1))
