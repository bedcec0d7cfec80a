"""Commands that make, compare and measure the learned models."""

import argparse
import json
from os import cpu_count
from pathlib import Path

from core.cli.dft import files_told
from core.cli.parser import add_command, at_least_one, show_progress
from core.cli.printed import learned_lines
from core.errors import InputError

TRAINING_STACKS = 14000
RACE_STACKS = 1008
LOOP_VARIANTS = ["known", "unknown", "two-cuts", "foreign", "form", "dft", "dft-by-tight-binding"]


def add_commands(entries) -> None:
    """dataset, train, race, evaluate, learn."""
    place, source = _place_options(), _source_options()
    entry = add_command(entries, dataset, (place, source))
    entry.add_argument("--imperfect", action="store_true", help="imperfect samples instead, on one core")
    entry.add_argument("--samples", type=at_least_one, help="with --imperfect; as many as taught the shipped model")
    entry = add_command(entries, train, (place, source))
    entry.add_argument(
        "--line",
        choices=["path", "cuts", "dft", "imperfect", "reverse", "single-atom"],
        help="one of the models; all by default",
    )
    entry.add_argument("--structures", metavar="PLACE", help="dft: your own data set or packed file; needs --out")
    entry.add_argument("--epochs", type=int, help="of the training")
    entry.add_argument("--go-on", action="store_true", help="go on from the shipped reverse weights, with other images")
    entry.add_argument("--cut", action="append", choices=["G-X", "G-K"], help="of the reverse model; both by default")
    entry.add_argument("--out", help="folder of the weights; that of the shipped ones by default")
    entry = add_command(entries, race, (place, source))
    entry.set_defaults(stacks=RACE_STACKS)
    entry.add_argument("--line", choices=["forward", "dft", "reverse"], default="forward", help="which model")
    entry = add_command(entries, evaluate, (place,))
    entry.add_argument("--reverse", action="store_true", help="the reverse models on simulated images")
    entry.add_argument("--loop", action="store_true", help="the closed loop on simulated images")
    entry.add_argument(
        "--variant",
        default="known",
        choices=LOOP_VARIANTS,
        help="what the loop is given, with --loop",
    )
    entry.add_argument("--images", type=int, help="of each severity, with --loop; of each kind, with --detection")
    entry.add_argument("--fit", action="store_true", help="the fit of rendered images at the true stack")
    entry.add_argument("--detection", action="store_true", help="flaws of crystals told in noisy images (two hours)")
    entry.add_argument("--learning", action="store_true", help="what is learned from 30 cases of a new family")
    entry.add_argument("--dft", action="store_true", help="the forward model of DFT on structures that are held out")
    entry.add_argument("--imperfect", action="store_true", help="predicted means of imperfect samples (an hour)")
    entry.add_argument("--design", action="store_true", help="the search for stacks with wanted bands")
    entry.add_argument("--split", default="test", choices=["validation", "test"])
    entry.add_argument("--json", action="store_true")
    entry.add_argument("--write", action="store_true", help="keep the figures that the methods page shows")
    entry = add_command(entries, learn, (place,))
    entry.add_argument("--rollback", action="store_true", help="put the weights before those in force back")
    entry.add_argument("--use", metavar="VERSION", help="put a kept version, such as v0002 or shipped, in force")
    entry.add_argument("--json", action="store_true")


def _place_options() -> argparse.ArgumentParser:
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--folder", help="of the data set; in the cache by default")
    return place


def _source_options() -> argparse.ArgumentParser:
    source = argparse.ArgumentParser(add_help=False)
    source.add_argument("--stacks", type=int, default=TRAINING_STACKS, help="training stacks, evaluation sets apart")
    source.add_argument("--seed", type=int, default=1, help="of the training stacks")
    source.add_argument("--scheduler", help="address of a Dask scheduler; all cores of this machine by default")
    return source


def dataset(arguments: argparse.Namespace) -> None:
    """Make or extend the data set that the models are trained on; a run that was killed goes on where it stood."""
    from core.learning.dataset import generate

    if arguments.imperfect:
        from core.forward.imperfect.dataset import generate_imperfect
        from core.forward.imperfect.samples import SAMPLES

        folder = Path(arguments.folder) if arguments.folder else _dataset_folder(arguments).with_name("imperfect")
        made = generate_imperfect(folder, arguments.samples or SAMPLES, arguments.seed, show_progress)
        print(f"{made} shards computed")
        return
    made = generate(_dataset_folder(arguments), arguments.stacks, arguments.seed, arguments.scheduler, show_progress)
    print(f"{made} shards computed")


def train(arguments: argparse.Namespace) -> None:
    """Rebuild the shipped models from the data set, which is made first where it is missing."""
    from dataclasses import replace

    from core.forward.training import SETTINGS
    from core.forward.training import train as train_model
    from core.learning.dataset import generate
    from core.reverse.drawing import CUTS
    from core.reverse.model import reverse_model
    from core.reverse.single_atom_training import train_single_atom
    from core.reverse.training import GOING_ON, train_reverse
    from core.reverse.training import SETTINGS as FROM_SCRATCH

    folder = _dataset_folder(arguments)
    if arguments.structures and (arguments.line != "dft" or arguments.out is None):
        raise InputError("--structures goes with --line dft and --out: shipped weights are of the project's set")
    if arguments.line in (None, "dft"):
        _train_dft(folder, arguments)
    if arguments.line == "dft":
        return
    if arguments.line == "imperfect":
        _train_imperfect(folder.with_name("imperfect") if arguments.folder is None else folder, arguments)
        return
    generate(folder, arguments.stacks, arguments.seed, arguments.scheduler, show_progress)
    for line in [arguments.line] if arguments.line in SETTINGS else () if arguments.line else SETTINGS:
        settings = SETTINGS[line] if arguments.epochs is None else replace(SETTINGS[line], epochs=arguments.epochs)
        out = None if arguments.out is None else Path(arguments.out) / f"{line}.npz"
        train_model(folder, line, out, settings, lambda text, line=line: show_progress(f"{line}: {text}"))
    if arguments.line in (None, "imperfect"):
        _train_imperfect(folder.with_name("imperfect"), arguments)
    if arguments.line in (None, "reverse"):
        target = None if arguments.out is None else Path(arguments.out)
        for cut in arguments.cut or CUTS:
            out = None if target is None else target / f"{cut.lower()}.npz"
            steps = (GOING_ON if arguments.go_on else FROM_SCRATCH)[cut]
            before = reverse_model(cut) if arguments.go_on else None
            if arguments.epochs is not None:
                steps = replace(steps, second=replace(steps.second, epochs=arguments.epochs))
            train_reverse(folder.with_name("reverse"), folder, cut, out, steps, show_progress, before)
    if arguments.line in (None, "single-atom"):
        out = {} if arguments.out is None else {"out": Path(arguments.out) / "single-atom.npz"}
        train_single_atom(folder, report=show_progress, **out)


def _train_dft(folder: Path, arguments: argparse.Namespace) -> None:
    from core.dft.dataset import read_packed
    from core.forward.taught.evaluation import evaluate_taught
    from core.forward.taught.own_set import own_structures
    from core.forward.taught.training import train_taught

    out = {} if arguments.out is None else {"out": Path(arguments.out) / "dft.npz"}
    if arguments.structures:
        entries, fits = own_structures(Path(arguments.structures)), Path(arguments.out) / "fits"
        with files_told():
            fits.mkdir(parents=True, exist_ok=True)
    else:
        entries, fits = list(read_packed()), folder.with_name("dft-forward")
    figures = evaluate_taught(entries, fits, show_progress, cpu_count() or 1)
    train_taught(entries, fits, held_out=figures, report=show_progress, **out)


def _train_imperfect(folder: Path, arguments: argparse.Namespace) -> None:
    from core.forward.imperfect.dataset import generate_imperfect
    from core.forward.imperfect.samples import SAMPLES
    from core.forward.imperfect.training import train_imperfect

    out = {} if arguments.out is None else {"out": Path(arguments.out) / "imperfect.npz"}
    generate_imperfect(folder, SAMPLES, report=show_progress)
    train_imperfect(folder, report=show_progress, **out)


def race(arguments: argparse.Namespace) -> None:
    """Train the candidates for the forward or the reverse model on the same stacks and print their table."""
    from core.forward.race import race_table, run_race
    from core.learning.dataset import generate

    folder = _dataset_folder(arguments)
    if arguments.line == "dft":
        from core.dft.dataset import read_packed
        from core.forward.taught.race import run_taught_race, taught_race_table

        rows = run_taught_race(list(read_packed()), folder.with_name("dft-forward"), show_progress)
        print(taught_race_table(rows), end="")
        return
    if arguments.line == "reverse":
        from core.reverse.race import run_reverse_race

        print(race_table(run_reverse_race(folder.with_name("reverse"), show_progress)), end="")
        return
    generate(folder, arguments.stacks, arguments.seed, arguments.scheduler, show_progress)
    print(race_table(run_race(folder, arguments.stacks, show_progress)), end="")


def evaluate(arguments: argparse.Namespace) -> None:
    """Measure the shipped models on stacks that they were not trained on."""
    folder = _dataset_folder(arguments)
    if arguments.reverse:
        from core.reverse.evaluation import MEASURED_FILE, evaluate_reverse

        figures, file = evaluate_reverse(folder.with_name("reverse"), folder, show_progress), MEASURED_FILE
    elif arguments.loop:
        from core.loop.evaluation import evaluate_loop
        from core.loop.reliability import MEASURED_FILE as LOOP_FILE

        figures = evaluate_loop(
            folder.with_name("loop-evaluation"), show_progress, arguments.images, variant=arguments.variant
        )
        file = LOOP_FILE if arguments.variant == "known" else LOOP_FILE.with_stem(f"loop-{arguments.variant}")
    elif arguments.fit:
        from core.loop.fit_evaluation import MEASURED_FILE as FIT_FILE
        from core.loop.fit_evaluation import evaluate_fit

        figures, file = evaluate_fit(show_progress), FIT_FILE
    elif arguments.detection:
        from core.loop.detection_evaluation import evaluate_detection
        from core.loop.flaws import MEASURED_FILE as DETECTION_FILE

        figures = evaluate_detection(folder.with_name("detection-evaluation"), show_progress, arguments.images)
        file = DETECTION_FILE
    elif arguments.learning:
        from core.loop.learning_evaluation import MEASURED_FILE as LEARNING_FILE
        from core.loop.learning_evaluation import evaluate_learning

        figures, file = evaluate_learning(folder, show_progress), LEARNING_FILE
    elif arguments.dft:
        from core.dft.dataset import read_packed
        from core.forward.taught.evaluation import MEASURED_FILE as DFT_FILE
        from core.forward.taught.evaluation import evaluate_taught

        fits = folder.with_name("dft-forward")
        figures = evaluate_taught(list(read_packed()), fits, show_progress, cpu_count() or 1)
        file = DFT_FILE
    elif arguments.imperfect:
        from core.forward.imperfect.evaluation import MEASURED_FILE as IMPERFECT_FILE
        from core.forward.imperfect.evaluation import evaluate_imperfect

        place = None if arguments.folder is None else folder
        figures, file = evaluate_imperfect(place, show_progress), IMPERFECT_FILE
    elif arguments.design:
        from core.design.evaluation import MEASURED_FILE as DESIGN_FILE
        from core.design.evaluation import evaluate_design

        figures, file = evaluate_design(folder.with_name("design-evaluation"), show_progress), DESIGN_FILE
    else:
        from core.forward.evaluation import MEASURED_FILE as FORWARD_FILE
        from core.forward.evaluation import evaluate as evaluate_forward

        figures, file = evaluate_forward(folder, arguments.split, show_progress), FORWARD_FILE
    if arguments.write:
        file.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=None if arguments.json else 1))


def learn(arguments: argparse.Namespace) -> None:
    """Learn from the replay store; new weights are taken where they are no worse on the fixed test set."""
    from core.learning import versions
    from core.loop.learn import fixed_test_set
    from core.loop.learn import learn as learn_from_cases

    if arguments.rollback or arguments.use:
        if arguments.rollback:
            name = versions.roll_back()
        else:
            versions.adopt(arguments.use)
            name = arguments.use
        print(json.dumps({"in_force": name}) if arguments.json else f"{name} is in force")
        return
    card = learn_from_cases(fixed=fixed_test_set(_dataset_folder(arguments), show_progress), report=show_progress)
    print(json.dumps(card, ensure_ascii=False) if arguments.json else learned_lines(card))


def _dataset_folder(arguments: argparse.Namespace) -> Path:
    from core.storage import cache_directory

    return Path(arguments.folder) if arguments.folder else cache_directory() / "dataset"
