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
    from core.electronic.spectral import EnergyGrid

    crystal = read_crystal(arguments)
    if arguments.engine == "forward":
        from core.forward.model import predict

        _write_prediction(crystal, _path(crystal, arguments), lambda: predict(crystal), arguments)
    else:
        grid = EnergyGrid(*arguments.window, arguments.energies)
        _write_spectra(crystal, _path(crystal, arguments), grid, arguments)


def cut(arguments: argparse.Namespace) -> None:
    """Write total and per-atom spectra on an in-plane cut at fixed kz."""
    from core.electronic.kpath import build_cut
    from core.electronic.spectral import EnergyGrid

    crystal = read_crystal(arguments)
    path = build_cut(crystal, arguments.cut, arguments.kz, arguments.points)
    if arguments.engine == "forward":
        from core.forward.model import predict_cut

        name = path.text.split()[0]
        _write_prediction(crystal, path, lambda: predict_cut(crystal, name, arguments.kz), arguments)
    else:
        _write_spectra(crystal, path, EnergyGrid(*arguments.window, arguments.energies), arguments)


def _write_spectra(crystal, path, grid, arguments) -> None:
    from core.electronic.calculation import calculate_bands
    from core.electronic.result_files import check_result_file, spectral_dataset, write_dataset
    from core.electronic.spectral import Broadening, covering_window

    if arguments.engine != "exact":
        raise InputError(f"Engine {arguments.engine!r} is not available; use exact or forward")
    broadening = Broadening(arguments.sigma, arguments.smearing)
    check_result_file(arguments.out)
    calculation = calculate_bands(crystal, path, arguments.spin_orbit, covering_window(grid, broadening, path.step))
    write_dataset(spectral_dataset(calculation, grid, broadening, by_shell=arguments.by_shell), arguments.out)
    report(crystal, f"spectral functions of {len(crystal)} atoms written to {arguments.out}")


def _write_prediction(crystal, path, predict, arguments) -> None:
    from core.electronic.result_files import check_result_file, write_dataset
    from core.forward.prediction_files import prediction_dataset

    other = [name for name in FIXED if hasattr(arguments, name) and getattr(arguments, name) != arguments.default(name)]
    if other:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in other)
        raise InputError(f"The forward model knows the default of {options} only; leave it out, or use --engine exact")
    check_result_file(arguments.out)
    data = prediction_dataset(crystal, path, predict())
    write_dataset(data, arguments.out)
    report(crystal, f"predicted spectral functions of {len(crystal)} atoms written to {arguments.out}")
    if not data.attrs["in_domain"]:
        report(
            crystal, f"outside what the model was trained on (domain score {data.attrs['domain_score']:.1f}, limit 1)"
        )


def _path(crystal, arguments):
    from core.electronic.kpath import build_path

    return build_path(crystal, arguments.path, arguments.points)
