"""Results as lines of text, for people who run commands."""


def readout_lines(document: dict) -> str:
    """Band edges and splittings, a line each, with units."""
    rows = []
    for key, unit in document["units"].items():
        value = document[key]
        rows.append(
            f"{key:<26}{'' if value is None else value if isinstance(value, str) else format(value, '.4f')} {unit}"
        )
    return "\n".join(rows)


def inference_lines(document: dict) -> str:
    """Figures with 90 % intervals, the verdict, the five most probable candidates."""
    rows = [_figure_line(name, d) for name, d in document["descriptors"].items()]
    verdict = "inside" if document["in_domain"] else "OUTSIDE"
    rows.append(f"{verdict} what the model knows (domain score {document['domain_score']:.2f}, limit 1)")
    for number, one in enumerate(document["images"], 1):
        if len(document["images"]) > 1:
            verdict = "inside" if one["in_domain"] else "OUTSIDE"
            rows.append(f"image {number}, {one['cut']}: {verdict} (domain score {one['domain_score']:.2f})")
            rows += [_figure_line(f"  {name}", d) for name, d in one["descriptors"].items()]
    for row in document["candidates"][:5]:
        mixed = f" mixed over {row['mixing']:g} ML" if row["mixing"] else ""
        rows.append(f"{100 * row['probability']:5.1f} %  {row['stack']} on {row['substrate']}{mixed}")
    for one in document["images"]:
        rows += source_lines(one.get("source"))
    return "\n".join(rows)


def source_lines(source: dict | None) -> list[str]:
    """What was read from an image's file."""
    from core.experiment.calibration.record import record_from

    return record_from(source).lines() if source else []


def _figure_line(name: str, estimate: dict) -> str:
    return f"{name:<34}{estimate['value']:>10.4f}  {estimate['low']:.4f} to {estimate['high']:.4f} {estimate['unit']}"


def step_line(document: dict) -> str:
    """One step of the closed loop."""
    mixed = f" mixed over {document['mixing']:g} ML" if document["mixing"] else ""
    return (
        f"{document['step']:3d}  residual {document['residual']:.4g}  {document['stack']} on {document['substrate']}"
        f"{mixed}  ({document['note']})"
    )


def validation_line(row: dict) -> str:
    """One comparison with a published figure."""
    verdict = "" if row["within"] is None else ("ok" if row["within"] else "OUTSIDE")
    reference = "" if row["reference"] is None else f"{row['reference']:>10.4f}"
    figures = f"{row['computed']:>10.4f} {reference:>10} {row['unit']:<4}"
    return f"{row['setting']:<8} {row['quantity']:<52} {figures} {verdict}"


def alloy_lines(table: dict) -> str:
    """Gaps of alloys in eV, a line a composition, then the bowing."""
    rows = ["Ge      virtual   random (± spread; lowest axis)   experiment"]
    for row in table["rows"]:
        spread = "" if row["random_std"] is None else f" ± {row['random_std']:.3f}"
        random = f"{row['random']:.3f}{spread}; {row['random_lowest']:.3f}"
        rows.append(f"{row['ge_fraction']:<8g}{row['virtual']:.3f}     {random:<32}{row['experiment']:.3f}")
    b = table["bowing"]
    rows.append(f"bowing  {b['virtual']:.3f}     {b['random']:<32.3f}{b['experiment']:.3f}")
    rows.append(
        f"mean of the three Δ axes, eV; Si {table['ends']['Si']:.3f}, Ge {table['ends']['Ge']:.3f}; random: "
        f"{table['configurations']} configurations of {table['atoms']} atoms, seed {table['seed']}; experiment: "
        f"exciton, about 15 meV below the gap, {table['experiment_source']}"
    )
    return "\n".join(rows)


def learned_lines(card: dict) -> str:
    """What `learn` found, model by model."""
    lines = [f"{card['cases']} cases; {'kept as ' + card['version'] if card['version'] else 'no model was taken'}"]
    for name, e in card["models"].items():
        lines.append(
            f"{name:<5} fixed test {e['fixed_before']:.4f} → {e['fixed_after']:.4f}, cases held back "
            f"{e['held_before']:.4f} → {e['held_after']:.4f}, {'taken' if e['accepted'] else 'refused'}"
        )
    return "\n".join(lines)


def critical_point_lines(document: dict) -> str:
    """Levels of bulk crystals in eV above Γ25′v, a line each, then what the dft engine refers to."""
    lines = ["              level   orbitals  plane waves  published"]
    for row in document["table"]:
        figures = f"{row['level']:<6}{row['orbitals']:10.3f}{row['plane_waves']:13.3f}"
        verdict = "ok" if row["within"] else "OUTSIDE"
        published = "" if row["published"] is None else f"{row['published']:11.3f}  {verdict}"
        lines.append(f"{row['species']} {row['lattice']:.3f} Å    {figures}{published}")
    lines += sorted({row["source"] for row in document["table"] if row["source"]})
    raised = ", ".join(f"{species} {value:.3f} eV" for species, value in document["scissor"].items())
    lines.append(f"{document['functional']}, GPAW {document['gpaw_version']}; gaps lack (scissor) {raised}")
    return "\n".join(lines)


def comparison_lines(document: dict) -> str:
    """DFT beside tight binding in eV, a line a structure, then means over structures whose gap is open."""
    lines = ["structure                       valence: error   shift  stretch  beyond   conduction: error   shift"]
    for row in document["structures"]:
        figures = (
            f"{row['valence_error']:9.3f}{row['valence_shift']:+8.3f}{row['valence_stretch']:9.3f}"
            f"{row['valence_left']:8.3f}{row['conduction_error']:20.3f}{row['conduction_shift']:+8.3f}"
        )
        name = f"{row['stack']} on {row['substrate']}"
        lines.append(f"{name:<38}{figures}{'  gap closed by the functional' if row['closing'] else ''}")
    for name, told in document["summary"].items():
        lines.append(f"{name.replace('_', ' ')}: mean {told['mean']:.3f}, spread {told['spread']:.3f}")
    return "\n".join(lines)


def imported_line(entry, file: str, again: bool) -> str:
    """What was made of a file: structure, k-points, bands, gap; where it lies, and for what it serves."""
    from core.dft.dataset import on_path
    from core.electronic.kpath import build_path

    result = entry.result
    points, bands = result.bands.energy.shape
    top = result.aligned(scissor=False).energy[:, result.valence_bands - 1].max()
    top_text, gap = f"{round(float(top), 3) + 0.0:+.3f} eV", f"{round(result.direct_gap, 3) + 0.0:.3f} eV"
    use = "" if on_path(result.k_reduced, build_path(result.crystal)) else "; not the standard path: no training data"
    return (
        f"{entry.sample.stack} on {entry.sample.substrate}: {points} k-points, {bands} bands, "
        f"{result.valence_bands} filled, top of the valence band {top_text}, direct gap {gap} without scissor; "
        f"{'replaced' if again else 'written'} {file}{use}"
    )
