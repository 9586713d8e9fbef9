"""From whatever a hook returns to bytes and a media type."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import numpy as np
import orjson

from container import contract
from container.codecs import negotiation
from container.codecs.rows import Answer, Array
from container.errors import ScriptFailed
from container.inference.pipeline import Reply
from container.inference.script.context import Context

_TEXT: Final = "text/plain; charset=utf-8"
_RETURN: Final = "Return bytes, str, dict, list, a NumPy array, a DataFrame, (body, content_type) or a Response."


def reply(hook: str, value: Any, accept: str, context: Context) -> Reply:
    """The reply that `hook` asks for by returning `value`; `accept` is the media type it was given.

    A media type that is said with the value, or through the context, wins; bytes and texts are taken to be what was
    accepted. Raises ScriptFailed for what can't be sent.
    """
    said = context.request_processor[0]
    status, headers = said.status, tuple(said.response_headers.items())
    media_type = said.content_type
    if isinstance(value, tuple) and len(value) == 2 and _is_media_type(value[1]):
        value, media_type = value
    if hasattr(value, "status_code"):  # Flask's Response, or worker.Response
        status = int(value.status_code)
        headers = (*headers, *_headers_of(value))
        media_type = getattr(value, "media_type", None) or getattr(value, "content_type", None) or media_type
        value = _content(value)
    body, written = _bytes(hook, value, media_type or accept)
    return Reply(body, media_type or written, status, headers)


def _is_media_type(value: Any) -> bool:
    return isinstance(value, str) and value.count("/") == 1 and " " not in value.partition(";")[0].strip()


def _content(response: Any) -> Any:
    if not hasattr(response, "get_data"):
        return response.response
    response.direct_passthrough = False  # what Flask's send_file makes gives its content only without it
    return response.get_data()


def _headers_of(response: Any) -> tuple[tuple[str, str], ...]:
    left_out = ("content-type", "content-length")
    return tuple((str(name), str(value)) for name, value in response.headers.items() if name.lower() not in left_out)


def _bytes(hook: str, value: Any, media_type: str) -> tuple[bytes, str]:
    """The value in the wanted media type, where it can be had in it, and the media type that it is in."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value), media_type
    if isinstance(value, str):
        return value.encode(), media_type or _TEXT
    if value is None:
        raise ScriptFailed(f"The script's {hook} returned nothing (None).", _RETURN)
    if hasattr(value, "__array__") and not hasattr(value, "to_csv") and not isinstance(value, np.ndarray | np.generic):
        value = np.asarray(value)  # an Index, a Categorical
    name = negotiation.MediaType.parse(media_type).name
    try:
        if hasattr(value, "to_csv") and hasattr(value, "to_numpy"):
            return _table(value, name)
        return _plain(value, name)
    except (TypeError, ValueError, OverflowError) as error:
        raise ScriptFailed(
            f"The script's {hook} returned {type(value).__name__}, which can't be sent as {name}.", _RETURN
        ) from error


def _table(value: Any, name: str) -> tuple[bytes, str]:
    """A DataFrame or Series of pandas: CSV with its header, else JSON: records, or a list."""
    is_frame = hasattr(value, "columns")
    if name == contract.CSV:
        return value.to_csv(index=False, header=is_frame).encode(), contract.CSV
    if name == contract.NPY:
        return _plain(value.to_numpy(), name)
    records = value.astype(object).where(value.notna(), None)
    if is_frame:
        records.columns = [str(column) for column in value.columns]
    rows = records.to_dict(orient="records") if is_frame else records.tolist()
    if name in _lines():
        return b"".join(_json(row) + b"\n" for row in rows), contract.JSONLINES
    return _json(rows), contract.JSON


def _plain(value: Any, name: str) -> tuple[bytes, str]:
    codec = negotiation.find(name)
    array = as_array(value)
    if array is None and isinstance(value, int | float | np.generic):
        array = np.array([value])
    if codec is not None and codec.media_type != contract.JSON and array is not None:
        return codec.encode(Answer((array,))), codec.media_type
    if isinstance(value, list | tuple) and name in _lines():
        return b"".join(_json(row) + b"\n" for row in value), contract.JSONLINES
    return _json(value), contract.JSON  # an object, say, has no rows: it is JSON whatever was asked for


def as_array(value: Any) -> Array | None:
    """What has a value or equally many for each row, as an array (rows,) or (rows, values); None for anything else."""
    if isinstance(value, np.ndarray):
        return value if value.ndim in (1, 2) else None
    if not isinstance(value, list | tuple) or any(isinstance(item, dict) for item in value):
        return None
    try:
        array = np.array(value)
    except ValueError:
        return None
    if array.dtype.kind not in "biufU" or array.ndim not in (1, 2):
        return None
    if array.dtype.kind == "U":  # where a number stands beside a text, NumPy has made a text of it
        cells = np.array(value, dtype=object)
        return array if all(isinstance(cell, str) for cell in cells.flat) else cells
    return array


def _lines() -> tuple[str, ...]:
    codec = negotiation.find(contract.JSONLINES)
    return (codec.media_type, *codec.aliases) if codec else ()


_OPTIONS: Final = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value, default=_simple, option=_OPTIONS)
    except TypeError:  # NumPy's scalars as keys, as dict(zip(model.classes_, …)) makes them: rare, so tried second
        return orjson.dumps(_with_plain_keys(value), default=_simple, option=_OPTIONS)


def _with_plain_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {_plain_key(key): _with_plain_keys(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_plain_keys(item) for item in value]
    return value


def _plain_key(key: Any) -> Any:
    if isinstance(key, np.generic):
        return key.item()
    return key.isoformat() if hasattr(key, "isoformat") else key


def _simple(value: Any) -> Any:
    """What orjson doesn't know: NumPy's scalars, arrays of any layout, sets, pandas' own, subclasses of the plain."""
    for knows, plain in _PLAIN:
        if knows(value):
            return plain(value)
    raise TypeError(type(value).__name__)


_PLAIN: Final[tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...]] = (
    (lambda value: type(value).__name__ in ("NaTType", "NAType"), lambda _value: None),
    (lambda value: hasattr(value, "isoformat"), lambda value: value.isoformat()),
    (lambda value: isinstance(value, Decimal), float),
    (lambda value: hasattr(value, "columns") and hasattr(value, "to_dict"), lambda value: value.to_dict("records")),
    (lambda value: hasattr(value, "toarray"), lambda value: value.toarray().tolist()),
    (lambda value: hasattr(value, "tolist"), lambda value: value.tolist()),
    (lambda value: isinstance(value, dict), dict),
    (lambda value: isinstance(value, set | frozenset | tuple | list), list),
    *((lambda value, kind=kind: isinstance(value, kind), kind) for kind in (str, int, float)),
)
