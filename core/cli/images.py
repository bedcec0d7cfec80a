"""Commands that read band images: the reverse model and the closed loop."""

import argparse
import json
from pathlib import Path

from core.cli.parser import add_command, show_progress
from core.cli.printed import inference_lines, step_line
from core.errors import InputError


def add_commands(entries) -> None:
    """infer, loop."""
    images = _image_options()
    add_command(entries, infer, (images,))
    entry = add_command(entries, loop, (images,))
    entry.add_argument("--budget", type=int, default=300, help="forward predictions that it may use")
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
    images.add_argument("--json", action="store_true")
    return images


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
        show_progress("kept in the replay store: python -m core learn")
    if arguments.json:
        print(json.dumps(document, ensure_ascii=False))
        return
    print(f"{STOPS[document['stop_reason']]}\n{inference_lines(document)}")
    check = document["exact_check"]
    print(
        f"residual {document['residual_start']:.4f} → {document['residual_end']:.4f} in {document['predictions']} "
        f"predictions; by the exact engine {check['residual_exact']:.4f}"
    )


def _cuts(arguments: argparse.Namespace) -> list:
    """The calibrated images of a command."""
    names = [part for text in arguments.cut or ["G-X"] for part in text.split(",")]
    if len(names) not in (1, len(arguments.file)):
        raise InputError(f"{len(arguments.file)} files and {len(names)} cuts: name one cut for all, or one for each")
    names = names * len(arguments.file) if len(names) == 1 else names
    return [_read_cut(file, cut, arguments) for file, cut in zip(arguments.file, names, strict=True)]


def _read_cut(file: str, cut: str, options: argparse.Namespace):
    """The first image of a file, calibrated by what is given and what the file says."""
    from core.experiment.calibration.steps import FermiLevel, calibrate
    from core.experiment.calibration.suggestion import suggested_steps
    from core.experiment.readers import UPLOAD_LIMIT_BYTES, read_images
    from core.reverse.cut import Cut, cut_name, final_state_of

    path = Path(file)
    if not path.is_file():
        raise InputError(f"{file!r} is no file")
    if path.stat().st_size > UPLOAD_LIMIT_BYTES:
        raise InputError(f"{path.name!r} has more than the {UPLOAD_LIMIT_BYTES // 2**20} MB that are read")
    image = read_images(path.read_bytes(), path.name)[0]
    if options.fermi is not None and "eV" in image.dims:
        image = FermiLevel(options.fermi).apply(image)
    steps = suggested_steps(image, options.hv, options.work_function, options.k_range, options.e_range)
    calibrated = calibrate(image, steps)
    kz, radius = final_state_of(options.kz, options.hv, options.inner_potential, options.work_function)
    return Cut(calibrated, cut_name(cut), kz, radius)
