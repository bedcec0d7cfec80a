"""Training of the forward model from the data set: bases, networks, error bars, domain, and the model card."""

import json
import platform
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from core.electronic.calculation import ENGINE_VERSION
from core.errors import InputError
from core.forward.baseline import virtual_cut
from core.forward.domain import Domain, weighted
from core.forward.features import kz_features, layer_features
from core.forward.model import MODEL_VERSION, SpectrumModel, weights_file
from core.learning.dataset import CUTS, SCHEMA_VERSION, Record, read_shard
from core.learning.error_bars import ErrorBars
from core.learning.provenance import made_with, plan_sha256
from core.learning.samples import LATTICE_TRAINED, LONGEST_BLOCK, LONGEST_PERIOD, DrawnSample, is_held_back
from core.learning.training.basis import fit_basis
from core.learning.training.dense import fit_network
from core.learning.training.error_bars import fit_scale, fit_shape, recalibrated
from core.learning.training.pytorch import torch_module
from core.learning.weights import save_weights

LEAST_CLASSES = 6
CALIBRATION_EVERY = 16
"""One composition profile in so many is kept from the networks, for the typical error."""

REFERENCES = 4000
"""Training atoms that the domain score compares with."""


@dataclass(frozen=True)
class Settings:
    """What a training run is made of.

    hidden: units of the hidden layers. networks: size of the ensemble. group: neighbouring k-points with a basis of
    their own, of so many coefficients.
    """

    group: int
    coefficients: int
    hidden: tuple[int, ...] = (512, 512, 512)
    networks: int = 1
    epochs: int = 40
    batch: int = 256
    seed: int = 0


SETTINGS = {"path": Settings(group=4, coefficients=64), "cuts": Settings(group=7, coefficients=128)}
"""Those of the shipped weights."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Atom classes of some stacks as a model sees them, with their pictures.

    features: (sample, feature). pictures: (sample, k, energy) 1/eV times the number of atoms. stack: (sample,) number
    of the stack. share: (sample,) share of the stack's atoms that the class stands for. baseline: (sample, k, energy)
    what the network's output is added to, (sample, 1, 1) zeros where there is nothing.
    """

    features: np.ndarray
    pictures: np.ndarray
    stack: np.ndarray
    share: np.ndarray
    baseline: np.ndarray

    @property
    def repeats(self) -> np.ndarray:
        """(sample,) how often each counts in training: a short period with few classes counts like any other stack."""
        _, row, classes = np.unique(self.stack, return_inverse=True, return_counts=True)
        return -(-LEAST_CLASSES // classes)[row]

    def totals(self, values: np.ndarray) -> np.ndarray:
        """(stack, …): averages over the atoms of each stack, in the order of the stacks."""
        numbers, row = np.unique(self.stack, return_inverse=True)
        mean = np.zeros((len(numbers), len(self.stack)), np.float32)
        mean[row, np.arange(len(row))] = self.share
        return (mean @ values.reshape(len(values), -1)).reshape(len(numbers), *values.shape[1:])


def record_examples(record: Record, cuts: bool, number: int = 0) -> Examples | None:
    """The examples in one record; None where it has no cuts and they are asked for."""
    _, first, counts = np.unique(record.site_class, return_index=True, return_counts=True)
    features = layer_features(record.ge_fraction, record.spacing, record.sample.lattice)[first]
    pictures, baseline = record.path, np.zeros((1, 1), np.float32)
    if cuts:
        if record.cut_x is None:
            return None
        features = np.hstack([features, np.tile(kz_features(record.sample.kz), (len(first), 1))])
        pictures = np.concatenate([record.cut_x, record.cut_k], axis=1)
        mean = (float(record.ge_fraction.mean()), record.sample.lattice, float(record.spacing.mean()))
        baseline = np.concatenate([virtual_cut(*mean, cut, record.sample.kz) for cut in CUTS.values()])
    atoms = len(record.site_class)
    return Examples(
        features,
        pictures.astype(np.float32) * atoms,
        np.full(len(first), number),
        (counts / atoms).astype(np.float32),
        np.broadcast_to(baseline, (len(first), *baseline.shape)),
    )


def examples(
    files: list[Path], cuts: bool, chosen: Callable[[DrawnSample], bool] = lambda sample: True
) -> Iterator[Examples]:
    """The examples of each shard, those of chosen samples alone."""
    number = 0
    for file in files:
        parts = []
        for record in read_shard(file, chosen):
            part = record_examples(record, cuts, number)
            number += 1
            if part is not None:
                parts.append(part)
        if parts:
            yield joined(parts)


def is_kept(sample: DrawnSample) -> bool:
    """Whether a training sample is kept from the networks, for the typical error."""
    return is_held_back(sample.stack, CALIBRATION_EVERY)


def is_used(sample: DrawnSample) -> bool:
    """Whether the networks learn from a training sample."""
    return not is_kept(sample)


def _has_any(files: list[Path], chosen: Callable[[DrawnSample], bool]) -> bool:
    return any(True for file in files for _ in read_shard(file, chosen))


def joined(parts: list[Examples]) -> Examples:
    """Examples one after the other."""
    return Examples(*(np.concatenate([getattr(p, name) for p in parts]) for name in Examples.__dataclass_fields__))


def train(
    folder: Path,
    line: str,
    out: Path | None = None,
    settings: Settings | None = None,
    report: Callable[[str], None] = print,
) -> dict:
    """Train one model on a data set and write its weights and model card; returns the card.

    Args:
        folder: from `core.learning.dataset.generate`.
        line: `path` or `cuts`.
        out: weights file, that of the project by default; the card is written beside it as `.json`.
        settings: size and length of the training.
        report: gets lines of progress.

    Raises:
        InputError: the folder holds too few training samples, or PyTorch is not installed.
    """
    settings, folder, start = settings or SETTINGS[line], Path(folder), time.monotonic()
    out = out or weights_file(line)
    files = sorted(folder.glob("train-*.h5"))
    if len(files) < CALIBRATION_EVERY:
        raise InputError(
            f"{folder} holds {len(files)} training shards, at least {CALIBRATION_EVERY} are needed; "
            "make them with python -m core dataset"
        )
    if not all(_has_any(files, chosen) for chosen in (is_kept, is_used)):
        raise InputError(
            f"The composition profiles in {folder} are too few to keep one in {CALIBRATION_EVERY} back; "
            "make more with python -m core dataset"
        )
    torch_module()
    validation = sorted(folder.glob("validation-*.h5"))
    model, features = _fit(
        files,
        validation,
        line == "cuts",
        settings,
        lambda text: report(f"{time.monotonic() - start:6.0f} s  {text}"),
    )
    arrays = model.arrays("model")
    if line == "path":
        domain = fit_domain(features, joined(list(examples(validation, False))).features, settings.seed)
        arrays |= domain.arrays("domain")
    card = {
        "model_version": MODEL_VERSION,
        "line": line,
        "made_from": made_with() | {"data_set_sha256": plan_sha256(folder)},
        "data": json.loads((folder / "plan.json").read_text(encoding="utf-8")) | {"training_shards": len(files)},
        "settings": asdict(settings),
        "held_back": f"one composition profile in {CALIBRATION_EVERY}",
        "domain": {"lattice": LATTICE_TRAINED, "longest_block": LONGEST_BLOCK, "longest_period": LONGEST_PERIOD},
        "versions": {
            "engine": ENGINE_VERSION,
            "schema": SCHEMA_VERSION,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch_module().__version__,
        },
    }
    return save_weights(_rounded(arrays), out, card)


def _fit(files, validation, cuts, settings, say) -> tuple[SpectrumModel, np.ndarray]:
    pictures = (part.pictures - part.baseline for part in examples(files, cuts, is_used))
    basis = fit_basis(pictures, settings.group, settings.coefficients)
    say(f"basis of {basis.width} coefficients")
    parts = [
        (part.features, basis.encode(part.pictures - part.baseline), part.repeats)
        for part in examples(files, cuts, is_used)
    ]
    features, targets, repeats = (np.concatenate(column) for column in zip(*parts, strict=True))
    features, targets = (np.repeat(values, repeats, axis=0) for values in (features, targets))
    del parts
    networks = tuple(
        fit_network(
            features, targets, settings.hidden, settings.epochs, settings.seed + number, settings.batch,
            report=lambda epoch, loss: say(f"epoch {epoch + 1} of {settings.epochs}, loss {loss:.5f}"),
        )
        for number in range(settings.networks)
    )  # fmt: skip
    bare = SpectrumModel(networks, basis, None)
    kept, unseen = joined(list(examples(files, cuts, is_kept))), joined(list(examples(validation, cuts)))
    errors = fit_error_bars(bare, kept, unseen)
    return SpectrumModel(networks, basis, errors), features


def fit_error_bars(model: SpectrumModel, kept: Examples, validation: Examples) -> ErrorBars:
    """Error bars of a model from stacks it was not trained on; the quantiles are those of the validation stacks."""
    predicted = model.pictures(model.hidden(kept.features)) + kept.baseline
    errors = predicted - kept.pictures
    scale = fit_scale(kept.features, (errors**2).mean(axis=(1, 2)), seed=0)
    bars = ErrorBars(scale, None, None)
    some = np.random.default_rng(0).permutation(len(predicted))[:1500]
    of_atoms = fit_shape(predicted[some], errors[some], bars.typical(kept.features[some]))
    totals, total_errors = kept.totals(predicted), kept.totals(errors)
    of_totals = fit_shape(totals, total_errors, kept.totals(bars.typical(kept.features)))

    predicted = model.pictures(model.hidden(validation.features)) + validation.baseline
    errors, typical = predicted - validation.pictures, bars.typical(validation.features)
    return ErrorBars(
        scale,
        recalibrated(of_atoms, predicted, errors, typical),
        recalibrated(of_totals, validation.totals(predicted), validation.totals(errors), validation.totals(typical)),
    )


def fit_domain(features: np.ndarray, validation: np.ndarray, seed: int) -> Domain:
    """References drawn from the training atoms; the unit is the distance that 99 % of validation atoms stay below."""
    chosen = np.random.default_rng(seed).permutation(len(features))[:REFERENCES]
    domain = Domain(weighted(features[chosen]), 1.0)
    return Domain(domain.references, float(np.quantile(domain.distances(validation), 0.99)))


def _rounded(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """16-bit numbers for layers and bases, whose rounding is far below the model's error; not for first layers.

    Those take inputs that are not centred, and small differences of large products would be lost.
    """
    small = {
        name for name in arrays if name.endswith(("components", "references")) or re.search(r"\.weight[1-9]\d*$", name)
    }
    return {name: array.astype(np.float16) if name in small else array for name, array in arrays.items()}
