"""A small drawing of a stack: one bar a monolayer, coloured by its Ge fraction, growth upwards."""

from dash import html

from core.structure.stack import parse_stack


def stack_strip(notation: str, monolayers: int = 16) -> html.Span:
    """The first `monolayers` planes of the periodic stack; decoration, so hidden from screen readers."""
    fractions = parse_stack(notation).ge_fractions
    bars = [html.Span(style={"--ge": f"{100 * fractions[plane % len(fractions)]:g}%"}) for plane in range(monolayers)]
    return html.Span(bars, className="stack-strip", **{"aria-hidden": "true"})
