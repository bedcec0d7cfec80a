"""The race that chose the reverse model: candidates that learn from the same images, compared on other ones.

Those are of other composition profiles. All see images moved by a misjudged Fermi level, with k_z told.
`python -m core race --line reverse` prints the table of docs/race.md.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor

from core.learning.convolution import with_measured
from core.learning.training.convolutional import ConvolutionSettings, fit_convolutional
from core.learning.training.dense import fit_network
from core.reverse.drawing import OUTPUTS, SEVERITIES, Spectra, load_signals, make_signals
from core.reverse.model import kz_marks
from core.reverse.training import KZ, WEIGHTS, split_sources
from core.reverse.training_images import CHUNK, Source, draw_for_training

STACKS = 3000
COMPONENTS = 300
EPOCHS = 8
SHOWN = ("lattice_in_plane", "ge_fraction", "interfacial_fraction")


@dataclass(frozen=True, eq=False)
class Racing:
    """Images (image, sign, half k, energy), marks of k_z (image, mark), targets (image, output) of unit spread."""

    images: np.ndarray
    marks: np.ndarray
    targets: np.ndarray


def run_reverse_race(folder: Path, report: Callable[[str], None] = lambda line: None) -> list[dict]:
    """Rows with candidate, seconds and mean absolute errors by severity and figure; Γ-X cuts.

    folder: of predicted spectra, made where they are missing.
    """
    make_signals(folder, STACKS, report)
    spectra = load_signals(folder, STACKS, "G-X", report=report)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        train, tests = _drawn(spectra, Path(scratch))
        centre, spread = train.targets.mean(axis=0), np.maximum(train.targets.std(axis=0), 1e-6)
        scaled = replace(train, targets=(train.targets - centre) / spread)
        rows = []
        for name, candidate in CANDIDATES.items():
            start = time.perf_counter()
            predict = candidate(scaled)
            row = {"candidate": name}
            for severity, test in tests.items():
                error = np.abs(predict(test) * spread + centre - test.targets).mean(axis=0)
                row |= {f"{severity} {figure}": round(float(error[OUTPUTS.index(figure)]), 4) for figure in SHOWN}
            rows.append({"candidate": name, "seconds": round(time.perf_counter() - start)} | row)
            report(str(rows[-1]))
    return rows


def _drawn(spectra: dict[str, Spectra], scratch: Path) -> tuple[Racing, dict[str, Racing]]:
    used, held = split_sources(spectra, scratch / "spectra", dict.fromkeys(SEVERITIES, 5))

    def racing(sources: list[Source], seed: int) -> Racing:
        found = draw_for_training(sources, "G-X", seed, scratch)
        return Racing(
            np.array(found.second), kz_marks(found.targets[:, KZ], np.ones(len(found.targets))), found.targets
        )

    return racing(used, 1), {source.severity: racing([replace(source, repeats=4)], 2) for source in held}


def _flat(racing: Racing) -> np.ndarray:
    """(image, pixel) of both signs of k∥ averaged, zeros where nothing was measured: what the first designs saw."""
    return np.nan_to_num(racing.images.astype(np.float32)).mean(axis=1).reshape(len(racing.images), -1)


def _on_components(fit: Callable) -> Callable:
    """A candidate that sees COMPONENTS principal components and the marks; fit(inputs, targets) → function."""

    def candidate(train: Racing) -> Callable:
        flat = _flat(train)
        components = PCA(COMPONENTS, svd_solver="randomized", random_state=0).fit(flat[:: max(1, len(flat) // 8000)])
        scale = np.sqrt(components.explained_variance_)
        inputs = lambda racing: np.hstack([components.transform(_flat(racing)) / scale, racing.marks])  # noqa: E731
        predict = fit(inputs(train), train.targets)
        return lambda racing: predict(inputs(racing))

    return candidate


def _perceptron(inputs, targets) -> Callable:
    weight = np.array([WEIGHTS.get(name, 1.0) for name in OUTPUTS])
    network = fit_network(inputs, targets * weight, (512, 512), 2 * EPOCHS, 0, 256)
    return lambda tested: network(tested.astype(np.float32)) / weight


def _convolutional(train: Racing, channels=(24, 48, 72), signs: bool = True) -> Callable:
    def seen(racing: Racing) -> np.ndarray:
        return racing.images if signs else _one_sign(racing.images)

    weight = np.array([WEIGHTS.get(name, 1.0) for name in OUTPUTS])
    settings = ConvolutionSettings(channels=channels, epochs=EPOCHS)
    marks = lambda chosen, random: train.marks[chosen]  # noqa: E731
    network = fit_convolutional(seen(train), marks, train.targets, weight, settings, mirrored=signs)

    def predict(test: Racing) -> np.ndarray:
        images = seen(test)
        parts = (slice(i, i + CHUNK) for i in range(0, len(images), CHUNK))
        return np.concatenate(
            [network.output(network.hidden(with_measured(images[part]), test.marks[part])) for part in parts]
        )

    return predict


def _one_sign(images: np.ndarray) -> np.ndarray:
    """Both signs of k∥ averaged where both were measured, else the one that was."""
    seen = np.isfinite(images)
    total = np.where(seen, images, 0).sum(axis=1, keepdims=True)
    count = seen.sum(axis=1, keepdims=True)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float16)


def _trees(inputs, targets) -> Callable:
    return ExtraTreesRegressor(60, min_samples_leaf=2, max_features=0.3, random_state=0, n_jobs=-1).fit(
        inputs, targets
    ).predict  # fmt: skip


CANDIDATES: dict[str, Callable[[Racing], Callable[[Racing], np.ndarray]]] = {
    "convolutions, both signs of k∥ (shipped design)": _convolutional,
    "half as many channels": lambda train: _convolutional(train, (12, 24, 36)),
    "convolutions, signs of k∥ averaged": lambda train: _convolutional(train, signs=False),
    "perceptron on 300 principal components": _on_components(_perceptron),
    "linear on 300 principal components": _on_components(lambda x, y: Ridge(1.0).fit(x, y).predict),
    "five nearest neighbours": _on_components(
        lambda x, y: KNeighborsRegressor(5, weights="distance").fit(x, y).predict
    ),
    "extremely randomised trees": _on_components(_trees),
}
