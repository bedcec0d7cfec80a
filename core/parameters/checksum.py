"""What says which parameters a result of the exact engine was computed with."""

import hashlib
import json
from functools import cache

from core.parameters import keating, tight_binding


@cache
def parameters_sha256() -> str:
    """SHA-256 over the engine's parameter files, tight binding and Keating, whatever their spaces and line ends."""
    files = (tight_binding.PARAMETER_FILE, keating.PARAMETER_FILE)
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return hashlib.sha256(json.dumps(documents, sort_keys=True).encode()).hexdigest()
