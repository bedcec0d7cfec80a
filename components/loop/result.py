"""What a run has found, beside its picture: the best guess, the candidates, the end in plain words."""

from dash import html

from components.interpret.result import DIGITS, LABELS
from components.links import compose_address
from components.stack_strip import profile_strip
from core.loop.ending import LEAST_HINT, ending
from core.loop.frame import Frame
from core.loop.moves import named
from core.reverse.quantities import QUANTITIES
from core.sessions.asked import fidelity_of
from core.structure.mixing import mix_profile
from core.structure.sample import Sample
from core.structure.stack import parse_stack

SHOWN = 6
"""Candidates in the table."""

STRIP_PLANES = 20

JUDGED_BY = {"tight-binding": "exact", "dft": "DFT’s"}
"""Cuts by the theory that judges, in a word."""

MOVED = 0.005
"""By which a probability rises or falls to be marked."""


def strip_of(stack: str, mixing: float) -> html.Span:
    """The planes of a candidate."""
    return profile_strip(mix_profile(parse_stack(stack).ge_fractions, mixing), STRIP_PLANES)


def fitting(frame: Frame | None, live: bool) -> list:
    """What the picture shows: the candidate that is fitted now, or the best one."""
    if frame is None:
        return [html.Span("The first guess of the networks", className="muted")]
    words = "Fitting" if live else "Best so far"
    return [
        strip_of(frame.stack, frame.mixing),
        html.Span(
            [
                f"{words} ", html.Strong(named(frame.stack, frame.mixing)), f" on {frame.lattice:.4f} Å",
                html.Span(f" · χ² {frame.chi:.2f}", className="muted"),
            ]
        ),
    ]  # fmt: skip


def best_guess(step: dict) -> html.Div:
    """Stack, substrate and planes of the best guess."""
    interface = f"interfaces over {step['mixing']:.2g} ML" if step["mixing"] > 0.05 else "sharp interfaces"
    cuts = f"{step['predictions']} predicted and {step.get('exact_cuts', 0)} {JUDGED_BY[fidelity_of(step)]} cuts"
    residual = f"χ² {step['residual']:.2f} a pixel, {cuts}"
    return html.Div(
        [
            html.P([strip_of(step["stack"], step["mixing"]), html.Strong(step["stack"])], className="best-stack"),
            html.P(f"on {step['substrate']}, {interface}", className="muted small"),
            html.P(residual, className="muted small"),
        ]
    )


def candidate_table(candidates: list[dict], before: list[dict] | None = None) -> html.Table:
    """Stacks with probability and residual; marks of those that rose or fell since an earlier step."""
    was = {(c["stack"], c["mixing"]): c["probability"] for c in before or ()}
    rows = []
    for c in candidates[:SHOWN]:
        share = c["probability"]
        change = share - was.get((c["stack"], c["mixing"]), 0.0) if before else 0.0
        rows.append(
            html.Tr(
                [
                    html.Th(named(c["stack"], c["mixing"]), scope="row"),
                    html.Td(
                        [_mark(change), f"{100 * share:.0f} %"], className="share", style={"--share": f"{share:.3f}"}
                    ),
                    html.Td(f"{c.get('residual', c.get('distance')):.2f}"),
                ]
            )
        )
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in ("Stack", "Probability", "χ²")]))
    return html.Table([head, html.Tbody(rows)], className="small-table")


def _mark(change: float):
    if abs(change) < MOVED:
        return ""
    sign, word = ("▲", "rises to ") if change > 0 else ("▼", "falls to ")
    return html.Span([html.Span(f"{sign} ", **{"aria-hidden": "true"}), html.Span(word, className="visually-hidden")])


def ending_panel(document: dict) -> html.Div:
    """The end in plain words, the figures with intervals, and what may explain the rest."""
    said = ending(document)
    return html.Div(
        [
            html.H2("What was found"),
            html.P(said.sample, className="found"),
            *(html.P(text, className="small") for text in said.sentences if text not in (said.sample, said.stopped)),
            figure_table(document),
            *hint_list(document.get("hints") or []),
        ]
    )


def figure_table(document: dict) -> html.Table:
    """Final figures with intervals."""
    rows = []
    for name in QUANTITIES:
        if name in document["descriptors"]:
            value, low, high, unit = figure_texts(name, document["descriptors"][name])
            cells = [html.Td(f"{value} {unit}".strip()), html.Td(f"{low} … {high}", className="muted")]
            rows.append(html.Tr([html.Th(LABELS.get(name, name), scope="row"), *cells]))
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in ("Figure", "Value", "90 %")]))
    return html.Table([head, html.Tbody(rows)], className="small-table")


def figure_texts(name: str, one: dict) -> tuple[str, str, str, str]:
    """Value, ends and unit of a figure."""
    digits = DIGITS.get(name, 3)
    value, low, high = (f"{one[end]:.{digits}f}".replace("-", "−") for end in ("value", "low", "high"))
    return value, low, high, "" if one["unit"] == "1" else one["unit"]


def hint_list(hints: list[dict]) -> list:
    """What may explain the rest, by the share of the residual that it removes."""
    rows = [
        html.Tr(
            [
                html.Th(hint["explanation"].capitalize(), scope="row", title=hint["sentence"]),
                html.Td(f"{100 * hint['removes']:.0f} %"),
            ]
        )
        for hint in hints
        if hint["removes"] >= LEAST_HINT
    ]
    if not rows:
        return []
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in ("What may explain the rest", "Removes")]))
    return [html.Table([head, html.Tbody(rows)], className="small-table")]


def compose_link(step: dict) -> str:
    """The link that opens the best guess in Compose, on the first image's cut, by the theory that judged."""
    sample, view = Sample(step["stack"], step["substrate"], round(step["mixing"], 3)), step["views"][0]
    return compose_address(sample, cut=view["cut"], kz=view["kz"], fidelity=fidelity_of(step))
