"""What PyTorch trained and what NumPy serves are the same function."""

import sys

import numpy as np
import pytest

from core.errors import InputError
from core.learning.convolution import with_measured
from core.learning.network import Network
from core.learning.training.convolutional import (
    ConvolutionSettings,
    applied,
    convolutional_layers,
    plain_convolutional,
)
from core.learning.training.dense import fit_network, folded, standardised
from core.learning.training.pytorch import dense_layers, plain_network


def same(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.fixture
def torch():
    found = pytest.importorskip("torch", reason="training needs requirements-train.txt")
    found.manual_seed(3)
    return found


@pytest.mark.parametrize("sizes", [(65, 128, 128, 96), (7, 32, 3), (4, 2)])
def test_dense_networks_agree(torch, sizes):
    layers = dense_layers(torch, sizes)
    inputs = np.random.default_rng(0).standard_normal((200, sizes[0])).astype(np.float32)
    with torch.no_grad():
        same(plain_network(layers)(inputs), layers(torch.from_numpy(inputs)).numpy())


@pytest.mark.parametrize("shape", [(2, 25, 64), (1, 24, 17)])
def test_convolutional_networks_agree(torch, shape):
    settings = ConvolutionSettings(channels=(6, 8, 10), hidden=(32, 16))
    convolution, dense = convolutional_layers(torch, shape, 5, 4, settings)
    random = np.random.default_rng(1)
    images = random.standard_normal((12, *shape)).astype(np.float32)
    images[:, :, :3] = np.nan
    seen, marks = with_measured(images), random.standard_normal((12, 5)).astype(np.float32)
    network = plain_convolutional(convolution, dense)
    with torch.no_grad():
        tensors = torch.from_numpy(seen).contiguous(memory_format=torch.channels_last), torch.from_numpy(marks)
        expected = applied(torch, convolution, dense, *tensors).numpy()
    same(network.output(network.hidden(seen, marks)), expected)


def test_scales_are_folded_into_the_layers():
    random = np.random.default_rng(2)
    inputs, targets = random.standard_normal((50, 4)) * [1, 5, 0, 0.1] + [0, 3, 2, 1], 7 * random.random((50, 2))
    network = Network((random.standard_normal((4, 8)), random.standard_normal((8, 2))), (random.random(8), np.ones(2)))
    ready, aimed, *scales = standardised(inputs, targets)
    same(folded(network, *scales)(inputs.astype(np.float32)), scales[-1] * network(ready))
    assert aimed.std() == pytest.approx(1.0, rel=1e-5)


def test_training_is_reproducible_and_no_worse_than_scikit_learn(torch):
    from core.learning.supplement import SupplementSettings, fit_units

    random = np.random.default_rng(4)
    inputs = random.uniform(-1, 1, (1500, 3))
    targets = np.column_stack([np.sin(3 * inputs[:, 0]) * inputs[:, 1], inputs[:, 2] ** 2])
    network = fit_network(inputs, targets, (32, 32), 30, seed=0)
    again = fit_network(inputs, targets, (32, 32), 30, seed=0)
    np.testing.assert_array_equal(network.weights[1], again.weights[1])
    other = fit_units(inputs, targets, (32, 32), SupplementSettings(epochs=30))
    error, reference = (((one(inputs.astype(np.float32)) - targets) ** 2).mean() for one in (network, other))
    assert error < 1.1 * reference


def test_a_missing_pytorch_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match="requirements-train.txt"):
        fit_network(np.zeros((4, 2)), np.eye(4)[:, :1], (3,), 1, 0)
