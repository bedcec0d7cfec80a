"""What a run of the loop is asked: its cuts as plain JSON, and what is known of their sample."""

from dataclasses import asdict

import numpy as np

from core.engines import theory
from core.loop.image import averaged_gain
from core.reverse.cut import Cut
from core.reverse.knowledge import Knowledge


def asked_document(cuts: list[Cut], known: Knowledge, about: dict | None, fidelity: str = "tight-binding") -> dict:
    """Plain JSON; the noise of an image goes with its cut, for that is told from pixels that a run does not keep.

    Raises:
        InputError: there is no theory of that fidelity.
    """
    theory(fidelity)
    document = {"cuts": [_plain(cut) for cut in cuts], "known": asdict(known), "about": about or {}}
    return document | {"fidelity": fidelity}


def cuts_of(asked: dict) -> list[Cut]:
    """The cuts, without their images.

    Raises:
        KeyError, TypeError, ValueError: the document is damaged.
    """
    return [
        Cut(None, c["cut"], c["kz"], np.inf if c["radius"] is None else c["radius"], noise_gain=c.get("noise_gain"))
        for c in asked["cuts"]
    ]


def known_of(asked: dict) -> Knowledge:
    """What was known of the sample: nothing of runs that an earlier version began.

    Raises:
        InputError, TypeError: the document is damaged.
    """
    return Knowledge(**asked.get("known", {}))


def fidelity_of(asked: dict) -> str:
    """By whose bands candidates are judged: tight binding's in runs that an earlier version began.

    Raises:
        InputError: the document is damaged.
    """
    fidelity = str(asked.get("fidelity", "tight-binding"))
    theory(fidelity)
    return fidelity


def _plain(cut: Cut) -> dict:
    gain = cut.noise_gain if cut.image is None else averaged_gain(cut.image)
    radius = cut.radius if np.isfinite(cut.radius) else None
    return {"cut": cut.cut, "kz": cut.kz, "radius": radius, "noise_gain": gain}
