"""Figures of a sample: those of the readouts, with spin-orbit coupling, and smooth levels that make them."""

import numpy as np
import pytest

from core.design.figures import FIGURES, LEVELS, from_levels, quick, quick_levels, verified
from core.electronic.local_edges import edge_profile
from core.electronic.readouts import readouts_document
from core.errors import InputError
from core.structure.sample import Sample


@pytest.mark.parametrize("sample", [Sample("Si2Ge2", "Si0.5Ge0.5"), Sample("Ge4", "Ge"), Sample("Si3Ge1", "Si")])
def test_verified_figures_are_those_of_the_readouts(sample):
    found, document = verified(sample).figures, readouts_document(sample.crystal(), spin_orbit=True)
    for name in ("gap", "direct_gap", "vbm", "cbm", "hh_lh_splitting", "delta2_delta4_splitting"):
        assert found[name] == pytest.approx(document[name], abs=1e-9), name
    assert found["electron_mass_100"] == pytest.approx(min(map(abs, document["masses"]["cbm"]["[100]"])))
    assert verified(sample).valley in (document["cbm_valley"], *document["cbm_degenerate_valleys"])


@pytest.mark.parametrize(
    "sample",
    [
        Sample("Si2Ge2", "Si0.5Ge0.5"), Sample("Ge4", "Ge"), Sample("Si1Ge2", "Ge"), Sample("Ge4", "5.66 Å"),
        Sample("Si3Ge2", "5.55 Å"), Sample("Si2Ge4", "5.602 Å"),
    ],
)  # fmt: skip
def test_quick_figures_are_within_a_few_meV(sample):
    fast, slow = quick(sample).figures, verified(sample).figures
    energies = [name for name, figure in FIGURES.items() if figure.unit == "eV"]
    assert [fast[name] for name in energies] == pytest.approx([slow[name] for name in energies], abs=0.008, nan_ok=True)


def test_the_gap_of_germanium_has_its_spin_orbit_coupling():
    assert quick(Sample("Ge4", "Ge")).figures["gap"] == pytest.approx(0.74, abs=0.01)
    assert quick(Sample("Ge4", "Ge")).valley == "L"


def test_the_edge_is_the_higher_hole_band_and_the_lowest_valley():
    levels = dict.fromkeys(LEVELS, 1.0) | {"heavy": 0.1, "light": 0.2, "Δ4": 0.9, "at_gamma": 1.1}
    found = from_levels(levels, {}, "direct")
    assert (found.valley, found.kind) == ("Δ4", "indirect")
    assert found.figures["gap"] == pytest.approx(0.7)
    assert found.figures["hh_lh_splitting"] == pytest.approx(-0.1)
    assert np.isnan(found.figures["hole_miniband"])


def test_offsets_are_those_of_strained_bulk_and_not_of_the_thickness():
    """Van de Walle and Martin, Phys. Rev. B 34, 5621 (1986): 0.84 eV on Si and 0.31 eV on Ge, to some 0.1 eV."""
    on_silicon, on_germanium = (verified(Sample("Si2Ge2", on)).figures["valence_offset"] for on in ("Si", "Ge"))
    assert (on_silicon, on_germanium) == pytest.approx((0.84, 0.31), abs=0.1)
    assert verified(Sample("Si1Ge3", "Si")).figures["valence_offset"] == pytest.approx(on_silicon, abs=1e-6)
    crystal = Sample("Si2(Si0.5Ge0.5)2", "Si").crystal()
    edges = edge_profile(crystal)
    figures = verified(Sample("Si2(Si0.5Ge0.5)2", "Si")).figures
    assert figures["valence_offset"] == pytest.approx(np.ptp(edges.valence), abs=1e-9)
    assert abs(figures["conduction_offset"]) == pytest.approx(np.ptp(edges.conduction), abs=1e-9)
    assert np.isnan(verified(Sample("Ge4", "Si")).figures["valence_offset"])


def test_levels_of_a_sample_make_its_figures():
    sample = Sample("Si1Ge1", "Si0.5Ge0.5")
    assert from_levels(*quick_levels(sample)) == quick(sample)


def test_periods_beyond_the_exact_engine_are_refused():
    with pytest.raises(InputError, match="at most 128"):
        quick(Sample("Si100Ge100", "Si"))
