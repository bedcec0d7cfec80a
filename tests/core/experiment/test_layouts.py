"""Well-formed files of every layout, drawn at random, are read back to the picture that they were written from."""

import numpy as np
import pytest

from core.experiment.readers.detect import parse_images
from tests.core.experiment.written import known_picture
from tests.core.experiment.written_more import LAYOUTS

FEW, MANY = 10, 200
COARSE = {"SPECS .sp2", "MBS .txt", "MBS .krx", "SES text", "table", "SPECS .xy", "SPECS .itx", "points"}
"""Layouts that write axes as text of a few digits."""


def check(layout: str, seed: int) -> None:
    random = np.random.default_rng([sorted(LAYOUTS).index(layout), seed])
    content, known = LAYOUTS[layout](known_picture(random), random)
    images = parse_images(content, layout)
    assert len(images) == known.images
    for number, image in enumerate(images, 1):
        about = f"{layout}, seed {seed}, image {number}: {image.attrs}"
        assert image.dims == ("eV", "alpha"), about
        (_, energy, attrs), (_, angle, _) = image.coords["eV"], image.coords["alpha"]
        assert attrs["energy_kind"] == ("kinetic" if known.kinetic else "binding"), about
        tolerance = 2e-5 if layout in COARSE else 1e-6
        np.testing.assert_allclose(energy, known.energy + known.kinetic, atol=tolerance, err_msg=about)
        np.testing.assert_allclose(angle, known.angle, atol=tolerance, err_msg=about)
        np.testing.assert_allclose(image.values, number * known.counts, rtol=1e-5, err_msg=about)
        assert image.attrs.get("hv") == (pytest.approx(known.photon_energy) if known.photon_energy else None), about
        assert (image.attrs.get("slice_count", 1), image.attrs.get("slice_number", 1)) == (known.images, number)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_few_files_of_each_layout_come_back(layout):
    for seed in range(FEW):
        check(layout, seed)


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_many_files_of_each_layout_come_back(layout):
    for seed in range(FEW, MANY):
        check(layout, seed)
