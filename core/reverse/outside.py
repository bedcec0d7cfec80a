"""Images of what is not Si/Ge, to learn and to test where the reverse model ends."""

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter, zoom
from sklearn.datasets import load_sample_images

from core.parameters.constants import FREE_ELECTRON
from core.reverse.standard import EV, KX


def noise(random: np.random.Generator) -> np.ndarray:
    """Counting noise on a smooth intensity."""
    field = gaussian_filter(random.standard_normal((len(KX), len(EV))), random.uniform(5, 40, 2))
    field = np.exp(random.uniform(0, 1.5) * field / field.std())
    return random.poisson(field * np.exp(random.uniform(np.log(5), np.log(500)))).astype(np.float32)


def bands(random: np.random.Generator) -> np.ndarray:
    """A few cosine bands of another lattice, with matrix elements, resolution, Fermi edge, background and noise."""
    lattice = random.uniform(1.8, 8.0)
    image = np.zeros((len(KX), len(EV)))
    for _ in range(random.integers(1, 6)):
        phase = lattice * (KX - random.normal(0, 0.15) * (random.random() < 0.3))
        energy = (
            random.uniform(-7, 0.5) + random.normal(0, 1.5) * np.cos(phase) + random.normal(0, 0.5) * np.cos(2 * phase)
        )
        image += _line(energy, random)
    return _measured(image, random)


def parabolas(random: np.random.Generator) -> np.ndarray:
    """Free-electron-like and hole-like parabolas: simple metals, surface states."""
    image = np.zeros((len(KX), len(EV)))
    for _ in range(random.integers(1, 4)):
        mass = random.choice([-1, 1]) * random.uniform(0.2, 2.5)
        image += _line(random.uniform(-6, 0) + (KX - random.normal(0, 0.1)) ** 2 / FREE_ELECTRON / mass, random)
    return _measured(image, random)


def cones(random: np.random.Generator) -> np.ndarray:
    """Dirac cones, as in graphene and topological insulators."""
    image = np.zeros((len(KX), len(EV)))
    velocity, energy = random.uniform(2, 8), random.uniform(-2, 0.3)
    for centre in random.uniform(-1.0, 1.0, random.integers(1, 3)):
        for sign in (-1, 1):
            image += _line(energy + sign * velocity * np.abs(KX - centre), random)
    return _measured(image, random)


def photographs(random: np.random.Generator) -> np.ndarray:
    """Patches of the two photographs that come with scikit-learn, in grey."""
    picture = load_sample_images().images[random.integers(2)].mean(axis=2)
    size = random.integers(100, 400)
    top, left = (random.integers(0, n - size) for n in picture.shape)
    patch = picture[top : top + size, left : left + size]
    return zoom(patch, (len(KX) / size, len(EV) / size), order=1)[: len(KX), : len(EV)].astype(np.float32)


KINDS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "noise": noise,
    "bands": bands,
    "parabolas": parabolas,
    "cones": cones,
    "photographs": photographs,
}
LEARNED = ("noise", "bands", "parabolas")
"""What the domain score is fitted on; cones and photographs are for the test alone."""


def _line(energy: np.ndarray, random) -> np.ndarray:
    width = random.uniform(0.1, 0.3)
    strength = np.exp(gaussian_filter(random.standard_normal(len(KX)), 15) * random.uniform(0, 4))
    return strength[:, None] * np.exp(-((EV - energy[:, None]) ** 2) / (2 * width**2)) / width


def _measured(image: np.ndarray, random) -> np.ndarray:
    background = random.uniform(0, 1.5) * image.mean() * (1 + random.uniform(0, 1) * np.linspace(1, -1, len(EV)))
    image = (image + background) / (1 + np.exp(np.clip(EV / random.uniform(0.01, 0.1), -40, 40)))
    image = gaussian_filter(image, random.uniform(0.3, 1.2))
    return random.poisson(image / image.mean() * np.exp(random.uniform(np.log(20), np.log(1000)))).astype(np.float32)
