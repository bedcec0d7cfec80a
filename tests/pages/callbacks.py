"""Requests for callbacks as a page would send them, with values of one's own."""

import json

from app import app, server

PATH = "/_dash-update-component"


def served_callbacks() -> list[str]:
    """Keys of all callbacks that the server answers."""
    return [key for key, entry in app.callback_map.items() if "callback" in entry]


def names(key: str) -> list[str]:
    """Of all inputs and states of a callback, such as `compose-stack.value`."""
    entry = app.callback_map[key]
    return [f"{part['id']}.{part['property']}" for part in entry["inputs"] + entry["state"]]


def payload(key: str, values: dict, changed: str | None = None) -> dict:
    """The body of a request; values by name, `changed` the input that triggers it, the first one by default.

    An input of many alike components has one of index 0.
    """
    entry = app.callback_map[key]
    pairs = [name.rpartition(".") for name in key.strip(".").split("...")]
    outputs = [{"id": identity, "property": name} for identity, _, name in pairs]
    changed = changed or names(key)[0]
    if changed.startswith("{"):
        changed = changed.replace('["ALL"]', "0")
    return {
        "output": key,
        "outputs": outputs if key.startswith("..") else outputs[0],
        "inputs": [_part(part, values) for part in entry["inputs"]],
        "state": [_part(part, values) for part in entry["state"]],
        "changedPropIds": [changed],
    }


def _part(part: dict, values: dict):
    value = values.get(f"{part['id']}.{part['property']}")
    if not part["id"].startswith("{"):
        return part | {"value": value}
    identity = {name: 0 if isinstance(fixed, list) else fixed for name, fixed in json.loads(part["id"]).items()}
    return [{"id": identity, "property": part["property"], "value": value}]


def ask(body: dict):
    """The reply to a body."""
    return server.test_client().post(PATH, json=body)
