"""Commands about bands and spectral functions, exact or predicted."""

import argparse
import json

from core.cli.parser import add_command, model_options, report, sample_options
from core.cli.printed import readout_lines
from core.cli.structure import read_crystal
from core.electronic.kpath import DEFAULT_PATH, POINTS_PER_SEGMENT
from core.errors import InputError

FIXED = ("path", "points", "sigma", "smearing", "window", "energies", "by_shell", "spin_orbit")
"""Options that the forward model knows at their defaults only."""


def add_commands(entries) -> None:
    """bands, asf, cut."""
    sample, model, line, picture = sample_options(), model_options(), _line_options(), _picture_options()
    entry = add_command(entries, bands, (sample, model, line))
    entry.add_argument("--out", help="raw bands as NetCDF, .nc")
    entry.add_argument("--json", action="store_true")
    entry = add_command(entries, asf, (sample, model, line, picture))
    entry.set_defaults(default=entry.get_default)
    entry = add_command(entries, cut, (sample, model, picture))
    entry.add_argument("--cut", default="G-X", help="G-X ([100]) or G-K ([110])")
    entry.add_argument("--kz", type=float, default=0.0, help="in 2π/c̄: 0 is the Γ plane, 1 the Z plane")
    entry.add_argument("--points", type=int, default=97, help="k-points over both signs")
    entry.set_defaults(default=entry.get_default)


def _line_options() -> argparse.ArgumentParser:
    line = argparse.ArgumentParser(add_help=False)
    line.add_argument("--path", default=DEFAULT_PATH, help=f"k-path, default {DEFAULT_PATH}")
    line.add_argument("--points", type=int, default=POINTS_PER_SEGMENT, help="k-points on each segment")
    return line


def _picture_options() -> argparse.ArgumentParser:
    picture = argparse.ArgumentParser(add_help=False)
    picture.add_argument("--engine", default="exact", choices=["exact", "forward", "dft"])
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
        calculation = calculate_bands(crystal, _path(crystal, arguments), arguments.spin_orbit)
        write_dataset(bands_dataset(calculation), arguments.out)
    report(crystal, *([f"bands written to {arguments.out}"] if arguments.out else []))
    if arguments.json or not arguments.out:
        document = readouts_document(crystal, arguments.spin_orbit)
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
    from core.engines import Picture, engine_named

    engine = engine_named(arguments.engine)
    crystal = read_crystal(arguments)
    line.sampled(crystal)
    if engine.name == "forward":
        _check_defaults(arguments)
    grid = EnergyGrid(arguments.window[0], arguments.window[1], arguments.energies)
    picture = Picture(grid, Broadening(arguments.sigma, arguments.smearing))
    check_result_file(arguments.out)
    data = engine.solve(crystal, line, arguments.spin_orbit, picture).dataset(picture, arguments.by_shell)
    write_dataset(data, arguments.out)
    report(
        crystal, f"spectral functions of {len(crystal)} atoms by the {engine.name} engine written to {arguments.out}"
    )
    if not data.attrs.get("in_domain", 1):
        report(
            crystal, f"outside what the model was trained on (domain score {data.attrs['domain_score']:.1f}, limit 1)"
        )


def _check_defaults(arguments) -> None:
    other = [name for name in FIXED if hasattr(arguments, name) and getattr(arguments, name) != arguments.default(name)]
    if other:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in other)
        raise InputError(f"The forward model knows the default of {options} only; leave it out, or use --engine exact")


def _path(crystal, arguments):
    from core.electronic.kpath import build_path

    return build_path(crystal, arguments.path, arguments.points)
