"""Training of fully connected networks by PyTorch."""

from collections.abc import Callable

import numpy as np

from core.learning.network import Network
from core.learning.training.pytorch import dense_layers, plain_network, torch_module, with_weights

LOWEST_RATE = 1e-6


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
    report: gets the epoch and the loss on the training samples, half their mean squared error in units of the scale.

    Raises:
        InputError: PyTorch is not installed.
    """
    torch = torch_module()
    ready, aimed, *scales = standardised(inputs, targets)
    ready, aimed = torch.from_numpy(ready), torch.from_numpy(aimed)
    random = torch.Generator().manual_seed(seed)
    layers = _initialised(torch, dense_layers(torch, (inputs.shape[1], *hidden, targets.shape[1])), random)
    optimiser = torch.optim.Adam(layers.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs, LOWEST_RATE)
    for epoch in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(ready), generator=random).split(batch):
            loss = 0.5 * torch.nn.functional.mse_loss(layers(ready[chosen]), aimed[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += float(loss.detach()) * len(chosen)
        schedule.step()
        report(epoch, total / len(ready))
    return folded(plain_network(layers), *scales)


def standardised(
    inputs: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    """32-bit inputs and targets of about unit spread, and the centre, spread and scale for `folded`."""
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0)
    spread = np.where(spread > 1e-3, spread, 1.0)
    scale = float(targets.std())
    return ((inputs - centre) / spread).astype(np.float32), (targets / scale).astype(np.float32), centre, spread, scale


def folded(network: Network, centre: np.ndarray, spread: np.ndarray, scale: float) -> Network:
    """The network of raw inputs that gives scale times what `network` gives for (inputs - centre) / spread."""
    weights, biases = ([layer.astype(np.float64) for layer in part] for part in (network.weights, network.biases))
    biases[0] = biases[0] - (centre / spread) @ weights[0]
    weights[0] = weights[0] / spread[:, None]
    weights[-1], biases[-1] = weights[-1] * scale, biases[-1] * scale
    single = lambda layers: tuple(layer.astype(np.float32) for layer in layers)  # noqa: E731
    return Network(single(weights), single(biases))


def _initialised(torch, layers, random):
    """Weights as Glorot and Bengio draw them, biases zero."""
    for layer in with_weights(layers):
        torch.nn.init.xavier_uniform_(layer.weight, generator=random)
        torch.nn.init.zeros_(layer.bias)
    return layers
