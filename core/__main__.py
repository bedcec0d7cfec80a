"""Command line: `python -m core COMMAND …`; everything the pages do can be scripted here.

Exit status 0 on success, 2 with one line on stderr on bad input.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before NumPy: k-points run side by side in threads
    os.environ.setdefault(_threads, "1")

from core.errors import InputError  # noqa: E402  (after the number of threads)

TRAINING_STACKS = 14000
RACE_STACKS = 1008
STRUCTURE_SUFFIXES = (".xyz", ".extxyz", ".cif", ".vasp", ".poscar", ".contcar")


class _Parser(argparse.ArgumentParser):
    """Errors in one line, without the usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


def read_crystal(arguments: argparse.Namespace):
    """The crystal that the command line names: stack notation, or a structure file."""
    from core.structure.build import build_crystal
    from core.structure.files import read_structure
    from core.structure.stack import parse_stack
    from core.structure.substrate import parse_substrate

    named = Path(arguments.stack)
    if _is_file(named) or named.suffix.lower() in STRUCTURE_SUFFIXES or named.name in ("POSCAR", "CONTCAR"):
        if arguments.substrate is not None or arguments.mixing:
            raise InputError(f"{named.name} brings its own cell: --substrate and --mixing go with stack notation only")
        return read_structure(named)
    if arguments.substrate is None:
        raise InputError(
            "--substrate is missing: Si, Ge, an alloy such as Si0.5Ge0.5, or a lattice constant such as 5.50"
        )
    return build_crystal(parse_stack(arguments.stack), parse_substrate(arguments.substrate), arguments.mixing)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a stack may be longer than a file name can be
        return False


def structure(arguments: argparse.Namespace) -> None:
    """Write the relaxed structure through ASE."""
    from core.structure.files import write_structure

    crystal = read_crystal(arguments)
    write_structure(crystal, arguments.out)
    _report(crystal, f"{len(crystal)} atoms written to {arguments.out}")


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
    _report(crystal, *([f"bands written to {arguments.out}"] if arguments.out else []))
    if arguments.json or not arguments.out:
        document = readouts_document(crystal, arguments.spin_orbit)
        print(json.dumps(document, ensure_ascii=False) if arguments.json else _readout_lines(document))


def asf(arguments: argparse.Namespace) -> None:
    """Write the atomically resolved spectral function along the path."""
    from core.electronic.spectral import EnergyGrid

    crystal = read_crystal(arguments)
    if arguments.engine == "forward":
        from core.learning.forward import predict

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
        from core.learning.forward import predict_cut

        name = path.text.split()[0]
        _write_prediction(crystal, path, lambda: predict_cut(crystal, name, arguments.kz), arguments)
    else:
        _write_spectra(crystal, path, EnergyGrid(*arguments.window, arguments.energies), arguments)


def descriptors(arguments: argparse.Namespace) -> None:
    """Write the descriptors of every atom as CSV."""
    from core.descriptors.table import check_table_file, descriptor_table, write_table

    crystal = read_crystal(arguments)
    check_table_file(arguments.out)
    write_table(descriptor_table(crystal), arguments.out)
    _report(crystal, f"descriptors of {len(crystal)} atoms written to {arguments.out}")


def infer(arguments: argparse.Namespace) -> None:
    """Read the crystal's figures and candidate stacks from one or several band images of a sample."""
    from core.reverse.files import read_cut
    from core.reverse.inference import infer as infer_cuts

    names = [part for text in arguments.cut or ["G-X"] for part in text.split(",")]
    if len(names) not in (1, len(arguments.file)):
        raise InputError(f"{len(arguments.file)} files and {len(names)} cuts: name one cut for all, or one for each")
    names = names * len(arguments.file) if len(names) == 1 else names
    found = infer_cuts([read_cut(file, cut, arguments) for file, cut in zip(arguments.file, names, strict=True)])
    document = found.document()
    print(json.dumps(document, ensure_ascii=False) if arguments.json else _inference_lines(document))


def _inference_lines(document: dict) -> str:
    rows = [
        f"{name:<34}{d['value']:>10.4f}  {d['low']:.4f} to {d['high']:.4f} {d['unit']}"
        for name, d in document["descriptors"].items()
    ]
    verdict = "inside" if document["in_domain"] else "OUTSIDE"
    rows.append(f"{verdict} what the model knows (domain score {document['domain_score']:.2f}, limit 1)")
    for row in document["candidates"][:5]:
        mixed = f" mixed over {row['mixing']:g} ML" if row["mixing"] else ""
        rows.append(f"{100 * row['probability']:5.1f} %  {row['stack']} on {row['substrate']}{mixed}")
    return "\n".join(rows)


def validate(arguments: argparse.Namespace) -> None:
    """Compare with the parameters' own checks and with experiment."""
    from core.validation import MEASURED_FILE, validation_table

    table = validation_table()
    if arguments.write:
        MEASURED_FILE.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if arguments.json:
        print(json.dumps(table, ensure_ascii=False))
        return
    for row in table:
        verdict = "" if row["within"] is None else ("ok" if row["within"] else "OUTSIDE")
        reference = "" if row["reference"] is None else f"{row['reference']:>10.4f}"
        figures = f"{row['computed']:>10.4f} {reference:>10} {row['unit']:<4}"
        print(f"{row['setting']:<8} {row['quantity']:<52} {figures} {verdict}")
    if any(row["within"] is False for row in table):
        raise SystemExit(1)


def dataset(arguments: argparse.Namespace) -> None:
    """Make or extend the data set that the models are trained on; a run that was killed goes on where it stood."""
    from core.learning.dataset import generate

    made = generate(_dataset_folder(arguments), arguments.stacks, arguments.seed, arguments.scheduler, _progress)
    print(f"{made} shards computed")


def train(arguments: argparse.Namespace) -> None:
    """Rebuild the shipped models from the data set, which is made first where it is missing."""
    from dataclasses import replace

    from core.learning.dataset import generate
    from core.learning.training import SETTINGS
    from core.learning.training import train as train_model
    from core.reverse.single_atom import train_single_atom
    from core.reverse.training import CUTS, ReverseSettings, train_reverse

    folder = _dataset_folder(arguments)
    generate(folder, arguments.stacks, arguments.seed, arguments.scheduler, _progress)
    for line in [arguments.line] if arguments.line in SETTINGS else () if arguments.line else SETTINGS:
        settings = SETTINGS[line] if arguments.epochs is None else replace(SETTINGS[line], epochs=arguments.epochs)
        out = None if arguments.out is None else Path(arguments.out) / f"{line}.npz"
        train_model(folder, line, out, settings, lambda text, line=line: _progress(f"{line}: {text}"))
    if arguments.line in (None, "reverse"):
        settings = ReverseSettings() if arguments.epochs is None else ReverseSettings(epochs=arguments.epochs)
        target = None if arguments.out is None else Path(arguments.out)
        for cut in CUTS:
            out = None if target is None else target / f"{cut.lower()}.npz"
            train_reverse(folder.with_name("reverse"), folder, cut, out, settings, _progress)
    if arguments.line in (None, "single-atom"):
        out = {} if arguments.out is None else {"out": Path(arguments.out) / "single-atom.npz"}
        train_single_atom(folder, report=_progress, **out)


def race(arguments: argparse.Namespace) -> None:
    """Train the candidates for the forward model on the same stacks and print their table."""
    from core.learning.dataset import generate
    from core.learning.race import race_table, run_race

    folder = _dataset_folder(arguments)
    generate(folder, arguments.stacks, arguments.seed, arguments.scheduler, _progress)
    print(race_table(run_race(folder, arguments.stacks, _progress)), end="")


def evaluate(arguments: argparse.Namespace) -> None:
    """Measure the shipped models on stacks that they were not trained on."""
    from core.learning.evaluation import evaluate as evaluate_models
    from core.learning.evaluation import write_measured

    if arguments.reverse:
        from core.reverse.evaluation import evaluate_reverse
        from core.reverse.evaluation import write_measured as write_reverse

        folder = _dataset_folder(arguments)
        figures = evaluate_reverse(folder.with_name("reverse"), folder, _progress)
        if arguments.write:
            write_reverse(figures)
        print(json.dumps(figures, indent=None if arguments.json else 1))
        return
    figures = evaluate_models(_dataset_folder(arguments), arguments.split, _progress)
    if arguments.write:
        write_measured(figures)
    print(json.dumps(figures, indent=None if arguments.json else 1))


def _dataset_folder(arguments: argparse.Namespace) -> Path:
    from core.storage import cache_directory

    return Path(arguments.folder) if arguments.folder else cache_directory() / "dataset"


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def bench(arguments: argparse.Namespace) -> None:
    """Print the speed figures as ratios taken in one run."""
    from core.bench import run_bench, write_measured

    figures = run_bench()
    if arguments.write:
        write_measured(figures)
    print(json.dumps(figures, indent=None if arguments.json else 1))


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
    _report(crystal, f"spectral functions of {len(crystal)} atoms written to {arguments.out}")


def _write_prediction(crystal, path, predict, arguments) -> None:
    from core.electronic.result_files import check_result_file, write_dataset
    from core.learning.prediction_files import prediction_dataset

    parser = build_parser()
    default = parser.parse_args([arguments.command, "Si2", "--substrate", "Si", "--out", "x.nc"])
    fixed = ("path", "points", "sigma", "smearing", "window", "energies", "by_shell", "spin_orbit")
    other = [name for name in fixed if getattr(arguments, name, None) != getattr(default, name, None)]
    if other:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in other)
        raise InputError(f"The forward model knows the default of {options} only; leave it out, or use --engine exact")
    check_result_file(arguments.out)
    data = prediction_dataset(crystal, path, predict())
    write_dataset(data, arguments.out)
    _report(crystal, f"predicted spectral functions of {len(crystal)} atoms written to {arguments.out}")
    if not data.attrs["in_domain"]:
        _report(
            crystal, f"outside what the model was trained on (domain score {data.attrs['domain_score']:.1f}, limit 1)"
        )


def _path(crystal, arguments):
    from core.electronic.kpath import build_path

    return build_path(crystal, arguments.path, arguments.points)


def _report(crystal, *lines: str) -> None:
    for text in (*crystal.notes, *lines):
        print(text, file=sys.stderr)


def _readout_lines(document: dict) -> str:
    rows = []
    for key, unit in document["units"].items():
        value = document[key]
        rows.append(
            f"{key:<26}{'' if value is None else value if isinstance(value, str) else format(value, '.4f')} {unit}"
        )
    return "\n".join(rows)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    from core.electronic.kpath import DEFAULT_PATH, POINTS_PER_SEGMENT

    parser = _Parser(prog="python -m core", description="Bandloom on the command line.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    sample = argparse.ArgumentParser(add_help=False)
    sample.add_argument("stack", metavar="STACK", help="stack notation such as Si4Ge4, or a structure file")
    sample.add_argument(
        "--substrate", help="Si, Ge, Si0.5Ge0.5, a lattice constant in Å, or a strain such as +1%% (--substrate=-1%%)"
    )
    sample.add_argument("--mixing", type=float, default=0.0, help="interface width w in monolayers")
    model = argparse.ArgumentParser(add_help=False)
    model.add_argument("--spin-orbit", action="store_true", help="include spin-orbit coupling")
    line = argparse.ArgumentParser(add_help=False)
    line.add_argument("--path", default=DEFAULT_PATH, help=f"k-path, default {DEFAULT_PATH}")
    line.add_argument("--points", type=int, default=POINTS_PER_SEGMENT, help="k-points on each segment")
    picture = argparse.ArgumentParser(add_help=False)
    picture.add_argument("--engine", default="exact", choices=["exact", "forward", "dft"])
    picture.add_argument("--sigma", type=float, default=0.10, help="broadening in eV")
    picture.add_argument("--smearing", default="adaptive", help="adaptive or fixed")
    picture.add_argument("--window", type=float, nargs=2, default=(-7.0, 4.0), metavar=("LOW", "HIGH"), help="eV")
    picture.add_argument("--energies", type=int, default=176, help="points on the energy axis")
    picture.add_argument("--by-shell", action="store_true", help="also by s, p, d, s*")
    picture.add_argument("--out", required=True, help="NetCDF file, .nc")

    def command(function, parents):
        entry = commands.add_parser(
            function.__name__, help=function.__doc__, description=function.__doc__, parents=parents
        )
        entry.set_defaults(run=function)
        return entry

    command(structure, [sample]).add_argument("--out", required=True, help=".xyz, .cif or .vasp")
    entry = command(bands, [sample, model, line])
    entry.add_argument("--out", help="raw bands as NetCDF, .nc")
    entry.add_argument("--json", action="store_true")
    command(asf, [sample, model, line, picture])
    entry = command(cut, [sample, model, picture])
    entry.add_argument("--cut", default="G-X", help="G-X ([100]) or G-K ([110])")
    entry.add_argument("--kz", type=float, default=0.0, help="in 2π/c̄: 0 is the Γ plane, 1 the Z plane")
    entry.add_argument("--points", type=int, default=97, help="k-points over both signs")
    command(descriptors, [sample]).add_argument("--out", required=True, help="table of the atoms, .csv")
    entry = command(infer, [])
    entry.add_argument("file", nargs="+", metavar="FILE", help="band images of one sample: beamline files or pictures")
    entry.add_argument(
        "--cut", action="append", help="G-X ([100], default) or G-K ([110]); one for each file, or for all"
    )
    entry.add_argument("--kz", help="in 2π/c̄, or auto to infer it; from --hv where that is given")
    entry.add_argument("--hv", type=float, help="photon energy, eV")
    entry.add_argument("--inner-potential", type=float, help="eV, 12.6 by default")
    entry.add_argument("--work-function", type=float, help="eV, the file's own or 4.5")
    entry.add_argument("--k-range", type=float, nargs=2, metavar=("LEFT", "RIGHT"), help="of a picture's frame, 1/Å")
    entry.add_argument("--e-range", type=float, nargs=2, metavar=("BOTTOM", "TOP"), help="of it, eV against E_F")
    entry.add_argument("--fermi", type=float, help="Fermi level on the file's energy axis, eV")
    entry.add_argument("--json", action="store_true")
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--folder", help="of the data set; in the cache by default")
    source = argparse.ArgumentParser(add_help=False)
    source.add_argument("--stacks", type=int, default=TRAINING_STACKS, help="training stacks, evaluation sets apart")
    source.add_argument("--seed", type=int, default=1, help="of the training stacks")
    source.add_argument("--scheduler", help="address of a Dask scheduler; all cores of this machine by default")
    command(dataset, [place, source])
    entry = command(train, [place, source])
    entry.add_argument(
        "--line", choices=["path", "cuts", "reverse", "single-atom"], help="one of the models; all by default"
    )
    entry.add_argument("--epochs", type=int, help="of the training")
    entry.add_argument("--out", help="folder of the weights; that of the shipped ones by default")
    command(race, [place, source]).set_defaults(stacks=RACE_STACKS)
    entry = command(evaluate, [place])
    entry.add_argument("--reverse", action="store_true", help="the reverse models on simulated images")
    entry.add_argument("--split", default="test", choices=["validation", "test"])
    entry.add_argument("--json", action="store_true")
    entry.add_argument("--write", action="store_true", help="keep the figures that the methods page shows")
    for function in (validate, bench):
        entry = command(function, [])
        entry.add_argument("--json", action="store_true")
        entry.add_argument("--write", action="store_true", help="keep the figures that the methods page shows")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parsed = build_parser().parse_args(arguments)
    try:
        parsed.run(parsed)
    except InputError as error:
        print(f"python -m core {parsed.command}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # Δ and Γ, whatever the locale
    sys.exit(main())
