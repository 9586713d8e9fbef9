from __future__ import annotations

import pytest

from deploy.errors import UsageError
from deploy.observe.since import parse_since

NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z


@pytest.mark.parametrize(
    ("text", "back"),
    [("30s", 30), ("10m", 600), ("3h", 10800), ("2d", 172800), ("1w", 604800), ("10M", 600),
     ("2027-01-15T07:00", 3600), ("2027-01-15T07:00:00Z", 3600), ("2027-01-15T09:00+02:00", 3600),
     ("2027-01-15", 8 * 3600)],
)  # fmt: skip
def test_how_far_back_or_from_when(text, back):
    assert parse_since(text, NOW) == NOW - back


@pytest.mark.parametrize("text", ["", "yesterday", "10", "-5m", "1.5h", "2027-13-01", "2027-01-16", "0m", "999999w"])
def test_anything_else_is_refused(text):
    with pytest.raises(UsageError, match="--since"):
        parse_since(text, NOW)
