"""Whether the reverse model knows such images: a score from how well it can explain one.

Three signs: how well the best candidate's predicted picture agrees with the image, how much of the image's variance the
encoder's components hold, and how far its components lie from those of training images. Their weights are a logistic
regression between simulated images of Si/Ge stacks and images of other things.
"""

import numpy as np

from core.reverse.model import Readings, ReverseModel


def signs(model: ReverseModel, readings: Readings, agreement: float) -> np.ndarray:
    """(3,) the signs of one image: agreement, explained share, distance.

    Args:
        model: of the cut.
        readings: of one image.
        agreement: correlation of the best candidate's flattened picture with the image's.
    """
    coefficients = readings.inputs[0, : model.encoder.components.shape[1]]
    explained = float(model.encoder.explained(readings.flat)[0])
    return np.array([agreement, explained, np.log(np.mean(coefficients**2) + 1e-6)])


def domain_score(model: ReverseModel, found: np.ndarray) -> float:
    """The score of the signs of an image: 1 is the limit, more is outside."""
    weight, offset = model.domain[:-1], model.domain[-1]
    return float(np.exp(np.clip(0.5 * (offset - found @ weight), -10.0, 10.0)))
