"""Each step of the loop in one sentence: what was tried, and what it explains better or worse, where in the image."""

import numpy as np

from core.loop.frame import Frame
from core.loop.moves import named
from core.loop.prior import Judged
from core.reverse.standard import EV
from core.structure.stack import Block, parse_stack

BAND = 9
"""Pixels of energy, 0.56 eV, over which what is explained is averaged."""

TELLING = 0.01
"""Weighted squares a pixel by which two fits differ, at least, to be told apart in a sentence."""


def note(found: list[Judged], before: Judged, best: Judged) -> str:
    """What was tried and which candidate is the best now, for one line of output."""
    tried = " and ".join(named(one.stack, one.mixing) for one in found)
    if best is before:
        return f"{tried} tried: {named(best.stack, best.mixing)} stays the best fit"
    return f"{tried} tried: {named(best.stack, best.mixing)} is the best fit so far"


def first_sentence(stack: str, chi: float) -> str:
    """After the first guess was fitted."""
    return f"The networks' first guess, {stack}, fitted with everything unknown about the measurement: {_chi(chi)}."


def sentence(tried: list[Judged], before: Judged, best: Judged, was: Frame, now: Frame) -> str:
    """After candidates were tried: `before` was the best one and `best` is; was, now: how these draw the image."""
    if best is before or best not in tried:
        worse = [one for one in tried if _mean(one) > _mean(best) + TELLING]
        equal = [one for one in tried if one not in worse]
        least = named(best.stack, best.mixing)
        parts = []
        if worse:
            values = " and ".join(f"{_mean(one):.2f}" for one in worse)
            parts.append(f"{_names(worse, 'leaves')} more than {least}, χ² {values} for {_mean(best):.2f}")
        if equal:
            parts.append(f"{_names(equal, 'fits')} no worse than {least}, but {_less_likely(equal)}")
        return "; ".join(parts) + "."
    gain = _mean(before) - _mean(best)
    what = change(before, best)
    several = any(word in what for word in ("interfaces", "planes", " and "))
    what = what[0].upper() + what[1:]
    if gain < TELLING:
        well = "as well" if gain > -TELLING else "a little worse"
        fit = "fit" if several else "fits"
        return f"{what} {fit} {well} and {'are' if several else 'is'} more likely to be made, {_chi(_mean(best))}."
    verb = "explain" if several else "explains"
    return f"{what} {verb} the image better, most at {_where(was, now)} eV: χ² {_mean(before):.2f} → {_mean(best):.2f}."


def refined_sentence(one: str, lattice: float, before: float) -> str:
    """After the exact engine was asked again around a∥ (Å) of a candidate."""
    moved = lattice - before
    text = f"{1000 * abs(moved):.1f} mÅ {'more' if moved > 0 else 'less'}" if abs(moved) > 5e-5 else "as before"
    return f"{one} drawn again at its own a∥: {lattice:.4f} Å, {text}."


def change(before: Judged, after: Judged) -> str:
    """How a candidate differs from another, in a few words without a full stop."""
    if before.stack == after.stack:
        if not after.mixing:
            return "sharp interfaces instead of mixed ones"
        if not before.mixing:
            return f"interfaces mixed over {after.mixing:.2g} ML"
        kind = "wider" if after.mixing > before.mixing else "narrower"
        return f"{kind} interfaces, {after.mixing:.2g} ML for {before.mixing:.2g} ML"
    old, new = parse_stack(before.stack).blocks, parse_stack(after.stack).blocks
    mixed = f" with interfaces over {after.mixing:.2g} ML" if after.mixing != before.mixing and after.mixing else ""
    if len(old) == len(new):
        same = [a.ge_fraction == b.ge_fraction for a, b in zip(old, new, strict=True)]
        if all(same):
            parts = [
                _planes(b.monolayers - a.monolayers, a)
                for a, b in zip(old, new, strict=True)
                if a.monolayers != b.monolayers
            ]
            if 0 < len(parts) <= 2:
                return " and ".join(parts) + mixed
        elif sum(not one for one in same) == 1:
            a, b = next((a, b) for a, b in zip(old, new, strict=True) if a.ge_fraction != b.ge_fraction)
            if a.monolayers == b.monolayers:
                return f"{100 * b.ge_fraction:.0f} % Ge for {100 * a.ge_fraction:.0f} % in a layer{mixed}"
    return f"another order of layers, {named(after.stack, after.mixing)},"


def _planes(count: int, block: Block) -> str:
    kind = {0.0: "Si", 1.0: "Ge"}.get(block.ge_fraction, "alloy")
    number = {1: "one", 2: "two", 3: "three", 4: "four"}.get(abs(count), str(abs(count)))
    return f"{number} {kind} plane{'' if abs(count) == 1 else 's'} {'more' if count > 0 else 'less'}"


def _where(was: Frame, now: Frame) -> str:
    """The energy at which a fit gained most on another, in eV."""
    gain = np.nansum(was.pull**2, axis=0) - np.nansum(now.pull**2, axis=0)
    smooth = np.convolve(gain, np.ones(BAND) / BAND, mode="same")
    return f"{EV[int(np.argmax(smooth))]:.1f}".replace("-", "−")


def _mean(one: Judged) -> float:
    return float(np.mean(one.fitted.chi))


def _chi(value: float) -> str:
    return f"χ² {value:.2f} a pixel"


def _names(some: list[Judged], verb: str) -> str:
    names = " and ".join(named(one.stack, one.mixing) for one in some)
    return f"{names} {verb if len(some) == 1 else verb.removesuffix('s')}"


def _less_likely(some: list[Judged]) -> str:
    return f"{'is' if len(some) == 1 else 'are'} less likely to be made"
