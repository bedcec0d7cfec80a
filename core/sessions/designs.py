"""What the page Design asks for, and what its search has found so far, kept by the content of what is asked."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.design.answers import ENDS, Design, Step
from core.design.curve import Curve
from core.design.growth import Constraints
from core.design.search import DesignSearch, SearchSettings
from core.design.targets import Wanted, parse_wanted
from core.electronic.calculation import ENGINE_VERSION
from core.errors import InputError
from core.forward.model import weights_in_force
from core.parameters.checksum import parameters_sha256
from core.storage import UNKEPT_RESULT, content_key, result_store
from core.structure.substrate import parse_substrate

VERSION = "4"
"""Raised whenever a search finds other answers, or says other things of them."""

LONGEST_TEXT, LARGEST = 2000, 1e6
"""Characters of a text, and size of a number, that are read."""

SECONDS = 600.0
FOREIGN = "This request did not come from the page; reload it"
_KINDS: Mapping[str, Any] = {
    "targets": str, "curve": str, "first": str, "last": str, "thinnest": int, "thickest": int, "longest": int,
    "critical": str, "repeats": int, "balance": (int, float, type(None)), "mixing": (int, float),
}  # fmt: skip


@dataclass(frozen=True)
class DesignRequest:
    """What a person typed, as it was typed, and its meaning.

    document: plain JSON with the entries of _KINDS: targets and curve as `parse_wanted` and `Curve.parse` read them,
    first and last substrate, limits in monolayers, a model of critical thickness or none, the periods below it,
    balance in percent or None, mixing in monolayers.
    """

    document: dict
    wanted: Wanted
    constraints: Constraints

    @property
    def key(self) -> str:
        """Of the search's steps: of what is asked, whatever way it was typed, and of the engines that answer."""
        meaning = repr((self.wanted, self.constraints))
        return content_key(
            "design", VERSION, ENGINE_VERSION, parameters_sha256(), json.dumps(weights_in_force()), meaning
        )

    def search(self) -> DesignSearch:
        """The search for it, which goes on from the answers that are kept."""
        kept = (found(self) or {}).get("designs", ())
        known = tuple(Design.from_document(one) for one in kept)
        return DesignSearch(self.wanted, self.constraints, SearchSettings(SECONDS), known)


def design_request(document) -> DesignRequest:
    """A checked request.

    Raises:
        InputError: entries or types that no page sends, targets or limits that are not understood or leave nothing.
    """
    if not isinstance(document, dict) or document.keys() != _KINDS.keys():
        raise InputError(FOREIGN)
    for name, kind in _KINDS.items():
        value = document[name]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise InputError(FOREIGN)
        if isinstance(value, int | float) and not abs(value) <= LARGEST:
            raise InputError(f"{name.capitalize()} of that size is not searched")
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            raise InputError(f"{name.capitalize()} of {len(value)} characters; at most {LONGEST_TEXT} are read")
    curve = Curve.parse(document["curve"]) if document["curve"].strip() else None
    wanted = parse_wanted([document["targets"]], curve)
    balance = document["balance"]
    constraints = Constraints(
        tuple(parse_substrate(document[end]).lattice_constant for end in ("first", "last")),
        document["thinnest"], document["thickest"], document["longest"], document["critical"], document["repeats"],
        math.inf if balance is None else balance / 100, float(document["mixing"]),
    )  # fmt: skip
    return DesignRequest(document, wanted, constraints)


def work_on(document: dict, report) -> None:
    """Search for what a request asks, keeping each step.

    Raises:
        InputError: as `design_request`, or nothing can be kept.
    """
    asked = design_request(document)
    for step in asked.search().steps():
        _keep(asked, step)
        report(step.done, step.note)


def found(asked: DesignRequest) -> dict | None:
    """The last step that was kept of a search, as `Step.document`; None where none was."""
    content = result_store().get(asked.key)
    return json.loads(content) if content else None


def is_final(step: Mapping | None) -> bool:
    """Whether a kept step is the last one that the search can make, and not merely that of one that was stopped."""
    return step is not None and step["stop_reason"] in ENDS


def _keep(asked: DesignRequest, step: Step) -> None:
    if not result_store().put(asked.key, json.dumps(step.document()).encode()):
        raise InputError(UNKEPT_RESULT)
