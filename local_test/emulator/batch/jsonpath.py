"""The part of JSONPath that batch transform's filters know.

AWS lists the operators ("Supported JSONPath Operators", Associate Prediction Results with Input Records): `$`, `.name`,
`*`, `['name'(,'name')]`, `[number(,number)]` and `[start:end]`. Several names keep their keys, several numbers their
order. An index outside a row is an error, as documented; so is a name that isn't there, which is an assumption.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

Step = Callable[[Any], Any]
_STEP: Final = re.compile(
    r"\.(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<all>\.\*|\[\*\])"
    r"|\[\s*(?P<names>(?P<quote>['\"]).+?(?P=quote)(?:\s*,\s*(?P=quote).+?(?P=quote))*)\s*\]"
    r"|\[\s*(?P<numbers>-?\d+(?:\s*,\s*-?\d+)*)\s*\]"
    r"|\[\s*(?P<start>-?\d+)?\s*:\s*(?P<end>-?\d+)?\s*\]"
)


class PathError(Exception):
    """Not a path, or one that leads nowhere in a record."""


class JsonPath:
    """A path, ready to select."""

    def __init__(self, text: str) -> None:
        """Raises PathError."""
        self._text = text
        self._steps = list(_steps(text))

    def __call__(self, record: Any) -> Any:
        """What the path selects. Raises PathError."""
        for step in self._steps:
            try:
                record = step(record)
            except (IndexError, KeyError, TypeError):
                raise PathError(f"{self._text} selects nothing in a record") from None
        return record


def _steps(text: str) -> list[Step]:
    if not text.startswith("$"):
        raise PathError(f"{text!r} is no JSONPath: it starts with $")
    steps, at = [], 1
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise PathError(f"{text!r} has an operator that batch transform doesn't know, at {text[at:]!r}")
        steps.append(_step(found))
        at = found.end()
    return steps


def _step(found: re.Match[str]) -> Step:
    if found["all"]:
        return lambda value: list(value.values()) if isinstance(value, dict) else list(value)
    if found["name"]:
        return _named([found["name"]])
    if found["names"]:
        quote = found["quote"]
        return _named(re.findall(rf"{quote}(.+?){quote}", found["names"]))
    if found["numbers"]:
        return _numbered([int(number) for number in found["numbers"].split(",")])
    start, end = (int(number) if number else None for number in (found["start"], found["end"]))
    return lambda value: _list(value)[start:end]


def _named(names: list[str]) -> Step:
    if len(names) == 1:
        return lambda value: _object(value)[names[0]]
    return lambda value: {name: _object(value)[name] for name in names}


def _numbered(numbers: list[int]) -> Step:
    if len(numbers) == 1:
        return lambda value: _list(value)[numbers[0]]
    return lambda value: [_list(value)[number] for number in numbers]


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value
