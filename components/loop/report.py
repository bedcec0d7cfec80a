"""The report of a run: one page that opens offline."""

import json
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from components.interpret.result import LABELS
from components.loop.prints import images_svg, tracks_svg
from components.loop.result import JUDGED_BY, figure_texts
from components.translation import answers
from core.errors import InputError
from core.loop.ending import LEAST_HINT, by_dft, ending, is_trusted
from core.loop.moves import named
from core.reverse.quantities import QUANTITIES
from core.sessions import runs
from core.sessions.asked import fidelity_of

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
SHOWN, LONGEST_LINE = 8, 160


def run_report(identity: str) -> str:
    """An HTML page with pictures inside it; nothing is fetched from anywhere.

    Raises:
        InputError: no such run, a damaged one, or one that has not ended.
    """
    result, steps = runs.result(identity), runs.steps(identity)
    if result is None or not steps:
        raise InputError("This run has not ended; its report comes with its result")
    said, about = ending(result), runs.request(identity)["about"]
    known = [name for name in QUANTITIES if name in result["descriptors"]]
    document = _TEMPLATES.get_template("report.html.jinja").render(
        ending=said,
        trusted=is_trusted(result),
        title=named(result["candidates"][0]["stack"], result["candidates"][0]["mixing"]),
        images=images_svg(identity, steps[-1], runs.frame(identity)),
        tracks=tracks_svg(steps),
        figures=[
            dict(zip(("value", "low", "high", "unit"), figure_texts(name, result["descriptors"][name]), strict=True))
            | {"label": LABELS.get(name, name)}
            for name in known
        ],
        candidates=[
            {
                "name": named(one["stack"], one["mixing"]),
                "substrate": one["substrate"],
                "probability": f"{100 * one['probability']:.1f} %",
                "chi": f"{_residual(one):.2f}",
            }
            for one in result["candidates"][:SHOWN]
        ],
        hints=[
            hint | {"percent": f"{100 * hint['removes']:.0f} %"}
            for hint in result.get("hints") or ()
            if hint["removes"] >= LEAST_HINT
        ],
        cuts=f"{len(steps)} steps, {result['predictions']} predicted and {result['exact_cuts']} "
        f"{JUDGED_BY[fidelity_of(result)]} cuts",
        sources=[_source(one) for one in about.get("sources") or ()],
        about={
            "Run": identity,
            "Begun": about.get("begun", "not recorded"),
            "Reported": datetime.now(UTC).isoformat(timespec="seconds"),
            "Bandloom": about.get("version", "not recorded"),
            **_judge(result, about),
            "Weights": about.get("weights", "not recorded"),
        },
        json=json.dumps(result, indent=1, ensure_ascii=False),
    )
    return answers.report(document)


def _judge(result: dict, about: dict) -> dict[str, str]:
    """The theory that judged, and its version when the run was begun."""
    name, key = ("Forward model of DFT", "taught") if by_dft(result) else ("Exact engine", "engine")
    return {name: about.get(key) or "not recorded"}


def _residual(one: dict) -> float:
    return float(one.get("residual", one.get("distance", float("nan"))))


def _source(one: dict) -> dict:
    """An image's file and calibration, each line cut to a length that fits."""
    lines = [str(line)[:LONGEST_LINE] for line in (*one.get("record", ()), *one.get("steps", ()))]
    return {"name": "unnamed file", "sha256": "", "cut": ""} | one | {"lines": lines}
