"""Computes the numbers that the texts of Learn state into docs/learn/figures.json: `python -m docs.learn_figures`."""

import json

from components.learn.quantities import COMPUTED, FILE


def main() -> None:
    """Write every number with what gives it."""
    found = {name: {"shown": one.text(), "from": one.source} for name, one in COMPUTED.items()}
    FILE.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for name, entry in found.items():
        print(f"{name:18} {entry['shown']:>8}  {entry['from']}")


if __name__ == "__main__":
    main()
