"""What a serverless call costs, by AWS's price list: prices.json has the figures, their dates and sources."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("prices.json")
REGION: Final = "us-east-1"
"""Whose prices stand in where a region's own aren't known."""


@cache
def usd_per_gb_second() -> float:
    """Of serverless inference on demand, in REGION."""
    listed = json.loads(FILE.read_text(encoding="utf-8"))["regions"][REGION]
    return float(listed["serverless_gb_second"]["usd"])


def usd(milliseconds: int, memory_mb: int) -> float:
    """The price of the seconds that are billed; data in and out isn't in it."""
    return milliseconds / 1000 * memory_mb / 1024 * usd_per_gb_second()
