"""PyTorch, which only training needs (`requirements-train.txt`), and its layers as plain arrays."""

import numpy as np

from core.errors import InputError
from core.learning.network import Network


def torch_module(threads: int = 1):
    """PyTorch, on so many threads: more of them only pay for large layers, and wait for each other on a busy machine.

    Raises:
        InputError: it is not installed.
    """
    try:
        import torch
    except ImportError:
        raise InputError(
            "Training needs PyTorch: pip install -r requirements-train.txt (running what was trained does not)"
        ) from None
    torch.set_num_threads(threads)
    return torch


def dense_layers(torch, sizes: tuple[int, ...]):
    """Fully connected layers of so many units, inputs and outputs too, with rectifiers between them."""
    nn, layers = torch.nn, []
    for inputs, units in zip(sizes[:-2], sizes[1:-1], strict=True):
        layers += [nn.Linear(inputs, units), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(*sizes[-2:]))


def with_weights(layers) -> list:
    """The layers that have weights, without the rectifiers."""
    return [layer for layer in layers if hasattr(layer, "weight")]


def array(tensor) -> np.ndarray:
    """A copy in 32 bits."""
    return tensor.detach().float().contiguous().numpy().copy()


def plain_network(layers) -> Network:
    """The same as dense layers, for NumPy."""
    linear = with_weights(layers)
    return Network(tuple(array(layer.weight.T) for layer in linear), tuple(array(layer.bias) for layer in linear))
