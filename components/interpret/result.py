"""What the reverse model says, beside the image: verdict, figures with intervals, candidates."""

from dash import html

from components.interpret.controls import ids
from components.links import compose_address
from components.terms import term
from core.reverse.candidates import Candidate
from core.reverse.inference import EQUALLY_GOOD, NUISANCE_QUANTITIES, Estimate, Inference
from core.reverse.quantities import LOCAL_QUANTITIES, QUANTITIES
from core.reverse.truth import LONGEST_PERIOD, Truth, compared

LABELS = {
    "lattice_in_plane": "In-plane lattice constant",
    "strain_silicon": "Strain against bulk Si",
    "ge_fraction": "Mean Ge fraction",
    "interfacial_fraction": "Interfacial atoms",
    "bond_length_si_si": "Si–Si bond",
    "bond_length_si_ge": "Si–Ge bond",
    "bond_length_ge_ge": "Ge–Ge bond",
    "interface_width": "Interface width w",
    "period": "Period",
    "fermi_above_vbm": "Fermi level above VBM",
    "kz": "kz",
}
DIGITS = {"lattice_in_plane": 4, "bond_length_si_si": 4, "bond_length_si_ge": 4, "bond_length_ge_ge": 4, "period": 1}
COLUMNS = ("Stack", "Interface", "Probability", "Bands")
TAKEN = {
    "photon_energy": "Photon energy hν", "work_function": "Work function Φ", "fermi_level": "E_F on the file's axis",
    "normal_emission": "Normal emission", "kz": "kz from hν", "temperature": "Temperature",
}  # fmt: skip
"""Entries of an image's record that stand beside the figures."""

SHOWN = 6
"""Candidates in the table."""

SAME_WIDTH = 0.25
"""ML by which interfaces may differ and still be called the same."""

NAMED = 4
"""Stacks in the verdict."""


def verdict(found: Inference) -> tuple[str, str]:
    """A sentence on whether the model knows such images, and its kind for the style."""
    if not found.in_domain:
        return (
            f"{_outside(found)} outside what the model knows (domain score {found.domain_score:.2f}, limit 1): it "
            "knows Γ–X and Γ–K cuts of Si/Ge stacks. What it makes of them all the same is folded away.",
            "outside",
        )
    equal = [c for c in found.candidates if c.probability >= EQUALLY_GOOD * found.candidates[0].probability]
    text = f"Such images are known (domain score {found.domain_score:.2f}, limit 1). "
    names = list(dict.fromkeys(candidate.stack for candidate in equal))
    if len(names) > 1:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        text += f"{len(names)} stacks explain it about equally well: {', '.join(names[:NAMED])}{more}."
    else:
        text += f"{found.candidates[0].stack} explains it best."
    if found.figures["period"].high >= LONGEST_PERIOD:
        text += f" Period and interfaces hold if the sample repeats within {LONGEST_PERIOD} monolayers."
    return text, "inside"


def _outside(found: Inference) -> str:
    """Which image is not known, as the beginning of a sentence."""
    if len(found.images) == 1:
        return "This is"
    names = [image_name(found, number) for number, one in enumerate(found.images) if not one.in_domain]
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'}"


def image_name(found: Inference, number: int) -> str:
    """What one of several images is called."""
    return f"Image {number + 1} ({found.images[number].cut.replace('G', 'Γ').replace('-', '–')})"


def figure_list(found: Inference) -> html.Div | html.Details:
    """The figures with their 90 % intervals; descriptors of inner and interfacial atoms folded away.

    What belongs to an image alone, such as its k_z and how it was taken, stands by itself where there are several.
    """
    local = [name for name in LOCAL_QUANTITIES if name in found.descriptors]
    shown = [name for name in (*QUANTITIES, *NUISANCE_QUANTITIES) if name in found.descriptors]
    parts = [_table(shown, found.descriptors)]
    if len(found.images) > 1:
        for number, one in enumerate(found.images):
            known = "known" if one.in_domain else "outside"
            title = f"{image_name(found, number)}: {known}, domain score {one.domain_score:.2f}"
            parts += [html.H3(title, className="small"), _table(list(one.descriptors), one.descriptors)]
    parts += [_taken(found, number) for number in range(len(found.images))]
    if local:
        parts.append(html.Details([html.Summary("Inner and interfacial atoms"), _table(local, found.descriptors)]))
    return _behind_verdict(found, html.Div(parts), "What the model says of it all the same")


def _behind_verdict(found: Inference, content: html.Div, summary: str) -> html.Div | html.Details:
    """The content; folded away and faint where the model does not know such images."""
    return content if found.in_domain else html.Details([html.Summary(summary), content], className="doubtful")


def _taken(found: Inference, number: int) -> html.Div:
    """How an image was taken, as far as its file, its calibration and its photon energy tell, and how that is known."""
    one = found.images[number]
    rows = [
        html.Tr(
            [
                html.Th(term(name, words), scope="row"),
                html.Td(f"{known.value:g}{f' ± {known.uncertainty:.2g}' if known.uncertainty else ''} {known.unit}"),
                html.Td(known.origin, className="muted origin"),
            ]
        )
        for name, words in TAKEN.items()
        if (known := getattr(one.record, name, None)) is not None
    ]
    if not rows:
        return html.Div()
    title = "How it was taken" if len(found.images) == 1 else f"How {image_name(found, number)} was taken"
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in ("Setting", "Value", "Known by")]))
    return html.Div([html.H3(title), html.Table([head, html.Tbody(rows)], className="small-table")])


def truth_panel(found: Inference, truth: Truth | None) -> html.Details | None:
    """What a simulated image was made from, beside what was read, and how far off that is."""
    if truth is None:
        return None
    rows, figures = [], compared(found, truth)
    for name, one in figures.items():
        digits = DIGITS.get(name, 3)
        true, off = (f"{x:{sign}.{digits}f}".replace("-", "−") for x, sign in ((one.true, ""), (one.off, "+")))
        words = LABELS.get(name, name.replace("_", " "))
        rows.append(
            html.Tr(
                [
                    html.Th(f"{words}{f', {one.read.unit}' if one.read.unit != '1' else ''}", scope="row"),
                    html.Td(true),
                    html.Td(off),
                    html.Td("yes" if one.inside else "no", className="" if one.inside else "missed"),
                ]
            )
        )
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in ("Figure", "Truth", "Read off by", "In 90 %")]))
    place = next((n for n, c in enumerate(found.candidates, 1) if truth.is_stack(c.stack)), None)
    among = f"candidate {place}{_other_width(found, truth, place)}" if place else "not among the candidates"
    inside = sum(one.inside for one in figures.values())
    return html.Details(
        [
            html.Summary(f"Against the truth: {inside} of {len(figures)} intervals hold it"),
            html.P(
                f"Simulated from {truth.words}; the stack is {among}.",
                className="small",
            ),
            html.Table([head, html.Tbody(rows)], className="small-table"),
        ],
        open=True,
        className="truth",
    )


def _other_width(found: Inference, truth: Truth, place: int) -> str:
    """That a candidate has the true stack, but other interfaces; empty where it has these too."""
    read = found.candidates[place - 1].mixing
    if abs(read - truth.sample.mixing) < SAME_WIDTH:
        return ""
    return f" there, with {f'interfaces mixed over {read:g} ML' if read else 'sharp interfaces'}"


def _table(names: list[str], estimates: dict[str, Estimate]) -> html.Table:
    quantities = QUANTITIES | LOCAL_QUANTITIES | NUISANCE_QUANTITIES
    rows = []
    for name in names:
        estimate, digits = estimates[name], DIGITS.get(name, 4 if "ionic" in name else 3)
        shown = [f"{x:.{digits}f}".replace("-", "−") for x in (estimate.value, estimate.low, estimate.high)]
        unit = "" if estimate.unit == "1" else f" {estimate.unit}"
        rows.append(
            html.Tr(
                [
                    html.Th(
                        term(name, LABELS.get(name, name.replace("_", " "))),
                        scope="row",
                        title=quantities[name].sentence,
                    ),
                    html.Td(f"{shown[0]}{unit}"),
                    html.Td(f"{shown[1]} … {shown[2]}", className="muted"),
                ]
            )
        )
    heads = ("Figure", "Value", term("interval", "90 %"))
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in heads]))
    return html.Table([head, html.Tbody(rows)], className="small-table")


def candidate_list(found: Inference) -> html.Div | html.Details:
    """The most probable stacks; each opens in Compose."""
    new_tab = {"target": "_blank", "title": "Open in Compose, in a new tab"}
    rows = [
        html.Tr(
            [
                html.Th(html.A(candidate.stack, href=compose_link(candidate, found), **new_tab), scope="row"),
                html.Td(f"{candidate.mixing:g} ML" if candidate.mixing else "sharp"),
                html.Td(f"{100 * candidate.probability:.0f} %"),
                html.Td(
                    html.Button(
                        "Show", id=ids.item("show", number), type="button", className="button",
                        title="Draw its predicted bands over the image",
                        **{"aria-label": f"Overlay the bands of {candidate.stack}"},
                    )
                ),
            ]
        )
        for number, candidate in enumerate(found.candidates[:SHOWN])
    ]  # fmt: skip
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in COLUMNS]))
    substrate = f"All on a substrate of a∥ = {found.candidates[0].lattice:.4f} Å."
    table = html.Table([head, html.Tbody(rows)], className="small-table")
    return _behind_verdict(found, html.Div([table, html.P(substrate, className="muted small")]), "Nearest stacks")


def compose_link(candidate: Candidate, found: Inference) -> str:
    """The link that opens a candidate in Compose, on the cut that the image shows."""
    view = found.images[0].view
    return compose_address(candidate.sample, cut=view.cut, kz=view.kz)
