"""The forward model learns from the replay store: candidates for new weights, and their errors beside the old ones'."""

from dataclasses import replace
from itertools import islice

import numpy as np

from core.forward.features import crystal_features, kz_features
from core.forward.model import SpectrumModel
from core.forward.training import Examples, joined, record_examples
from core.learning.dataset import Record
from core.learning.samples import training_stream
from core.learning.supplement import SupplementSettings, supplemented

OLD_STACKS = 800
OLD_SEED = 9
"""Of the stacks on which answers shall stay."""

SETTINGS = SupplementSettings()


def examples_of(records: list[Record], line: str) -> Examples | None:
    """The examples of `path` or `cuts` in some records; None where there are none."""
    found = [record_examples(record, line == "cuts", number) for number, record in enumerate(records)]
    found = [part for part in found if part is not None]
    return joined(found) if found else None


def old_features(line: str, stacks: int = OLD_STACKS) -> np.ndarray:
    """(sample, feature) inputs of stacks like those that the model was trained on; they need no exact spectra."""
    random, rows = np.random.default_rng(OLD_SEED), []
    for sample in islice(training_stream(OLD_SEED), stacks):
        features = np.unique(crystal_features(sample.crystal()), axis=0)
        if line == "cuts":
            features = np.hstack([features, np.tile(kz_features(float(random.uniform())), (len(features), 1))])
        rows.append(features)
    return np.concatenate(rows)


def learned_model(
    model: SpectrumModel, new: Examples, old: np.ndarray, settings: SupplementSettings = SETTINGS
) -> SpectrumModel:
    """The model with extra units that know the new examples; old: (sample, feature) inputs where answers shall stay."""
    targets = model.basis.encode(new.pictures - new.baseline)
    networks = tuple(supplemented(network, new.features, targets, old, settings) for network in model.networks)
    return replace(model, networks=networks)


def total_error(model: SpectrumModel, exact: Examples) -> float:
    """Relative L1 error of the totals A(k, E) of all stacks together: Σ|predicted − exact| / Σ exact."""
    predicted = np.maximum(model.pictures(model.hidden(exact.features)) + exact.baseline, 0.0)
    totals, right = exact.totals(predicted), exact.totals(exact.pictures)
    return float(np.abs(totals - right).sum(dtype=np.float64) / right.sum(dtype=np.float64))
