"""Convolutional networks: evaluated by NumPy from plain arrays; `core.learning.training` makes them."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.learning.network import Network

STRIDE = 2
"""Of every convolution, along both axes."""


@dataclass(frozen=True, eq=False)
class ConvolutionalNetwork:
    """Convolutions and then dense layers, with rectifiers between all of them.

    kernels[i] is (out, in, h, w), offsets[i] (out,). dense: takes the flattened features (row, column, channel) and
    then marks that stand beside the images.
    """

    kernels: tuple[np.ndarray, ...]
    offsets: tuple[np.ndarray, ...]
    dense: Network

    def hidden(self, images: np.ndarray, marks: np.ndarray) -> np.ndarray:
        """(image, unit) values of the last hidden layer, from images (image, channel, row, column) and marks."""
        return self.dense.hidden(self._inputs(images, marks)[0])

    def first_hidden(self, images: np.ndarray, marks: np.ndarray) -> np.ndarray:
        """(image, unit) values of the first dense layer."""
        return np.maximum(self._inputs(images, marks)[0] @ self.dense.weights[0] + self.dense.biases[0], 0.0)

    def output(self, hidden: np.ndarray) -> np.ndarray:
        """(image, output) from hidden values."""
        return self.dense.output(hidden)

    def slope(self, images: np.ndarray, marks: np.ndarray, output: int) -> np.ndarray:
        """(image, channel, row, column) derivative of one output by every pixel."""
        inputs, layers = self._inputs(images, marks)
        values, active = inputs, []
        for weight, bias in zip(self.dense.weights[:-1], self.dense.biases[:-1], strict=True):
            values = np.maximum(values @ weight + bias, 0.0)
            active.append(values > 0)
        back = np.broadcast_to(self.dense.weights[-1][:, output], values.shape)
        for weight, on in zip(self.dense.weights[-2::-1], active[::-1], strict=True):
            back = (back * on) @ weight.T
        back = back[:, : inputs.shape[1] - marks.shape[1]].reshape(layers[-1].shape)
        for number in range(len(self.kernels) - 1, -1, -1):
            back = back * (layers[number + 1] > 0)
            back = _spread(back, self.kernels[number], layers[number].shape)
        return back.transpose(0, 3, 1, 2)

    def _inputs(self, images: np.ndarray, marks: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Inputs of the dense layers, and the images and the values after each convolution, channels last."""
        layers = [np.ascontiguousarray(images.transpose(0, 2, 3, 1), np.float32)]
        for kernel, offset in zip(self.kernels, self.offsets, strict=True):
            layers.append(np.maximum(_convolved(layers[-1], kernel) + offset, 0.0))
        return np.hstack([layers[-1].reshape(len(images), -1), marks]).astype(np.float32), layers

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """The layers by name, for a weights file."""
        kernels = {f"{prefix}.kernel{i}": kernel for i, kernel in enumerate(self.kernels)}
        offsets = {f"{prefix}.offset{i}": offset for i, offset in enumerate(self.offsets)}
        return kernels | offsets | self.dense.arrays(f"{prefix}.dense")

    @classmethod
    def from_arrays(cls, arrays, prefix: str) -> "ConvolutionalNetwork":
        """The inverse of `arrays`; 16-bit numbers become 32-bit ones."""
        layers = sum(name.startswith(f"{prefix}.kernel") for name in arrays)
        take = lambda kind: tuple(np.asarray(arrays[f"{prefix}.{kind}{i}"], np.float32) for i in range(layers))  # noqa: E731
        return cls(take("kernel"), take("offset"), Network.from_arrays(arrays, f"{prefix}.dense"))


def with_measured(images: np.ndarray) -> np.ndarray:
    """(image, 2 × channel, row, column) 32-bit images with zeros for NaN, and after them where they were measured."""
    images = np.asarray(images, np.float32)
    seen = np.isfinite(images)
    return np.concatenate([np.where(seen, images, 0.0), seen], axis=1, dtype=np.float32)


def _convolved(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """(image, row, column, out) of values (image, row, column, in), zeros beyond the edges."""
    height, width = kernel.shape[2:]
    padded = np.pad(values, ((0, 0), (height // 2,) * 2, (width // 2,) * 2, (0, 0)))
    windows = sliding_window_view(padded, (height, width), (1, 2))[:, ::STRIDE, ::STRIDE]
    return np.tensordot(windows, kernel, ([3, 4, 5], [1, 2, 3]))


def _spread(back: np.ndarray, kernel: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The transpose of `_convolved`: derivatives (image, row, column, out) back to values of a shape."""
    height, width = kernel.shape[2:]
    images, rows, columns, channels = shape
    padded = np.zeros((images, rows + 2 * (height // 2), columns + 2 * (width // 2), channels), np.float32)
    for i in range(height):
        for j in range(width):
            part = padded[:, i : i + STRIDE * back.shape[1] : STRIDE, j : j + STRIDE * back.shape[2] : STRIDE]
            part += (back @ kernel[:, :, i, j])[:, : part.shape[1], : part.shape[2]]
    return padded[:, height // 2 : height // 2 + rows, width // 2 : width // 2 + columns]
