"""The reverse model's own machinery, on small random networks."""

import numpy as np
import pytest

from core.learning.convolution import ConvolutionalNetwork, with_measured
from core.learning.network import Network
from core.reverse.model import ReverseModel, kz_marks
from core.reverse.standard import EV, KX, THEORY

HALF = len(KX) // 2 + 1
NAMES = ("lattice_in_plane", "fermi_level", "fermi_above_vbm")
MARKS = kz_marks(np.zeros(1), np.ones(1)).shape[1]
RANDOM = np.random.default_rng(3)


def layers(*sizes: int) -> Network:
    pairs = list(zip(sizes, sizes[1:], strict=False))
    weights = tuple(RANDOM.standard_normal(pair).astype(np.float32) / np.sqrt(pair[0]) for pair in pairs)
    return Network(weights, tuple(RANDOM.standard_normal(n).astype(np.float32) / 10 for n in sizes[1:]))


def convolutional(energies: int, outputs: int) -> ConvolutionalNetwork:
    kernels = tuple(
        RANDOM.standard_normal(shape).astype(np.float32) / np.sqrt(np.prod(shape[1:]))
        for shape in ((5, 4, 5, 5), (6, 5, 3, 3), (7, 6, 3, 3))
    )
    offsets = tuple(RANDOM.standard_normal(len(kernel)).astype(np.float32) / 10 for kernel in kernels)
    return ConvolutionalNetwork(kernels, offsets, layers(7 * 7 * energies // 8 + MARKS, 12, 9, outputs))


def model() -> ReverseModel:
    ones = np.ones(len(NAMES), np.float32)
    return ReverseModel(
        convolutional(len(EV), 1), convolutional(len(THEORY), 3), layers(9, 8, 3), NAMES, 0 * ones, 2 * ones,
        1.6 * ones, np.zeros(9, np.float32), np.eye(9, dtype=np.float32)[:, :4],
        np.array([1.0, 0.5, 0.1, 0.3], np.float32),
    )  # fmt: skip


def images(count: int = 3) -> np.ndarray:
    return np.random.default_rng(5).poisson(50, (count, len(KX), len(EV))).astype(np.float32)


def test_slope_is_the_derivative_by_every_pixel():
    made = model()
    found = made.read(images(1), np.array([0.3]), np.array([True]))
    slope = made.slope(found, "lattice_in_plane")
    assert slope.shape == found.seen.shape
    random = np.random.default_rng(1)
    for _ in range(5):
        step = random.standard_normal(slope.shape).astype(np.float32)
        step *= 1e-2 / np.linalg.norm(step)
        values = []
        for sign in (1, -1):
            hidden = made.network.hidden(with_measured(found.seen + sign * step), found.marks)
            values.append(float((made.network.output(hidden) * made.spread)[0, 0]))
        measured = np.isfinite(found.seen)
        assert (values[0] - values[1]) / 2 == pytest.approx(float((slope * step)[measured].sum()), rel=0.05, abs=1e-5)


def test_weights_file_keeps_the_model(tmp_path):
    made = model()
    np.savez(tmp_path / "m.npz", **made.arrays())
    with np.load(tmp_path / "m.npz", allow_pickle=False) as file:
        again = ReverseModel.from_arrays({name: file[name] for name in file.files})
    kz, known = np.array([0.1, 0.5, 0.9]), np.array([True, False, True])
    before, after = made.read(images(), kz, known), again.read(images(), kz, known)
    assert again.names == NAMES
    np.testing.assert_allclose(after.value, before.value, atol=0.02)
    np.testing.assert_allclose(after.half, before.half, rtol=0.05)
    np.testing.assert_allclose(again.strangeness(before.hidden), made.strangeness(before.hidden), rtol=1e-5)


def test_unknown_kz_is_not_looked_at():
    made = model()
    unknown = np.zeros(3, bool)
    first = made.read(images(), np.array([0.1, 0.2, 0.3]), unknown)
    second = made.read(images(), np.array([0.9, 0.8, 0.7]), unknown)
    np.testing.assert_array_equal(first.value, second.value)
    third = made.read(images(), np.array([0.9, 0.8, 0.7]), ~unknown)
    assert np.abs(third.value - second.value).max() > 1e-3


def test_strangeness_grows_with_distance():
    made = model()
    near, far = made.strangeness(np.stack([0.1 * np.ones(9), 3 * np.ones(9)]))
    assert far - near == pytest.approx(2 * np.log(30), rel=0.01)
