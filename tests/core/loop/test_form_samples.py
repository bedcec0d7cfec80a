"""Measurements of typed stacks, as the form makes them."""

import numpy as np

from core.loop.form_samples import TYPED, form_cut, typed_samples
from core.reverse.standard import standard_image


def test_thick_films_and_single_crystals_are_among_twenty():
    samples = typed_samples()
    assert len(set(TYPED)) == len(samples) == 20
    assert {"Si8", "Ge8", "Si40Ge40"} <= {sample.stack for sample in samples}
    assert all(0 <= sample.kz <= 1 for sample in samples)


def test_a_typed_stack_is_measured_and_read_back():
    sample = typed_samples()[7]
    cut, other = (form_cut(sample, "G-X", seed) for seed in (3, 4))
    assert cut.cut == "G-X"
    assert cut.kz is None
    image = standard_image(cut.image)
    seen = np.isfinite(image)
    assert image[seen].min() >= 0
    assert image[seen].std() > 0
    assert not np.array_equal(image, standard_image(other.image))
