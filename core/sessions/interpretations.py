"""What a person has of a sample on Interpret, as a whole: kept by id for links, reload and Back, and as one file."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core import __version__
from core.errors import InputError
from core.learning.versions import in_force
from core.sandbox import Limits, pack, read_apart, unpack
from core.sessions.readings import Reading, export, interpreted, keep_packed, packed_of
from core.sessions.session_file import ACCEPTED, FORMAT, IMAGES, RESULT, SESSION, entry_of_image, image_hash
from core.storage import UNKEPT, content_key, result_store

MOST_CUTS = 4
"""Further cuts of a sample that are read together with the one that is shown."""

MOST_BEFORE = 31
"""Readings before the one that is shown, which undo goes back to."""

MOST_IMAGE_BYTES = 60 * 2**20
"""Of all images in a session's file: so many can be dropped again, and opened within the memory of who opens it."""

LOST = "This session is no longer kept here: drop the image again, or open the file that the session was saved to"
TOO_LARGE = (
    f"These images hold more than {MOST_IMAGE_BYTES // 2**20} MB, too much for a session's file: drop cuts of the "
    "sample, or keep the files themselves; the page's link goes on to work here"
)
FOREIGN = "This session did not come from the page; reload it"
_KEPT = re.compile(r"[0-9a-f]{32}")
_RUN = re.compile(r"[0-9a-f]{20}")
_WORD = re.compile(r"[a-z-]{1,24}")
_LARGEST_BYTES = 2**20
_LIMITS = Limits(work_seconds=12.0, seconds=15.0)
"""Of opening a session: five scans rather than one."""


@dataclass(frozen=True)
class Interpretation:
    """A sample's images, how they are read, and what of it is shown.

    reading: of the image that is shown. others: further cuts of the sample. history: readings before, for undo. shown:
    place of the candidate whose bands are drawn. view: of the picture. points: clicked on a picture, as the page has
    them. run: id of the loop's run that fitted the images; documents hold the key of these, and a run beside others is
    dropped. note: what to know of it where it was opened from a file.
    """

    reading: Reading
    others: tuple[Reading, ...] = ()
    history: tuple[Reading, ...] = ()
    shown: int = 0
    view: str = "image"
    points: tuple[tuple[str, tuple], ...] = ()
    run: str = ""
    note: str = ""

    @classmethod
    def from_document(cls, document) -> "Interpretation":
        """One that a browser or a file kept, checked.

        Raises:
            InputError: entries or types that none has.
        """
        if not isinstance(document, dict):
            raise InputError(FOREIGN)
        lists = [document.get(name) or [] for name in ("others", "history")]
        shown, view, run = document.get("shown", 0), str(document.get("view", "image")), str(document.get("run") or "")
        points = document.get("points") or {}
        if not all(isinstance(one, list) for one in lists) or not isinstance(points, dict) or len(points) > 16:
            raise InputError(FOREIGN)
        others, history = (
            tuple(Reading.from_document(one) for one in part[-most:])
            for part, most in zip(lists, (MOST_CUTS, MOST_BEFORE), strict=True)
        )
        first, of = Reading.from_document(document.get("reading")), document.get("of")
        return cls(
            first,
            others,
            history,
            shown if type(shown) is int and 0 <= shown < 100 else 0,
            view if _WORD.fullmatch(view) else "image",
            tuple((str(name)[:8], _place(place)) for name, place in points.items()),
            run if _RUN.fullmatch(run) and of == readings_key((first, *others)) else "",
            str(document.get("note", ""))[:400],
        )

    def document(self) -> dict:
        """Plain JSON, the inverse of `from_document`."""
        return {
            "reading": self.reading.document(),
            "others": [other.document() for other in self.others],
            "history": [before.document() for before in self.history],
            "shown": self.shown,
            "view": self.view,
            "points": {name: list(place) for name, place in self.points},
            "run": self.run,
            "of": readings_key((self.reading, *self.others)),
            "note": self.note,
        }

    def images(self) -> list[str]:
        """Ids of the images, each once, the shown one's first."""
        readings = (self.reading, *self.others, *self.history)
        return list(dict.fromkeys(reading.image for reading in readings))

    def with_images(self, identities: dict[str, str]) -> "Interpretation":
        """The same with other ids of images.

        Raises:
            InputError: an id that has no other.
        """

        def moved(reading: Reading) -> Reading:
            if reading.image not in identities:
                raise InputError("This session file lacks an image that it reads: save the session again")
            return replace(reading, image=identities[reading.image])

        return self._each(moved)

    def without_hashes(self, images: set[str]) -> "Interpretation":
        """The same, which does not say of these images which file they came from."""
        return self._each(lambda one: replace(one, sha256="") if one.image in images else one)

    def _each(self, change: Callable[[Reading], Reading]) -> "Interpretation":
        others, history = (tuple(change(one) for one in part) for part in (self.others, self.history))
        return replace(self, reading=change(self.reading), others=others, history=history)


def readings_key(readings: Sequence[Reading]) -> str:
    """A key of images and how they are read, the same as long as both are."""
    return content_key("readings", *(json.dumps(one.document()) for one in readings))


def keep(interpretation: Interpretation, user: str) -> str:
    """Keep an interpretation; returns its id, which nobody guesses who does not know the visitor's name.

    Args:
        interpretation: to be kept; the same one of the same visitor has the same id.
        user: random name of the visitor, see `components.jobs.user`.

    Raises:
        InputError: it is too large, or cannot be kept.
    """
    text = json.dumps(interpretation.document(), sort_keys=True)
    if len(text) > _LARGEST_BYTES:
        raise InputError("This session has too many steps to be kept; save it to a file")
    identity = content_key("interpretation", user, text)[:32]
    if not result_store().put(f"interpretation:{identity}", text.encode()):
        raise InputError(UNKEPT)
    return identity


def kept(identity) -> Interpretation:
    """The interpretation of an id.

    Raises:
        InputError: nothing of that id is kept.
    """
    known = isinstance(identity, str) and _KEPT.fullmatch(identity)
    content = result_store().get(f"interpretation:{identity}") if known else None
    if content is None:
        raise InputError(LOST)
    try:
        return Interpretation.from_document(json.loads(content))
    except ValueError:
        raise InputError(LOST) from None


def session_file(interpretation: Interpretation) -> bytes:
    """An interpretation as one zip archive of JSON and npz: steps, images, and what they say.

    `session.json` holds the readings, `result.json` what Interpret exports, `image-N.npz` the arrays of an uploaded
    file's images, whose names and axes stand in `session.json`. Examples, which the program ships, are named only.

    Raises:
        InputError: an image is no longer kept, or they are larger than what can be opened again.
    """
    stream, described, packed, size = io.BytesIO(), [], {}, 0
    for name in interpretation.images():
        if not _is_example(name):
            packed[name] = unpack(packed_of(name))
            size += sum(array.nbytes for array in packed[name][1])
            if size > MOST_IMAGE_BYTES:
                raise InputError(TOO_LARGE)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for number, (name, (document, arrays)) in enumerate(packed.items(), 1):
            parts = document["images"]
            told = {"entry": entry_of_image(number), "sha256": image_hash(parts, arrays)}
            described.append({"id": name, **told, "parts": parts})
        about = {
            "format": FORMAT, "version": __version__, "models": in_force(), IMAGES: described,
            "interpretation": interpretation.document(),
        }  # fmt: skip
        archive.writestr(SESSION, json.dumps(about, ensure_ascii=False, indent=1))  # first: it tells the file's kind
        for number, (_, arrays) in enumerate(packed.values(), 1):
            with archive.open(entry_of_image(number), "w", force_zip64=True) as entry:
                np.savez(entry, *arrays)
        archive.writestr(RESULT, json.dumps(_result(interpretation), ensure_ascii=False, indent=1))
    return stream.getvalue()


def opened_session(content: bytes, name: str) -> Interpretation:
    """The interpretation in a session file, its images kept here; its note says where it was read by other models.

    Images get ids of their own content, so that no file can stand in for another. An image that is not the one that
    was saved, by the hash written beside it, is named in the note and loses the hash of the file that it came from.

    Raises:
        InputError: no session file, damaged, beyond the limits, or without its images.
    """
    packed = read_apart("core.sessions.session_file:session_parts", content, name, ACCEPTED, _LIMITS)
    document, arrays = unpack(packed)
    identities, altered = {}, set()
    try:
        interpretation = Interpretation.from_document(document["interpretation"])
        for part in document[IMAGES]:
            count = int(part["arrays"])
            own, arrays = arrays[:count], arrays[count:]
            stream = io.BytesIO()
            pack({"images": part["parts"]}, own, stream.write)
            whole = stream.getvalue()
            altered |= {part["id"]} if part["altered"] else set()
            identities[part["id"]] = keep_packed(
                content_key("session image", hashlib.sha256(whole).hexdigest())[:20], whole
            )
        saved = document["saved"]
    except InputError:
        raise
    except (LookupError, TypeError, ValueError):
        raise InputError(f"'{name[-80:]}' is no whole session file: save the session again") from None
    notes = [_other_result(saved), *_altered_note(interpretation, altered)]
    examples = {image: image for image in interpretation.images() if _is_example(image)}
    opened = interpretation.without_hashes(altered).with_images(examples | identities)
    for one in (opened.reading, *opened.others, *opened.history):
        one.raw()  # refuses an index that its file does not have
    return replace(opened, note=" ".join(note for note in notes if note))


def _result(interpretation: Interpretation) -> dict:
    """What Interpret exports; why there is nothing where an image cannot be read yet."""
    try:
        found = interpreted(interpretation.reading, interpretation.others)
    except InputError as error:
        return {"unread": str(error)}
    return export(interpretation.reading, found, interpretation.others)


def _other_result(saved: dict) -> str:
    """A sentence where a session was saved by other models than those in force; empty otherwise."""
    if saved.get("version") == __version__ and saved.get("models") == in_force():
        return ""
    first = saved.get("first", "")
    said = f": it named {first} first" if first else ""
    return f"Saved by version {saved.get('version')} ({saved.get('models')} models){said}. It is read anew here."


def _altered_note(interpretation: Interpretation, altered: set[str]) -> list[str]:
    """A sentence where images of a session are not those that were saved."""
    readings = (interpretation.reading, *interpretation.others, *interpretation.history)
    names = list(dict.fromkeys(one.file or "an image" for one in readings if one.image in altered))
    if not names:
        return []
    return [
        f"The image in this session is not the one that was saved with it, by its hash: {', '.join(names)[:120]}. It "
        "is read as it is now; drop the original file again to be sure."
    ]


def _place(place) -> tuple:
    if not isinstance(place, list) or len(place) != 3:
        raise InputError(FOREIGN)
    return tuple(None if value is None else float(value) for value in place if value is None or _is_number(value))


def _is_number(value) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e6:
        return True
    raise InputError(FOREIGN)


def _is_example(image: str) -> bool:
    return image.startswith("example-")
