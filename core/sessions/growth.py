"""What pages show of a sample along growth, kept on disk: its layer density, and the figures of its own band edges."""

import io
from collections.abc import Callable

import numpy as np

from core.damage import read_arrays
from core.design.sweep import Point
from core.electronic.calculation import ENGINE_VERSION
from core.electronic.layer_density import LayerDensity, check_planes, layer_density
from core.errors import InputError
from core.parameters.checksum import parameters_sha256
from core.sessions.sweeps import known_point, learned_point
from core.storage import UNKEPT_RESULT, content_key, result_store
from core.structure.sample import Sample

VERSION = "1"
"""Raised whenever what is kept of a layer density changes."""


def kept_growth(sample: Sample) -> tuple[LayerDensity, Point] | None:
    """The layer density and the figures of a sample, None where either is not known yet."""
    point, content = known_point(sample), result_store().get(_key(sample))
    if point is None or content is None:
        return None
    try:
        return LayerDensity(**read_arrays(io.BytesIO(content))), point
    except (ValueError, TypeError):  # of an earlier version
        return None


def compute_growth(sample: Sample, report: Callable[[float], None]) -> None:
    """Compute and keep what `kept_growth` gives.

    Args:
        sample: in question.
        report: called with the fraction done; what it raises ends the work.

    Raises:
        InputError: more planes than are taken, or the store cannot keep the result.
    """
    check_planes(sample.crystal())
    learned_point(sample)
    found = layer_density(sample.crystal(), progress=lambda fraction: report(0.3 + 0.7 * fraction))
    stream = io.BytesIO()
    np.savez(stream, energy=found.energy, density=found.density)
    if not result_store().put(_key(sample), stream.getvalue()):
        raise InputError(UNKEPT_RESULT)


def _key(sample: Sample) -> str:
    return content_key("growth", VERSION, ENGINE_VERSION, parameters_sha256(), sample.key)
