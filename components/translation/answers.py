"""Where texts leave the server: layouts, answers of callbacks, documents, reports. English passes as it is, unread."""

import html
import json
import re

from dash import Dash
from flask import Response, request

from components.requests import PATH
from components.translation import languages
from components.translation.catalogue import Catalogue
from components.translation.markdown import each_piece
from components.translation.scripts import table
from core.errors import InputError

TEXTS = frozenset(
    (
        *("children", "label", "title", "placeholder", "description", "error", "alt", "summary", "group"),
        *("aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "nothingFoundMessage"),
        *("thumbLabel", "thumbFromLabel", "thumbToLabel", "data-words", "data-done", "data-reached", "data-unit"),
    )
)
"""Properties that hold words."""

STORES = {
    "compose-answer": frozenset(("errors", "lost", "badge", "title", "cost", "figure", "zone")),
    "compose-scene": frozenset(("flaws",)),
    "_pages_store": frozenset(("title",)),
}
"""Stores whose data scripts show, and what in them holds words. All others come back to the server as they are."""

FIGURE_TEXTS = frozenset(
    ("title", "text", "caption", "name", "hovertemplate", "hovertext", "texttemplate", "ticktext", "label", "unit")
)
VERBATIM = frozenset(("Code", "Pre", "Kbd", "Var", "Samp", "Cite"))
"""Components whose content is no language."""

MODEBAR = (
    "Zoom", "Pan", "Zoom in", "Zoom out", "Autoscale", "Reset axes", "Download plot as a PNG", "Download plot",
    "Draw open freeform", "Draw closed freeform", "Draw line", "Erase active shape", "Double-click to zoom back out",
    "Taking snapshot - this may take a few seconds",
)  # fmt: skip
"""Of plotly's own, which takes them from a figure's configuration."""

SCRIPT_PATH = "_bandloom-texts"
_ATTRIBUTE = re.compile(r'( (?:alt|title|aria-label|aria-description|content|summary)=")([^"]*)(")')
_BETWEEN = re.compile(r"(<(style|script|pre)\b.*?</\2>)|(<[^>]*>)|([^<]+)", re.DOTALL | re.IGNORECASE)


def translate_answers(app: Dash) -> None:
    """Put all that a browser is sent into its language, where that is not English."""
    prefix = app.config.requests_pathname_prefix

    @app.server.after_request
    def translate(response: Response) -> Response:
        if response.mimetype == "text/html" and languages.languages().found:
            response.vary.add("Cookie")
        catalogue = languages.chosen()
        if catalogue is not None and not response.direct_passthrough and response.status_code != 204:
            _translate(response, catalogue, prefix)
        return response

    @app.server.get(f"{prefix}{SCRIPT_PATH}/<code>.js")
    def script(code: str) -> Response:
        catalogue = languages.languages().found.get(code)
        if catalogue is None:
            raise InputError("There is no such language")
        return Response(table(catalogue), mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


def _translate(response: Response, catalogue: Catalogue, prefix: str) -> None:
    if response.mimetype == "text/html":
        document = page(response.get_data(as_text=True), catalogue)
        script = f'<script src="{prefix}{SCRIPT_PATH}/{catalogue.language}.js"></script>\n</head>'
        response.set_data(document.replace("</head>", script, 1))
    elif response.mimetype == "application/json" and (
        request.path.endswith((PATH, "/_dash-layout")) or response.status_code >= 400
    ):
        found = json.loads(response.get_data())
        response.set_data(json.dumps(answer(found, catalogue), ensure_ascii=False, separators=(",", ":")))


def _is_dash(path: str) -> bool:
    return path.endswith((PATH, "/_dash-layout"))


def answer(found, catalogue: Catalogue):
    """A layout, or the answer of a callback, or a refusal, decoded, in a language."""
    if isinstance(found, dict) and "props" not in found:
        changed = dict(found)
        for part in ("response", "sideUpdate"):
            if isinstance(found.get(part), dict):
                changed[part] = {
                    identity: {name: _property(name, value, catalogue, identity) for name, value in props.items()}
                    if isinstance(props, dict)
                    else props
                    for identity, props in found[part].items()
                }
        if isinstance(found.get("error"), str):
            changed["error"] = catalogue(found["error"])
        return changed
    return _component(found, catalogue)


def page(document: str, catalogue: Catalogue) -> str:
    """An HTML document in a language: texts between tags, attributes for people, the language it names."""

    def shown(text: str) -> str:
        return html.escape(catalogue(html.unescape(text)), quote=True)

    def changed(found: re.Match) -> str:
        if found[1]:
            return found[1]
        if found[3]:
            return _ATTRIBUTE.sub(lambda one: one[1] + shown(one[2]) + one[3], found[3])
        return shown(found[4]) if catalogue(html.unescape(found[4])) != html.unescape(found[4]) else found[4]

    document = _BETWEEN.sub(changed, document)
    return document.replace('<html lang="en">', f'<html lang="{catalogue.language.replace("_", "-")}">', 1)


def report(document: str) -> str:
    """A report in the language of this request."""
    catalogue = languages.chosen()
    return document if catalogue is None else page(document, catalogue)


def _component(value, catalogue: Catalogue):
    """A component, or a list of components and texts, or one text: what may stand among children."""
    if isinstance(value, str):
        return catalogue(value)
    if isinstance(value, list):
        return [_component(one, catalogue) for one in value]
    if not isinstance(value, dict):
        return value
    if "props" not in value or "type" not in value:
        return _walked(value, catalogue)
    kind, props = value["type"], value["props"]
    if kind in VERBATIM or kind == "Store":
        return value
    if kind == "Markdown":
        return value | {"props": props | {"children": _markdown(props.get("children"), catalogue)}}
    changed = {name: _property(name, one, catalogue) for name, one in props.items()}
    if kind == "Graph":
        changed["config"] = _config(props.get("config") or {}, catalogue)
    return value | {"props": changed}


def _property(name: str, value, catalogue: Catalogue, identity: str = ""):
    """A property of a component; identity: its id, where a callback answers for it."""
    if name == "figure":
        return _figure(value, catalogue)
    if name in TEXTS:
        return _component(value, catalogue)
    if name == "data":
        return _kept(identity, value, catalogue)
    return _walked(value, catalogue)


def _walked(value, catalogue: Catalogue):
    """Something with components or properties inside, such as marks of a slider."""
    if isinstance(value, list):
        nested = value and isinstance(value[0], dict | list)
        return [_walked(one, catalogue) for one in value] if nested else value
    if not isinstance(value, dict):
        return value
    if "props" in value and "type" in value:
        return _component(value, catalogue)
    return {name: _property(name, one, catalogue) for name, one in value.items()}


def _kept(identity: str, value, catalogue: Catalogue):
    """Data of a component: options of a choice, or of a store what its scripts show."""
    if isinstance(value, list):
        return [_option(one, catalogue) for one in value]
    if not isinstance(value, dict) or identity not in STORES:
        return value
    return {name: _shown(name, one, catalogue) if name in STORES[identity] else one for name, one in value.items()}


def _option(option, catalogue: Catalogue):
    if not isinstance(option, dict) or not option.keys() <= {"value", "label", "disabled", "group", "items"}:
        return option
    return _walked(option, catalogue) | ({"items": _kept("", option["items"], catalogue)} if "items" in option else {})


def _shown(name: str, value, catalogue: Catalogue):
    if name == "figure":
        return _figure(value, catalogue)
    if name == "zone" and value:
        return value | {"svg": page(value["svg"], catalogue), "text": catalogue(value["text"])}
    if name == "badge" and value:
        return [catalogue(value[0]), *value[1:]]
    if name == "flaws":
        return [[atom, catalogue(flaw)] for atom, flaw in value]
    if name == "errors":
        return {control: _component(one, catalogue) for control, one in value.items()}
    return _component(value, catalogue)


def _figure(value, catalogue: Catalogue):
    """A figure of plotly, or changes of one: titles, annotations, names, what the pointer shows."""
    if isinstance(value, list):
        if value and not isinstance(value[0], dict | list):
            return value
        return [_figure(one, catalogue) for one in value]
    if not isinstance(value, dict) or "bdata" in value:
        return value
    changed = {}
    for name, one in value.items():
        if name == "template":
            changed[name] = one
        elif name in FIGURE_TEXTS and isinstance(one, str):
            changed[name] = catalogue(one)
        elif name in FIGURE_TEXTS and isinstance(one, list):
            changed[name] = [catalogue(text) if isinstance(text, str) else text for text in one]
        else:
            changed[name] = _figure(one, catalogue)
    if changed.get("operation") and isinstance(changed.get("params"), dict):
        place, one = changed.get("location") or [""], changed["params"].get("value")
        if isinstance(one, str) and place[-1] in FIGURE_TEXTS:
            changed["params"] = changed["params"] | {"value": catalogue(one)}
    return changed


def _config(config: dict, catalogue: Catalogue) -> dict:
    words = {english: catalogue(english) for english in MODEBAR}
    return config | {"locale": catalogue.language, "locales": {catalogue.language: {"dictionary": words}}}


def _markdown(text, catalogue: Catalogue):
    """Markdown piece by piece."""
    if isinstance(text, list):
        return [_markdown(one, catalogue) for one in text]
    return each_piece(text, catalogue) if isinstance(text, str) else text
