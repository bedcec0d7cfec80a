"""Training of convolutional networks by PyTorch, which only training needs (`requirements-train.txt`)."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.learning.convolution import STRIDE, ConvolutionalNetwork, with_measured
from core.learning.network import Network


@dataclass(frozen=True)
class ConvolutionSettings:
    """channels, kernels: of each convolution. hidden: units of each dense layer. rate: highest, of one cycle."""

    channels: tuple[int, ...] = (24, 48, 72)
    kernels: tuple[int, ...] = (5, 3, 3)
    hidden: tuple[int, ...] = (512, 512)
    epochs: int = 12
    batch: int = 256
    rate: float = 2e-3
    seed: int = 0


def torch_module():
    """PyTorch.

    Raises:
        InputError: it is not installed.
    """
    try:
        import torch
    except ImportError:
        raise InputError(
            "Training the reverse model needs PyTorch: pip install -r requirements-train.txt (running it does not)"
        ) from None
    return torch


def fit_convolutional(
    images: np.ndarray,
    marks: Callable[[np.ndarray, np.random.Generator], np.ndarray],
    targets: np.ndarray,
    weight: np.ndarray,
    settings: ConvolutionSettings,
    report: Callable[[int, float], None] = lambda epoch, loss: None,
    mirrored: bool = False,
    start: ConvolutionalNetwork | None = None,
) -> ConvolutionalNetwork:
    """Train for the least weighted mean absolute error, by AdamW on one cycle of the rate.

    Args:
        images: (image, channel, row, column), NaN where nothing was measured; 16 bit, possibly on disk. The network
            sees zeros there, and as many channels again that say where.
        marks: gives (image, mark) of images (image,) by number, anew in every epoch.
        targets: (image, output), of about unit spread.
        weight: (output,) of the errors.
        settings: of the network and its training.
        report: gets the epoch and its mean loss.
        mirrored: half of the images are taken with their channels in reverse order, others in every epoch.
        start: network of the same shape to go on from.

    Raises:
        InputError: PyTorch is not installed.
    """
    torch = torch_module()
    torch.set_num_threads(len(os.sched_getaffinity(0)))  # the command line has set one, for NumPy
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    example = marks(np.arange(1), random)
    convolution, dense = _layers(torch, images.shape[1:], example.shape[1], targets.shape[1], settings)
    if start is not None:
        _take_over(torch, convolution, dense, start)
    parameters = [*convolution.parameters(), *dense.parameters()]
    steps = len(images) // settings.batch
    optimiser = torch.optim.AdamW(parameters, settings.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.rate, total_steps=steps * settings.epochs, pct_start=0.1
    )
    weight = torch.from_numpy(np.asarray(weight, np.float32))
    for epoch in range(settings.epochs):
        order = random.permutation(len(images))[: steps * settings.batch].reshape(steps, settings.batch)
        total = 0.0
        for chosen in order:
            chosen = np.sort(chosen)
            part = images[chosen]
            if mirrored:
                turned = random.random(len(part)) < 0.5
                part[turned] = part[turned, ::-1]
            seen = torch.from_numpy(with_measured(part)).contiguous(memory_format=torch.channels_last)
            beside = torch.from_numpy(marks(chosen, random))
            with torch.autocast("cpu", torch.bfloat16):
                features = convolution(seen).permute(0, 2, 3, 1).flatten(1)
                found = dense(torch.cat([features, beside], 1))
            loss = (weight * (found.float() - torch.from_numpy(targets[chosen])).abs()).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        report(epoch, total / steps)
    return _plain(convolution, dense)


def _layers(torch, shape: tuple[int, ...], marks: int, outputs: int, settings: ConvolutionSettings):
    nn = torch.nn
    channels, rows, columns = 2 * shape[0], *shape[1:]
    layers = []
    for count, size in zip(settings.channels, settings.kernels, strict=True):
        layers += [nn.Conv2d(channels, count, size, STRIDE, size // 2), nn.ReLU()]
        channels, rows, columns = count, -(-rows // STRIDE), -(-columns // STRIDE)
    sizes = (channels * rows * columns + marks, *settings.hidden)
    dense = []
    for inputs, units in zip(sizes, sizes[1:], strict=False):
        dense += [nn.Linear(inputs, units), nn.ReLU()]
    convolution = nn.Sequential(*layers).to(memory_format=torch.channels_last)
    return convolution, nn.Sequential(*dense, nn.Linear(sizes[-1], outputs))


def _take_over(torch, convolution, dense, start: ConvolutionalNetwork) -> None:
    kernels = [layer for layer in convolution if hasattr(layer, "weight")]
    linear = [layer for layer in dense if hasattr(layer, "weight")]
    with torch.no_grad():
        for layer, weight, bias in zip(kernels, start.kernels, start.offsets, strict=True):
            layer.weight.copy_(torch.from_numpy(np.asarray(weight, np.float32)))
            layer.bias.copy_(torch.from_numpy(np.asarray(bias, np.float32)))
        for layer, weight, bias in zip(linear, start.dense.weights, start.dense.biases, strict=True):
            layer.weight.copy_(torch.from_numpy(np.asarray(weight.T, np.float32)))
            layer.bias.copy_(torch.from_numpy(np.asarray(bias, np.float32)))


def _plain(convolution, dense) -> ConvolutionalNetwork:
    array = lambda tensor: tensor.detach().float().contiguous().numpy().copy()  # noqa: E731
    kernels = [layer for layer in convolution if hasattr(layer, "weight")]
    linear = [layer for layer in dense if hasattr(layer, "weight")]
    return ConvolutionalNetwork(
        tuple(array(layer.weight) for layer in kernels),
        tuple(array(layer.bias) for layer in kernels),
        Network(tuple(array(layer.weight.T) for layer in linear), tuple(array(layer.bias) for layer in linear)),
    )
