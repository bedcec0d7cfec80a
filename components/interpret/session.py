"""An interpretation on the page: what is there to begin with, and the stores that hold it."""

from dash import dcc

from components.interpret.clicks import kept_points
from components.interpret.controls import EXAMPLES, ids
from components.requests import listed
from core.errors import InputError
from core.sessions import interpretations
from core.sessions.interpretations import MOST_CUTS, Interpretation
from core.sessions.readings import Reading, first_reading


def named(example, session) -> tuple[Interpretation | None, str]:
    """The interpretation that a link names, None where it names none, and what is wrong with the link."""
    try:
        if session:
            kept = interpretations.kept(session)
            kept_points(kept.document()["points"])
            for reading in (kept.reading, *kept.others):
                reading.raw()
            return kept, kept.note
        if example in list(EXAMPLES):
            return Interpretation(first_reading(f"example-{example}")), ""
    except InputError as error:
        return None, str(error)
    return None, ""


def stores(found: Interpretation | None) -> list[dcc.Store]:
    """What the page holds of an interpretation in the browser."""
    held = found.document() if found else {}
    values = {
        "reading": held.get("reading"), "history": held.get("history", []), "others": held.get("others", []),
        "points": held.get("points", {}), "shown": held.get("shown", 0), "session": None,
    }  # fmt: skip
    return [dcc.Store(id=ids(name), data=value) for name, value in values.items()]


def other_readings(documents) -> tuple[Reading, ...]:
    """The further cuts of the sample that the page holds.

    Raises:
        InputError: values that no page sends.
    """
    return tuple(Reading.from_document(document) for document in listed(documents)[:MOST_CUTS])


def interpretation_of(document, others, history, shown, view, points, fitting) -> Interpretation:
    """The interpretation that the page's stores hold.

    Raises:
        InputError: values that no page sends.
    """
    return Interpretation.from_document(
        {
            "reading": document,
            "others": listed(others)[:MOST_CUTS],
            "history": listed(history),
            "shown": shown,
            "view": view,
            "points": kept_points(points),
            **({name: fitting.get(name) for name in ("run", "of")} if isinstance(fitting, dict) else {}),
        }
    )


def readings_key(document, others) -> str:
    """A key of the images and how they are read, the same as long as both are."""
    return interpretations.readings_key([Reading.from_document(one) for one in (document, *listed(others))])
