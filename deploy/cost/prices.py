"""The table of prices: read from one file, ours or another of the same form, with a date and a source for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from deploy.errors import UsageError
from local_test.emulator.observe.price import FILE, REGION

FORM: Final = f"A file of the same form as ours: {FILE.name}, shown in docs/cost.md"
_SERVERLESS, _PROVISIONED, _DATA, _HOURS = "serverless_gb_second", "provisioned_gb_second", "data_gb", "instance_hours"


class Price(NamedTuple):
    """US dollars for one unit, since when, and who says so. `confirmed`: AWS's own list said it."""

    usd: float
    date: str
    source: str
    confirmed: bool = True


class Prices(NamedTuple):
    """A region's prices. What isn't known is None, or missing from `instance_hours`."""

    region: str
    """Whose they are."""
    asked: str
    """The region that was asked for, which may be another."""
    serverless_gb_second: Price
    provisioned_gb_second: Price | None
    """For keeping a GB warm, whether it answers or not."""
    data_gb: Price | None
    instance_hours: Mapping[str, Price]

    @property
    def note(self) -> str:
        """What people should know of whose prices these are; empty where they are the region's own."""
        if self.region == self.asked:
            return ""
        return f"the prices of {self.asked} aren't in the table, so these are {self.region}'s"


def read(region: str, file: Path | None = None) -> Prices:
    """The prices of a region; those of us-east-1 where the table lacks it. Raises UsageError."""
    path = file or FILE
    try:
        regions = json.loads(path.read_text(encoding="utf-8"))["regions"]
        found = region if region in regions else REGION
        if found not in regions:
            raise UsageError(
                f"--prices {path} has the prices of {', '.join(regions) or 'no region'}, and not those of {region}.",
                "Name a region that it has: --region",
            )
        return _prices(regions[found], found, region)
    except OSError as error:
        raise UsageError(f"--prices {path} can't be read: {error.strerror}.", FORM) from None
    except KeyError as error:
        raise UsageError(f"--prices {path} has no {error.args[0]} for a price of {region}.", FORM) from None
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"--prices {path} isn't a table of prices: {error}.", FORM) from None


def _prices(listed: Mapping[str, Any], region: str, asked: str) -> Prices:
    hours = listed.get(_HOURS)
    instances = {kind: _price({**hours, "usd": usd}) for kind, usd in hours["usd"].items()} if hours else {}
    optional = {key: _price(listed[key]) if key in listed else None for key in (_PROVISIONED, _DATA)}
    return Prices(region, asked, _price(listed[_SERVERLESS]), optional[_PROVISIONED], optional[_DATA], instances)


def _price(listed: Mapping[str, Any]) -> Price:
    usd = listed["usd"]
    if isinstance(usd, bool) or not isinstance(usd, int | float) or not 0 <= usd < float("inf"):
        raise ValueError(f"{usd!r} is no price in US dollars")
    return Price(float(usd), str(listed["date"]), str(listed["source"]), bool(listed.get("confirmed", True)))
