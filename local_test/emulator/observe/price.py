"""What a serverless call costs, by AWS's price list."""

from __future__ import annotations

from typing import Final, NamedTuple


class Price(NamedTuple):
    """A price of serverless inference on demand."""

    usd_per_gb_second: float
    region: str
    effective: str


PRICE: Final = Price(0.000020, region="us-east-1", effective="2026-09-01")
"""AWS Price List, SKU PUE6HBQ8KFHBUN5T (3 GB for a second: $0.00006). Other regions' prices aren't known here."""


def usd(milliseconds: int, memory_mb: int) -> float:
    """The price of the seconds that are billed; data in and out ($0.016 a GB) isn't in it."""
    return milliseconds / 1000 * memory_mb / 1024 * PRICE.usd_per_gb_second
