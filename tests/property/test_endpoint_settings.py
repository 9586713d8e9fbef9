"""Whatever is set in whichever places: the topmost value counts, and says where it came from."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploy.endpoint.options import OPTIONS
from deploy.endpoint.settings import resolve

WORDS = st.text("abc123", min_size=1, max_size=6)
NUMBERS = st.integers(1, 9999)
PLAIN = {
    "name": WORDS, "image": WORDS, "role": WORDS, "bucket": WORDS, "region": WORDS, "profile": WORDS,
    "instance-type": WORDS, "memory": NUMBERS, "max-concurrency": NUMBERS, "scale-at": NUMBERS,
}  # fmt: skip
TABLES = ("env", "tags")
LISTS = ("subnets", "security-groups")
TABLE = st.dictionaries(WORDS, WORDS, min_size=1, max_size=3)
LIST = st.lists(WORDS, min_size=1, max_size=3)


def layer(several: bool) -> st.SearchStrategy[dict[str, Any]]:
    """A place's settings; the environment has none that hold several values."""
    tables = dict.fromkeys(TABLES, TABLE) | dict.fromkeys(LISTS, LIST)
    return st.fixed_dictionaries({}, optional=PLAIN | (tables if several else {}))


def toml(values: dict[str, Any]) -> str:
    def literal(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"'{key}' = '{item}'" for key, item in value.items()) + "}"
        return repr(value)

    return "".join(f"{key} = {literal(value)}\n" for key, value in values.items())


def typed(values: dict[str, Any]) -> dict[str, Any]:
    """As the command line hands them over."""
    return {
        key: [f"{name}={item}" for name, item in value.items()] if isinstance(value, dict) else value
        for key, value in values.items()
    }


@given(layer(True), layer(True), layer(False), layer(True))
def test_the_topmost_value_counts(
    base: dict[str, Any], stage: dict[str, Any], variables: dict[str, Any], flags: dict[str, Any]
) -> None:
    environment = {str(OPTIONS[key].variable): str(value) for key, value in variables.items()}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "endpoint.toml"
        file.write_text(toml(base) + "[stage.prod]\n" + toml(stage), encoding="utf-8")
        found = resolve(typed(flags), environment, file, "prod")
        places = (
            (flags, lambda key: OPTIONS[key].flag),
            (variables, lambda key: OPTIONS[key].variable),
            (stage, lambda key: f"{file}, [stage.prod] {key}"),
            (base, lambda key: f"{file}, {key}"),
        )
    for key in OPTIONS:
        holding = [(values[key], origin(key)) for values, origin in places if key in values]
        top, origin = holding[0] if holding else (None, "the default")
        if key in TABLES and holding:
            top = {name: item for table, _ in reversed(holding) for name, item in table.items()}
        if key in LISTS and holding:
            top = tuple(top)
        assert (found.get(key), found.origin(key)) == (top, origin)
