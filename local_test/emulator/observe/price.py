"""What a serverless call costs, by AWS's price list: prices.json has the figures, their dates and sources."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

FILE: Final = Path(__file__).with_name("prices.json")
REGION: Final = "us-east-1"
"""Whose prices stand in where a region's own aren't known."""


class Price(NamedTuple):
    """A price of serverless inference on demand."""

    usd_per_gb_second: float
    region: str


@cache
def on_demand() -> Price:
    """The price there is."""
    listed = json.loads(FILE.read_text(encoding="utf-8"))["regions"][REGION]
    return Price(listed["serverless_gb_second"]["usd"], REGION)


def usd(milliseconds: int, memory_mb: int) -> float:
    """The price of the seconds that are billed; data in and out isn't in it."""
    return milliseconds / 1000 * memory_mb / 1024 * on_demand().usd_per_gb_second
