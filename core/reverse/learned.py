"""The reverse model learns from the replay store: extra units in its last layers, trained on images of kept cases."""

from dataclasses import replace
from itertools import islice

import numpy as np

from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.spectra import cut_signal, predicted_vbm
from core.learning.convolution import with_measured
from core.learning.dataset import Record
from core.learning.network import Network
from core.learning.samples import profile_number, training_stream
from core.learning.supplement import SupplementSettings, supplemented
from core.reverse.drawing import (
    CUTS,
    FIGURES,
    LEVEL_COLUMNS,
    OUTPUTS,
    SEVERITIES,
    Images,
    Spectra,
    draw_images,
    random_state,
    stack_figures,
)
from core.reverse.model import Readings, ReverseModel
from core.reverse.training import KZ, KZ_KNOWN
from core.reverse.training_images import CHUNK

OLD_STACKS, OLD_SEED = 500, 11
"""Stacks on whose images answers shall stay."""

DRAWS = 6
"""Images of each case and severity."""

SETTINGS = SupplementSettings(components=45, repeats=1, epochs=20)


def case_spectra(records: list[Record], cut: str) -> Spectra:
    """Exact spectra of kept cases on one cut, at the k_z that they were kept at."""
    rows = []
    for record in records:
        if record.cut_x is None:
            continue
        sample, atoms = record.sample, np.bincount(record.site_class).astype(np.float32)
        signal = np.tensordot(atoms, (record.cut_x, record.cut_k)[CUTS.index(cut)].astype(np.float32), 1)
        vbm = predicted_vbm(sample.crystal())
        rows.append((signal, sample.lattice, vbm, sample.kz, stack_figures(sample), profile_number(sample.stack)))
    return Spectra(*(np.array(column) for column in zip(*rows, strict=True)))


def drawn(spectra: dict[str, Spectra], cut: str, draws: int, seed: int) -> Images:
    """Images of spectra by severity."""
    random = np.random.default_rng([seed, CUTS.index(cut)])
    parts = [draw_images(spectra[severity], severity, cut, random) for severity in SEVERITIES for _ in range(draws)]
    return Images(*(np.concatenate([getattr(p, n) for p in parts]) for n in Images.__dataclass_fields__))


def old_spectra(cut: str, stacks: int = OLD_STACKS) -> dict[str, Spectra]:
    """Predicted spectra of stacks like those that the model was trained on."""
    random, rows = np.random.default_rng(OLD_SEED), {severity: [] for severity in SEVERITIES}
    for sample in islice(training_stream(OLD_SEED), stacks):
        crystal, kz = sample.crystal(), float(random.uniform())
        plain = (sample.lattice, predicted_vbm(crystal), kz, stack_figures(sample), profile_number(sample.stack))
        for severity, state in zip(SEVERITIES, (FinalState(kz), random_state(random, kz)), strict=True):
            rows[severity].append((cut_signal(crystal, cut, state), *plain))
    return {
        severity: Spectra(*(np.array(column) for column in zip(*part, strict=True))) for severity, part in rows.items()
    }


def read_all(model: ReverseModel, images: Images, seed: int) -> tuple[Readings, np.ndarray]:
    """Readings of many images, k_z told for a share of them, and (image, unit) their first dense layer."""
    known, kz = np.random.default_rng(seed).random(len(images.level)) < KZ_KNOWN, images.targets[:, KZ]
    parts, first = [], []
    for start in range(0, len(kz), CHUNK):
        part = slice(start, start + CHUNK)
        found = model.read(images.pictures[part], kz[part], known[part])
        parts.append(found)
        first.append(model.network.first_hidden(with_measured(found.seen), found.marks))
    fields = (n for n in Readings.__dataclass_fields__ if n != "seen")  # the images would fill the memory
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in fields}
    return Readings(seen=np.zeros(0), **columns), np.concatenate(first)


def learned_model(
    model: ReverseModel, new: Images, old: Images, settings: SupplementSettings = SETTINGS
) -> ReverseModel:
    """The model with extra units in its last hidden layer that know the new images, and leave answers to old ones."""
    found, first = read_all(model, new, seed=1)
    targets = new.targets.copy()
    targets[:, LEVEL_COLUMNS] -= found.level[:, None]
    targets = (targets - model.centre) / model.spread
    dense = model.network.dense
    tail = Network(dense.weights[1:], dense.biases[1:])
    tail = supplemented(tail, first, targets, read_all(model, old, seed=2)[1], settings)
    extra = tail.weights[0].shape[1] - dense.weights[1].shape[1]
    wide = Network((dense.weights[0], *tail.weights), (dense.biases[0], *tail.biases))
    error = model.error
    blind = np.zeros((extra, error.weights[0].shape[1]), np.float32)
    return replace(
        model,
        network=replace(model.network, dense=wide),
        error=Network((np.vstack([error.weights[0], blind]), *error.weights[1:]), error.biases),
        typical=np.concatenate([model.typical, np.zeros(extra, np.float32)]),
        whitening=np.vstack([model.whitening, np.zeros((extra, model.whitening.shape[1]), np.float32)]),
    )


def reading_error(model: ReverseModel, images: Images) -> float:
    """Mean absolute error of all figures of images, each in units of its spread over training images."""
    value = read_all(model, images, seed=3)[0].value[:, : len(FIGURES)]
    spread = np.array([model.spread[model.names.index(name)] for name in OUTPUTS[: len(FIGURES)]])
    return float((np.abs(value - images.targets[:, : len(FIGURES)]) / spread).mean())
