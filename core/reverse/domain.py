"""Whether the reverse model knows such images: a score from how well it can explain one.

Three kinds of evidence: how well the best candidate's predicted picture agrees with the image, how far the network's
hidden values lie from those of training images, and how large it thinks its errors. Their weights are a logistic
regression between simulated images of Si/Ge stacks and images of other things.
"""

import numpy as np

from core.reverse.model import Readings, ReverseModel


def domain_evidence(model: ReverseModel, readings: Readings, agreement: float) -> np.ndarray:
    """(3,) the evidence of one image: agreement, strangeness, mean logarithm of the typical errors.

    Args:
        model: of the cut.
        readings: of one image.
        agreement: correlation of the best candidate's ridges with the image's.
    """
    errors = np.log(readings.size[0] / model.spread).mean()
    return np.array([agreement, model.strangeness(readings.hidden)[0], errors])


LEAST_COMPARED = 1500
"""Pixels of the standard grid on which an image must have been compared with predictions: about 2 eV over ±1.2 1/Å. In
a smaller window the right lines may come from anything."""


def domain_score(model: ReverseModel, found: np.ndarray, compared: int) -> float:
    """The score of the evidence of an image, compared on so many pixels: 1 is the limit, more is outside."""
    weight, offset = model.domain[:-1], model.domain[-1]
    score = float(np.exp(np.clip(0.5 * (offset - found @ weight), -10.0, 10.0)))
    return max(score, LEAST_COMPARED / max(compared, 1))
