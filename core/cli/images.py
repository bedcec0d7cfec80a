"""Commands that read band images: the reverse model and the closed loop."""

import argparse
import json
from pathlib import Path

from core.cli.parser import above_zero, add_command, at_least_one, show_progress
from core.cli.printed import inference_lines, step_line
from core.errors import InputError

_SAID_BY = {"picture_axes": "--k-range, --e-range", "fermi_level": "--fermi, or --hv", "angle_to_momentum": "--hv"}
"""Options that give what is missing."""


def add_commands(entries) -> None:
    """infer, loop."""
    images = _image_options()
    add_command(entries, infer, (images,))
    entry = add_command(entries, loop, (images,))
    more = "fits that follow an alloy's fraction, and of the best stacks again, come on top"
    entry.add_argument(
        "--seconds", type=above_zero, default=60.0, help=f"after which no more stacks are tried anew; {more}"
    )
    entry.add_argument(
        "--exact-cuts", type=at_least_one, help=f"of the exact engine, after which none are; {more}; no limit if absent"
    )
    entry.add_argument(
        "--fidelity", choices=("tight-binding", "dft"), default="tight-binding",
        help="whose bands candidates are judged by: the exact engine's (default), or those of the forward model of DFT",
    )  # fmt: skip
    entry.add_argument("--keep", action="store_true", help="leave a failure in the replay store, to learn from")


def _image_options() -> argparse.ArgumentParser:
    images = argparse.ArgumentParser(add_help=False)
    images.add_argument("file", nargs="+", metavar="FILE", help="band images of one sample: beamline files or pictures")
    images.add_argument(
        "--cut", action="append", help="G-X ([100], default) or G-K ([110]); one for each file, or for all"
    )
    images.add_argument("--kz", help="in 2π/c̄, or auto to infer it; from --hv where that is given")
    images.add_argument("--hv", type=float, help="photon energy, eV")
    images.add_argument("--inner-potential", type=float, help="eV, 12.6 by default")
    images.add_argument("--work-function", type=float, help="eV, the file's own or 4.5")
    images.add_argument("--k-range", type=float, nargs=2, metavar=("LEFT", "RIGHT"), help="of a picture's frame, 1/Å")
    images.add_argument("--e-range", type=float, nargs=2, metavar=("BOTTOM", "TOP"), help="of it, eV against E_F")
    images.add_argument("--fermi", type=float, help="Fermi level on the file's energy axis, eV")
    images.add_argument("--normal", type=float, help="angle of normal emission on the file's axis, degree")
    images.add_argument("--panel", type=int, help="which panel of a figure, from 1 (default: the largest)")
    images.add_argument(
        "--index", type=int, help="which image of a file, from 1 (default: of a map that nearest Γ, else the first)"
    )
    images.add_argument(
        "--steps", metavar="FILE.json", help="calibration and final state as Interpret exports them, or a list of steps"
    )
    images.add_argument("--json", action="store_true")
    return images


def infer(arguments: argparse.Namespace) -> None:
    """Read the crystal's figures and candidate stacks from one or several band images of a sample."""
    from core.reverse.inference import infer as infer_cuts

    document = infer_cuts(given_cuts(arguments)).document()
    print(json.dumps(document, ensure_ascii=False) if arguments.json else inference_lines(document))


def loop(arguments: argparse.Namespace) -> None:
    """Reverse, forward, compare, correct: improve what an image says until its reconstruction agrees, a line a step."""
    from core.loop.failures import keep_failure
    from core.loop.loop import STOPS, Loop, LoopSettings
    from core.loop.search import MOST_EXACT_CUTS, SearchSettings

    most = MOST_EXACT_CUTS if arguments.exact_cuts is None else arguments.exact_cuts
    search = SearchSettings(seconds=arguments.seconds, exact_cuts=most)
    running = Loop(given_cuts(arguments), LoopSettings(search, fidelity=arguments.fidelity))
    for step in running.steps():
        document = step.document()
        print(json.dumps(document, ensure_ascii=False) if arguments.json else step_line(document), flush=True)
    document = running.result()
    if arguments.keep and keep_failure(running, document, ", ".join(Path(file).name for file in arguments.file)):
        show_progress("kept in the replay store: python -m core learn")
    if arguments.json:
        print(json.dumps(document, ensure_ascii=False))
        return
    print(f"{STOPS[document['stop_reason']]}\n{inference_lines(document)}")
    judged_by = "DFT's" if document["fidelity"] == "dft" else "exact"
    print(
        f"residual {document['residual_start']:.4g} → {document['residual_end']:.4g} times the noise, "
        f"{document['predictions']} forward and {document['exact_cuts']} {judged_by} cuts"
    )


def given_cuts(arguments: argparse.Namespace) -> list:
    """The calibrated images of a command."""
    files = arguments.file
    names = [part for text in arguments.cut or [""] for part in text.split(",")]
    kept = _kept_readings(arguments)
    for count, what in ((len(names), "cuts"), (len(kept), "kept calibrations")):
        if count not in (1, len(files)):
            raise InputError(f"{len(files)} files and {count} {what}: give one for all, or one for each")
    names, kept = (given * len(files) if len(given) == 1 else given for given in (names, kept))
    return [_read_cut(*one, arguments) for one in zip(files, names, kept, strict=True)]


def _kept_readings(options: argparse.Namespace) -> list:
    """What --steps says; one None where it is not given."""
    from core.sessions.readings import exported_readings

    if options.steps is None:
        return [None]
    for name in ("k_range", "e_range", "fermi", "normal", "panel", "index"):
        if getattr(options, name) is not None:
            raise InputError(f"--steps is the whole calibration: leave out --{name.replace('_', '-')}")
    return exported_readings(_content(options.steps).decode("utf-8", "replace"))


def _read_cut(file: str, cut: str, kept, options: argparse.Namespace):
    """An image of a file, calibrated by the kept steps, else by what is given and what the file says."""
    from dataclasses import replace

    from core.experiment.calibration.steps import calibrate
    from core.experiment.readers import read_images
    from core.experiment.readers.slices import opening_index
    from core.sessions.readings import Reading

    images = read_images(_content(file), Path(file).name)
    final = {name: getattr(options, name) for name in ("hv", "inner_potential", "work_function")}
    if kept is None:
        chosen = Reading("", index=opening_index(images) if options.index is None else options.index - 1)
        image = chosen.of(images)
        if options.index is None and len(images) > 1:
            show_progress(f"{Path(file).name}: image {chosen.index + 1} of {len(images)}; --index chooses another")
        steps = _given_steps(image, options)
        if "alpha" in image.dims:  # the steps hold them
            final["hv"] = final["work_function"] = None
        kept = replace(chosen, steps=steps)
    kz = options.kz or ("" if options.hv is not None else kept.kz)
    given = {name: value for name, value in final.items() if value is not None}
    reading = replace(kept, cut=cut or kept.cut, kz=kz, **given)
    return reading.as_cut(calibrate(reading.of(images), reading.steps), len(images))


def _given_steps(image, options: argparse.Namespace) -> tuple:
    """The usual steps of an image.

    Raises:
        InputError: something is missing.
    """
    from core.experiment.calibration.steps import NEEDED, missing_steps
    from core.experiment.calibration.suggestion import suggested_steps

    if len(options.file) == 1:  # of several, an option may be meant for the others
        _refuse_idle(image, options)
    ranges = (options.k_range, options.e_range)
    panel = None if options.panel is None else options.panel - 1
    given = (options.hv, options.work_function, *ranges, options.fermi, options.normal, panel)
    steps = suggested_steps(image, *given)
    for name in missing_steps(image, steps):
        raise InputError(f"{NEEDED[name]} ({_SAID_BY[name]})")
    return steps


def _refuse_idle(image, options: argparse.Namespace) -> None:
    """Refuse options that the image has no use for, which would be passed over without a word.

    Raises:
        InputError: the frame of a picture for an image with axes of its own, or the other way round.
    """
    picture = "channel" in image.dims
    for name in ("fermi", "normal") if picture else ("k_range", "e_range", "panel"):
        if getattr(options, name) is not None:
            says = "is a picture, whose axes are --k-range and --e-range" if picture else "has axes of its own"
            other = "" if picture else ", which --fermi, --normal and --hv correct"
            raise InputError(f"{Path(options.file[0]).name!r} {says}{other}: leave out --{name.replace('_', '-')}")


def _content(file: str) -> bytes:
    from core.experiment.readers import UPLOAD_LIMIT_BYTES

    path = Path(file)
    if not path.is_file():
        raise InputError(f"{file!r} is no file")
    if path.stat().st_size > UPLOAD_LIMIT_BYTES:
        raise InputError(f"{path.name!r} has more than the {UPLOAD_LIMIT_BYTES // 2**20} MB that are read")
    return path.read_bytes()
