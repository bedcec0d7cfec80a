"""Networks that learn more without losing what they knew: extra units beside their own, trained on what is left over.

The extra units learn the difference between new exact answers and what the network says, and to say nothing wherever
old inputs lie, for which no exact answers are needed. They join the network's own layers as blocks, so that the result
is a network like any other. The idea of growing beside frozen weights is that of progressive networks (Rusu et al.,
arXiv:1606.04671), old inputs without answers that of learning without forgetting (Li and Hoiem, arXiv:1606.09282).

They are few, and learning from cases has to work wherever the dashboard runs: scikit-learn trains them, not PyTorch.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from core.learning.network import Network
from core.learning.training.dense import folded, standardised


@dataclass(frozen=True)
class SupplementSettings:
    """units: in each extra hidden layer. components: of the differences that are learned. repeats: of new examples."""

    units: int = 256
    components: int = 64
    repeats: int = 8
    epochs: int = 30
    batch: int = 128
    seed: int = 0


def supplemented(
    network: Network, inputs: np.ndarray, targets: np.ndarray, old_inputs: np.ndarray, settings: SupplementSettings
) -> Network:
    """A wider network that gives the new targets (sample, output), and about the old answers for old inputs."""
    left = targets - network(inputs.astype(np.float32))
    components = np.linalg.svd(left, full_matrices=False)[2][: settings.components]
    new = np.repeat(left @ components.T, settings.repeats, axis=0)
    rows = np.concatenate([np.repeat(inputs, settings.repeats, axis=0), old_inputs])
    aimed = np.concatenate([new, np.zeros((len(old_inputs), len(components)), new.dtype)])
    hidden = (settings.units,) * (len(network.weights) - 1)
    extra = fit_units(rows, aimed, hidden, settings)
    return widened(network, extra, components.astype(np.float32))


def fit_units(
    inputs: np.ndarray, targets: np.ndarray, hidden: tuple[int, ...], settings: SupplementSettings
) -> Network:
    """A small network of its own, by Adam with a rate that falls along a cosine."""
    ready, aimed, *scales = standardised(inputs, targets)
    model = MLPRegressor(hidden_layer_sizes=hidden, batch_size=settings.batch, alpha=1e-6, random_state=settings.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for epoch in range(settings.epochs):
            if epoch:  # scikit-learn has no schedule for Adam; its optimiser exists after the first epoch
                falling = 0.5 + 0.5 * np.cos(np.pi * epoch / settings.epochs)
                model._optimizer.learning_rate_init = model.learning_rate_init * falling + 1e-6
            model.partial_fit(ready, aimed[:, 0] if aimed.shape[1] == 1 else aimed)
    return folded(Network(tuple(model.coefs_), tuple(model.intercepts_)), *scales)


def widened(network: Network, extra: Network, components: np.ndarray) -> Network:
    """The network and extra units side by side: its output is the sum of both.

    Args:
        network: of any output.
        extra: of as many layers and the same inputs.
        components: (component, output) what the extra outputs stand for.
    """
    weights = [np.hstack([network.weights[0], extra.weights[0]])]
    for own, added in zip(network.weights[1:-1], extra.weights[1:-1], strict=True):
        block = np.zeros((len(own) + len(added), own.shape[1] + added.shape[1]), np.float32)
        block[: len(own), : own.shape[1]], block[len(own) :, own.shape[1] :] = own, added
        weights.append(block)
    weights.append(np.vstack([network.weights[-1], extra.weights[-1] @ components]))
    biases = [np.concatenate(pair) for pair in zip(network.biases[:-1], extra.biases[:-1], strict=True)]
    biases.append(network.biases[-1] + extra.biases[-1] @ components)
    return Network(tuple(weights), tuple(biases))
