"""How well the mean over configurations is predicted of imperfect samples whose composition profiles taught nothing.

Pictures are compared as in `core.forward.evaluation`: R² over all pixels of all pictures of a family with one mean for
all, relative L1, and the share of pixels within the nominal 90 % bars. Predictions draw atoms of their own, so that
what a few exact configurations lack to their mean counts as an error of each prediction; `floor` says how much that is.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.forward.evaluation import scores
from core.forward.imperfect.dataset import ImperfectRecord, generate_imperfect, read_imperfect
from core.forward.imperfect.features import mean_profile, virtual_features
from core.forward.imperfect.model import ImperfectPrediction, predict_imperfect
from core.forward.imperfect.samples import FAMILIES, SAMPLES
from core.forward.imperfect.training import Settings, held_out, lesson
from core.forward.model import spectrum_model
from core.learning.samples import profile_key
from core.storage import cache_directory
from core.structure.imperfect import ImperfectSample

MEASURED_FILE = Path(__file__).parents[2] / "measured" / "imperfect.json"
OTHER_SEED = 2**31
"""Between the seed of a sample and that of the predictions' own drawings."""

MANY = 8
"""Configurations of which halves are compared."""


def evaluate_imperfect(folder: Path | None = None, report: Callable[[str], None] = lambda line: None) -> dict:
    """The figures of the shipped weights on the test profiles; exact spectra are computed where they are missing.

    Returns:
        families: by family and for `all`, total and planes of `virtual` (the virtual crystal of the mean profile by the
        forward model, uncorrected), `predicted` and, of samples with MANY configurations, `floor` (half of them against
        the other half) beside `predicted_there`; fifths: the samples that `taught` the model, each by a fit without its
        fifth of the composition profiles; domain: share of samples inside.
    """
    folder = folder or cache_directory() / "imperfect"
    generate_imperfect(folder, SAMPLES, report=report)
    records = list(read_imperfect(folder, "test"))
    found = [_compared(record) for record in records]
    report(f"imperfect: {len(records)} test samples compared")
    taught = [record for record in read_imperfect(folder, None) if record.drawn.split != "test"]
    return {
        "samples": len(records),
        "profiles": len({profile_key(record.drawn.imperfect.sample.layers) for record in records}),
        "configurations": sum(record.drawn.configurations for record in records),
        "families": {family: _figures(chosen) for family, chosen in _by_family(records, found).items()},
        "taught": len(taught),
        "fifths": fifths(taught) if taught else {},
        "domain": {"share_inside": round(float(np.mean([one["inside"] for one in found])), 4)},
    }


def fifths(records: list[ImperfectRecord], settings: Settings | None = None) -> dict:
    """By family, `virtual` and `predicted` of samples by fits without their fifth of the composition profiles."""
    held = held_out([lesson(record) for record in records], settings or Settings())
    drawn = [one.lesson for one in held]
    pictures = []
    for one in held:
        planes, exact = one.lesson.planes, one.lesson.exact.astype(np.float32)
        virtual = virtual_planes(one.lesson.drawn.imperfect)
        pictures.append(((virtual, exact / planes, None), (one.predicted / planes, exact / planes, None)))
    return {
        family: {name: _both([pair[place] for pair in chosen]) for place, name in enumerate(("virtual", "predicted"))}
        for family, chosen in _by_family(drawn, pictures).items()
    }


def _by_family(records: list, found: list) -> dict[str, list]:
    """What was found of records, or lessons, of each family that there is, and of all."""
    families: dict[str, list] = {}
    for family in (*FAMILIES, "all"):
        chosen = [one for one, record in zip(found, records, strict=True) if family in ("all", record.drawn.family)]
        if chosen:
            families[family] = chosen
    return families


def virtual_planes(imperfect: ImperfectSample) -> np.ndarray:
    """(plane, k, energy) 1/eV: the forward model's virtual crystal of the mean composition profile, uncorrected."""
    profile, known = mean_profile(imperfect), spectrum_model("path")
    pictures = known.pictures(known.hidden(virtual_features(profile, imperfect.sample.lattice)))
    return np.maximum(pictures, 0.0) / len(profile)


def _compared(record: ImperfectRecord) -> dict:
    """Pictures of a sample: planes (plane, k, energy) by each way to know them."""
    imperfect, exact = record.drawn.imperfect, record.planes.astype(np.float32)
    prediction = predict_imperfect(replace(imperfect, seed=(imperfect.seed + OTHER_SEED) % 2**32))
    return {
        "exact": exact.mean(axis=0),
        "virtual": virtual_planes(imperfect),
        "predicted": prediction,
        "halves": (exact[::2].mean(axis=0), exact[1::2].mean(axis=0)) if len(exact) >= MANY else None,
        "inside": prediction.score.inside,
    }


def _figures(samples: list[dict]) -> dict:
    figures = {
        "samples": len(samples),
        "virtual": _both([(one["virtual"], one["exact"], None) for one in samples]),
        "predicted": _both(_predicted(samples)),
    }
    known = [one for one in samples if one["halves"] is not None]
    if known:
        figures["floor"] = {"samples": len(known)} | _both([(*one["halves"], None) for one in known])
        figures["predicted_there"] = _both(_predicted(known))
    return figures


def _predicted(samples: list[dict]) -> list[tuple]:
    return [(one["predicted"].planes(), one["exact"], one["predicted"]) for one in samples]


def _both(pictures: Iterable[tuple[np.ndarray, np.ndarray, ImperfectPrediction | None]]) -> dict:
    """Scores of totals and of planes (times their number) of (planes, exact planes, whose bars they have)."""
    total, single = [], []
    for planes, exact, bars in pictures:
        count = len(planes)
        errors = (np.nan, np.nan) if bars is None else (bars.total_error(), count * bars.plane_error())
        shapes = planes.sum(axis=0, keepdims=True), exact.sum(axis=0, keepdims=True)
        total.append((*shapes, np.broadcast_to(errors[0], shapes[0].shape)))
        single.append((count * planes, count * exact, np.broadcast_to(errors[1], planes.shape)))
    found = {}
    for name, parts in (("total", total), ("planes", single)):
        found[name] = scores(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        if not np.isfinite(parts[0][2]).all():
            del found[name]["coverage"]
    return found
