"""application/json: a list of rows, a list of objects by column name, one row, or one of the usual envelopes."""

from __future__ import annotations

from typing import Any, Final

import orjson

from container.artifact.manifest import Schema
from container.codecs.rows import Answer, Table, numeric_matrix
from container.errors import ColumnMismatch, EmptyBody, MalformedBody

ENVELOPES: Final = {
    "instances": "predictions",
    "inputs": "outputs",
    "Input": "Output",
    "dataframe_split": "predictions",
    "dataframe_records": "predictions",
}
"""The key that wraps the rows, and the key that wraps the answer to them."""

FORMS: Final = (
    'Send [[…], …], [{"column": value, …}, …], or {"instances": …} around either; null stands for a missing value.'
)


def decode(body: bytes, schema: Schema) -> Table:
    """Read rows; raises EmptyBody, MalformedBody and, for objects, ColumnMismatch."""
    document = parse(body)
    if not isinstance(document, dict):
        return rows_table(document, schema)
    envelope = next((key for key in document if key in ENVELOPES and key not in schema.names), None)
    if envelope is None:
        return rows_table([document], schema)
    strangers = [key for key in document if key != envelope]
    if strangers:
        raise MalformedBody(f'Beside "{envelope}" the JSON has {_listed(strangers)}, which means nothing here.', FORMS)
    content = document[envelope]
    table = _split_table(content) if envelope == "dataframe_split" else rows_table(content, schema)
    return Table(table.cells, table.names, envelope=ENVELOPES[envelope])


def parse(body: bytes, what: str = "The body") -> Any:
    """The JSON document; raises MalformedBody with the place where it breaks."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        hint = FORMS
        if b"NaN" in body or b"Infinity" in body:
            hint = "JSON has no NaN and no Infinity; send null for a missing value."
        raise MalformedBody(
            f"{what} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.", hint
        ) from None


def rows_table(rows: Any, schema: Schema) -> Table:
    """A table from parsed rows: lists, objects by name, or the values of one row."""
    if isinstance(rows, dict):
        rows = [rows]
    if not isinstance(rows, list):
        raise MalformedBody(f"The JSON is {kind(rows)}, not rows.", FORMS)
    if not rows:
        raise EmptyBody("The JSON holds no rows.", FORMS)
    if any(isinstance(row, dict) for row in rows):
        return Table(_from_objects(rows, schema), schema.names)
    if not any(isinstance(row, list) for row in rows):
        rows = [rows]
    return _from_lists(rows)


def _from_lists(rows: list[Any], names: tuple[str, ...] | None = None) -> Table:
    matrix = numeric_matrix(rows)
    if matrix is not None:
        return Table(matrix, names)
    for index, row in enumerate(rows):
        if not isinstance(row, list):
            raise MalformedBody(f"Row {index + 1} is {kind(row)}; the other rows are lists.", FORMS)
    return Table(rows, names)


def _from_objects(rows: list[Any], schema: Schema) -> list[list[Any]]:
    if not schema.named:
        raise ColumnMismatch(
            "The rows are objects, but this model was fitted without column names.",
            f"Send each row as a list of {len(schema.features)} values, in the order the model was fitted with.",
        )
    names = schema.names
    cells = []
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise MalformedBody(f"Row {index + 1} is {kind(row)}; the other rows are objects.", FORMS)
        if row.keys() != set(names):
            raise mismatch(f"Row {index + 1}", tuple(row), schema)
        cells.append([row[name] for name in names])
    return cells


def _split_table(content: Any) -> Table:
    if not isinstance(content, dict) or not {"columns", "data"} <= content.keys():
        raise MalformedBody('"dataframe_split" needs "columns" and "data", as pandas writes them (orient="split").')
    columns, data = content["columns"], content["data"]
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise MalformedBody('"columns" in "dataframe_split" must be a list of names.')
    if not isinstance(data, list):
        raise MalformedBody(f'"data" in "dataframe_split" is {kind(data)}; it must be a list of rows.')
    return _from_lists(data, tuple(columns))


def mismatch(where: str, names: tuple[str, ...], schema: Schema) -> ColumnMismatch:
    """What to say when the columns that came are not the model's."""
    problems = []
    if unknown := [name for name in names if name not in schema.names]:
        problems.append(f"unknown: {_listed(unknown)}")
    if missing := [name for name in schema.names if name not in names]:
        problems.append(f"missing: {_listed(missing)}")
    if repeated := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        problems.append(f"repeated: {_listed(repeated)}")
    return ColumnMismatch(
        f"{where} doesn't have the columns this model takes ({'; '.join(problems)}).",
        f"Expected, in any order: {_listed(schema.names)}.",
    )


def _listed(names: list[str] | tuple[str, ...], most: int = 12) -> str:
    shown = [name if len(name) <= 40 else name[:39] + "…" for name in names[:most]]
    return ", ".join(shown) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def kind(value: Any) -> str:
    """What a JSON value is, in words."""
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def encode(answer: Answer) -> bytes:
    """A list with one value a row, in the envelope that goes with the request's; NaN becomes null."""
    values = answer.values()
    return orjson.dumps({answer.envelope: values} if answer.envelope else values)
