"""What a finished run found, in plain words."""

from dataclasses import dataclass

from core.loop.flaws import FLAWS
from core.loop.loop import STOPS, TRUSTED_TO
from core.loop.moves import named
from core.loop.reliability import tested_like
from core.reverse.knowledge import FAMILIES
from core.structure.stack import parse_stack

LEAST_HINT = 0.01
"""Share of the residual that an explanation removes, at least, to be named."""

UNKNOWN = ("noise only", "outside the domain")
"""Reasons to stop after which nothing is said of a sample."""

SHARP = 0.05
"""ML up to which an interface is called sharp."""

SAID = {
    "lattice_in_plane": ("a∥ is {value} Å ({low} to {high})", 3),
    "strain_silicon": ("{value} % above bulk Si ({low} to {high})", 1),
    "ge_fraction": ("the mean Ge fraction is {value} ({low} to {high})", 2),
    "interface_width": ("interfaces are mixed over {value} ML ({low} to {high})", 1),
}
BELOW_SILICON = "{value} % below bulk Si ({low} to {high})"
"""How a figure is said, and with how many digits; that of strain goes on from a∥."""


@dataclass(frozen=True)
class Ending:
    """Sentences; empty where there is nothing to say.

    stopped: why the run ended. sample: what the sample is. fit: how well it explains the image. exact: what the exact
    engine says to the forward model, or by which other theory the run was judged. rivals: candidates that are as good,
    and what would decide. flaws: what may explain the rest. truth: what a simulated image was made from.
    """

    stopped: str
    sample: str
    fit: str = ""
    exact: str = ""
    rivals: str = ""
    flaws: str = ""
    truth: str = ""

    @property
    def sentences(self) -> list[str]:
        """All that there are, in the order of reading."""
        rows = (self.stopped, self.sample, self.fit, self.exact, self.rivals, self.flaws, self.truth)
        return [row for row in rows if row]


def ending(result: dict) -> Ending:
    """From the result of a run, as `Loop.result` gives it."""
    reason = result["stop_reason"]
    stopped, told = STOPS.get(reason, reason), (result.get("about") or {}).get("truth")
    truth = f"The image was simulated from {told}." if told else ""
    if reason in UNKNOWN:
        return Ending(stopped, "Nothing is said of the sample: the figures below are not to be trusted.", truth=truth)
    return Ending(stopped, _sample(result), _fit(result), _exact(result), _rivals(result), _flaws(result), truth)


def by_dft(result: dict) -> bool:
    """Whether DFT judged the candidates; runs of earlier versions do not say, tight binding did."""
    return result.get("fidelity") == "dft"


def is_trusted(result: dict) -> bool:
    """Whether the best candidate explains the images well enough for its figures to stand."""
    return result.get("figures_from") != "networks"


def _sample(result: dict) -> str:
    best = result["candidates"][0]
    name = f"{named(best['stack'], best['mixing'])} on {best['substrate']}"
    left_out, known = _without_meaning(best["stack"]), result["descriptors"]
    if is_trusted(result) and not result.get("widths_tried", True):
        left_out.add("interface_width")
    figures = ", ".join(_figure(known[key], key) for key in SAID if key in known and key not in left_out)
    if is_trusted(result):
        right, tested = (0, 0) if by_dft(result) else tested_like(best["probability"])
        tried = result.get("tried", 0)
        among = f"{_percent(best['probability'])} among {f'{tried} candidates' if tried > 1 else 'the candidates'}"
        tests = f"; in tests {right} of {tested} that were about as probable were true" if tested else ""
        text = f"The sample is most likely {name} ({among}{tests}): {figures} (90 % intervals)."
        if "interface_width" in left_out - _without_meaning(best["stack"]):
            text += " Whether its interfaces are sharp was not asked: no other width of them was tried."
        return text + _known(result)
    learned = " The networks have learned from tight binding's bands, not from DFT's." if by_dft(result) else ""
    return (
        f"No stack that was tried explains the image to within its noise. The nearest one is {name}; what the networks "
        f"read {'with what is known' if result.get('known') else 'alone'} stands: {figures} (90 % intervals).{learned}"
        + _known(result)
    )


def _known(result: dict) -> str:
    """What was taken as known of the sample, and whether the image contradicts it; empty where nothing was."""
    known = result.get("known") or {}
    parts = [f"the substrate {known['substrate']}"] if known.get("substrate") else []
    parts += [f"the structure ({FAMILIES[known['family']]})"] if known.get("family") else []
    if not parts:
        return ""
    return f" Taken as known beforehand: {' and '.join(parts)}. {result.get('at_odds', '')}".rstrip()


def _without_meaning(stack: str) -> set[str]:
    """Figures that say nothing of a stack: that of Si where it has none, that of interfaces where it has none."""
    profile = parse_stack(stack).ge_fractions
    of = {"strain_silicon": profile.min() == 1, "interface_width": profile.min() == profile.max()}
    return {name for name, lacks in of.items() if lacks}


def _figure(one: dict, name: str) -> str:
    if name == "interface_width" and one["value"] < SHARP:
        return f"interfaces are sharp (up to {one['high']:.2g} ML)"
    words, digits = SAID[name]
    ends = [one[end] for end in ("value", "low", "high")]
    if name == "strain_silicon" and ends[0] < 0:
        ends, words = [-ends[0], -ends[2], -ends[1]], BELOW_SILICON
    value, low, high = (f"{end:.{digits}f}".replace("-", "−") for end in ends)
    return words.format(value=value, low=low, high=high)


def _fit(result: dict) -> str:
    chi, ratio = result["residual_end"], result.get("unexplained")
    text = f"Its reconstruction leaves χ² = {chi:.2f} a pixel (the first guess left {result['residual_start']:.3g})"
    if ratio is None:
        return text + "."
    if ratio <= 1:
        return text + ", no more than noise and the engine's own error."
    kind = "close enough to trust it" if is_trusted(result) else f"more than the {TRUSTED_TO:g} times that are trusted"
    return f"{text}, {ratio:.2f} times what noise and the engine's own error leave: {kind}."


def _exact(result: dict) -> str:
    check = result.get("exact_check")
    if by_dft(result):
        return (
            "Judged by DFT (PBE, empty bands raised by the scissor) through the Hamiltonian that it taught; tight "
            "binding may see it otherwise."
        )
    if not check:
        return ""
    verdict = "agrees with it within its error bar" if check["agrees"] else "contradicts it"
    return (
        f"The exact engine drew these spectra; the fast forward model {verdict} "
        f"(χ² = {check['residual_forward']:.2f} with that error bar)."
    )


def _rivals(result: dict) -> str:
    parts = [result.get("ambiguity", ""), (result.get("decide") or {}).get("sentence", "")]
    if by_dft(result) and parts[1]:
        parts.append("These images are predicted by tight binding.")
    return " ".join(part for part in parts if part)


def _flaws(result: dict) -> str:
    return " ".join(filter(None, (_crystal(result), _hints(result))))


def _crystal(result: dict) -> str:
    """Whether the crystal is as drawn, with what is known of such answers; empty where it was not asked."""
    rows = result.get("flaws") or []
    told = []
    for one in rows:
        tests = ""
        if "rate" in one:
            tests = (
                f" (in tests {100 * one['rate']:.0f} % of such flaws were found, and "
                f"{100 * one['false_alarms']:.0f} % of perfect crystals called flawed)"
            )
        told.append(f"{FLAWS[one['flaw']]}{tests}")
    flawed = [text for one, text in zip(rows, told, strict=True) if one["found"]]
    perfect = [text for one, text in zip(rows, told, strict=True) if not one["found"]]
    parts = [f"Better than as drawn the image is explained by {' and '.join(flawed)}."] if flawed else []
    parts += [f"The image gives no sign of {' nor of '.join(perfect)}."] if perfect else []
    return " ".join(parts)


def _hints(result: dict) -> str:
    found = [hint for hint in result.get("hints", ()) if hint["removes"] >= LEAST_HINT]
    if not found:
        return ""
    rows = "; ".join(f"{hint['explanation']} ({100 * hint['removes']:.0f} % of it)" for hint in found)
    return f"What is left may come from: {rows}."


def _percent(share: float) -> str:
    return "more than 99 %" if share > 0.995 else f"{100 * share:.0f} %"
