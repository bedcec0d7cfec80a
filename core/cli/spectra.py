"""Commands about bands and spectral functions, exact or predicted."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from core.cli.parser import add_command, imperfect_options, model_options, report, sample_options, show_progress
from core.cli.printed import readout_lines
from core.cli.structure import names_file, read_crystal, read_imperfect
from core.electronic.kpath import DEFAULT_PATH, POINTS_PER_SEGMENT
from core.errors import InputError

FIXED = ("path", "points", "sigma", "smearing", "window", "energies", "by_shell", "spin_orbit")
"""Options that the forward model knows at their defaults only."""

NO_EMPTY_SITES = (-100.0, 100.0)
"""eV, around all bands but those far up that stand for the orbitals of missing atoms."""


def add_commands(entries) -> None:
    """bands, asf, cut."""
    sample, model, line, picture = sample_options(), model_options(), _line_options(), _picture_options()
    imperfect, several = imperfect_options(), _configuration_options()
    entry = add_command(entries, bands, (sample, imperfect, model, line))
    entry.add_argument("--out", help="raw bands as NetCDF, .nc")
    entry.add_argument("--json", action="store_true")
    entry = add_command(entries, asf, (sample, imperfect, several, model, line, picture))
    entry.set_defaults(default=entry.get_default)
    entry = add_command(entries, cut, (sample, imperfect, several, model, picture))
    entry.add_argument("--cut", default="G-X", help="G-X ([100]) or G-K ([110])")
    entry.add_argument("--kz", type=float, default=0.0, help="in 2π/c̄: 0 is the Γ plane, 1 the Z plane")
    entry.add_argument("--points", type=int, default=97, help="k-points over both signs")
    entry.set_defaults(default=entry.get_default)


def _configuration_options() -> argparse.ArgumentParser:
    several = argparse.ArgumentParser(add_help=False)
    several.add_argument("--configurations", type=int, metavar="N", help="of the drawn atoms, averaged; 1 by default")
    return several


def _line_options() -> argparse.ArgumentParser:
    line = argparse.ArgumentParser(add_help=False)
    line.add_argument("--path", default=DEFAULT_PATH, help=f"k-path, default {DEFAULT_PATH}")
    line.add_argument("--points", type=int, default=POINTS_PER_SEGMENT, help="k-points on each segment")
    return line


def _picture_options() -> argparse.ArgumentParser:
    picture = argparse.ArgumentParser(add_help=False)
    picture.add_argument("--engine", default="exact", choices=["exact", "forward", "dft"])
    picture.add_argument(
        "--fidelity", default="tight-binding", choices=["tight-binding", "dft"], help="forward: what it predicts"
    )
    picture.add_argument("--no-scissor", action="store_true", help="dft: leave the gaps as the functional has them")
    picture.add_argument("--sigma", type=float, default=0.10, help="broadening in eV")
    picture.add_argument("--smearing", default="adaptive", help="adaptive or fixed")
    picture.add_argument("--window", type=float, nargs=2, default=(-7.0, 4.0), metavar=("LOW", "HIGH"), help="eV")
    picture.add_argument("--energies", type=int, default=176, help="points on the energy axis")
    picture.add_argument("--by-shell", action="store_true", help="also by s, p, d, s*")
    picture.add_argument("--out", required=True, help="NetCDF file, .nc")
    return picture


def bands(arguments: argparse.Namespace) -> None:
    """Print the band figures, or write raw bands along the path."""
    from core.electronic.calculation import calculate_bands
    from core.electronic.readouts import readouts_document
    from core.electronic.result_files import bands_dataset, check_result_file, write_dataset

    crystal = read_crystal(arguments)
    if arguments.out:
        check_result_file(arguments.out)
        window = NO_EMPTY_SITES if crystal.empty_sites else None
        calculation = calculate_bands(crystal, _path(crystal, arguments), arguments.spin_orbit, window)
        write_dataset(bands_dataset(calculation), arguments.out)
    report(crystal, *([f"bands written to {arguments.out}"] if arguments.out else []))
    if arguments.json or not arguments.out:
        document = readouts_document(crystal, arguments.spin_orbit)
        if arguments.lateral is not None:
            show_progress("Δ4 and L are read along [100] and [111]; drawn atoms set the other axes apart from these")
        print(json.dumps(document, ensure_ascii=False) if arguments.json else readout_lines(document))


def asf(arguments: argparse.Namespace) -> None:
    """Write the atomically resolved spectral function along the path."""
    from core.engines import Path

    _write_spectra(Path(arguments.path, arguments.points), arguments)


def cut(arguments: argparse.Namespace) -> None:
    """Write total and per-atom spectra on an in-plane cut at fixed kz."""
    from core.engines import Cut

    _write_spectra(Cut(arguments.cut, arguments.kz, arguments.points), arguments)


def _write_spectra(line, arguments) -> None:
    from core.electronic.result_files import check_result_file, write_dataset
    from core.electronic.spectral import Broadening, EnergyGrid
    from core.engines import ENGINES, Picture, engine_named
    from core.engines.forward import ForwardEngine

    engine = engine_named(arguments.engine, arguments.fidelity)
    imperfect = read_imperfect(arguments)
    if arguments.configurations is not None and imperfect is None:
        raise InputError("--configurations are of atoms drawn in a lateral supercell; add --lateral 2, or leave it out")
    if imperfect is not None and engine.name != "exact" and engine is not ENGINES["forward"]:
        which = "forward engine of DFT" if engine.name == "forward" else f"{engine.name} engine"
        raise InputError(f"The {which} takes perfect stacks only; use --engine exact for --lateral")
    crystal = read_crystal(arguments)
    line.sampled(crystal)
    if isinstance(engine, ForwardEngine):
        _check_defaults(arguments)
    engine = _as_asked(engine, arguments)
    grid = EnergyGrid(arguments.window[0], arguments.window[1], arguments.energies)
    picture = Picture(grid, Broadening(arguments.sigma, arguments.smearing))
    check_result_file(arguments.out)
    if imperfect is not None:
        write = _write_configurations if engine.name == "exact" else _write_predicted_mean
        write(imperfect, crystal, line, picture, arguments)
        return
    spectra = engine.solve(crystal, line, arguments.spin_orbit, picture)
    data = spectra.dataset(picture, arguments.by_shell)
    write_dataset(data, arguments.out)
    lines = [f"spectral functions of {len(crystal)} atoms by the {engine.name} engine written to {arguments.out}"]
    if not data.attrs.get("in_domain", 1):
        lines.append(f"outside what the model was trained on (domain score {data.attrs['domain_score']:.1f}, limit 1)")
    report(spectra.crystal, *lines)


def _write_configurations(imperfect, crystal, line, picture, arguments) -> None:
    from core.electronic.result_files import write_dataset
    from core.engines.configurations import configurations_dataset

    if arguments.by_shell:
        raise InputError("--by-shell goes with perfect stacks; leave it out, or leave out --lateral")
    number = 1 if arguments.configurations is None else arguments.configurations
    told = (lambda done: show_progress(f"{100 * done:3.0f} %")) if number > 1 else None
    data = configurations_dataset(imperfect, number, line, arguments.spin_orbit, picture, told)
    write_dataset(data, arguments.out)
    of = f"{number} configurations of {len(crystal)} sites" if number > 1 else f"{len(crystal)} sites"
    notes = [note for note in data.attrs["notes"].split("; ") if note]
    for text in (*notes, f"spectral functions of {of} by the exact engine written to {arguments.out}"):
        show_progress(text)


def _write_predicted_mean(imperfect, crystal, line, picture, arguments) -> None:
    from core.electronic.result_files import write_dataset
    from core.engines.configurations import check_configurations
    from core.engines.forward_imperfect import imperfect_obstacle, solve_imperfect

    obstacle = imperfect_obstacle(imperfect, arguments.spin_orbit, picture, line)
    if obstacle:
        raise InputError(f"No prediction: {obstacle}; use --engine exact")
    number = {} if arguments.configurations is None else {"configurations": arguments.configurations}
    check_configurations(*number.values())
    spectra = solve_imperfect(imperfect, crystal, **number)
    write_dataset(spectra.dataset(picture), arguments.out)
    found = spectra.prediction
    what = f"mean of {found.configurations} configurations" if found.configurations > 1 else "spectra"
    lines = [f"{what} of {len(crystal)} sites, predicted by the forward engine, written to {arguments.out}"]
    if not found.score.inside:
        lines.append(f"outside what the model was trained on (domain score {found.score.value:.1f}, limit 1)")
    report(crystal, *lines)


def _as_asked(engine, arguments):
    """What speaks of DFT with its scissor or without, and with a structure file as it stands; others as they are."""
    from core.engines.dft import DftEngine
    from core.engines.forward_dft import DftForwardEngine

    if isinstance(engine, DftEngine | DftForwardEngine):
        return replace(engine, scissor=not arguments.no_scissor, as_given=names_file(Path(arguments.stack)))
    if arguments.no_scissor:
        raise InputError("--no-scissor goes with --engine dft and --fidelity dft; this engine has no gap correction")
    return engine


def _check_defaults(arguments) -> None:
    other = [name for name in FIXED if hasattr(arguments, name) and getattr(arguments, name) != arguments.default(name)]
    if other:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in other)
        raise InputError(f"The forward model knows the default of {options} only; leave it out, or use --engine exact")


def _path(crystal, arguments):
    from core.electronic.kpath import build_path

    return build_path(crystal, arguments.path, arguments.points)
