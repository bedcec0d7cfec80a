"""How well the closed loop corrects the reverse model, on simulated images of stacks that no model was trained on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from core.learning.samples import profile_key
from core.loop.loop import Loop, LoopSettings
from core.reverse.candidates import in_library
from core.reverse.cut import Cut
from core.reverse.drawing import FIGURES as ALL
from core.reverse.drawing import SEVERITIES, single_thread_pool
from core.reverse.evaluation import test_images, test_samples, test_spectra
from core.reverse.outside import KINDS
from core.reverse.standard import EV, KX
from core.storage import cache_directory
from core.structure.stack import parse_stack

MEASURED_FILE = Path(__file__).parents[1] / "measured" / "loop.json"
IMAGES = 50
"""Of each severity."""

OTHERS = 6
"""Images of each other kind, for the stop reasons."""

FIGURES = ("lattice_in_plane", "ge_fraction", "interface_width")


@dataclass(frozen=True)
class Outcome:
    """What one loop did: distances before and after, errors (figure,) before and after, place of the true stack."""

    start: float
    end: float
    before: tuple[float, ...]
    after: tuple[float, ...]
    place: int | None
    predictions: int
    stop: str


def cut_of(image: np.ndarray, kz: float | None, cut: str = "G-X") -> Cut:
    """A standard image (kx, eV) as a calibrated cut."""
    return Cut(xr.DataArray(image.T, dims=("eV", "kx"), coords={"eV": EV, "kx": KX}), cut, kz)


def run(image: np.ndarray, kz: float | None, truth: dict[str, float] | None, stack: str) -> Outcome:
    """One loop; truth by FIGURES, None where there is none."""
    loop = Loop([cut_of(image, kz)], LoopSettings(exact=False))
    for _ in loop.steps():
        pass
    before, after, place = (), (), None
    if truth is not None:
        found = loop.descriptors()
        before = tuple(abs(loop.found.descriptors[name].value - truth[name]) for name in FIGURES)
        after = tuple(abs(found[name].value - truth[name]) for name in FIGURES)
        own = profile_key(parse_stack(stack))
        keys = [profile_key(parse_stack(c.stack)) for c in loop.last.candidates]
        place = keys.index(own) if own in keys else None
    return Outcome(
        loop.first_distance, loop.last.distance, before, after, place, loop.predict.count, loop.last.stop_reason
    )


def evaluate_loop(folder: Path | None = None, report: Callable[[str], None] = lambda line: None) -> dict:
    """Figures of the loop on IMAGES images a severity, and its stop reasons on images of other things.

    folder: of the reverse model's test spectra, in the cache by default.
    """
    spectra = test_spectra(folder or cache_directory() / "reverse", report)
    samples, tasks, kinds = test_samples(), [], []
    chosen = np.linspace(0, len(samples) - 1, IMAGES).round().astype(int)
    for severity in SEVERITIES:
        images, _ = test_images(spectra[severity, "G-X"], severity, "G-X")
        for i in chosen:
            row = spectra[severity, "G-X"].figures[i]
            truth = {name: float(row[ALL.index(name)]) for name in FIGURES}
            tasks.append((images[i], samples[i].kz, truth, samples[i].stack))
            kinds.append(severity)
    random = np.random.default_rng(11)
    for kind, make in KINDS.items():
        tasks += [(make(random), None, None, "") for _ in range(OTHERS)]
        kinds += [kind] * OTHERS
    outcomes = []
    with single_thread_pool() as pool:
        for number, outcome in enumerate(pool.imap(_run, tasks), 1):
            outcomes.append(outcome)
            if number % 10 == 0:
                report(f"loops: {number} of {len(tasks)}")
    reachable = [in_library(parse_stack(task[3])) if task[3] else False for task in tasks]
    groups = {severity: [i for i, kind in enumerate(kinds) if kind == severity] for severity in SEVERITIES}
    groups["all"] = groups["clean"] + groups["realistic"]
    return {
        "images": {
            name: _summary([outcomes[i] for i in part], [reachable[i] for i in part]) for name, part in groups.items()
        },
        "stops": {
            kind: _stops([o for o, k in zip(outcomes, kinds, strict=True) if k == kind])
            for kind in dict.fromkeys(kinds)
        },
    }


def _run(task: tuple) -> Outcome:
    return run(*task)


def _summary(outcomes: list[Outcome], reachable: list[bool]) -> dict:
    factor = np.array([o.start / max(o.end, 1e-9) for o in outcomes])
    before, after = (np.array([getattr(o, name) for o in outcomes]) for name in ("before", "after"))
    places = [o.place for o, known in zip(outcomes, reachable, strict=True) if known]
    return {
        "lowered": round(float((factor > 1).mean()), 3),
        "factor": round(float(np.median(factor)), 3),
        "predictions": float(np.median([o.predictions for o in outcomes])),
        "errors": {
            name: {
                "before": round(float(np.median(before[:, i])), 5),
                "after": round(float(np.median(after[:, i])), 5),
                "mean_before": round(float(before[:, i].mean()), 5),
                "mean_after": round(float(after[:, i].mean()), 5),
            }
            for i, name in enumerate(FIGURES)
        },
        "true_stack": {
            "images": len(places),
            "first": round(float(np.mean([p == 0 for p in places])), 3),
            "first_five": round(float(np.mean([p is not None and p < 5 for p in places])), 3),
        },
    }


def _stops(outcomes: list[Outcome]) -> dict[str, int]:
    return {stop: sum(o.stop == stop for o in outcomes) for stop in dict.fromkeys(o.stop for o in outcomes)}
