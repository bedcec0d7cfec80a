"""Samples as a person types them into the form that makes an experiment, thick films and single crystals among them."""

import numpy as np

from core.experiment.calibration.steps import calibrate
from core.experiment.calibration.suggestion import suggested_steps
from core.experiment.photoemission.experiment import START, simulated_experiment
from core.experiment.readers import read_images
from core.learning.samples import DrawnSample
from core.reverse.cut import Cut

SEED = 41

TYPED = (
    ("Si8", "Si"), ("Ge8", "Ge"), ("Si40Ge40", "Si"), ("Si4Ge4", "Si"), ("Si2Ge2", "Si0.5Ge0.5"),
    ("Si8Ge8", "Si0.5Ge0.5"), ("Si6Ge4", "Si0.6Ge0.4"), ("Si1Ge1", "Si"), ("Si10Ge2", "Si"), ("Si3Ge9", "Ge"),
    ("(Si0.5Ge0.5)4", "Si0.5Ge0.5"), ("(Si0.8Ge0.2)4", "Si"), ("Si8", "Si0.7Ge0.3"), ("Ge8", "Si0.2Ge0.8"),
    ("[Si2Ge2]3", "Ge"), ("Si4Ge2Si4Ge6", "Si0.5Ge0.5"), ("(Si0.7Ge0.3)6Ge4", "Si0.4Ge0.6"), ("Si12Ge8", "Si0.6Ge0.4"),
    ("Si5Ge5", "Si"), ("Si20Ge20", "Si0.5Ge0.5"),
)  # fmt: skip
"""Stack and substrate."""


def typed_samples() -> list[DrawnSample]:
    """The samples, each with a k_z of its own, to a hundredth of 2π/c̄."""
    kz = np.random.default_rng(SEED).uniform(0.0, 1.0, len(TYPED)).round(2)
    return [
        DrawnSample(stack, substrate, family="form", kz=float(one))
        for (stack, substrate), one in zip(TYPED, kz, strict=True)
    ]


def form_cut(sample: DrawnSample, cut: str, number: int) -> Cut:
    """The file that the form makes of a sample, all sliders but k_z where they start, read as a page first reads it."""
    settings = START | {"kz": float(sample.kz or 0.0)}
    content = simulated_experiment(sample.stack, sample.substrate, sample.mixing, cut, settings, number)
    image = read_images(content, "simulated.nc")[0]
    return Cut(calibrate(image, suggested_steps(image)), cut)
