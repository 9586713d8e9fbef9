"""application/x-npy: NumPy's own format. Never pickled, and never larger than its header proves it to be."""

from __future__ import annotations

import io
import math
import warnings
from typing import Final

import numpy as np
from numpy.lib import format as npy

from container.artifact.manifest import Schema
from container.codecs.rows import Answer, Array, Table
from container.errors import MalformedBody, NotAcceptable

MAGIC: Final = npy.MAGIC_PREFIX
_HEADERS: Final = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def decode(body: bytes, schema: Schema) -> Table:
    """Read a numeric array of shape (rows, columns), or (columns,) for one row; raises MalformedBody."""
    array = _array(body)
    if array.ndim == 1:
        array = array.reshape((-1, 1) if len(schema.features) == 1 else (1, -1))
    if array.ndim != 2:
        raise MalformedBody(
            f"The array has shape {array.shape}; rows need two dimensions, (rows, {len(schema.features)})."
        )
    if array.shape[0] == 0:
        raise MalformedBody("The array has no rows.")
    with np.errstate(over="ignore"):
        return Table(np.ascontiguousarray(array, dtype=np.float64))


def _array(body: bytes) -> Array:
    """The array that the header describes, if the bytes after it are exactly that array's."""
    stream = io.BytesIO(body)
    try:
        version = npy.read_magic(stream)
        with warnings.catch_warnings(action="ignore"):
            shape, fortran, dtype = _HEADERS[version](stream)
    except KeyError:
        raise MalformedBody("The .npy is of a version that isn't read here; 1.0 and 2.0 are.") from None
    except Exception as error:  # noqa: BLE001 - the header is parsed as a Python literal, which fails in many ways
        raise MalformedBody(f"The body is not a whole .npy file: {_first_line(error)}", _SAVE) from None
    if dtype.hasobject or dtype.kind not in "biuf" or dtype.shape:
        raise MalformedBody(f"The array's dtype is {dtype}; numbers are read, objects and text never.", _SAVE)
    if not all(isinstance(side, int) and side >= 0 for side in shape):
        raise MalformedBody(f"The array's shape {shape} is not a shape.", _SAVE)
    expected, came = math.prod(shape) * dtype.itemsize, len(body) - stream.tell()
    if expected != came:
        raise MalformedBody(
            f"The header claims {expected:,} bytes of data (shape {shape}, {dtype}); {came:,} came.", _SAVE
        )
    flat = np.frombuffer(body, dtype=dtype, offset=stream.tell())
    return flat.reshape(shape, order="F" if fortran else "C")


_SAVE: Final = "Write it with numpy.save(file, array), array being of a numeric dtype."


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def encode(answer: Answer) -> bytes:
    """The predictions as one array; raises NotAcceptable where they are several."""
    if len(answer.columns) != 1:
        raise NotAcceptable(
            f"An .npy file holds one array; SAGEMAKER_INFERENCE_OUTPUT asks for {len(answer.columns)}.",
            "Accept application/json, application/jsonlines or text/csv instead.",
        )
    array = np.array(answer.columns[0]) if answer.keys else answer.array
    if array.dtype.hasobject:
        array = array.astype(np.str_)
    out = io.BytesIO()
    npy.write_array(out, np.ascontiguousarray(array), allow_pickle=False)
    return out.getvalue()
