"""Command line: `python -m core COMMAND …`; everything the pages do can be scripted here.

Exit status 0 on success, 2 with one line on stderr on bad input.
"""

import argparse
import json
import os
import sys
from pathlib import Path

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before NumPy: k-points run side by side in threads
    os.environ.setdefault(_threads, "1")

from core.errors import InputError  # noqa: E402  (after the number of threads)
from core.options import PROGRAM, build_parser  # noqa: E402
from core.printed import inference_lines, learned_lines, readout_lines, step_line, validation_line  # noqa: E402

STRUCTURE_SUFFIXES = (".xyz", ".extxyz", ".cif", ".vasp", ".poscar", ".contcar")


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
        print(json.dumps(document, ensure_ascii=False) if arguments.json else readout_lines(document))


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


def _cuts(arguments: argparse.Namespace) -> list:
    """The calibrated images of a command."""
    from core.reverse.files import read_cut

    names = [part for text in arguments.cut or ["G-X"] for part in text.split(",")]
    if len(names) not in (1, len(arguments.file)):
        raise InputError(f"{len(arguments.file)} files and {len(names)} cuts: name one cut for all, or one for each")
    names = names * len(arguments.file) if len(names) == 1 else names
    return [read_cut(file, cut, arguments) for file, cut in zip(arguments.file, names, strict=True)]


def infer(arguments: argparse.Namespace) -> None:
    """Read the crystal's figures and candidate stacks from one or several band images of a sample."""
    from core.reverse.inference import infer as infer_cuts

    document = infer_cuts(_cuts(arguments)).document()
    print(json.dumps(document, ensure_ascii=False) if arguments.json else inference_lines(document))


def loop(arguments: argparse.Namespace) -> None:
    """Reverse, forward, compare, correct: improve what an image says until its reconstruction agrees, a line a step."""
    from core.loop.failures import keep_failure
    from core.loop.loop import STOPS, Loop, LoopSettings

    running = Loop(_cuts(arguments), LoopSettings(budget=arguments.budget))
    for step in running.steps():
        document = step.document()
        print(json.dumps(document, ensure_ascii=False) if arguments.json else step_line(document), flush=True)
    document = running.result()
    if arguments.keep and keep_failure(running, document, ", ".join(Path(file).name for file in arguments.file)):
        _progress("kept in the replay store: python -m core learn")
    if arguments.json:
        print(json.dumps(document, ensure_ascii=False))
        return
    print(f"{STOPS[document['stop_reason']]}\n{inference_lines(document)}")
    check = document["exact_check"]
    print(
        f"residual {document['residual_start']:.4f} → {document['residual_end']:.4f} in {document['predictions']} "
        f"predictions; by the exact engine {check['residual_exact']:.4f}"
    )


def validate(arguments: argparse.Namespace) -> None:
    """Compare with the parameters' own checks and with experiment."""
    from core.validation import MEASURED_FILE, validation_table

    table = validation_table()
    if arguments.write:
        MEASURED_FILE.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if arguments.json:
        print(json.dumps(table, ensure_ascii=False))
        return
    print("\n".join(validation_line(row) for row in table))
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
    from core.reverse.drawing import CUTS
    from core.reverse.model import reverse_model
    from core.reverse.single_atom import train_single_atom
    from core.reverse.training import GOING_ON, train_reverse
    from core.reverse.training import SETTINGS as FROM_SCRATCH

    folder = _dataset_folder(arguments)
    generate(folder, arguments.stacks, arguments.seed, arguments.scheduler, _progress)
    for line in [arguments.line] if arguments.line in SETTINGS else () if arguments.line else SETTINGS:
        settings = SETTINGS[line] if arguments.epochs is None else replace(SETTINGS[line], epochs=arguments.epochs)
        out = None if arguments.out is None else Path(arguments.out) / f"{line}.npz"
        train_model(folder, line, out, settings, lambda text, line=line: _progress(f"{line}: {text}"))
    if arguments.line in (None, "reverse"):
        target = None if arguments.out is None else Path(arguments.out)
        for cut in arguments.cut or CUTS:
            out = None if target is None else target / f"{cut.lower()}.npz"
            settings = (GOING_ON if arguments.go_on else FROM_SCRATCH)[cut]
            before = reverse_model(cut) if arguments.go_on else None
            if arguments.epochs is not None:
                settings = replace(settings, second=replace(settings.second, epochs=arguments.epochs))
            train_reverse(folder.with_name("reverse"), folder, cut, out, settings, _progress, before)
    if arguments.line in (None, "single-atom"):
        out = {} if arguments.out is None else {"out": Path(arguments.out) / "single-atom.npz"}
        train_single_atom(folder, report=_progress, **out)


def race(arguments: argparse.Namespace) -> None:
    """Train the candidates for the forward or the reverse model on the same stacks and print their table."""
    from core.learning.dataset import generate
    from core.learning.race import race_table, run_race

    folder = _dataset_folder(arguments)
    if arguments.line == "reverse":
        from core.reverse.race import run_reverse_race

        print(race_table(run_reverse_race(folder.with_name("reverse"), _progress)), end="")
        return
    generate(folder, arguments.stacks, arguments.seed, arguments.scheduler, _progress)
    print(race_table(run_race(folder, arguments.stacks, _progress)), end="")


def evaluate(arguments: argparse.Namespace) -> None:
    """Measure the shipped models on stacks that they were not trained on."""
    folder = _dataset_folder(arguments)
    if arguments.reverse:
        from core.reverse import evaluation

        figures = evaluation.evaluate_reverse(folder.with_name("reverse"), folder, _progress)
    elif arguments.loop:
        from core.loop import evaluation

        figures = evaluation.evaluate_loop(folder.with_name("reverse"), _progress)
    elif arguments.learning:
        from core.loop import learning_evaluation as evaluation

        figures = evaluation.evaluate_learning(folder, _progress)
    else:
        from core.learning import evaluation

        figures = evaluation.evaluate(folder, arguments.split, _progress)
    if arguments.write:
        evaluation.write_measured(figures)
    print(json.dumps(figures, indent=None if arguments.json else 1))


def learn(arguments: argparse.Namespace) -> None:
    """Learn from the replay store; new weights are taken where they are no worse on the fixed test set."""
    from core.learning import versions
    from core.loop.learn import fixed_test_set
    from core.loop.learn import learn as learn_from_cases

    if arguments.rollback or arguments.use:
        name = versions.roll_back() if arguments.rollback else versions.adopt(arguments.use) or arguments.use
        print(json.dumps({"in_force": name}) if arguments.json else f"{name} is in force")
        return
    card = learn_from_cases(fixed=fixed_test_set(_dataset_folder(arguments), _progress), report=_progress)
    print(json.dumps(card, ensure_ascii=False) if arguments.json else learned_lines(card))


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

    parser = build_parser(COMMANDS)
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


COMMANDS = {
    function.__name__: function
    for function in (
        structure, bands, asf, cut, descriptors, infer, loop, dataset, train, race, evaluate, learn, validate, bench
    )
}  # fmt: skip


def main(arguments: list[str] | None = None, program: str = PROGRAM) -> int:
    """Run one command; returns the exit status. program: what it calls itself."""
    parsed = build_parser(COMMANDS, program).parse_args(arguments)
    try:
        parsed.run(parsed)
    except InputError as error:
        print(f"{program} {parsed.command}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130
    return 0


def console(arguments: list[str] | None = None, program: str = PROGRAM) -> int:
    """`main` for a process of its own: prints Δ and Γ whatever the locale."""
    sys.stdout.reconfigure(encoding="utf-8")
    return main(arguments, program)


if __name__ == "__main__":
    sys.exit(console())
