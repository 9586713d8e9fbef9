"""Prices that are easy to reckon with."""

from __future__ import annotations

from deploy.cost.prices import Price, Prices

PRICES = Prices(
    "here",
    "here",
    serverless_gb_second=Price(0.00002, "2026-09-01", "a list"),
    provisioned_gb_second=Price(0.000005, "2026-09-01", "a list"),
    data_gb=Price(0.016, "2026-09-01", "a list"),
    instance_hours={"ml.c5.large": Price(0.1, "2026-09-01", "a list")},
)
