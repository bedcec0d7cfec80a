"""Sweeps that pages ask for, kept on disk point by point: sweeps that share a sample share its figures."""

import json
from collections.abc import Callable

from core.design.sweep import Point, Sweep, point_of
from core.electronic.calculation import ENGINE_VERSION
from core.errors import InputError
from core.parameters.checksum import parameters_sha256
from core.storage import UNKEPT_RESULT, content_key, result_store
from core.structure.sample import Sample

VERSION = "2"
"""Raised whenever what a point holds changes."""


def kept_points(sweep: Sweep) -> list[Point | None]:
    """Figures of every sample of a sweep, None where they are not known yet."""
    return [known_point(sample) for sample in sweep.samples]


def compute_sweep(sweep: Sweep, report: Callable[[float], None]) -> None:
    """Compute what is not known yet of a sweep, point by point from the quickest, into the result store.

    Args:
        sweep: in question.
        report: called with the fraction done; what it raises ends the work.

    Raises:
        InputError: the store cannot keep them.
    """
    samples = sorted(dict.fromkeys(sweep.samples), key=lambda sample: len(sample.crystal()))
    cost = [len(sample.crystal()) ** 2 for sample in samples]
    for number, sample in enumerate(samples):
        learned_point(sample)
        report(sum(cost[: number + 1]) / sum(cost))


def learned_point(sample: Sample) -> Point:
    """The figures of a sample, computed and kept where they are not known yet.

    Raises:
        InputError: as `core.design.sweep.point_of`, or the store cannot keep them.
    """
    point = known_point(sample)
    if point is None:
        point = point_of(sample)
        if not result_store().put(_key(sample), json.dumps(point.document()).encode()):
            raise InputError(UNKEPT_RESULT)
    return point


def known_point(sample: Sample) -> Point | None:
    """The figures of a sample, None where they are not known yet."""
    content = result_store().get(_key(sample))
    try:
        return None if content is None else Point.from_document(json.loads(content))
    except (ValueError, TypeError, KeyError):  # of an earlier version
        return None


def _key(sample: Sample) -> str:
    return content_key("sweep", VERSION, ENGINE_VERSION, parameters_sha256(), sample.key)
