"""How surely a fit tells flaws of a crystal in noisy images: mixed interfaces, one antisite, one vacancy.

The stack, the cut and its k_z are known; what is asked is whether the crystal is as drawn. Images come from the exact
engine with every artefact, those of flawed crystals from explicit atoms in a lateral supercell. The detector is that of
`core.loop.flaws`; no threshold is tuned. What one image gave is kept: a stopped evaluation goes on where it stood.
"""

import hashlib
import inspect
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from core.electronic.calculation import ENGINE_VERSION
from core.learning.samples import DrawnSample, profile_key
from core.learning.versions import in_force
from core.loop.correction import fitted_exactly
from core.loop.expected import image_to_fit, lattice_expected
from core.loop.fit import Problem
from core.loop.fit_evaluation import CUT, STEPS, simulated_image
from core.loop.flaws import LATERAL, LONGEST, ODDS, WIDTHS, Flaw, flaws
from core.loop.pictures import Pictures
from core.parameters.checksum import parameters_sha256
from core.reverse.cut import Cut
from core.reverse.evaluation import test_samples
from core.reverse.inference import infer_images
from core.storage import cache_directory
from core.structure.crystal import Crystal
from core.structure.imperfect import ImperfectSample
from core.structure.sample import Sample

SEED = 31
SEVERITY = "realistic"
IMAGES = {"pristine": 60, "mixed": 19, "antisite": 10, "vacancy": 10}
"""By kind of crystal: rates of false alarms of a few per cent need many pristine ones. Once every stack had its turn
there are other images of the same ones."""

KINDS = {"pristine": ("mixed", "antisite"), "mixed": ("mixed",), "antisite": ("antisite",), "vacancy": ()}
"""Kinds of crystals, and the signatures that are tried on their images. A vacancy has none among virtual crystals: what
tells it is that the perfect stack fits badly."""


@dataclass(frozen=True)
class Detection:
    """What one image gave.

    gain: by signature, −2 log odds of the perfect stack against the best fit with it. chi: weighted squares a pixel
    that the perfect stack leaves. stack, flaw: what was drawn.
    """

    gain: dict[str, float]
    chi: float
    stack: str
    flaw: str


def evaluate_detection(
    folder: Path | None = None, report: Callable[[str], None] = lambda line: None, images: int | None = None
) -> dict:
    """Areas under ROC curves and alarms, stacks in turn.

    Args:
        folder: where outcomes are kept, in the cache by default.
        report: gets lines of progress.
        images: how many of each kind, IMAGES by default.
    """
    kept = (folder or cache_directory() / "detection-evaluation") / _version()
    kept.mkdir(parents=True, exist_ok=True)
    counts = IMAGES if images is None else dict.fromkeys(KINDS, images)
    samples = detection_samples(max(counts.values()))
    tasks = sorted((number, kind) for kind, count in counts.items() for number in range(count))
    tasks = sorted(tasks, key=lambda task: task[1] not in ("pristine", "mixed"))
    found: dict[str, list[Detection]] = {kind: [] for kind in KINDS}
    for done, (number, kind) in enumerate(tasks, 1):
        found[kind].append(_kept(kept / f"{kind}-{number}.json", samples[number % len(samples)], kind, number))
        report(f"detection: {done} of {len(tasks)} images")
    return detection_figures(found)


def detection_samples(count: int) -> list[DrawnSample]:
    """Sharp stacks of pure Si and Ge of the test set with short even periods, every composition profile in turn."""
    profiles: dict[str, list[DrawnSample]] = {}
    for sample in test_samples():
        blocks, length = sample.layers.blocks, len(sample.layers)
        pure = len(blocks) > 1 and all(block.ge_fraction in (0.0, 1.0) for block in blocks)
        if pure and not sample.mixing and length <= LONGEST and length % 2 == 0:
            profiles.setdefault(profile_key(sample.layers), []).append(sample)
    longest = max(map(len, profiles.values()))
    turns = [same[turn] for turn in range(longest) for same in profiles.values() if turn < len(same)]
    return turns[:count]


def flawed_crystal(sample: Sample, kind: str, number: int) -> tuple[Crystal | None, str]:
    """The explicit atoms of a kind of crystal, None for the pristine one, and the flaw in words."""
    if kind == "pristine":
        return None, ""
    random = np.random.default_rng([SEED, list(KINDS).index(kind), number])
    plane, seed = int(random.integers(1, len(sample.layers) + 1)), int(random.integers(2**31))
    if kind == "mixed":
        width = round(float(random.uniform(*WIDTHS)), 2)
        mixed = Sample(sample.stack, sample.substrate, width)
        return ImperfectSample(mixed, LATERAL, seed).crystal(), f"mixed over {width:g} ML"
    flaw = {"antisites": (plane,)} if kind == "antisite" else {"vacancies": (plane,)}
    plain = Sample(sample.stack, sample.substrate)
    return ImperfectSample(plain, LATERAL, seed, **flaw).crystal(), f"{kind} in plane {plane}"


def detection(sample: DrawnSample, image: np.ndarray, wanted: tuple[str, ...]) -> tuple[dict, float]:
    """Gains by signature and the perfect stack's weighted squares a pixel, see `Detection`.

    Args:
        sample: its stack and k_z are given to the fits.
        image: (kx, eV) standard image.
        wanted: signatures that are tried.
    """
    cut = Cut(None, CUT, float(sample.kz or 0.0))
    found = infer_images([cut], [image])
    lattice = found.estimates["lattice_in_plane"]
    target = image_to_fit(found.images[0], cut)
    problem = Problem((target,), Pictures("forward", (target.centre["kz"],)), lattice_expected(found))
    perfect, _ = fitted_exactly(problem, problem.run(problem.start(sample.stack, 0.0, lattice), STEPS))
    gain = {flaw.name: flaw.gain for flaw in flaws(problem, perfect, wanted)}
    return gain, float(perfect.chi[0])


def detection_figures(found: dict[str, list[Detection]]) -> dict:
    """Areas and alarms from outcomes by kind."""
    pristine = found["pristine"]
    figures: dict = {"pristine": {"images": len(pristine)}, "odds": ODDS, "severity": SEVERITY}
    for kind, wanted in KINDS.items():
        if kind == "pristine" or not found[kind]:
            continue
        by = kind if kind in wanted else "residual"
        scores = [[_score(one, by) for one in rows] for rows in (pristine, found[kind])]
        figures[kind] = {"images": len(found[kind]), "auc": _auc(*scores), "by": by}
        if by == kind:
            figures[kind]["found"], figures[kind]["false_alarms"] = (
                round(float(np.mean([Flaw(kind, score).found for score in group])), 4) for group in reversed(scores)
            )
    return figures


def _score(one: Detection, by: str) -> float:
    return one.chi if by == "residual" else one.gain[by]


def _auc(without: list[float], having: list[float]) -> float:
    truth = [0] * len(without) + [1] * len(having)
    return round(float(roc_auc_score(truth, [*without, *having])), 4)


def _kept(file: Path, sample: DrawnSample, kind: str, number: int) -> Detection:
    if file.exists():
        return Detection(**json.loads(file.read_text(encoding="utf-8")))
    atoms, flaw = flawed_crystal(sample, kind, number)
    gain, chi = detection(sample, simulated_image(sample, SEVERITY, _image_number(kind, number), atoms), KINDS[kind])
    outcome = Detection(gain, chi, f"{sample.stack} on {sample.substrate}", flaw)
    file.write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    return outcome


def _image_number(kind: str, number: int) -> int:
    """What is random in an image: another measurement for each."""
    return 10_000 + number * len(KINDS) + list(KINDS).index(kind)


def _version() -> str:
    """Changes whenever the fits or the images do, or the engine and the networks behind them."""
    made_by = ENGINE_VERSION, parameters_sha256(), in_force()
    digest = hashlib.sha256(repr((SEED, SEVERITY, LONGEST, LATERAL, WIDTHS, KINDS, made_by)).encode())
    for name in ("correction", "expected", "fit", "fit_evaluation", "flaws", "image", "pictures", "render"):
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    for part in (detection_samples, flawed_crystal, detection, _image_number):
        digest.update(inspect.getsource(part).encode())
    return digest.hexdigest()[:10]
