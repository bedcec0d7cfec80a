"""Which measurement would decide between candidates."""

import pytest

from core.experiment.photoemission.final_state import final_momentum, photon_energies, reduced_kz
from core.loop.decisive import ambiguity, decision
from core.loop.pictures import Pictures

LEFT = [("Si4Ge4", 0.0, 5.5, 0.6), ("Si4Ge5", 0.0, 5.5, 0.3), ("Si9Ge1", 0.0, 5.45, 0.01)]


def test_photon_energies_give_the_momentum_back():
    energies = photon_energies(0.3, 1.38, 11.0, 20.0, 200.0)
    assert energies == sorted(energies)
    assert len(energies) >= 4
    for energy in energies:
        assert 20.0 <= energy <= 200.0
        assert float(reduced_kz(final_momentum(energy, 11.0), 1.38)) == pytest.approx(0.3, abs=1e-6)


def test_the_decisive_cut_tells_more_than_the_one_at_hand():
    found = decision(LEFT, "G-X", 0.1, Pictures("forward"))
    assert found.stacks == ("Si4Ge4", "Si4Ge5")
    assert found.difference >= found.now > 0
    assert found.photons
    again = decision(LEFT, found.cut, found.kz, Pictures("forward"))
    assert again.difference == pytest.approx(again.now, rel=1e-3)
    assert "Si4Ge4 and Si4Ge5" in found.sentence


def test_nothing_is_left_to_decide_where_one_candidate_stands_alone():
    assert decision([("Si4Ge4", 0.0, 5.5, 0.97), *LEFT[2:]], "G-X", 0.1, Pictures("forward")) is None


def test_what_equally_good_candidates_share_is_said():
    pictures = Pictures("forward")
    rich = [(f"Si4Ge{n}", 0.0, 5.42 + 0.02 * n, p) for n, p in ((4, 0.4), (5, 0.3), (6, 0.3), (3, 0.2))]
    assert "4 candidates" in ambiguity(rich, pictures)
    assert "more Ge going with a larger a∥" in ambiguity(rich, pictures)
    assert "5.480 to 5.540 Å" in ambiguity(rich, pictures)
    alike = [("Si4Ge4", 0.0, 5.5, 0.5), ("Si4Ge4", 0.5, 5.501, 0.5)]
    assert ambiguity(alike, pictures).endswith("They agree on a∥ and on the Ge fraction.")
    assert ambiguity([("Si4Ge4", 0.0, 5.5, 0.97), *LEFT[2:]], pictures) == ""
