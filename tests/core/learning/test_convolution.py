"""Convolutional networks in NumPy, against a plain sum; their training, where PyTorch is installed."""

import numpy as np
import pytest

from core.learning.convolution import ConvolutionalNetwork, with_measured
from core.learning.network import Network


def small(rows: int = 7, columns: int = 6, marks: int = 2) -> ConvolutionalNetwork:
    random = np.random.default_rng(0)
    draw = lambda *shape: random.standard_normal(shape).astype(np.float32)  # noqa: E731
    features = 4 * -(-rows // 4) * -(-columns // 4)
    return ConvolutionalNetwork(
        (draw(3, 2, 5, 5), draw(4, 3, 3, 3)), (draw(3), draw(4)),
        Network((draw(features + marks, 5), draw(5, 2)), (draw(5), draw(2))),
    )  # fmt: skip


def plainly(network: ConvolutionalNetwork, image: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """The same by loops over pixels; image (channel, row, column)."""
    for kernel, offset in zip(network.kernels, network.offsets, strict=True):
        reach = kernel.shape[2] // 2
        padded = np.pad(image, ((0, 0), (reach, reach), (reach, reach)))
        rows, columns = (range(0, n, 2) for n in image.shape[1:])
        out = np.zeros((len(kernel), len(rows), len(columns)))
        for a, i in enumerate(rows):
            for b, j in enumerate(columns):
                window = padded[:, i : i + kernel.shape[2], j : j + kernel.shape[3]]
                out[:, a, b] = (kernel * window).sum(axis=(1, 2, 3)) + offset
        image = np.maximum(out, 0)
    features = np.concatenate([image.transpose(1, 2, 0).ravel(), marks])
    hidden = np.maximum(features @ network.dense.weights[0] + network.dense.biases[0], 0)
    return hidden @ network.dense.weights[1] + network.dense.biases[1]


@pytest.mark.parametrize("shape", [(7, 6), (8, 9)])
def test_values_are_those_of_a_plain_sum(shape):
    network, random = small(*shape), np.random.default_rng(1)
    images, marks = random.standard_normal((3, 2, *shape)), random.standard_normal((3, 2))
    found = network.output(network.hidden(images, marks))
    expected = [plainly(network, image, mark) for image, mark in zip(images, marks, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(7, 6), (8, 9)])
def test_slope_is_the_derivative(shape):
    network, random = small(*shape), np.random.default_rng(2)
    images, marks = random.standard_normal((1, 2, *shape)), random.standard_normal((1, 2))
    slope = network.slope(images, marks, 1)
    step = 1e-4 * random.standard_normal(images.shape)
    ends = [plainly(network, (images + sign * step)[0], marks[0])[1] for sign in (1, -1)]
    assert (slope * step).sum() == pytest.approx((ends[0] - ends[1]) / 2, rel=1e-2)


def test_what_was_measured_stands_beside_the_image():
    images = np.array([[[[1.0, np.nan]]]])
    np.testing.assert_array_equal(with_measured(images), [[[[1.0, 0.0]], [[1.0, 0.0]]]])


def test_training_finds_where_a_line_lies():
    pytest.importorskip("torch", reason="training needs requirements-train.txt")
    from core.learning.training.convolutional import ConvolutionSettings, fit_convolutional

    random = np.random.default_rng(4)
    place = random.uniform(3, 20, 1024)
    images = np.exp(-((np.arange(24) - place[:, None]) ** 2) / 4)[:, None, None] * np.ones((1, 1, 4, 1))
    images[:, :, :1] = np.nan
    targets = ((place - 11.5) / 5)[:, None].astype(np.float32)
    settings = ConvolutionSettings(channels=(6, 8, 8), hidden=(32,), epochs=6, batch=32)
    none = lambda chosen, random: np.zeros((len(chosen), 1), np.float32)  # noqa: E731
    network = fit_convolutional(images[:896].astype(np.float16), none, targets[:896], np.ones(1), settings)
    found = network.output(network.hidden(with_measured(images[896:]), np.zeros((128, 1), np.float32)))
    assert np.abs(found - targets[896:]).mean() < 0.1
