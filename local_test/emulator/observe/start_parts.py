"""What a container of ours says of its own start, in one line of its log: how many milliseconds each part took."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

EVENT: Final = "started"
_MARK: Final = f'"event":"{EVENT}"'.encode()


def parts_in(line: bytes) -> Mapping[str, float]:
    """The parts in order, without their sum; empty for any other line, and for whatever an image of others prints."""
    if _MARK not in line:
        return {}
    try:
        said = json.loads(line)["milliseconds"].items()
        return {str(part): float(took) for part, took in said if part != "total"}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
