"""The second simulator: bands where they belong, none above the Fermi level, intensities that are no counts."""

import numpy as np

from core.experiment.photoemission.foreign import foreign_image
from core.experiment.photoemission.spectra import predicted_vbm
from core.reverse.standard import EV, KX
from core.structure.sample import Sample

CRYSTAL = Sample("Si2Ge2", "Si").crystal()


def test_foreign_images_show_the_bands_where_they_are():
    level = predicted_vbm(CRYSTAL) + 0.5
    image = foreign_image(CRYSTAL, "G-X", 0.0, level, np.random.default_rng(1), KX, EV)
    assert image.shape == (len(KX), len(EV))
    assert np.isfinite(image).all()
    at_gamma = image[np.abs(KX) < 0.1].mean(axis=0)
    top, above = (at_gamma[(low < EV) & (high > EV)] for low, high in ((-0.8, -0.4), (-0.3, -0.15)))
    assert top.max() > 3 * above.max()
    assert image[:, EV > 0.4].mean() < 0.1 * image.mean()


def test_noise_of_foreign_images_is_not_that_of_counts():
    image = foreign_image(CRYSTAL, "G-X", 0.3, 0.5, np.random.default_rng(2), KX, EV)
    assert not np.array_equal(image, np.round(image))
