"""Training of convolutional networks by PyTorch."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.learning.convolution import STRIDE, ConvolutionalNetwork, with_measured
from core.learning.training.pytorch import array, dense_layers, plain_network, torch_module, with_weights


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
    torch = torch_module(threads=len(os.sched_getaffinity(0)))
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    example = marks(np.arange(1), random)
    convolution, dense = convolutional_layers(torch, images.shape[1:], example.shape[1], targets.shape[1], settings)
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
                found = applied(torch, convolution, dense, seen, beside)
            loss = (weight * (found.float() - torch.from_numpy(targets[chosen])).abs()).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        report(epoch, total / steps)
    return plain_convolutional(convolution, dense)


def convolutional_layers(torch, shape: tuple[int, ...], marks: int, outputs: int, settings: ConvolutionSettings):
    """The convolutions and the dense layers behind them, for images (channel, row, column) beside so many marks."""
    nn = torch.nn
    channels, rows, columns = 2 * shape[0], *shape[1:]
    layers = []
    for count, size in zip(settings.channels, settings.kernels, strict=True):
        layers += [nn.Conv2d(channels, count, size, STRIDE, size // 2), nn.ReLU()]
        channels, rows, columns = count, -(-rows // STRIDE), -(-columns // STRIDE)
    convolution = nn.Sequential(*layers).to(memory_format=torch.channels_last)
    return convolution, dense_layers(torch, (channels * rows * columns + marks, *settings.hidden, outputs))


def applied(torch, convolution, dense, images, marks):
    """(image, output) of tensors: images (image, channel, row, column), channels last in memory, and marks."""
    features = convolution(images).permute(0, 2, 3, 1).flatten(1)
    return dense(torch.cat([features, marks], 1))


def plain_convolutional(convolution, dense) -> ConvolutionalNetwork:
    """The same for NumPy."""
    kernels = with_weights(convolution)
    return ConvolutionalNetwork(
        tuple(array(layer.weight) for layer in kernels),
        tuple(array(layer.bias) for layer in kernels),
        plain_network(dense),
    )


def _take_over(torch, convolution, dense, start: ConvolutionalNetwork) -> None:
    weights = [*start.kernels, *(weight.T for weight in start.dense.weights)]
    biases = [*start.offsets, *start.dense.biases]
    with torch.no_grad():
        for layer, weight, bias in zip(with_weights([*convolution, *dense]), weights, biases, strict=True):
            layer.weight.copy_(torch.from_numpy(np.array(weight, np.float32)))
            layer.bias.copy_(torch.from_numpy(np.array(bias, np.float32)))
