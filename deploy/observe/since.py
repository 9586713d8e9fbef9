"""`--since`: how far back, or from when."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from deploy.errors import UsageError

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_BACK: Final = re.compile(r"(\d{1,6})\s*([smhdw])")


def parse_since(text: str, now: float) -> float:
    """Seconds since 1970 for `10m`, `3h`, `2d`, or an ISO 8601 date or time (UTC where it names no zone).

    Raises UsageError for anything else, and for what is not in the past.
    """
    if back := _BACK.fullmatch(text.strip().lower()):
        at = now - int(back[1]) * _SECONDS[back[2]]
    else:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            raise UsageError(f"--since takes 10m, 3h, 2d, or a time like 2026-01-31T08:00; this is {text!r}.") from None
        at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not 0 <= at < now:
        raise UsageError(f"--since is a time in the past; {text!r} isn't.")
    return at
