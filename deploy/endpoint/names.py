"""Names of what Coppice makes. They come from the content, so equal content is found again and never made twice."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

DEFAULT_ROLE: Final = "coppice-execution"
DEFAULT_REPOSITORY: Final = "coppice"
VARIANT: Final = "AllTraffic"
"""The one variant's name, as SageMaker's SDK calls it."""

NAME_CHARS: Final = 63
_HASH_CHARS: Final = 10


def derived(endpoint: str, content: Any) -> str:
    """`ENDPOINT-hash`: a model's or configuration's name, at most 63 characters, and no other endpoint's."""
    text = json.dumps([endpoint, content], sort_keys=True)
    return f"{prefix(endpoint)}{hashlib.sha256(text.encode()).hexdigest()[:_HASH_CHARS]}"


def prefix(endpoint: str) -> str:
    """What every derived name of the endpoint starts with."""
    return endpoint[: NAME_CHARS - _HASH_CHARS - 1].rstrip("-") + "-"


def artifact_prefix(endpoint: str) -> str:
    """Below which key of the bucket the endpoint's archives lie."""
    return f"coppice/{endpoint}/"
