"""The command that goes from wanted bands to stacks."""

import argparse
import json
import math

from core.cli.parser import above_zero, add_command, show_progress


def add_commands(entries) -> None:
    """Adds `design`."""
    entry = add_command(entries, design)
    entry.add_argument(
        "target",
        nargs="*",
        metavar="TARGET",
        help="gap=0.8±0.02 (or +-), gap=0.7..0.9, gap<1, direct, pseudo-direct, D2, delta, hhlh, me001, …; "
        "gap=0.8±0.02*3 counts three times as much",
    )
    entry.add_argument(
        "--target", dest="more", action="append", default=[], metavar="TARGETS", help="with commas between"
    )
    entry.add_argument(
        "--curve", metavar="CORNERS", help="a drawn band on the standard path, such as 24:-0.1,36:-0.9 (k-point:eV)"
    )
    entry.add_argument(
        "--substrates", nargs=2, metavar=("FROM", "TO"), help="range of substrates, such as Si Si0.5Ge0.5"
    )
    entry.add_argument("--thinnest", type=int, default=1, help="monolayers of a block")
    entry.add_argument("--thickest", type=int, default=19, help="monolayers of a block")
    entry.add_argument("--longest", type=int, default=20, help="monolayers of a period")
    entry.add_argument("--critical", default="", metavar="MODEL", help="people-bean or matthews-blakeslee")
    entry.add_argument("--repeats", type=int, default=1, help="periods that stay below the critical thickness")
    entry.add_argument("--balance", type=float, metavar="PERCENT", help="largest mean strain of a period")
    entry.add_argument("--mixing", type=float, default=0.0, help="ML over which the grower's interfaces are mixed")
    entry.add_argument("--seconds", type=above_zero, default=300.0, help="allowed")
    entry.add_argument("--table-only", action="store_true", help="two-block periods only")
    entry.add_argument(
        "--atlas", action="store_true", help="compute the table of exact levels anew (minutes), then end"
    )
    entry.add_argument("--json", action="store_true")


def design(arguments: argparse.Namespace) -> None:
    """Find stacks whose bands are as wanted, verified by the exact engine."""
    from core.design.atlas import write_atlas
    from core.design.curve import Curve
    from core.design.search import DesignSearch, SearchSettings
    from core.design.targets import parse_wanted

    if arguments.atlas:
        write_atlas(show_progress)
        return
    curve = Curve.parse(arguments.curve) if arguments.curve else None
    wanted = parse_wanted([*arguments.target, *arguments.more], curve)
    settings = SearchSettings(arguments.seconds, neighbours=not arguments.table_only)
    last = None
    for last in DesignSearch(wanted, _constraints(arguments), settings).steps():
        show_progress(f"{100 * last.done:3.0f} %  {last.note}")
    if arguments.json:
        print(json.dumps({"wanted": wanted.text()} | last.document(), ensure_ascii=False, allow_nan=False))
        return
    print(wanted.text())
    for one in last.designs:
        figures = "  ".join(f"{t.figure} {one.measured.figures[t.figure]:.4f}" for t in wanted.targets)
        figures += f"  band {one.measured.curve:.2f}" if curve else ""
        held = sum(s.met for s in one.sensitivity)
        bears = f"  bears {held} of {len(one.sensitivity)} mistakes" if one.sensitivity else ""
        cost = "met" if one.met else f"{one.cost:.2f}" if math.isfinite(one.cost) else "–"
        sample = f"{one.sample.layers} on {one.sample.lattice:.4f} Å"
        sample += f", mixed over {one.sample.mixing:g} ML" if one.sample.mixing else ""
        print(f"{cost:>8}  {sample}  {figures}  {one.measured.kind}, {one.measured.valley}{bears}")
    print(last.stop_reason)


def _constraints(arguments: argparse.Namespace):
    from core.design.growth import Constraints
    from core.structure.substrate import parse_substrate

    given: dict = {name: getattr(arguments, name) for name in ("thinnest", "thickest", "longest", "repeats", "mixing")}
    if arguments.substrates:
        given["lattice"] = tuple(parse_substrate(text).lattice_constant for text in arguments.substrates)
    if arguments.balance is not None:
        given["balance"] = arguments.balance / 100
    return Constraints(model=arguments.critical, **given)
