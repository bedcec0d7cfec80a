"""A small drawing of a stack: one bar a monolayer, coloured by its Ge fraction, growth upwards."""

import numpy as np
from dash import html

from core.structure.stack import parse_stack


def stack_strip(notation: str, monolayers: int = 16) -> html.Span:
    """The first `monolayers` planes of the periodic stack; decoration, so hidden from screen readers."""
    return profile_strip(parse_stack(notation).ge_fractions, monolayers)


def profile_strip(fractions: np.ndarray, monolayers: int = 16) -> html.Span:
    """The same of the Ge fractions (plane,) of one period."""
    bars = [html.Span(style={"--ge": f"{100 * fractions[plane % len(fractions)]:g}%"}) for plane in range(monolayers)]
    return html.Span(bars, className="stack-strip", **{"aria-hidden": "true"})
