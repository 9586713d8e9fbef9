"""Every setting of an endpoint, declared once: its key in endpoint.toml, its flag, its variable and how it is read.

`memory` in the file is `--memory` on the command line and COPPICE_MEMORY in the environment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from deploy.endpoint.spec import Range

Reader = Callable[[Any], Any]
"""Takes what a flag, a variable or the file holds; raises ValueError that says what was expected."""


class Option(NamedTuple):
    """One setting. Those that hold several values have no variable."""

    key: str
    read: Reader
    flag: str
    variable: str | None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text")
    return value.strip()


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,9}", str(value).strip()):
        raise ValueError("a whole number")
    return int(value)


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    if isinstance(value, bool) or not 0 < number < 1e9:
        raise ValueError("a number above 0")
    return number


def _memory(value: Any) -> int:
    found = re.fullmatch(r"([0-9]{1,6})\s*(mb|mib|gb|gib)?", str(value).strip().lower())
    if isinstance(value, bool) or not found:
        raise ValueError("a size in MB, as 2048 or 2GB")
    return int(found[1]) * (1024 if (found[2] or "").startswith("g") else 1)


def _range(value: Any) -> Range:
    found = re.fullmatch(r"([0-9]{1,6})(?:\.\.([0-9]{1,6}))?", str(value).strip())
    if isinstance(value, bool) or not found:
        raise ValueError("a number or MIN..MAX, as 2 or 1..4")
    return Range(int(found[1]), int(found[2] or found[1]))


def _pairs(value: Any) -> dict[str, str]:
    """A table of the file, or the flags' list of K=V."""
    if isinstance(value, Mapping):
        if not all(isinstance(item, str | int | float) for item in value.values()):
            raise ValueError("a table of texts")
        return {key: str(item).lower() if isinstance(item, bool) else str(item) for key, item in value.items()}
    pairs = {}
    for text in value if isinstance(value, list | tuple) else [value]:
        key, equals, item = text.partition("=") if isinstance(text, str) else ("", "", "")
        if not equals or not key.strip():
            raise ValueError("KEY=VALUE")
        pairs[key.strip()] = item
    return pairs


def _list(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(_text(item) for item in values)


def _one(key: str, read: Reader = _text) -> Option:
    return Option(key, read, f"--{key}", "COPPICE_" + key.upper().replace("-", "_"))


OPTIONS: Final = {
    option.key: option
    for option in (
        _one("name"),
        _one("model"),
        _one("from-registry"),
        _one("image"),
        _one("role"),
        _one("bucket"),
        _one("region"),
        _one("profile"),
        _one("memory", _memory),
        _one("max-concurrency", _whole),
        _one("provisioned", _range),
        _one("instance-type"),
        _one("instances", _range),
        _one("async"),
        _one("scale-at", _number),
        Option("env", _pairs, "--env", None),
        Option("tags", _pairs, "--tag", None),
        Option("subnets", _list, "--subnet", None),
        Option("security-groups", _list, "--security-group", None),
    )
}
