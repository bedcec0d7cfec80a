"""Feed-forward networks, evaluated by NumPy from plain arrays; `core.learning.training` makes them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Network:
    """Fully connected layers with rectifiers between them; weights[i] is (in, out), biases[i] (out,)."""

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]

    def hidden(self, inputs: np.ndarray) -> np.ndarray:
        """(sample, unit) values of the last hidden layer; the output is linear in them."""
        values = inputs
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            values = values @ weight
            values += bias
            np.maximum(values, 0.0, out=values)
        return values

    def output(self, hidden: np.ndarray) -> np.ndarray:
        """(sample, output) from hidden values."""
        return hidden @ self.weights[-1] + self.biases[-1]

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """(sample, output) from inputs (sample, input)."""
        return self.output(self.hidden(inputs))

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """The layers by name, for a weights file."""
        return {f"{prefix}.weight{i}": w for i, w in enumerate(self.weights)} | {
            f"{prefix}.bias{i}": b for i, b in enumerate(self.biases)
        }

    @classmethod
    def from_arrays(cls, arrays, prefix: str) -> "Network":
        """The inverse of `arrays`; 16-bit numbers become 32-bit ones."""
        layers = sum(name.startswith(f"{prefix}.weight") for name in arrays)
        take = lambda kind: tuple(np.asarray(arrays[f"{prefix}.{kind}{i}"], np.float32) for i in range(layers))  # noqa: E731
        return cls(take("weight"), take("bias"))
