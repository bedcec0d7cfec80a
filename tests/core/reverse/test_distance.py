"""The distance between images: blind to what matrix elements and backgrounds do, not to where bands lie."""

from dataclasses import replace

import numpy as np
import pytest

from core.experiment.photoemission.artefacts import Artefacts
from core.experiment.photoemission.renderer import simulate
from core.experiment.photoemission.spectra import cut_signal
from core.loop.moves import neighbours
from core.reverse.distance import Target
from core.reverse.guess import Guess, Predictor, View
from core.reverse.standard import EV, KX
from core.structure.sample import Sample

VIEW = View("G-X", 0.4, 0.2, resolution=0.08)
GUESS = Guess(Sample.on_lattice("Si5Ge7", 5.54), (VIEW,))


def seen(**values: float) -> Guess:
    """The same sample in another view."""
    return replace(GUESS, views=(replace(VIEW, **values),))


def measured(signal: np.ndarray, **artefacts) -> np.ndarray:
    settings = {"seed": 3, "fermi_level": VIEW.level, "energy_resolution": 0.08, "counts": 300.0} | artefacts
    return simulate(signal[None], np.array([GUESS.lattice]), "G-X", [Artefacts(**settings)], KX, EV)[0]


@pytest.fixture(scope="module")
def signal() -> np.ndarray:
    return cut_signal(GUESS.crystal, "G-X", VIEW.state)


def test_own_picture_lies_within_the_noise(signal):
    target = Target(measured(signal))
    assert target.distance(Predictor().picture(GUESS, 0)) < 0.005
    assert target.noise < 0.01


def test_smooth_intensities_sides_and_crop_hardly_count(signal):
    image = measured(signal, intensity=0.4, asymmetry=0.5, response=0.1, k_left=-0.9, e_bottom=-5.5)
    assert Target(image).distance(Predictor().picture(GUESS, 0)) < 0.05


def test_hot_pixels_hardly_count(signal):
    image = measured(signal)
    hot = image.copy()
    hot.ravel()[np.random.default_rng(0).choice(image.size, 30, replace=False)] *= 200
    picture = Predictor().picture(GUESS, 0)
    assert Target(hot).distance(picture) < Target(image).distance(picture) + 0.02


def test_every_change_of_the_crystal_counts(signal):
    target, predict = Target(measured(signal)), Predictor()
    own = target.distance(predict.picture(GUESS, 0))
    changed = [GUESS.changed(lattice=GUESS.lattice + 0.02), GUESS.changed(mixing=GUESS.mixing + 1.5)]
    changed += [seen(level=VIEW.level + 0.08), seen(kz=VIEW.kz + 0.08)]
    for other in changed:
        assert target.distance(predict.picture(other, 0)) > own + 0.002, other
    for name in neighbours(GUESS.stack):
        assert target.distance(predict.picture(GUESS.changed(stack=name), 0)) > own, name


def test_exact_spectra_are_nearest_to_their_own_exact_picture():
    from core.reverse.guess import exact_picture

    exact = cut_signal(GUESS.crystal, "G-X", VIEW.state, "exact")
    target = Target(measured(exact))
    assert target.distance(exact_picture(GUESS, 0)) < 0.005
    assert target.distance(exact_picture(GUESS, 0)) < target.distance(Predictor().picture(GUESS, 0)) < 0.05


def test_noise_alone_is_known_as_noise():
    image = np.random.default_rng(1).poisson(40, (len(KX), len(EV))).astype(np.float32)
    assert Target(image).noise > 0.8
    assert Target(image).distance(Predictor().picture(GUESS, 0)) > 0.9


def test_predictions_are_counted_once():
    predict = Predictor()
    predict.picture(GUESS, 0)
    predict.picture(seen(level=0.5, resolution=0.2), 0)
    assert predict.count == 1
    predict.picture(GUESS.changed(lattice=5.55), 0)
    assert predict.count == 2
