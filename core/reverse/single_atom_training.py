"""Training of the single-atom model on the forward model's data set."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

from core.learning.dataset import read_shard
from core.learning.provenance import made_with, plan_sha256
from core.learning.training.dense import fit_network
from core.learning.training.pytorch import torch_module
from core.learning.weights import save_weights
from core.reverse.drawing import single_thread_pool
from core.reverse.single_atom import DESCRIPTORS, KEPT, WEIGHTS, examples

COMPONENTS = 256
SHARDS = 400
"""Training shards of the forward model's data set that are used, 16 stacks each."""


def _shard_examples(file: Path) -> tuple[np.ndarray, np.ndarray]:
    parts = [examples(record) for record in read_shard(file)]
    spectra, targets = (np.concatenate(column) for column in zip(*parts, strict=True))
    return spectra[(slice(None), *KEPT)].reshape(len(spectra), -1).astype(np.float16), targets


def train_single_atom(
    dataset: Path, out: Path = WEIGHTS, shards: int = SHARDS, epochs: int = 20, report: Callable[[str], None] = print
) -> None:
    """Train on the first shards of the forward model's data set and write the weights.

    Raises:
        InputError: PyTorch is not installed.
    """
    torch_module()
    files = sorted(dataset.glob("train-*.h5"))[:shards]
    with single_thread_pool() as pool:
        parts = pool.map(_shard_examples, files)
    pixels, targets = (np.concatenate(column) for column in zip(*parts, strict=True))
    report(f"{len(pixels)} spectra")
    random = np.random.default_rng(0)
    chosen = np.sort(random.choice(len(pixels), min(10000, len(pixels)), replace=False))
    found = PCA(COMPONENTS, svd_solver="randomized", iterated_power=3, random_state=0).fit(
        pixels[chosen].astype(np.float32)
    )
    mean, components = found.mean_.astype(np.float32), found.components_.T.astype(np.float32)
    spread = np.sqrt(found.explained_variance_)
    scale = (spread + 0.01 * spread[0]).astype(np.float32)
    inputs = np.concatenate(
        [(pixels[i : i + 4096].astype(np.float32) - mean) @ components / scale for i in range(0, len(pixels), 4096)]
    )
    centre, width = targets.mean(axis=0), targets.std(axis=0)
    network = fit_network(
        inputs, (targets - centre) / width, (384, 384), epochs, 0, 256,
        report=lambda epoch, loss: report(f"epoch {epoch + 1}, loss {loss:.5f}"),
    )  # fmt: skip
    half = {n: v.astype(np.float16) if v.ndim == 2 else v for n, v in network.arrays("network").items()}
    arrays = {
        "mean": mean, "components": components.astype(np.float16), "scale": scale, "centre": centre.astype(np.float32),
        "spread": width.astype(np.float32),
    }  # fmt: skip
    card = {
        "made_from": made_with() | {"data_set_sha256": plan_sha256(dataset)},
        "descriptors": DESCRIPTORS,
        "training_shards": len(files),
        "epochs": epochs,
    }
    save_weights(arrays | half, out, card, compressed=True)
