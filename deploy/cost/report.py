"""An estimate for people and for programs."""

from __future__ import annotations

import math
from typing import Any, Final

from deploy.cost.estimate import HOURS, Estimate, Load, estimate
from deploy.cost.prices import Price, Prices
from deploy.endpoint.spec import Instances, Serverless

TYPICAL_CALLS: Final = 1_000_000
TYPICAL_MS: Final = 100
"""What a plan is priced with."""


def money(usd: float) -> str:
    """Dollars and cents; small amounts with three digits that say something."""
    if usd >= 0.995 or usd == 0:
        return f"${usd:,.2f}"
    return f"${usd:.{2 - math.floor(math.log10(usd))}f}"


def count(number: float) -> str:
    """A number of things, rounded to what an estimate can mean."""
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.2g}"


def lines(found: Estimate) -> list[str]:
    """The formula with the numbers in it, the sum, the break-evens, and where each price comes from."""
    load, prices = found.load, found.prices
    rate = prices.serverless_gb_second.usd
    said = [
        f"a call   {load.duration_ms:g} ms · {load.memory_mb / 1024:g} GB · ${rate:.6f} per GB-second"
        f" = {money(found.call_compute)}"
    ]
    if load.payload_bytes and prices.data_gb:
        rate = prices.data_gb.usd
        said.append(f"         + {load.payload_bytes:,} bytes · {money(rate)} per GB = {money(found.call_data)}")
    said.append(f"a month  {count(load.calls_per_month)} calls · {money(found.call)} = {money(found.month_calls)}")
    if load.provisioned and prices.provisioned_gb_second:
        said += [
            f"         + {load.provisioned} provisioned · {load.memory_mb / 1024:g} GB · 730 h ·"
            f" ${prices.provisioned_gb_second.usd:.6f} per GB-second = {money(found.month_provisioned)}",
            f"         = {money(found.month)}",
        ]
    return [*said, *_break_even_lines(found), *_sources(found)]


def _break_even_lines(found: Estimate) -> list[str]:
    if not found.break_even:
        return []
    width = max(len(point.instance) for point in found.break_even)
    said = ["break-even with an instance that is always there (below it, serverless is cheaper):"]
    for point in found.break_even:
        where = "never: calls cost nothing here"
        if point.calls == 0:
            where = "cheaper from the first call on: what is kept warm costs more"
        elif point.calls is not None and point.busy is not None:
            where = f"{count(point.calls)} calls a month, {count(point.busy)} under way at any time"
        said.append(f"  {point.instance:{width}}  {money(point.usd_per_month)} a month  {where}")
    return said


def _sources(found: Estimate) -> list[str]:
    prices = found.prices
    used: dict[str, Price] = {"serverless": prices.serverless_gb_second}
    if found.load.provisioned and prices.provisioned_gb_second:
        used["provisioned"] = prices.provisioned_gb_second
    if found.load.payload_bytes and prices.data_gb:
        used["data"] = prices.data_gb
    if found.break_even:
        used["instances"] = prices.instance_hours[found.break_even[0].instance]
    said = [f"prices of {prices.region}" + (f": {prices.note}" if prices.note else "")]
    width = max(map(len, used))
    return said + [f"  {name:{width}}  {price.date}  {price.source}" for name, price in used.items()]


def document(found: Estimate) -> dict[str, Any]:
    """The estimate for programs."""
    return {
        "region": found.prices.asked,
        "load": found.load._asdict(),
        "usd_per_call": {"compute": found.call_compute, "data": found.call_data, "total": found.call},
        "usd_per_month": {
            "calls": found.month_calls,
            "provisioned": found.month_provisioned,
            "total": found.month,
        },
        "break_even": [
            {
                "instance_type": point.instance,
                "usd_per_month": point.usd_per_month,
                "calls_per_month": point.calls,
                "calls_under_way": point.busy,
            }
            for point in found.break_even
        ],
        "prices": prices_document(found.prices),
    }


def prices_document(prices: Prices) -> dict[str, Any]:
    """Which prices were used, with their dates and sources."""
    single = {
        "serverless_gb_second": prices.serverless_gb_second,
        "provisioned_gb_second": prices.provisioned_gb_second,
        "data_gb": prices.data_gb,
    }
    return {
        "region": prices.region,
        **{name: price._asdict() if price else None for name, price in single.items()},
        "instance_hours": {kind: price._asdict() for kind, price in prices.instance_hours.items()},
    }


def plan_lines(hosting: Serverless | Instances, prices: Prices) -> list[str]:
    """What a deployment will cost, before anybody knows how long its calls take."""
    whose = f"{prices.region}, {prices.serverless_gb_second.date}"
    if isinstance(hosting, Instances):
        hour = prices.instance_hours.get(hosting.type)
        if hour is None:
            return [f"cost: the price of {hosting.type} isn't known here; coppice cost --prices FILE takes it"]
        number, of_one = hosting.count.minimum, hour.usd * HOURS
        month = f"{money(of_one * number)} a month for {number} of {hosting.type}, called or not"
        if not number:  # asynchronous ones may go to zero
            month = f"{money(of_one)} a month for each {hosting.type} while it is there, nothing while there is none"
        return [f"cost: {month} ({prices.region}, {hour.date}; more: coppice cost)"]
    load = Load(hosting.memory_mb, TYPICAL_MS, TYPICAL_CALLS)
    calls = estimate(load, prices)
    said = f"cost: nothing while nobody calls; {money(calls.month)} for a million calls of {TYPICAL_MS} ms"
    if hosting.provisioned is None:
        return [f"{said} ({whose}; yours: coppice cost)"]
    if prices.provisioned_gb_second is None:
        return [f"cost: the price of provisioned concurrency isn't known here; {said.removeprefix('cost: ')} ({whose})"]
    warm = estimate(load._replace(provisioned=hosting.provisioned.minimum), prices).month_provisioned
    return [
        f"cost: about {money(warm)} a month for {hosting.provisioned.minimum} provisioned, and {money(calls.month)}"
        f" for a million calls of {TYPICAL_MS} ms ({whose}; yours: coppice cost)"
    ]
