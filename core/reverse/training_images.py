"""Images that the reverse model learns from, drawn on all cores from spectra that lie on disk."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.reverse.drawing import Spectra, draw_images, misjudged, single_thread_pool
from core.reverse.standard import EV, KX, THEORY, relative

CHUNK = 64
HALF = len(KX) // 2 + 1


@dataclass(frozen=True, eq=False)
class Drawn:
    """What is learned from.

    first, second: (image, sign of k∥, half k, energy) relative images as the experimenter has them, of some, and moved
    by a misjudged Fermi level. level: (image,) eV, of the first. targets: (image, output) of the second.
    """

    first: np.ndarray
    second: np.ndarray
    level: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True)
class Source:
    """Spectra that images are drawn of: a folder written by `Spectra.save`, the severity, images of each spectrum."""

    spectra: Path
    severity: str
    repeats: int


@dataclass(frozen=True, eq=False)
class _Chunk:
    """What a worker process draws: images of the chosen spectra of a source, one in `first_share` twice."""

    source: Source
    cut: str
    chosen: np.ndarray
    seed: tuple[int, int]
    first_share: int


def draw_for_training(sources: list[Source], cut: str, seed: int, folder: Path, first_share: int = 2) -> Drawn:
    """Images of each source, on all cores; they are kept in files of the folder, which the next call overwrites.

    Args:
        sources: of the images, in this order.
        cut: `G-X` or `G-K`.
        seed: of everything random.
        folder: for `first.npy` and `second.npy`.
        first_share: one image in so many is also given as the experimenter has it.
    """
    chunks = [chunk for source in sources for chunk in _chunks(source, cut, seed, first_share)]
    count = sum(len(chunk.chosen) for chunk in chunks)
    firsts = sum(-(-len(chunk.chosen) // first_share) for chunk in chunks)
    files = [
        np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.float16, (number, 2, HALF, len(energies)))
        for name, number, energies in (("first", firsts, EV), ("second", count, THEORY))
    ]
    at, levels, targets = [0, 0], [], []
    with single_thread_pool() as pool:
        for *images, level, target in pool.imap(_drawn_chunk, chunks, chunksize=4):
            for number, part in enumerate(images):
                files[number][at[number] : at[number] + len(part)] = part
                at[number] += len(part)
            levels.append(level)
            targets.append(target)
    return Drawn(*files, np.concatenate(levels), np.concatenate(targets))  # type: ignore[call-arg]


def _chunks(source: Source, cut: str, seed: int, first_share: int) -> list[_Chunk]:
    random, count = np.random.default_rng(seed), len(Spectra.opened(source.spectra))
    order = np.concatenate([random.permutation(count) for _ in range(source.repeats)])
    return [_Chunk(source, cut, order[i : i + CHUNK], (seed, i), first_share) for i in range(0, len(order), CHUNK)]


def _drawn_chunk(chunk: _Chunk) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(chunk.seed)
    spectra = Spectra.opened(chunk.source.spectra).part(chunk.chosen)
    images = draw_images(spectra, chunk.source.severity, chunk.cut, random)
    moved = misjudged(images, random)
    some = slice(0, None, chunk.first_share)
    first = relative(images.pictures[some]).astype(np.float16)
    return first, relative(moved.pictures).astype(np.float16), images.level[some], moved.targets
