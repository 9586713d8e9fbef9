"""Brings the settings together: flags over variables over the stage over endpoint.toml over the defaults.

Every value remembers where it came from, so that a complaint can say so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

from deploy.endpoint.options import OPTIONS, Option
from deploy.errors import UsageError

FILE: Final = Path("endpoint.toml")
STAGE_VARIABLE: Final = "COPPICE_STAGE"
THE_DEFAULT: Final = "the default"
_TABLES: Final = ("env", "tags")


class Value(NamedTuple):
    """A setting's value, the place it was set at, as people write it, and how far up that is: 0 is the file."""

    value: Any
    origin: str
    height: int = 0


class Settings:
    """The settings of one command."""

    def __init__(self, values: Mapping[str, Value], stage: str | None) -> None:
        self._values = values
        self.stage = stage

    def get(self, key: str, default: Any = None) -> Any:
        """A setting's value, or the default."""
        found = self._values.get(key)
        return default if found is None else found.value

    def origin(self, key: str) -> str:
        """Where a setting was set."""
        found = self._values.get(key)
        return THE_DEFAULT if found is None else found.origin

    def is_above(self, key: str, other: str) -> bool:
        """Whether one setting was set further up than another, so that it may stand in for it."""
        return self._values[key].height > self._values[other].height

    def need(self, key: str, hint: str) -> Any:
        """A setting's value; raises UsageError with `hint` where nobody set it."""
        if key not in self._values:
            option = OPTIONS[key]
            raise UsageError(f"No {key} was given.", f"{hint} ({option.flag}, {option.variable}, or {key} in {FILE})")
        return self._values[key].value


def resolve(
    flags: Mapping[str, Any], environment: Mapping[str, str], file: Path | None, stage: str | None = None
) -> Settings:
    """The settings from every place. `flags` has nothing for what wasn't typed; `file` None looks here.

    Raises UsageError for a file that can't be read, an unknown key (with the nearest), an unknown stage and a value
    that isn't what its setting takes.
    """
    stage = stage or environment.get(STAGE_VARIABLE) or None
    path = file if file is not None else FILE
    base, staged = _from_file(path, stage) if file is not None or path.exists() else ({}, {})
    values: dict[str, Value] = {}
    for height, layer in enumerate((base, staged, _variables(environment), _flags(flags))):
        for key, value in layer.items():
            below = values.get(key)
            merged = {**below.value, **value.value} if below and key in _TABLES else value.value
            values[key] = Value(merged, value.origin, height)
    return Settings(values, stage)


def _from_file(path: Path, stage: str | None) -> tuple[dict[str, Value], dict[str, Value]]:
    """The file's own settings and the stage's. Every stage is read, so that a slip in one shows before its day."""
    document = _read(path)
    tables = document.pop("stage", {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise UsageError(f"{path}: a stage is a table, as in [stage.{stage or 'prod'}].")
    stages = {name: _layer(table, path, f"[stage.{name}] ") for name, table in tables.items()}
    if stage is not None and stage not in stages:
        raise UsageError(f"{path} has no stage {stage!r}.", _did_you_mean(stage, list(stages)) or "It has none.")
    return _layer(document, path, ""), stages[stage] if stage is not None else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"There is no {path}.", "Name another with --config, or leave it out.") from None
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.", "Name another with --config.") from None
    except ValueError as error:  # TOML's and UTF-8's errors are
        raise UsageError(f"{path} is not TOML: {error}.") from None


def _did_you_mean(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else ("It has " + ", ".join(known) + "." if known else "")


def _layer(table: Mapping[str, Any], path: Path, where: str) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for written, raw in table.items():
        key = written.replace("_", "-")
        if key not in OPTIONS:
            raise UsageError(f"{path}: {where}{written!r} is no setting.", _did_you_mean(key, [*OPTIONS, "stage"]))
        if key in values:
            raise UsageError(f"{path}: {where}{key} is there twice, with - and with _.", "Leave one of the two out.")
        value = _value(OPTIONS[key], raw, f"{path}, {where}{written}")
        if key == "model" and "://" not in value.value:  # a path in the file starts at the file
            value = value._replace(value=str(path.parent / value.value))
        values[key] = value
    return values


def _variables(environment: Mapping[str, str]) -> dict[str, Value]:
    named = {option.variable: option for option in OPTIONS.values() if option.variable}
    return {
        option.key: _value(option, environment[name], name)
        for name, option in named.items()
        if environment.get(name, "") != ""
    }


def _flags(flags: Mapping[str, Any]) -> dict[str, Value]:
    typed = {key: raw for key, raw in flags.items() if raw not in (None, [], ())}
    return {key: _value(OPTIONS[key], raw, OPTIONS[key].flag) for key, raw in typed.items()}


def _value(option: Option, raw: Any, origin: str) -> Value:
    try:
        return Value(option.read(raw), origin)
    except ValueError as error:
        shown = " ".join(map(str, raw)) if isinstance(raw, list | tuple) else raw
        raise UsageError(f"{origin} takes {error}; this is {shown!r}.") from None
