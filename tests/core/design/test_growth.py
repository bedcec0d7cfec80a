"""Critical thickness, strain balance, and limits of what is grown."""

import pytest

from core.design.growth import MODELS, THICKEST, Constraints, critical_thickness, mean_strain
from core.errors import InputError
from core.structure.sample import Sample
from core.structure.substrate import bulk_lattice_constant


def test_critical_thickness_of_published_curves():
    """SiGe of 20 % on Si: some 2000 Å by People and Bean, some 120 Å in equilibrium; Ge on Si: a few monolayers."""
    silicon = float(bulk_lattice_constant(0.0))
    assert 1500 < critical_thickness(0.2, silicon, "people-bean") < 3000
    assert 90 < critical_thickness(0.2, silicon, "matthews-blakeslee") < 160
    assert (
        8
        < critical_thickness(1.0, silicon, "matthews-blakeslee")
        < critical_thickness(1.0, silicon, "people-bean")
        < 40
    )


@pytest.mark.parametrize("model", MODELS)
def test_thickness_falls_with_misfit_and_has_no_limit_without(model):
    silicon = float(bulk_lattice_constant(0.0))
    thick = [critical_thickness(x, silicon, model) for x in (0.1, 0.3, 0.6, 1.0)]
    assert thick == sorted(thick, reverse=True)
    assert critical_thickness(0.0, silicon, model) == THICKEST


def test_strain_balances_between_silicon_and_germanium():
    assert mean_strain(Sample("Si8", "Si")) == pytest.approx(0.0, abs=1e-12)
    assert mean_strain(Sample("Si4Ge4", "Si")) < -0.01 < 0.01 < mean_strain(Sample("Si4Ge4", "Ge"))
    assert abs(mean_strain(Sample("Si4Ge4", "Si0.5Ge0.5"))) < 0.004


@pytest.mark.parametrize(
    ("sample", "constraints", "reason"),
    [
        (Sample("Si4Ge4", "Si"), Constraints(thinnest=5), "blocks of 4 to 4 ML"),
        (Sample("Si4Ge4", "Si"), Constraints(longest=6), "a period of 8 ML"),
        (Sample("Si4Ge4", "Si"), Constraints(balance=0.005), "mean strain of 1.8"),
        (Sample("Si4Ge4", "Ge"), Constraints(lattice=(5.431, 5.5)), "outside the allowed substrates"),
        (Sample("Si4Ge12", "Si"), Constraints(model="matthews-blakeslee"), "a block of"),
        (Sample("Si4Ge4", "Si"), Constraints(model="people-bean", repeats=50), "Å in all"),
        (Sample("Si4Ge4", "Si", 0.5), Constraints(mixing=1.0), "interfaces mixed over 0.5 ML"),
    ],
)
def test_obstacles_are_said(sample, constraints, reason):
    assert reason in constraints.obstacle(sample)


def test_what_a_grower_can_make_has_no_obstacle():
    assert Constraints(model="people-bean").obstacle(Sample("Si4Ge4", "Si0.5Ge0.5")) == ""
    assert Constraints(thinnest=3, mixing=1.0).obstacle(Sample("Si8", "Si")) == ""
    assert Constraints(mixing=1.0).obstacle(Sample("Si4Ge4", "Si", 1.0)) == ""


@pytest.mark.parametrize(
    "values",
    [
        {"lattice": (5.0, 5.5)}, {"lattice": (5.6, 5.5)}, {"thinnest": 0}, {"thinnest": 9, "thickest": 4},
        {"longest": 1}, {"model": "guess"}, {"repeats": 0}, {"balance": 0.0}, {"balance": float("nan")},
        {"mixing": -1.0}, {"mixing": 4.5}, {"mixing": float("nan")},
    ],
)  # fmt: skip
def test_limits_that_leave_nothing_are_refused(values):
    with pytest.raises(InputError):
        Constraints(**values)
