"""Feed-forward networks: trained by scikit-learn, evaluated by NumPy from plain arrays."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor


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


def fit_network(
    inputs: np.ndarray,
    targets: np.ndarray,
    hidden: tuple[int, ...],
    epochs: int,
    seed: int,
    batch: int = 128,
    rate: float = 1e-3,
    report: Callable[[int, float], None] = lambda epoch, loss: None,
) -> Network:
    """Train on inputs (sample, input) and targets (sample, output) by Adam with a rate that falls along a cosine.

    Inputs are standardised and targets divided by one common scale inside; both are folded into the layers returned.
    report: gets the epoch and the loss on the training samples.
    """
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0)
    spread = np.where(spread > 1e-3, spread, 1.0)
    scale = float(targets.std())
    ready = ((inputs - centre) / spread).astype(np.float32)
    aimed = (targets / scale).astype(np.float32)
    model = MLPRegressor(
        hidden_layer_sizes=hidden, batch_size=batch, alpha=1e-6, learning_rate_init=rate, random_state=seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for epoch in range(epochs):
            if epoch:  # scikit-learn has no schedule for Adam; its optimiser exists after the first epoch
                model._optimizer.learning_rate_init = rate * (0.5 + 0.5 * np.cos(np.pi * epoch / epochs)) + 1e-6
            model.partial_fit(ready, aimed[:, 0] if aimed.shape[1] == 1 else aimed)
            report(epoch, model.loss_)
    weights, biases = [w.astype(np.float64) for w in model.coefs_], [b.astype(np.float64) for b in model.intercepts_]
    biases[0] -= (centre / spread) @ weights[0]
    weights[0] /= spread[:, None]
    weights[-1], biases[-1] = weights[-1] * scale, biases[-1] * scale
    single = lambda layers: tuple(layer.astype(np.float32) for layer in layers)  # noqa: E731
    return Network(single(weights), single(biases))
