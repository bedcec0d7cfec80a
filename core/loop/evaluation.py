"""How well the closed loop reads simulated images of stacks that no model was trained on, and why it stops on others.

Images come from the exact engine (of two variants: from DFT) at finely spaced k_z, with every artefact of their
severity; the loop is given the cut and its k_z, or what another of VARIANTS says. What one image gave is kept: a
stopped evaluation goes on where it stood.
"""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from core.dft.recipe import RECIPE_VERSION
from core.experiment.photoemission.foreign import foreign_image
from core.experiment.photoemission.spectra import predicted_vbm
from core.forward.taught.model import taught_version
from core.learning.samples import DrawnSample, evaluation_set, profile_key
from core.loop.fit_evaluation import simulated_image
from core.loop.form_samples import form_cut, typed_samples
from core.loop.loop import Loop, LoopSettings
from core.loop.reliability import BINS, bin_of
from core.loop.search import SearchSettings
from core.reverse.candidates import in_library
from core.reverse.cut import Cut
from core.reverse.drawing import SEVERITIES, single_thread_pool
from core.reverse.evaluation import SEED, test_samples
from core.reverse.inference import infer_images
from core.reverse.outside import KINDS
from core.reverse.quantities import QUANTITIES, crystal_figures
from core.reverse.standard import EV, KX, standard_image
from core.storage import cache_directory
from core.structure.stack import parse_stack

IMAGES = 20
"""Of each severity."""

VARIANTS = {
    "known": SEVERITIES,
    "unknown": SEVERITIES,
    "two-cuts": SEVERITIES,
    "foreign": ("realistic",),
    "form": ("form",),
    "dft": SEVERITIES,
    "dft-by-tight-binding": SEVERITIES,
}
"""What the loop is given, and at which severities: one cut and its k_z; one cut; two cuts at two known k_z; one cut of
the second simulator and its k_z; one cut of a measurement that the form makes of a typed stack; one cut that DFT itself
draws (GPAW, short stacks) and its k_z, judged by DFT's forward model, or by tight binding."""

BY_DFT = ("dft", "dft-by-tight-binding")
MOST_ATOMS_BY_DFT = 12
"""A cut at one k_z takes half a minute then, at many k_z some minutes."""

OTHER_KZ = 0.4
"""2π/c̄ between the two cuts."""

VARIANT_IMAGES = 10
"""Of each severity where not all is known."""

OTHERS = 5
"""Images of each other kind, for the stop reasons."""

CUT = "G-X"
SETTINGS = LoopSettings(SearchSettings(seconds=np.inf), exact=False)
"""Judgements alone end a search, so that what a machine does beside it changes nothing."""

REFUSALS = ("outside the domain", "noise only")
"""Stop reasons that say nothing of the sample: an interval is held then too."""


@dataclass(frozen=True)
class Outcome:
    """What one loop did.

    start, end: residuals. errors: (networks, loop) absolute errors by figure. intervals: ends of the loop's 90 %
    interval, and the truth, by figure. limit: mean absolute error of a∥ (Å) that the fit's curvature allows. place: of
    the true stack among the candidates, from 0. reachable: whether it is one of the library. probable: (probability,
    whether it is the true stack) of candidates. forward_cuts, exact_cuts: used. stop: why it ended.
    """

    start: float
    end: float
    errors: dict[str, tuple[float, float]]
    intervals: dict[str, tuple[float, float, float]]
    limit: float
    place: int | None
    reachable: bool
    probable: tuple[tuple[float, bool], ...]
    forward_cuts: int
    exact_cuts: int
    stop: str

    def holds(self, name: str) -> bool:
        """Whether the interval of a figure holds the truth."""
        low, high, truth = self.intervals[name]
        return low - 1e-9 <= truth <= high + 1e-9


def evaluate_loop(
    folder: Path | None = None,
    report: Callable[[str], None] = lambda line: None,
    images: int | None = None,
    split: str = "test",
    variant: str = "known",
) -> dict:
    """Figures of the loop on some images a severity, and its stop reasons on images of other things.

    Args:
        folder: where outcomes are kept, in the cache by default.
        report: gets lines of progress.
        images: of each severity, IMAGES or VARIANT_IMAGES by default.
        split: `test`, or `validation` for choices.
        variant: of VARIANTS.
    """
    kept = (folder or cache_directory() / "loop-evaluation") / f"{split}-{_version()}" / variant
    kept.mkdir(parents=True, exist_ok=True)
    samples = _variant_samples(variant, split)
    images = images or {"known": IMAGES, "form": len(samples)}.get(variant, VARIANT_IMAGES)
    chosen = np.linspace(0, len(samples) - 1, images).round().astype(int).tolist()
    tasks: list[tuple] = [(kept, severity, n, samples[n], variant) for n in chosen for severity in VARIANTS[variant]]
    others = OTHERS if split == "test" and variant == "known" else 0
    tasks += [(kept, kind, n, None, variant) for kind in KINDS for n in range(others)]
    found: dict[str, list[Outcome]] = {}
    with single_thread_pool() as pool:
        for number, (kind, outcome) in enumerate(pool.imap(_run, tasks), 1):
            found.setdefault(kind, []).append(outcome)
            if number % 10 == 0:
                report(f"loops: {number} of {len(tasks)}")
    groups = {severity: found[severity] for severity in VARIANTS[variant]}
    groups["all"] = [outcome for rows in groups.values() for outcome in rows]
    return {
        "variant": variant,
        "images": {name: _summary(rows) for name, rows in groups.items()},
        "stops": {kind: _stops(rows) for kind, rows in found.items()},
    }


def _variant_samples(variant: str, split: str) -> list[DrawnSample]:
    if variant == "form":
        return typed_samples()
    samples = _split_samples(split)
    if variant not in BY_DFT:
        return samples
    short = [s for s in samples if len(s.layers.doubled_if_odd()[0]) <= MOST_ATOMS_BY_DFT and not s.mixing]
    pure = [s for s in short if all(block.ge_fraction in (0.0, 1.0) for block in s.layers.blocks)]
    return list({profile_key(s.layers): s for s in pure}.values())


def _split_samples(split: str) -> list[DrawnSample]:
    return test_samples() if split == "test" else [s for s in evaluation_set(split) if s.kz is not None]


def _version() -> str:
    """Changes whenever the loop does, or what DFT draws and judges by."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    digest.update(f"{RECIPE_VERSION} {taught_version()}".encode())  # of images by DFT, and of what judges them
    return digest.hexdigest()[:10]


def _run(task: tuple) -> tuple[str, Outcome]:
    kept, kind, number, sample, variant = task
    file = kept / f"{kind}-{number}.json"
    if file.exists():
        return kind, _read(json.loads(file.read_text(encoding="utf-8")))
    if sample is None:
        images = [KINDS[kind](np.random.default_rng([11, list(KINDS).index(kind), number]))]
        cuts = [Cut(None, CUT)]
    else:
        cuts, images = _measured(sample, kind, number, variant, kept.parent)
    fidelity = "dft" if variant == "dft" else "tight-binding"
    outcome = loop_outcome(images, cuts, sample, replace(SETTINGS, fidelity=fidelity))
    file.write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    return kind, outcome


def _measured(
    sample: DrawnSample, severity: str, number: int, variant: str, folder: Path
) -> tuple[list[Cut], list[np.ndarray]]:
    """Cuts and standard images (kx, eV) of a sample, as a variant has them; those by DFT are kept in a folder."""
    kz = float(sample.kz or 0.0)
    if variant == "form":
        made = form_cut(sample, CUT, number)
        return [made], [standard_image(made.image)]
    if variant == "foreign":
        crystal, random = sample.crystal(), np.random.default_rng([SEED, len(SEVERITIES), number])
        level = predicted_vbm(crystal) + random.uniform(0.0, 1.2)
        return [Cut(None, CUT, kz)], [foreign_image(crystal, CUT, kz, level, random, KX, EV)]
    if variant in BY_DFT:
        file = folder / f"dft-{severity}-{number}.npy"
        if not file.exists():
            partial = file.with_name(f"{secrets.token_hex(4)}-{file.name}")
            np.save(partial, simulated_image(sample, severity, number, engine="dft"))
            partial.replace(file)  # whole or not at all: a stopped evaluation goes on
        return [Cut(None, CUT, kz)], [np.load(file)]
    images = [simulated_image(sample, severity, number)]
    if variant == "unknown":
        return [Cut(None, CUT)], images
    if variant == "two-cuts":
        other = replace(sample, kz=kz + OTHER_KZ if kz + OTHER_KZ <= 1.0 else kz - OTHER_KZ)
        images.append(simulated_image(other, severity, number + len(test_samples())))
        return [Cut(None, CUT, kz), Cut(None, CUT, other.kz)], images
    return [Cut(None, CUT, kz)], images


def _read(document: dict) -> Outcome:
    for field in ("errors", "intervals"):
        document[field] = {name: tuple(values) for name, values in document[field].items()}
    document["probable"] = tuple(map(tuple, document["probable"]))
    return Outcome(**document)


def loop_outcome(
    images: list[np.ndarray], cuts: list[Cut], sample: DrawnSample | None, settings: LoopSettings = SETTINGS
) -> Outcome:
    """One loop on standard images (kx, eV) of cuts; sample: the truth, None where there is none."""
    loop = Loop(cuts, settings, infer_images(cuts, images))
    for _ in loop.steps():
        pass
    errors, intervals, place, probable, limit = {}, {}, None, (), 0.0
    if sample is not None:
        truth, found = crystal_figures(sample.crystal(), sample.mixing), loop.descriptors()
        errors = {
            n: (abs(loop.found.descriptors[n].value - truth[n]), abs(found[n].value - truth[n])) for n in QUANTITIES
        }
        intervals = {n: (found[n].low, found[n].high, float(truth[n])) for n in QUANTITIES}
    if sample is not None and loop.search.judged:
        own = profile_key(parse_stack(sample.stack))
        keys = [profile_key(parse_stack(c.stack)) for c in loop.last.candidates]
        merged: dict[str, float] = {}
        for key, candidate in zip(keys, loop.last.candidates, strict=True):
            merged[key] = merged.get(key, 0.0) + candidate.probability
        order = sorted(merged, key=lambda key: -merged[key])
        place = order.index(own) if own in merged else None
        probable = tuple((round(merged[key], 4), key == own) for key in order[:5])
        limit = float(np.sqrt(2 / np.pi) * loop.search.best.fitted.lattice_error)
    return Outcome(
        loop.first_distance, loop.last.distance, errors, intervals, limit, place,
        sample is not None and in_library(parse_stack(sample.stack)), probable, loop.last.predictions,
        loop.last.exact_cuts, loop.last.stop_reason,
    )  # fmt: skip


def _summary(outcomes: list[Outcome]) -> dict:
    """Means and medians of a group."""
    reachable = [o.place for o in outcomes if o.reachable]
    known = [o for o in outcomes if o.limit > 0]
    table = {}
    for name in QUANTITIES:
        before, after = (np.array([o.errors[name][i] for o in outcomes]) for i in (0, 1))
        table[name] = {
            "mean_before": _rounded(before.mean()),
            "mean_after": _rounded(after.mean()),
            "before": _rounded(np.median(before)),
            "after": _rounded(np.median(after)),
            "coverage": _rounded(np.mean([o.holds(name) for o in outcomes])),
            "held": _rounded(np.mean([o.holds(name) or o.stop in REFUSALS for o in outcomes])),
        }
    return {
        "count": len(outcomes),
        "lowered": _rounded(np.mean([o.end < o.start for o in outcomes])),
        "factor": _rounded(np.median([o.start / max(o.end, 1e-9) for o in outcomes])),
        "agreement": _rounded(np.mean([o.stop == "agreement" for o in outcomes])),
        "forward_cuts": _rounded(np.median([o.forward_cuts for o in outcomes])),
        "exact_cuts": _rounded(np.median([o.exact_cuts for o in outcomes])),
        "errors": table,
        "over_limit": _rounded(np.median([o.errors["lattice_in_plane"][1] / o.limit for o in known])),
        "true_stack": {
            "images": len(reachable),
            "first": _rounded(np.mean([p == 0 for p in reachable])),
            "first_five": _rounded(np.mean([p is not None and p < 5 for p in reachable])),
        },
        "reliability": _reliability([pair for o in outcomes for pair in o.probable]),
    }


def _reliability(pairs: list[tuple[float, bool]]) -> list[dict[str, float]]:
    """How often candidates of about one probability are the true stack."""
    rows = []
    for number in range(len(BINS) - 1):
        part = [(p, right) for p, right in pairs if bin_of(p) == number]
        if part:
            probability, right = (np.mean(column) for column in zip(*part, strict=True))
            rows.append({"said": _rounded(probability), "right": _rounded(right), "candidates": len(part)})
    return rows


def _stops(outcomes: list[Outcome]) -> dict[str, int]:
    return {stop: sum(o.stop == stop for o in outcomes) for stop in dict.fromkeys(o.stop for o in outcomes)}


def _rounded(value) -> float:
    return round(float(value), 5)
