"""application/x-parquet, where pyarrow is installed. Columns always come by name.

A few bytes of Parquet can stand for gigabytes of rows, so no more values are read than the largest body could hold
as numbers in text.
"""

from __future__ import annotations

import functools
import importlib.util
import io
from typing import Any, Final

import numpy as np

from container import contract
from container.artifact.manifest import Schema
from container.codecs.csv import plain_rows
from container.codecs.rows import Answer, Table
from container.errors import EmptyBody, MalformedBody, PayloadTooLarge

MAGIC: Final = b"PAR1"
MAX_VALUES: Final = 16 * contract.MEBIBYTE
_INDEX: Final = "__index_level_"
"""What pandas calls an index column it wrote along."""


@functools.cache
def available() -> bool:
    """Whether pyarrow is here; found without importing it, which is slow."""
    return importlib.util.find_spec("pyarrow") is not None


def decode(body: bytes, schema: Schema) -> Table:  # noqa: ARG001 - the codecs' common signature
    """Read a table; raises MalformedBody, EmptyBody and PayloadTooLarge."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(body))
        columns = [name for name in file.schema_arrow.names if not name.startswith(_INDEX)]
        cells = _values(file, columns)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise MalformedBody(f"The body is not a whole Parquet file: {(str(error).splitlines() or ['?'])[0]}") from None
    if not cells:
        raise EmptyBody("The Parquet file has no rows.")
    try:
        return Table(_matrix(cells), tuple(columns))
    except (TypeError, ValueError):
        return Table(list(map(list, zip(*cells, strict=True))), tuple(columns))


def _values(file: Any, columns: list[str]) -> list[list[Any]]:
    """One list of values a column, read in pieces so that a file can't unfold past the limit."""
    cells: list[list[Any]] = [[] for _ in columns]
    left = MAX_VALUES
    for batch in file.iter_batches(columns=columns, batch_size=65536):
        left -= batch.num_rows * len(columns)
        if left < 0:
            raise PayloadTooLarge(f"The Parquet file unfolds to more than {MAX_VALUES:,} values.", "Send fewer rows.")
        for cell, column in zip(cells, batch.columns, strict=True):
            cell.extend(column.to_pylist())
    return cells if cells and cells[0] else []


def _matrix(cells: list[list[Any]]) -> Any:
    if any(isinstance(value, str | bytes | bool) for column in cells for value in column):
        raise TypeError
    return np.array(cells, dtype=np.float64).T.copy()


def encode(answer: Answer) -> bytes:
    """A table with one column an output, or one a key."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if answer.keys:
        columns = {key: list(values) for key, values in zip(answer.keys, answer.columns, strict=True)}
    else:
        outputs = list(zip(*plain_rows(answer.array), strict=True))
        names = ["prediction"] if len(outputs) == 1 else [f"prediction_{index}" for index in range(len(outputs))]
        columns = {name: list(values) for name, values in zip(names, outputs, strict=True)}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()
