"""One least-squares step towards an image."""

import numpy as np
import pytest

from core.experiment.photoemission.artefacts import Artefacts
from core.experiment.photoemission.renderer import simulate
from core.experiment.photoemission.spectra import cut_signal
from core.loop.refine import Prior, compared, free_parameters, refined, with_values
from core.reverse.distance import Target
from core.reverse.guess import Guess, Predictor, View
from core.reverse.standard import EV, KX
from core.structure.sample import Sample

TRUE = Guess(Sample.on_lattice("Si5Ge7", 5.54, 1.5), (View("G-X", 0.4, 0.2, resolution=0.08),))
START = with_values(TRUE, {("lattice", -1): 5.548, ("mixing", -1): 1.0, ("level", 0): 0.44, ("resolution", 0): 0.12})
PRIOR = Prior({("lattice", -1): (5.548, 0.02), ("mixing", -1): (1.0, 1.0)})
SCALES = (0.005,)


@pytest.fixture(scope="module")
def targets() -> tuple[Target]:
    signal = cut_signal(TRUE.crystal, "G-X", TRUE.views[0].state)
    seen = Artefacts(seed=1, fermi_level=0.4, energy_resolution=0.08, ripple=0.3)
    return (Target(simulate(signal[None], np.array([TRUE.lattice]), "G-X", [seen], KX, EV)[0]),)


def test_steps_find_the_parameters(targets):
    predict = Predictor()
    fit = compared(START, targets, SCALES, PRIOR, predict)
    first = fit.distance
    for _ in range(4):
        fit, errors = refined(fit, targets, SCALES, PRIOR, ({"kz", "bend"},), predict)
    assert fit.distance < first / 3
    assert fit.guess.lattice == pytest.approx(5.54, abs=0.003)
    assert fit.guess.mixing == pytest.approx(1.5, abs=0.25)
    assert fit.guess.views[0].level == pytest.approx(0.4, abs=0.01)
    assert fit.guess.views[0].kz == 0.2
    sizes = dict(zip(free_parameters(fit.guess, ({"kz", "bend"},)), errors, strict=True))
    assert 0 < sizes["lattice", -1] < 0.02


def test_cost_never_rises(targets):
    predict = Predictor()
    fit = compared(TRUE, targets, SCALES, PRIOR, predict)
    for _ in range(2):
        better, _ = refined(fit, targets, SCALES, PRIOR, (set(),), predict)
        assert better.cost <= fit.cost
        fit = better


def test_prior_holds_what_the_image_does_not_say(targets):
    predict = Predictor()
    tight = Prior({("lattice", -1): (5.548, 1e-4)})
    fit = compared(START, targets, SCALES, tight, predict)
    for _ in range(3):
        fit, _ = refined(fit, targets, SCALES, tight, ({"kz", "bend"},), predict)
    assert fit.guess.lattice == pytest.approx(5.548, abs=5e-4)


def test_limits_are_kept():
    wild = with_values(TRUE, {("mixing", -1): -3.0, ("kz", 0): 1.2, ("background", 0): 99.0, ("lattice", -1): 9.0})
    assert wild.mixing == 0.0
    assert wild.views[0].kz == pytest.approx(0.8)
    assert wild.views[0].background == 15.0
    assert wild.lattice < 6.0
    alone = TRUE.changed(stack="Ge2", mixing=0.0)
    assert ("mixing", -1) not in free_parameters(alone, ({"kz", "bend"},))
