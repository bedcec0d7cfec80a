"""What the page asks of the forward model: obstacles, agreement, and what moves a point."""

import numpy as np
import pytest

from core.electronic.calculation import calculate_bands
from core.electronic.kpath import build_cut, build_path
from core.forward.features import REACH
from core.forward.live import agreement, path_edges, why_not_predicted
from core.forward.model import predict, predict_cut
from core.forward.sensitivity import sensitivity
from core.structure.build import build_crystal
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate


def crystal_of(stack, substrate="Si0.5Ge0.5"):
    return build_crystal(parse_stack(stack), parse_substrate(substrate))


def test_obstacles():
    crystal = crystal_of("Si4Ge4")
    assert why_not_predicted(crystal, False) == ""
    assert "spin-orbit" in why_not_predicted(crystal, True)
    assert "0.10 eV" in why_not_predicted(crystal, False, sigma=0.05)
    assert "orbitals" in why_not_predicted(crystal, False, all_shells=False)
    assert "512" in why_not_predicted(crystal_of("Si300Ge300"), False)


@pytest.mark.parametrize("stack", ["Si2", "Si4Ge4", "Si9Ge3"])
def test_agreement_with_the_exact_bands(stack):
    crystal = crystal_of(stack)
    exact = calculate_bands(crystal, build_path(crystal))
    filled = 2 * len(crystal)
    energy = exact.bands.energy
    vbm, cbm = path_edges(exact)
    assert vbm == pytest.approx(energy[:, filled - 1].max())
    assert cbm == pytest.approx(energy[:, filled].min())
    found = agreement(predict(crystal), exact)
    assert 0.97 < found.r2 < 1.0
    assert abs(found.vbm_error) < 0.12
    assert abs(found.cbm_error) < 0.12


def test_agreement_on_a_cut_has_no_edges():
    crystal = crystal_of("Si4Ge4")
    found = agreement(predict_cut(crystal, "G-X", 0.5), calculate_bands(crystal, build_cut(crystal, "G-X", 0.5)))
    assert 0.9 < found.r2 < 1.0
    assert np.isnan([found.vbm_error, found.cbm_error]).all()


def test_sensitivity_predicts_what_a_small_change_does():
    """The first-order change for a little more strain agrees with the model's own answer."""
    crystal, k, energy = crystal_of("Si4Ge4"), 30, 110
    found = sensitivity(crystal, 5, k, energy)
    assert found.planes.shape == (2 * REACH + 1,)
    assert np.abs(found.planes).max() > 0
    mirrored = sensitivity(crystal, 6, k, energy)
    np.testing.assert_allclose(mirrored.planes, found.planes[::-1], atol=1e-5)
    assert mirrored.strain == pytest.approx(found.strain, abs=1e-6)
